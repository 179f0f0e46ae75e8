#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Be a service manager: notify.py PROGRAM EAL-OPTION..."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time

PERIOD_US = 400000  # the watchdog's: a message each 100 ms
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, tid):
    if libc.ptrace(request, tid, None, None) != 0:
        sys.exit(f"FAILED: ptrace: {os.strerror(ctypes.get_errno())}")


class Stalled:
    """One thread of the program stands still."""

    def __init__(self, tid):
        self.tid = tid

    def __enter__(self):
        ptrace(PTRACE_SEIZE, self.tid)
        ptrace(PTRACE_INTERRUPT, self.tid)
        os.waitpid(self.tid, WALL)

    def __exit__(self, error, *_):
        if error is None:
            ptrace(PTRACE_DETACH, self.tid)


class Manager:
    def __init__(self, address, argv, **variables):
        self.name = address
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind("\0" + address[1:] if address[0] == "@" else address)
        env = dict(os.environ, NOTIFY_SOCKET=address, **variables)
        self.log = open("notify.log", "w+", encoding="utf-8")
        self.program = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=self.log,
                                        stderr=subprocess.STDOUT, env=env)

    def fail(self, text):
        self.program.kill()
        self.program.wait()
        with open("notify.log", encoding="utf-8") as f:
            print("".join(f.readlines()[-20:]), file=sys.stderr)
        sys.exit(f"FAILED: {self.name}: {text}")

    def hears(self, seconds):
        """The next message, or None."""
        self.sock.settimeout(seconds)
        try:
            return self.sock.recv(4096).decode()
        except TimeoutError:
            return None

    def expect(self, want, seconds=20):
        got = self.hears(seconds)
        if got is None or not got.startswith(want):
            self.fail(f"'{got}' instead of '{want}'")
        return got

    def drain(self):
        while self.hears(0.001) is not None:
            pass

    def control_thread(self):
        """Of the lcore that the program names; without one of its own the main thread."""
        with open("notify.log", encoding="utf-8") as f:
            lcore = f.read().partition("control on lcore ")[2].split()[0]
        for tid in os.listdir(f"/proc/{self.program.pid}/task"):
            with open(f"/proc/{self.program.pid}/task/{tid}/comm", encoding="ascii") as f:
                name = f.read().strip()
            if name.endswith((f"worker-{lcore}", f"worker{lcore}")):
                return int(tid)
        return self.program.pid

    def end(self, sig=signal.SIGTERM):
        self.program.send_signal(sig)
        while (got := self.hears(10)) == "WATCHDOG=1":
            pass
        if got != "STOPPING=1":
            self.fail(f"'{got}' instead of STOPPING=1")
        if self.program.wait(20) != 0:
            self.fail(f"exit status {self.program.returncode}")
        if self.hears(0.05) is not None:
            self.fail("says something after STOPPING=1")
        self.sock.close()
        self.log.close()


def watched(argv, lcores):
    m = Manager(f"/run/notify-{lcores.count(chr(64))}", argv, WATCHDOG_USEC=str(PERIOD_US))
    got = m.expect("READY=1\n")
    if "\nSTATUS=2 ports, " not in got or not got.endswith("forwarding"):
        m.fail(f"status: {got}")
    for _ in range(3):
        m.expect("WATCHDOG=1", 10)
    with Stalled(m.control_thread()):
        # What was asked for before may still be answered.
        m.hears(0.3)
        m.drain()
        if (got := m.hears(3 * PERIOD_US / 1e6)) is not None:
            m.fail(f"'{got}' although control stands still")
    m.expect("WATCHDOG=1", 10)
    m.end()


def unwatched(argv, **variables):
    """An abstract name, and a watchdog that is not this process's."""
    m = Manager(f"@notify-{os.getpid()}-{len(variables)}", argv, **variables)
    m.expect("READY=1\n")
    if (got := m.hears(0.5)) is not None:
        m.fail(f"'{got}' without a watchdog")
    m.end(signal.SIGINT)


def at_prompt(argv):
    m = Manager("/run/notify-prompt", argv + ["-i"])
    if not m.expect("READY=1\n").endswith("at the prompt"):
        m.fail("not at the prompt")
    m.end()


def failing(argv):
    """A command file with an error: never ready."""
    with open("bad.cmd", "w", encoding="ascii") as f:
        f.write("ip address add 192.0.2.1/24 port 9\n")
    m = Manager("/run/notify-bad", argv + ["--cmdline-file", "bad.cmd"])
    if m.program.wait(20) != 1:
        m.fail(f"exit status {m.program.returncode} of a bad command file")
    if (got := m.hears(0.1)) != "STOPPING=1":
        m.fail(f"'{got}' of a program that never was ready")


def wrong_socket(argv):
    env = dict(os.environ, NOTIFY_SOCKET="notify")
    p = subprocess.Popen(argv + ["-i"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, env=env, text=True)
    err = p.communicate("quit\n", 20)[1]
    if p.returncode != 0 or "NOTIFY_SOCKET 'notify': neither a path nor @ and a name" not in err:
        sys.exit(f"FAILED: NOTIFY_SOCKET=notify: exit status {p.returncode}: {err}")


def main():
    program, eal = sys.argv[1], sys.argv[2:]

    def argv(lcores):
        return [program, "--lcores", lcores, *eal, "--", "--idle-sleep", "100"]

    two = "0@0-1,1@0-1"
    watched(argv("0@0-1"), "0@0-1")
    watched(argv(two + ",2@0-1"), two + ",2@0-1")
    unwatched(argv(two))
    unwatched(argv(two), WATCHDOG_USEC=str(PERIOD_US), WATCHDOG_PID="1")
    at_prompt(argv(two))
    failing(argv(two))
    wrong_socket(argv(two))
    print("ok")


main()
