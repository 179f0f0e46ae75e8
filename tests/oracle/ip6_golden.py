#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Print the IPv6 packets that the control core's tests compare with, as C. Made by scapy."""

from scapy.all import (ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_Redirect,
                       ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded, IPv6, UDP,
                       Ether, HBHOptUnknown, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                       IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, Raw, RouterAlert, fragment6)

OUR_MAC = "02:00:00:00:00:01"
PEER_MAC = "02:00:00:00:00:4d"
US, PEER = "2001:db8:1::1", "2001:db8:1::4d"
LL_US, LL_PEER = "fe80::ff:fe00:1", "fe80::ff:fe00:4d"
IB_PEER = "2001:db8:2::2"
FAR_AWAY = "2001:db8:3::9"


def eth(packet):
    return bytes(Ether(dst=PEER_MAC, src=OUR_MAC, type=0x86dd) / packet).ljust(60, b"\0")


def error(about, message, src=US, dst=PEER):
    return eth(IPv6(src=src, dst=dst, hlim=64) / message / Raw(bytes(about)[:1232]))


def to_us(**kw):
    return IPv6(**{"src": PEER, "dst": US, "hlim": 3, "tc": 0x28, "fl": 0x12345, **kw})


def reply(src=US, dst=PEER):
    return eth(IPv6(src=src, dst=dst, hlim=64, tc=0x28) /
               ICMPv6EchoReply(id=0x77, seq=3, data=bytes(range(50))))


def option(kind):
    return IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=kind, optdata=b"ab"), PadN(optdata=b"")])


ECHO = ICMPv6EchoRequest(id=0x77, seq=3, data=bytes(range(50)))
FAR = IPv6(src=PEER, dst=FAR_AWAY, hlim=1, fl=7) / UDP(sport=9, dport=33434) / Raw(b"hello")
LL_FAR = IPv6(src=LL_PEER, dst=FAR_AWAY, hlim=9) / UDP(sport=9, dport=33434) / Raw(b"hello")
BIG = IPv6(src=PEER, dst=IB_PEER, hlim=9) / UDP() / Raw(bytes(2100))
GROUP = IPv6(src=PEER, dst="ff0e::77", hlim=1) / UDP()
PORT = to_us() / UDP(sport=9, dport=7) / Raw(b"hello")
UNKNOWN = to_us(nh=132) / Raw(bytes(20))
UNKNOWN_2 = to_us() / IPv6ExtHdrDestOpt(nh=132, options=[PadN(optdata=bytes(4))]) / Raw(bytes(20))
OPTION = to_us() / option(0x9e) / ECHO
OPTION_GROUP = to_us(dst="ff02::1") / option(0x9e) / ECHO
OPTION_UNICAST = to_us(dst="ff02::1") / option(0xde) / ECHO
ROUTING = to_us() / IPv6ExtHdrRouting(type=0, addresses=[FAR_AWAY], segleft=1) / ECHO
ODD = to_us() / IPv6ExtHdrFragment(nh=17, m=1, id=5) / Raw(bytes(21))
TOO_FAR = to_us() / IPv6ExtHdrFragment(nh=58, offset=8190, id=5) / Raw(bytes(24))
WHOLE = to_us() / IPv6ExtHdrFragment(id=0x5eed) / ICMPv6EchoRequest(
    id=0x77, seq=4, data=bytes(i % 251 for i in range(1500)))
PARTS = fragment6(WHOLE, 640)
LATE = PARTS[0]

