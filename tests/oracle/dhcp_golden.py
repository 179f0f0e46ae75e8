#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Print the DHCP packets that the relay's tests compare with, as C. Made by scapy."""

from scapy.all import (BOOTP, DHCP, DHCP6_Advertise, DHCP6_RelayForward, DHCP6_RelayReply,
                       DHCP6_Solicit, DHCP6OptClientId, DHCP6OptIfaceId, DHCP6OptRelayMsg,
                       DHCP6OptServerId, DUID_LL, IP, IPv6, UDP, Ether, Raw)

OUR_MAC = "02:00:00:00:00:01"
PEER_MAC = "02:00:00:00:00:4d"
CLIENT_MAC = "02:00:00:00:00:99"
CHADDR = bytes.fromhex("020000000099")
ETH_US, ETH_PEER = "192.0.2.1", "192.0.2.77"
IB_US, IB_PEER = "198.51.100.1", "198.51.100.2"
OTHER = "203.0.113.9"
ALL = "255.255.255.255"
US6, LL_US, LL_PEER = "2001:db8:1::1", "fe80::ff:fe00:1", "fe80::ff:fe00:4d"
IB_US6, IB_PEER6 = "2001:db8:2::1", "2001:db8:2::2"
CLIENT_ID = ("client_id", bytes.fromhex("ff00000001") + bytes(range(14)))


def eth(packet, dst=PEER_MAC):
    kind = 0x86dd if packet.version == 6 else 0x0800
    return bytes(Ether(dst=dst, src=OUR_MAC, type=kind) / packet)


def ib(packet):
    return bytes.fromhex("86dd0000" if packet.version == 6 else "08000000") + bytes(packet)


def boot(kind, options=(), **kw):
    return BOOTP(**{"op": 1, "xid": 0x12345678, "chaddr": CHADDR, **kw}) / DHCP(
        options=[("message-type", kind), *options, "end"])


def boot_ib(kind, options=(CLIENT_ID,), **kw):
    return boot(kind, options, **{"htype": 32, "hlen": 0, "chaddr": b"", "flags": 0x8000, **kw})


def client(message):
    return IP(src="0.0.0.0", dst=ALL) / UDP(sport=68, dport=67) / message


def from_us(src, dst, dport, message):
    return IP(src=src, dst=dst, ttl=64, id=0) / UDP(sport=67, dport=dport) / message


def server(message, src=IB_PEER, dst=ETH_US):
    return IP(src=src, dst=dst) / UDP(sport=67, dport=67) / message


def offer(**kw):
    return boot("offer", **{"op": 2, "hops": 1, "yiaddr": "192.0.2.100", "giaddr": ETH_US, **kw})


def offer_ib(**kw):
    return boot_ib("offer", **{"op": 2, "hops": 1, "yiaddr": "198.51.100.100", "giaddr": IB_US,
                               **kw})


CLIENT6 = DHCP6OptClientId(duid=DUID_LL(lladdr=CLIENT_MAC))
SOLICIT = DHCP6_Solicit(trid=0x123456) / CLIENT6
ADVERTISE = DHCP6_Advertise(trid=0x123456) / CLIENT6 / DHCP6OptServerId(
    duid=DUID_LL(lladdr=PEER_MAC))


def client6(message, src=LL_PEER, sport=546):
    return IPv6(src=src, dst="ff02::1:2", hlim=1) / UDP(sport=sport, dport=547) / message


def forward(message, hops=0, link=US6, peer=LL_PEER):
    return IPv6(src=IB_US6, dst=IB_PEER6, hlim=64) / UDP(sport=547, dport=547) / \
        DHCP6_RelayForward(hopcount=hops, linkaddr=link, peeraddr=peer) / \
        DHCP6OptIfaceId(ifaceid=bytes(4)) / DHCP6OptRelayMsg(message=message)


def reply6(message, iface=bytes(4), src=IB_PEER6, peer=LL_PEER):
    relay = DHCP6_RelayReply(hopcount=0, linkaddr=US6, peeraddr=peer)
    if iface is not None:
        relay = relay / DHCP6OptIfaceId(ifaceid=iface)
    return IPv6(src=src, dst=US6, hlim=9) / UDP(sport=547, dport=547) / relay / \
        DHCP6OptRelayMsg(message=message)


NO_SUM = bytearray(bytes(client(boot("discover"))))
NO_SUM[26:28] = bytes(2)
NESTED = DHCP6_RelayForward(hopcount=2, linkaddr="2001:db8:7::1", peeraddr=LL_PEER) / \
    DHCP6OptRelayMsg(message=SOLICIT)
TOO_DEEP = DHCP6_RelayForward(hopcount=8, linkaddr="2001:db8:7::1", peeraddr=LL_PEER) / \
    DHCP6OptRelayMsg(message=SOLICIT)
