#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The distribution's mlx5 driver beside ours; PCI addresses that are not there;
# our driver as a plug-in of the distribution's testpmd.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

program=$LAB_BUILD/app/dpdk-ipoib
eal=(-l 0 --no-huge -m 512 --file-prefix drivers)

# fails_with STATUS TEXT COMMAND...
fails_with()
{
	local want=$1 text=$2 status=0

	shift 2
	timeout 20 "$@" >"$LAB/out" 2>&1 </dev/null || status=$?
	[ "$status" -eq "$want" ] || lab_fail_out "exit status $status instead of $want: $*"
	grep -qF "$text" "$LAB/out" || lab_fail_out "does not say '$text': $*"
}

lab_fail_out()
{
	cat "$LAB/out" >&2
	lab_die "FAILED: $*"
}

# The program has loaded mlx5 (it is in its memory), and net_ipoib is its own.
"$program" "${eal[@]}" --vdev net_null0 -- >"$LAB/out" 2>&1 &
pid=$!
lab_wait 20 grep -q "mlx5" "/proc/$pid/maps" || lab_fail_out "mlx5 is not loaded"
lab_wait 20 lab_query drivers /ipoib/list || lab_fail_out "the program does not run"
kill -TERM "$pid"
wait "$pid" || lab_fail_out "does not end in order"

fails_with 1 "0000:ff:1f.7" "$program" "${eal[@]}" -a 0000:ff:1f.7 --
fails_with 1 "0000:ff:1f.7" "$program" "${eal[@]}" -a 0000:ff:1f.7 --vdev net_null0 --
echo "ok"
