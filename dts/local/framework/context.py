# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Where the suites run: two nodes that are this machine, and a traffic generator in namespaces."""

import ctypes
import os
import subprocess
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


class InNamespace:
    """While it is entered, new sockets belong to a network namespace."""

    def __init__(self, name: str | None) -> None:
        """None: this process' own."""
        self._name = name

    def __enter__(self) -> None:
        self._own = os.open("/proc/self/ns/net", os.O_RDONLY)
        if self._name is not None:
            self._set(f"/run/netns/{self._name}")

    def __exit__(self, *_: Any) -> None:
        self._set(f"/proc/self/fd/{self._own}")
        os.close(self._own)

    @staticmethod
    def _set(path: str) -> None:
        fd = os.open(path, os.O_RDONLY)
        try:
            if _LIBC.setns(fd, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns {path}")
        finally:
            os.close(fd)


@dataclass
class Port:
    """An interface; the SUT's are in this namespace, the traffic generator's in others."""

    name: str
    logical_name: str
    mac_address: str
    namespace: str | None = None
    pci: str = "none"


@dataclass
class Topology:
    """Two links."""

    sut_port_ingress: Port
    sut_port_egress: Port
    tg_port_egress: Port
    tg_port_ingress: Port


class Session:
    """Commands on a node: this machine."""

    def send_command(self, command: str, privileged: bool = False, verify: bool = False) -> Any:
        """Run it in a shell; quoted as DTS quotes what is privileged."""
        if privileged:
            command = "sh -c '" + command.replace("'", r"\'") + "'"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=verify)
        return SimpleNamespace(stdout=done.stdout, stderr=done.stderr, return_code=done.returncode)


@dataclass
class Node:
    """The SUT, or the traffic generator."""

    name: str
    main_session: Session = field(default_factory=Session)


@dataclass
class Context:
    """What a test run has."""

    sut_node: Node
    tg_node: Node
    topology: Topology
    func_tg: Any
    perf_tg: Any
    local: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(current_test_suite=None, current_test_case=None))


_ctx: list[Context] = []


def init_ctx(ctx: Context) -> None:
    """Set the context of this run."""
    _ctx[:] = [ctx]


def get_ctx() -> Context:
    """The context of this run."""
    return _ctx[0]
