#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Measure forwarding in turn with its peers, A B A B, in one run. Run it by fwd.sh."""

import argparse
import collections
import functools
import json
import os
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "fwd"))
import cases  # noqa: E402
import latency  # noqa: E402
import memory  # noqa: E402
from programs import LAB, BenchError  # noqa: E402
from stages import available, sample  # noqa: E402


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def groups_of(names):
    """Sides that are measured together: our side with all of its peers. [(sides, ratios)]"""
    groups = {}
    for name in names:
        if name in cases.LATENCY:
            continue
        if name in cases.RATIOS:
            _, _, ours, peer = cases.RATIOS[name]
        else:
            ours, peer = cases.GBPS[name][2], None
        sides, ratios = groups.setdefault(ours, ([ours], []))
        ratios.append(name)
        if peer is not None and peer not in sides:
            sides.append(peer)
    return list(groups.values())


def measure_group(fabric, makers, args, label, stages=None):
    """Every side gets a slice in each round. {side: [result of a round]}"""
    made = {side: make(fabric) for side, make in makers.items()}
    results = {side: [] for side in made}
    try:
        for program in made.values():
            program.start()
            program.sleep()
        for n in range(args.rounds):
            for side, program in made.items():
                results[side].append(program.measure(args.warm, args.seconds))
            print(f"  {label} {n + 1}: " + ", ".join(
                f"{side} {results[side][-1]['pps'] / 1e6:.2f} "
                f"({results[side][-1]['wall_pps'] / 1e6:.2f})" for side in made), flush=True)
        for side, program in made.items():
            if stages is not None and side in cases.STAGES and side not in stages:
                program.wake()
                stages[side] = sample(program, LAB, args.seconds)
                program.sleep()
    finally:
        for program in made.values():
            program.stop()
    return results, {s: p.started_s for s, p in made.items() if p.started_s is not None}


def ratio_of(name, results):
    """From the rounds of a group: what results.json has for a ratio."""
    if name in cases.RATIOS:
        text, target, ours, peer = cases.RATIOS[name]
        values = [a["pps"] / b["pps"] for a, b in zip(results[ours], results[peer])]
    else:
        text, target, ours, octets = cases.GBPS[name]
        values = [r["pps"] * octets * 8 / 1e9 for r in results[ours]]
    return {"target": target, **spread(values), "is": text}


def side_of(rounds):
    """What results.json has for a side, of all rounds of all groups that it was in."""
    return {"mpps": spread([r["pps"] / 1e6 for r in rounds]),
            "wall_mpps": spread([r["wall_pps"] / 1e6 for r in rounds]),
            "ns": spread([r["lcores"] * 1e9 / r["pps"] for r in rounds])}


def run(fabric, names, args):
    data = {"ratios": {}, "sides": {}, "stages": {}, "figures": {}}
    all_rounds = collections.defaultdict(list)
    stages = data["stages"] if args.full and available() else None
    for sides, ratios in groups_of(names):
        try:
            makers = {side: cases.SIDES[side] for side in sides}
            results, started = measure_group(fabric, makers, args, " ".join(ratios), stages)
        except BenchError as error:
            print(f"bench: {' '.join(ratios)}: {error}", file=sys.stderr)
            data.setdefault("failed", []).extend(ratios)
            continue
        for name in ratios:
            data["ratios"][name] = ratio_of(name, results)
        for side, rounds in results.items():
            all_rounds[side].extend(rounds)
        if "e2i" in started:
            data["figures"].setdefault("start until packets are forwarded, with all that its source "
                                       "has to read, s", started["e2i"])
    data["sides"] = {side: side_of(rounds) for side, rounds in all_rounds.items()}
    for rounds in all_rounds.values():
        for name in rounds[0].get("figures", {}):
            data["figures"][name] = statistics.median(r["figures"][name] for r in rounds)
    for name in names:
        if name not in cases.LATENCY:
            continue
        try:
            data["ratios"][name], data["latency"] = run_latency(fabric, name, args)
        except BenchError as error:
            print(f"bench: {name}: {error}", file=sys.stderr)
            data.setdefault("failed", []).append(name)
    return data


