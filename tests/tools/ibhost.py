# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""An IPoIB host on the carrier, for tests: frames by tests/oracle, IP by scapy.

It answers ARP and Neighbour Discovery for its addresses, and learns routers and
paths from what it receives: a peer's LID is the SLID of its packets.
"""

import pathlib
import socket
import struct
import sys
import time

from scapy.all import IP, IPv6, ICMPv6ND_NA, ICMPv6ND_NS, raw

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "oracle"))
import ib_frame_ref  # noqa: E402

ETHERTYPE = 0x88B5
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD
PKEY, QKEY = 0xFFFF, 0x0B1B
QPN_GROUP = 0xFFFFFF
BCAST_GID = bytes.fromhex("ff12401bffff000000000000ffffffff")
BCAST_LID = 0xC000


class Packet:
    """A received UD packet: where from, where to, encapsulation type, what it holds."""

    def __init__(self, frame):
        lrh = frame[14:22]
        self.dlid, words, self.slid = struct.unpack(">HHH", lrh[2:8])
        at, end = 22, 14 + 4 * (words & 0x7FF) - 4
        self.dgid = self.sgid = None
        if lrh[1] & 3 == 3:
            self.sgid, self.dgid = frame[at + 8:at + 24], frame[at + 24:at + 40]
            at += 40
        bth, deth = frame[at:at + 12], frame[at + 12:at + 20]
        self.dqpn = int.from_bytes(bth[5:8], "big")
        self.sqpn = int.from_bytes(deth[5:8], "big")
        data = frame[at + 20:end - (bth[1] >> 4 & 3)]
        self.type = struct.unpack(">H", data[:2])[0]
        self.data = data[4:]

    @property
    def to_group(self):
        return self.dqpn == QPN_GROUP


class Host:
    """One HCA port's IPoIB interface."""

    def __init__(self, iface, lid, gid, qpn):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
        self.sock.bind((iface, ETHERTYPE))
        self.lid, self.gid, self.qpn = lid, gid, qpn
        self.lladdr = struct.pack(">I", qpn) + gid
        self.ips = set()
        self.lid_of = {}  # by GID
        self.lladdr_of = {}  # by IPv4 address, of those that were asked for

    def send(self, ethertype, data, lladdr=None, group=(BCAST_LID, BCAST_GID)):
        """To a peer's 20 octets; else to a group."""
        to = {"dlid": group[0], "dqpn": QPN_GROUP, "dgid": group[1].hex()}
        if lladdr is not None:
            to = {
                "dlid": self.lid_of[lladdr[4:]],
                "dqpn": int.from_bytes(lladdr[1:4], "big"),
                "dgid": lladdr[4:].hex(),
            }
        head = struct.pack(">HH", ethertype, 0)
        self.sock.send(ib_frame_ref.frame(
            slid=self.lid, sqpn=self.qpn, sgid=self.gid.hex(), grh=True, pkey=PKEY, qkey=QKEY,
            data=head + bytes(data), **to))

    def is_mine(self, p):
        if p.slid == self.lid:
            return False
        return p.to_group or (p.dlid == self.lid and p.dqpn == self.qpn)

    def receive(self, seconds, wanted):
        """The first packet that is wanted, as wanted(packet) gives it, or None."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                frame = self.sock.recv(4096)
            except TimeoutError:
                return None
            p = Packet(frame)
            if not self.is_mine(p):
                continue
            if p.type == ARP:
                self.arp_input(p)
            elif p.type == IPV6:
                self.nd_input(p)
            found = wanted(p)
            if found is not None:
                return found
        return None

    # ARP (RFC 4391 9.1.1)

    def arp(self, op, target, tha=bytes(20), source="0.0.0.0"):
        return (struct.pack(">HHBBH", 32, IPV4, 20, 4, op) + self.lladdr
                + socket.inet_aton(source) + tha + socket.inet_aton(target))

    def arp_input(self, p):
        op = struct.unpack(">H", p.data[6:8])[0]
        sha, spa = bytes([0]) + p.data[9:28], socket.inet_ntoa(p.data[28:32])
        self.lid_of[sha[4:]] = p.slid
        self.lladdr_of[spa] = sha
        target = socket.inet_ntoa(p.data[52:56])
        if op == 1 and target in self.ips:
            self.send(ARP, self.arp(2, spa, tha=sha, source=target), sha)

    def resolve(self, target, source):
        for _ in range(10):
            self.send(ARP, self.arp(1, target, source=source))
            if self.receive(1, lambda p: self.lladdr_of.get(target)) is not None:
                return self.lladdr_of[target]
        raise SystemExit(f"no answer to ARP for {target}")

    # Neighbour Discovery (RFC 4391 9.3: two octets of nothing before the 20)

    def nd_input(self, p):
        ip = IPv6(p.data)
        if ICMPv6ND_NS not in ip or ip[ICMPv6ND_NS].tgt not in self.ips:
            return
        option = bytes(ip[ICMPv6ND_NS].payload)
        sha = bytes([0]) + option[5:24]
        self.lid_of[sha[4:]] = p.slid
        na = raw(IPv6(src=ip[ICMPv6ND_NS].tgt, dst=ip.src, hlim=255)
                 / ICMPv6ND_NA(tgt=ip[ICMPv6ND_NS].tgt, R=0, S=1, O=1)
                 / Option(2, self.lladdr))
        self.send(IPV6, na, sha)
        self.lladdr_of[ip.src] = sha

    def ipv4(self, packet, lladdr=None):
        self.send(IPV4, raw(packet), lladdr)

    def ipv6(self, packet, lladdr=None, group=None):
        self.send(IPV6, raw(packet), lladdr, group or (BCAST_LID, BCAST_GID))


def Option(kind, lladdr):
    """Source or target link-layer address."""
    from scapy.packet import Raw

    return Raw(bytes([kind, 3, 0, 0]) + lladdr)


def ip4(p):
    return IP(p.data) if p.type == IPV4 else None


def ip6(p):
    return IPv6(p.data) if p.type == IPV6 else None
