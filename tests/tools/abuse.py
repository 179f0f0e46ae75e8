#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""A host that does harm: frames of one kind, at a rate, from a random source of a given seed.

abuse.py IFACE ROUTER-MAC KIND PPS SECONDS [SEED]     last line: sent=N
"""

import ipaddress
import random
import socket
import struct
import sys
import time

OWN = "192.0.2.2"
ROUTER = "192.0.2.1"
SERVER = "198.51.100.2"
OWN6 = "2001:db8:1::2"
ROUTER6 = "2001:db8:1::1"
BROADCAST = b"\xff" * 6


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


def ip4(src, dst, body, proto=17, ttl=64, frag=0, options=b"", ident=None):
    ident = random.getrandbits(16) if ident is None else ident
    head = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(body),
                       ident, frag, ttl, proto, 0, socket.inet_aton(src), socket.inet_aton(dst))
    head += options
    return b"\x08\0" + head[:10] + struct.pack(">H", checksum(head)) + head[12:] + body


def ip6(src, dst, body, proto=17):
    return (b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(body), proto, 64) +
            ipaddress.IPv6Address(src).packed + ipaddress.IPv6Address(dst).packed + body)


def udp(length=18):
    return struct.pack(">HHHH", random.randrange(1024, 65536), 9, 8 + length, 0) + bytes(length)


def echo(data=bytes(16)):
    head = struct.pack(">BBHHH", 8, 0, 0, 1, random.getrandbits(16))
    return head[:2] + struct.pack(">H", checksum(head + data)) + head[4:] + data


def arp(op, mac, address, target):
    return b"\x08\x06" + struct.pack(">HHBBH6s4s6s4s", 1, 0x800, 6, 4, op, mac,
                                     socket.inet_aton(address), bytes(6), socket.inet_aton(target))


def scan(i):
    return ip4(OWN, f"10.77.{i >> 8 & 255}.{i & 255}", udp())


def scan6(_):
    dst = ipaddress.IPv6Address("2001:db8:77::").packed[:8] + random.randbytes(8)
    return ip6(OWN6, dst, udp())


def spoof(i):
    """Replies that nobody has asked for and gratuitous ARP, of strangers."""
    mac = b"\x02" + random.randbytes(5)
    address = f"192.0.2.{random.randrange(10, 250)}"
    return arp(2, mac, address, ROUTER if i % 2 else address)


def fragments(i):
    """Tiny, overlapping, without an end, too long: for the router itself, which has to reassemble."""
    ident = i // 6 & 0xFFFF
    kind = i // 2 % 3
    size = 8 if kind == 0 else 24
    at = random.choice((1, 2, 8100, 8191)) if kind == 2 else 0
    if i % 2:
        return ip4(OWN, ROUTER, bytes(size), 1, frag=0x2000 | at, ident=ident)
    part = struct.pack(">BBHI", 58, 0, at << 3 | 1, ident) + bytes(size)
    return ip6(OWN6, ROUTER6, part, 44)


def options(i):
    hop = socket.inet_aton("203.0.113.2")
    kinds = (
        b"\x83\x07\x04" + hop + b"\0",    # loose source route
        b"\x89\x07\x04" + hop + b"\0",    # strict
        b"\x07\x07\x04" + bytes(4) + b"\0",  # record route
        b"\x44\x0c\x05\0" + bytes(8),     # time stamp
        b"\x83\xff\x04\0", b"\x83\0\x04\0", b"\x94\x04\0\0", b"\x01" * 40,
    )
    return ip4(OWN, random.choice((SERVER, ROUTER)), udp(), options=kinds[i % len(kinds)])


def martians(i):
    src = random.choice(("127.0.0.1", "224.0.0.1", "255.255.255.255", "127.9.9.9"))
    if i % 2:
        return ip4(src, SERVER, udp())
    return ip4(OWN, random.choice(("127.0.0.1", "240.0.0.1", "0.1.2.3")), udp())


def ttl(_):
    return ip4(OWN, SERVER, udp(), ttl=1)


def icmp(_):
    return ip4(OWN, ROUTER, echo(), 1)


KINDS = {f.__name__: f for f in (scan, scan6, spoof, fragments, options, martians, ttl, icmp)}


def main(iface, mac, kind, pps, seconds, seed="1"):
    random.seed(int(seed))
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((iface, 0))
    own = sock.getsockname()[4]
    router = bytes.fromhex(mac.replace(":", ""))
    if own == router:  # a TAP: its other end is the router
        own = b"\x02\0\0\0\0\x09"
    total = int(float(pps) * float(seconds))
    head = (BROADCAST if kind == "spoof" else router) + own
    begin = time.monotonic()
    for i in range(total):
        due = begin + i / float(pps)
        if due > time.monotonic() + 0.002:
            time.sleep(0.002)
        frame = head + KINDS[kind](i)
        sock.send(frame + bytes(max(0, 60 - len(frame))))
    print(f"sent={total}")


main(*sys.argv[1:])
