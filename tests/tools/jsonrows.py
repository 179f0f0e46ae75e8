#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Read a table that dpdk-ipoib printed as JSON, print one value of each row that fits.

jsonrows.py [KEY=VALUE...] PRINTED-KEY

Ends with an error if the input is not one array of objects that all have the same keys.
"""

import json
import sys


def no_double(pairs):
    keys = [k for k, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a key twice: {keys}")
    return dict(pairs)


def main():
    rows = json.load(sys.stdin, object_pairs_hook=no_double)
    if not isinstance(rows, list) or any(list(r) != list(rows[0]) for r in rows):
        sys.exit(f"not an array of like objects: {rows}")
    want = [w.split("=", 1) for w in sys.argv[1:-1]]
    for row in rows:
        if all(str(row[k]) == v for k, v in want):
            print(row[sys.argv[-1]])


if __name__ == "__main__":
    main()
