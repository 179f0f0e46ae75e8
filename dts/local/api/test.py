# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Verdicts and words of a test case."""

import json
import os


class TestCaseVerifyError(Exception):
    """What was verified is not so."""


def log(message: str) -> None:
    """For who reads the log."""
    print(f"        {message}", flush=True)


def verify(condition: bool, failure_description: str) -> None:
    """Fail the case unless `condition`."""
    if not condition:
        raise TestCaseVerifyError(failure_description)


def write_performance_json(data: dict, filename: str = "performance_metrics.json") -> None:
    """Figures for who plots them; only with DTS_OUTPUT_DIR."""
    folder = os.environ.get("DTS_OUTPUT_DIR")
    if folder:
        with open(os.path.join(folder, filename), "w", encoding="utf-8") as out:
            json.dump(data, out, indent=2)
