# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Suites, cases and their configuration, as far as ours use them."""

import inspect
from collections.abc import Callable
from enum import Enum, auto
from ipaddress import ip_interface
from typing import Any

from framework.context import Topology, get_ctx


class BaseConfig:
    """Values by name; a subclass' annotations say which there are, its attributes the defaults."""

    def __init__(self, **values: Any) -> None:
        """Set values; a name that the class does not have is an error."""
        for name, value in values.items():
            if not hasattr(type(self), name):
                raise ValueError(f"{type(self).__name__} has no '{name}'")
            setattr(self, name, value)


class TestCaseType(Enum):
    """The types of test cases."""

    FUNCTIONAL = auto()
    PERFORMANCE = auto()


class TestSuite:
    """What all suites have."""

    config: BaseConfig

    def __init__(self, config: BaseConfig) -> None:
        """The addresses are those of DTS."""
        self.config = config
        self._ctx = get_ctx()
        self._sut_ip_address_ingress = ip_interface("192.168.100.2/24")
        self._sut_ip_address_egress = ip_interface("192.168.101.2/24")
        self._tg_ip_address_egress = ip_interface("192.168.100.3/24")
        self._tg_ip_address_ingress = ip_interface("192.168.101.3/24")

    @property
    def topology(self) -> Topology:
        """The two links."""
        return self._ctx.topology

    @classmethod
    def get_test_cases(cls) -> list[Callable]:
        """All cases, in the order of their lines."""
        cases = [f for _, f in inspect.getmembers(cls, inspect.isfunction)
                 if hasattr(f, "test_type")]
        return sorted(cases, key=lambda f: f.__code__.co_firstlineno)

    def set_up_suite(self) -> None:
        """Before the first case."""

    def tear_down_suite(self) -> None:
        """After the last one."""

    def set_up_test_case(self) -> None:
        """Before each case."""

    def tear_down_test_case(self) -> None:
        """After each case."""


def _decorator(kind: TestCaseType) -> Callable:
    def mark(function: Any) -> Any:
        function.test_type = kind
        return function
    return mark


func_test = _decorator(TestCaseType.FUNCTIONAL)
perf_test = _decorator(TestCaseType.PERFORMANCE)
