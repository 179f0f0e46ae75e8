#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Print the frames that the control core's tests compare with, as C. Made by scapy."""

from scapy.all import ARP, ICMP, IP, UDP, Ether, Raw

OUR_MAC = "02:00:00:00:00:01"
PEER_MAC = "02:00:00:00:00:4d"
OUR_IP, PEER_IP = "192.0.2.1", "192.0.2.77"
IB_IP, IB_PEER = "198.51.100.1", "198.51.100.2"
GID = bytes.fromhex("fe80000000000000" "0002c903000000")
OUR_ADDR = bytes.fromhex("00000048") + GID + b"\x01"
PEER_ADDR = bytes.fromhex("00012345") + GID + b"\x02"


def pad(frame):
    """To the least length of an Ethernet frame."""
    return bytes(frame).ljust(60, b"\0")


def eth_arp(dst, **kw):
    return pad(Ether(dst=dst, src=OUR_MAC) / ARP(hwsrc=OUR_MAC, **kw))


def ib_arp(**kw):
    """RFC 4391: encapsulation header, hardware type 32, addresses of 20 octets."""
    return bytes.fromhex("08060000") + bytes(ARP(hwtype=32, hwlen=20, plen=4, hwsrc=OUR_ADDR, **kw))


def eth_ip(packet):
    return pad(Ether(dst=PEER_MAC, src=OUR_MAC, type=0x0800) / packet)


def error(about, **kw):
    message = ICMP(**kw) / Raw(bytes(about)[:548])
    return eth_ip(IP(src=OUR_IP, dst=PEER_IP, ttl=64, id=0, tos=0xc0) / message)


ECHO = ICMP(id=0x77, seq=3) / Raw(bytes(range(100)))
REPLY = ICMP(type=0, id=0x77, seq=3) / Raw(bytes(range(100)))
# A record-route option: it does not come back.
OPTION = [Raw(bytes.fromhex("07070400000000" "00"))]
FAR = IP(src=PEER_IP, dst="203.0.113.9", ttl=1, id=0x1234) / UDP(sport=9, dport=33434)
SHORT = FAR / Raw(b"hello")
BIG = IP(src=PEER_IP, dst="198.51.100.2", ttl=9, id=0x1234, flags="DF") / UDP() / Raw(bytes(3000))
LOCAL = IP(src=PEER_IP, dst=OUR_IP, ttl=9, id=0x1234) / UDP(sport=9, dport=7) / Raw(b"hello")

FRAMES = {
    "arp_request": eth_arp("ff:ff:ff:ff:ff:ff", op=1, psrc=OUR_IP, pdst=PEER_IP,
                           hwdst="00:00:00:00:00:00"),
    "arp_reply": eth_arp(PEER_MAC, op=2, psrc=OUR_IP, pdst=PEER_IP, hwdst=PEER_MAC),
    "ib_arp_request": ib_arp(op=1, psrc=IB_IP, pdst=IB_PEER, hwdst=bytes(20)),
    "ib_arp_reply": ib_arp(op=2, psrc=IB_IP, pdst=IB_PEER, hwdst=PEER_ADDR),
    "garp": eth_arp("ff:ff:ff:ff:ff:ff", op=1, psrc=OUR_IP, pdst=OUR_IP,
                    hwdst="00:00:00:00:00:00"),
    "ib_garp": ib_arp(op=1, psrc=IB_IP, pdst=IB_IP, hwdst=bytes(20)),
    "echo": IP(src=PEER_IP, dst=OUR_IP, ttl=3, id=0x1234) / ECHO,
    "echo_options": IP(src=PEER_IP, dst=OUR_IP, ttl=3, id=0x1234, options=OPTION) / ECHO,
    "echo_reply": eth_ip(IP(src=OUR_IP, dst=PEER_IP, ttl=64, id=0) / REPLY),
    "ttl_in": SHORT,
    "ttl_exceeded": error(SHORT, type=11, code=0),
    "net_unreachable": error(SHORT, type=3, code=0),
    "host_unreachable": error(SHORT, type=3, code=1),
    "big_in": BIG,
    "frag_needed": error(BIG, type=3, code=4, nexthopmtu=2044),
    "local_in": LOCAL,
    "port_unreachable": error(LOCAL, type=3, code=3),
}

print("""/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Made by scapy (tests/oracle), not by hand. */

#ifndef CONTROL_GOLDEN_H
#define CONTROL_GOLDEN_H

#include <stdint.h>

#include <rte_common.h>

/* clang-format off */""")
for name, frame in FRAMES.items():
    data = bytes(frame)
    print(f"\nstatic const uint8_t golden_{name}[] __rte_unused = {{")
    for i in range(0, len(data), 16):
        print("\t" + ", ".join(f"0x{b:02x}" for b in data[i:i + 16]) + ",")
    print("};")
print("""
/* clang-format on */

#endif /* CONTROL_GOLDEN_H */""")
