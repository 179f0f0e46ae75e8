#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Run the benchmark of the neighbour table and write results.json, report.md and plots.

report.py [--quick] PROGRAM FOLDER
"""

import argparse
import json
import os
import platform
import subprocess
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

# Where less is better: everything else is a ratio of speeds.
AT_MOST = ("neigh_bytes_per_entry",)
NAMES = {"ours": "lib/ipoib_neigh", "rtehash": "rte_hash bulk", "lfht": "liburcu cds_lfht",
         "kernel": "kernel's algorithm"}


def met(name, ratio):
    if ratio["target"] is None:
        return "-"
    good = ratio["median"] <= ratio["target"] if name in AT_MOST else \
        ratio["median"] >= ratio["target"]
    return "yes" if good else "NO"


def entries(n):
    return f"{n // 1024}k" if n < 1 << 20 else f"{n >> 20}M"


def cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def basic(cases, hit=100, burst=32):
    return [c for c in cases if c["readers"] == 1 and c["hit"] == hit and c["burst"] == burst and
            c["active"] == c["size"] and c["updates"] == 0]


def bars(path, title, groups, label):
    """One group of bars per item: (name, {table: case})."""
    fig, ax = plt.subplots(figsize=(8, 4.5))
    tables = [t for t in NAMES if any(t in g[1] for g in groups)]
    width = 0.8 / len(tables)
    for k, table in enumerate(tables):
        x, y, low, high = [], [], [], []
        for i, (_, by_table) in enumerate(groups):
            if table in by_table:
                ns = by_table[table]["ns"]
                x.append(i + k * width)
                y.append(ns["median"])
                low.append(ns["median"] - ns["min"])
                high.append(ns["max"] - ns["median"])
        ax.bar(x, y, width, yerr=[low, high], capsize=2, label=NAMES[table])
    ax.set_xticks([i + width * (len(tables) - 1) / 2 for i in range(len(groups))],
                  [g[0] for g in groups])
    ax.set_xlabel(label)
    ax.set_ylabel("ns per lookup (median, min to max)")
    ax.set_yscale("log")
    ax.set_title(title)
    ax.legend()
    fig.tight_layout()
    fig.savefig(path, dpi=110)
    plt.close(fig)


def grouped(cases, key):
    groups = {}
    for c in cases:
        groups.setdefault(key(c), {}).setdefault(c["table"], c)
    return list(groups.items())


def plots(folder, data):
    cases = data["cases"]
    made = []

    def plot(name, title, chosen, key, label):
        groups = grouped(chosen, key)
        if len(groups) > 1:
            bars(os.path.join(folder, name), title, groups, label)
            made.append((name, title))

    plot("neigh_size.png", "1 reader, bursts of 32, all hits", basic(cases),
         lambda c: entries(c["size"]), "entries")
    big = [c for c in cases if c["size"] == 65536]
    plot("neigh_hits.png", "64k entries, 1 reader, bursts of 32",
         [c for h in (100, 50, 0) for c in basic(big, hit=h)],
         lambda c: f"{c['hit']} %", "hits")
    plot("neigh_burst.png", "64k entries, 1 reader, all hits",
         [c for b in (8, 32, 64) for c in basic(big, burst=b)],
         lambda c: str(c["burst"]), "burst")
    plot("neigh_readers.png", "64k entries, bursts of 32, all hits",
         basic(big) + [c for c in big if c["readers"] == 2 and c["updates"] == 0] +
         [c for c in big if c["active"] == 256],
         lambda c: f"{c['readers']} reader{'s' * (c['readers'] - 1)}, " +
         ("all keys" if c["active"] == c["size"] else f"{c['active']} keys"), "")
    churned = {c["table"] for c in big if c["updates"] != 0}
    plot("neigh_churn.png", "64k entries, 1 reader, bursts of 32, all hits, one writer",
         [c for c in basic(big) if c["table"] in churned] +
         [c for c in big if c["updates"] != 0 and c["readers"] == 1],
         lambda c: f"{c['updates'] // 1000}k", "updates a second")
    return made


def ratio_rows(data):
    for name, r in data["ratios"].items():
        target = "" if r["target"] is None else f"{r['target']:.3g}"
        yield (f"| `{name}` | {'at most ' if name in AT_MOST else ''}{target} | "
               f"{r['median']:.3f} | {r['min']:.3f} | {r['max']:.3f} | {met(name, r)} |")


def case_rows(data):
    for c in data["cases"]:
        ns = c["ns"]
        yield (f"| {c['size']} | {c['hit']} % | {c['active']} | {c['burst']} | {c['readers']} | "
               f"{c['updates_done']:.0f} | {c['table']} | {ns['median']:.2f} | {ns['min']:.2f} | "
               f"{ns['max']:.2f} | {c['cycles']:.0f} | {c['ours_is']:.2f} |")


def report(folder, data):
    lines = [
        "# The neighbour table against its peers", "",
        f"{data['dpdk']}, {cpu()}, TSC {data['tsc_ghz']:.2f} GHz, memory: {data['memory']}, "
        f"{data['rounds']} rounds. In each round every table gets a slice of time on the same "
        "packets, one after another; ratios are taken within a round. Times are CPU time of the "
        "reader, so other load on the machine counts only by the caches it spoils. Readers run "
        "at a higher priority where that is allowed, and are "
        "pinned: the first to CPU 1, the second to CPU 0; the writer runs on CPU 0, so with two "
        "readers it shares that CPU with the second.", "",
        "| ratio (ours / peer, above 1: we are faster) | target | median | min | max | met |",
        "|---|---|---|---|---|---|", *ratio_rows(data), "",
        "| table | is | bytes per entry | at entries |", "|---|---|---|---|",
        *(f"| {b['table']} | {b['what']} | {b['bytes_per_entry']:.1f} | {b['size']} |"
          for b in data["bytes"]), "",
        *(f"![{title}]({name})" for name, title in plots(folder, data)), "",
        "| entries | hits | active keys | burst | readers | updates/s | table | ns | min | max | "
        "cycles | ours is x faster |", "|" + "---|" * 12, *case_rows(data), "",
    ]
    with open(os.path.join(folder, "report.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description="Benchmark the neighbour table.")
    parser.add_argument("--quick", action="store_true", help="fewer cases, shorter slices")
    parser.add_argument("program")
    parser.add_argument("folder")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    path = os.path.join(args.folder, "results.json")
    command = [args.program, "--json", path] + (["--quick"] if args.quick else [])
    status = subprocess.run(command, check=False).returncode
    if status != 0:
        sys.exit(f"bench: {args.program} ended with {status}")
    with open(path, encoding="utf-8") as f:
        data = json.load(f)
    report(args.folder, data)
    missed = [n for n, r in data["ratios"].items() if met(n, r) == "NO"]
    print(f"bench: {args.folder}: results.json, report.md; targets missed: "
          f"{' '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
