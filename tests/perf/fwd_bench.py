#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Measure forwarding in turn with its peers, A B A B, in one run. Run it by fwd.sh."""

import argparse
import json
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "fwd"))
import cases  # noqa: E402
from programs import BenchError  # noqa: E402


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def groups_of(names):
    """Sides that are measured together: our side with all of its peers. [(sides, ratios)]"""
    groups = {}
    for name in names:
        if name in cases.RATIOS:
            _, _, ours, peer = cases.RATIOS[name]
        else:
            ours, peer = cases.GBPS[name][2], None
        sides, ratios = groups.setdefault(ours, ([ours], []))
        ratios.append(name)
        if peer is not None and peer not in sides:
            sides.append(peer)
    return list(groups.values())


def measure_group(fabric, sides, args, label):
    """Every side gets a slice in each round. {side: [result of a round]}"""
    made = {side: cases.SIDES[side](fabric) for side in sides}
    results = {side: [] for side in sides}
    try:
        for program in made.values():
            program.start()
            program.sleep()
        for n in range(args.rounds):
            for side, program in made.items():
                results[side].append(program.measure(args.warm, args.seconds))
            print(f"  {label} {n + 1}: " + ", ".join(
                f"{side} {results[side][-1]['pps'] / 1e6:.2f} "
                f"({results[side][-1]['wall_pps'] / 1e6:.2f})" for side in sides), flush=True)
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


def run(fabric, names, args):
    data = {"ratios": {}, "sides": {}, "started_s": {}}
    for sides, ratios in groups_of(names):
        try:
            results, started = measure_group(fabric, sides, args, " ".join(ratios))
        except BenchError as error:
            print(f"bench: {' '.join(ratios)}: {error}", file=sys.stderr)
            data.setdefault("failed", []).extend(ratios)
            continue
        for name in ratios:
            data["ratios"][name] = ratio_of(name, results)
        for side, rounds in results.items():
            data["sides"].setdefault(side, []).append({
                "mpps": spread([r["pps"] / 1e6 for r in rounds]),
                "wall_mpps": spread([r["wall_pps"] / 1e6 for r in rounds]),
                "ns": spread([r["lcores"] * 1e9 / r["pps"] for r in rounds])})
        data["started_s"].update(started)
    return data


def show(data):
    print(f"{'Mpps by CPU time, median':30} {'':8} {'min':>8} {'max':>8} {'ns':>8}")
    for side, runs in data["sides"].items():
        for r in runs:
            m = r["mpps"]
            print(f"{side:30} {m['median']:8.2f} {m['min']:8.2f} {m['max']:8.2f} "
                  f"{r['ns']['median']:8.1f}")
    print(f"{'ratio':30} {'':8} {'min':>8} {'max':>8}   target")
    for name, r in data["ratios"].items():
        target = "" if r["target"] is None else \
            f"   {r['target']:g} {'met' if r['median'] >= r['target'] else 'MISSED'}"
        print(f"{name:30} {r['median']:8.3f} {r['min']:8.3f} {r['max']:8.3f}{target}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="names of ratios [all]")
    parser.add_argument("-r", "--rounds", type=int, default=5, help="rounds [5]")
    parser.add_argument("-s", "--seconds", type=float, default=1.0, help="of a slice [1]")
    parser.add_argument("-w", "--warm", type=float, default=0.3, help="seconds before it [0.3]")
    parser.add_argument("-o", "--out", metavar="FILE", help="results as JSON")
    parser.add_argument("--list", action="store_true", help="show the cases")
    return parser.parse_args()


def main():
    args = arguments()
    every = {**cases.RATIOS, **cases.GBPS}
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
    show(data)
    if args.out:
        pathlib.Path(args.out).write_text(json.dumps(data, indent=1), encoding="utf-8")
    sys.exit(1 if data.get("failed") else 0)


if __name__ == "__main__":
    main()
