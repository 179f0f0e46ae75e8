# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Parameters of a program: here only as text."""


class Params:
    """Parameters that were given as text."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def append_str(self, text: str) -> None:
        """Add text as it is."""
        self._text.append(text)

    def __str__(self) -> str:
        return " ".join(self._text)
