# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""What is wrong with a table, not with the tests."""


class Unfit(Exception):
    """A table does not fit the sources."""
