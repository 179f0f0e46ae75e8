#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Read the output of dpdk-testpmd (22.11): statistics, port information, forwarding configuration.

It knows nothing of dpdk-ipoib, whose output it must be able to read all the same. A section that is
not as testpmd prints it is an error.
"""

import re


def blocks(text, head):
    """(match of a heading, lines up to the next one)"""
    found = list(re.finditer(head, text, re.M))
    ends = [m.start() for m in found[1:]] + [len(text)]
    return [(m, text[m.end():end]) for m, end in zip(found, ends)]


def value(block, key):
    """The number behind KEY:"""
    match = re.search(rf"(?:^|\s){re.escape(key)}:\s*(\d+)", block)
    if not match:
        raise ValueError(f"no '{key}' in: {block}")
    return int(match[1])


def port_stats(text):
    """show port stats all: {port: {key: number}}"""
    keys = ("RX-packets", "RX-missed", "RX-bytes", "RX-errors", "RX-nombuf", "TX-packets",
            "TX-errors", "TX-bytes", "Rx-pps", "Rx-bps", "Tx-pps", "Tx-bps")
    head = r"^  #{24} NIC statistics for port (\d+) +#{24}$"
    ports = {}
    for match, block in blocks(text, head):
        body, _, _ = block.partition("  " + "#" * 76)
        ports[int(match[1])] = {key: value(body, key) for key in keys}
    return ports


def port_info(text):
    """show port info all: {port: {name: text}}, flags and lists left out"""
    lines = ("MAC address", "Device name", "Driver name", "Firmware-version", "Connect to socket",
             "memory allocation on the socket", "Link status", "Link speed", "Link duplex",
             "Autoneg status", "MTU", "Promiscuous mode", "Allmulticast mode",
             "Maximum number of MAC addresses", "Minimum size of RX buffer",
             "Maximum configurable length of RX packet", "Current number of RX queues",
             "Max possible RX queues", "Max possible number of RXDs per queue",
             "Min possible number of RXDs per queue", "RXDs number alignment",
             "Current number of TX queues", "Max possible TX queues",
             "Max possible number of TXDs per queue", "Min possible number of TXDs per queue",
             "TXDs number alignment", "Max segment number per packet",
             "Max segment number per MTU/TSO", "Device capabilities",
             "Device error handling mode")
    ports = {}
    for match, block in blocks(text, r"^\*{21} Infos for port (\d+) +\*{21}$"):
        port = ports[int(match[1])] = {}
        for name in lines:
            line = re.search(rf"^{re.escape(name)}: ?(.*)$", block, re.M)
            if not line:
                raise ValueError(f"port {match[1]}: no line '{name}' in: {block}")
            port[name] = line[1]
    return ports


STREAM = re.compile(r"^  RX P=(\d+)/Q=(\d+) \(socket (\d+)\) -> "
                    r"TX P=(\d+)/Q=(\d+) \(socket (\d+)\) peer=([0-9A-Fa-f:]+)$", re.M)


def fwd_config(text):
    """show config fwd: mode, numbers, and for each lcore the streams (rx port, queue, tx port)"""
    head = re.search(r"^(\w+) packet forwarding - ports=(\d+) - cores=(\d+) - streams=(\d+) - "
                     r"NUMA support (?:enabled|disabled), MP allocation mode: \w+$", text, re.M)
    if not head:
        raise ValueError(f"no heading in: {text}")
    config = {"mode": head[1], "ports": int(head[2]), "cores": int(head[3]),
              "streams": int(head[4]), "lcores": {}}
    core = r"^Logical Core (\d+) \(socket \d+\) forwards packets on (\d+) streams:$"
    for match, block in blocks(text, core):
        streams = [(int(s[1]), int(s[2]), int(s[4])) for s in STREAM.finditer(block)]
        if len(streams) != int(match[2]):
            raise ValueError(f"{match[2]} streams expected in: {block}")
        config["lcores"][int(match[1])] = streams
    return config


def fwd_stats(text):
    """stop, show fwd stats all: ({port: {key: number}}, the same of all ports together)"""
    keys = ("RX-packets", "RX-dropped", "RX-total", "TX-packets", "TX-dropped", "TX-total")
    ports = {}
    port_part, border, rest = text.partition(
        "+" * 15 + " Accumulated forward statistics for all ports" + "+" * 15)
    if not border:
        raise ValueError(f"no accumulated statistics in: {text}")
    for match, block in blocks(port_part, r"^  -{22} Forward statistics for port (\d+) +-{22}$"):
        body, border, _ = block.partition("  " + "-" * 76)
        if not border:
            raise ValueError(f"port {match[1]}: no end in: {block}")
        ports[int(match[1])] = {key: value(body, key) for key in keys}
    body, border, _ = rest.partition("  " + "+" * 76)
    if not border:
        raise ValueError(f"no end in: {rest}")
    return ports, {key: value(body, key) for key in keys}
