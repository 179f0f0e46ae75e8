# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Forwarding between Ethernet and IPoIB.

What is forwarded arrives whole and in order; what must not be forwarded is counted by its reason.
"""

from api.capabilities import LinkTopology, requires_link_topology
from api.test import verify
from framework.test_suite import func_test
from scapy.layers.inet import IP
from scapy.packet import Packet

from tests.ipoib_gateway import GatewayConfig, IpoibTestSuite, numbered, numbers


@requires_link_topology(LinkTopology.TWO_LINKS)
class TestIpoibForward(IpoibTestSuite):
    """Forwarding test suite of dpdk-ipoib."""

    config: GatewayConfig

    def _refused(self, packet: Packet, counter: str) -> None:
        """Send a packet that gateway A refuses, and behind it one that it does not."""
        before = self.a.counters()[counter]
        got = self.capture([packet, numbered(2)[1]])
        verify(numbers(got) == [1], f"{counter}: {[p.summary() for p in got]} arrived")
        after = self.a.counters()[counter]
        verify(after == before + 1, f"{counter} was {before} and is {after}")

    @func_test
    def sizes(self) -> None:
        """Frames of all usual sizes pass.

        Steps:
            * Send UDP packets in frames of 64 to 1514 octets (without FCS).

        Verify:
            * Each arrives, as long as it was, with a right header checksum.
        """
        sizes = (64, 65, 128, 256, 511, 512, 1024, 1279, 1280, 1514)
        packets = [numbered(i + 1, size)[i] for i, size in enumerate(sizes)]
        got = self.capture(packets)
        verify(numbers(got) == list(range(len(sizes))), f"{numbers(got)} arrived")
        for size, packet in zip(sizes, got):
            ip = packet[IP]
            verify(ip.len == size - 14, f"a frame of {size} octets has IP length {ip.len}")
            fresh = ip.copy()
            del fresh.chksum
            verify(IP(bytes(fresh)).chksum == ip.chksum, f"wrong checksum in {ip.summary()}")

    @func_test
    def in_order(self) -> None:
        """A burst of one flow stays in order.

        Steps:
            * Send 200 numbered packets.

        Verify:
            * All arrive, in order, once.
        """
        self.verify_delivered(numbered(200), "a burst")

    @func_test
    def ttl_expired(self) -> None:
        """A packet at its last hop is not forwarded.

        Steps:
            * Send a packet with a TTL of 1, then one with the usual TTL.

        Verify:
            * Only the second arrives, and drop_ttl counts the first.
        """
        self._refused(numbered(1, ttl=1)[0], "drop_ttl")

    @func_test
    def no_route(self) -> None:
        """A packet without a route is not forwarded.

        Steps:
            * Send a packet to 100.64.0.1, then one to the traffic generator.

        Verify:
            * Only the second arrives, and drop_no_route counts the first.
        """
        self._refused(numbered(1, dst="100.64.0.1")[0], "drop_no_route")

    @func_test
    def bad_checksum(self) -> None:
        """A packet with a wrong header checksum is not forwarded.

        Steps:
            * Send a packet with a header checksum of 0x1234, then one with the right one.

        Verify:
            * Only the second arrives, and drop_ip_checksum counts the first.
        """
        self._refused(numbered(1, chksum=0x1234)[0], "drop_ip_checksum")
