#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Send damaged InfiniBand packets to a gateway's soft HCA; each must be counted.

    bad_carrier_frames.py INTERFACE FILE-PREFIX QUERY-TOOL
"""

import pathlib
import socket
import struct
import sys

import drops

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "oracle"))
import ib_crc_ref  # noqa: E402

IFACE, PREFIX, TOOL = sys.argv[1:4]
SLID = 0x77  # nobody has it
BROADCAST = bytes.fromhex("ff12401bffff000000000000ffffffff")


def counters():
    """The HCA's drops and the application's, in one dict."""
    xstats = drops.query(TOOL, PREFIX, "/ethdev/xstats,1")
    found = {name: value for name, value in xstats.items() if name.startswith("rx_drop_")}
    return found | drops.app_drops(TOOL, PREFIX)


INFO = drops.query(TOOL, PREFIX, "/ipoib/info,1")
LID = INFO["lid"]
GID = socket.inet_pton(socket.AF_INET6, INFO["gid"])
QPN = int("".join(INFO["addr"].split(":")[1:4]), 16)
QKEY = 0x0B1B


def arp(op=1, hlen=20, target="203.0.113.2"):
    """IPoIB ARP from a made-up peer."""
    sha = b"\0\0\x12\x34" + GID[:8] + bytes(7) + b"\x77"
    return (
        struct.pack(">HH", 0x0806, 0)
        + struct.pack(">HHBBH", 32, 0x0800, hlen, 4, op)
        + sha
        + socket.inet_aton("203.0.113.77")
        + bytes(20)
        + socket.inet_aton(target)
    )


def packet(payload=None, dlid=LID, slid=SLID, grh=False, **kw):
    """LRH..VCRC. Keywords replace a field; "icrc" and "vcrc" are XORed into the CRC."""
    payload = arp() if payload is None else payload
    pad = -len(payload) % 4
    bth = struct.pack(
        ">BBHII", kw.get("opcode", 0x64), pad << 4 | kw.get("tver", 0), kw.get("pkey", 0xFFFF),
        kw.get("qpn", QPN), 0)
    deth = struct.pack(">II", kw.get("qkey", QKEY), 0x1234)
    body = bth + deth + payload + bytes(pad)
    if grh:
        body = (
            struct.pack(">IHBB", kw.get("ipver", 6) << 28, kw.get("paylen", len(body) + 4),
                        kw.get("nxthdr", 0x1B), 0)
            + GID[:8] + bytes(7) + b"\x77" + kw.get("dgid", GID) + body)
    words = kw.get("words", (8 + len(body) + 4) // 4)
    lnh = kw.get("lnh", 3 if grh else 2)
    lrh = struct.pack(">BBHHH", kw.get("vl", 0) << 4 | kw.get("lver", 0), lnh, dlid, words, slid)
    whole = lrh + body
    icrc = bytes(b ^ kw.get("icrc", 0) for b in ib_crc_ref.icrc(whole))
    vcrc = bytes(b ^ kw.get("vcrc", 0) for b in ib_crc_ref.vcrc(whole + icrc))
    return whole + icrc + vcrc


def frame(data, ethertype=0x88B5):
    dst = bytes([2, 0x1B, 0, 0]) + struct.pack(">H", LID)
    src = bytes([2, 0x1B, 0, 0]) + struct.pack(">H", SLID)
    return dst + src + struct.pack(">H", ethertype) + data


def mcast(**kw):
    return packet(dlid=0xC000, qpn=kw.pop("qpn", 0xFFFFFF), grh=kw.pop("grh", True),
                  **{"dgid": BROADCAST, **kw})


CASES = [
    ("rx_drop_ethertype", frame(packet(), 0x88B6)),
    ("rx_drop_truncated", frame(packet()[:-20])),
    ("rx_drop_truncated", frame(packet()[:5])),
    ("rx_drop_lrh", frame(packet(lver=1))),
    ("rx_drop_vl", frame(packet(vl=1))),
    ("rx_drop_lnh", frame(packet(lnh=1))),
    ("rx_drop_length", frame(packet(words=5))),
    ("rx_drop_dlid", frame(packet(dlid=0x66))),
    ("rx_drop_dlid", frame(packet(dlid=0))),
    ("rx_drop_dlid", frame(packet(dlid=0xFFFF))),
    ("rx_drop_slid", frame(packet(slid=0))),
    ("rx_drop_grh", frame(packet(dlid=0xC000, qpn=0xFFFFFF))),
    ("rx_drop_grh", frame(mcast(ipver=4))),
    ("rx_drop_grh", frame(mcast(nxthdr=6))),
    ("rx_drop_grh", frame(mcast(paylen=4))),
    ("rx_drop_dgid", frame(mcast(dgid=BROADCAST[:15] + b"\x01"))),
    ("rx_drop_opcode", frame(packet(opcode=0x04))),
    ("rx_drop_tver", frame(packet(tver=1))),
    ("rx_drop_vcrc", frame(packet(vcrc=0x55))),
    ("rx_drop_icrc", frame(packet(icrc=0x55))),
    ("rx_drop_qpn", frame(packet(qpn=(QPN + 1) & 0xFFFFFF))),
    ("rx_drop_pkey", frame(packet(pkey=0x8001))),
    ("rx_drop_pkey", frame(packet(pkey=0))),
    ("rx_drop_qkey", frame(packet(qkey=0x1B1B))),
    ("drop_l2_type", frame(packet(payload=b"\x88\xcc\0\0" + bytes(40)))),
    ("drop_ip_short", frame(packet(payload=b"\x08\x00\0\0\x45\0\0"))),
    ("drop_ip_version", frame(packet(payload=b"\x08\x00\0\0" + b"\x65" + bytes(39)))),
    ("drop_ip_hdrlen", frame(packet(payload=b"\x08\x00\0\0" + b"\x44" + bytes(39)))),
    ("drop_ip_checksum", frame(packet(payload=b"\x08\x00\0\0" + b"\x45" + bytes(39)))),
    ("drop_arp_bad", frame(packet(payload=arp(hlen=6)))),
    ("drop_arp_bad", frame(packet(payload=arp()[:40]))),
    ("drop_arp_bad", frame(packet(payload=arp(op=9)))),
    ("drop_arp_foreign", frame(mcast(payload=arp(target="203.0.113.200")))),
]


def main():
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((IFACE, 0))
    sys.exit(drops.check(CASES, sock.send, counters) != 0)


if __name__ == "__main__":
    main()
