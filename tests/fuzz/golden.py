# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""The packets that scapy made for the unit tests: tests/unit/*_golden.h."""

import os
import re
import struct

UNIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit")
ARRAY = re.compile(r"golden_(\w+)\[\][^{]*\{([^}]*)\}")
ALL_MAC, PEER_ETH = b"\xff" * 6, b"\2\0\0\0\0\x4d"
# 20 octets: flags, QPN, GID of fe80::2:c903:0:n.
OUR_ADDR, PEER_ADDR, OTHER_ADDR = (
    q.to_bytes(4, "big") + b"\xfe\x80" + bytes(6) + bytes((0, 2, 0xC9, 3, 0, 0, 0, n)) for q, n in ((0x48, 1), (0x12345, 2), (0x55, 5))
)
ARP, IPV4, IPV6 = b"\x08\x06", b"\x08\x00", b"\x86\xdd"


def golden(names=("control", "nd", "dhcp", "mp", "ip6")):
    for name in names:
        with open(os.path.join(UNIT, name + "_golden.h")) as f:
            for found in ARRAY.finditer(f.read()):
                yield f"{name}_{found[1]}", bytes(int(x, 16) for x in re.findall(r"0x([0-9a-f]{2})", found[2]))


def layers(data):
    """Link-layer header (0, 4 or 14 octets), type and the rest, which may begin with IP."""
    if data[:2] in (ARP, IPV4, IPV6) and data[2:4] == b"\0\0":
        return data[:4], data[:2], data[4:]
    if data[0] >> 4 not in (4, 6) or data[12:14] == ARP:
        return data[:14], data[12:14], data[14:]
    return b"", IPV6 if data[0] >> 4 == 6 else IPV4, data


def ip4(src, dst, proto, body, offset=0, ttl=64, ident=7):
    """offset: with its flags. Lengths and checksums are the fuzzer's to make."""
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), ident, offset, ttl, proto, 0) + src + dst + body
