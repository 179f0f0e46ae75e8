#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Print the packets that the data path's unit tests compare with, as a C header. scapy makes them.

usage: dp_golden.py > ../unit/dp_golden.h
"""

from scapy.layers.inet import ICMP, IP, UDP, IPOption_NOP, IPOption_RR
from scapy.layers.l2 import ARP, Ether

GATEWAY = "02:00:00:00:00:10"
HOST = "02:00:00:00:00:77"
IPOIB = bytes.fromhex("08000000")


def udp(src, dst, ttl, data, options=()):
    return IP(src=src, dst=dst, ttl=ttl, id=0x1234, options=list(options)) / UDP(
        sport=4000, dport=5000) / data


def emit(name, packet, pad_to=0, pad=b"\0"):
    raw = bytes(packet)
    raw += pad * (pad_to - len(raw))
    print(f"static const uint8_t {name}[] = {{")
    for i in range(0, len(raw), 12):
        print("\t" + ", ".join(f"0x{b:02x}" for b in raw[i:i + 12]) + ",")
    print("};\n")


def main():
    print("/* SPDX-License-Identifier: BSD-3-Clause")
    print(" * Copyright (c) 2026 The dpdk-ipoib authors")
    print(" */\n")
    print("/* Made by scapy (tests/oracle), not by hand. */\n")
    print("#ifndef DP_GOLDEN_H\n#define DP_GOLDEN_H\n\n#include <stdint.h>\n")
    up = ("192.0.2.77", "198.51.100.5")
    down = ("198.51.100.5", "192.0.2.77")
    eth_in = Ether(dst=GATEWAY, src=HOST)
    eth_out = Ether(dst=HOST, src=GATEWAY)
    options = [IPOption_RR(length=39, pointer=4, routers=["0.0.0.0"] * 9), IPOption_NOP()]
    # Padding that is not zero would show if it got through.
    emit("golden_eth_in", eth_in / udp(*up, 64, b"hello"), 60, b"\xee")
    emit("golden_ib_out", IPOIB + bytes(udp(*up, 63, b"hello")))
    emit("golden_ib_in", IPOIB + bytes(udp(*down, 17, b"hi")))
    emit("golden_eth_out", eth_out / udp(*down, 16, b"hi"), 60)
    emit("golden_opt_in", eth_in / udp(*up, 64, b"options", options))
    emit("golden_opt_out", IPOIB + bytes(udp(*up, 63, b"options", options)))
    emit("golden_echo_local", eth_in / IP(src="192.0.2.77", dst="192.0.2.1", id=7) / ICMP(
        id=9, seq=1) / bytes(range(64)))
    emit("golden_arp", Ether(dst="ff:ff:ff:ff:ff:ff", src=HOST) / ARP(
        op=1, hwsrc=HOST, psrc="192.0.2.77", pdst="192.0.2.1"), 60)
    print("#endif /* DP_GOLDEN_H */")


if __name__ == "__main__":
    main()
