#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Inputs to begin with, for fuzzers that would be long in finding them.

seeds.py FUZZER FOLDER      one file for each; fuzzers that need none get none

fuzz_control: the packets that scapy made for the unit tests (tests/unit/*_golden.h), as workers
would hand them over; fuzz_sa: conversations, in the steps that the fuzzer knows.
"""

import os
import re
import sys

UNIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit")
ARRAY = re.compile(r"golden_(\w+)\[\][^{]*\{([^}]*)\}")
ARP, IPV4, IPV6 = b"\x08\x06", b"\x08\x00", b"\x86\xdd"
# What fuzz_control.c calls them: bits of a packet's first octet, and places in its list of reasons.
IB, SIX, BROADCAST = 1, 2, 4
LOCAL, PUNT_ARP, TTL, BIG = 0, 2, 3, 6


def golden():
    for name in ("control", "nd", "dhcp", "mp", "ip6"):
        with open(os.path.join(UNIT, name + "_golden.h")) as f:
            for found in ARRAY.finditer(f.read()):
                yield f"{name}_{found[1]}", bytes(int(x, 16) for x in re.findall(r"0x([0-9a-f]{2})", found[2]))


def punt(flags, why, data):
    return bytes([flags | why << 4]) + len(data).to_bytes(2, "big") + data


def control():
    for name, data in golden():
        if len(data) >= 2000:
            continue
        if data[12:14] == ARP and len(data) == 60:
            yield name, b"\2" + punt(0, PUNT_ARP, data)
            continue
        if data[:4] == ARP + b"\0\0":
            yield name, b"\2" + punt(IB, PUNT_ARP, data)
            continue
        if data[12:14] in (IPV4, IPV6) and data[0] >> 4 not in (4, 6):
            data = data[14:]
        elif data[:2] in (IPV4, IPV6) and data[2:4] == b"\0\0":
            data = data[4:]
        if data[0] >> 4 not in (4, 6):
            continue
        six = SIX if data[0] >> 4 == 6 else 0
        for port in (0, IB):
            for flags, why in ((0, LOCAL), (BROADCAST, LOCAL), (0, TTL), (0, BIG)):
                yield f"{name}_{port}{flags}{why}", b"\xf2" + punt(port | six | flags, why, data)


def segment(flags, seg, more=b""):
    return bytes([4, flags, seg]) + more + b"\0"


# Steps of fuzz_sa.c: 0 asks, 1 waits, 2 loses, 3 answers well, 4 sends a segment, 6 reports, 7 is any.
# Behind those that send an answer: how many octets of it are others, and which.
def sa():
    good = b"\3\0"
    for what in range(16):
        yield f"good_{what}", bytes([what]) + good + good
        # Error status: it is at 4 and 5 of a MAD.
        for status in (b"\1\1", b"\4\3", b"\0\3", b"\0\x0c", b"\2\0"):
            yield f"status_{what}_{status.hex()}", bytes([what]) + b"\3\2\4" + status[:1] + b"\5" + status[1:]
        yield f"lost_{what}", bytes([what]) + b"\2\0\x82\0" + b"\1\xff" * 8
        yield f"late_{what}", bytes([what]) + b"\1\x60" + good
    first, last = 2, 4
    yield "table_one", b"\2" + segment(first | last, 1, bytes([20 + 112]))
    yield "table_three", b"\2" + segment(first, 1) + segment(0, 2) + segment(last, 3, bytes([20 + 200]))
    yield "table_gap", b"\2" + segment(first, 1) + segment(0, 3) + segment(0, 2) + segment(last, 3, b"\x40")
    yield "table_late", b"\2" + segment(first | last, 1, b"\x84") * 3
    yield "table_stalls", b"\2" + segment(first, 1) + b"\1\xff" * 12
    yield "table_empty", b"\2" + segment(first | last, 1, b"\x14")
    yield "table_short", b"\2" + segment(first | last, 1, b"\3")
    yield "table_stop", b"\2" + segment(first, 1) + bytes([4, 8, 2, 3, 0])
    yield "table_abort", b"\2" + segment(first, 1) + bytes([4, 8, 2, 4, 0])
    yield "table_ack", b"\2" + bytes([4, 8, 1, 2, 0])
    yield "table_version", b"\2" + bytes([4, first, 1, 1, 24, 9])
    yield "table_length", b"\2" + bytes([4, first | 32, 1, 3, 0]) + bytes([4, first | 32, 1, 30, 0])
    yield "table_bare", b"\2" + bytes([4, 16, 0, 0]) * 8
    yield "table_bare_flags", b"\2" + bytes([4, 16, 0, 0]) + good * 20
    yield "table_window", b"\2" + segment(first, 1) + b"".join(segment(0, n) for n in range(2, 80))
    yield "reports", b"\0" + b"".join(bytes([6, n % 8, n // 8, 0]) for n in range(40)) + b"\1\xff" + b"\6\2\7\0" * 3
    yield "report_odd", b"\0" + bytes([6, 2, 1, 1, 17, 9]) + bytes([6, 2, 1, 1, 56, 0])
    yield "any", b"\0" + b"\x17\x20" + bytes(32) + b"\x47\xff" + bytes(256)


def main(fuzzer, folder):
    os.makedirs(folder, exist_ok=True)
    for name, data in {"fuzz_control": control, "fuzz_sa": sa}.get(fuzzer, tuple)():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


main(*sys.argv[1:])
