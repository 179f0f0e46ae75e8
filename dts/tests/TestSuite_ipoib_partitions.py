# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Partitions.

Ports of more partitions come and go while the gateways forward, and what belongs to one goes by it.
"""

import re

from api.capabilities import LinkTopology, requires_link_topology
from api.test import verify
from framework.test_suite import func_test

from tests.ipoib_gateway import (
    ETHERNET,
    IPOIB,
    Gateway,
    GatewayConfig,
    IpoibTestSuite,
    numbered,
    numbers,
)

#: A network behind gateway B that is reached by the second partition.
FAR_NET, FAR_GATEWAY, FAR_HOST = "192.168.111.0/24", "192.168.111.2/24", "192.168.111.3"


@requires_link_topology(LinkTopology.TWO_LINKS)
class TestIpoibPartitions(IpoibTestSuite):
    """Partition test suite of dpdk-ipoib."""

    config: GatewayConfig

    def _add(self, gateway: Gateway, pkey: str) -> int:
        """Make a port in a partition and return its number."""
        out = gateway.say(f"ipoib pkey add {IPOIB} {pkey}")
        made = re.search(r"^Port (\d+) is in partition", out, re.M)
        verify(made is not None, f"ipoib pkey add: {out}")
        return int(made[1]) if made else -1

    @func_test
    def second_partition(self) -> None:
        """Two partitions at a time.

        Steps:
            * Make a port in the second partition on both gateways, with addresses, and a route of
              gateway A by it.
            * Send 20 packets by it and 20 by the default partition.
            * Remove the ports.

        Verify:
            * All arrive.
            * The ports of the second partition forwarded the 20 packets, and not the others.
            * The default partition still works when they are gone.
        """
        a, b = self._add(self.a, self.config.pkey), self._add(self.b, self.config.pkey)
        self.a.wait_up(self.config.up_s, a)
        self.b.wait_up(self.config.up_s, b)
        self.a.quiet(f"ip address add 203.0.114.1/24 port {a}")
        self.b.quiet(f"ip address add 203.0.114.2/24 port {b}")
        self.a.quiet(f"ip route add {FAR_NET} via 203.0.114.2")
        self.b.quiet(f"ip address add {FAR_GATEWAY} port {ETHERNET}")
        mac = self.topology.tg_port_ingress.mac_address
        self.b.quiet(f"ip neigh add {FAR_HOST} lladdr {mac} port {ETHERNET}")
        self.verify_delivered(numbered(1, dst=FAR_HOST), "the first by the second partition")
        self.verify_delivered(numbered(1), "the first by the default partition")
        sent, received = self.a.counters(a)["TX-packets"], self.b.counters(b)["RX-packets"]
        self.verify_delivered(numbered(20, dst=FAR_HOST), "by the second partition")
        self.verify_delivered(numbered(20), "by the default partition")
        sent = self.a.counters(a)["TX-packets"] - sent
        received = self.b.counters(b)["RX-packets"] - received
        for count in (sent, received):  # a neighbour may be asked for meanwhile
            verify(20 <= count < 30, f"{sent} were sent, {received} received by the partition")
        self.a.quiet(f"ip route del {FAR_NET}")
        for gateway, port in ((self.a, a), (self.b, b)):
            gateway.say(f"ipoib pkey del {port}")
            verify(f"port {port} " not in gateway.say("show fwd stats all"), f"port {port} is there")
        self.verify_delivered(numbered(5), "when the ports are gone")

    @func_test
    def absent_partition(self) -> None:
        """A partition that the subnet manager did not give.

        Steps:
            * Make a port with a P_Key that the HCA port does not have.
            * Send packets by the default partition.

        Verify:
            * The port is there, says that its P_Key is not, and does not come up.
            * The default partition is as it was.
        """
        port = self._add(self.a, self.config.pkey_absent)
        info = self.a.info(port)
        verify(info["pkey_present"] == 0 and info["up"] == 0, f"port {port}: {info}")
        verify("P_Key" in info["reason"] or "P_Key" in info["link"], f"reason: {info['reason']}")
        self.verify_delivered(numbered(5), "beside a port without its P_Key")
        self.a.say(f"ipoib pkey del {port}")

    @func_test
    def refused(self) -> None:
        """What is no P_Key is refused in words.

        Steps:
            * Ask for P_Key 0x8000 (no partition), for one that is there already, and for a partition
              of the Ethernet port.

        Verify:
            * Each is refused with a reason, and no port is made.
        """
        have = self.a.info()["pkey"]
        for command in (f"ipoib pkey add {IPOIB} 0x8000", f"ipoib pkey add {IPOIB} {have}",
                        f"ipoib pkey add {ETHERNET} {self.config.pkey}"):
            out = self.a.say(command)
            verify(out != "" and not out.startswith("Port "), f"'{command}' says '{out}'")
        got = self.capture(numbered(3))
        verify(numbers(got) == [0, 1, 2], f"{numbers(got)} arrived")
