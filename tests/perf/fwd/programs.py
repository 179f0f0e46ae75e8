# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Programs of a benchmark: started once, measured in turn, asleep in between.

All are asked the same way, through DPDK's telemetry (/ethdev/stats), and all are timed by the CPU
time of their worker threads, so that other load on the machine counts only by the caches that it
spoils. A program that is not being measured is stopped (SIGSTOP).
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

LAB = os.environ.get("LAB", "/nowhere")
RUNTIME = "/var/run/dpdk" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp") + "/dpdk"
WORKER = re.compile(r"(rte|lcore|dpdk)-worker-?\d+")


class BenchError(Exception):
    """A program does not do what it should; the text says which and what."""


def until(seconds, what, question):
    end = time.monotonic() + seconds
    while not (answer := question()):
        if time.monotonic() > end:
            raise BenchError(f"{what}: not within {seconds} s")
        time.sleep(0.05)
    return answer


class Program:
    """A DPDK program with a telemetry socket."""

    def __init__(self, name, argv, counter, commands=()):
        """counter: (ethdev, "ipackets" or "opackets"), what its speed is measured by."""
        self.name, self.argv, self.counter = name, argv, counter
        self.commands = commands
        self.process = self.sock = None

    def start(self):
        self.log = open(f"{LAB}/{self.name}.log", "wb")
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=self.log,
                                        stderr=subprocess.STDOUT)
        until(20, f"{self.name}: telemetry", self.connect)
        self.say(*self.commands)
        self.ready()

    def ready(self):
        until(20, f"{self.name}: packets", lambda: self.count() > 0)

    def say(self, *lines):
        for line in lines:
            self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def connect(self):
        if self.process.poll() is not None:
            raise BenchError(f"{self.name} ended:\n{self.tail()}")
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.settimeout(5)
        try:
            sock.connect(f"{RUNTIME}/{self.name}/dpdk_telemetry.v2")
        except OSError:
            return False
        sock.recv(1024)
        self.sock = sock
        return True

    def ask(self, command):
        self.sock.send(command.encode())
        return next(iter(json.loads(self.sock.recv(1 << 17)).values()))

    def value(self, command, key):
        """None: it does not answer, or says that it is busy."""
        answer = self.ask(command)
        return answer.get(key) if isinstance(answer, dict) else None

    def tail(self):
        return "\n".join(pathlib.Path(f"{LAB}/{self.name}.log").read_text(
            encoding="utf-8", errors="replace").splitlines()[-15:])

    def count(self):
        port, key = self.counter
        return self.ask(f"/ethdev/stats,{port}")[key]

    def workers(self):
        tasks = list(pathlib.Path(f"/proc/{self.process.pid}/task").iterdir())
        named = [t for t in tasks if WORKER.match((t / "comm").read_text())]
        return named or [t for t in tasks if t.name == str(self.process.pid)]

    def cpu_ns(self):
        return sum(int((t / "schedstat").read_text().split()[0]) for t in self.threads)

    def sleep(self):
        self.process.send_signal(signal.SIGSTOP)

    def wake(self):
        self.process.send_signal(signal.SIGCONT)

    def measure(self, warm, seconds):
        """Packets a second of a worker's CPU time, and of the clock's."""
        self.wake()
        self.threads = self.workers()
        time.sleep(warm)
        packets, cpu, clock = self.count(), self.cpu_ns(), time.monotonic_ns()
        time.sleep(seconds)
        packets, cpu, clock = (self.count() - packets, self.cpu_ns() - cpu,
                               time.monotonic_ns() - clock)
        self.sleep()
        if packets == 0:
            raise BenchError(f"{self.name} sends nothing:\n{self.tail()}")
        lcores = len(self.threads)
        return {"pps": packets * 1e9 / cpu * lcores, "wall_pps": packets * 1e9 / clock,
                "lcores": lcores}

    def stop(self):
        if self.process is None:
            return
        self.wake()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.sock = None


def eal(name, lcores, vdevs):
    words = ["--lcores", lcores, "--no-pci", "--file-prefix", name]
    words += os.environ.get("LAB_MEMORY_ARGS", "--no-huge -m 1400").split()
    for vdev in vdevs:
        words += ["--vdev", vdev]
    return words


def testpmd(name, mode, vdevs, counter, options=()):
    argv = ["dpdk-testpmd", *eal(name, "0@0,1@1", vdevs), "--", f"--forward-mode={mode}",
            "--auto-start", "--total-num-mbufs=131072", "--no-mlockall", *options]
    return Program(name, argv, counter)


def l3fwd(name, lookup, rules, vdevs, counter):
    argv = [os.environ["L3FWD"], *eal(name, "1@1", vdevs), "--", "-p", "0x3", "-P",
            "--config=(0,0,1),(1,0,1)", f"--lookup={lookup}", f"--rule_ipv4={rules[0]}",
            f"--rule_ipv6={rules[1]}", "--parse-ptype", "--rx-queue-size=65535"]
    if lookup == "em":
        argv += ["--hash-entry-num=0x1000"]
    return Program(name, argv, counter)


class Gateway(Program):
    """dpdk-ipoib: its prompt is driven, so that it starts only when its port is up."""

    def __init__(self, name, vdevs, counter, script, ipoib, options=(), lcores="0@0,1@1",
                 is_ready=None):
        file = f"{LAB}/{name}.cmd"
        pathlib.Path(file).write_text("\n".join(script) + "\n", encoding="utf-8")
        argv = [os.environ["LAB_BUILD"] + "/app/dpdk-ipoib", *eal(name, lcores, vdevs), "--", "-i",
                "--cmdline-file", file, "--total-num-mbufs", "131072", *options]
        super().__init__(name, argv, counter)
        self.ipoib, self.is_ready = ipoib, is_ready

    def ready(self):
        until(20, f"{self.name}: port {self.ipoib} up",
              lambda: self.value(f"/ipoib/info,{self.ipoib}", "link") == "up")
        self.say("start")
        if self.is_ready is not None:
            until(30, f"{self.name}: neighbours", lambda: self.is_ready(self))
        super().ready()

    def drops(self):
        ports = self.ask("/fwd/stats")["ports"].values()
        total = {}
        for port in ports:
            for key, value in port.items():
                if key.startswith("drop_") and value:
                    total[key] = total.get(key, 0) + value
        return total
