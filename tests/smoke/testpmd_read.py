#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Drive testpmd, or a program that is like it, and read all that it says with one parser.

testpmd_read.py PROMPT PROGRAM ARGUMENT...

Two net_null ports forward to each other. What is read must agree with itself: every packet that
was received was sent, and sums are sums.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
# pylint: disable=wrong-import-position
import testpmd_parser as parser  # noqa: E402
from terminal import Terminal  # noqa: E402


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def check_info(info):
    check(sorted(info) == [0, 1], f"ports {sorted(info)} in show port info")
    for port, lines in info.items():
        check(lines["Driver name"] == "net_null", f"port {port}: driver {lines['Driver name']}")
        check(lines["Link status"] == "up", f"port {port}: link {lines['Link status']}")
        check(lines["Device name"] == f"net_null{port}", f"port {port}: {lines['Device name']}")
        check(lines["Current number of RX queues"] == "1", f"port {port}: RX queues")
        check(lines["MTU"] == "1500", f"port {port}: MTU {lines['MTU']}")


def check_config(config):
    check(config["mode"] == "io", f"mode {config['mode']}")
    check((config["ports"], config["cores"], config["streams"]) == (2, 1, 2), str(config))
    streams = sorted(s for core in config["lcores"].values() for s in core)
    check(streams == [(0, 0, 1), (1, 0, 0)], f"streams {streams}")


def check_stats(first, second):
    check(sorted(first) == [0, 1] and sorted(second) == [0, 1], "ports in show port stats")
    for port in (0, 1):
        check(second[port]["RX-packets"] > first[port]["RX-packets"] > 0,
              f"port {port}: does not receive: {first[port]}, {second[port]}")
        check(second[port]["Rx-pps"] > 0, f"port {port}: no rate: {second[port]}")


def check_stop(ports, total):
    check(sorted(ports) == [0, 1], f"ports {sorted(ports)} in the statistics of stop")
    for key, number in total.items():
        check(number == ports[0][key] + ports[1][key], f"{key}: {number} is not the sum")
    check(total["RX-packets"] > 0, "nothing was forwarded")
    check(ports[0]["RX-packets"] == ports[1]["TX-total"], f"packets were lost: {ports}")
    check(ports[1]["RX-packets"] == ports[0]["TX-total"], f"packets were lost: {ports}")


def main():
    program = Terminal(sys.argv[2:], sys.argv[1])
    check_info(parser.port_info(program.ask("show port info all")))
    program.ask("set fwd io")
    check_config(parser.fwd_config(program.ask("show config fwd")))
    check_config(parser.fwd_config(program.ask("start")))
    first = parser.port_stats(program.ask("show port stats all"))
    second = parser.port_stats(program.ask("show port stats all"))
    check_stats(first, second)
    parser.fwd_stats(program.ask("show fwd stats all"))
    ports, total = parser.fwd_stats(program.ask("stop"))
    check_stop(ports, total)
    program.ask("quit")
    check(program.wait() == 0, "exit status")
    print(f"{sys.argv[2]}: {total['RX-packets']} packets, all read")


if __name__ == "__main__":
    main()
