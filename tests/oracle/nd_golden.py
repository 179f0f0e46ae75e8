#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Print the Neighbour Discovery messages that tests compare with, as C. Made by scapy."""

from scapy.all import (
    Ether,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6ND_RS,
    ICMPv6ND_Redirect,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptMTU,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptSrcLLAddr,
    ICMPv6NDOptUnknown,
    IPv6,
    in6_getnsma,
    in6_getnsmac,
    in6_ptop,
    inet_ntop,
    inet_pton,
    socket,
)

OUR_MAC = "02:00:00:00:00:01"
PEER_MAC = "02:00:00:00:00:4d"
GID = bytes.fromhex("fe80000000000000" "0002c903000000")
OUR_ADDR = bytes.fromhex("00000048") + GID + b"\x01"
PEER_ADDR = bytes.fromhex("00012345") + GID + b"\x02"

# EUI-64 of the MAC; the GUID with the universal bit set, as Linux's ib0 has it.
OUR_LL, PEER_LL = "fe80::ff:fe00:1", "fe80::ff:fe00:4d"
US, PEER = "2001:db8:1::1", "2001:db8:1::77"
IB_LL, IB_PEER_LL = "fe80::202:c903:0:1", "fe80::202:c903:0:2"
IB_US, IB_PEER = "2001:db8:2::1", "2001:db8:2::2"
FAR = "2001:db8:9::9"


def group(address):
    """Solicited-node group."""
    return inet_ntop(socket.AF_INET6, in6_getnsma(inet_pton(socket.AF_INET6, address)))


def group_mac(address):
    raw = inet_pton(socket.AF_INET6, in6_ptop(address))
    return "33:33:" + ":".join(f"{b:02x}" for b in raw[12:])


def option(medium, kind, address=None):
    """Link-layer address option: of Ethernet, or of RFC 4391 9.3."""
    if medium == "eth":
        if kind == 1:
            return ICMPv6NDOptSrcLLAddr(lladdr=address)
        return ICMPv6NDOptDstLLAddr(lladdr=address)
    return ICMPv6NDOptUnknown(type=kind, len=3, data=bytes(2) + address)


def eth(dst, packet):
    return bytes(Ether(dst=dst, src=OUR_MAC, type=0x86DD) / packet)


def ib(packet):
    return bytes.fromhex("86dd0000") + bytes(packet)


def ip(src, dst):
    return IPv6(src=src, dst=dst, hlim=255)


def na(medium, target, dst, lladdr, **flags):
    return ip(target, dst) / ICMPv6ND_NA(tgt=target, **flags) / option(medium, 2, lladdr)


def ns(medium, src, dst, target, lladdr):
    message = ip(src, dst) / ICMPv6ND_NS(tgt=target)
    return message / option(medium, 1, lladdr) if lladdr else message


def prefix(p):
    return ICMPv6NDOptPrefixInfo(prefixlen=64, prefix=p, L=1, A=1, R=0, validlifetime=2592000,
                                 preferredlifetime=604800)


def ra(medium, src, lladdr, mtu, p, life=1800):
    return (ip(src, "ff02::1") /
            ICMPv6ND_RA(chlim=64, M=0, O=0, routerlifetime=life, reachabletime=0, retranstimer=0,
                        prf=0) /
            option(medium, 1, lladdr) / ICMPv6NDOptMTU(mtu=mtu) / prefix(p))


NONCE = ICMPv6NDOptUnknown(type=14, len=1, data=bytes(6))
ROUTER = {"R": 1, "S": 0, "O": 1}
SOLICITED = {"R": 1, "S": 1, "O": 1}
PROXY = {"R": 1, "S": 1, "O": 0}
DAD = ip("::", group(US)) / ICMPv6ND_NS(tgt=US)

assert group_mac("ff02::1") == "33:33:00:00:00:01"
assert in6_getnsmac(inet_pton(socket.AF_INET6, group(US))) == group_mac(group(US))

