#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Inputs to begin with, for fuzzers that would be long in finding them.

seeds.py FUZZER FOLDER      one file for each; fuzzers that need none get none

fuzz_control: the packets that scapy made for the unit tests (tests/unit/*_golden.h), as workers
would hand them over, and others; fuzz_ether: the same as frames and as packets of the fabric;
fuzz_datapath: packets to whatever it knows, as all kinds of ports and mbufs give them; fuzz_hca:
frames of the carrier; fuzz_sa and fuzz_ibsim: conversations. All are steps that the fuzzer knows.
fuzz_args and fuzz_cli: words; fuzz_text: addresses.
"""

import os
import sys

import seeds_control
import seeds_ether
import seeds_packets
import seeds_sa
import seeds_words

SEEDS = {
    "fuzz_args": seeds_words.args,
    "fuzz_cli": seeds_words.cli,
    "fuzz_control": seeds_control.control,
    "fuzz_datapath": seeds_packets.datapath,
    "fuzz_ether": seeds_ether.ether,
    "fuzz_hca": seeds_packets.hca,
    "fuzz_ibsim": seeds_packets.ibsim,
    "fuzz_sa": seeds_sa.sa,
    "fuzz_text": seeds_packets.text,
}


def main(fuzzer, folder):
    os.makedirs(folder, exist_ok=True)
    for name, data in SEEDS.get(fuzzer, tuple)():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


main(*sys.argv[1:])
