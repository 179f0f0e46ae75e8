#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Hold doc/testpmd.md against the program: type every command, compare the options.

testpmd_table.py TABLE PROGRAM ARGUMENT...

The program has two net_null ports and -i.
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
# pylint: disable=wrong-import-position
from terminal import Terminal  # noqa: E402

PROMPT = "dpdk-ipoib> "
COMMANDS_LEAST = 60
ROW = re.compile(r"^\| `([^`]+)` \| (same|adapted|not applicable) \| (.*?) ?\|$", re.M)
REFUSAL = "is testpmd's, and not here: "
# What a command gets that the grammar does not know; the driver net_null cannot do everything.
UNKNOWN = re.compile(r"unknown command|bad word|incomplete command|ambiguous word|unexpected word|"
                     r"cannot parse|no port \d+:")
# A line, or part of one, of what must come.
EXPECT = {
    "show port info all": r"\*{21} Infos for port 0  \*{21}",
    "show port summary all": r"^Number of available ports: 2$",
    "show config rxtx": r"^  nb forwarding cores=1 - nb forwarding ports=2$",
    "show config cores": r"^List of forwarding lcores:  1",
    "show config txpkts": r"^Number of segments: 1\nSegment sizes: 64\nSplit packet: off$",
    "show port 0 macs": r"^Number of MAC address added: 1$",
    "show port 0 ptypes": r"^L2 ptypes unsupported$",
    "show port 0 rx_offload capabilities": r"^Rx Offloading Capabilities of port 0 :$",
    "show device info all": r"\*{21} Infos for device net_null1 \*{21}",
    "set fwd io": r"^Set io packet forwarding mode$",
    "set burst 16": r"^Number of packets per burst set to 16$",
    "set nbcore 1": r"^Number of forwarding cores set to 1$",
    "set nbport 2": r"^Number of forwarding ports set to 2$",
    "set verbose 1": r"^Change verbose level from 0 to 1$",
    "set verbose 0": r"^Change verbose level from 1 to 0$",
    "start": r"^io packet forwarding - ports=2 - cores=1 - streams=2 - NUMA support",
    "start tx_first": r"^io packet forwarding - ports=2 - cores=1 - streams=2 - NUMA support",
    "clear port stats all": r"^  NIC statistics for port 1 cleared$",
    "stop": r"RX-bursts : .*\n.*unaccounted 0\n.*CPU cycles/packet=.*\nDone\.$",
    "port stop all": r"^Stopping ports\.\.\.\n.*Checking link statuses\.\.\.\nDone$",
    "port start all": r"Checking link statuses\.\.\.\nDone$",
    "port attach net_null7": r"^Attaching a new port\.\.\.\n"
                             r"Port 2 is attached\. Now total ports is 3\nDone$",
    "port detach 2": r"^Device of port 2 is detached\nNow total ports is 2\nDone$",
    "port close 2": r"^Closing ports\.\.\.\nPort 2 is closed\nDone$",
    "dump_physmem": r"^Segment 0-0: IOVA:",
    "dump_socket_mem": r"^Total   : size\(M\) total: ",
    "dump_struct_sizes": r"^sizeof\(struct rte_mbuf\) = 128$",
    "dump_ring": r"^ring <",
    "dump_mempool": r"^mempool <",
    "dump_devargs": r"^  \[vdev\]: net_null0",
    "dump_log_types": r"^id 0: lib.eal, level is ",
}


def type_all(table, argv):
    """Every command in turn. Returns what went wrong."""
    program, wrong = Terminal(argv, PROMPT), []
    for line, state, why in table:
        if line == "quit":
            continue
        answer = program.ask(line)
        if state == "not applicable":
            if not answer.strip().endswith(REFUSAL + why):
                wrong.append(f"'{line}' is not refused by '{why}': {answer!r}")
        elif UNKNOWN.search(answer) or REFUSAL in answer:
            wrong.append(f"'{line}' is not taken: {answer!r}")
        elif line in EXPECT and not re.search(EXPECT[line], answer.strip("\n"), re.M | re.S):
            wrong.append(f"'{line}' gives {answer!r}")
    program.ask("quit")
    if program.wait() != 0:
        wrong.append("quit: exit status")
    return wrong


def check_options(table, program):
    """Those of the table are there or refused; all that testpmd has are in the table."""
    usage = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    ours = set(re.findall(r"--([a-z0-9-]+)(?:[ =]|$)", usage, re.M))
    wrong = []
    for option, state, why in table:
        if state != "not applicable":
            if option[2:] not in ours:
                wrong.append(f"{option} is not in --help")
            continue
        run = subprocess.run([program, "--", option], check=False, capture_output=True, text=True)
        if run.returncode != 2 or not run.stderr.endswith(f"'{option}' {REFUSAL}{why}\n"):
            wrong.append(f"{option} is not refused by '{why}': {run.stderr!r}")
    usage = subprocess.run(["dpdk-testpmd", "--no-huge", "--no-pci", "-m", "64", "--file-prefix",
                            "usage", "--", "--help"], check=False, capture_output=True,
                           text=True).stdout
    theirs = set(re.findall(r"^  --([a-z0-9-]+)", usage, re.M))
    if len(theirs) < COMMANDS_LEAST:
        wrong.append(f"testpmd's own --help: {usage!r}")
    missing = theirs - {option[2:] for option, _, _ in table}
    if missing:
        wrong.append(f"not in the table: {sorted(missing)}")
    return wrong


def main():
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    commands, _, options = text.partition("\n## Options\n")
    commands, options = ROW.findall(commands), ROW.findall(options)
    taken = [c for c in commands if c[1] != "not applicable"]
    wrong = type_all(commands, sys.argv[2:]) + check_options(options, sys.argv[2])
    if len(taken) < COMMANDS_LEAST:
        wrong.append(f"only {len(taken)} commands")
    for line in wrong:
        print(f"FAILED: {line}")
    print(f"{len(commands)} commands ({len(taken)} taken), {len(options)} options, "
          f"{len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
