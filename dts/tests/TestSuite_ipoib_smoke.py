# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Smoke tests of dpdk-ipoib.

Two gateways come up on the fabric, know each other, and let a packet through.
"""

from api.capabilities import LinkTopology, requires_link_topology
from api.test import verify
from framework.test_suite import func_test
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

from tests.ipoib_gateway import B_IPOIB, GatewayConfig, IpoibTestSuite, numbered


@requires_link_topology(LinkTopology.TWO_LINKS)
class TestIpoibSmoke(IpoibTestSuite):
    """Smoke test suite of dpdk-ipoib."""

    config: GatewayConfig

    @func_test
    def ports_up(self) -> None:
        """The IPoIB ports are what the subnet manager made of them.

        Steps:
            * Show the IPoIB port of both gateways.

        Verify:
            * Each has a LID of its own, knows the subnet manager's, and is in its broadcast group.
            * The IP MTU is that of the broadcast group, at most 4092.
            * The 20-octet address ends with the port's GID.
        """
        infos = [self.a.info(), self.b.info()]
        for i in infos:
            verify(i["lid"] != 0 and i["sm_lid"] != 0, f"no LID, or none of the SM: {i}")
            verify(i["joined"] == 1, f"the broadcast group is not joined: {i}")
            verify(252 <= i["mtu"] <= 4092, f"IP MTU {i['mtu']}")
            verify(i["lladdr"].replace(":", "").endswith(i["gid"].replace(":", "")),
                   f"address {i['lladdr']} of GID {i['gid']}")
        verify(infos[0]["lid"] != infos[1]["lid"], f"both have LID {infos[0]['lid']}")

    @func_test
    def ping_across(self) -> None:
        """Gateway A reaches gateway B over InfiniBand.

        Steps:
            * Ping the IPoIB address of gateway B from the prompt of gateway A.
            * Ping the Ethernet address of gateway B.

        Verify:
            * All echo requests are answered.
            * Each gateway knows the other by its 20-octet address.
        """
        for address in (B_IPOIB, self._sut_ip_address_egress.ip):
            out = self.a.say(f"ping {address} count 3 interval 20")
            verify("3 sent, 3 answered" in out, f"ping {address}: {out}")
        want = self.b.info()["lladdr"]
        known = {r["address"]: r.get("lladdr") for r in self.a.rows("ip neigh show")}
        verify(known.get(B_IPOIB) == want, f"{B_IPOIB} is {want}, gateway A knows {known}")

    @func_test
    def forward_one(self) -> None:
        """One packet goes from the one end to the other.

        Steps:
            * Send one UDP packet with a TTL of 64.

        Verify:
            * It arrives with a TTL of 62, the MAC addresses of its last link, and its payload.
        """
        packet = numbered(1, ttl=64)[0]
        got = self.capture([packet])
        verify(len(got) == 1, f"{len(got)} packets arrived")
        ether, ip = got[0][Ether], got[0][IP]
        verify(ether.src == self.topology.sut_port_egress.mac_address, f"source {ether.src}")
        verify(ether.dst == self.topology.tg_port_ingress.mac_address, f"destination {ether.dst}")
        verify(ip.ttl == 62, f"TTL {ip.ttl}")
        verify(bytes(ip.payload.payload) == bytes(packet[IP].payload.payload), "another payload")
