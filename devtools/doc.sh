#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Write the API reference of the public headers to FOLDER/html.
#
# doc.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -ne 1 ]; then
	echo "usage: doc.sh FOLDER" >&2
	exit 2
fi
mkdir -p "$1"
doxygen -q - <<END
PROJECT_NAME = dpdk-ipoib
OUTPUT_DIRECTORY = $1
INPUT = lib drivers/net/ipoib/pmd_ipoib.h app/control/control.h app/datapath/dp.h
FILE_PATTERNS = *.h
RECURSIVE = YES
OPTIMIZE_OUTPUT_FOR_C = YES
JAVADOC_AUTOBRIEF = YES
EXTRACT_ALL = NO
EXTRACT_STATIC = YES
WARN_IF_UNDOCUMENTED = NO
WARN_IF_INCOMPLETE_DOC = NO
MACRO_EXPANSION = YES
EXPAND_ONLY_PREDEF = YES
PREDEFINED = __rte_packed= __rte_cache_aligned= __rte_unused= __rte_aligned(x)=
HAVE_DOT = NO
GENERATE_LATEX = NO
QUIET = YES
END
printf 'doc: %s/html/index.html\n' "$1"
