#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""dpdk-ipoib-ndr: its search, against devices that are functions, and its options.

    test_ndr.py TOOL
"""

import importlib.machinery
import importlib.util
import random
import subprocess
import sys
import unittest

TOOL = ""
ndr = None


def load(path):
    loader = importlib.machinery.SourceFileLoader("ndr", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("ndr", loader))
    sys.modules["ndr"] = module
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


class Device:
    """Forwards up to a capacity; beyond, the rest is lost. From where it starts to lose a little,
    softly; now and then a trial goes wrong."""

    def __init__(self, capacity, soft=None, soft_loss=0.002, hiccup=0.0, seed=1):
        self.capacity, self.soft, self.soft_loss = capacity, soft or capacity, soft_loss
        self.hiccup, self.random, self.trials = hiccup, random.Random(seed), []

    def measure(self, load, seconds):
        sent = round(load * seconds)
        loss = max(0.0, 1 - self.capacity / load)
        if load > self.soft:
            loss = max(loss, self.soft_loss)
        if self.random.random() < self.hiccup:
            loss = max(loss, 0.03)
        trial = ndr.Trial(load, seconds, sent, round(sent * (1 - loss)))
        self.trials.append(trial)
        return trial


def goals(**over):
    return [ndr.Goal("ndr", 0.0, **over), ndr.Goal("pdr", 0.005, **over)]


def find(device, low=1000, high=20e6, **over):
    return ndr.Search(device.measure, goals(**over), low, high).run()


class SearchTest(unittest.TestCase):
    def assert_near(self, result, truth, width=0.005):
        """The bounds are around the truth, and as near to each other as was asked."""
        lower, upper = result["lower_pps"], result["upper_pps"]
        self.assertLessEqual(lower, truth * (1 + 1e-6))
        self.assertGreaterEqual(upper, truth * (1 - 1e-6))
        self.assertLessEqual(upper - lower, width * upper + 1)
        self.assertTrue(result["regular"])

    def test_hard_limit(self):
        for capacity in (1234.5, 98765, 3.3e6, 19e6):
            device = Device(capacity)
            found = find(device)
            self.assert_near(found["ndr"], capacity)
            self.assert_near(found["pdr"], capacity / 0.995)
            self.assertLessEqual(found["ndr"]["throughput_pps"], capacity + 1)

    def test_two_rates(self):
        """Loss begins at 2 Mpps, is below 0.5 % up to 5 Mpps."""
        found = find(Device(5e6, soft=2e6))
        self.assert_near(found["ndr"], 2e6)
        self.assert_near(found["pdr"], 5e6 / 0.995)

    def test_hiccups(self):
        """A third of the trials lose: fewer than the half that the goal allows."""
        for seed in range(5):
            found = find(Device(4e6, hiccup=0.3, seed=seed))
            for name in ("ndr", "pdr"):
                self.assertAlmostEqual(found[name]["lower_pps"] / 4e6, 1, delta=0.02)
            self.assertEqual(found["ndr"]["throughput_pps"], found["ndr"]["lower_pps"])

    def test_only_hiccups(self):
        """All trials lose, at any rate: there is no NDR, and the search says so."""
        found = find(Device(4e6, hiccup=1.0))
        self.assertIsNone(found["ndr"]["lower_pps"])
        self.assertFalse(found["ndr"]["regular"])

    def test_ends(self):
        found = find(Device(1e9))
        self.assertEqual((found["ndr"]["lower_pps"], found["ndr"]["upper_pps"]), (20000000, None))
        found = find(Device(10))
        self.assertEqual((found["ndr"]["lower_pps"], found["ndr"]["upper_pps"]), (None, 1000))

    def test_cost(self):
        """A load that is clear is settled in half of its time; most of the way is in short steps:
        the whole search takes a few times that, not a bisection of it."""
        device = Device(3.3e6)
        find(device)
        self.assertLess(sum(t.seconds for t in device.trials), 6 * 20)

    def test_deterministic(self):
        one, two = Device(4e6, hiccup=0.3), Device(4e6, hiccup=0.3)
        self.assertEqual(find(one), find(two))
        self.assertEqual(one.trials, two.trials)

    def test_limit(self):
        search = ndr.Search(Device(3.3e6).measure, goals(), 1000, 20e6, limit_s=3)
        with self.assertRaisesRegex(ndr.NdrError, "no result within 3 s"):
            search.run()


class ClassifyTest(unittest.TestCase):
    GOAL = {"loss": 0.005, "exceed": 0.5, "trial_s": 1.0, "sum_s": 4.0}

    def state(self, trials, **over):
        goal = ndr.Goal("g", **{**self.GOAL, **over})
        return ndr.classify([ndr.Trial(1000, s, 1000, 1000 - lost) for s, lost in trials], goal)

    def test_full_trials(self):
        self.assertIsNone(self.state([(1, 0)]))
        self.assertEqual(self.state([(1, 0), (1, 5)]), ndr.LOWER)  # no two more can change it
        self.assertIsNone(self.state([(1, 9), (1, 9)]))
        self.assertEqual(self.state([(1, 9), (1, 9), (1, 6)]), ndr.UPPER)
        self.assertEqual(self.state([(1, 9), (1, 9), (1, 0), (1, 0)]), ndr.LOWER)

    def test_short_trials(self):
        """They cannot make a lower bound; bad ones count beyond what good ones make up for."""
        self.assertIsNone(self.state([(0.5, 0)] * 20))
        self.assertEqual(self.state([(0.5, 9)] * 5), ndr.UPPER)
        self.assertIsNone(self.state([(0.5, 9)] * 5 + [(0.5, 0)] * 5))

    def test_strict(self):
        self.assertEqual(self.state([(1, 9)], exceed=0.0), ndr.UPPER)
        self.assertIsNone(self.state([(1, 0)] * 3, exceed=0.0))
        self.assertEqual(self.state([(1, 0)] * 4, exceed=0.0), ndr.LOWER)

    def test_throughput(self):
        """The trial in the middle, not the best and not the worst."""
        goal = ndr.Goal("g", **{**self.GOAL, "loss": 0.1})
        trials = [ndr.Trial(1000, 1, 1000, 1000 - lost) for lost in (0, 10, 20, 40)]
        self.assertAlmostEqual(ndr.conditional_throughput(trials, goal), 990)


class OthersTest(unittest.TestCase):
    def test_burst(self):
        for depth in (0, 1, 1000, 123456, 10 ** 6):
            found = ndr.longest_burst(lambda n, d=depth: max(0, n - d), 10 ** 6)
            self.assertLessEqual(found, depth)
            self.assertGreaterEqual(found, depth - max(1, 0.03 * depth))

    def test_curve(self):
        curve = ndr.loss_curve(Device(650).measure, 1000, 1.0)
        self.assertEqual([row["pps"] for row in curve], [1000, 900, 800, 700, 600, 500])
        self.assertAlmostEqual(curve[0]["loss_ratio"], 0.35)
        self.assertEqual([row["loss_ratio"] for row in curve[-2:]], [0, 0])

    def test_sizes(self):
        self.assertEqual(ndr.packet_sizes(46), {
            "ip_octets": 46, "ethernet_octets": 64, "infiniband_octets": 86,
            "infiniband_grh_octets": 126})
        self.assertEqual(ndr.packet_sizes(1500)["ethernet_octets"], 1518)

    def test_usage(self):
        for words, text in (([], "--tester, or --generator and --receiver"),
                            (["--generator", "-l 0 --"], "--tester, or --generator and --receiver"),
                            (["--tester=-l 0 --", "--width", "2"], "parts below 1"),
                            (["--tester=-l 0 --", "--max", "1"], "that ascend"),
                            (["--tester=-l 0"], "EAL's options, then --")):
            done = subprocess.run([TOOL, "--logs", "/nonexistent", *words], text=True,
                                  capture_output=True, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(text, done.stderr)


if __name__ == "__main__":
    TOOL = sys.argv.pop(1)
    ndr = load(TOOL)
    unittest.main()
