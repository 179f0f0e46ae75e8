# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Linux itself as a peer: what ip_forward between two veths costs for each packet.

A packet of a veth is received, forwarded and received again within the system call that sent it.
So the sender's CPU time for a packet through the router, less that for a packet to a host behind
the same kind of veth, is the cost of forwarding: one more reception, route, neighbour and veth.
"""

import os
import re
import subprocess

from programs import BenchError

HOSTS, FIRST = 256, "10.77.1.0"
OTHER_MAC = "02:00:00:00:07:07"  # nobody's: the last host drops at once, the same both ways


def run(*words, stdin=None):
    done = subprocess.run(words, input=stdin, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class LinuxForward:
    """Two namespaces: a router with 256 neighbours, and a host that drops."""

    name, started_s = "linux-ip_forward", None

    def start(self):
        for space in ("bench-router", "bench-sink"):
            run("ip", "netns", "add", space)
        self.veth("bg0", "br0", "bench-router")  # generator to router
        self.veth("bg1", "bs1", "bench-sink")  # generator to host
        run("ip", "link", "add", "br1", "netns", "bench-router", "type", "veth",
            "peer", "name", "bs0", "netns", "bench-sink")
        for space, iface in (("bench-router", "br1"), ("bench-sink", "bs0")):
            self.up(iface, space)
        for iface, address in (("br0", "192.0.2.1/24"), ("br1", "10.77.0.1/16")):
            run("ip", "-n", "bench-router", "addr", "add", address, "dev", iface)
        self.inside("bench-router", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        lines = "".join(f"neigh replace 10.77.1.{i} lladdr {OTHER_MAC} nud permanent dev br1\n"
                        for i in range(HOSTS))
        run("ip", "-n", "bench-router", "-batch", "-", stdin=lines)
        self.mac = self.inside("bench-router", "cat", "/sys/class/net/br0/address").strip()

    def veth(self, here, there, space):
        run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", space)
        self.up(there, space)
        run("sysctl", "-qw", f"net.ipv6.conf.{here}.disable_ipv6=1")
        run("ip", "link", "set", here, "up")

    def up(self, iface, space):
        self.inside(space, "sysctl", "-qw", f"net.ipv6.conf.{iface}.disable_ipv6=1")
        run("ip", "-n", space, "link", "set", iface, "up")

    def inside(self, space, *words):
        # /sys must be that of the namespace.
        return run("nsenter", f"--net=/run/netns/{space}", "unshare", "--mount", "sh", "-c",
                   'mount -t sysfs none /sys && exec "$@"', "sh", *words)

    def sleep(self):
        pass

    wake = sleep

    def send(self, iface, mac, seconds):
        out = run("taskset", "-c", "1", os.environ["LAB_BUILD"] + "/tests/perf/linux_fwd", iface,
                  mac, FIRST, str(HOSTS), str(seconds))
        return float(re.search(r"ns=([\d.]+)", out)[1])

    def forwarded(self):
        out = self.inside("bench-router", "cat", "/proc/net/snmp")
        heads, values = [line.split() for line in out.splitlines() if line.startswith("Ip:")]
        return int(dict(zip(heads, values))["ForwDatagrams"])

    def measure(self, warm, seconds):
        before = self.forwarded()
        through = self.send("bg0", self.mac, seconds / 2)
        if self.forwarded() == before:
            raise BenchError("Linux forwards nothing")
        straight = self.send("bg1", OTHER_MAC, seconds / 2)
        ns = through - straight
        return {"pps": 1e9 / ns, "wall_pps": 1e9 / ns, "lcores": 1, "figures": {
            "Linux, ns of a packet sent through a router": through,
            "Linux, ns of a packet sent straight to a host": straight}}

    def stop(self):
        for space in ("bench-router", "bench-sink"):
            subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)
