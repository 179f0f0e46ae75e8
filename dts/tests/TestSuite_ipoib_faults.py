# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Faults: malformed packets, ports that go, and a gateway that dies."""

from typing import Any

from api.capabilities import LinkTopology, requires_link_topology
from api.test import verify
from framework.test_suite import func_test
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from tests.ipoib_gateway import IPOIB, GatewayConfig, IpoibTestSuite, numbered, numbers


@requires_link_topology(LinkTopology.TWO_LINKS)
class TestIpoibFaults(IpoibTestSuite):
    """Fault test suite of dpdk-ipoib."""

    config: GatewayConfig

    @func_test
    def malformed(self) -> None:
        """Malformed packets are dropped and counted, each by its reason.

        Steps:
            * Send packets with IP version 5, an IHL of 3, an IP length beyond the frame, a frame
              for another MAC address, an unknown ethertype, and source address 127.0.0.1.
            * Send good packets behind each.

        Verify:
            * Only the good packets arrive.
            * Each reason counts one packet more.
        """
        ip: dict[str, Any] = {"src": "192.168.100.3", "dst": "192.168.101.3"}
        bad: dict[str, Packet] = {
            "drop_ip_version": Ether(type=0x0800) / IP(version=5, **ip) / Raw(b"\0" * 60),
            "drop_ip_hdrlen": Ether() / IP(ihl=3, **ip) / Raw(b"\0" * 60),
            "drop_ip_length": Ether() / IP(len=1400, **ip) / Raw(b"\0" * 60),
            "drop_l2_dst": Ether(dst="02:00:00:00:00:99") / IP(**ip) / Raw(b"\0" * 60),
            "drop_l2_type": Ether(type=0x88B5) / Raw(b"\0" * 60),
            "drop_ip_src": Ether() / IP(src="127.0.0.1", dst=ip["dst"]) / Raw(b"\0" * 60),
        }
        before = self.a.counters()
        good = numbered(len(bad))
        got = self.capture([p for pair in zip(bad.values(), good) for p in pair])
        verify(numbers(got) == list(range(len(good))), f"{numbers(got)} arrived")
        after = self.a.counters()
        for name in bad:
            verify(after[name] == before[name] + 1, f"{name}: {before[name]}, then {after[name]}")

    @func_test
    def port_stopped(self) -> None:
        """A port that is stopped and started again.

        Steps:
            * Stop the IPoIB port of gateway A and send 5 packets.
            * Start it again.

        Verify:
            * Nothing arrives meanwhile, and gateway A counts 5 drops.
            * Packets arrive again within 10 seconds of the port being up.
        """
        self.verify_delivered(numbered(1), "before")
        before = self.a.counters()
        self.a.say(f"port stop {IPOIB}")
        got = self.capture(numbered(5))
        verify(not numbers(got), f"{numbers(got)} arrived by a port that is stopped")
        after = self.a.counters()
        drops = {n: after[n] - before[n] for n in after if n.startswith("drop_")}
        verify(sum(drops.values()) == 5, f"5 packets were sent, dropped are {drops}")
        self.a.say(f"port start {IPOIB}")
        self.a.wait_up(self.config.up_s)
        self.until_delivered(10, "the port was started again")
        self.verify_delivered(numbered(10), "after")

    @func_test
    def gateway_killed(self) -> None:
        """A gateway that dies without a word, and comes back.

        Steps:
            * Kill gateway B and send 5 packets.
            * Start it again.

        Verify:
            * Nothing arrives meanwhile; gateway A goes on and accounts for everything.
            * Packets arrive again within 10 seconds of gateway B's port being up.
        """
        self.verify_delivered(numbered(1), "before")
        self.b.kill()
        got = self.capture(numbered(5))
        verify(not numbers(got), f"{numbers(got)} arrived by a gateway that is dead")
        self.verify_accounted(self.a)
        self.start_gateway("b")
        self.b.wait_up(self.config.up_s)
        self.until_delivered(10, "gateway B came back")
        self.verify_delivered(numbered(10), "after")
