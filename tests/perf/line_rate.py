#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Write doc/line-rate.md: packets a second that fill a link. line_rate.py --check FILE compares."""

import pathlib
import sys

GBPS = (100, 200, 400)
IP_OCTETS = (46, 64, 110, 128, 238, 256, 494, 512, 1006, 1024, 1500, 2044)
ETH_HEADER, ETH_FCS, ETH_MIN, ETH_GAP = 14, 4, 64, 20  # gap: preamble 7, delimiter 1, silence 12
LRH, GRH, BTH, DETH, ENCAP, ICRC, VCRC = 8, 40, 12, 8, 4, 4, 2

TEXT = """<!-- SPDX-License-Identifier: BSD-3-Clause -->
<!-- Copyright (c) 2026 The dpdk-ipoib authors -->

# Line rates

How many packets a second fill a link, in millions, and what a packet may then take. The same IP
packet has a different size on each side (RFC 8219 asks for both to be given): on Ethernet 14 octets
of header, 4 of FCS, at least 64 in all, and 20 between frames; on InfiniBand the packet from LRH to
VCRC with BTH, DETH, the 4 octets of RFC 4391, and the payload padded to a multiple of 4. The GRH of
40 octets is there in every multicast packet, between subnets, and with virtual ports. The 46-octet
IP packet is the one that fills the smallest Ethernet frame ("IPoIB-46", the equivalent of
"Ethernet-64").

Rates are those of data: 100 Gb/s is EDR or 100GBASE, 200 HDR or 200GBASE, 400 NDR or 400GBASE.
On InfiniBand the delimiters of the physical layer and credits for flow control come on top, so a
link carries a little less than this.

This table is made by `tests/perf/line_rate.py`; a test compares.

"""


def ethernet(octets):
    return max(ETH_MIN, ETH_HEADER + octets + ETH_FCS)


def infiniband(octets, grh=False):
    payload = ENCAP + octets
    return LRH + (GRH if grh else 0) + BTH + DETH + payload + -payload % 4 + ICRC + VCRC


def mpps(gbps, octets):
    return gbps * 1000 / (8 * octets)


def table(title, size, gap):
    rates = " | ".join(f"{g} Gb/s" for g in GBPS)
    yield f"## {title}"
    yield ""
    yield f"| IP octets | octets | {rates} | ns at {GBPS[0]} | ns at {GBPS[-1]} |"
    yield "|---:|---:|" + "---:|" * (len(GBPS) + 2)
    for octets in IP_OCTETS:
        rate = [mpps(g, size(octets) + gap) for g in GBPS]
        cells = " | ".join(f"{r:.2f}" for r in rate)
        yield (f"| {octets} | {size(octets)} | {cells} | {1000 / rate[0]:.2f} | "
               f"{1000 / rate[-1]:.2f} |")
    yield ""


def document():
    lines = [
        *table("Ethernet, Mpps", ethernet, ETH_GAP),
        *table("InfiniBand, Mpps", infiniband, 0),
        *table("InfiniBand with GRH, Mpps", lambda n: infiniband(n, grh=True), 0),
    ]
    return TEXT + "\n".join(lines).rstrip() + "\n"


def main():
    if sys.argv[1:2] == ["--check"]:
        if pathlib.Path(sys.argv[2]).read_text(encoding="utf-8") != document():
            sys.exit(f"{sys.argv[2]} is not what tests/perf/line_rate.py writes")
        sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "oracle"))
        from ib_frame_ref import frame
        for octets in (46, 1499):
            for grh in (False, True):
                made = len(frame(data=bytes(ENCAP + octets), grh=grh)) - ETH_HEADER
                if made != infiniband(octets, grh):
                    sys.exit(f"{octets} IP octets make {made} on InfiniBand")
        # The rate that everybody knows: 64-octet frames at 100 Gb/s.
        if abs(mpps(100, 84) - 148.81) > 0.005:
            sys.exit("148.81 Mpps of 64-octet frames are wanted at 100 Gb/s")
        return
    sys.stdout.write(document())


if __name__ == "__main__":
    main()
