#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Reference for carrier frames: Ethernet II around one InfiniBand packet.

Written from the text of IBA 1.4 volume 1 chapters 7 to 9 and RFC 4391, on its
own arithmetic; the CRCs are the bit-serial ones beside this file.

    ib_frame_ref.py frame KEY=VALUE...      one frame, hex
    ib_frame_ref.py rx QPN QPN2             what a port must take or drop and
                                            why: lines NAME EXPECT HEX

The "rx" frames are for a port with the identity below, whose QP is QPN with
P_Key 8001, and a second one, QPN2, on a partition where it is a limited member.
"""

import struct
import sys

from ib_crc_ref import icrc, vcrc

LID = 4  # LMC 1: 4 and 5
GID = "fe800000000000000002c90300001234"
PEER_LID = 7
PEER_GID = "fe800000000000000002c90300005678"
BCAST_GID = "ff12401b8001000000000000ffffffff"
BCAST_LID = 0xC001
QKEY = 0x80000B1B


def payload(n):
    """An encapsulation header and octets that tell their place."""
    return (bytes.fromhex("08000000") + bytes((i * 7 + 3) & 255 for i in range(n)))[:n]


def mac(lid):
    group = 0xC000 <= lid < 0xFFFF
    return bytes([3 if group else 2, 0x1B, 0, 0]) + struct.pack(">H", lid)


def frame(**over):
    """A frame from a peer to LID, unless a keyword says otherwise."""
    f = {
        "dlid": LID, "slid": PEER_LID, "sl": 0, "vl": 0, "lver": 0, "lnh": None, "words": None,
        "grh": None, "ipver": 6, "tclass": 0, "flow": 0, "hop": 0, "nxthdr": 0x1B, "paylen": None,
        "sgid": PEER_GID, "dgid": GID,
        "opcode": 0x64, "bthflags": 0, "tver": 0, "pad": None, "pkey": 0x8001, "dqpn": 0,
        "ackpsn": 0, "resv8a": 0, "qkey": QKEY, "sqpn": 0x777, "len": 61, "data": None,
        "icrc": True, "vcrc": True, "ethertype": 0x88B5, "trailer": b"", "cut": None,
    }
    f.update(over)
    data = payload(f["len"]) if f["data"] is None else f["data"]
    pad = -len(data) % 4
    lnh = f["lnh"] if f["lnh"] is not None else (3 if f["grh"] else 2)
    after_lrh = (40 if f["grh"] else 0) + 12 + 8 + len(data) + pad + 4
    words = f["words"] if f["words"] is not None else (8 + after_lrh) // 4
    p = bytes([f["vl"] << 4 | f["lver"], f["sl"] << 4 | lnh])
    p += struct.pack(">HHH", f["dlid"], words, f["slid"])
    if f["grh"]:
        paylen = f["paylen"] if f["paylen"] is not None else after_lrh - 40
        p += struct.pack(">I", f["ipver"] << 28 | f["tclass"] << 20 | f["flow"])
        p += struct.pack(">HBB", paylen, f["nxthdr"], f["hop"])
        p += bytes.fromhex(f["sgid"]) + bytes.fromhex(f["dgid"])
    padcnt = f["pad"] if f["pad"] is not None else pad
    p += bytes([f["opcode"], f["bthflags"] | padcnt << 4 | f["tver"]])
    p += struct.pack(">H", f["pkey"]) + bytes([f["resv8a"]]) + f["dqpn"].to_bytes(3, "big")
    p += struct.pack(">II", f["ackpsn"], f["qkey"]) + b"\0" + f["sqpn"].to_bytes(3, "big")
    p += data + bytes(pad)
    i = bytearray(icrc(p))
    if not f["icrc"]:
        i[0] ^= 1
    v = bytearray(vcrc(p + bytes(i)))
    if not f["vcrc"]:
        v[1] ^= 0x80
    whole = mac(f["dlid"]) + mac(f["slid"]) + struct.pack(">H", f["ethertype"])
    whole += p + i + v + f["trailer"]
    return whole if f["cut"] is None else whole[: f["cut"]]


def rx_cases(qpn, qpn2):
    def uc(**over):
        return frame(**{"dqpn": qpn, **over})

    def mc(**over):
        return frame(
            **{"dqpn": 0xFFFFFF, "dlid": BCAST_LID, "grh": True, "dgid": BCAST_GID, **over}
        )

    good = {f"len{n}": uc(len=n) for n in (4, 5, 6, 7, 60, 1500, 2048)}
    good |= {
        "lmc": uc(dlid=LID + 1),
        "grh": uc(grh=True, tclass=0x5A, flow=0x12345, hop=63),
        "mcast": mc(),
        "sl": uc(sl=9),
        "ignored": uc(bthflags=0xC0, ackpsn=0x80FFFFFF, resv8a=0x55),
        "trailer": uc(trailer=bytes(18)),
        "limited_peer": uc(pkey=0x0001),
        "ib0_here": uc(slid=LID, sqpn=0x888),
        "own_qpn_there": uc(sqpn=qpn),
        "own_gid_not": uc(slid=LID, sqpn=qpn, grh=True),
    }
    bad = [
        ("ethertype", uc(ethertype=0x88B6)),
        ("truncated", b""),
        ("truncated", uc(cut=13)),
        ("truncated", uc(cut=14)),
        ("truncated", uc(cut=41)),
        ("truncated", uc(cut=-1)),
        ("truncated", uc(cut=-2)),
        ("lrh", uc(lver=1)),
        ("vl", uc(vl=3)),
        ("lnh", uc(lnh=0)),
        ("lnh", uc(lnh=1)),
        ("length", uc(words=0)),
        ("length", uc(words=8)),
        ("length", mc(words=18)),
        ("length", uc(data=b"", len=0)),
        ("length", uc(len=4, pad=1)),
        ("truncated", uc(words=0x7FF)),
        ("too_long", uc(len=2049)),
        ("too_long", uc(len=2052)),
        ("dlid", uc(dlid=0)),
        ("dlid", uc(dlid=0xFFFF)),
        ("dlid", uc(dlid=LID + 2)),
        ("dlid", mc(dlid=0xC0FE)),
        ("slid", uc(slid=0)),
        ("slid", uc(slid=0xC001)),
        ("slid", uc(slid=0xFFFF)),
        ("grh", mc(grh=None)),
        ("grh", mc(ipver=4)),
        ("grh", mc(nxthdr=17)),
        ("grh", mc(paylen=0)),
        ("grh", uc(grh=True, paylen=200)),
        ("dgid", uc(grh=True, dgid=PEER_GID)),
        ("dgid", uc(grh=True, dgid=BCAST_GID)),
        ("dgid", mc(dgid=GID)),
        ("dgid", mc(dgid="ff12401b8001000000000000e0000005")),
        ("opcode", uc(opcode=0x04)),
        ("opcode", uc(opcode=0x65)),
        ("tver", uc(tver=1)),
        ("vcrc", uc(vcrc=False)),
        ("icrc", uc(icrc=False)),
        ("icrc", mc(icrc=False)),
        ("qpn", uc(dqpn=(qpn ^ 0x800000) | 2)),
        ("qpn", uc(dqpn=0xFFFFFF)),
        ("qpn", uc(dqpn=1)),
        ("qpn", mc(dqpn=qpn)),
        ("pkey", uc(pkey=0x8002)),
        ("pkey", uc(pkey=0x0000)),
        ("pkey", uc(dqpn=qpn2, pkey=0x0003)),
        ("pkey", mc(pkey=0xFFFF)),
        ("qkey", uc(qkey=0x11111111)),
        ("qkey", mc(qkey=QKEY & 0x7FFFFFFF)),
        ("self", uc(slid=LID + 1, sqpn=qpn)),
        ("self", uc(slid=LID, sqpn=qpn, grh=True, sgid=GID)),
        ("self", mc(slid=LID, sqpn=qpn, sgid=GID)),
    ]
    for name, f in good.items():
        print(name, "ok", f.hex())
    for i, (why, f) in enumerate(bad):
        print(f"bad{i}", why, f.hex() or "-")


def main(argv):
    if len(argv) == 4 and argv[1] == "rx":
        rx_cases(int(argv[2], 0), int(argv[3], 0))
    elif len(argv) >= 2 and argv[1] == "frame":
        over = {}
        for word in argv[2:]:
            key, value = word.split("=")
            over[key] = value if key in ("sgid", "dgid") else int(value, 0)
        print(frame(**over).hex())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
