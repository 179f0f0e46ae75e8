#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""A program with a prompt, on a pseudo-terminal."""

import os
import pty
import re
import select
import sys
import time


class Terminal:
    """Start it; ask() types a line and returns the answer without echo and prompt."""

    def __init__(self, argv, prompt, seconds=30):
        self.prompt, self.seconds = prompt, seconds
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "dumb"
            os.execvp(argv[0], argv)
        self.banner = self.read()

    def read(self):
        """What comes until the prompt, or the end."""
        got, end = "", time.monotonic() + self.seconds
        while not got.endswith(self.prompt):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"FAILED: no prompt after {self.seconds} s, but: {got!r}")
            try:
                more = os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                more = ""
            if not more:
                return self.clean(got)
            got += more
        return self.clean(got[:-len(self.prompt)])

    @staticmethod
    def clean(text):
        """Without carriage returns and control sequences."""
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).replace("\r", "")

    def ask(self, line):
        os.write(self.fd, line.encode() + b"\n")
        answer = self.read()
        # rte_cmdline echoes what is typed, testpmd's terminal perhaps a second time.
        while answer.lstrip().startswith(line):
            answer = answer.lstrip()[len(line):].lstrip(" ")
            answer = answer[1:] if answer.startswith("\n") else answer
        return answer

    def wait(self):
        """The exit status."""
        while True:
            try:
                if not os.read(self.fd, 65536):
                    break
            except OSError:
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
