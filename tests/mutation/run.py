#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Apply small errors to a copy of the sources, one by one; a test must fail for each.

The errors are in tables beside this file: text that occurs exactly once in a source file, and what
it becomes. "neigh" is the neighbour table, compiled by itself; "datapath" is what packets pass, in a
copy of the tree that meson builds, with the test programs that may know; "ether" is mode=ether,
"verbs" bursts over libibverbs, and "control" the control core, the same way. One that cannot be applied or compiled is an error here,
and lint asks for the former, so that the tables keep up with the sources. Exit status 1 if a test
missed one, 2 if a table does not fit.
"""

import argparse
import concurrent.futures
import glob
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import control
import datapath
import ether
import neigh
import verbs
from tree import Tree
from unfit import Unfit

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CC = shlex.split(os.environ.get("CC", "cc"))
CFLAGS = ["-O1", "-g1", "-std=gnu11", "-w", "-D_GNU_SOURCE", "-DALLOW_EXPERIMENTAL_API",
          "-include", "rte_cycles.h", "-include", "rte_hash_crc.h"]
# A test that takes so many times what it takes without an error hangs.
PATIENCE = 10
JOBS = 2


def pkg_config(*args):
    out = subprocess.run(["pkg-config", *args], check=True, capture_output=True, text=True)
    return shlex.split(out.stdout)


class Suite:
    """Sources of a library, its test programs, and their objects as they are."""

    def __init__(self, folder):
        self.folder = folder
        self.cflags = CFLAGS + pkg_config("--cflags", "libdpdk")
        self.libs = pkg_config("--libs", "libdpdk", "cmocka")
        self.base = os.path.join(folder, "base")
        self.limit = {}
        for d in (*neigh.FOLDERS, "tests/unit"):
            shutil.copytree(os.path.join(ROOT, d), os.path.join(self.base, d))

    def sources(self, tree):
        out = []
        for d in neigh.FOLDERS:
            out += sorted(glob.glob(os.path.join(tree, d, "*.c")))
        return out + [os.path.join(tree, f) for f in neigh.FIXTURES]

    def compile(self, tree, source, obj):
        inc = [f"-I{os.path.join(tree, d)}" for d in (*neigh.FOLDERS, "tests/unit")]
        cmd = [*CC, *self.cflags, *inc, "-c", source, "-o", obj]
        return subprocess.run(cmd, capture_output=True, text=True)

    def build(self, tree, only=None):
        """Compile what differs from the base; link all test programs."""
        objs = []
        programs = [os.path.join(tree, "tests/unit", p + ".c") for p in neigh.PROGRAMS]
        for source in self.sources(tree) + programs:
            obj = source[:-2] + ".o"
            if only is not None and only not in (source, "all"):
                obj = obj.replace(tree, self.base, 1)
            else:
                ret = self.compile(tree, source, obj)
                if ret.returncode != 0:
                    raise Unfit("does not compile:\n" + ret.stderr)
            objs.append(obj)
        shared = objs[:-len(programs)]
        for name, obj in zip(neigh.PROGRAMS, objs[-len(programs):]):
            cmd = [*CC, obj, *shared, "-o", os.path.join(tree, name), *self.libs]
            ret = subprocess.run(cmd, capture_output=True, text=True)
            if ret.returncode != 0:
                raise Unfit("does not link:\n" + ret.stderr)

    def run(self, tree, name):
        """None if the program passes, else how it failed."""
        try:
            ret = subprocess.run([os.path.join(tree, name)], capture_output=True, text=True,
                                 errors="replace", timeout=self.limit.get(name, 300))
        except subprocess.TimeoutExpired:
            return f"{name} hangs"
        if ret.returncode == 0:
            return None
        for line in (ret.stdout + ret.stderr).splitlines():
            if line.startswith("[  FAILED  ] test_"):
                return line.split("] ", 1)[1]
        return f"{name} ends with {ret.returncode}"

    def prepare(self):
        """The tests must pass without an error."""
        self.build(self.base)
        for name in neigh.PROGRAMS:
            begin = time.monotonic()
            failed = self.run(self.base, name)
            if failed is not None:
                raise Unfit(f"without an error: {failed}")
            self.limit[name] = max(20, PATIENCE * (time.monotonic() - begin))

    def mutate(self, m, tree):
        path = os.path.join(tree, m.path)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if text.count(m.old) != 1:
            raise Unfit(f"its text occurs {text.count(m.old)} times in {m.path}")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(m.old, m.new))
        self.build(tree, path if path.endswith(".c") else "all")

    def try_one(self, m):
        """How the tests caught it, or None."""
        tree = tempfile.mkdtemp(dir=self.folder)
        try:
            for d in (*neigh.FOLDERS, "tests/unit"):
                shutil.copytree(os.path.join(self.base, d), os.path.join(tree, d),
                                ignore=shutil.ignore_patterns("*.o"))
            self.mutate(m, tree)
            first = [p for p in neigh.PROGRAMS if p == m.program]
            for name in first + [p for p in neigh.PROGRAMS if p not in first]:
                failed = self.run(tree, name)
                if failed is not None:
                    return failed
            return None
        finally:
            shutil.rmtree(tree, ignore_errors=True)


TABLES = {"neigh": neigh.MUTATIONS, "datapath": datapath.MUTATIONS, "ether": ether.MUTATIONS,
          "verbs": verbs.MUTATIONS, "control": control.MUTATIONS}


def choose(args):
    """Mutations by table."""
    tables = {args.table: TABLES[args.table]} if args.table else TABLES
    if args.names:
        known = {m.name for t in tables.values() for m in t}
        unknown = [n for n in args.names if n not in known]
        if unknown:
            sys.exit(f"mutation: unknown name '{unknown[0]}', --list shows the names")
        return {k: [m for m in t if m.name in args.names] for k, t in tables.items()}
    return {k: [m for m in t if m.named or not args.named] for k, t in tables.items()}


class Report:
    """One line a mutation, and the sum."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = {"caught": 0, "NOT CAUGHT": 0, "UNFIT": 0}

    def add(self, m, suite):
        try:
            how = suite.try_one(m)
            verdict = "caught" if how else "NOT CAUGHT"
        except Unfit as e:
            verdict, how = "UNFIT", str(e)
        with self.lock:
            self.count[verdict] += 1
            print(f"{verdict:10} {m.name:46} {how or ''}", flush=True)


