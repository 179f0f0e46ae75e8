# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Inputs of what packets pass, for seeds.py: frames, the soft HCA's carrier, ibsim, and addresses."""

from golden import ARP, IPV6, golden

# What fuzz_datapath.c calls them: of an input, above the number of times that it comes again, and of a packet.
(BOND_ON, CLAMP, IB3_DOWN, BIND, DIRECTED, FULL, POOL_EMPTY, FILTER, TOP, NO_GROUPS, NARROW, NO_UPSTREAM,
 IB1_GONE, MANY_PLACES) = (1 << i for i in range(2, 16))
(ON_IB, FIX_CKSUM, SEGMENTS, FIX_LINK, FIX_DST, FIX_SRC, FIX_LEN, TO_GROUP, SHARED, NO_HEADROOM, TAG_TAKEN,
 CKSUM_GOOD, ROOM_BEHIND) = (1 << i for i in range(13))
RIGHT = FIX_CKSUM | FIX_LINK | FIX_LEN
MACS = b"\2\0\0\0\0\x10\2\0\0\0\0\x77"
VLAN = b"\x81\0"


def frame(flags, data, meta=0, cuts=(0, 0)):
    return flags.to_bytes(2, "big") + bytes([meta, *cuts]) + len(data).to_bytes(2, "big") + data


def udp(six, size, hops=64, proto=17):
    """An IP packet whose lengths and addresses the fuzzer puts right."""
    payload = b"\x0f\xa0\x13\x88" + bytes(size)
    if six:
        return bytes([0x60, 0, 0, 0, 0, 0, proto, hops]) + bytes(32) + payload
    return bytes([0x45, 0xB8, 0, 0, 0, 1, 0, 0, hops, proto]) + bytes(10) + payload


def l2(flags, ip, tag=b""):
    return (bytes(4) if flags & ON_IB else MACS + (VLAN + tag if tag else b"") + bytes(2)) + ip


