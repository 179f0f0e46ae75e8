# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Multicast over InfiniBand groups.

Gateway B's network asks for a group; gateway B joins the group of the fabric, gateway A lets packets
through only while somebody is a member.
"""

import ipaddress

from api.capabilities import LinkTopology, requires_link_topology
from api.test import verify
from framework.context import get_ctx
from framework.test_suite import func_test
from scapy.layers.inet import IP, IPOption_Router_Alert
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import checksum

from tests.ipoib_gateway import (
    ETHERNET,
    IPOIB,
    Gateway,
    GatewayConfig,
    IpoibTestSuite,
    numbered,
    numbers,
    until,
)


def mac_of(group: str) -> str:
    """The MAC address of an IPv4 group (RFC 1112, 6.4)."""
    low = int(ipaddress.ip_address(group)) & 0x7FFFFF
    return "01:00:5e:" + ":".join(f"{octet:02x}" for octet in low.to_bytes(3, "big"))


def mgid_of(group: str, broadcast: str) -> str:
    """The MGID of an IPv4 group (RFC 4391, 4), as the gateway writes it."""
    words = broadcast.split(":")
    low = int(ipaddress.ip_address(group)) & 0xFFFFFFF
    return ":".join([*words[:6], f"{low >> 16:04x}", f"{low & 0xFFFF:04x}"])


@requires_link_topology(LinkTopology.TWO_LINKS)
class TestIpoibMulticast(IpoibTestSuite):
    """Multicast test suite of dpdk-ipoib."""

    config: GatewayConfig

    def set_up_suite(self) -> None:
        """Route multicast from gateway A's Ethernet to gateway B's."""
        super().set_up_suite()
        self.a.quiet(f"ip set multicast on port {IPOIB}")
        self.a.quiet(f"ip multicast upstream port {ETHERNET}")
        self.b.quiet(f"ip set multicast on port {ETHERNET}")
        self.b.quiet(f"ip multicast upstream port {IPOIB}")

    def _groups(self, gateway: Gateway) -> dict[str, str]:
        """InfiniBand groups of a gateway, and how it is in them."""
        return {r["mgid"]: r["state"] for r in gateway.rows(f"ipoib mcast show {IPOIB}")}

    def _broadcast(self) -> str:
        """The MGID of the broadcast group."""
        return next(g for g in self._groups(self.b) if g.endswith(":ffff:ffff"))

    def _packets(self, group: str, count: int) -> list[Packet]:
        """Numbered packets to a group."""
        packets = numbered(count, dst=group, ttl=16)
        for packet in packets:
            packet[Ether].dst = mac_of(group)
        return packets

    def _wanted(self, gateway: Gateway, group: str) -> bool:
        """Does somebody behind the gateway want the group?"""
        return any(r["group"] == group for r in gateway.rows("ip multicast show"))

    def _verify_passes(self, group: str) -> None:
        """Wait for gateway A to know of a member, then send."""
        until(10, lambda: self._wanted(self.a, group), lambda: f"gateway A does not know {group}")
        packets = self._packets(group, 10)
        got = self.capture(packets)
        verify(numbers(got) == list(range(10)), f"to {group}: {numbers(got)} arrived")
        for packet in [p for p in got if IP in p and p[IP].dst == group]:
            verify(packet[Ether].dst == mac_of(group), f"sent to {packet[Ether].dst}")
            verify(packet[IP].ttl == 14, f"TTL {packet[IP].ttl}")

    def _igmp(self, kind: int, group: str) -> None:
        """Send an IGMPv2 message of a host of gateway B."""
        body = bytes([kind, 0, 0, 0]) + ipaddress.ip_address(group).packed
        body = body[:2] + checksum(body).to_bytes(2, "big") + body[4:]
        to = group if kind == 0x16 else "224.0.0.2"
        packet = (
            Ether(src=self.topology.tg_port_ingress.mac_address, dst=mac_of(to))
            / IP(src=str(self._tg_ip_address_ingress.ip), dst=to, ttl=1, proto=2,
                 options=[IPOption_Router_Alert()])
            / Raw(body)
        )
        generator = get_ctx().func_tg
        assert generator is not None, "a functional traffic generator is needed"
        generator.send_packets([packet], self.topology.tg_port_ingress)

    @func_test
    def broadcast_group(self) -> None:
        """The broadcast group of the partition is joined.

        Steps:
            * Show the groups of both gateways.

        Verify:
            * Both are full members of the same group ff12:401b:PKEY::ffff:ffff.
        """
        groups = self._groups(self.a)
        group = self._broadcast()
        verify(group.startswith("ff12:401b:"), f"broadcast group {group}")
        verify(groups.get(group) == "joined", f"gateway A has {groups}")
        verify(self._groups(self.b)[group] == "joined", f"gateway B has {self._groups(self.b)}")

    @func_test
    def not_wanted(self) -> None:
        """Nobody gets what nobody asked for.

        Steps:
            * Send packets to 239.1.2.1, which nobody has joined, then a unicast packet.

        Verify:
            * Only the last arrives; gateway A counts the others in drop_mcast.
        """
        before = self.a.counters()["drop_mcast"]
        got = self.capture(self._packets("239.1.2.1", 5) + numbered(6)[5:])
        verify(numbers(got) == [5], f"{numbers(got)} arrived")
        after = self.a.counters()["drop_mcast"]
        verify(after - before == 5, f"drop_mcast was {before} and is {after}")

    @func_test
    def by_command(self) -> None:
        """A group that gateway B has by command.

        Steps:
            * ``ip multicast join 239.1.2.2`` at gateway B's Ethernet port.
            * Send 10 packets to it, then leave.

        Verify:
            * Gateway B is in the InfiniBand group, gateway A knows that it is wanted.
            * All arrive, with the group's MAC address and a TTL of two less.
            * Gateway B leaves the InfiniBand group.
        """
        group = "239.1.2.2"
        mgid = mgid_of(group, self._broadcast())
        self.b.quiet(f"ip multicast join {group} port {ETHERNET}")
        until(10, lambda: self._groups(self.b).get(mgid) == "joined",
              lambda: f"gateway B is not in {mgid}: {self._groups(self.b)}")
        self._verify_passes(group)
        self.b.quiet(f"ip multicast leave {group} port {ETHERNET}")
        until(10, lambda: mgid not in self._groups(self.b),
              lambda: f"gateway B is still in {mgid}")

    @func_test
    def by_igmp(self) -> None:
        """A group that a host of gateway B asks for.

        Steps:
            * The traffic generator sends an IGMPv2 report for 239.1.2.3 to gateway B.
            * Send 10 packets to the group.
            * The traffic generator sends an IGMPv2 leave.

        Verify:
            * All arrive.
            * Gateway B forgets the group when nobody answers its query.
        """
        group = "239.1.2.3"
        self._igmp(0x16, group)
        self._verify_passes(group)
        self._igmp(0x17, group)
        until(15, lambda: not self._wanted(self.b, group), lambda: "gateway B keeps the group")
