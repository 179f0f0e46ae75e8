#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""A multicast host: numbered datagrams to or from a group.

mcast.py recv GROUP FILE [include SOURCE... | exclude SOURCE...]
    join; FILE says "ready", then how many came: received=N doubled=N. SIGUSR1: leave the first
    source; SIGTERM: end.
mcast.py send GROUP COUNT [LENGTH [TTL [SOURCE]]]
    100 a second; MCAST_DF in the environment: not to be cut
Port 5007, interface $MCAST_IFACE or eth0. An IPv6 group is one with a colon.
"""

import os
import signal
import socket
import struct
import sys
import time

PORT = 5007
IFACE = os.environ.get("MCAST_IFACE", "eth0")

# Of <linux/in.h>, for both families (RFC 3678 5).
MCAST_JOIN_GROUP = 42
MCAST_BLOCK_SOURCE = 43
MCAST_JOIN_SOURCE_GROUP = 46
MCAST_LEAVE_SOURCE_GROUP = 47


def is6(group):
    return ":" in group


def level(group):
    return socket.IPPROTO_IPV6 if is6(group) else socket.IPPROTO_IP


def sock_of(group):
    return socket.socket(socket.AF_INET6 if is6(group) else socket.AF_INET, socket.SOCK_DGRAM)


def sockaddr(addr):
    if is6(addr):
        ip = socket.inet_pton(socket.AF_INET6, addr)
        return struct.pack("@HHI16sI100x", socket.AF_INET6, 0, 0, ip, 0)
    return struct.pack("@HH4s120x", socket.AF_INET, 0, socket.inet_aton(addr))


def ask(sock, what, group, *source):
    """Tell the kernel of a group, or of a group and a source."""
    index = socket.if_nametoindex(IFACE)
    arg = struct.pack("@I4x", index) + b"".join(sockaddr(a) for a in (group, *source))
    sock.setsockopt(level(group), what, arg)


def join(sock, group, mode, sources):
    if mode == "exclude":
        ask(sock, MCAST_JOIN_GROUP, group)
    for source in sources:
        what = MCAST_BLOCK_SOURCE if mode == "exclude" else MCAST_JOIN_SOURCE_GROUP
        ask(sock, what, group, source)


def recv(group, name, mode="exclude", *sources):
    sock = sock_of(group)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((group, PORT))
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    signal.signal(
        signal.SIGUSR1, lambda *_: ask(sock, MCAST_LEAVE_SOURCE_GROUP, group, sources[0])
    )
    join(sock, group, mode, sources)
    sock.settimeout(0.1)
    with open(name, "w") as out:
        print("ready", file=out, flush=True)
        seen, doubled = set(), 0
        while not ended:
            try:
                number = sock.recv(65536)[:8]
            except TimeoutError:
                continue
            doubled += number in seen
            seen.add(number)
            out.seek(0)
            print(f"received={len(seen)} doubled={doubled}  ", file=out, flush=True)


def send(group, count, length=64, ttl=16, source=None):
    sock = sock_of(group)
    index = socket.if_nametoindex(IFACE)
    if source is not None:
        sock.bind((source, 0))
    if is6(group):
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, int(ttl))
    else:
        sock.setsockopt(
            socket.IPPROTO_IP, socket.IP_MULTICAST_IF, bytes(8) + struct.pack("@i", index)
        )
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, int(ttl))
        # IP_MTU_DISCOVER: IP_PMTUDISC_DO, or IP_PMTUDISC_DONT, that routers may cut it.
        sock.setsockopt(socket.IPPROTO_IP, 10, 2 if "MCAST_DF" in os.environ else 0)
    for number in range(int(count)):
        mark = struct.pack(">II", os.getpid(), number)
        sock.sendto(mark.ljust(int(length), b"."), (group, PORT))
        time.sleep(0.01)


{"recv": recv, "send": send}[sys.argv[1]](*sys.argv[2:])
