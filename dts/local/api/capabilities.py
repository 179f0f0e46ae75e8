# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""What a suite needs of the testbed: here everything is there."""

from collections.abc import Callable
from enum import IntEnum, auto
from typing import Any


class LinkTopology(IntEnum):
    """Links between the two nodes."""

    NO_LINK = auto()
    ONE_LINK = auto()
    TWO_LINKS = auto()


def requires_link_topology(_: LinkTopology) -> Callable:
    """Nothing to check: there are always two links."""
    def same(suite: Any) -> Any:
        return suite
    return same