NESTED_REPLY = DHCP6_RelayReply(hopcount=2, linkaddr="2001:db8:7::1", peeraddr=LL_PEER) / \
    DHCP6OptRelayMsg(message=ADVERTISE)

FRAMES = {
    # An Ethernet client, its server behind InfiniBand.
    "discover": client(boot("discover")),
    "no_sum": bytes(NO_SUM),
    "discover_relayed": ib(from_us(ETH_US, IB_PEER, 67, boot("discover", hops=1, giaddr=ETH_US))),
    "offer": server(offer()),
    "offer_relayed": eth(from_us(ETH_US, "192.0.2.100", 68, offer()), CLIENT_MAC),
    "offer_all": server(offer(flags=0x8000)),
    "offer_all_relayed": eth(from_us(ETH_US, ALL, 68, offer(flags=0x8000)), "ff:ff:ff:ff:ff:ff"),
    "ack_known": server(offer(yiaddr="0.0.0.0", ciaddr=ETH_PEER)),
    "ack_known_relayed": eth(from_us(ETH_US, ETH_PEER, 68,
                                     offer(yiaddr="0.0.0.0", ciaddr=ETH_PEER))),
    "offer_stranger": server(offer(), src="198.51.100.3"),
    "offer_elsewhere": server(offer(giaddr=OTHER)),
    "second": client(boot("discover", hops=3, giaddr=OTHER)),
    "second_relayed": ib(from_us(IB_US, IB_PEER, 67, boot("discover", hops=4, giaddr=OTHER))),
    "too_far": client(boot("discover", hops=4, giaddr=OTHER)),
    "spoofed": client(boot("discover", giaddr=IB_US)),
    "neither": client(boot("discover", op=7)),
    # An InfiniBand client (RFC 4390), its server behind Ethernet.
    "ib_discover": client(boot_ib("discover")),
    "ib_discover_relayed": eth(from_us(IB_US, ETH_PEER, 67,
                                       boot_ib("discover", hops=1, giaddr=IB_US))),
    "ib_nameless": client(boot_ib("discover", ())),
    # Its length leads beyond the message.
    "ib_cut_name": client(BOOTP(
        xid=1, htype=32, hlen=0, flags=0x8000, options=b"c\x82Sc") / Raw(b"\x3d\x40\x01\x02")),
    "ib_offer": server(offer_ib(), ETH_PEER, IB_US),
    "ib_offer_relayed": ib(from_us(IB_US, ALL, 68, offer_ib())),
    "ib_offer_no_flag": server(offer_ib(flags=0), ETH_PEER, IB_US),
    "ib_offer_no_flag_relayed": ib(from_us(IB_US, ALL, 68, offer_ib(flags=0))),
    # As if it were on Ethernet: no reason to take it for one.
    "ib_offer_ether": server(offer(giaddr=IB_US), ETH_PEER, IB_US),
    "ib_offer_ether_relayed": ib(from_us(IB_US, ALL, 68, offer(giaddr=IB_US))),
    "ib_ack": server(offer_ib(flags=0, ciaddr=IB_PEER, yiaddr=IB_PEER), ETH_PEER, IB_US),
    "ib_ack_relayed": ib(from_us(IB_US, IB_PEER, 68,
                                 offer_ib(flags=0, ciaddr=IB_PEER, yiaddr=IB_PEER))),
    # IPv6
    "solicit": client6(SOLICIT),
    "solicit_relayed": ib(forward(SOLICIT)),
    "nested": client6(NESTED, src="2001:db8:1::4d", sport=547),
    "nested_relayed": ib(forward(NESTED, 3, "::", "2001:db8:1::4d")),
    "too_deep": client6(TOO_DEEP, src="2001:db8:1::4d", sport=547),
    "advertise_from_client": client6(ADVERTISE),
    "advertise": reply6(ADVERTISE),
    "advertise_relayed": eth(IPv6(src=LL_US, dst=LL_PEER, hlim=64) / UDP(sport=547, dport=546) /
                             ADVERTISE),
    "advertise_by_link": reply6(ADVERTISE, None),
    "advertise_port": reply6(ADVERTISE, bytes.fromhex("00000063")),
    "advertise_odd_port": reply6(ADVERTISE, bytes(5)),
    "advertise_stranger": reply6(ADVERTISE, src="2001:db8:2::3"),
    "nested_reply": reply6(NESTED_REPLY, peer="2001:db8:1::4d"),
    "nested_reply_relayed": eth(IPv6(src=US6, dst="2001:db8:1::4d", hlim=64) /
                                UDP(sport=547, dport=547) / NESTED_REPLY),
}

print("""/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Made by scapy (tests/oracle), not by hand. */

#ifndef DHCP_GOLDEN_H
#define DHCP_GOLDEN_H

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

#endif /* DHCP_GOLDEN_H */""")
