# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Plots of the benchmarks of forwarding."""

import os

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

GOOD, BAD, PLAIN = "#2a7f4f", "#b5432f", "#5b7086"
PEERS = ("l3fwd", "linux", "testpmd")
LABELS = {
    "e2i": "Ethernet to IPoIB", "i2e": "IPoIB to Ethernet", "l3fwd_lpm": "l3fwd lpm",
    "l3fwd_em": "l3fwd em", "linux": "Linux ip_forward", "txonly": "txonly on IPoIB",
    "rxonly": "rxonly on IPoIB", "testpmd_txonly": "testpmd txonly",
    "testpmd_rxonly": "testpmd rxonly", "e2i_48k": "Ethernet to IPoIB, 48k neighbours",
    "e2i_churn": "Ethernet to IPoIB, churn", "e2i_2lcores": "Ethernet to IPoIB, 2 lcores",
    "txonly_1500_crc": "txonly, both CRCs, 1,500 octets",
    "rxonly_1500_crc": "rxonly, both CRCs, 1,500 octets",
}


def save(fig, path):
    fig.tight_layout()
    fig.savefig(path, dpi=110)
    plt.close(fig)


def sides(path, rows):
    """Speeds of all sides, ours beside the peers. rows: (name, spread of Mpps, is it ours?)"""
    fig, ax = plt.subplots(figsize=(8, 0.4 * len(rows) + 1.2))
    for i, (_, mpps, ours) in enumerate(reversed(rows)):
        ax.barh(i, mpps["median"], color=GOOD if ours else PLAIN,
                xerr=[[mpps["median"] - mpps["min"]], [mpps["max"] - mpps["median"]]], capsize=2)
        ax.text(mpps["max"] + 0.5, i, f"{mpps['median']:.1f}", va="center", fontsize=8)
    ax.set_yticks(range(len(rows)), [name for name, *_ in reversed(rows)])
    ax.set_xlabel("Mpps of a worker lcore's CPU time (median, min to max)")
    ax.margins(x=0.1)
    save(fig, path)


def ratios(path, rows, at_most):
    """How near each ratio is to its target: 1 is the target. rows: (name, ratio)"""
    rows = [(n, r) for n, r in rows if r["target"]]
    fig, ax = plt.subplots(figsize=(8, 0.34 * len(rows) + 1.2))
    for i, (name, r) in enumerate(reversed(rows)):
        part = r["target"] / r["median"] if name in at_most else r["median"] / r["target"]
        ax.barh(i, part, color=GOOD if part >= 1 else BAD)
        ax.text(part * 1.03, i, f"{r['median']:.3g} of {r['target']:.3g}", va="center", fontsize=8)
    ax.axvline(1, color="black", linewidth=1)
    ax.set_xscale("log")
    ax.margins(x=0.2)
    ax.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)], fontsize=8)
    ax.set_xlabel("part of the target that is reached")
    save(fig, path)


def series(path, data):
    """Lines over the points of a series."""
    fig, ax = plt.subplots(figsize=(8, 4.5))
    names = list(dict.fromkeys(n for p in data["points"] for n in p["mpps"]))
    labels = [p["at"] for p in data["points"]]
    for name in names:
        points = [(i, p["mpps"][name]) for i, p in enumerate(data["points"]) if name in p["mpps"]]
        middle = [m["median"] for _, m in points]
        ax.errorbar([i for i, _ in points], middle, marker="o", capsize=3, label=name,
                    yerr=[[m["median"] - m["min"] for _, m in points],
                          [m["max"] - m["median"] for _, m in points]])
    ax.set_xticks(range(len(labels)), labels)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(data["x"])
    ax.set_ylabel("Mpps (median, min to max)")
    ax.set_title(data["title"], fontsize=10)
    ax.legend()
    ax.grid(alpha=0.3)
    save(fig, path)


def stages(path, rows):
    """Nanoseconds of a packet by stage, stacked. rows: (name, ns, {stage: share})"""
    total = {}
    for _, ns, shares in rows:
        for stage, share in shares.items():
            total[stage] = total.get(stage, 0) + ns * share
    shown = sorted(total, key=total.get, reverse=True)[:11]
    fig, ax = plt.subplots(figsize=(9, 0.6 * len(rows) + 2.2))
    colours = plt.get_cmap("tab20").colors
    for i, (_, ns, shares) in enumerate(reversed(rows)):
        left = 0.0
        parts = [(s, shares.get(s, 0)) for s in shown]
        parts.append(("rest", 1 - sum(p for _, p in parts)))
        for k, (stage, share) in enumerate(parts):
            ax.barh(i, ns * share, left=left, color=colours[k], label=stage if i == 0 else None)
            left += ns * share
    ax.set_yticks(range(len(rows)), [name for name, *_ in reversed(rows)])
    ax.set_xlabel("ns of a packet")
    ax.legend(ncol=4, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.25))
    save(fig, path)


def all_of(folder, forward, every_ratio, at_most):
    """All plots that the data gives; [(file, title)]."""
    made = []

    def plot(name, title, draw, *args):
        draw(os.path.join(folder, name), *args)
        made.append((name, title))

    rows = [(LABELS.get(side, side), run["mpps"], not side.startswith(PEERS))
            for side, run in forward["sides"].items()]
    if rows:
        plot("forward_sides.png", "speed of each side", sides, rows)
    plot("ratios.png", "ratios against their targets", ratios, list(every_ratio.items()), at_most)
    for name, data in forward.get("series", {}).items():
        if data["points"]:
            plot(f"forward_{name}.png", data["title"], series, data)
    if forward.get("stages"):
        told = [(LABELS.get(side, side), forward["sides"][side]["ns"]["median"], shares)
                for side, shares in forward["stages"].items()]
        plot("forward_stages.png", "time of a packet by stage", stages, told)
    return made
