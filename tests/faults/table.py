#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Write the table of doc/faults.md from what run.sh has found.

table.py RESULTS doc/faults.md      between the two marks of the page; status 1 if a row failed
"""

import json
import sys

BEGIN = "<!-- table: begin (tests/faults/table.py) -->\n"
END = "<!-- table: end -->\n"


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ").strip()


def main(results, page):
    with open(results) as lines:
        rows = [json.loads(line) for line in lines]
    # A row that was run again: the last time counts.
    rows = list({row["row"]: row for row in rows}.values())
    table = "| row | expectation | result | lost | fault, ms | healed in, ms | memory, kB | note |\n"
    table += "|---|---|---|---|---|---|---|---|\n"
    for row in rows:
        keys = ("row", "expectation", "result", "lost", "fault_ms", "heal_ms", "leak_kb", "note")
        table += "| " + " | ".join(cell(row[key]) for key in keys) + " |\n"
    with open(page) as f:
        text = f.read()
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    if not rest:
        sys.exit(f"table.py: {page} has no marks")
    with open(page, "w") as f:
        f.write(f"{head}{BEGIN}\n{table}\n{END}{tail}")
    failed = sum(row["result"] != "holds" for row in rows)
    print(f"{len(rows)} rows, {failed} failed")
    return failed != 0


sys.exit(main(*sys.argv[1:]))