def datapath():
    def one(s, *packets, again=2):
        return (s | again).to_bytes(2, "big") + b"".join(packets)

    def to(which, flags=0, ip=None, meta=0, src=0, six=False, tag=b""):
        flags |= RIGHT | FIX_DST | FIX_SRC
        return frame(flags, l2(flags, ip or udp(six, 20), tag), meta, (which, src))

    scenes = [0] + [1 << i for i in range(2, 16)]
    scenes += [NO_UPSTREAM | BIND, FILTER | NO_UPSTREAM, DIRECTED | FILTER, BOND_ON | NARROW]
    for s in scenes:
        for six in (False, True):
            for port in (0, ON_IB):
                every = [to(which, port, six=six) for which in range(29)]
                for at in range(0, 29, 8):
                    yield f"to_{s}_{six}_{port}_{at}", one(s, *every[at : at + 8])
            for which in (0, 1, 2, 3, 5, 8, 9, 10, 20, 21, 22, 24, 25):
                yield f"odd_{s}_{six}_{which}", one(s, *(
                    to(which, f, six=six, meta=m, ip=udp(six, size, hops)) for f, m, size, hops in (
                        (SHARED, 0, 20, 64), (NO_HEADROOM, 0, 60, 9), (ON_IB | NO_HEADROOM, 0, 1, 9),
                        (TO_GROUP, 0, 20, 64), (ON_IB, 2, 20, 64), (0, 0, 20, 1), (ROOM_BEHIND, 0, 0, 2),
                        (CKSUM_GOOD, 0, 0, 2), (TAG_TAKEN, 5, 30, 9), (0, 0, 660, 9), (SHARED | NO_HEADROOM, 0, 5, 9))))
                yield f"big_{s}_{six}_{which}", one(s, to(which, ip=udp(six, 1460), six=six))
                yield f"bigger_{s}_{six}_{which}", one(s, to(which, ON_IB, ip=udp(six, 1940), six=six))
        for name, data in golden(("dp", "ip6", "nd", "control", "mp")):
            if len(data) > 700 or s not in (0, NO_UPSTREAM | BIND):
                continue
            bare = data if data[0] >> 4 in (4, 6) else None
            for port in (0, ON_IB):
                packets = [frame(port, data)] + ([frame(port | RIGHT, l2(port, bare))] if bare else [])
                yield f"{name}_{s}_{port}", one(s, *packets)
    for six in (False, True):
        for src in range(8):
            for which in (0, 1, 5, 8, 27, 28):
                for port in (0, ON_IB):
                    yield f"src_{six}_{src}_{which}_{port}", one(0, to(which, port, six=six, src=src, meta=port))
        for tag in (b"\0\5", b"\0\6", b"\0\7", b"\0\0", b"\x0f\xff"):
            for s in (0, POOL_EMPTY):
                yield f"tag_{six}_{tag.hex()}_{s}", one(s, *(to(1, f, six=six, tag=tag) for f in (0, SHARED, NO_HEADROOM)))
        ip = l2(0, udp(six, 80))
        for cut in ((3, 9), (14, 33), (13, 64), (40, 72), (74, 80), (90, 104)):
            for s in (0, POOL_EMPTY):
                yield f"cut_{six}_{cut[0]}_{s}", one(s, frame(RIGHT | SEGMENTS | FIX_DST | FIX_SRC, ip, 0, cut))
                for size in (21, 63, 70):
                    short = ip[:16] + bytes([0, size]) + ip[18:]
                    flags = FIX_CKSUM | FIX_LINK | SEGMENTS | FIX_DST | FIX_SRC
                    yield f"cut_pad_{six}_{cut[0]}_{s}_{size}", one(s, frame(flags, short, 0, cut))
    good = udp(False, 20)
    for name, ip in (("version", b"\x55" + good[1:]), ("ihl", b"\x41" + good[1:]), ("ihl_long", b"\x4f" + good[1:]),
                     ("options", b"\x46" + good[1:20] + b"\1\1\1\0" + good[20:]), ("short", good[:12]),
                     ("short6", b"\x60" + bytes(20)), ("jumbo", bytes([0x60, 0, 0, 0, 0, 0, 0, 64]) + bytes(40)),
                     ("long", good[:2] + b"\xff\xff" + good[4:]), ("small", good[:2] + b"\0\5" + good[4:]),
                     ("long6", bytes([0x60, 0, 0, 0, 9, 9, 17, 9]) + bytes(50))):
        for port in (0, ON_IB):
            for flags in (FIX_LINK | FIX_CKSUM | FIX_DST | FIX_SRC, FIX_LINK | FIX_DST | FIX_SRC):
                yield f"bad_{name}_{port}_{flags}", one(0, frame(port | flags, l2(port, ip)), to(0, port), to(2, port))
    for proto, which in ((2, 8), (0, 5), (6, 0)):
        yield f"proto_{proto}", one(0, *(to(which, ip=udp(six, 30, 9, proto), six=six) for six in (False, True)))
    yield "other_types", one(0, *(frame(0, MACS + t + bytes(50)) for t in (b"\x88\xb5", VLAN, VLAN + bytes(2) + VLAN)),
                             frame(0, bytes(60)), frame(0, MACS[:9]), frame(ON_IB, b"\x81\0"), frame(ON_IB, VLAN + bytes(40)))
    yield "flow", one(0, *(to(0, ip=udp(False, n)) for n in range(8)), *(to(0, six=True) for _ in range(3)), to(0, FIX_LINK), again=3)
    yield "flow_ends", one(0, to(0), to(0, ip=udp(False, 20, 1)), to(0))
    # 0xfeff: one more is a carry.
    for which, dst in ((0, (198, 51, 100, 5)), (2, (198, 18, 2, 5))):
        words = bytes([0x45, 0xB8, 0, 44, 0, 0, 0, 0, 64, 17, 192, 0, 2, 66, *dst])
        ident = (0x100 - sum(words[::2]) * 256 - sum(words[1::2])) % 0xFFFF
        yield f"carry_{which}", one(0, to(which, ip=good[:4] + ident.to_bytes(2, "big") + good[6:]))
    # Two destinations of one place of the short way.
    places = {}
    for a in range(3 * 256):
        dst = ((198, 51, 100), (10, 71, 0), (10, 9, 0))[a >> 8] + (a & 255,)
        place = int.from_bytes(bytes(dst), "little") * 0x9E3779B1 >> 16 & 0xFFFF
        if place in places:
            both = [frame(RIGHT | FIX_SRC, l2(0, good[:16] + bytes(d) + good[20:])) for d in (dst, places[place])]
            yield f"place_{place}", one(0, *both, again=3)
        places[place] = dst
    yield "not_six", one(0, frame(ON_IB, IPV6 + bytes(2) + good), frame(0, MACS + IPV6 + good + bytes(40)))


