#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Some rows of the fault matrix, those that take least time.
# timeout: 180
#
# LONG=1: all of them.

rows=(half_open spoils worker_stalled disk_full)
[ "${LONG:-0}" = 0 ] || rows=()
exec "$(dirname "$0")/../faults/run.sh" "${rows[@]}"
