#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Every query of a Grafana dashboard, as Grafana would ask it, returns data from a Prometheus.

dashboard_queries.py DASHBOARD http://HOST:PORT SECONDS
"""

import json
import sys
import time
import urllib.parse
import urllib.request

RATE = "3s"


def get(url, path, **params):
    with urllib.request.urlopen(f"{url}{path}?{urllib.parse.urlencode(params)}", timeout=5) as r:
        answer = json.load(r)
    if answer["status"] != "success":
        raise ValueError(answer.get("error", "?"))
    return answer["data"]


def plain(expr):
    """Grafana puts its variables in."""
    for name, value in (("$__rate_interval", RATE), ("$instance", ".*"), ("$port", ".*")):
        expr = expr.replace(name, value)
    if "$" in expr:
        raise ValueError(f"unknown variable in '{expr}'")
    return expr


def label(query):
    """(metric, label) of label_values(metric{...}, label)."""
    metric, _, name = query.removeprefix("label_values(").removesuffix(")").rpartition(", ")
    return plain(metric), name


def queries(board):
    """[(where, function that returns how many results there are)]"""
    def ask(url, expr):
        return len(get(url, "/api/v1/query", query=plain(expr))["result"])

    def values(url, query):
        metric, name = label(query)
        return len(get(url, f"/api/v1/label/{name}/values", **{"match[]": metric}))

    for panel in board["panels"]:
        for target in panel.get("targets", []):
            where = f"{panel['title']} {target['refId']}"
            yield where, lambda url, expr=target["expr"]: ask(url, expr)
    for var in board["templating"]["list"]:
        if var["type"] == "query":
            yield f"${var['name']}", lambda url, q=var["query"]["query"]: values(url, q)


def wrong(url, todo):
    """What has no data yet, or cannot be asked: {where: why}."""
    bad = {}
    for where, ask in todo:
        try:
            if ask(url) == 0:
                bad[where] = "no data"
        except (OSError, ValueError, KeyError) as error:
            bad[where] = str(error)
    return bad


def main():
    board, url, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    with open(board, encoding="utf-8") as f:
        todo = list(queries(json.load(f)))
    end = time.monotonic() + seconds
    while (bad := wrong(url, todo)) and time.monotonic() < end:
        time.sleep(0.3)
    for where, why in bad.items():
        print(f"{where}: {why}")
    print(f"{len(todo)} queries, {len(bad)} without data")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