# Of fuzz_hca.c: what is put right, and how the frame comes.
FIX_TYPE, FIX_LENGTH, FIX_TO, FIX_KEYS, FIX_CRC, FIX_GRH, FIX_MCAST, FIX_FROM = (1 << i for i in range(8))
NO_CRC, HCA_POOL_EMPTY, MANY, FROM_US = 16, 32, 64, 128
HEADS = {0: 8 + 12 + 8, FIX_GRH: 8 + 40 + 12 + 8}


def hca():
    every = FIX_TYPE | FIX_LENGTH | FIX_TO | FIX_KEYS | FIX_CRC | FIX_FROM

    def one(fix, how, size=44, spoil=(), eth=bytes(14)):
        data = bytearray(eth + bytes(HEADS[fix & FIX_GRH]) + b"\x08\0\0\0" + bytes(size) + bytes(6))
        for at, value in spoil:
            data[at] = value
        return bytes([fix, how]) + data

    for grh in (0, FIX_GRH, FIX_GRH | FIX_MCAST, FIX_MCAST):
        for how in range(256):
            if how & 3 != 3 and (how & MANY == 0 or how & 3 == 0):
                yield f"how_{grh}_{how}", one(every | grh, how)
        for crc in (0, NO_CRC):
            for left_out in (FIX_TYPE, FIX_LENGTH, FIX_TO, FIX_KEYS, FIX_CRC, FIX_FROM):
                yield f"without_{grh}_{crc}_{left_out}", one(every & ~left_out | grh, crc)
            for size in (0, 1, 2, 3, 4, 40, 1900, 2040, 2044, 2048):
                yield f"size_{grh}_{crc}_{size}", one(every | grh, crc, size)
            for pad in range(4):
                yield f"pad_{grh}_{crc}_{pad}", one(every | grh, crc, 44, ((14 + HEADS[grh & FIX_GRH] - 19, pad << 4),))
                yield f"pad_all_{grh}_{crc}_{pad}", one(every | grh, crc, 0, ((14 + HEADS[grh & FIX_GRH] - 19, pad << 4),))
    # One field wrong, checksums right: an octet of the frame, by a local route and a global one.
    right = {0: [(12, 0x88), (13, 0xB5), (15, 2), (17, 4), (19, 20), (21, 9), (22, 0x64), (24, 0x80), (25, 1)],
             FIX_GRH: [(12, 0x88), (13, 0xB5), (15, 3), (17, 4), (19, 30), (21, 9), (22, 0x60), (27, 72), (28, 0x1B)]}
    for grh, fields in right.items():
        for at in range(14, 14 + HEADS[grh]):
            for value in (1, 0x11, 0x80, 0xC0, 0xFF):
                for left_out in (FIX_LENGTH, FIX_TO | FIX_FROM, FIX_KEYS, FIX_TO | FIX_KEYS | FIX_LENGTH | FIX_FROM):
                    yield f"spoilt_{grh}_{at}_{value}_{left_out}", one(
                        (every & ~left_out) | (grh if left_out & FIX_LENGTH == 0 else 0) | grh, 0, 44, fields + [(at, value)])


