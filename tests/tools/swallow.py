#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Read and forget what a stopped process is sent on its Unix sockets.

swallow.py PID: until SIGTERM, then says how much it was. A stopped OpenSM alone is no black
hole: after some 150 MADs that it does not read, ibsim waits for it, and all others for ibsim.
"""

import ctypes
import os
import select
import signal
import socket
import sys

PIDFD_GETFD = 438


def sockets(pid):
    pidfd = os.pidfd_open(pid)
    libc = ctypes.CDLL(None, use_errno=True)
    for name in os.listdir(f"/proc/{pid}/fd"):
        if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
            continue
        fd = libc.syscall(PIDFD_GETFD, pidfd, int(name), 0)
        if fd < 0:
            sys.exit(f"swallow: pidfd_getfd: {os.strerror(ctypes.get_errno())}")
        sock = socket.socket(fileno=fd)
        if sock.family == socket.AF_UNIX and sock.type == socket.SOCK_DGRAM:
            yield sock


def main():
    socks = list(sockets(int(sys.argv[1])))
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    count = 0
    while not ended:
        for sock in select.select(socks, [], [], 0.2)[0]:
            try:
                sock.recv(65536, socket.MSG_DONTWAIT)
                count += 1
            except BlockingIOError:
                pass
    print(f"swallowed {count}")


main()
