#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Messages a second of the driver's loops (tests/perf/verbs_rate) beside perftest's ib_send_bw on
# the same devices. By hand, on a quiet machine: tests/interop/run.sh _verbs_rate
# timeout: 600
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"

RATE=$INTEROP_BUILD/tests/perf/verbs_rate
EAL=(--no-pci --no-huge -m 64 --no-telemetry)
SECS=3 SIZE=1024

# perftest [OPTION...]: messages a second that the sender says.
perftest() {
	local opts=(-c UD -s "$SIZE" -D "$SECS" -F "$@")
	ib_send_bw -d softib1 "${opts[@]}" >/run/bw.server 2>&1 &
	wait_for 10 sh -c 'ss -ltn | grep -q :18515' || return 1
	ib_send_bw -d softib0 "${opts[@]}" 127.0.0.1 >/run/bw.client 2>&1
	wait $!
	awk '$1 == 1024 { printf "%.0f\n", $NF * 1e6 }' /run/bw.client
}

# ours: messages a second that were sent, and received.
ours() {
	local lid qpn
	"$RATE" -l 0 --file-prefix rx "${EAL[@]}" -- rx softib1 "$SECS" "$SIZE" >/run/rx.log 2>&1 &
	wait_for 20 grep -q '^to ' /run/rx.log || { cat /run/rx.log; return 1; }
	grep '^to ' /run/rx.log >/run/to
	read -r _ lid qpn _ </run/to
	"$RATE" -l 1 --file-prefix tx "${EAL[@]}" -- tx softib0 "$((SECS + 1))" "$SIZE" "$lid" "$qpn" \
		>/run/tx.log 2>&1 || cat /run/tx.log
	wait $!
	awk '/^packets/ { print $6 }' /run/tx.log /run/rx.log | paste -sd ' '
}

must "softib gives two HCAs" softib hcas=2
start_opensm softib0
must "OpenSM makes both ports ACTIVE" wait_for 20 all_active
for round in 1 2 3 4 5; do
	printf 'round %d: perftest %s, with -l 32 -Q 32 %s, with --recv_post_list 32 %s; ours sent and received %s\n' \
		"$round" "$(perftest)" "$(perftest -l 32 -Q 32)" "$(perftest --recv_post_list 32)" "$(ours)"
done
finish
