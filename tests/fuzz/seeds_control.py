# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Of fuzz_control: what workers hand over, and what happens between, in steps of fuzz_control.c."""

import struct

from golden import ALL_MAC, ARP, IPV4, IPV6, PEER_ADDR, PEER_ETH, golden, ip4, layers

# Bits of a packet's first octet, places in the list of reasons, and events.
IB, SIX, BROADCAST, AS_IS = 1, 2, 4, 8
LOCAL, BIG, PUNT_ARP, TTL, NO_ROUTE, PROHIBIT, MCAST_BIG, SCOPE = range(8)
ANSWER, LOOK, LINK_DOWN, LINK_UP = b"\x82\0", b"\x83\0", b"\x86\3", b"\x86\7"
NO_ANSWER = b"\x82\1"
ETH_STOP, ETH_START = b"\x86\0", b"\x86\4"
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
    yield "flood", punt(BROADCAST, LOCAL, report) + again(255) * 8
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
    yield "bad_sum", punt(AS_IS, LOCAL, found["control_echo"][:-1] + b"x")
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
