# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Memory of a gateway, by the difference of two that differ in one thing; and how long its start
takes, beside testpmd's."""

import pathlib
import re
import statistics

from programs import Gateway, Program, testpmd, until

ROUTES, ROOM = 10000, (16384, 65536)
ADDRESSES = ["ip address add 198.18.0.1/15 port 0", "ip address add 10.77.0.1/16 port 1"]


class Idle(Gateway):
    """It only has to be there."""

    def ready(self):
        until(60, f"{self.name}: port {self.ipoib} up",
              lambda: self.value(f"/ipoib/info,{self.ipoib}", "link") == "up")


class Sending(Idle):
    """Its port is up, and packets leave."""

    def ready(self):
        super().ready()
        Program.ready(self)


def start_s(make):
    """Median of five starts."""
    took = []
    for _ in range(5):
        program = make()
        try:
            program.start()
            took.append(program.started_s)
        finally:
            program.stop()
    return statistics.median(took)


def start_figures(ipoib, sink):
    """Sources that have nothing to read: net_pcap copies its file into buffers before it starts."""
    script = [*ADDRESSES, "set fwd txonly", "start"]
    vdevs = [sink.replace("null0", "null1"), ipoib(0, "net_null0"), sink]
    return {
        "start until the SA's group is joined and packets leave, s": start_s(
            lambda: Sending("start", vdevs, (1, "opackets"), script, ipoib=1)),
        "start of testpmd on net_null until packets leave, s": start_s(
            lambda: testpmd("start-testpmd", "txonly", [sink], (0, "opackets"))),
    }


def octets(name, vdevs, script, options=()):
    """Of EAL's heap, and of the process beside it."""
    gateway = Idle(name, vdevs, None, script, ipoib=1, options=options)
    try:
        gateway.start()
        heap = gateway.ask("/eal/heap_info,0")["Alloc_size"]
        status = pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text(encoding="ascii")
        return heap + 1024 * int(re.search(r"VmRSS:\s+(\d+)", status)[1])
    finally:
        gateway.stop()


def figures(ipoib, sink):
    """ipoib: a function that gives the vdev of IPoIB port n on a carrier."""
    vdevs = [sink.replace("null0", "null1"), ipoib(0, "net_null0"), sink]
    routes = [f"ip route add 100.{i >> 8}.{i & 255}.0/24 via 198.18.0.2" for i in range(ROUTES)]
    small, large = (octets(f"memory-{n}", vdevs, ADDRESSES, ["--gc-thresh3", str(n)]) for n in ROOM)
    routed = octets("memory-routes", vdevs, ADDRESSES + routes)
    two = octets("memory-ports", [*vdevs, ipoib(1, "net_null2"), sink.replace("null0", "null2")],
                 ADDRESSES)
    return {
        "memory of a gateway with two ports, 65,536 mbufs and room for 16,384 neighbours, MB":
            small / 2 ** 20,
        "memory of a neighbour, octets (room for 65,536 less room for 16,384)":
            (large - small) / (ROOM[1] - ROOM[0]),
        "memory of a route, octets (10,000 of /24)": (routed - small) / ROUTES,
        "memory of one more IPoIB port with its carrier, MB": (two - small) / 2 ** 20,
    }
