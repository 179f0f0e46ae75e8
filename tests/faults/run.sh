#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# What goes wrong, and what it costs: one fault after another while traffic runs both ways through
# two gateways on a partition of OpenSM's, over a switch that does harm on demand.
#
# run.sh [--list] [ROW...]	rows of rows.sh and starts.sh; without arguments all of them.
# FAULTS_OUT=FILE: a line of JSON for each row; table.py makes doc/faults.md of it.
# timeout: 900
# shellcheck disable=SC2034,SC2317 # rows are called by name, and read by what is sourced

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
# shellcheck source=_faults.sh
. "$(dirname "${BASH_SOURCE[0]}")/_faults.sh"

if [ "${1:-}" = --list ]; then
	printf '%s\n' "${ROWS[@]}"
	exit 0
fi
for name in "$@"; do
	[ -n "${EXPECT[$name]:-}" ] || lab_die "no row '$name'; rows: ${ROWS[*]}"
done
FAULTS_OUT=$(realpath -m "${FAULTS_OUT:-$LAB_BUILD/faults/results.json}")
mkdir -p "$(dirname "$FAULTS_OUT")" # before the laboratory's own mounts
export FAULTS_OUT
lab_enter "$@"

PPS=500
bad=0

# With two flows of its own: numbered, both ways.
run_row()
{
	local name=$1 lost=0 gap=0 heal tag n memory ahs_a grown limit began

	WHY='' FAULT_MS=0 NOTE='' RESTARTED='' GROW_MAX=512 AHS_MAX=1
	began=$(now_ms)
	if declare -F "before_$name" >/dev/null; then "before_$name"; fi
	lab_wait 10 lab_ping 2 || lab_fail "no ping before $name"
	memory=$(($(memory_kb gateway-a) + $(memory_kb gateway-b))) ahs_a=$(ahs gateway-a)
	if [ "${SECONDS_OF[$name]}" = 0 ]; then
		"fault_$name"
	else
		lab_flow_begin there client server 198.51.100.2 $PPS 300
		lab_flow_begin back server client 192.0.2.2 $PPS 300
		sleep 0.5
		"fault_$name"
		sleep "${SECONDS_OF[$name]}"
		pkill -TERM -x -f "$LAB_GAP send .*"
		lab_flows_end there back
		for tag in there back; do
			n=$(($(lab_flow_value $tag received) - $(lab_flow_value $tag doubled)))
			n=$(($(grep -o 'sent=[0-9]*' "$LAB/$tag.sent" | cut -d= -f2) - n))
			lost=$((lost + n))
			# What was lost until the end of the stream is no gap that its receiver knows.
			n=$((n * 1000 / PPS))
			[ "$n" -le "$gap" ] || gap=$n
			n=$(($(lab_flow_value $tag longest_gap_us) / 1000))
			[ "$n" -le "$gap" ] || gap=$n
		done
	fi
	heal=$((gap > FAULT_MS ? gap - FAULT_MS : 0))
	limit=$((LOST_MAX[$name] + 2 * PPS * FAULT_MS / 1000))
	[ "$lost" -le "$limit" ] || why "$lost packets lost, at most $limit expected"
	if [ "${HEAL_MAX[$name]}" = - ]; then
		heal=-
	elif [ "$heal" -gt "${HEAL_MAX[$name]}" ]; then
		why "healed after $heal ms, at most ${HEAL_MAX[$name]} expected"
	fi
	if declare -F "after_$name" >/dev/null; then "after_$name"; fi
	lab_wait 10 lab_ping || lab_fail "no ping after $name"
	at_rest
	if [ -z "$RESTARTED" ]; then
		grown=$(($(memory_kb gateway-a) + $(memory_kb gateway-b) - memory))
		[ "$grown" -le "$GROW_MAX" ] || why "$grown kB more memory"
		n=$(($(ahs gateway-a) - ahs_a))
		[ "$n" -le "$AHS_MAX" ] || why "$n more address handles"
	fi
	verdict "$name" "$lost" "$heal" "${grown:--}" $(($(now_ms) - began))
}

# What the gateways have dropped so far, for who looks into a row that failed.
drops_so_far()
{
	local name

	for name in gateway-a gateway-b; do
		echo "  $name: $(lab_query $name /fwd/stats,0,1 | grep -oE '"drop_[a-z_0-9]+": [1-9][0-9]*' |
			sort -u | tr '\n' ' ')"
	done
}

# verdict NAME LOST HEAL GROWN TOOK_MS
verdict()
{
	local result=holds

	if [ -n "$WHY" ]; then
		result="FAILED: $WHY" bad=$((bad + 1))
		drops_so_far
		grep -h "^control: \|^ipoib" "$LAB/gateway-a.log" "$LAB/gateway-b.log" | tail -n 6
	fi
	printf '%-20s %s (lost %s, healed in %s ms, %s kB more; %s ms) %s\n' "$1" "$result" \
		"$2" "$3" "$4" "$5" "$NOTE"
	/usr/bin/python3 -c '
import json, sys
print(json.dumps(dict(word.split("=", 1) for word in sys.argv[1:])))
' "row=$1" "expectation=${EXPECT[$1]}" "result=$result" "lost=$2" "fault_ms=$FAULT_MS" \
		"heal_ms=$3" "leak_kb=$4" "note=$NOTE" >>"$FAULTS_OUT"
}

if [ $# -eq 0 ]; then
	set -- "${ROWS[@]}"
fi
: >"$FAULTS_OUT"
lab_up
for name in "$@"; do
	run_row "$name"
done
kill -TERM $SWITCH
wait $SWITCH || lab_fail "the switch has failed"
for name in gateway-a gateway-b; do
	lab_stop $name || lab_fail "$name does not end in order"
done
fabric_stop
[ "$bad" -eq 0 ] || lab_die "FAILED: $bad of $# rows"
echo "ok"
