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

    def __init__(self, name, argv, counter):
        """counter: (ethdev, "ipackets" or "opackets"), what its speed is measured by; or several."""
        self.name, self.argv = name, argv
        self.counters = counter if isinstance(counter, list) else [counter]
        self.process = self.sock = self.started_s = None

    main_works = False  # is the main thread a worker, beside others?

    def start(self):
        begin = time.monotonic()
        with open(f"{LAB}/{self.name}.log", "wb") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=log,
                                            stderr=subprocess.STDOUT)
        until(60, f"{self.name}: telemetry", self.connect)
        self.ready()
        self.started_s = time.monotonic() - begin

    def ready(self):
        until(120, f"{self.name}: packets", lambda: self.count() > 0)

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
        if self.process.poll() is not None:
            raise BenchError(f"{self.name} has ended:\n{self.tail()}")
        try:
            self.sock.send(command.encode())
            return next(iter(json.loads(self.sock.recv(1 << 17)).values()))
        except (OSError, ValueError) as error:
            raise BenchError(f"{self.name}: {command}: {error}\n{self.tail()}") from error

    def value(self, command, key):
        """None: it does not answer, or says that it is busy."""
        answer = self.ask(command)
        return answer.get(key) if isinstance(answer, dict) else None

    def tail(self):
        return "\n".join(pathlib.Path(f"{LAB}/{self.name}.log").read_text(
            encoding="utf-8", errors="replace").splitlines()[-15:])

    def count(self):
        return sum(self.value(f"/ethdev/stats,{port}", key) or 0 for port, key in self.counters)

    def workers(self):
        tasks = list(pathlib.Path(f"/proc/{self.process.pid}/task").iterdir())
        named = [t for t in tasks if WORKER.match((t / "comm").read_text())]
        main = [t for t in tasks if t.name == str(self.process.pid)]
        return named + main if self.main_works or not named else named

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


def eal(name, lcores, vdevs, mb=700):
    memory = os.environ["LAB_MEMORY_ARGS"].split()
    if "--no-huge" in memory:
        mb *= 2  # a buffer begins on a page of its own
    words = ["--lcores", lcores, "--no-pci", "--file-prefix", name, "-m", str(mb), *memory]
    for vdev in vdevs:
        words += ["--vdev", vdev]
    return words


def testpmd(name, mode, vdevs, counter, options=()):
    argv = ["dpdk-testpmd", *eal(name, "0@0,1@1", vdevs), "--", f"--forward-mode={mode}",
            "--auto-start", "--total-num-mbufs=65536", "--no-mlockall", *options]
    return Program(name, argv, counter)


def l3fwd(name, lookup, rules, vdevs, counter, workers=1):
    """Every worker has a queue of port 0, the first that of port 1, where nothing comes."""
    queues = "(0,0,1),(1,0,1)" if workers == 1 else "(0,0,1),(0,1,2),(1,0,1)"
    lcores = "1@1" if workers == 1 else "1@1,2@0"
    argv = [os.environ["L3FWD"], *eal(name, lcores, vdevs, 500 + 200 * workers), "--", "-p", "0x3",
            "-P", f"--config={queues}", f"--lookup={lookup}", f"--rule_ipv4={rules[0]}",
            f"--rule_ipv6={rules[1]}", "--parse-ptype", "--rx-queue-size=32768"]
    if lookup == "em":
        argv += ["--hash-entry-num=0x1000"]
    program = Program(name, argv, counter)
    program.main_works = True
    return program


class Gateway(Program):
    """dpdk-ipoib: its prompt is driven, so that it starts only when its port is up."""

    def __init__(self, name, vdevs, counter, script, ipoib, options=(), workers=1):
        file = f"{LAB}/{name}.cmd"
        pathlib.Path(file).write_text("\n".join(script) + "\n", encoding="utf-8")
        lcores = {1: "0@0,1@1", 2: "0@0,1@0,2@1"}[workers]
        argv = [os.environ["LAB_BUILD"] + "/app/dpdk-ipoib",
                *eal(name, lcores, vdevs, 700 if workers == 1 else 1000), "--", "-i",
                "--service-lcores", "0", "--cmdline-file", file,
                "--total-num-mbufs", str(65536 * workers), "--mbuf-size", "2304",
                *options]
        super().__init__(name, argv, counter)
        self.ipoib = ipoib

    def ready(self):
        if self.ipoib is not None:
            until(60, f"{self.name}: port {self.ipoib} up",
                  lambda: self.value(f"/ipoib/info,{self.ipoib}", "link") == "up")
        self.say("start")
        super().ready()
        # Until nothing waits for a path any more.
        if self.may_drop < 1:
            until(60, f"{self.name}: all paths known", self.settled)

    def settled(self):
        before = self.fate()
        time.sleep(0.1)
        after = self.fate()
        return all(after[k] == before[k] for k in after if k.startswith("drop_") or k == "punted")

    def say(self, *lines):
        for line in lines:
            self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def fate(self):
        """Counters of all ports: received, and dropped by reason."""
        total = {}
        for port in self.ask("/fwd/stats")["ports"].values():
            for key, value in port.items():
                if isinstance(value, int):
                    total[key] = total.get(key, 0) + value
        return total

    def measure(self, warm, seconds):
        self.wake()
        time.sleep(warm)
        before = self.fate()
        result = super().measure(0, seconds)
        self.wake()
        after = self.fate()
        self.sleep()
        drops = {k: v - before.get(k, 0) for k, v in after.items()
                 if k.startswith("drop_") and v > before.get(k, 0)}
        handled = after["rx_packets"] + after["originated"] - before["rx_packets"] - \
            before["originated"]
        result["dropped"] = sum(drops.values()) / max(1, handled)
        if result["dropped"] > self.may_drop:
            raise BenchError(f"{self.name} drops {result['dropped']:.2%} of its packets: {drops}")
        return result

    may_drop = 0.01
