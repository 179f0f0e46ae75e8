#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Write the documentation to FOLDER/index.html, the manual pages to FOLDER/man, and the API reference
# of the public headers to FOLDER/html. A warning is an error.
#
# doc.sh PROGRAM FOLDER			PROGRAM: the built dpdk-ipoib
# doc.sh --man PROGRAM FOLDER		only the manual pages, to FOLDER itself
set -euo pipefail
args=()
for arg; do
	case $arg in --*) ;; *) arg=$(realpath -m "$arg") ;; esac
	args+=("$arg")
done
set -- "${args[@]}"
cd "$(dirname "$0")/.."

# sphinx BUILDER SOURCE FOLDER
sphinx() {
	/usr/bin/python3 -m sphinx -q -W --keep-going -b "$1" -d "$2.cache" "$2" "$3"
}

if [ "${1:-}" = --man ] && [ $# -eq 3 ]; then
	mkdir -p "$3"
	buildtools/doc-gen.py "$2" "$3/.source"
	sphinx man "$3/.source" "$3"
	rm -rf "$3/.source" "$3/.source.cache"
	exit
fi
if [ $# -ne 2 ]; then
	echo "usage: doc.sh [--man] PROGRAM FOLDER" >&2
	exit 2
fi
rm -rf "$2"
mkdir -p "$2"
buildtools/doc-gen.py "$1" "$2/.source"
sphinx html "$2/.source" "$2"
sphinx man "$2/.source" "$2/man"
rm -rf "$2/.source" "$2/.source.cache"
doxygen -q - <<END
PROJECT_NAME = dpdk-ipoib
OUTPUT_DIRECTORY = $2
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
WARN_AS_ERROR = FAIL_ON_WARNINGS
QUIET = YES
END
printf 'doc: %s/index.html, reference of the headers: %s/html/index.html\n' "$2" "$2"