OURS = {
    "eth_dad": eth(group_mac(group(US)), DAD / NONCE),
    "eth_ns": eth(group_mac(group(PEER)), ns("eth", US, group(PEER), PEER, OUR_MAC)),
    "eth_ns_probe": eth(PEER_MAC, ns("eth", US, PEER, PEER, OUR_MAC)),
    "eth_na": eth(PEER_MAC, na("eth", US, PEER, OUR_MAC, **SOLICITED)),
    "eth_na_ll": eth(PEER_MAC, na("eth", OUR_LL, PEER_LL, OUR_MAC, **SOLICITED)),
    "eth_na_anycast": eth(PEER_MAC, na("eth", "2001:db8:1::", PEER, OUR_MAC, **PROXY)),
    "eth_na_proxy": eth(PEER_MAC, na("eth", FAR, PEER, OUR_MAC, **PROXY)),
    "eth_na_all": eth(group_mac("ff02::1"), na("eth", US, "ff02::1", OUR_MAC, **ROUTER)),
    "eth_na_ll_all": eth(group_mac("ff02::1"), na("eth", OUR_LL, "ff02::1", OUR_MAC, **ROUTER)),
    "eth_ra": eth(group_mac("ff02::1"), ra("eth", OUR_LL, OUR_MAC, 1500, "2001:db8:1::")),
    "eth_ra_final": eth(group_mac("ff02::1"),
                        ra("eth", OUR_LL, OUR_MAC, 1500, "2001:db8:1::", life=0)),
    "ib_ns": ib(ns("ib", IB_US, group(IB_PEER), IB_PEER, OUR_ADDR)),
    "ib_ns_probe": ib(ns("ib", IB_US, IB_PEER, IB_PEER, OUR_ADDR)),
    "ib_na": ib(na("ib", IB_US, IB_PEER, OUR_ADDR, **SOLICITED)),
    "ib_na_all": ib(na("ib", IB_US, "ff02::1", OUR_ADDR, **ROUTER)),
    "ib_ra": ib(ra("ib", IB_LL, OUR_ADDR, 2044, "2001:db8:2::")),
}

THEIRS = {
    "in_ns": ns("eth", PEER, group(US), US, PEER_MAC),
    "in_ns_ll": ns("eth", PEER_LL, group(OUR_LL), OUR_LL, PEER_MAC),
    "in_ns_anycast": ns("eth", PEER, group("2001:db8:1::"), "2001:db8:1::", PEER_MAC),
    "in_ns_far": ns("eth", PEER, group(FAR), FAR, PEER_MAC),
    "in_ns_off_link": ns("eth", FAR, group(US), US, PEER_MAC),
    "in_ns_plain": ns("eth", PEER, US, US, None),
    "in_dad": DAD,
    "in_dad_foreign": DAD / ICMPv6NDOptUnknown(type=14, len=1, data=b"foreig"),
    "in_na": na("eth", PEER, US, PEER_MAC, R=0, S=1, O=1),
    "in_na_router": na("eth", PEER, US, PEER_MAC, R=1, S=1, O=0),
    "in_na_bare": ip(PEER, US) / ICMPv6ND_NA(tgt=PEER, R=0, S=1, O=0),
    "in_na_moved": na("eth", PEER, US, "02:00:00:00:00:4e", R=0, S=1, O=0),
    "in_na_override": na("eth", PEER, "ff02::1", "02:00:00:00:00:4e", R=0, S=0, O=1),
    "in_na_ours": na("eth", US, "ff02::1", PEER_MAC, R=0, S=0, O=1),
    "in_rs": ip(PEER_LL, "ff02::2") / ICMPv6ND_RS() / option("eth", 1, PEER_MAC),
    "in_rs_nobody": ip("::", "ff02::2") / ICMPv6ND_RS() / option("eth", 1, PEER_MAC),
    "in_ra": ra("eth", PEER_LL, PEER_MAC, 1500, "2001:db8:1::"),
    "in_ra_other": ra("eth", PEER_LL, PEER_MAC, 1400, "2001:db8:1::"),
    "in_redirect": (ip(PEER_LL, US) / ICMPv6ND_Redirect(tgt=PEER_LL, dst=FAR) /
                    option("eth", 2, PEER_MAC)),
    "in_ib_ns": ns("ib", IB_PEER, group(IB_US), IB_US, PEER_ADDR),
    "in_ib_na": na("ib", IB_PEER, IB_US, PEER_ADDR, R=0, S=1, O=1),
    # 8 octets: right on Ethernet, wrong here.
    "in_ib_ns_short": ns("eth", IB_PEER, group(IB_US), IB_US, PEER_MAC),
}

print("""/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Made by scapy (tests/oracle/nd_golden.py), not by hand. */

#ifndef ND_GOLDEN_H
#define ND_GOLDEN_H

#include <stdint.h>

#include <rte_common.h>

/* clang-format off */""")
for name, frame in {**OURS, **THEIRS}.items():
    data = bytes(frame)
    print(f"\nstatic const uint8_t golden_{name}[] __rte_unused = {{")
    for i in range(0, len(data), 16):
        print("\t" + ", ".join(f"0x{b:02x}" for b in data[i:i + 16]) + ",")
    print("};")
print("""
/* clang-format on */

#endif /* ND_GOLDEN_H */""")
