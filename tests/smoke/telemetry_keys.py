#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Every endpoint and every key that a program answers with is documented, and the other way round.

telemetry_keys.py QUERY PREFIX DOCUMENT PORT
"""

import json
import re
import subprocess
import sys

# Keys of the list itself, said once for all.
PAGE = {"total", "next", "rows"}


def query(tool, prefix, command):
    out = subprocess.run([tool, "-f", prefix, command], capture_output=True, check=True)
    return json.loads(out.stdout)


def documented(path):
    """{endpoint: keys} from the headings and tables."""
    keys, endpoint = {}, None
    with open(path, encoding="utf-8") as f:
        for line in f:
            if heading := re.match(r"#+ (?:`(/.*)`)?", line):
                endpoint = heading[1]
                if endpoint:
                    keys[endpoint] = set()
            elif endpoint and (row := re.match(r"\| `(.*?)` \|", line)):
                keys[endpoint].add(row[1])
    return keys


def plain(key):
    """Reasons of drops are one family; numbers are no keys."""
    return "drop_*" if key.startswith("drop_") else key


def keys_of(answer):
    """All keys of an answer, of dicts in it too."""
    keys = set()
    for key, value in answer.items():
        if not key.isdigit():
            keys.add(plain(key))
        if isinstance(value, dict):
            keys |= keys_of(value)
    return keys


def answered(tool, prefix, port):
    """{endpoint: keys} of the running program."""
    keys = {}
    for endpoint in query(tool, prefix, "/"):
        if not re.match(r"/(fwd|ip|ipoib)/", endpoint):
            continue
        text = query(tool, prefix, f"/help,{endpoint}")[endpoint]
        ask = f"{endpoint},{port}" if "Parameters: PORT" in text else endpoint
        answer = query(tool, prefix, ask)
        keys[endpoint] = keys_of(answer)
        if "rows" in answer:
            keys[endpoint] -= PAGE
    return keys


def main():
    tool, prefix, document, port = sys.argv[1:]
    told, real = documented(document), answered(tool, prefix, port)
    failed = 0
    for endpoint in sorted(told.keys() | real.keys()):
        if endpoint not in told or endpoint not in real:
            print(f"{endpoint}: {'not documented' if endpoint in real else 'is not there'}")
            failed += 1
            continue
        for key in sorted(told[endpoint] ^ real[endpoint]):
            where = "not documented" if key in real[endpoint] else "documented, but not answered"
            print(f"{endpoint}: '{key}' is {where}")
            failed += 1
    print(f"{len(real)} endpoints, {sum(map(len, real.values()))} keys, {failed} wrong")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