FRAMES = {
    "echo": to_us() / ECHO,
    "echo_options": to_us() / IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"")]) /
    option(0x1e) / ECHO,
    "echo_atomic": to_us() / IPv6ExtHdrFragment(nh=58, id=9) / ECHO,
    "echo_routed": to_us() / IPv6ExtHdrRouting(type=0, addresses=[FAR_AWAY], segleft=0) / ECHO,
    "echo_reply": reply(),
    "echo_ll": to_us(src=LL_PEER, dst=LL_US) / ECHO,
    "echo_ll_reply": reply(LL_US, LL_PEER),
    "echo_ll_other": to_us(src=LL_PEER, dst="fe80::1") / ECHO,
    "echo_all": to_us(src=LL_PEER, dst="ff02::1") / ECHO,
    "echo_all_global": to_us(dst="ff02::1") / ECHO,
    "far": FAR,
    "no_route": error(FAR, ICMPv6DestUnreach(code=0)),
    "prohibited": error(FAR, ICMPv6DestUnreach(code=1)),
    "address": error(FAR, ICMPv6DestUnreach(code=3)),
    "time": error(FAR, ICMPv6TimeExceeded(code=0)),
    "ll_far": LL_FAR,
    "scope": error(LL_FAR, ICMPv6DestUnreach(code=2), LL_US, LL_PEER),
    # Behind this they hold zeros only.
    "big": bytes(BIG)[:48],
    "too_big": error(BIG, ICMPv6PacketTooBig(mtu=2044))[:110],
    "to_group": GROUP,
    "too_big_group": error(GROUP, ICMPv6PacketTooBig(mtu=2044)),
    "port": PORT,
    "port_unreachable": error(PORT, ICMPv6DestUnreach(code=4)),
    "unknown": UNKNOWN,
    "unknown_problem": error(UNKNOWN, ICMPv6ParamProblem(code=1, ptr=6)),
    "unknown_2": UNKNOWN_2,
    "unknown_2_problem": error(UNKNOWN_2, ICMPv6ParamProblem(code=1, ptr=40)),
    "option": OPTION,
    "option_problem": error(OPTION, ICMPv6ParamProblem(code=2, ptr=42)),
    "option_group": OPTION_GROUP,
    "option_group_problem": error(OPTION_GROUP, ICMPv6ParamProblem(code=2, ptr=42)),
    "option_silent": to_us() / option(0x5e) / ECHO,
    "option_unicast": OPTION_UNICAST,
    "routing": ROUTING,
    "routing_problem": error(ROUTING, ICMPv6ParamProblem(code=0, ptr=42)),
    "odd": ODD,
    "odd_problem": error(ODD, ICMPv6ParamProblem(code=0, ptr=4)),
    "too_far": TOO_FAR,
    "too_far_problem": error(TOO_FAR, ICMPv6ParamProblem(code=0, ptr=42)),
    "part0": PARTS[0],
    "part1": PARTS[1],
    "part2": PARTS[2],
    "late": error(LATE, ICMPv6TimeExceeded(code=1)),
    "whole_reply": bytes(ICMPv6EchoReply(id=0x77, seq=4, data=bytes(i % 251 for i in range(1500)),
                                         cksum=0)),
    "nothing": to_us(nh=59) / Raw(b"x"),
    # RFC 4443 2.4 e: nobody complains about these.
    "about_error": IPv6(src=PEER, dst=FAR_AWAY, hlim=1) / ICMPv6DestUnreach() / Raw(bytes(48)),
    "about_error_2": IPv6(src=PEER, dst=FAR_AWAY, hlim=1) / IPv6ExtHdrDestOpt() /
    ICMPv6TimeExceeded() / Raw(bytes(48)),
    "about_redirect": IPv6(src=PEER, dst=FAR_AWAY, hlim=1) / ICMPv6ND_Redirect(),
    "from_nobody": IPv6(src="::", dst=FAR_AWAY, hlim=1) / UDP(),
    "from_group": IPv6(src="ff02::1", dst=FAR_AWAY, hlim=1) / UDP(),
    "from_us": IPv6(src=US, dst=FAR_AWAY, hlim=1) / UDP(),
    "from_nowhere": IPv6(src="2001:db8:99::1", dst=FAR_AWAY, hlim=1) / UDP(),
    # What is answered, to tell the difference.
    "about_echo": IPv6(src=PEER, dst=FAR_AWAY, hlim=1) / ICMPv6EchoRequest(),
}

print("""/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Made by scapy (tests/oracle), not by hand. */

#ifndef IP6_GOLDEN_H
#define IP6_GOLDEN_H

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

#endif /* IP6_GOLDEN_H */""")
