#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Is somebody deaf? Ask by broadcast ARP on an IPoIB interface, ten times a second.

arpwatch.py IFACE OWN-ADDRESS FILE ADDRESS...
FILE says "ready"; after SIGTERM a line for each address: ADDRESS answers=N longest_gap_ms=N. The
time from the start to the first answer, and from the last to the end, counts as well.
"""

import signal
import socket
import struct
import sys
import time

ETH_P_ARP = 0x0806
PERIOD = 0.1


def lladdr(iface, name):
    """20 octets from sysfs."""
    with open(f"/sys/class/net/{iface}/{name}") as f:
        return bytes.fromhex(f.read().strip().replace(":", ""))


def main(iface, own, name, *targets):
    # A raw packet of IPoIB has the destination's 20 octets and the encapsulation header in front.
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP))
    sock.bind((iface, ETH_P_ARP))
    head = lladdr(iface, "broadcast") + struct.pack(">HH", ETH_P_ARP, 0)
    arp = struct.pack(">HHBBH", 32, 0x800, 20, 4, 1) + lladdr(iface, "address")
    arp += socket.inet_aton(own) + bytes(20)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    start = time.monotonic()
    last = {socket.inet_aton(t): start for t in targets}
    gaps = dict.fromkeys(last, 0.0)
    answers = dict.fromkeys(last, 0)
    with open(name, "w") as out:
        print("ready", file=out, flush=True)
    due = start
    while not ended:
        now = time.monotonic()
        if now >= due:
            due = now + PERIOD
            for target in last:
                sock.send(head + arp + target)
        sock.settimeout(max(0.001, due - now))
        try:
            packet = sock.recv(4096)
        except TimeoutError:
            continue
        # The ARP message is the end of whatever comes; operation 2 is a reply.
        message = packet[-56:]
        sender = message[28:32]
        if message[6:8] == b"\0\2" and sender in last:
            now = time.monotonic()
            gaps[sender] = max(gaps[sender], now - last[sender])
            last[sender] = now
            answers[sender] += 1
    now = time.monotonic()
    with open(name, "w") as out:
        for target, then in last.items():
            gap = int(max(gaps[target], now - then) * 1000)
            print(f"{socket.inet_ntoa(target)} answers={answers[target]} longest_gap_ms={gap}",
                  file=out)


main(*sys.argv[1:])
