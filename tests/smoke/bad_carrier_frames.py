#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Send bad InfiniBand packets to a gateway's soft HCA, through a switch.

    bad_carrier_frames.py INTERFACE FILE-PREFIX QUERY-TOOL
"""

import pathlib
import socket
import struct
import sys

import drops

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "oracle"))
import ib_frame_ref  # noqa: E402

IFACE, PREFIX, TOOL = sys.argv[1:4]
BROADCAST = "ff12401bffff000000000000ffffffff"
INFO = drops.query(TOOL, PREFIX, "/ipoib/info,1")
GID = socket.inet_pton(socket.AF_INET6, INFO["gid"])
PEER_GID = GID[:8] + bytes(7) + b"\x77"
IPV4 = b"\x08\x00\0\0"


def unicast(**over):
    """A good packet from a peer that does not exist, unless a keyword says otherwise."""
    good = {
        "dlid": INFO["lid"], "slid": 0x77, "dqpn": int(INFO["lladdr"][3:11].replace(":", ""), 16),
        "pkey": 0xFFFF, "qkey": 0x0B1B, "sgid": PEER_GID.hex(), "dgid": GID.hex(),
        "data": arp("203.0.113.2"),
    }
    return ib_frame_ref.frame(**{**good, **over})


def multicast(**over):
    group = {"dlid": 0xC000, "dqpn": 0xFFFFFF, "grh": True, "dgid": BROADCAST}
    return unicast(**{**group, **over})


def arp(target, op=1, hlen=20):
    """Encapsulation header and an IPoIB ARP packet from the peer."""
    head = struct.pack(">HHHHBBH", 0x0806, 0, 32, 0x0800, hlen, 4, op)
    sender = b"\0\0\x12\x34" + PEER_GID + socket.inet_aton("203.0.113.77")
    return head + sender + bytes(20) + socket.inet_aton(target)


# The driver's own tests have every way to break a packet; here, one of each kind.
CASES = [
    ("rx_drop_ethertype", unicast(ethertype=0x88B6)),
    ("rx_drop_truncated", unicast(cut=-20)),
    ("rx_drop_truncated", unicast(cut=20)),
    ("rx_drop_length", unicast(words=5)),
    ("rx_drop_dlid", unicast(dlid=0x66)),
    ("rx_drop_grh", multicast(grh=None)),
    ("rx_drop_vcrc", unicast(vcrc=False)),
    ("rx_drop_icrc", unicast(icrc=False)),
    ("rx_drop_icrc", multicast(icrc=False)),
    ("rx_drop_qpn", unicast(dqpn=2)),
    ("rx_drop_pkey", unicast(pkey=0x8001)),
    ("rx_drop_qkey", unicast(qkey=0x1B1B)),
    ("drop_l2_type", unicast(data=b"\x88\xcc\0\0" + bytes(40))),
    ("drop_ip_short", unicast(data=IPV4 + b"\x45\0\0")),
    ("drop_ip_version", unicast(data=IPV4 + b"\x65" + bytes(39))),
    ("drop_ip_hdrlen", unicast(data=IPV4 + b"\x44" + bytes(39))),
    ("drop_ip_checksum", unicast(data=IPV4 + b"\x45" + bytes(39))),
    ("drop_arp_bad", unicast(data=arp("203.0.113.2", hlen=6))),
    ("drop_arp_bad", unicast(data=arp("203.0.113.2")[:40])),
    ("drop_arp_bad", unicast(data=arp("203.0.113.2", op=9))),
    ("drop_arp_foreign", multicast(data=arp("203.0.113.200"))),
]


def counters():
    """The HCA's drops and the application's, in one dict."""
    xstats = drops.query(TOOL, PREFIX, "/ethdev/xstats,1")
    found = {name: value for name, value in xstats.items() if name.startswith("rx_drop_")}
    return found | drops.app_drops(TOOL, PREFIX)


def main():
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((IFACE, 0))
    sys.exit(drops.check(CASES, sock.send, counters) != 0)


if __name__ == "__main__":
    main()
