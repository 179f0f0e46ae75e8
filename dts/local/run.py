#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Run the suites of dts/tests on this machine; dts/local/run.sh calls it in a laboratory.

run.py [SUITE...]: smoke, forward, ...; without arguments all. The last line is a sum.
"""

import contextlib
import importlib
import io
import os
import pathlib
import socket
import sys
import time
import traceback
from types import SimpleNamespace

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent)]

from api.packet import FunctionalGenerator, PerformanceGenerator  # noqa: E402
from framework.context import Context, InNamespace, Node, Port, Topology, init_ctx  # noqa: E402

#: What tests_config.yaml says elsewhere.
CONFIG = {
    "program": os.environ.get("DTS_PROGRAM", ""),
    "eal_a": os.environ.get("DTS_EAL_A", ""),
    "eal_b": os.environ.get("DTS_EAL_B", ""),
    "lcores_a": "0@0-1,1@0-1",
    "lcores_b": "0@0-1,1@0-1",
    "options": "--idle-sleep 50 --total-num-mbufs 16384",
    "log_dir": os.environ.get("LAB", "/tmp"),
    "up_s": 60.0,
    "capture_s": 0.5,
}
PERF = {
    "duration_s": 0.3,
    "test_parameters": [
        {"frame_size": 64, "expected_mpps": 0},
        {"frame_size": 1518, "expected_mpps": 0},
    ],
}


def port(name: str, interface: str, namespace: str | None = None) -> Port:
    """An interface with its MAC address."""
    with InNamespace(namespace):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((interface, 0))
    mac = sock.getsockname()[4].hex(":")
    sock.close()
    return Port(name, interface, mac, namespace)


def suites(names: list[str]) -> list:
    """The classes of the suites, smoke first."""
    have = sorted((HERE.parent / "tests").glob("TestSuite_ipoib_*.py"))
    have = [p.stem.removeprefix("TestSuite_") for p in have]
    wanted = [f"ipoib_{n.removeprefix('ipoib_')}" for n in names] or have
    for name in wanted:
        if name not in have:
            sys.exit(f"dts: no suite '{name}', there are: {' '.join(have)}")
    for name in sorted(wanted, key=lambda n: (n != "ipoib_smoke", n)):
        module = importlib.import_module(f"tests.TestSuite_{name}")
        yield name, getattr(module, "Test" + "".join(w.capitalize() for w in name.split("_")))


class Run:
    """Counts and prints."""

    def __init__(self, ctx: Context) -> None:
        """Nothing ran yet."""
        self.ctx = ctx
        self.passed = self.failed = 0

    def step(self, name: str, function, counts: bool) -> bool:
        """One case, or what is around it; that counts only if it fails."""
        out = io.StringIO()
        began = time.monotonic()
        failure = ""
        try:
            with contextlib.redirect_stdout(out):
                function()
        except Exception as e:  # whatever it is, the other cases go on
            failure = f"{e}" if type(e).__name__ == "TestCaseVerifyError" else traceback.format_exc()
        took = time.monotonic() - began
        if counts or failure or took > 0.1:
            print(f"{name:44} {'FAILED' if failure else 'ok':6} {took:5.1f} s")
        if failure or counts:
            print(out.getvalue(), end="")
        if failure:
            print(f"        {failure}")
        self.failed += bool(failure)
        self.passed += counts and not failure
        sys.stdout.flush()
        return not failure

    def suite(self, name: str, cls: type) -> None:
        """All cases of a suite."""
        kind = cls.__annotations__["config"]
        values = {**CONFIG, **(PERF if hasattr(kind, "test_parameters") else {})}
        suite = cls(kind(**values))
        self.ctx.local.current_test_suite = suite
        cases = cls.get_test_cases()
        if not self.step(f"{name}: start", suite.set_up_suite, False):
            self.failed += len(cases)
            cases = []
        for case in cases:
            if self.step(f"{name}: before a case", suite.set_up_test_case, False):
                self.step(f"{name}: {case.__name__}", lambda c=case: c(suite), True)
            self.step(f"{name}: after a case", suite.tear_down_test_case, False)
        self.step(f"{name}: end", suite.tear_down_suite, False)


def main() -> int:
    """Run what was asked for."""
    topology = Topology(
        sut_port_ingress=port("sut-0", "ea"), sut_port_egress=port("sut-1", "eb"),
        tg_port_egress=port("tg-0", "eth0", "client"),
        tg_port_ingress=port("tg-1", "eth0", "server"),
    )
    ctx = Context(Node("SUT"), Node("TG"), topology, FunctionalGenerator(), PerformanceGenerator(),
                  SimpleNamespace(current_test_suite=None, current_test_case=None))
    init_ctx(ctx)
    run = Run(ctx)
    for name, cls in suites(sys.argv[1:]):
        run.suite(name, cls)
    print(f"dts: {run.passed} passed, {run.failed} failed")
    return 1 if run.failed or not run.passed else 0


if __name__ == "__main__":
    sys.exit(main())
