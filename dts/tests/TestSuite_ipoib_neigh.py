# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Neighbours with 20-octet addresses.

They are resolved when they are needed, forgotten when they are not, found again when they have
moved, and nothing is lost on the way that is not counted.
"""

import time
from typing import ClassVar

from api.capabilities import LinkTopology, requires_link_topology
from api.test import log, verify
from framework.test_suite import func_test

from tests.ipoib_gateway import (
    B_IPOIB,
    IPOIB,
    GatewayConfig,
    IpoibTestSuite,
    numbered,
    numbers,
    until,
)

#: Seconds; who is idle for twice as long is forgotten.
GC_INTERVAL = 1


@requires_link_topology(LinkTopology.TWO_LINKS)
class TestIpoibNeigh(IpoibTestSuite):
    """Neighbour test suite of dpdk-ipoib."""

    config: GatewayConfig
    more_options: ClassVar[str] = f"--gc-interval={GC_INTERVAL}"

    def _forget(self) -> None:
        """Let gateway A forget next hops, 20-octet addresses and paths."""
        for command in ("ip neigh flush", f"ipoib neigh flush {IPOIB}", f"ipoib path flush {IPOIB}"):
            self.a.say(command)

    @func_test
    def resolved_on_demand(self) -> None:
        """The first packets to a neighbour wait for its address and its path.

        Steps:
            * Let gateway A forget gateway B's address and path.
            * Send 8 packets at once.

        Verify:
            * All arrive, in order.
            * Gateway A knows the address that gateway B shows, and its LID.
        """
        self._forget()
        self.verify_delivered(numbered(8), "to an unknown neighbour")
        want = self.b.info()
        rows = self.a.rows(f"ipoib neigh show {IPOIB}")
        verify([(r["lladdr"], r["dlid"]) for r in rows] == [(want["lladdr"], want["lid"])],
               f"gateway B is {want['lladdr']}, LID {want['lid']}; gateway A has {rows}")

    @func_test
    def ageing(self) -> None:
        """A neighbour that nobody uses is forgotten.

        Steps:
            * Send a packet, so that the neighbour is known.
            * Send nothing until it is forgotten.

        Verify:
            * It is forgotten after more than one, and no more than about four, intervals.
            * The next packet finds it again.
        """
        self.verify_delivered(numbered(1), "before")
        began = time.monotonic()
        until(10 * GC_INTERVAL, lambda: not self.a.rows(f"ipoib neigh show {IPOIB}"),
              lambda: f"not forgotten: {self.a.rows(f'ipoib neigh show {IPOIB}')}")
        took = time.monotonic() - began
        log(f"forgotten after {took:.1f} s")
        # The next hop above it asks once more before it lets go.
        verify(took > GC_INTERVAL, f"forgotten after {took:.1f} s")
        self.verify_delivered(numbered(1), "after")

    @func_test
    def failover(self) -> None:
        """A neighbour that dies and comes back elsewhere is found.

        Steps:
            * Send a packet, then kill gateway B and start it again.

        Verify:
            * Packets arrive again, within 10 seconds of gateway B's port being up.
            * Gateway A has gateway B's new address, and no other.
        """
        self.verify_delivered(numbered(1), "before")
        self.b.kill()
        self.start_gateway("b")
        self.b.wait_up(self.config.up_s)
        self.until_delivered(10, "gateway B came back")
        want = self.b.info()["lladdr"]
        rows = self.a.rows("ip neigh show")
        have = [r.get("lladdr") for r in rows if r["address"] == B_IPOIB]
        verify(have == [want], f"gateway B is {want}, gateway A has {have}")

    @func_test
    def churn(self) -> None:
        """Neighbours that are forgotten all the time.

        Steps:
            * Ten times: let gateway A forget everything, and send 8 packets at once.

        Verify:
            * Those that arrive are in order, and at least every second does.
            * All that does not is counted by gateway A as a drop.
        """
        before = self.a.counters()["RX-packets"]
        packets = numbered(80)
        got: list[int] = []
        for i in range(0, len(packets), 8):
            self._forget()
            got += numbers(self.capture(packets[i : i + 8]))
        verify(got == sorted(set(got)), f"out of order, or doubled: {got}")
        verify(len(got) >= len(packets) // 2, f"{len(got)} of {len(packets)} arrived")
        after = self.a.counters()["RX-packets"]
        verify(after - before >= len(packets), f"gateway A received {after - before} packets")
        self.verify_accounted(self.a)
