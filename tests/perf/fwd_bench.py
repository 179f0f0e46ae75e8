#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Measure forwarding in turn with its peers, A B A B, in one run. Run it by fwd.sh."""

import argparse
import json
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "fwd"))
import cases  # noqa: E402
from programs import BenchError, Gateway  # noqa: E402


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def mpps(m):
    return f"{m['pps'] / 1e6:6.2f}"


def one_ratio(name, fabric, args):
    text, target, make = cases.RATIOS[name]
    pair = make(fabric)
    rounds = []
    try:
        for program in pair:
            program.start()
            program.sleep()
        for n in range(args.rounds):
            a, b = (p.measure(args.warm, args.seconds) for p in pair)
            rounds.append((a, b))
            print(f"  {name} {n + 1}: {pair[0].name} {mpps(a)} Mpps ({a['wall_pps'] / 1e6:.2f} by "
                  f"the clock), {pair[1].name} {mpps(b)} ({b['wall_pps'] / 1e6:.2f}), ratio "
                  f"{a['pps'] / b['pps']:.3f}", flush=True)
        for program in pair:
            program.wake()
            if isinstance(program, Gateway) and program.drops():
                print(f"  {program.name} dropped: {program.drops()}")
    finally:
        for program in pair:
            program.stop()
    ratio = spread([a["pps"] / b["pps"] for a, b in rounds])
    sides = [{"program": p.name, "mpps": spread([r[i]["pps"] / 1e6 for r in rounds])}
             for i, p in enumerate(pair)]
    return {**ratio, "target": target, "is": text, "a": sides[0], "b": sides[1]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="names of ratios [all]")
    parser.add_argument("-r", "--rounds", type=int, default=5, help="rounds [5]")
    parser.add_argument("-s", "--seconds", type=float, default=1.0, help="of a slice [1]")
    parser.add_argument("-w", "--warm", type=float, default=0.3, help="seconds before it [0.3]")
    parser.add_argument("-o", "--out", help="a folder for forward.json")
    parser.add_argument("--list", action="store_true", help="show the cases")
    args = parser.parse_args()
    if args.list:
        for name, (text, target, _) in cases.RATIOS.items():
            print(f"{name:28} {text}" + (f" (target {target})" if target else ""))
        return
    for name in args.cases:
        if name not in cases.RATIOS:
            sys.exit(f"bench: no case '{name}'; there are: {' '.join(cases.RATIOS)}")
    fabric = cases.Fabric()
    results = {}
    print(f"memory: {cases.memory()}")
    for name in args.cases or cases.RATIOS:
        try:
            results[name] = one_ratio(name, fabric, args)
        except BenchError as error:
            sys.exit(f"bench: {name}: {error}")
    for name, r in results.items():
        print(f"{name:28} {r['median']:.3f} ({r['min']:.3f} to {r['max']:.3f})"
              + (f", target {r['target']}" if r["target"] else ""))
    if args.out:
        os.makedirs(args.out, exist_ok=True)
        with open(os.path.join(args.out, "forward.json"), "w", encoding="utf-8") as f:
            json.dump({"ratios": results}, f, indent=1)


if __name__ == "__main__":
    main()
