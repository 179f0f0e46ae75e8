# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Sphinx: make doc. The pages lie here, but for those that buildtools/doc-gen.py makes."""

project = "dpdk-ipoib"
author = "The dpdk-ipoib authors"
project_copyright = "2026 The dpdk-ipoib authors"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = []
myst_heading_anchors = 3
# "--" is the word that it is.
smartquotes = False
# Code blocks are commands and output of this program: no language of its own.
highlight_language = "none"

html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "fixed_sidebar": True}
html_show_sourcelink = False

# File below man/, name, what it is, author, section.
man_pages = [
    ("man/dpdk-ipoib", "dpdk-ipoib", "router between Ethernet and IP over InfiniBand", author, 8),
    ("man/dpdk-ipoib-top", "dpdk-ipoib-top", "watch a running dpdk-ipoib", author, 1),
    ("man/dpdk-ipoib-exporter", "dpdk-ipoib-exporter", "let Prometheus scrape dpdk-ipoib", author, 1),
    ("man/dpdk-ipoib-query", "dpdk-ipoib-query", "ask a running dpdk-ipoib", author, 1),
    ("man/dpdk-ipoib-ndr", "dpdk-ipoib-ndr", "find the rates at which nothing is lost", author, 1),
    ("man/carrier2erf", "carrier2erf", "make a capture of the carrier readable", author, 1),
]
