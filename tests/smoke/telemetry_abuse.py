#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Treat a program's telemetry socket badly, in every way, for SECONDS.

telemetry_abuse.py SOCKET SECONDS
"""

import contextlib
import random
import socket
import sys
import time

QUESTIONS = [
    "/fwd/stats", "/fwd/workers", "/ipoib/info,1", "/ipoib/neigh,1,0,32", "/ip/route",
    "/ipoib/list", "/ethdev/xstats,1", "/ipoib/mcast,1",
]
BAD = [
    b"", b"\0", b"\0" * 1000, b"/", b"/ipoib/info", b"/ipoib/info,", b"/ipoib/info,-1",
    b"/ipoib/info,99999999999999999999", b"/ipoib/neigh,1,4294967296,1", b"/ipoib/neigh,1,0,0",
    b"/fwd/stats,x", b"/fwd/stats,4294967295,4294967295", b"/ipoib/info,1,2,3,4,5",
    b"/help,/nothing", b"/" + b"a" * 900, b"," * 900, bytes(range(256)) * 3, b"/ipoib/info," * 80,
    b"/fwd/stats" + b",0" * 400, b"/ip/route,\xff\xfe",
]


def connect(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.settimeout(2)
    sock.connect(path)
    return sock


def silent(path):
    """Connect, say nothing, read nothing."""
    return connect(path)


def deaf(path):
    """Ask as long as the socket takes it, read nothing."""
    sock = connect(path)
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.send(random.choice(QUESTIONS).encode())
    return sock


def hasty(path):
    """Ask and hang up before the answer."""
    with connect(path) as sock:
        sock.send(random.choice(QUESTIONS).encode())


def babbling(path):
    """Nonsense, too long and too short."""
    with connect(path) as sock:
        for bad in BAD:
            sock.send(bad or b"\n")
            sock.recv(65536)


def chatty(path):
    """Question after question, answers read."""
    with connect(path) as sock:
        sock.recv(1024)
        for _ in range(50):
            sock.send(random.choice(QUESTIONS).encode())
            sock.recv(65536)


def main():
    path, end = sys.argv[1], time.monotonic() + float(sys.argv[2])
    kept, done, refused = [], 0, 0
    random.seed(1)
    while time.monotonic() < end:
        how = random.choice([silent, deaf, hasty, babbling, chatty])
        try:
            if sock := how(path):
                kept.append(sock)
            done += 1
        except OSError:
            refused += 1
        if len(kept) > 9:
            kept.pop(random.randrange(len(kept))).close()
    print(f"done={done} refused={refused} kept={len(kept)}")
    for sock in kept:
        sock.close()
    return done < 20


if __name__ == "__main__":
    sys.exit(main())
