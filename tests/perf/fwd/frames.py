# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Frames for the benchmarks, as pcap files, each of the same number of packets.

net_pcap's own speed depends on how much memory its packets take, so all cases of a ratio read
files of as many packets. Frames for the carrier are built by tests/oracle, once; what differs from
packet to packet (address, UDP port) is then put in.
"""

import pathlib
import random
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "oracle"))
import ib_frame_ref  # noqa: E402

PACKETS = 49152
FLOWS = 4  # of each destination
PORT_MAC = bytes.fromhex("027063617000")  # what net_pcap0 calls itself
HOST_MAC = bytes.fromhex("020000000099")
CLIENT = "192.0.2.2"
ETH_LEN, IP_LEN, UDP_LEN = 14, 20, 8
FIRST_PORT, DISCARD = 1000, 9


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ip6_packet(src, dst, sport, length):
    """IPv6 and UDP of so many octets in all; the checksum is not looked at on the way."""
    head = struct.pack(">IHBB16s16s", 6 << 28, length - 40, 17, 64,
                       socket.inet_pton(socket.AF_INET6, src),
                       socket.inet_pton(socket.AF_INET6, dst))
    udp = struct.pack(">HHHH", sport, DISCARD, length - 40, 0xFFFF)
    return head + udp + bytes(length - 40 - UDP_LEN)


def echo_request(src, dst, number):
    """An ICMP echo request in 46 octets of IPv4."""
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 46, number, 0, 64, 1, 0, socket.inet_aton(src),
                       socket.inet_aton(dst))
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    echo = struct.pack(">BBHHH", 8, 0, 0, 1, number) + bytes(18)
    return head + echo[:2] + struct.pack(">H", checksum(echo)) + echo[4:]


def ip_packet(src, dst, sport, length):
    """IPv4 and UDP of so many octets in all."""
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length, 0, 0, 64, 17, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    udp = struct.pack(">HHHH", sport, DISCARD, length - IP_LEN, 0)
    return head + udp + bytes(length - IP_LEN - UDP_LEN)


def eth_frame(packet, port=0):
    """To net_pcap's device of that number."""
    kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    return (PORT_MAC[:-1] + bytes([port]) + HOST_MAC + struct.pack(">H", kind) + packet).ljust(60, b"\0")


def ib_frame(host, lid, qpn, packet):
    """A packet that a host sends to a port of ours, without GRH."""
    return ib_frame_ref.frame(
        slid=host["lid"], sqpn=host["qpn"], dlid=lid, dqpn=qpn, pkey=0xFFFF, qkey=0x0B1B,
        data=struct.pack(">HH", 0x0800, 0) + packet)


def flows(destinations):
    """All (destination, UDP source port), in an order that is random but always the same; one flow
    each if they are so many that a file would not hold more."""
    each = [(d, FIRST_PORT + f) for d in destinations
            for f in range(FLOWS if len(destinations) * FLOWS <= PACKETS else 1)]
    random.Random(1).shuffle(each)
    return each


def write(path, frames, count=PACKETS):
    """A pcap file of so many packets: the frames again and again."""
    records = [struct.pack("<IIII", 0, 0, len(f), len(f)) + f for f in frames]
    whole = count // len(records)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        block = b"".join(records)
        for _ in range(whole):
            out.write(block)
        out.write(b"".join(records[:count - whole * len(records)]))
    return path
