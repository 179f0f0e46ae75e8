#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Judge what tshark saw on the cable: partition_fields.py FIELDS

A line a packet: P_Key, Q_Key, DGID, then addresses. Each address is one partition's; the P_Key's low
15 bits, the Q_Key, and the P_Key in a multicast GID must be of the same one.
"""

import ipaddress
import sys

QKEY = {0x7FFF: 0x0B1B, 1: 0x1B1B, 2: 0x2B2B}
NETS = {
    1: ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8:1::/64", "2001:db8:2::/64",
        "2001:db8:12::/64"),
    2: ("192.0.3.0/24", "198.51.101.0/24", "203.0.114.0/24", "2001:db8:3::/64", "2001:db8:4::/64",
        "2001:db8:34::/64"),
}
NETS = {p: [ipaddress.ip_network(n) for n in nets] for p, nets in NETS.items()}
# At least so many packets of each family: else nothing was seen.
ENOUGH = 200


def partition_of(address):
    for partition, nets in NETS.items():
        if any(address.version == n.version and address in n for n in nets):
            return partition
    return None


def check(line, seen):
    pkey, qkey, dgid, *rest = line.rstrip("\n").split(",")
    pkey, qkey = int(pkey, 0), int(qkey, 0)
    partition = pkey & 0x7FFF
    if qkey != QKEY[partition]:
        return f"Q_Key 0x{qkey:x}"
    if dgid.startswith("ff"):
        mgid = ipaddress.ip_address(dgid).packed
        if mgid[4] << 8 | mgid[5] != partition | 0x8000:
            return f"MGID {dgid}"
    for text in filter(None, rest):
        address = ipaddress.ip_address(text)
        owner = partition_of(address)
        if owner is not None and owner != partition:
            return f"address {text}"
        if owner is not None:
            seen[partition, address.version] = seen.get((partition, address.version), 0) + 1
    if pkey & 0x8000 == 0:
        seen["limited"] = seen.get("limited", 0) + 1
    return None


def main():
    seen = {}
    bad = 0
    with open(sys.argv[1], encoding="ascii") as f:
        for line in f:
            if not line[0].isdigit():
                continue
            why = check(line, seen)
            if why:
                bad += 1
                print(f"{why} in a packet of another partition: {line.strip()}")
    print("packets seen:", ", ".join(f"{k} {v}" for k, v in sorted(seen.items(), key=str)))
    for partition in NETS:
        for version in (4, 6):
            if seen.get((partition, version), 0) < ENOUGH:
                bad += 1
                print(f"partition {partition}, IPv{version}: fewer than {ENOUGH} packets")
    if seen.get("limited", 0) == 0:
        bad += 1
        print("no packet of a limited member")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
