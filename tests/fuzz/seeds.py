#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Inputs to begin with, for fuzzers that would be long in finding them.

seeds.py FUZZER FOLDER      one file for each; fuzzers that need none get none

fuzz_control: the packets that scapy made for the unit tests (tests/unit/*_golden.h), as workers
would hand them over; fuzz_ether: the same as frames and as packets of the fabric; fuzz_sa:
conversations. Steps and bits are those that each fuzzer knows.
"""

import os
import re
import struct
import sys

UNIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit")
ARRAY = re.compile(r"golden_(\w+)\[\][^{]*\{([^}]*)\}")
ARP, IPV4, IPV6 = b"\x08\x06", b"\x08\x00", b"\x86\xdd"


def golden():
    for name in ("control", "nd", "dhcp", "mp", "ip6"):
        with open(os.path.join(UNIT, name + "_golden.h")) as f:
            for found in ARRAY.finditer(f.read()):
                yield f"{name}_{found[1]}", bytes(int(x, 16) for x in re.findall(r"0x([0-9a-f]{2})", found[2]))


def layers(data):
    """Link-layer header (0, 4 or 14 octets), type and the rest, which may begin with IP."""
    if data[:2] in (ARP, IPV4, IPV6) and data[2:4] == b"\0\0":
        return data[:4], data[:2], data[4:]
    if data[0] >> 4 not in (4, 6) or data[12:14] == ARP:
        return data[:14], data[12:14], data[14:]
    return b"", IPV6 if data[0] >> 4 == 6 else IPV4, data


# --- fuzz_control: bits of a packet's first octet, places in its list of reasons, events ---

IB, SIX, BROADCAST, AS_IS = 1, 2, 4, 8
LOCAL, BIG, PUNT_ARP, TTL, NO_ROUTE, PROHIBIT, MCAST_BIG, SCOPE = range(8)
ANSWER, LOOK, LINK_DOWN, LINK_UP = b"\x82\0", b"\x83\0", b"\x86\3", b"\x86\7"
NO_ANSWER = b"\x82\1"
ETH_STOP, ETH_START = b"\x86\0", b"\x86\4"
ALL_MAC, PEER_ETH = b"\xff" * 6, b"\2\0\0\0\0\x4d"
# 20 octets: flags, QPN, GID of fe80::2:c903:0:n.
OUR_ADDR, PEER_ADDR, OTHER_ADDR = (
    q.to_bytes(4, "big") + b"\xfe\x80" + bytes(6) + bytes((0, 2, 0xC9, 3, 0, 0, 0, n)) for q, n in ((0x48, 1), (0x12345, 2), (0x55, 5))
)
ETH_US, ETH_PEER, IB_US, IB_PEER = (bytes(a) for a in ((192, 0, 2, 1), (192, 0, 2, 77), (198, 51, 100, 1), (198, 51, 100, 2)))
GROUP = bytes((239, 1, 2, 3))


def wait(seconds):
    return bytes([0x90, seconds])


def again(times):
    return bytes([0x81, times])


def renumber(what):
    return bytes([0x84, what])


def flag(port, which, on):
    return bytes([0x85, port | which << 1 | on << 3])


def punt(flags, why, data):
    return bytes([flags | why << 4]) + len(data).to_bytes(2, "big") + data


def ip4(src, dst, proto, body, offset=0, ttl=64, ident=7):
    """offset: with its flags. Lengths and checksums are the fuzzer's to make."""
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), ident, offset, ttl, proto, 0) + src + dst + body


def part4(n, octets, more):
    """The n-th part, of so many octets each, of an echo request that is not cut yet."""
    whole = ICMP_ECHO + bytes(n * octets + octets - 8)
    return ip4(ETH_PEER, ETH_US, 1, whole[n * octets:][:octets], n * octets // 8 | more << 13)


def part6(n, octets, more):
    """The same of IPv6; its checksum is that of 2001:db8:1::77 to ::1 of that prefix, 1,840 octets."""
    a, b = (bytes.fromhex("20010db800010000") + bytes(7) + bytes([n]) for n in (0x77, 1))
    words = struct.unpack(">16H", a + b)
    total = (sum(words) + 1840 + 58 + 0x8000) % 0xFFFF
    whole = struct.pack(">HHI", 0x8000, 0xFFFF - total, 0) + bytes(1832)
    body = struct.pack(">BBHI", 58, 0, n * octets | more, 9) + whole[n * octets:][:octets]
    return struct.pack(">IHBB", 0x60000000, len(body), 44, 64) + a + b + body


# Of zero octets: the checksum is that of the first 8.
ICMP_ECHO = bytes((8, 0, 0xF7, 0xFF, 0, 0, 0, 0))


def fragments(found):
    parts = [punt(0, LOCAL, part4(n, 600, n < 2)) for n in range(3)]
    yield "whole", b"".join(parts)
    yield "backwards", b"".join(parts[::-1])
    yield "twice", parts[0] + again(1)
    yield "holes", parts[0] + punt(0, LOCAL, part4(5, 600, 1)) + parts[2] + wait(5)
    yield "late", parts[0] + wait(5) + parts[2] + wait(5)
    yield "last_only", parts[2] + wait(5)
    yield "many", b"".join(punt(0, LOCAL, part4(n, 8, 1)) for n in range(12)) + wait(3)
    yield "full", b"".join(punt(0, LOCAL, part4(n, 8, 1)) + again(255) for n in range(8)) + wait(3)
    yield "closed", parts[0] + ETH_STOP + parts[2] + parts[1] + ETH_START
    yield "six_cut", b"".join(punt(SIX, LOCAL, part6(n, 920, n == 0)) for n in range(2))
    six = [punt(SIX, LOCAL, found[f"ip6_part{n}"]) for n in range(3)]
    yield "six_whole", b"".join(six)
    yield "six_backwards", b"".join(six[::-1])
    yield "six_late", six[0] + wait(5) + six[1] + wait(5)
    yield "six_twice", six[2] + six[2] + six[0]


def too_big(found):
    long = ip4(IB_PEER, ETH_PEER, 17, struct.pack(">HHHH", 1, 2, 0, 0) + bytes(1800))
    yield "cut", punt(IB, BIG, long) + ANSWER
    yield "cut_df", punt(IB, BIG, long[:6] + b"\x40\0" + long[8:])
    yield "cut_small", punt(IB, BIG, long) + b"\x87\x10" + again(1)
    yield "not_cut", punt(IB, BIG, long[:1000])
    six = b"\x60" + bytes(3) + b"\x07\x00\x11\x40" + found["ip6_far"][8:40] + bytes(1800)
    for side in (0, IB):
        yield f"six_{side}", punt(side | SIX, BIG, six)
    join = punt(BROADCAST, LOCAL, found["mp_in_to_ex"])
    yield "group", join + punt(IB | BROADCAST, MCAST_BIG, long[:16] + GROUP + long[20:])
    yield "group_df", join + punt(IB | BROADCAST, MCAST_BIG, long[:6] + b"\x40\0" + long[8:16] + GROUP + long[20:])
    yield "group_up", punt(BROADCAST, MCAST_BIG, long[:16] + GROUP + long[20:])
    six = six[:24] + found["mp_in6_to_ex"][-16:] + six[40:]
    yield "group_six", punt(BROADCAST | SIX, LOCAL, found["mp_in6_to_ex"]) + punt(IB | SIX, MCAST_BIG, six)


def neighbours(found):
    for name in ("nd_in_dad", "nd_in_dad_foreign", "nd_in_na_ours", "nd_in_ns"):
        ask = punt(SIX | BROADCAST, LOCAL, found[name])
        yield name + "_fresh", renumber(6) + ask + wait(3) + ask
        yield name + "_again", ask + again(255) + ask + again(255) + wait(3)
    ours = found["nd_in_na_ours"]
    yield "na_anycast", punt(SIX, LOCAL, ours[:8] + found["nd_in_na"][8:24] + ours[24:48] + ours[48:56] + bytes(8) + ours[64:])
    yield "rs_flood", punt(SIX | BROADCAST, LOCAL, found["nd_in_rs"]) + again(255) + again(255) + wait(4)
    yield "ra_off", flag(0, 2, 0) + punt(SIX | BROADCAST, LOCAL, found["nd_in_ra_other"]) + flag(0, 2, 1) + wait(60) + b"\x98\x1e"
    yield "link", LINK_DOWN + wait(2) + LINK_UP + wait(2) + ANSWER + wait(8) + ETH_STOP + ETH_START + wait(8)
    far = found["nd_in_ns_plain"]
    yield "ns_far", punt(SIX, LOCAL, far[:12] + b"\0\x33" + far[14:])


def arp(op, spa, tpa):
    head = ALL_MAC + PEER_ETH + ARP + struct.pack(">HHBBH", 1, 0x800, 6, 4, op)
    return punt(0, PUNT_ARP, head + PEER_ETH + spa + bytes(6) + tpa + bytes(18))


def arp_ib(op, spa, tpa, hardware=32):
    head = ARP + b"\0\0" + struct.pack(">HHBBH", hardware, 0x800, 20, 4, op)
    return punt(IB, PUNT_ARP, head + PEER_ADDR + spa + bytes(20) + tpa)


def arps(found):
    yield "conflict", arp(1, ETH_US, ETH_PEER) * 3 + arp_ib(1, IB_US, IB_PEER)
    yield "flood", arp(1, ETH_PEER, ETH_US) + again(255) + again(255) + wait(2)
    yield "foreign", arp(1, IB_PEER, ETH_US) + arp(1, ETH_PEER, bytes((192, 0, 2, 9)))
    yield "probe", arp(1, bytes(4), ETH_US) + arp(1, ETH_PEER, ETH_PEER)
    yield "reply", arp(2, ETH_PEER, ETH_US) + wait(200) + punt(0, TTL, found["control_ttl_in"]) + arp(2, ETH_PEER, ETH_US)
    yield "proxy", flag(0, 0, 1) + arp(1, ETH_PEER, IB_PEER)
    yield "odd", arp(3, ETH_PEER, ETH_US) + punt(0, PUNT_ARP, bytes(30)) + punt(IB, PUNT_ARP, bytes(20))
    yield "odd_ib", arp_ib(1, IB_PEER, IB_US, 1) + arp_ib(3, IB_PEER, IB_US)
    yield "tell", arp(1, bytes((192, 0, 2, 78)), ETH_US) + renumber(7) + wait(3)
    for status in (ANSWER, NO_ANSWER):
        strict = flag(1, 1, 1) + arp_ib(1, IB_PEER, IB_US) + status + wait(2)
        yield f"strict_{status[1]}", strict + punt(IB | SIX, LOCAL, found["nd_in_ib_ns"]) + status + wait(2)
    yield "ns_proxy", flag(0, 0, 1) + punt(SIX, LOCAL, found["nd_in_ns_far"])


def groups(found):
    mp = [data for name, data in found.items() if name.startswith("mp_")]
    for name, side in (("eth", 0), ("ib", IB)):
        for family, bit in ((4, 0), (6, SIX)):
            all_of = b"".join(punt(side | bit | BROADCAST, LOCAL, d) for d in mp if d[0] >> 4 == family)
            yield f"{name}_{family}", all_of + wait(30)
    for name in ("mp_up_query_v1", "mp_up_query_v2", "mp_up6_query_v1"):
        bit = SIX if found[name][0] >> 4 == 6 else 0
        join, leave = ("mp_in6_v1", "mp_in6_done") if bit else ("mp_in_v2", "mp_in_leave")
        yield name + "_member", (
            punt(IB | bit | BROADCAST, LOCAL, found[name])
            + b"".join(punt(bit | BROADCAST, LOCAL, found[n]) for n in ("mp_in_v1" if not bit else join, join))
            + wait(12)
            + punt(bit | BROADCAST, LOCAL, found[leave])
            + wait(12)
        )
    for allow, block in (("mp_in_allow", "mp_in_block"), ("mp_in6_allow", "mp_in6_to_in")):
        bit = SIX if found[allow][0] >> 4 == 6 else 0
        steps = b"".join(punt(bit | BROADCAST, LOCAL, found[n]) for n in (allow, block))
        yield allow + "_then", steps + wait(5) + punt(IB | bit | BROADCAST, LOCAL, found["mp_up_query"]) + wait(12)
    report = found["mp_in_v2"]
    yield "flood", punt(BROADCAST, LOCAL, report) + again(255) * 9
    # IGMPv3 with 80 groups, and one that says to have more than it has.
    head = struct.pack(">BBHHH", 0x22, 0, 0, 0, 80)
    records = b"".join(struct.pack(">BBHBBBB", 4, 0, 0, 239, 7, n, 1) for n in range(80))
    many = ip4(ETH_PEER, bytes((224, 0, 0, 22)), 2, head + records, ttl=1)
    yield "reports", punt(BROADCAST, LOCAL, many) + wait(2) + punt(IB | BROADCAST, LOCAL, found["mp_up_query"]) + wait(12)
    yield "report_short", punt(BROADCAST, LOCAL, many[:200])
    sources = b"".join(bytes((10, 1, 1, n)) for n in range(200))
    many = ip4(ETH_PEER, bytes((224, 0, 0, 22)), 2, head[:7] + b"\1" + struct.pack(">BBH", 5, 0, 200) + GROUP + sources, ttl=1)
    yield "sources", punt(BROADCAST, LOCAL, many) + wait(2)
    for n, body in enumerate((bytes(4), b"\x11" + bytes(9), b"\x33" + bytes(9), b"\x16" + bytes(7), b"\x11\x90" + bytes(10))):
        yield f"odd_{n}", punt(BROADCAST, LOCAL, ip4(ETH_PEER, GROUP, 2, body, ttl=1))
    to_ex = found["mp_in6_to_ex"]
    for n, body in enumerate((b"\x82" + bytes(8), b"\x82" + bytes(25), b"\x8f" + bytes(5), b"\x83" + bytes(23))):
        yield f"odd6_{n}", punt(SIX | BROADCAST, LOCAL, to_ex[:48] + body)
    yield "closed", punt(BROADCAST, LOCAL, report) + LINK_DOWN + wait(2) + punt(BROADCAST, LOCAL, found["mp_in_leave"]) + LINK_UP


def relays(found):
    small, down = b"\x87\x10\x87\x11", LINK_DOWN + wait(1) + ETH_STOP
    for name in ("dhcp_offer", "dhcp_offer_all", "dhcp_ib_offer", "dhcp_ib_ack", "dhcp_discover", "dhcp_ib_discover"):
        side = IB if name == "dhcp_offer" or name.startswith("dhcp_offer_") else 0
        yield name + "_small", small + punt(side, LOCAL, found[name])
        yield name + "_down", down + punt(side, LOCAL, found[name])
    yield "flood", punt(BROADCAST, LOCAL, found["dhcp_discover"]) + again(255) * 3
    yield "no_address", renumber(3) + punt(BROADCAST, LOCAL, found["dhcp_discover"])
    yield "short", punt(0, LOCAL, found["dhcp_discover"][:100])
    yield "op", punt(0, LOCAL, found["dhcp_discover"][:28] + b"\3" + found["dhcp_discover"][29:])
    ib = found["dhcp_ib_discover"]
    pad = ib[:268] + bytes(3) + ib[268:]
    yield "pad", punt(IB | BROADCAST, LOCAL, pad)
    yield "no_cookie", punt(IB | BROADCAST, LOCAL, ib[:264] + bytes(4) + ib[268:])
    yield "no_end", punt(IB | BROADCAST, LOCAL, ib[:268] + b"\x35\1\1")
    yield "six_no_address", renumber(2) + punt(SIX, LOCAL, found["dhcp_solicit"])
    six = found["dhcp_advertise"]
    yield "six_short", punt(SIX, LOCAL, six[:60]) + punt(SIX, LOCAL, six[:86]) + punt(SIX, LOCAL, six[:-3])


def errors(found):
    src = renumber(3) + punt(0, TTL, ip4(IB_PEER, bytes((10, 0, 0, 1)), 17, bytes(20), ttl=1))
    yield "elsewhere", src + ANSWER
    for n, bad in enumerate((GROUP, bytes((192, 0, 2, 255)), bytes(4), bytes((127, 0, 0, 1)), b"\xff" * 4)):
        yield f"nobody_{n}", punt(0, TTL, ip4(bad, bytes((10, 0, 0, 1)), 17, bytes(20))) + punt(0, LOCAL, ip4(bad, ETH_US, 1, ICMP_ECHO))
    yield "flood", punt(0, TTL, found["control_ttl_in"]) + again(255) * 3
    long = ip4(ETH_PEER, IB_PEER, 17, bytes(1400))
    yield "long", punt(0, TTL, long)
    yield "long_six", punt(SIX, TTL, found["ip6_far"][:40] + bytes(1400))
    yield "prohibit", punt(0, PROHIBIT, found["control_ttl_in"]) + punt(0, NO_ROUTE, found["control_ttl_in"])
    yield "six", b"".join(punt(SIX, why, found["ip6_far"]) for why in (NO_ROUTE, PROHIBIT, SCOPE, TTL))
    yield "six_bad_sum", punt(SIX | AS_IS, LOCAL, found["ip6_echo"][:-1] + b"x") + punt(SIX, LOCAL, found["ip6_echo"][:44])
    yield "bad_sum", punt(AS_IS, LOCAL, found["control_echo"][-60:])
    parts = [found[f"ip6_part{n}"] for n in range(3)]
    yield "nd_part", b"".join(punt(SIX, LOCAL, p) for p in (parts[0][:48] + b"\x87" + parts[0][49:], parts[1], parts[2]))


def control():
    found = {}
    for name, data in golden():
        link, kind, data = layers(data)
        found[name] = link + data if kind == ARP else data
        if kind == ARP:
            yield name, b"\2" + punt(IB if len(link) == 4 else 0, PUNT_ARP, link + data)
            continue
        if len(data) >= 2000:
            continue
        six = SIX if kind == IPV6 else 0
        for port in (0, IB):
            for flags, why in ((0, LOCAL), (BROADCAST, LOCAL), (0, TTL), (0, MCAST_BIG)):
                yield f"{name}_{port}{flags}{why}", b"\xf2" + punt(port | six | flags, why, data)
    for more in (fragments, too_big, neighbours, arps, groups, relays, errors):
        for name, steps in more(found):
            yield f"{more.__name__}_{name}", b"\xf2" + steps


# --- fuzz_ether: bits of a packet's first octet, and what stands for the known peer's MAC ---

OUT, KNOWN, MCAST, ROOM, REPAIR, EVENT, HAS_GID = 1, 2, 4, 8, 16, 32, 64
PEER_MAC, LOCAL_MAC = b"PEER!!", b"\2\0\0\0\0\7"
LINK_LOST, FORGET = bytes((EVENT, 4)), bytes((EVENT, 2))


def step(flags, data):
    return bytes([flags]) + len(data).to_bytes(2, "big") + data


def out(kind, data, dst=ALL_MAC, flags=REPAIR | ROOM):
    return step(OUT | flags, dst + LOCAL_MAC + kind + data)


def into(kind, data, flags=REPAIR | ROOM | KNOWN):
    return step(flags, kind + b"\0\0" + data)


def nd(kind, options, fixed=20):
    """ND of a length that fits its options; the first 16 octets of what is fixed are an address."""
    addresses = (b"\xfe\x80" + bytes(13) + b"\5") + (b"\xff\2" + bytes(13) + b"\1")
    body = bytes((kind, 0, 0, 0)) + bytes(4) + (b"\xfe\x80" + bytes(13) + b"\6" + bytes(16))[: fixed - 4] + options
    return struct.pack(">IHBB", 0x60000000, len(body), 58, 255) + addresses + body


def ether_nd():
    mac, gid = b"\1\1" + LOCAL_MAC, b"\1\3\0\0" + OTHER_ADDR
    for kind, fixed in ((133, 4), (134, 12), (135, 20), (136, 20), (137, 36)):
        for n, lladdr in enumerate((LOCAL_MAC, PEER_MAC)):
            data = nd(kind, b"\1\1" + lladdr + b"\2\1" + lladdr + b"\5\1" + bytes(6), fixed)
            yield f"out_{kind}_{n}", out(IPV6, data) + out(IPV6, data, PEER_MAC, REPAIR)
        for n, lladdr in enumerate((OTHER_ADDR, OUR_ADDR, bytes(20))):
            data = nd(kind, b"\1\3\0\0" + lladdr + b"\2\3\0\0" + lladdr + b"\5\1" + bytes(6), fixed)
            yield f"in_{kind}_{n}", out(IPV6, nd(135, mac)) + into(IPV6, data) + into(IPV6, data, REPAIR | MCAST | HAS_GID)
    for name, options in (("none", b""), ("zero", b"\1\0" + bytes(6)), ("cut", b"\1\4" + bytes(6)), ("odd", b"\1"), ("long", mac * 80), ("room", mac * 12), ("size", b"\5\2" + bytes(14))):
        yield f"options_{name}", out(IPV6, nd(135, options)) + into(IPV6, nd(135, options))
        yield f"tight_{name}", out(IPV6, nd(135, options), flags=REPAIR)
    other = b"\1\3\0\0" + OTHER_ADDR[:-1]
    yield "full", b"".join(into(IPV6, nd(135, other + bytes([n]))) for n in range(20, 32)) + into(IPV6, nd(135, gid))
    yield "bad_sum", into(IPV6, nd(135, gid), 0) + into(IPV6, nd(135, gid)[:7] + b"\x40" + nd(135, gid)[8:])
    yield "too_long", into(IPV6, nd(135, bytes((5, 1, 0, 0, 0, 0, 0, 0)) * 170))


def ether_dhcp(found):
    ask = found["dhcp_discover"]
    answer = ask[:20] + b"\0\x43\0\x44" + ask[24:28] + b"\2\x20\0" + ask[31:]
    server = bytes((10, 0, 0, 2))
    answer = answer[:12] + server + b"\xff" * 4 + answer[20:]
    yield "asks", out(IPV4, ask) + into(IPV4, answer, REPAIR | KNOWN | MCAST) + into(IPV4, answer)
    yield "other_xid", out(IPV4, ask) + into(IPV4, answer[:33] + b"x" + answer[34:])
    yield "no_room", out(IPV4, ask, flags=REPAIR) + out(IPV4, ask + bytes(12), flags=REPAIR)
    named = ask[:268] + b"\x3d\7\1" + LOCAL_MAC + b"\xff"
    for name, options in (("named", named[268:]), ("pad", bytes(4) + b"\xff"), ("no_end", b"\x35\1\1"), ("cut", b"\x35"), ("long", b"\x35\x40\xff")):
        yield name, out(IPV4, ask[:268] + options)
    yield "no_cookie", out(IPV4, ask[:264] + bytes(8)) + out(IPV4, ask[:200])
    yield "part", out(IPV4, ask[:6] + b"\x20\0" + ask[8:]) + into(IPV4, answer[:6] + b"\x20\0" + answer[8:])
    yield "length", out(IPV4, ask, flags=ROOM) + out(IPV4, ask[:24] + b"\7" + ask[25:], flags=ROOM)
    yield "to_server", out(IPV4, answer) + into(IPV4, ask) + out(IPV4, found["dhcp_ib_discover"])
    for n in range(3):
        yield f"hardware_{n}", out(IPV4, ask[: 28 + n] + b"\x09" + ask[29 + n:])


def ether_more():
    arp = struct.pack(">HHBBH", 1, 0x800, 6, 4, 1) + LOCAL_MAC + bytes((10, 0, 0, 9)) + bytes(6) + bytes((10, 0, 0, 2))
    yield "arp", out(ARP, arp) + out(ARP, arp[:6] + b"\0\2" + arp[8:], PEER_MAC) + out(ARP, arp[:18] + PEER_MAC + arp[24:], PEER_MAC)
    yield "arp_bad", out(ARP, arp[:20]) + out(ARP, b"\0\6" + arp[2:]) + out(ARP, arp[:8] + PEER_MAC + arp[14:]) + out(ARP, arp, LOCAL_MAC)
    yield "arp_tight", out(ARP, arp, flags=0) + step(OUT, ALL_MAC + LOCAL_MAC + ARP + arp)
    ib = struct.pack(">HHBBH", 32, 0x800, 20, 4, 1)
    for n, sha in enumerate((OTHER_ADDR, OUR_ADDR, bytes(20))):
        data = ib + sha + bytes((10, 0, 0, 3)) + bytes(20) + bytes((10, 0, 0, 9))
        yield f"arp_in_{n}", into(ARP, data, MCAST) + into(ARP, data[:7] + b"\2" + data[8:], KNOWN) + into(ARP, data[:30])
    data = b"".join(into(ARP, ib + OTHER_ADDR[:-1] + bytes([n]) + bytes((10, 0, 1, n)) + bytes(24)) for n in range(20, 32))
    yield "full", data + bytes((EVENT, 0, 200)) + data
    yield "locals", b"".join(out(ARP, arp[:17] + bytes([n]) + arp[18:]) for n in range(9)) + bytes((EVENT, 0, 200))
    udp = ip4(bytes((10, 0, 0, 9)), bytes((10, 0, 0, 2)), 17, bytes(30))
    yield "peer", out(IPV4, udp, PEER_MAC) + into(IPV4, udp) + out(IPV4, udp, LOCAL_MAC) + step(OUT, PEER_MAC + PEER_MAC + IPV4 + udp)
    yield "unknown", FORGET + into(IPV4, udp, REPAIR) + into(IPV4, udp, REPAIR | HAS_GID) + out(IPV4, udp, PEER_MAC)
    yield "known", into(IPV4, udp, REPAIR | HAS_GID) + into(IPV4, udp, REPAIR)
    for n, group in enumerate(((224, 0, 0, 5), (224, 77, 3, 5), (239, 129, 2, 3), (10, 0, 0, 1))):
        data = udp[:16] + bytes(group) + udp[20:]
        yield f"group_{n}", out(IPV4, data, b"\1\0\x5e\0\0\5") + into(IPV4, data, REPAIR | MCAST)
    six = struct.pack(">IHBB", 0x60000000, 16, 17, 64) + b"\xfe\x80" + bytes(14)
    for n, group in enumerate((b"\xff\2" + bytes(13) + b"\1", b"\xff\2" + bytes(9) + b"\1\xff\1\2\3", b"\xff\x15" + bytes(13) + b"\1", b"\xfe\x80" + bytes(14))):
        yield f"group6_{n}", out(IPV6, six + group + bytes(16), b"\x33\x33\0\0\0\1") + into(IPV6, six + group + bytes(16), REPAIR | MCAST)
    yield "link_lost", LINK_LOST + out(IPV4, udp) + into(IPV4, udp)
    yield "short", out(IPV4, udp[:10]) + into(IPV4, udp[:10]) + out(IPV6, six) + into(IPV6, six) + out(b"\x88\xcc", udp) + into(b"\x88\xcc", udp)
    yield "padded", step(OUT, PEER_MAC + LOCAL_MAC + IPV4 + udp + bytes(20))


def ether():
    found = {}
    for name, data in golden():
        link, kind, data = layers(data)
        found[name] = data
        if len(data) >= 1700:
            continue
        yield name + "_out", out(kind, data)
        yield name + "_in", into(kind, data, MCAST | HAS_GID)
        if len(data) < 400:
            yield name, out(kind, data, PEER_MAC) + into(kind, data)
    for n, more in enumerate((ether_nd(), ether_dhcp(found), ether_more())):
        for name, steps in more:
            yield f"{n}_{name}", steps


# --- fuzz_sa: 0 asks, 1 waits, 2 loses, 3 answers well, 4 and 5 send segments, 6 reports, 7 is any ---
# Behind those that send an answer: how many octets of it are others, and which.


def segment(flags, seg, more=b""):
    return bytes([4, flags, seg]) + more + b"\0"


def segments(flags, seg, count):
    return bytes([5, flags]) + seg.to_bytes(2, "big") + bytes([count - 1])


def status(value):
    return bytes([3, 2, 4, value >> 8, 5, value & 255])


BUSY, NO_RECORDS = 1, 0x300
WAIT, CANCEL, OTHER_SM, SEND_FULL, SEND_FAILS, SEND_WORKS = b"\1\x40", b"\x08\0", b"\x08\1", b"\x08\6", b"\x08\x0a", b"\x08\2"
PORT_DOWN, PORT_UP = b"\x08\7", b"\x08\3"


def sa_answers():
    good = b"\3\0"
    for what in [*range(16), 24, 40, 56]:
        yield f"good_{what}", bytes([what]) + good + good
        for value in (BUSY, 0x101, 0x403, 3, 0x0C, 0x200, NO_RECORDS):
            yield f"status_{what}_{value}", bytes([what]) + status(value)
            # GetResp, whatever the question was.
            yield f"refused_{what}_{value}", bytes([what, 3, 3, 3, 0x81, 4, value >> 8, 5, value & 255])
        for steps in (44, 46, 48, 132, 136, 140):
            yield f"busy_{what}_{steps}", bytes([what]) + (status(BUSY) + bytes([1, steps])) * 20
        yield f"lost_{what}", bytes([what]) + b"\2\0\x82\0" + b"\1\xff" * 8
        yield f"late_{what}", bytes([what]) + b"\1\x60" + good
        yield f"cancel_{what}", bytes([what]) + CANCEL + good + bytes([0, what]) + good
        yield f"changes_{what}", bytes([what]) + OTHER_SM + PORT_DOWN + WAIT + PORT_UP + WAIT + good
        yield f"full_{what}", SEND_FULL + bytes([0, what]) + WAIT + SEND_FAILS + bytes([0, what]) + WAIT + SEND_WORKS + WAIT + good
        # Class version, another GID, MLID, MTU than asked for; no answer, or to another try.
        for at, value in ((2, 1), (3, 3), (15, 0x7F), (56, 1), (73, 9), (64, 9), (92, 0), (93, 0), (97, 0)):
            yield f"odd_{what}_{at}", bytes([what, 3, 1, at, value]) + good
    # Nobody answers until the SA is asked only from time to time, then it does.
    yield "silent", b"\0" + b"\1\xff" * 4 + good + b"\1\xff" + good + b"\0\0" + good
    yield "many", b"\0" + b"\0\0\0\2\0\1" * 100 + WAIT + good


def sa_tables():
    first, last, bare, one = 2, 4, 16, 64
    end = bytes([20 + 112])
    yield "one", b"\2" + segment(first | last, 1, end)
    yield "three", b"\2" + segment(first, 1) + segment(0, 2) + segment(last, 3, bytes([20 + 200]))
    yield "gap", b"\2" + segment(first, 1) + segment(0, 3) + segment(0, 2) + segment(last, 3, b"\x40")
    yield "late", b"\2" + segment(first | last, 1, end) * 3
    yield "stalls", b"\2" + segment(first, 1) + b"\1\xff" * 12
    yield "empty", b"\2" + segment(first | last, 1, b"\x14")
    yield "short", b"\2" + segment(first | last, 1, b"\3")
    yield "not_first", b"\2" + segment(0, 1) + segment(first, 2)
    yield "other_try", b"\2" + segment(first, 1) + bytes([4, 0, 2, 1, 15, 0x7F]) + WAIT * 4 + segment(0, 2) + segment(last, 3, end)
    yield "next_try", b"\2\1\x20\1\x20" + segment(first, 1) + WAIT + segment(0, 2)
    for kind in range(2, 6):
        yield f"type_{kind}", b"\2" + segment(first, 1) + bytes([4, 8, 2, kind, 0])
        yield f"type_{kind}_alone", b"\2" + bytes([4, 8, 1, kind, 0])
    yield "version", b"\2" + bytes([4, first, 1, 1, 24, 9])
    yield "length", b"\2" + bytes([4, first | 32, 1, 3, 0]) + bytes([4, first | 32, 1, 30, 0])
    yield "garbage", b"\2" + bytes([4, first, 1, 1, 56, 0]) + b"\0\2" + segment(first, 1) + bytes([4, 0, 2, 2, 80, 0, 81, 0])
    yield "window", b"\2" + segment(first, 1) + segments(0, 2, 80) + segment(last, 82, end)
    yield "no_room", b"\2" + segment(first, 1) + b"".join(segments(0, 2 + 250 * n, 250) for n in range(5))
    yield "four", b"\2\0\2\0\2\0\2\0\2" + segment(first | last, 1, end)
    cut = bytes([4, bare, 1, 0])
    yield "bare", b"\2" + cut * 8
    yield "bare_three", b"\2" + cut + segment(bare | one, 15) + segment(bare | one, 8) * 70
    yield "bare_none", b"\2" + cut + status(NO_RECORDS) * 70
    yield "bare_odd", b"\2" + bytes([4, bare, 1, 1, 80, 0]) + b"\0\2" + bytes([4, bare | one, 1, 2, 57, 0, 80, 0])
    yield "bare_again", b"\2" + cut + OTHER_SM + WAIT + cut
    yield "bare_all", b"\2" + cut + segments(bare | one, 1, 3) + (b"\5" + bytes([bare | one]) + b"\0\1\0") * 30


def sa():
    yield from sa_answers()
    for name, steps in sa_tables():
        yield f"table_{name}", steps
    yield "reports", b"\0" + b"".join(bytes([6, n % 8, n // 8, 0]) for n in range(40)) + b"\1\xff" + b"\6\2\7\0" * 3
    yield "report_odd", b"\0" + bytes([6, 2, 1, 1, 17, 9]) + bytes([6, 2, 1, 1, 56, 0])
    yield "any", b"\0" + b"\x17\x20" + bytes(32) + b"\x47\xff" + bytes(256)


def main(fuzzer, folder):
    os.makedirs(folder, exist_ok=True)
    for name, data in {"fuzz_control": control, "fuzz_ether": ether, "fuzz_sa": sa}.get(fuzzer, tuple)():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


main(*sys.argv[1:])
