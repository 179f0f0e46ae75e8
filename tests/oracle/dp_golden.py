#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Print the packets that the data path's unit tests compare with, as a C header. scapy makes them.

usage: dp_golden.py > ../unit/dp_golden.h
"""

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP, IPOption_RR
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment
from scapy.layers.l2 import ARP, Dot1Q, Ether

GATEWAY = "02:00:00:00:00:10"
HOST = "02:00:00:00:00:77"
IPOIB = bytes.fromhex("08000000")
IPOIB6 = bytes.fromhex("86dd0000")


def udp(src, dst, ttl, data, options=()):
    return IP(src=src, dst=dst, ttl=ttl, id=0x1234, options=list(options)) / UDP(
        sport=4000, dport=5000) / data


def udp6(src, dst, hlim, data):
    return IPv6(src=src, dst=dst, hlim=hlim, fl=0x12345, tc=0x28) / UDP(sport=4000, dport=5000) / data


def syn(ip, mss, before=(), flags="S"):
    options = list(before) + ([("MSS", mss)] if mss else []) + [("WScale", 7)]
    return ip / TCP(sport=4000, dport=80, seq=0x01020304, flags=flags, options=options)


def emit(name, packet, pad_to=0, pad=b"\0"):
    raw = bytes(packet)
    raw += pad * (pad_to - len(raw))
    print(f"static const uint8_t {name}[] = {{")
    for i in range(0, len(raw), 12):
        print("\t" + ", ".join(f"0x{b:02x}" for b in raw[i:i + 12]) + ",")
    print("};\n")


UP6 = ("2001:db8:1::77", "2001:db8:ff::5")
DOWN6 = ("2001:db8:ff::5", "2001:db8:1::77")


def ip6():
    eth_in, eth_out = Ether(dst=GATEWAY, src=HOST), Ether(dst=HOST, src=GATEWAY)
    emit("golden6_eth_in", eth_in / udp6(*UP6, 64, b"hello six"), 80, b"\xee")
    emit("golden6_ib_out", IPOIB6 + bytes(udp6(*UP6, 63, b"hello six")))
    emit("golden6_ib_in", IPOIB6 + bytes(IPv6(src=DOWN6[0], dst=DOWN6[1], hlim=17, nh=59)))
    emit("golden6_eth_out", eth_out / IPv6(src=DOWN6[0], dst=DOWN6[1], hlim=16, nh=59), 60)


def vlan(up, down):
    tag = {"vlan": 5}
    emit("golden_vlan_in", Ether(dst=GATEWAY, src=HOST) / Dot1Q(prio=3, **tag) / udp(
        *up, 64, b"hello"), 60, b"\xee")
    emit("golden_vlan0_in", Ether(dst=GATEWAY, src=HOST) / Dot1Q(prio=3, vlan=0) / udp(
        *up, 64, b"hello"), 60, b"\xee")
    emit("golden_vlan_out", Ether(dst=HOST, src=GATEWAY) / Dot1Q(**tag) / udp(*down, 16, b"hi"), 60)
    emit("golden6_vlan_out", Ether(dst=HOST, src=GATEWAY) / Dot1Q(**tag) / udp6(
        *DOWN6, 16, b"hello six"))


def mss():
    """SYNs before and after they went through a link of 1,500: MSS and checksum by scapy."""
    up = {"src": "192.0.2.77", "dst": "198.51.100.5"}
    up6 = {"src": UP6[0], "dst": UP6[1]}
    nop = [("NOP", None)]
    cases = {
        "plain": ({}, "S"), "synack": ({}, "SA"), "odd": ({"before": nop}, "S"),
    }
    for name, (args, flags) in cases.items():
        for way, ttl, size in ("in", 64, 9000), ("out", 63, 1460):
            emit(f"golden_mss_{name}_{way}", bytes(syn(IP(ttl=ttl, **up), size, flags=flags, **args)))
    for way, hlim, size in ("in", 64, 9000), ("out", 63, 1440):
        emit(f"golden6_mss_{way}", bytes(syn(IPv6(hlim=hlim, **up6), size)))
        emit(f"golden6_mss_ext_{way}", bytes(
            syn(IPv6(hlim=hlim, **up6) / IPv6ExtHdrDestOpt(), size, nop)))
    for way, ttl in ("in", 64), ("out", 63):
        emit(f"golden_mss_small_{way}", bytes(syn(IP(ttl=ttl, **up), 1000)))
        emit(f"golden_mss_none_{way}", bytes(syn(IP(ttl=ttl, **up), None)))
        emit(f"golden_mss_ack_{way}", bytes(syn(IP(ttl=ttl, **up), 9000, flags="A")))
        emit(f"golden_mss_frag_{way}", bytes(syn(IP(ttl=ttl, flags="MF", **up), 9000)))
        emit(f"golden6_mss_frag_{way}", bytes(
            syn(IPv6(hlim=ttl, **up6) / IPv6ExtHdrFragment(m=1, id=7), 9000)))


def mcast():
    """MACs by scapy (RFC 1112, RFC 2464); MGIDs as RFC 4391 4 writes them."""
    four, six = ("192.0.2.77", "239.129.2.3"), ("2001:db8:1::77", "ff15::1:8182:8384")
    emit("golden_mcast_in", Ether(dst="01:00:5e:01:02:03", src=HOST) / udp(*four, 9, b"all of you"))
    emit("golden_mcast_eth2", Ether(dst="01:00:5e:01:02:03", src="02:00:00:00:00:12") / udp(
        *four, 8, b"all of you"), 60)
    emit("golden_mcast_ib", IPOIB + bytes(udp(*four, 8, b"all of you")))
    emit("golden_mcast_addr", bytes.fromhex("00ffffff" "ff12401b80010000" "000000000f810203"))
    emit("golden6_mcast_in", Ether(dst="33:33:81:82:83:84", src=HOST) / udp6(*six, 9, b"all of you"))
    emit("golden6_mcast_eth2", Ether(dst="33:33:81:82:83:84", src="02:00:00:00:00:12") / udp6(
        *six, 8, b"all of you"))
    emit("golden6_mcast_ib", IPOIB6 + bytes(udp6(*six, 8, b"all of you")))
    emit("golden6_mcast_addr", bytes.fromhex("00ffffff" "ff12601b80010000" "0000000181828384"))


def main():
    print("/* SPDX-License-Identifier: BSD-3-Clause")
    print(" * Copyright (c) 2026 The dpdk-ipoib authors")
    print(" */\n")
    print("/* Made by scapy (tests/oracle), not by hand. */\n")
    print("/* clang-format off */\n")
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
    ip6()
    vlan(up, down)
    mss()
    mcast()
    print("#endif /* DP_GOLDEN_H */")


if __name__ == "__main__":
    main()
