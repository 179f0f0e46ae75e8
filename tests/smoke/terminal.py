#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""A terminal that goes away, and readers that do not read: forwarding goes on.

terminal.py QUERY PREFIX PROGRAM ARGUMENT...
"""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import time

QUERY, PREFIX, COMMAND = sys.argv[1], sys.argv[2], sys.argv[3:]
F_SETPIPE_SZ = 1031


def fail(text):
    sys.exit(f"FAILED: {text}")


def received():
    """Packets so far, by way of telemetry and the control core; None: no answer."""
    got = subprocess.run([QUERY, "-f", PREFIX, "-s", "rx_packets", "/fwd/stats"],
                         capture_output=True, text=True, check=False)
    return int(got.stdout) if got.returncode == 0 and got.stdout.strip().isdigit() else None


def until(what, condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            fail(what)
        time.sleep(0.05)


def forwards(when):
    """It goes on, and control answers."""
    until(f"{when}: does not forward", lambda: received() is not None)
    first = received()
    until(f"{when}: forwards no more", lambda: (received() or 0) > first)
    got = subprocess.run([QUERY, "-f", PREFIX, "/ip/address"], capture_output=True, text=True,
                         check=False)
    if got.returncode != 0:
        fail(f"{when}: control does not answer: {got.stderr}")


def ends(pid, when):
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(status)
            if status != 0:
                fail(f"{when}: exit status {status}")
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    fail(f"{when}: does not end")


def terminal_goes_away():
    pid, master = pty.fork()
    if pid == 0:
        os.execv(COMMAND[0], COMMAND)
    text = b""
    while not text.endswith(b"dpdk-ipoib> "):
        text += os.read(master, 4096)
    forwards("with a terminal")
    os.close(master)
    time.sleep(0.5)
    forwards("without its terminal")
    os.kill(pid, signal.SIGHUP)
    forwards("after SIGHUP")
    ends(pid, "without its terminal")


def nobody_reads():
    """Standard output and error are one pipe that is full."""
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, F_SETPIPE_SZ, 4096)
    typed_read, typed_write = os.pipe()
    os.set_blocking(typed_write, False)
    program = subprocess.Popen(COMMAND, stdin=typed_read, stdout=write_end, stderr=write_end)
    os.close(typed_read)
    os.close(write_end)
    text = b""
    while not text.endswith(b"dpdk-ipoib> "):
        text += os.read(read_end, 4096)
    os.write(typed_write, b"set log control debug\n" + b"help\n" * 20)
    time.sleep(1)
    forwards("with a full pipe")
    # What control logs now has nobody to read it.
    for _ in range(20):
        os.kill(program.pid, signal.SIGHUP)
    forwards("with a full pipe and log")
    ends(program.pid, "with a full pipe")
    os.close(read_end)


def main():
    terminal_goes_away()
    nobody_reads()
    print("ok")


if __name__ == "__main__":
    main()