def run_table(table, mutations, report):
    folder = tempfile.mkdtemp(prefix="mutation.", dir=os.environ.get("TMPDIR", "/var/tmp"))
    try:
        if table == "neigh":
            suite = Suite(folder)
            suite.prepare()
        else:
            suite = Tree(folder, ROOT)
            suite.prepare(mutations)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(lambda m: report.add(m, suite), mutations))
    except Unfit as e:
        print(f"mutation: {e}")
        report.count["UNFIT"] += 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fit(chosen):
    """Does each still have its text in the sources? 0 or 2."""
    bad = 0
    for m in (m for t in chosen.values() for m in t):
        with open(os.path.join(ROOT, m.path), encoding="utf-8") as f:
            n = f.read().count(m.old)
        if n != 1:
            print(f"'{m.name}': its text occurs {n} times in {m.path}")
            bad = 2
    return bad


def main():
    parser = argparse.ArgumentParser(prog="mutation.sh", description=__doc__)
    parser.add_argument("--named", action="store_true", help="only the first ones to try")
    parser.add_argument("--list", action="store_true", help="names only")
    parser.add_argument("--fit", action="store_true", help="only look whether all can be applied")
    parser.add_argument("--table", choices=list(TABLES), help="only those of this table")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    chosen = choose(args)
    if args.list:
        for m in (m for t in chosen.values() for m in t):
            print(m.name)
        return 0
    if args.fit:
        return fit(chosen)
    begin = time.monotonic()
    report = Report()
    for table, mutations in chosen.items():
        if mutations:
            run_table(table, mutations, report)
    took = time.monotonic() - begin
    print(f"{report.count['caught']} of {sum(map(len, chosen.values()))} caught, "
          f"{report.count['NOT CAUGHT']} not caught, "
          f"{report.count['UNFIT']} do not fit the sources, {took:.0f} s")
    return 2 if report.count["UNFIT"] else 1 if report.count["NOT CAUGHT"] else 0


if __name__ == "__main__":
    sys.exit(main())
