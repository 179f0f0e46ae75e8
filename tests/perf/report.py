#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Run all benchmarks and write results.json, report.md and plots.

report.py [--quick] BUILD FOLDER: BUILD is the folder of the build.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "fwd"))
import plots as forward_plots  # noqa: E402

# Where less is better: everything else is a ratio of speeds.
AT_MOST = ("neigh_bytes_per_entry", "latency_p99_vs_testpmd")
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


def output(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def flags(build):
    """What the data path was compiled with: the options that matter for speed."""
    path = pathlib.Path(build) / "compile_commands.json"
    for entry in json.loads(path.read_text(encoding="utf-8")):
        if entry["file"].endswith("app/datapath/route.c"):
            words = re.findall(r"(?<=\s)-[Omgf][^\s]*", entry["command"])
            return " ".join(w for w in words if not w.startswith(("-fdiag", "-MF", "-MD", "-MQ")))
    return ""


def machine(build):
    return {
        "cpu": cpu(), "cpus": os.cpu_count(), "kernel": platform.release(),
        "hypervisor": "hypervisor" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"),
        "compiler": output("cc", "--version").split("\n", maxsplit=1)[0], "flags": flags(build),
        "commit": output("git", "-C", str(HERE), "describe", "--always", "--dirty"),
    }


def machine_text(data):
    m = data["machine"]
    return (f"{m['cpu']}, {m['cpus']} CPUs{' of a virtual machine' if m['hypervisor'] else ''}, "
            f"TSC {data['tsc_ghz']:.2f} GHz, Linux {m['kernel']}; {data['dpdk']}; {m['compiler']}, "
            f"`{m['flags']}`; commit {m['commit']}.")


def side_rows(forward):
    for side, r in forward["sides"].items():
        yield (f"| {forward_plots.LABELS.get(side, side)} | {r['mpps']['median']:.2f} | "
               f"{r['mpps']['min']:.2f} | {r['mpps']['max']:.2f} | "
               f"{r['wall_mpps']['median']:.2f} | {r['ns']['median']:.1f} |")


def stage_rows(data, forward):
    """A column for each side: ns, and cycles."""
    sides = list(forward["stages"])
    labels = [forward_plots.LABELS.get(s, s) for s in sides]
    yield "| stage | " + " | ".join(f"{x}: ns | cycles" for x in labels) + " |"
    yield "|" + "---|" * (1 + 2 * len(sides))
    ns = {s: forward["sides"][s]["ns"]["median"] for s in sides}
    total = {}
    for side in sides:
        for stage, share in forward["stages"][side].items():
            total[stage] = total.get(stage, 0) + share * ns[side]
    for stage in sorted(total, key=total.get, reverse=True):
        cells = [forward["stages"][s].get(stage, 0) * ns[s] for s in sides]
        if max(cells) < 0.05:
            continue
        yield f"| {stage} | " + " | ".join(
            f"{c:.1f} | {c * data['tsc_ghz']:.0f}" for c in cells) + " |"


def series_rows(series):
    names = list(dict.fromkeys(n for p in series["points"] for n in p["mpps"]))
    yield f"| {series['x']} | " + " | ".join(f"{n}, Mpps" for n in names) + " |"
    yield "|---:|" + "---:|" * len(names)
    for p in series["points"]:
        cells = [f"{p['mpps'][n]['median']:.2f}" if n in p["mpps"] else "" for n in names]
        yield f"| {p['at']} | " + " | ".join(cells) + " |"


def latency_rows(forward):
    yield "| device | PDR, Mpps | p50, us | p90, us | p99, us | p99.9, us |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, r in forward["latency"].items():
        cells = [statistics.median(row[k] for row in r["rounds"]) / 1000
                 for k in ("p50_ns", "p90_ns", "p99_ns", "p999_ns")]
        yield f"| {name} | {r['pdr_pps'] / 1e6:.3f} | " + " | ".join(
            f"{c:.1f}" for c in cells) + " |"


def figure_rows(forward):
    yield "| figure | value |"
    yield "|---|---:|"
    for name, value in forward.get("figures", {}).items():
        yield f"| {name} | {value:.4g} |"


def forward_report(data, forward):
    if forward is None:
        return ["Forwarding was not measured: see the messages of `tests/perf/fwd.sh`.", ""]
    lines = [
        "Source: pcap files of 49,152 packets that net_pcap repeats; sink: net_null or net_pcap's. An "
        "IPoIB port is the software HCA, crc=off, its neighbours' paths from OpenSM. One worker "
        f"lcore, {forward['memory']}, {forward['rounds']} rounds of {forward['slice_s']:g} s, the "
        "sides of a ratio in turn. Speed is by CPU time of the worker, so other load counts only "
        "by the caches that it spoils; by the clock beside it. Linux is the CPU time of a packet "
        "through ip_forward between two veths, less that of one straight to a host.", "",
        "| side | Mpps | min | max | by the clock | ns |", "|---|---:|---:|---:|---:|---:|",
        *side_rows(forward), "",
    ]
    for series in forward.get("series", {}).values():
        lines += [f"### {series['title']}", "", *series_rows(series), ""]
    if forward.get("stages"):
        lines += ["### Time of a packet by stage", "",
                  "By perf's samples of the worker and source file; DPDK's inline functions count "
                  "for the file that uses them.", "", *stage_rows(data, forward), ""]
    if forward.get("latency"):
        lines += ["### Latency at half of the PDR", "",
                  "Between two memif ports of a tester on the other CPU; ours routes from Ethernet to "
                  "IPoIB, testpmd passes frames on (io).", "", *latency_rows(forward), ""]
    return [*lines, *figure_rows(forward), ""]


def report(folder, data):
    forward = data.get("forward")
    drawn = [] if forward is None else forward_plots.all_of(
        folder, forward, data["ratios"], AT_MOST)
    lines = [
        "# Benchmarks", "", machine_text(data), "",
        "| ratio (ours / peer, above 1: we are faster) | target | median | min | max | met |",
        "|---|---|---|---|---|---|", *ratio_rows(data), "",
        *(f"![{title}]({name})" for name, title in drawn), "",
        "## Forwarding", "", *forward_report(data, forward),
        "## The neighbour table against its peers", "",
        f"Memory: {data['memory']}, "
        f"{data['rounds']} rounds. In each round every table gets a slice of time on the same "
        "packets, one after another; ratios are taken within a round. Times are CPU time of the "
        "reader, so other load on the machine counts only by the caches it spoils. Readers run "
        "at a higher priority where that is allowed, and are "
        "pinned: the first to CPU 1, the second to CPU 0; the writer runs on CPU 0, so with two "
        "readers it shares that CPU with the second.", "",
        "| table | is | bytes per entry | at entries |", "|---|---|---|---|",
        *(f"| {b['table']} | {b['what']} | {b['bytes_per_entry']:.1f} | {b['size']} |"
          for b in data["bytes"]), "",
        *(f"![{title}]({name})" for name, title in plots(folder, data)), "",
        "| entries | hits | active keys | burst | readers | updates/s | table | ns | min | max | "
        "cycles | ours is x faster |", "|" + "---|" * 12, *case_rows(data), "",
    ]
    with open(os.path.join(folder, "report.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines))


def measure_neighbours(args):
    path = os.path.join(args.folder, "neigh.json")
    command = [f"{args.build}/tests/perf/neigh_perf", "--json", path]
    command += ["--quick"] if args.quick else []
    status = subprocess.run(command, check=False).returncode
    if status != 0:
        sys.exit(f"bench: {command[0]} ended with {status}")
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def measure_forwarding(args):
    path = os.path.join(args.folder, "forward.json")
    if os.path.exists(path):
        os.remove(path)
    command = [str(HERE / "fwd.sh"), "-o", os.path.abspath(path)]
    command += ["-r", "3", "-s", "0.4", "-w", "0.2"] if args.quick else ["--full"]
    subprocess.run(command, check=False, env={**os.environ, "BUILD": os.path.abspath(args.build)})
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def main():
    parser = argparse.ArgumentParser(description="Run all benchmarks.")
    parser.add_argument("--quick", action="store_true", help="fewer cases, shorter slices")
    parser.add_argument("build", help="folder of the build")
    parser.add_argument("folder", help="folder for the results")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    forward = measure_forwarding(args)
    data = measure_neighbours(args)
    data["machine"] = machine(args.build)
    failed = ["forwarding"] if forward is None else forward.get("failed", [])
    if forward is not None:
        data["ratios"] = {**forward.pop("ratios"), **data["ratios"]}
        data["forward"] = forward
    path = os.path.join(args.folder, "results.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(data, f, indent=1)
    report(args.folder, data)
    missed = [n for n, r in data["ratios"].items() if met(n, r) == "NO"]
    print(f"bench: {args.folder}: results.json, report.md; targets missed: "
          f"{' '.join(missed) or 'none'}")
    if failed:
        sys.exit(f"bench: not measured: {' '.join(failed)}")


if __name__ == "__main__":
    main()
