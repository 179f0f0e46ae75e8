# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Latency of a device between two memif ports of a tester, by usertools/dpdk-ipoib-ndr.

The tester (one lcore, CPU 0) sends from its port 0 and receives by its port 1; the device has CPU 1.
Each device's PDR is searched once; then both are measured in turn at half of it.
"""

import importlib.machinery
import importlib.util
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

import programs
from programs import LAB, BenchError

TOP = pathlib.Path(__file__).resolve().parents[3]
MBUFS, MB = 32768, 500
# A trial in which the tester itself is too slow, by others on its CPU, says nothing: so many are tried.
SEARCHES_MAX, TRIALS_MAX = 4, 10
SEARCH = {"exceed": 0.5, "trial_s": 0.25, "sum_s": 1.5, "width": 0.05}


def ndr_module():
    path = str(TOP / "usertools/dpdk-ipoib-ndr")
    loader = importlib.machinery.SourceFileLoader("ndr", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("ndr", loader))
    sys.modules["ndr"] = module
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


ndr = None  # loaded when it is first needed


def memif(name, n, role):
    return (f"net_memif{n},role={role},id={n},socket={LAB}/{name}.memif,socket-abstract=no,"
            "rsize=12,mac=02:00:00:00:00:0" + str(n + (1 if role == "server" else 3)))


class Pair:
    """A device and the tester around it. device: argv; tester: what its ports are, beyond memif;
    script: the tester's commands."""

    def __init__(self, name, device, tester_vdevs, script, length):
        self.name, self.argv, self.length = name, device, length
        file = pathlib.Path(f"{LAB}/{name}-tester.cmd")
        file.write_text("\n".join(script) + "\n", encoding="ascii")
        vdevs = [memif(name, 0, "client"), *tester_vdevs, memif(name, 1, "client")]
        self.words = shlex.join([
            *programs.eal(f"{name}-tester", "0@0", vdevs, MB), "--", "--cmdline-file", str(file),
            "--total-num-mbufs", str(MBUFS)])
        self.device = self.tester_program = None

    def start(self, ready):
        with open(f"{LAB}/{self.name}.log", "wb") as log:
            self.device = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=log,
                                           stderr=subprocess.STDOUT)
        programs.until(20, f"{self.name}: memif", lambda: os.path.exists(f"{LAB}/{self.name}.memif"))
        self.tester_program = ndr.Instance(
            os.environ["LAB_BUILD"] + "/app/dpdk-ipoib", "tester", self.words,
            f"{LAB}/{self.name}-tester.log", ndr.sibling("dpdk-ipoib-query"))
        programs.until(20, f"{self.name}: links", lambda: ready(self))
        self.tester = ndr.Tester(self.tester_program, self.tester_program, self.length, 0.1)

    def search(self):
        """Packets a second at 0.5 % loss, or what the tester sends, if that is less."""
        high = 0.8 * max(self.tester.calibrate() for _ in range(2))
        for left in range(SEARCHES_MAX - 1, -1, -1):
            goal = ndr.Goal("pdr", 0.005, **SEARCH)
            try:
                found = ndr.Search(self.tester.trial, [goal], 10000, high).run()
                break
            except ndr.NdrError:  # a CPU that others share is slower at times
                if left == 0:
                    raise
                high *= 0.7
        if found["pdr"]["lower_pps"] is None:
            raise BenchError(f"{self.name}: no PDR")
        return found["pdr"]["lower_pps"]

    def latency(self, pps, seconds):
        for left in range(TRIALS_MAX - 1, -1, -1):
            try:
                self.tester.trial(pps, seconds)
                break
            except ndr.NdrError:
                if left == 0:
                    raise
        return self.tester.last

    def signal(self, number):
        for process in (self.device, self.tester_program.process):
            process.send_signal(number)

    def sleep(self):
        self.signal(signal.SIGSTOP)

    def wake(self):
        self.signal(signal.SIGCONT)

    def stop(self):
        for process in (self.tester_program and self.tester_program.process, self.device):
            if process:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def compare(pairs, rounds, seconds):
    """pairs: [(pair, ready)]. {name: {"pdr_pps", "rounds": [latency in a round]}}"""
    global ndr
    ndr = ndr or ndr_module()
    result = {}
    try:
        for pair, ready in pairs:
            pair.start(ready)
            pps = pair.search()
            result[pair.name] = {"pdr_pps": pps, "rounds": []}
            print(f"  {pair.name}: PDR {pps / 1e6:.3f} Mpps", flush=True)
            pair.sleep()
        for _ in range(rounds):
            for pair, _ in pairs:
                pair.wake()
                time.sleep(0.1)
                row = pair.latency(result[pair.name]["pdr_pps"] / 2, seconds)
                pair.sleep()
                result[pair.name]["rounds"].append(row)
                print(f"  {pair.name}: p50 {row['p50_ns'] / 1000:.1f} us, p99 "
                      f"{row['p99_ns'] / 1000:.1f} us", flush=True)
    except ndr.NdrError as error:
        raise BenchError(str(error)) from error
    finally:
        for pair, _ in pairs:
            pair.stop()
    return result
