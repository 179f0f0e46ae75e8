#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Is somebody deaf for broadcasts? Ping ten times a second an address that nobody has asked for yet.

pingnew.py FILE PREFIX...    PREFIX: 10.9.1 stands for 10.9.1.1 to 10.9.1.254, in turn
FILE says "ready"; after SIGTERM a line for each prefix: PREFIX answers=N longest_gap_ms=N. The time
from the start to the first answer, and from the last to the end, counts as well.
"""

import signal
import socket
import struct
import sys
import time

PERIOD = 0.1


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def request(sequence):
    head = struct.pack(">BBHHH", 8, 0, 0, 0x1B01, sequence)
    return head[:2] + struct.pack(">H", checksum(head)) + head[4:]


def main(name, *prefixes):
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    start = time.monotonic()
    last = dict.fromkeys(prefixes, start)
    gaps = dict.fromkeys(prefixes, 0.0)
    answers = dict.fromkeys(prefixes, 0)
    with open(name, "w") as out:
        print("ready", file=out, flush=True)
    due, host = start, 0
    while not ended:
        now = time.monotonic()
        if now >= due:
            due, host = now + PERIOD, host % 254 + 1
            for prefix in prefixes:
                sock.sendto(request(host), (f"{prefix}.{host}", 0))
        sock.settimeout(max(0.001, due - now))
        try:
            packet, sender = sock.recvfrom(4096)
        except TimeoutError:
            continue
        prefix = sender[0].rpartition(".")[0]
        # An echo reply behind a header without options.
        if packet[20] == 0 and prefix in last:
            now = time.monotonic()
            gaps[prefix] = max(gaps[prefix], now - last[prefix])
            last[prefix] = now
            answers[prefix] += 1
    now = time.monotonic()
    with open(name, "w") as out:
        for prefix, then in last.items():
            gap = int(max(gaps[prefix], now - then) * 1000)
            print(f"{prefix} answers={answers[prefix]} longest_gap_ms={gap}", file=out)


main(*sys.argv[1:])
