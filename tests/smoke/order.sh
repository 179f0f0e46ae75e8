#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A stream that never stops meets next hops and paths which are not known any more, again and
# again: what waits for them in either gateway is not overtaken by what comes after it.
# timeout: 180
#
# LONG=1: five times as often.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

pps=40000 seconds=6
[ "${LONG:-0}" = 0 ] || seconds=30

# forget NAME: next hops, neighbours and paths of a gateway, in turn, until the stream ends.
forget()
{
	local command n=0

	while kill -0 "$LAB_STREAM_SEND" 2>/dev/null; do
		for command in "ip neigh flush" "ipoib neigh flush 1" "ipoib path flush 1" \
			"ip neigh flush"; do
			echo "$command" >"$LAB/$1.in"
			sleep 0.01
			n=$((n + 1))
		done
	done
	echo "$n" >"$LAB/$1.forgot"
}

lab_start -i
lab_say gateway-a start >/dev/null
lab_say gateway-b start >/dev/null
lab_wait 5 lab_ping || lab_fail "no ping"
lab_stream_begin $pps $seconds 8
forget gateway-a &
forget_a=$!
forget gateway-b &
wait $! $forget_a
lab_stream_end
echo "$LAB_STREAM forgot=$(cat "$LAB/gateway-a.forgot")+$(cat "$LAB/gateway-b.forgot")"

# Something was sent by the workers themselves, and something waited.
for name in gateway-a gateway-b; do
	lab_above $name punted $((seconds * 10)) || lab_fail "$name: nothing was ever unknown"
	lab_above $name drop_order_full 0 && echo "$name: $(lab_counter $name drop_order_full) dropped"
done
[ "$(lab_stream_value received)" -gt $((pps * seconds / 10)) ] || lab_fail "hardly anything arrives"
grep -q ' doubled=0 overtaken=0 ' <<<"$LAB_STREAM" || lab_fail "not in order"
lab_finish
