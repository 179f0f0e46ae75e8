#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""carrier2erf: what tshark reads out of its files, and what bad input gets.

    test_carrier2erf.py TOOL

Frames are put together here, octet by octet, not by the project's encoder.
"""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

TOOL = ""
TIMEOUT = 60

MGID = bytes.fromhex("ff12401b8001000000000000ffffffff")
SGID = bytes.fromhex("fe800000000000000002c90300001234")
SHA = bytes.fromhex("00000048") + SGID
STAMP_NS = 1700000000_123456789


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ib_packet(lnh, dlid, slid, qpn, src_qpn, payload, mgid=b""):
    """LRH .. VCRC; the VCRC is a mark, for tshark does not check it."""
    pad = -len(payload) % 4
    bth = struct.pack(">BBHII", 0x64, pad << 4, 0x8001, qpn, 77)
    deth = struct.pack(">II", 0x00000B1B, src_qpn)
    body = bth + deth + payload + bytes(pad)
    grh = b""
    if lnh == 3:
        grh = struct.pack(">IHBB", 6 << 28, len(body) + 4, 0x1B, 1) + SGID + mgid
    words = (8 + len(grh) + len(body) + 4) // 4
    packet = struct.pack(">BBHHH", 0, lnh, dlid, words, slid) + grh + body
    return packet + struct.pack("<I", zlib.crc32(packet)) + b"\xbe\xef"


def arp_packet():
    arp = struct.pack(">HHBBH", 0x20, 0x0800, 20, 4, 1)
    arp += SHA + bytes([192, 0, 2, 1]) + bytes(20) + bytes([192, 0, 2, 2])
    return ib_packet(3, 0xC001, 5, 0xFFFFFF, 0x48, b"\x08\x06\x00\x00" + arp, MGID)


def udp_packet(data=b"hello"):
    udp = struct.pack(">HHHH", 1000, 2000, 8 + len(data), 0) + data
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0)
    ip += bytes([192, 0, 2, 1, 198, 51, 100, 2])
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return ib_packet(2, 7, 5, 0x49, 0x48, b"\x08\x00\x00\x00" + ip + udp)


def ethernet(packet, ethertype=0x88B5):
    mac = b"\x02\x1b\x00\x00\x00\x07\x02\x1b\x00\x00\x00\x05"
    frame = mac + struct.pack(">H", ethertype) + packet
    return frame + b"\xaa" * (60 - len(frame))


def pcap(frames, order="<", nano=True, linktype=1, cut=None):
    out = struct.pack(
        order + "IHHIIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 65535, linktype
    )
    for frame in frames:
        sec, frac = divmod(STAMP_NS, 10**9)
        part = frame[:cut]
        frac = frac if nano else frac // 1000
        out += struct.pack(order + "IIII", sec, frac, len(part), len(frame)) + part
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def pcapng(frames, order="<", tsresol=9, ticks=STAMP_NS, tsoffset=None):
    out = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    opts = struct.pack(order + "HHBxxx", 9, 1, tsresol)
    if tsoffset is not None:
        opts += struct.pack(order + "HHq", 14, 8, tsoffset)
    opts += struct.pack(order + "HH", 0, 0)
    for linktype in (113, 1):  # "any" first: its packets are not Ethernet
        out += block(order, 1, struct.pack(order + "HHI", linktype, 0, 0) + opts)
    out += block(order, 5, bytes(12))  # interface statistics: passed over
    head = struct.pack(order + "IIIII", 0, 0, 0, 4, 4)
    out += block(order, 6, head + b"none")
    for f in frames:
        head = struct.pack(
            order + "IIIII", 1, ticks >> 32, ticks & 0xFFFFFFFF, len(f), len(f)
        )
        out += block(order, 6, head + f)
    return out


def erf_records(data):
    """(time stamp, type, flags, lost, wire length, octets) of every record."""
    records = []
    while data:
        stamp = struct.unpack("<Q", data[:8])[0]
        kind, flags, rlen, lost, wlen = struct.unpack(">BBHHH", data[8:16])
        records.append((stamp, kind, flags, lost, wlen, data[16:rlen]))
        data = data[rlen:]
    return records


class Base(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="carrier2erf-")
        self.addCleanup(shutil.rmtree, self.dir)

    def path(self, name):
        return os.path.join(self.dir, name)

    def tool(self, *args, data=None):
        return subprocess.run(
            [TOOL, *args], input=data, capture_output=True, timeout=TIMEOUT, check=False
        )

    def convert(self, data, *args):
        r = self.tool(*args, "-", "-", data=data)
        self.assertEqual(r.returncode, 0, r.stderr)
        return r.stdout, r.stderr.decode()


@unittest.skipIf(shutil.which("tshark") is None, "no tshark")
class Tshark(Base):
    FIELDS = (
        "frame.time_epoch frame.protocols infiniband.lrh.dlid infiniband.lrh.slid "
        "infiniband.lrh.lnh infiniband.lrh.pktlen infiniband.grh.sgid infiniband.grh.dgid "
        "infiniband.bth.opcode infiniband.bth.p_key infiniband.bth.destqp "
        "infiniband.bth.padcnt infiniband.bth.psn infiniband.deth.q_key infiniband.deth.srcqp "
        "infiniband.invariant.crc infiniband.variant.crc"
    ).split()
    UPPER = (
        "arp.hw.type arp.opcode arp.src.hw arp.src.proto_ipv4 arp.dst.proto_ipv4 ip.src ip.dst "
        "ip.checksum.status udp.srcport udp.dstport data.data"
    ).split()

    def fields(self, name, *args):
        names = self.FIELDS + self.UPPER
        command = ["tshark", "-r", name, "-T", "fields", "-o", "ip.check_checksum:TRUE", *args]
        for f in names:
            command += ["-e", f]
        # A home of its own, so that nobody's profile changes the result.
        env = dict(os.environ, HOME=self.dir, XDG_CONFIG_HOME=self.dir)
        r = subprocess.run(
            command, env=env, capture_output=True, timeout=TIMEOUT, check=False, text=True
        )
        self.assertEqual(r.returncode, 0, r.stderr)
        lines = r.stdout.split("\n")[:-1]
        return [dict(zip(names, line.split("\t"))) for line in lines]

    def check_decoded(self, fmt):
        with open(self.path("in.pcap"), "wb") as f:
            f.write(pcap([ethernet(arp_packet()), ethernet(udp_packet())]))
        r = self.tool("-f", fmt, self.path("in.pcap"), self.path("out"))
        self.assertEqual(r.returncode, 0, r.stderr)
        rows = self.fields(self.path("out"))
        self.assertEqual(len(rows), 2)
        return rows

    def check_headers(self, row, **want):
        for name, value in want.items():
            name = "infiniband." + name.replace("__", ".")
            self.assertIn(name, row)
            self.assertEqual(int(row[name], 0), value, name)

    def check_formats(self, fmt):
        arp, udp = self.check_decoded(fmt)
        for row, packet in ((arp, arp_packet()), (udp, udp_packet())):
            self.assertEqual(row["frame.time_epoch"], "1700000000.123456789")
            self.check_headers(
                row,
                lrh__slid=5,
                bth__opcode=0x64,
                bth__p_key=0x8001,
                bth__psn=77,
                deth__q_key=0xB1B,
                deth__srcqp=0x48,
                lrh__pktlen=(len(packet) - 2) // 4,
                invariant__crc=int.from_bytes(packet[-6:-2], "big"),
                variant__crc=0xBEEF,
            )
        self.check_headers(arp, lrh__lnh=3, lrh__dlid=0xC001, bth__destqp=0xFFFFFF)
        self.assertTrue(arp["frame.protocols"].endswith("infiniband:ethertype:arp"))
        self.assertEqual(arp["infiniband.grh.sgid"], "fe80::2:c903:0:1234")
        self.assertEqual(arp["infiniband.grh.dgid"], "ff12:401b:8001::ffff:ffff")
        self.assertEqual((arp["arp.hw.type"], arp["arp.opcode"]), ("32", "1"))
        self.assertEqual(arp["arp.src.hw"].replace(":", ""), SHA.hex())
        self.assertEqual(arp["arp.src.proto_ipv4"], "192.0.2.1")
        self.assertEqual(arp["arp.dst.proto_ipv4"], "192.0.2.2")
        self.check_headers(udp, lrh__lnh=2, lrh__dlid=7, bth__destqp=0x49, bth__padcnt=3)
        self.assertEqual(udp["infiniband.grh.dgid"], "")
        self.assertTrue(udp["frame.protocols"].endswith("infiniband:ethertype:ip:udp:data"))
        self.assertEqual((udp["ip.src"], udp["ip.dst"]), ("192.0.2.1", "198.51.100.2"))
        self.assertEqual(udp["ip.checksum.status"], "1")
        self.assertEqual((udp["udp.srcport"], udp["udp.dstport"]), ("1000", "2000"))
        self.assertEqual(udp["data.data"].replace(":", ""), b"hello".hex())

    def test_erf(self):
        self.check_formats("erf")

    def test_pcap(self):
        self.check_formats("pcap")

    def test_pcapng(self):
        self.check_formats("pcapng")

    def test_heuristic_is_what_dissects(self):
        """The help names the one thing that tshark needs; if that changes, so must it."""
        with open(self.path("x.erf"), "wb") as f:
            f.write(self.convert(pcap([ethernet(udp_packet())]))[0])
        rows = self.fields(self.path("x.erf"), "--disable-heuristic", "eth_over_ib")
        self.assertEqual(rows[0]["ip.src"], "")


class Records(Base):
    def one(self, data):
        out, err = self.convert(data)
        records = erf_records(out)
        self.assertEqual(len(records), 1, err)
        return records[0]

    def check_stamp(self, stamp, ns, within=1):
        got = (stamp >> 32) * 10**9 + ((stamp & 0xFFFFFFFF) * 10**9 + (1 << 31) >> 32)
        self.assertLess(abs(got - ns), within)

    def test_padding_is_cut(self):
        packet = ib_packet(2, 7, 5, 0x49, 0x48, b"")
        self.assertLess(len(packet), 46)
        _, kind, flags, lost, wlen, octets = self.one(pcap([ethernet(packet)]))
        self.assertEqual((kind, flags, lost), (21, 4, 0))
        self.assertEqual(octets, packet)
        self.assertEqual(wlen, len(packet))

    def test_byte_orders_and_clocks(self):
        frame = [ethernet(udp_packet())]
        us = STAMP_NS // 1000
        cases = [
            (pcap(frame, "<"), STAMP_NS),
            (pcap(frame, ">"), STAMP_NS),
            (pcap(frame, "<", nano=False), us * 1000),
            (pcap(frame, ">", nano=False), us * 1000),
            (pcapng(frame, "<"), STAMP_NS),
            (pcapng(frame, ">"), STAMP_NS),
            (pcapng(frame, "<", tsresol=6, ticks=us), us * 1000),
            (pcapng(frame, ">", tsresol=0x80 | 20, ticks=3 << 19), 1_500_000_000),
            (pcapng(frame, "<", tsresol=3, ticks=250, tsoffset=10), 10_250_000_000),
        ]
        for n, (data, ns) in enumerate(cases):
            with self.subTest(case=n):
                record = self.one(data)
                self.check_stamp(record[0], ns)
                self.assertEqual(record[5], udp_packet())

    def test_largest_packet(self):
        packet = udp_packet(b"x" * 4000)
        self.assertEqual(self.one(pcap([ethernet(packet)]))[5], packet)

    def test_skipped_and_counted(self):
        frames = [ethernet(b"x" * 50, 0x0800), ethernet(udp_packet()), ethernet(b"", 0x88B6)]
        out, err = self.convert(pcap(frames))
        self.assertEqual(len(erf_records(out)), 1)
        self.assertIn("3 frames: 1 InfiniBand packets (0 cut by the capture), 2 other", err)

    def test_not_ethernet_is_counted(self):
        out, err = self.convert(pcapng([ethernet(udp_packet())]))
        self.assertEqual(len(erf_records(out)), 1)
        self.assertIn("2 frames: 1 InfiniBand packets (0 cut by the capture), 1 other", err)

    def test_cut_by_capture(self):
        packet = udp_packet(b"y" * 500)
        out, err = self.convert(pcap([ethernet(packet)], cut=96))
        record = erf_records(out)[0]
        self.assertEqual(record[5], packet[: 96 - 14])
        self.assertEqual(record[4], len(packet))
        self.assertIn("frame 1: the capture holds 82 of", err)

    def test_bad_frames(self):
        good = udp_packet()
        raw_lnh = bytes([good[0], 0]) + good[2:]
        short = good[:4] + struct.pack(">H", 5) + good[6:]
        long = good[:4] + struct.pack(">H", 400) + good[6:]
        short_grh = good[:1] + b"\x03" + good[2:4] + struct.pack(">H", 15) + good[6:]
        cases = [
            (ethernet(raw_lnh), "LNH is 0"),
            (ethernet(short), "LRH length is 5 words"),
            (ethernet(short_grh), "LRH length is 15 words"),
            (ethernet(long), "truncated: the LRH says 1602 octets, the frame holds"),
            (ethernet(good)[:20], "6 octets captured, an LRH has 8"),
            (b"\x02\x1b", "2 octets, no Ethernet header"),
        ]
        for frame, text in cases:
            with self.subTest(text=text):
                out, err = self.convert(pcap([frame, ethernet(good)]))
                self.assertIn(f"carrier2erf: frame 1: {text}", err)
                self.assertIn("1 bad", err)
                self.assertEqual([r[5] for r in erf_records(out)], [good])

    def test_quiet(self):
        self.assertEqual(self.convert(pcap([ethernet(udp_packet())]), "-q")[1], "")


class Errors(Base):
    def expect(self, status, text, *args, data=None):
        r = self.tool(*args, data=data)
        err = r.stderr.decode()
        self.assertEqual(r.returncode, status, err)
        self.assertIn(text, err)
        self.assertNotIn("Traceback", err)
        return r.stdout

    def test_usage(self):
        self.expect(2, "usage:")
        self.expect(2, "invalid choice: 'xml'", "-f", "xml", "-", "-")
        self.expect(2, "unrecognized arguments", "-", "-", "more")

    def test_help(self):
        r = self.tool("--help")
        self.assertEqual(r.returncode, 0)
        self.assertIn(b"eth_over_ib", r.stdout)

    def test_input_is_output(self):
        name = self.path("a.pcap")
        data = pcap([ethernet(udp_packet())])
        with open(name, "wb") as f:
            f.write(data)
        self.expect(2, "must be another file", name, name)
        with open(name, "rb") as f:
            self.assertEqual(f.read(), data)

    def test_absent(self):
        self.expect(1, "No such file", self.path("absent"), "-")
        self.expect(1, "No such file", "-", self.path("no/such"), data=pcap([]))

    def test_not_a_capture(self):
        for data in (b"", b"\xa1", b"hello world", b"\x00" * 64):
            self.expect(1, "-: neither pcap nor pcapng", "-", "-", data=data)

    def test_bad_file_leaves_output_alone(self):
        name = self.path("out.erf")
        self.expect(1, "neither", "-", name, data=b"hello world")
        self.assertFalse(os.path.exists(name))

    def test_link_type(self):
        self.expect(1, "link type is 113", "-", "-", data=pcap([], linktype=113))

    def test_cut_anywhere(self):
        """A file that ends early gives what came before, and status 1."""
        frames = [ethernet(udp_packet()), ethernet(arp_packet())]
        for make in (pcap, pcapng):
            whole = make(frames)
            start = len(make([]))
            second = len(make(frames[:1]))
            for n in (*range(4, start, 7), *range(start + 1, len(whole), 13)):
                clean = n in (start, second)
                r = self.tool("-", "-", data=whole[:n])
                self.assertNotIn(b"Traceback", r.stderr)
                if not clean and (make is pcap or n > start):
                    self.assertEqual(r.returncode, 1, (make.__name__, n, r.stderr))
                    self.assertIn(b"ends inside a", r.stderr)
                self.assertEqual(len(erf_records(r.stdout)), int(n >= second))

    def test_damaged_lengths(self):
        data = bytearray(pcap([ethernet(udp_packet())]))
        data[24 + 8 : 24 + 12] = b"\xff\xff\xff\xff"
        self.expect(1, "record of 4294967295 octets", "-", "-", data=bytes(data))
        data = bytearray(pcapng([ethernet(udp_packet())]))
        data[4:8] = struct.pack("<I", 13)
        self.expect(1, "block length 13 is not possible", "-", "-", data=bytes(data))
        data = bytearray(pcapng([ethernet(udp_packet())]))
        data[-4:] = b"\0\0\0\0"
        self.expect(1, "block lengths disagree", "-", "-", data=bytes(data))
        data = bytearray(pcapng([]))
        data += block("<", 6, struct.pack("<IIIII", 9, 0, 0, 0, 0))
        self.expect(1, "packet of interface 9, which is not described", "-", "-", data=bytes(data))
        data = bytearray(pcapng([]))
        data += block("<", 6, struct.pack("<IIIII", 1, 0, 0, 99, 99))
        self.expect(1, "packet is longer than its block", "-", "-", data=bytes(data))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    TOOL = sys.argv.pop(1)
    if shutil.which("tshark") is None:
        print("tshark is missing: its part is skipped")
    unittest.main(verbosity=2)
