#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# 1,000 random command lines for a gateway that forwards: first such as must not touch a stream that
# passes (none of its packets is lost), then any. It neither ends nor hangs, and in the end every
# packet is accounted for. FUZZ_SEED=n repeats a run.
# tags: asan
# timeout: 240

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# 'save' and captures take any name: for what runs here, only $LAB can be written.
mount -o remount,bind,ro / || lab_die "the root file system does not become read-only"

seed=${FUZZ_SEED:-$RANDOM}

# fuzz gentle|any LINES
fuzz()
{
	"$LAB_TOP/tests/smoke/fuzz_cli.py" "$LAB_TOP/app/cli/commands.list" "$LAB/gateway-a.in" \
		"$LAB/gateway-a.log" "$1" "$2" "$seed" || lab_fail "seed $seed"
	kill -0 "$(cat "$LAB/gateway-a.pid")" || lab_fail "gateway A has ended, seed $seed"
}

lab_start -i -a
lab_wait 3 lab_ping || lab_fail "no ping"
lab_stream_begin 1000 300
fuzz gentle 600
lab_stream_stop
echo "$LAB_STREAM"
[ "$(lab_stream_value received)" -gt 500 ] || lab_fail "no stream"
[ "$(lab_stream_value lost)" -eq 0 ] || lab_fail "lines that should not: a packet is lost, seed $seed"
fuzz any 400
lab_finish
