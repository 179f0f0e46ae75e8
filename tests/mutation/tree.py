# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""A copy of the whole tree, built by meson, for mutations of what many test programs are made of."""

import json
import os
import subprocess
import threading
import time

import datapath
from unfit import Unfit

PATIENCE = 10


class Tree:
    """One copy: what is mutated in it is put back afterwards, so one mutation at a time."""

    def __init__(self, folder, root):
        self.root = root
        self.folder = os.path.join(folder, "tree")
        self.build = os.path.join(self.folder, "build")
        self.lock = threading.Lock()
        self.limit = {}
        self.command = {}

    def do(self, *cmd):
        ret = subprocess.run(cmd, capture_output=True, text=True, errors="replace")
        if ret.returncode != 0:
            raise Unfit(f"{' '.join(cmd[:4])}:\n{(ret.stdout + ret.stderr)[-3000:]}")
        return ret.stdout

    def ninja(self, names):
        self.do("ninja", "-C", self.build, *sorted(self.command[n][1] for n in names))

    def copy(self):
        files = self.do("git", "-C", self.root, "ls-files", "-z", "--cached", "--others",
                        "--exclude-standard")
        ret = subprocess.run(["tar", "-C", self.root, "--null", "-T", "-", "-cf", "-"],
                             input=files.encode(), capture_output=True, check=True)
        os.mkdir(self.folder)
        subprocess.run(["tar", "-C", self.folder, "-xf", "-"], input=ret.stdout, check=True)

    def prepare(self, mutations):
        """Build what these mutations need; the programs must pass without an error."""
        self.copy()
        # Warnings are not what is looked for here; -O1 is built fastest.
        self.do("meson", "setup", "-Doptimization=1", "-Ddebug=false", self.build, self.folder)
        for t in json.loads(self.do("meson", "introspect", "--tests", self.build)):
            self.command[t["name"]] = (t["cmd"], os.path.relpath(t["cmd"][0], self.build))
        names = sorted({n for m in mutations for n in datapath.programs(m)})
        unknown = [n for n in names if n not in self.command]
        if unknown:
            raise Unfit(f"there is no test '{unknown[0]}'")
        self.ninja(names)
        for name in names:
            begin = time.monotonic()
            failed = self.run(name)
            if failed is not None:
                raise Unfit(f"without an error: {failed}")
            self.limit[name] = max(20, PATIENCE * (time.monotonic() - begin))

    def run(self, name):
        """None if the program passes, else how it failed."""
        try:
            ret = subprocess.run(self.command[name][0], capture_output=True, text=True,
                                 errors="replace", stdin=subprocess.DEVNULL, cwd=self.build,
                                 timeout=self.limit.get(name, 300))
        except subprocess.TimeoutExpired:
            return f"{name} hangs"
        if ret.returncode == 0:
            return None
        for line in (ret.stdout + ret.stderr).splitlines():
            if line.startswith("[  FAILED  ] test_"):
                return f"{name}: {line.split('] ', 1)[1]}"
        return f"{name} ends with {ret.returncode}"

    def judge(self, m):
        for name in datapath.programs(m):
            # The likely one alone first: it is caught there nearly always.
            self.ninja([name])
            failed = self.run(name)
            if failed is not None:
                return failed
        return None

    def try_one(self, m):
        """How the tests caught it, or None."""
        with self.lock:
            path = os.path.join(self.folder, m.path)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            if text.count(m.old) != 1:
                raise Unfit(f"its text occurs {text.count(m.old)} times in {m.path}")
            try:
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text.replace(m.old, m.new))
                return self.judge(m)
            finally:
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
