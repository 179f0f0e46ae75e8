#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""The invariant and variant CRC of every packet in pcapng files of ERF records.

ib_capture_crc.py FILE...
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import ib_crc_ref


def packets(path):
    """InfiniBand packets of a file of ours: one interface, ERF."""
    with open(path, "rb") as f:
        data = f.read()
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            cap_len = struct.unpack_from("<I", data, at + 20)[0]
            yield data[at + 28 + 16 : at + 28 + cap_len]
        at += length


def main():
    n = bad = 0
    for path in sys.argv[1:]:
        for packet in packets(path):
            n += 1
            bad += ib_crc_ref.icrc(packet[:-6]) != packet[-6:-2]
            bad += ib_crc_ref.vcrc(packet[:-2]) != packet[-2:]
    print(f"{n} packets, {bad} with wrong CRCs")
    return n == 0 or bad != 0


if __name__ == "__main__":
    sys.exit(main())
