# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Where a worker's time goes, by source file: in the data path a file is a stage.

perf samples the worker's thread; addr2line says which line of which file each sample is in, with
what was inlined. A sample belongs to the innermost .c file of ours, so inline functions count for
the stage that uses them; what is not ours counts for its library.
"""

import collections
import pathlib
import re
import shutil
import subprocess

LIBRARIES = {"net_pcap": "net_pcap (source)", "net_null": "net_null (sink)",
             "mempool_ring": "mempool", "vdso": "clock", "kernel": "kernel"}
SAMPLE = re.compile(r"^\s*([0-9a-f]+) (\S+)\+0x([0-9a-f]+) \((.*)\)$")


def available():
    return shutil.which("perf") is not None and shutil.which("addr2line") is not None


def library(path):
    for part, name in LIBRARIES.items():
        if part in path:
            return name
    return pathlib.Path(path).name.split(".so")[0]


def symbols(binary):
    """Addresses of a binary's functions."""
    out = subprocess.run(["nm", binary], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in out.splitlines())
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3 and row[1] in "tTwW"}


def files_of(binary, addresses):
    """{address: innermost file of the project, by name}"""
    text = subprocess.run(["addr2line", "-a", "-i", "-e", binary], text=True, check=True,
                          input="\n".join(map(hex, addresses)), capture_output=True).stdout
    found, at = {}, None
    for line in text.splitlines():
        if line.startswith("0x"):
            at = int(line, 16)
        elif at not in found and re.search(r"/(app|drivers|lib)/[^:]*\.c:", line):
            found[at] = pathlib.Path(line.split(":")[0]).name
    return found


def sample(program, folder, seconds):
    """{stage: share of the worker's time}; the program runs."""
    data = f"{folder}/{program.name}.perf"
    tid = program.workers()[0].name
    subprocess.run(["perf", "record", "-q", "-F", "4999", "-t", tid, "-o", data, "--", "sleep",
                    str(seconds)], check=True, capture_output=True)
    text = subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym,symoff,dso"], check=True,
                          capture_output=True, text=True).stdout
    binary = program.argv[0]
    table, counts, ours = symbols(binary), collections.Counter(), collections.Counter()
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if match is None:
            counts["other"] += 1
        elif match[2] in table and pathlib.Path(match[4]).name == pathlib.Path(binary).name:
            ours[table[match[2]] + int(match[3], 16)] += 1
        else:
            counts[library(match[4])] += 1
    names = files_of(binary, list(ours))
    for address, n in ours.items():
        counts[names.get(address, "other")] += n
    total = sum(counts.values())
    return {stage: n / total for stage, n in counts.most_common()} if total else {}
