#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Reference for the CRCs of InfiniBand packets, one bit at a time.

Written from the text of IBA 1.4 volume 1, 7.8, as the shift register that is
drawn there (not the reflected form that programs use), slow on purpose.

    ib_crc_ref.py packets SEED COUNT    random packets, one a line:
                                        LRH-to-pad ICRC VCRC, hex as on the wire
    ib_crc_ref.py roce SEED             one RoCEv2 packet's ICRC by scapy, as
                                        pseudo-packet and ICRC
    ib_crc_ref.py crc HEX               the CRCs of one packet
"""

import random
import struct
import sys
import zlib


def shift_register(data, degree, poly):
    """CRC of IBA 7.8: seed ones, bit 0 of each octet first, complemented.

    The register's highest power leaves first, so octet for octet the result
    is bit-reversed: what returns is the octets as sent.
    """
    top = 1 << (degree - 1)
    keep = (1 << degree) - 1
    reg = keep
    for octet in data:
        for i in range(8):
            feedback = bool(reg & top) ^ bool(octet >> i & 1)
            reg = reg << 1 & keep
            if feedback:
                reg ^= poly
    reg ^= keep
    sent = []
    for first in range(degree - 1, -1, -8):
        sent.append(sum((reg >> first - i & 1) << i for i in range(8)))
    return bytes(sent)


def mask_field(packet, bit, width):
    """Ones into a field given as the standard does: bit offset, width."""
    for i in range(bit, bit + width):
        packet[i // 8] |= 0x80 >> i % 8


def icrc(packet):
    """ICRC of LRH..pad (IBA 7.8.1)."""
    p = bytearray(packet)
    lrh = 0
    if p[1] & 3 == 3:
        grh = 8
        bth = 48
        mask_field(p, lrh * 8, 64)
        mask_field(p, grh * 8 + 4, 8)  # TClass
        mask_field(p, grh * 8 + 12, 20)  # FlowLabel
        mask_field(p, (grh + 7) * 8, 8)  # HopLmt
    else:
        bth = 8
        mask_field(p, lrh * 8, 4)  # VL
    mask_field(p, (bth + 4) * 8, 8)  # Resv8a
    crc = shift_register(p, 32, 0x04C11DB7)
    if crc != struct.pack("<I", zlib.crc32(p)):
        raise SystemExit("the reference and zlib disagree")
    return crc


def vcrc(packet):
    """VCRC of LRH..ICRC (IBA 7.8.2): x^16 + x^12 + x^3 + x + 1."""
    return shift_register(packet, 16, 0x100B)


def random_packet(rng, lnh, payload):
    """Headers with random variable fields; consistent lengths are not needed."""
    lrh = bytearray(rng.randbytes(8))
    lrh[1] = lrh[1] & 0xFC | lnh
    grh = rng.randbytes(40) if lnh == 3 else b""
    bth = rng.randbytes(12)
    return bytes(lrh) + grh + bth + rng.randbytes(payload)


def packets(seed, count):
    rng = random.Random(seed)
    lengths = list(range(0, 70)) + [rng.randrange(70, 2100) for _ in range(count)]
    lengths += [2048 + 8, 4096 + 8]
    for n in lengths:
        for lnh in (2, 3):
            p = random_packet(rng, lnh, n)
            i = icrc(p)
            print(p.hex(), i.hex(), vcrc(p + i).hex())


def roce(seed):
    """A RoCEv2 packet so built that IBA's masks change nothing in it.

    scapy counts as ones what RoCEv2 does, and puts an LRH of ones in front,
    which reads as "GRH follows"; so what lies where the GRH and the BTH would
    be is chosen to be ones already. An IPv4 header with 40 octets of options
    and the largest length does that.
    """
    from scapy.all import IP, UDP, Raw, raw
    from scapy.contrib.roce import BTH
    from scapy.layers.inet import IPOption_NOP

    ones = {"copy_flag": 1, "optclass": 3, "option": 31}
    options = [IPOption_NOP() for _ in range(40)]
    options[24] = IPOption_NOP(**ones)
    payload = random.Random(seed).randbytes(0xFFFF - 60 - 8 - 12 - 4)
    pkt = (
        IP(src="192.0.2.1", dst="192.0.2.2", ihl=15, tos=0xFF, frag=0xFF, options=options)
        / UDP(sport=0xC000, dport=4791)
        / BTH(opcode=0x64, pkey=0x8001, dqpn=0x123456, psn=7)
        / Raw(payload)
    )
    wire = raw(pkt)
    p = bytearray(b"\xff" * 8 + wire[:-4])
    if len(wire) != 0xFFFF or p[8] != 0x4F or p[15] != 0xFF or p[52] != 0xFF:
        raise SystemExit("scapy did not build the RoCE packet that was wanted")
    udp = 8 + 60
    bth = udp + 8
    p[9] = 0xFF  # TOS
    p[16] = 0xFF  # TTL
    p[18:20] = b"\xff\xff"  # header checksum
    p[udp + 6 : udp + 8] = b"\xff\xff"  # UDP checksum
    p[bth + 4] = 0xFF
    print(p.hex(), wire[-4:].hex())


def main(argv):
    if len(argv) == 4 and argv[1] == "packets":
        packets(int(argv[2]), int(argv[3]))
    elif len(argv) == 3 and argv[1] == "roce":
        roce(int(argv[2]))
    elif len(argv) == 3 and argv[1] == "crc":
        p = bytes.fromhex(argv[2])
        i = icrc(p)
        print(i.hex(), vcrc(p + i).hex())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
