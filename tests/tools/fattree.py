#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""A topology for ibsim: fattree.py HCAS writes leaf switches of 32 HCAs (H0, H1, ...) below two
spines."""

import sys

DOWN = 32


def main():
    hcas = int(sys.argv[1])
    leaves = (hcas + DOWN - 1) // DOWN
    for spine in range(2):
        print(f'Switch {leaves} "Spine{spine}"')
        for leaf in range(leaves):
            print(f'[{leaf + 1}] "Leaf{leaf}"[{DOWN + 1 + spine}]')
        print()
    for leaf in range(leaves):
        print(f'Switch {DOWN + 2} "Leaf{leaf}"')
        for port in range(DOWN):
            if leaf * DOWN + port < hcas:
                print(f'[{port + 1}] "H{leaf * DOWN + port}"[1]')
        for spine in range(2):
            print(f'[{DOWN + 1 + spine}] "Spine{spine}"[{leaf + 1}]')
        print()
    for hca in range(hcas):
        print(f'Hca 1 "H{hca}"\n[1] "Leaf{hca // DOWN}"[{hca % DOWN + 1}]\n')


main()
