#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Count the IPv4 packets that the kernel receives by an interface, as its packet sockets see them.

ipwatch.py IFACE SOURCE DESTINATION FILE, where SOURCE and DESTINATION are networks.
FILE says at any time what has come so far: packets=N flows=N bad=N. Flows differ in their
destination; bad are those with a wrong header checksum, or of another length than they say.
"""

import ipaddress
import os
import socket
import sys

ETH_P_IP = 0x0800
SO_RCVBUFFORCE = 33


def is_bad(packet):
    """Is the header not whole, or the packet not what it says?"""
    total = sum(int.from_bytes(packet[i:i + 2], "big") for i in range(0, 20, 2))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return packet[0] != 0x45 or total != 0xffff or int.from_bytes(packet[2:4], "big") != len(packet)


def main(iface, source, destination, name):
    source, destination = ipaddress.ip_network(source), ipaddress.ip_network(destination)
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    sock.bind((iface, ETH_P_IP))
    flows = set()
    packets = bad = 0
    while True:
        with open(name + ".new", "w") as out:
            print(f"packets={packets} flows={len(flows)} bad={bad}", file=out)
        os.rename(name + ".new", name)
        sock.settimeout(None)
        # What is there, at most so much, then the file.
        for _ in range(2000):
            try:
                packet, address = sock.recvfrom(4096)
            except BlockingIOError:
                break
            sock.settimeout(0)
            if address[2] == socket.PACKET_OUTGOING or len(packet) < 20:
                continue
            if (ipaddress.ip_address(packet[12:16]) in source
                    and ipaddress.ip_address(packet[16:20]) in destination):
                packets += 1
                flows.add(packet[16:20])
                bad += is_bad(packet)


main(*sys.argv[1:])
