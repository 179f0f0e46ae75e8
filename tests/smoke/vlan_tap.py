#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""VLAN interfaces for kernels without 8021q: vlan_tap.py IFACE VID...

Makes a TAP interface IFACE.VID for each VLAN, with the MAC address of IFACE, and carries frames
between it and IFACE, where they have the tag. Prints "ready" and goes on until it is ended.
"""

import fcntl
import select
import socket
import struct
import subprocess
import sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 263, 8, 1 << 4
AUXDATA = struct.Struct("=IIIHHHH")
ETH_P_ALL, ETH_P_8021Q = 3, 0x8100
PACKET_OUTGOING = 4


def tap_open(iface, vid):
    tap = open("/dev/net/tun", "r+b", buffering=0)  # pylint: disable=consider-using-with
    name = f"{iface}.{vid}"
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    # Not by /sys, which may be another network namespace's.
    mac = subprocess.run(["ip", "-br", "link", "show", iface], check=True, capture_output=True,
                         text=True).stdout.split()[2]
    subprocess.run(["ip", "link", "set", name, "address", mac], check=True)
    return tap


def packet_open(iface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((iface, ETH_P_ALL))
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
    return sock


def vid_of(ancillary):
    """The VLAN, whose tag the kernel has taken out of the frame; 0: none."""
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, *_, tci, _ = AUXDATA.unpack(data[:AUXDATA.size])
            return tci & 0xFFF if status & TP_STATUS_VLAN_VALID else 0
    return 0


def from_wire(sock, taps):
    frame, ancillary, _, address = sock.recvmsg(65536, 256)
    tap = taps.get(vid_of(ancillary))
    if tap is not None and address[2] != PACKET_OUTGOING:
        tap.write(frame)


def to_wire(sock, tap, vid):
    frame = tap.read(65536)
    sock.send(frame[:12] + struct.pack("!HH", ETH_P_8021Q, vid) + frame[12:])


def main():
    iface, vids = sys.argv[1], [int(v) for v in sys.argv[2:]]
    taps = {vid: tap_open(iface, vid) for vid in vids}
    sock = packet_open(iface)
    by_fd = {tap.fileno(): vid for vid, tap in taps.items()}
    poll = select.epoll()
    for fd in [sock.fileno(), *by_fd]:
        poll.register(fd, select.EPOLLIN)
    print("ready", flush=True)
    while True:
        for fd, _ in poll.poll():
            try:
                if fd == sock.fileno():
                    from_wire(sock, taps)
                else:
                    to_wire(sock, taps[by_fd[fd]], by_fd[fd])
            except OSError:
                pass  # an interface that is down loses packets


if __name__ == "__main__":
    main()
