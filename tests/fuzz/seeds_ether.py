# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Of fuzz_ether: frames and packets of the fabric, and what happens between, in steps of fuzz_ether.c."""

import struct

from golden import ALL_MAC, ARP, IPV4, IPV6, OTHER_ADDR, OUR_ADDR, golden, ip4, layers

# Bits of a packet's first octet, and what stands for the known peer's MAC.
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
