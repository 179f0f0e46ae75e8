# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""A client of the telemetry of dpdk-ipoib that keeps its connection: doc/telemetry.md."""

import json
import os
import socket
import time


class Gone(OSError):
    """The program is not there, or does not answer."""


class Busy(Exception):
    """The control core had no time for the question."""


def socket_path(prefix):
    """Where EAL puts the socket of a --file-prefix."""
    runtime = "/var/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
    return f"{runtime}/dpdk/{prefix}/dpdk_telemetry.v2"


class Telemetry:
    """One connection, made again after an error by the next question.

    timeout: of one answer, seconds. deadline: of all until the next begin().
    """

    def __init__(self, path, timeout=1.0, deadline=5.0):
        self.path = path
        self.timeout = timeout
        self.deadline = deadline
        self.end = None
        self.sock = None
        self.limit = 0

    def begin(self):
        """A round of questions begins."""
        self.end = time.monotonic() + self.deadline

    def close(self):
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def _patience(self):
        left = self.timeout if self.end is None else self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no time left of {self.deadline:g} s")
        return min(left, self.timeout)

    def _connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(self._patience())
        self.sock.connect(self.path)
        hello = self.sock.recv(1024)
        # An 11th client is turned away without a word.
        if not hello:
            raise ConnectionError("closed at once: the program has 10 clients already")
        self.limit = json.loads(hello)["max_output_len"]

    def _ask(self, command):
        if self.sock is None:
            self._connect()
        self.sock.settimeout(self._patience())
        self.sock.send(command.encode())
        answer = self.sock.recv(self.limit + 1024)
        if not answer:
            raise ConnectionError("the program has closed the connection")
        return next(iter(json.loads(answer).values()))

    def ask(self, command):
        """The answer as a Python object; None: the program does not know the question."""
        try:
            answer = self._ask(command)
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.close()
            text = getattr(error, "strerror", None) or error
            raise Gone(f"{self.path}: {text}") from error
        if isinstance(answer, dict) and answer.get("error") == "busy":
            raise Busy(command)
        return answer

    def ask_all(self, command):
        """The same with all pages of a list in it."""
        answer = page = self.ask(command)
        while isinstance(page, dict) and page.get("next"):
            page = self.ask(f"{command},{page['next']},32")
            for rows in ("rows", "ports"):
                if rows in page:
                    answer[rows].update(page[rows])
        return answer

    def rows(self, command):
        """The rows of a list; none if the answer is an error, as of a port that went."""
        answer = self.ask_all(command)
        return list(answer.get("rows", {}).values()) if isinstance(answer, dict) else []

    def one(self, command):
        """A dict, empty if the answer is an error."""
        answer = self.ask(command)
        return answer if isinstance(answer, dict) and "error" not in answer else {}
