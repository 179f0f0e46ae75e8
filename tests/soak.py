#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""What a soak has written, as figures and a plot.

soak.py FOLDER SEED     reads samples.csv, rtt, flows, faults.log, smaps; writes report.json and soak.png
Status 1 if memory that is not DPDK's grows by more than 1 MB an hour and 2 MB in all, if more of DPDK's
own is allocated in the end than after the warm-up (at its least: what comes and goes may be
there in some samples), or if a gateway has written a line into its log that none of the faults explains.
"""

import csv
import json
import os
import re
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

# What begins a line of the log; others answer commands.
LOGGED = re.compile(r"([A-Z]+\d?|control|ipoib\.\w+|net_ipoib|Error[^:]*): ")
# Of the start and the end, of links, partitions and SMs that go and come; DPDK's telemetry complains
# of each client that goes away before its answer.
EXPECTED = re.compile("|".join((
    r"EAL: (Detected|Multi-process socket|Selected IOVA|Physical addresses)",
    r"TELEMETRY: No legacy callbacks",
    r"USER\d: rte_ip_frag_table_create: allocated",
    r"Error writing to socket: (Broken pipe|Connection reset by peer)$",
    r"control: port \d+: up, MTU",
    r"control: port \d+: down: (being removed|joining broadcast group|port not active|no SM|P_Key \S+ not in)",
    r"control: port \d+: LID .*are asked for again$",
    r"ipoib\.mad: \S+ port \d+: (ACTIVE|INIT|ARMED|DOWN), LID",
    r"ipoib\.mad: \S+ port \d+: another SM, or the same one anew$",
    r"net_ipoib: port \d+: P_Key \S+ is no longer in the table$",
    r"ipoib\.app: (\d+ ports, \d+ workers|no shared memory|closed with 0 mbufs and 0 address handles)",
)))

# Until tables and pools have met what they grow with.
WARM = 0.25


def slope(xs, ys):
    """Least squares; units of y in one of x."""
    return statistics.linear_regression(xs, ys).slope if len(set(xs)) > 1 else 0.0


def read_rtt(path):
    found = []
    with open(path) as lines:
        for line in lines:
            match = re.match(r"\[(\d+\.\d+)\].*time=([\d.]+) ms", line)
            if match:
                found.append((float(match[1]), float(match[2])))
    return [(t - found[0][0], ms) for t, ms in found] if found else []


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))] if values else None


def by_minute(rtt, q):
    minutes = {}
    for t, ms in rtt:
        minutes.setdefault(int(t // 60), []).append(ms)
    return sorted(minutes), [quantile(minutes[m], q) for m in sorted(minutes)]


def plot(folder, rows, rtt, faults):
    hours = [float(r["seconds"]) / 60 for r in rows]
    fig, axes = plt.subplots(3, 1, figsize=(9, 8), sharex=True)
    for key in ("rss_a_kb", "rss_b_kb", "own_a_kb", "own_b_kb"):
        axes[0].plot(hours, [float(r[key]) / 1024 for r in rows], label=key[:5])
    axes[0].set_yscale("log")
    axes[0].set_ylabel("memory, MB")
    for q in (0.5, 0.99):
        x, y = by_minute(rtt, q)
        axes[1].plot([m + 0.5 for m in x], y, label=f"p{q * 100:g}")
    axes[1].set_ylabel("round trip, ms")
    axes[1].set_yscale("log")
    for key in rows[0]:
        if key.startswith("drop_") and any(float(r[key]) for r in rows):
            axes[2].plot(hours, [float(r[key]) for r in rows], label=key)
    axes[2].set_ylabel("packets dropped")
    axes[2].set_xlabel("minutes")
    for axis in axes:
        for second, _ in faults:
            axis.axvline(second / 60, color="0.85", linewidth=0.6, zorder=0)
        if axis.get_legend_handles_labels()[0]:
            axis.legend()
    fig.tight_layout()
    fig.savefig(os.path.join(folder, "soak.png"), dpi=80)


def during(flow, faults):
    """The fault in which the flow had its longest gap, or behind which."""
    at = int(re.search(r"gap_at_ms=(\d+)", flow)[1]) / 1000
    before = [f"{name} from {second} s" for second, name in faults if second <= at + 1]
    return before[-1] if before else "none"


def unexpected(folder):
    """Lines of the gateways' logs, each once, that nothing here explains."""
    found = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".log") or name == "faults.log":
            continue
        with open(os.path.join(folder, name), errors="replace") as log:
            for line in log:
                line = line.strip().removeprefix("dpdk-ipoib> ")
                if LOGGED.match(line) and not EXPECTED.match(line):
                    found[f"{name}: {line}"] = None
    return list(found)


