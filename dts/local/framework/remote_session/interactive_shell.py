# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""A program with a prompt, on a terminal of its own.

As in DTS, the answer to a command is what comes until a line ends with the prompt; a line feed
behind the command makes the terminal show such a line.
"""

import contextlib
import os
import pty
import select
import signal
import subprocess
import time
from typing import Any, ClassVar

from framework.context import Node
from framework.params import Params


class InteractiveShell:
    """A program with a prompt."""

    _default_prompt: ClassVar[str] = ""
    _command_extra_chars: ClassVar[str] = ""
    _timeout: float = 60.0  # beside other work a start takes long
    is_alive: bool = False

    def __init__(self, node: Node, name: str | None = None, privileged: bool = False,
                 app_params: Params | None = None) -> None:
        """Prepare; start_application() starts it."""
        self._node, self._name, self._params = node, name, app_params
        self._rest = b""
        self._process: subprocess.Popen | None = None

    def start_application(self, prompt: str | None = None) -> None:
        """Start it and wait for its prompt."""
        master, slave = pty.openpty()
        command = f"exec {self.path} {self._params}"
        self._process = subprocess.Popen(["sh", "-c", command], stdin=slave, stdout=slave,
                                         stderr=slave, start_new_session=True)
        os.close(slave)
        self._fd = master
        self._stdin = os.fdopen(os.dup(master), "w")
        self.is_alive = True
        # Its first prompt, which one line feed completes: DTS sends that behind the command, too.
        self._send(self._command_extra_chars, "the start", prompt)

    def _line(self, end: float) -> str:
        while b"\n" not in self._rest:
            if not select.select([self._fd], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError(self._rest.decode(errors="replace"))
            try:
                self._rest += os.read(self._fd, 65536)
            except OSError as e:  # the program has ended
                self.is_alive = False
                raise RuntimeError(f"{self._name} has ended: {self._rest!r}") from e
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode(errors="replace") + "\n"

    def send_command(self, command: str, prompt: str | None = None) -> str:
        """Send a command and return all lines until one ends with the prompt."""
        return self._send(f"{command}{self._command_extra_chars}\n", f"'{command}'", prompt)

    def _send(self, text: str, what: str, prompt: str | None) -> str:
        wanted = self._default_prompt if prompt is None else prompt
        self._stdin.write(text)
        self._stdin.flush()
        end = time.monotonic() + self._timeout
        out = ""
        while True:
            try:
                line = self._line(end)
            except (TimeoutError, RuntimeError) as e:
                raise RuntimeError(f"{self._name}: no prompt after {what}: {out}{e}") from e
            if line.rstrip().endswith(wanted):
                return out
            out += line

    def close(self) -> None:
        """Close the terminal; the program must end then, at the latest."""
        if self._process is None or self._process.returncode is not None:
            return
        end = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < end:
            if select.select([self._fd], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    os.read(self._fd, 65536)
        os.close(self._fd)
        with contextlib.suppress(OSError):
            self._stdin.close()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise RuntimeError(f"{self._name} does not end")
        self._process.wait()

    @property
    def path(self) -> Any:
        """Path of the program."""
        raise NotImplementedError
