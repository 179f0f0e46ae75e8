#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Say how a routing table changes and where addresses lead then. Python's ipaddress decides.

usage: route_ref.py SEED CHANGES

Lines: add PREFIX GATEWAY, del PREFIX, and get ADDRESS GATEWAY (0: nowhere). Gateways are numbers.
"""

import ipaddress
import random
import sys

# Addresses near to each other, so that prefixes lie in each other.
ROOTS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "203.0.113.0/24", "255.255.255.0/24",
         "0.0.0.0/0", "2001:db8::/32", "2001:db8:0:ff00::/56", "2001:db8:ffff:ffff::/64",
         "2001:db8:ffff:ffff:ffff:ffff:ffff:ff00/120", "fd00::/8", "fdff:ffff::/32", "::/0",
         "fe00::/9", "fec0::/10"]
GATEWAYS = 100
PREFIXES = 250
GETS = 4
# Where the test's own addresses are.
OURS = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "2001:db8:f::/64")]


def is_special(a):
    if a.version == 4:
        return a.is_loopback or a.is_multicast
    return a.is_loopback or a.is_multicast or a.is_link_local or a.ipv4_mapped is not None


def random_prefix(rnd):
    root = ipaddress.ip_network(rnd.choice(ROOTS))
    bits = root.max_prefixlen
    length = rnd.randint(root.prefixlen, bits)
    if rnd.random() < 0.5:
        length = min(bits, (length + 7) // 8 * 8)
    host = bits - root.prefixlen
    n = rnd.choice([0, (1 << host) - 1, rnd.getrandbits(host) if host else 0])
    # Few bits beyond the root, and ends of it: neighbours, covers and parts.
    if rnd.random() < 0.5:
        n &= rnd.getrandbits(host) & rnd.getrandbits(host) if host else 0
    address = int(root.network_address) + n
    cls = ipaddress.IPv4Address if bits == 32 else ipaddress.IPv6Address
    return ipaddress.ip_network((cls(address), length), strict=False)


def near(rnd, net):
    """An address in a prefix, at its ends, or just beyond them."""
    first, last = int(net.network_address), int(net.broadcast_address)
    n = rnd.choice([first, last, rnd.randint(first, last), first - 1, last + 1])
    cls = type(net.network_address)
    return cls(n % (1 << net.max_prefixlen))


def longest(table, address):
    fits = [n for n in table if n.version == address.version and address in n]
    return table[max(fits, key=lambda n: n.prefixlen)] if fits else 0


def main():
    rnd = random.Random(int(sys.argv[1]))
    pool = {}
    while len(pool) < PREFIXES:
        net = random_prefix(rnd)
        if not is_special(net.network_address) and net not in OURS:
            pool[net] = 0
    nets, table = list(pool), {}
    for _ in range(int(sys.argv[2])):
        net = rnd.choice(nets)
        if net in table:
            del table[net]
            print(f"del {net}")
        else:
            table[net] = rnd.randint(1, GATEWAYS)
            print(f"add {net} {table[net]}")
        for _ in range(GETS):
            address = near(rnd, rnd.choice([net, rnd.choice(nets)]))
            if not is_special(address) and not any(address in o for o in OURS):
                print(f"get {address} {longest(table, address)}")


if __name__ == "__main__":
    main()
