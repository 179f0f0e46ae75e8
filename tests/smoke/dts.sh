#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The DTS suites of dts/, by their runner for one machine, in two laboratories at a time.
# timeout: 300

run=$(dirname "${BASH_SOURCE[0]}")/../../dts/local/run.sh
"$run" smoke faults neigh 2>&1 &
first=$!
out=$("$run" forward multicast partitions single_core_perf 2>&1)
second=$?
wait "$first"
first=$?
echo "$out"
[ "$first" -eq 0 ] && [ "$second" -eq 0 ] || exit 1