def ibsim():
    """What ipoib_mad_open() waits for, then steps: one octet says how late it is, then comes what is received."""
    soon, later, nothing = b"\x10", b"\x20", b"\xff"

    def answer(back, at, data):
        return bytes([0x28 | back, at, len(data)]) + data

    def port_info(state=4, sm_lid=1, width=2, speed=0x10, lmc=0):
        return answer(0, 8, b"\xfe\x80" + bytes(6) + bytes([0, 4, 0, sm_lid]) + bytes(11) + bytes([width, state, 0, lmc, speed, 0x40]))

    def node_info(cap):
        return answer(1, 20, b"\0\2\xc9\3\0\0\x12\x34" + cap.to_bytes(2, "big"))

    keys = b"".join(n.to_bytes(2, "big") for n in range(0x8001, 0x8021))
    up = b"\x60" + nothing
    known = port_info() + node_info(32) + answer(0, 0, keys) + nothing
    sm = answer(0, 0, bytes(19) + b"\7")
    yield "up", up
    for cap in (0, 1, 32, 33, 64, 128, 0xFFFF):
        blocks = min(-(-cap // 32), 8)
        yield f"keys_{cap}", up + port_info() + node_info(cap) + b"".join(
            answer(n, 0, keys) for n in reversed(range(blocks))) + nothing + (later + nothing) * 4
    for width in (1, 2, 4, 8, 16, 3):
        yield f"width_{width}", up + port_info(width=width) + node_info(32) + answer(0, 0, keys) + nothing
    for state in (0, 1, 4, 9):
        yield f"state_{state}", up + known + (later * 2 + port_info(state=state) + nothing) * 3
    yield "sm", up + known + (later + sm + nothing) * 4
    yield "sm_other", up + known + later + sm + nothing + (later + nothing) * 3 + later + answer(0, 0, b"\1" * 20) + nothing
    yield "sm_restarts", up + known + later + sm + nothing + (later + nothing) * 3 + later + answer(0, 0, bytes(20)) + nothing
    yield "sm_gone", up + known + later + sm + nothing + (later + b"\x10\0\0" + nothing) * 3 + later + sm + nothing
    yield "sm_bad", up + known + later + b"\x20\4\1\1" + nothing
    yield "sm_silent", up + known + (later + nothing) * 60
    yield "bad_status", up + b"\x20\4\2\0\x0c" + b"\x21\4\2\0\x0c" + nothing
    for said in (b"", b"\xff", b"\x60", b"\x10"):
        yield f"silent_{said.hex()}", up + known + (later + nothing) * 40 + (later + said + nothing) * 40
    for n in range(16):
        yield f"fail_{n}", up + known + bytes([0xC0 | n]) * 4 + soon + b"\x60" + nothing
        yield f"fail_connect_{n}", b"\x43" + (bytes([0xF0 | n]) + nothing) * 3 + b"\x30\x60" + nothing
        yield f"fail_silent_{n}", up + known + (later + nothing) * 30 + (bytes([0xE0 | n]) + nothing) * 12
    yield "refused", b"\x43" + nothing + b"\x30" * 2 + soon + b"\xd0" + nothing + b"\x30" * 3
    yield "mute", nothing * 200 + (b"\x30" + nothing) * 5 + up
    for n in range(16):
        yield f"fail_place_{n}", b"\x43" + b"\x30" * 2 + bytes([0xC0 | n]) + b"\x60" + nothing + (later + nothing) * 3
    yield "query", up + known + b"\x48" + answer(0, 0, b"\1") + nothing + b"\x47\x10\0\0" + nothing


def text():
    for name, data in golden(("control",)):
        if data[:4] == ARP + b"\0\0":
            yield name, b"\x0f\2\x80\1\0\2" + data[4:]
    for n, words in enumerate((b"192.0.2.1", b"192.0.2.0/24", b"2001:db8::1", b"2001:db8::/32", b"::ffff:192.0.2.1", b"::/0",
                               b":".join([b"0a"] * 20), b"02:00:00:00:00:01", b"1-3,7", b"0-100", b"0x1f", b"a=b", b"a:b", b"1,2,")):
        yield f"text_{n}", words

