#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Build with sanitizers in a folder of its own and run the tests that make sense there.
#
# sanitize.sh address,undefined|thread FOLDER
#
# SMOKE_TAG=: all smoke tests with addresses, not only those that are tagged for it. Seven of them fail
# there, and not by a finding: ether and ether_bridge load the driver into programs without a sanitizer,
# pdump attaches such a one, drivers, ndr and sm_mpps need drivers that the sanitized DPDK has not, and
# valgrind cannot run a sanitizer's program.
# UNIT_SUITES: these suites of unit tests with threads.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -ne 2 ]; then
	echo "usage: sanitize.sh address,undefined|thread FOLDER" >&2
	exit 2
fi
kind=$1 dir=$2
here=$PWD/devtools
export SANITIZE=$kind BUILD=$dir

case $kind in
address,undefined)
	parts=(unit smoke)
	export SMOKE_TAG=${SMOKE_TAG-asan}
	;;
thread)
	parts=(unit)
	# What shares memory without locks: the neighbour table, and calls of control. Workers' tests are
	# clean (test_dp_worker, minutes: each fixture clears a FIB). Not the driver's: pools of mbufs on
	# rte_stack, whose 128-bit exchange is assembler, look like races of who uses the mbufs.
	export UNIT_SUITES=${UNIT_SUITES:-neigh threads}
	;;
*)
	echo "sanitize.sh: unknown kind '$kind', allowed: address,undefined and thread" >&2
	exit 2
	;;
esac

# Every finding ends the program with a status that no test expects.
export ASAN_OPTIONS=detect_leaks=1:exitcode=99:abort_on_error=0:fast_unwind_on_malloc=1
ASAN_OPTIONS+=:suppressions=$here/asan.supp
export LSAN_OPTIONS=suppressions=$here/lsan.supp:print_suppressions=0:exitcode=99
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:exitcode=99
export TSAN_OPTIONS=suppressions=$here/tsan.supp:exitcode=99:halt_on_error=0:history_size=7

# DPDK's own libraries with the sanitizer too. The driver headers are the same version's.
dpdk=$(devtools/sanitized-dpdk.sh "${kind%,undefined}")
if [ -n "$dpdk" ]; then
	export PKG_CONFIG_PATH=$dpdk${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
fi
# A folder that was set up with another DPDK keeps it.
if [ "$(cat "$dir/dpdk-folder" 2>/dev/null)" != "$dpdk" ]; then
	rm -rf "$dir"
fi
if [ ! -e "$dir/build.ninja" ]; then
	meson setup -Db_sanitize="$kind" -Db_lundef=false -Doptimization=1 "$dir"
	printf '%s\n' "$dpdk" >"$dir/dpdk-folder"
fi
# meson test builds what it needs; whole programs are for the smoke tests.
if [ "$kind" != thread ]; then
	ninja -C "$dir"
fi
exec devtools/check.sh "${parts[@]}"
