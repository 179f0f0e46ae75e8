# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""A traffic generator of packet sockets."""

import select
import signal
import socket
import os
import time
from types import SimpleNamespace
from typing import Any

from framework.context import InNamespace, Port, get_ctx
from scapy.layers.inet import IP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet

#: Before anything has come, silence is waited for so long at least: the machine may be busy.
PATIENCE_S = 1.5
#: As many as were sent are there: a moment for one that is doubled.
ALL_THERE_S = 0.1
#: Packets a second that the performance generator offers: what Python and af_packet can do.
OFFERED_PPS = 10000
OUTGOING = 4  # PACKET_OUTGOING


class Wire:
    """A packet socket on a port."""

    def __init__(self, port: Port) -> None:
        """Open it."""
        with InNamespace(port.namespace):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
        self.sock.bind((port.logical_name, 3))
        self.sock.setblocking(False)

    def close(self) -> None:
        """Close it."""
        self.sock.close()

    def frames(self) -> list[bytes]:
        """What has arrived, without what was sent from here."""
        got = []
        while True:
            try:
                frame, address = self.sock.recvfrom(65536)
            except BlockingIOError:
                return got
            if address[2] != OUTGOING:
                got.append(frame)


class FunctionalGenerator:
    """Sends and captures."""

    def send_packets(self, packets: list[Packet], port: Port) -> None:
        """Send on a port."""
        wire = Wire(port)
        wire.sock.setblocking(True)
        for packet in packets:
            wire.sock.send(bytes(packet))
        wire.close()

    def send_packets_and_capture(self, packets: list[Packet], send_port: Port, receive_port: Port,
                                 duration: float) -> list[Packet]:
        """Send, then capture until nothing has come for so long; no ARP and no ICMP, as in DTS."""
        wire = Wire(receive_port)
        self.send_packets(packets, send_port)
        got: list[Packet] = []
        wait = max(duration, PATIENCE_S)
        while select.select([wire.sock], [], [], wait)[0]:
            new = [Ether(frame) for frame in wire.frames()]
            new = [p for p in new if ARP not in p and not (IP in p and p[IP].proto in (1, 2))]
            got += new
            if got:
                wait = duration if len(got) < len(packets) else ALL_THERE_S
        wire.close()
        return got


class PerformanceGenerator:
    """Sends one packet again and again from another process, and counts what comes back."""

    def calculate_traffic_and_stats(self, packet: Packet, duration: float,
                                    _: int | None = None) -> Any:
        """Offer OFFERED_PPS for so many seconds."""
        topology = get_ctx().topology
        frame = bytes(packet)
        wire = Wire(topology.tg_port_ingress)
        offered = int(OFFERED_PPS * duration)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._send(frame, topology.tg_port_egress, offered)
            os._exit(0)
        received = 0
        sent = False
        while select.select([wire.sock], [], [], 0.3)[0] or not sent:
            received += sum(f[14:] == frame[14:22] + bytes([frame[22] - 2]) + frame[23:24] +
                            f[24:26] + frame[26:] for f in wire.frames())
            sent = sent or os.waitpid(pid, os.WNOHANG)[0] == pid
        wire.close()
        return SimpleNamespace(tx_pps=offered / duration, rx_pps=received / duration,
                               tx_bps=0.0, rx_bps=0.0)

    @staticmethod
    def _send(frame: bytes, port: Port, offered: int) -> None:
        wire = Wire(port)
        wire.sock.setblocking(True)
        began = time.monotonic()
        for i in range(offered):
            if i % 20 == 0:
                time.sleep(max(0.0, began + i / OFFERED_PPS - time.monotonic()))
            wire.sock.send(frame)
        wire.close()


def adjust_addresses(packets: list[Packet]) -> list[Packet]:
    """Put in addresses that are missing: from the generator, through the SUT, to the generator."""
    t = get_ctx().topology
    suite = get_ctx().local.current_test_suite
    out = []
    for packet in packets:
        p = packet.copy()
        if "src" not in p.fields:
            p.src = t.tg_port_egress.mac_address
        if "dst" not in p.fields:
            p.dst = t.sut_port_ingress.mac_address
        if IP in p:
            ip = p[IP]
            if "src" not in ip.fields:
                ip.src = str(suite._tg_ip_address_egress.ip)
            if "dst" not in ip.fields:
                ip.dst = str(suite._tg_ip_address_ingress.ip)
        out.append(p)
    return out


def send_packets_and_capture(packets: list[Packet], duration: float = 1) -> list[Packet]:
    """Send at the one end, capture at the other."""
    t = get_ctx().topology
    return get_ctx().func_tg.send_packets_and_capture(
        adjust_addresses(packets), t.tg_port_egress, t.tg_port_ingress, duration)


def assess_performance_by_packet(packet: Packet, duration: float,
                                 send_mpps: int | None = None) -> Any:
    """Offer one packet again and again."""
    return get_ctx().perf_tg.calculate_traffic_and_stats(packet, duration, send_mpps)