def resident(path):
    """kB in use of each mapping that is not DPDK's memory (own_kb() of the fault matrix), by name."""
    found = {}
    with open(path) as lines:
        for line in lines:
            word = line.split()
            if "-" in word[0]:
                name = os.path.basename(word[5]) if len(word) > 5 else "no name"
            elif word[0] == "Size:":
                own = int(word[1]) <= 100000
            elif word[0] == "Rss:" and own:
                found[name] = found.get(name, 0) + int(word[1])
    return found


def growth(folder):
    """By name of a mapping: kB more, or less, at the end than after the warm-up."""
    warm, end = (resident(os.path.join(folder, f"smaps.{when}")) for when in ("warm", "end"))
    return {name: end.get(name, 0) - warm.get(name, 0) for name in sorted(warm | end)
            if end.get(name, 0) != warm.get(name, 0)}


def main(folder, seed):
    with open(os.path.join(folder, "samples.csv")) as f:
        rows = [r for r in csv.DictReader(f) if None not in r.values() and all(r.values())]
    with open(os.path.join(folder, "faults.log")) as f:
        faults = [(int(line.split()[0]), line.split(None, 2)[1]) for line in f]
    rtt = read_rtt(os.path.join(folder, "rtt"))
    warm = rows[int(len(rows) * WARM):]
    hours = [float(r["seconds"]) / 3600 for r in warm]
    report = {"seed": int(seed), "seconds": int(rows[-1]["seconds"]), "faults": len(faults)}
    grows = False
    for key in ("rss_a_kb", "rss_b_kb", "own_a_kb", "own_b_kb", "fds_a"):
        values = [float(r[key]) for r in warm]
        report[key] = {"first": values[0], "last": values[-1],
                       "slope_per_hour": round(slope(hours, values), 1)}
        grows |= key.startswith("own") and values[-1] - values[0] > 2048 and \
            report[key]["slope_per_hour"] > 1024
    for key in ("heap_a_kb", "heap_b_kb"):
        values = [float(r[key]) for r in warm]
        third = len(values) // 3
        report[key] = {"first": min(values[:third]), "last": min(values[-third:])}
        grows |= report[key]["last"] > report[key]["first"]
    report["grown_kb"] = growth(folder)
    report["rtt_ms"] = {f"p{q * 100:g}": quantile([ms for _, ms in rtt], q)
                        for q in (0.5, 0.9, 0.99, 0.999)}
    with open(os.path.join(folder, "flows")) as f:
        report["flows"] = [line.strip() for line in f]
    report["during_longest_gap"] = [during(line, faults) for line in report["flows"]]
    report["unexpected"] = unexpected(folder)
    with open(os.path.join(folder, "report.json"), "w") as f:
        json.dump(report, f, indent=1)
    plot(folder, rows, rtt, faults)
    print(json.dumps(report))
    if grows:
        print("soak.py: memory grows")
    for line in report["unexpected"]:
        print(f"soak.py: not expected in a log: {line}")
    return grows or bool(report["unexpected"])


sys.exit(main(*sys.argv[1:]))
