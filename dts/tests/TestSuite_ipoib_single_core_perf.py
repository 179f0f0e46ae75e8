# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Forwarding rate of one worker.

Each gateway has one worker. What the traffic generator gets back is compared with what is expected
of this testbed, if ``tests_config.yaml`` says so, and with the smallest frames. A rate of its own is
no property of the program: it is the testbed's.
"""

from typing import Any

from api.capabilities import LinkTopology, requires_link_topology
from api.packet import assess_performance_by_packet
from api.test import log, verify, write_performance_json
from framework.test_suite import perf_test

from tests.ipoib_gateway import GatewayConfig, IpoibTestSuite, numbered


class Config(GatewayConfig):
    """What is measured.

    Attributes:
        test_parameters: Sizes of frames with FCS, and millions of packets a second that are
            expected; 0: only to be measured.
        delta_tolerance: A part of the expected rate that may be missing.
        duration_s: Seconds of each measurement.
    """

    test_parameters: list[dict[str, int | float]] = [
        {"frame_size": 64, "expected_mpps": 0.0},
        {"frame_size": 256, "expected_mpps": 0.0},
        {"frame_size": 1024, "expected_mpps": 0.0},
        {"frame_size": 1518, "expected_mpps": 0.0},
    ]
    delta_tolerance: float = 0.05
    duration_s: float = 30.0


@requires_link_topology(LinkTopology.TWO_LINKS)
class TestIpoibSingleCorePerf(IpoibTestSuite):
    """Single core performance test suite of dpdk-ipoib."""

    config: Config

    @perf_test
    def single_core_perf(self) -> None:
        """Measure what one worker forwards from Ethernet to IPoIB, and one back to Ethernet.

        Steps:
            * Forward with one worker on both gateways.
            * For each frame size, send one flow for some seconds.

        Verify:
            * Packets come back at the expected rate less its tolerance, if one is expected.
            * Both gateways account for every packet.
        """
        for gateway in (self.a, self.b):
            gateway.say("stop")
            gateway.say("set nbcore 1")
            gateway.say("start")
        results: list[dict[str, Any]] = []
        for wanted in self.config.test_parameters:
            size = int(wanted["frame_size"])
            packet = numbered(1, size - 4, src="192.168.100.3", dst="192.168.101.3")[0]
            packet.src = self.topology.tg_port_egress.mac_address
            packet.dst = self.topology.sut_port_ingress.mac_address
            stats = assess_performance_by_packet(packet, self.config.duration_s)
            verify(stats.rx_pps > 0, f"{size} octets: nothing came back")
            mpps = stats.rx_pps / 1e6
            results.append({
                "frame_size": size,
                "measured_mpps": mpps,
                "expected_mpps": wanted["expected_mpps"],
                "delivered": stats.rx_pps / stats.tx_pps,
                "to_smallest": mpps / (results[0]["measured_mpps"] if results else mpps),
            })
        for r in results:
            log(f"{r['frame_size']} octets: delivered/offered {r['delivered']:.3f}, "
                f"packets to those of {results[0]['frame_size']} octets {r['to_smallest']:.2f}")
        write_performance_json({"results": results})
        for gateway in (self.a, self.b):
            self.verify_accounted(gateway)
        for r in results:
            least = float(r["expected_mpps"]) * (1 - self.config.delta_tolerance)
            verify(r["measured_mpps"] >= least,
                   f"{r['frame_size']} octets: {r['measured_mpps']:.3f} Mpps, expected {least:.3f}")
