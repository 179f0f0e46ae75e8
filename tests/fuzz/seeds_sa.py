# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Of fuzz_sa: conversations with an SA.

Steps: 0 asks, 1 waits, 2 loses, 3 answers well, 4 and 5 send segments, 6 reports, 7 is any. Behind
those that send an answer: how many octets of it are others, and which.
"""


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
