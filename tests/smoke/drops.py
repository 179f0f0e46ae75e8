# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Send one bad frame after another; just the counter that is named must move, by one."""

import collections
import json
import subprocess
import time


def query(tool, prefix, command):
    """What a gateway's telemetry answers."""
    out = subprocess.run([tool, "-f", prefix, command], capture_output=True, check=True)
    return json.loads(out.stdout)


def app_drops(tool, prefix):
    """The application's drop counters, summed over its ports."""
    total = collections.Counter()
    for port in query(tool, prefix, "/fwd/stats")["ports"].values():
        total.update({name: value for name, value in port.items() if name.startswith("drop_")})
    return dict(total)


def check(cases, send, drops):
    """cases: (counter, frame); drops() reads all counters. Returns how many failed."""
    failed = 0
    for name, frame in cases:
        before = drops()
        send(frame)
        end = time.monotonic() + 2
        while (after := drops()).get(name, 0) == before.get(name, 0) and time.monotonic() < end:
            time.sleep(0.01)
        moved = {k: v - before.get(k, 0) for k, v in after.items() if v != before.get(k, 0)}
        good = moved == {name: 1}
        print("ok    " if good else "FAILED", name, "" if good else f"counted: {moved}")
        failed += not good
    return failed