def run_series(fabric, args):
    """Tables and plots: Mpps of each line at each x."""
    series = {}
    for name, (title, label, points) in cases.SERIES.items():
        series[name] = {"title": title, "x": label, "points": []}
        for x, makers in points:
            try:
                results, _ = measure_group(fabric, makers, args, f"{name} {x}")
            except BenchError as error:
                print(f"bench: {name} {x}: {error}", file=sys.stderr)
                continue
            series[name]["points"].append({"at": x, "mpps": {
                line: spread([r["pps"] / 1e6 for r in rounds])
                for line, rounds in results.items()}})
    return series


def run_latency(fabric, name, args):
    """The ratio of two devices' p99, ours first, and all that was measured."""
    text, target, make = cases.LATENCY[name]
    result = latency.compare(make(fabric), args.rounds, args.seconds)
    ours, peer = ([row["p99_ns"] for row in r["rounds"]] for r in result.values())
    return {"target": target, **spread([a / b for a, b in zip(ours, peer)]), "is": text}, result


def figures(fabric):
    """What bounds crc=on: how fast one core copies, and how fast it computes CRCs. Memory."""
    out = subprocess.run([os.environ["LAB_BUILD"] + "/tests/perf/crc_rate", "1500"], text=True,
                         capture_output=True, check=True).stdout
    rates = json.loads(out)
    octets = rates.pop("octets")
    result = {f"{name} of {octets} octets, Gb/s": rate for name, rate in rates.items()}
    if cases.memory() == "hugepages":
        ipoib = functools.partial(cases.plain_ipoib, fabric)
        result.update(memory.figures(ipoib, cases.SINK))
        result.update(memory.start_figures(ipoib, cases.SINK))
    return result


def show(data):
    print(f"{'Mpps by CPU time, median':30} {'':8} {'min':>8} {'max':>8} {'ns':>8}")
    for side, r in data["sides"].items():
        m = r["mpps"]
        print(f"{side:30} {m['median']:8.2f} {m['min']:8.2f} {m['max']:8.2f} "
              f"{r['ns']['median']:8.1f}")
    for name, value in data["figures"].items():
        print(f"{name}: {value:.4g}")
    print(f"{'ratio':30} {'':8} {'min':>8} {'max':>8}   target")
    for name, r in data["ratios"].items():
        target = ""
        if r["target"] is not None:
            good = r["median"] <= r["target"] if name in cases.LATENCY else \
                r["median"] >= r["target"]
            target = f"   {r['target']:g} {'met' if good else 'MISSED'}"
        print(f"{name:30} {r['median']:8.3f} {r['min']:8.3f} {r['max']:8.3f}{target}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="names of ratios [all]")
    parser.add_argument("-r", "--rounds", type=int, default=5, help="rounds [5]")
    parser.add_argument("-s", "--seconds", type=float, default=1.0, help="of a slice [1]")
    parser.add_argument("-w", "--warm", type=float, default=0.3, help="seconds before it [0.3]")
    parser.add_argument("-o", "--out", metavar="FILE", help="results as JSON")
    parser.add_argument("--full", action="store_true",
                        help="also the series for plots, and time by stage")
    parser.add_argument("--list", action="store_true", help="show the cases")
    return parser.parse_args()


def main():
    args = arguments()
    every = {**cases.RATIOS, **cases.GBPS, **cases.LATENCY}
    if args.list:
        for name, (text, target, *_) in every.items():
            print(f"{name:28} {text}" + (f" (target {target})" if target else ""))
        return
    for name in args.cases:
        if name not in every:
            sys.exit(f"bench: no case '{name}'; there are: {' '.join(every)}")
    fabric = cases.Fabric()
    print(f"memory: {cases.memory()}; Mpps by a worker's CPU time, by the clock in brackets")
    data = run(fabric, args.cases or list(every), args)
    data.update(memory=cases.memory(), rounds=args.rounds, slice_s=args.seconds)
    if args.full:
        data["series"] = run_series(fabric, args)
    if args.full or not args.cases:
        data["figures"].update(figures(fabric))
    show(data)
    if args.out:
        pathlib.Path(args.out).write_text(json.dumps(data, indent=1), encoding="utf-8")
    sys.exit(1 if data.get("failed") else 0)


if __name__ == "__main__":
    main()
