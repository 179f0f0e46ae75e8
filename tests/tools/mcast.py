#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""A multicast host: numbered datagrams to or from a group.

mcast.py recv GROUP FILE        join; FILE says "ready", then how many came: received=N doubled=N
mcast.py send GROUP COUNT [LENGTH [TTL]]        100 a second
Port 5007, interface $MCAST_IFACE or eth0. An IPv6 group is one with a colon. SIGTERM ends recv.
"""

import os
import signal
import socket
import struct
import sys
import time

PORT = 5007
IFACE = os.environ.get("MCAST_IFACE", "eth0")


def is6(group):
    return ":" in group


def sock_of(group):
    return socket.socket(socket.AF_INET6 if is6(group) else socket.AF_INET, socket.SOCK_DGRAM)


def recv(group, name):
    sock = sock_of(group)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((group, PORT))
    index = socket.if_nametoindex(IFACE)
    if is6(group):
        want = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, want)
    else:
        want = socket.inet_aton(group) + bytes(4) + struct.pack("@i", index)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, want)
    sock.settimeout(0.1)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    with open(name, "w") as out:
        print("ready", file=out, flush=True)
        seen, doubled = set(), 0
        while not ended:
            try:
                number = sock.recv(65536)[:4]
            except TimeoutError:
                continue
            doubled += number in seen
            seen.add(number)
            out.seek(0)
            print(f"received={len(seen)} doubled={doubled}  ", file=out, flush=True)


def send(group, count, length=64, ttl=16):
    sock = sock_of(group)
    index = socket.if_nametoindex(IFACE)
    if is6(group):
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, int(ttl))
    else:
        sock.setsockopt(
            socket.IPPROTO_IP, socket.IP_MULTICAST_IF, bytes(8) + struct.pack("@i", index)
        )
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, int(ttl))
        # Routers may cut it: IP_MTU_DISCOVER, IP_PMTUDISC_DONT.
        sock.setsockopt(socket.IPPROTO_IP, 10, 0)
    for number in range(int(count)):
        sock.sendto(struct.pack(">I", number).ljust(int(length), b"."), (group, PORT))
        time.sleep(0.01)


{"recv": recv, "send": send}[sys.argv[1]](*sys.argv[2:])
