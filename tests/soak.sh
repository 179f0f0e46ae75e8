#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Traffic for hours through the laboratory of the fault matrix, while routes, neighbours and ports
# come and go and faults happen at random: memory, latency and counters are written to OUT.
#
# HOURS=h (0.5) [SEED=n] [OUT=folder] soak.sh: the same seed gives the same faults in the same order.
# OUT (build/soak): samples.csv, rtt (of ping), faults.log, soak.png, report.json (tests/soak.py); smaps
# of gateway A at a quarter of the time and at the end.
# shellcheck disable=SC2034,SC2317

# shellcheck source=lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
# shellcheck source=faults/_faults.sh
. "$(dirname "${BASH_SOURCE[0]}")/faults/_faults.sh"

HOURS=${HOURS:-0.5} SEED=${SEED:-1}
TIME=$(awk -v h="$HOURS" 'BEGIN { print int(h * 3600) }')
[ "$TIME" -ge 30 ] || lab_die "HOURS='$HOURS' is less than half a minute: give hours, as 0.5"
[[ $SEED =~ ^[0-9]+$ ]] || lab_die "SEED='$SEED' is no number"
OUT=$(realpath -m "${OUT:-$LAB_BUILD/soak}")
mkdir -p "$OUT" || exit 1
export OUT
lab_enter "$@"

PPS=300
# Those that need no other start of the gateways.
SOAK=(sm_frozen sm_new_lids carrier_down half_open loses doubles swaps spoils port_down
	pkey_removed worker_stalled control_stalled telemetry_abused disk_full churn churn churn)

# Tables and ports come and go.
fault_churn()
{
	local i answer

	for i in 1 2 3 4 5; do
		lab_say gateway-a "ip route add 10.$((RANDOM % 200)).0.0/16 via 203.0.113.2" >/dev/null
		lab_say gateway-a "ip neigh flush" >/dev/null
		answer=$(lab_say gateway-a "ip vlan add $((100 + i)) port 0")
		answer=$(sed -n 's/^Port \([0-9]*\) is .*/\1/p' <<<"$answer")
		[ -n "$answer" ] || { why "no VLAN"; return; }
		lab_say gateway-a "ip address add 10.201.$i.1/24 port $answer" >/dev/null
		lab_client ping -q -n -c 3 -i 0.01 -W 0.1 "203.0.113.$((RANDOM % 200 + 20))" >/dev/null
		lab_say gateway-a "ip vlan del port $answer" >/dev/null
		lab_say gateway-a "ipoib path flush 1" >/dev/null
	done
	for i in $(lab_query gateway-a -t /ip/route | grep -o '10\.[0-9]*\.0\.0/16'); do
		lab_say gateway-a "ip route del $i" >/dev/null
	done
}

samples()
{
	local keys=(rx_packets tx_packets drop_no_path drop_no_neigh drop_queue_full drop_punt_full
		drop_tx_full drop_nombuf) key

	(
		IFS=,
		echo "seconds,rss_a_kb,rss_b_kb,own_a_kb,own_b_kb,heap_a_kb,heap_b_kb,fds_a,queued,mad_sent,address_handles,${keys[*]}"
	)
	while :; do
		printf '%s' "$((SECONDS - BEGAN)),$(rss_kb gateway-a),$(rss_kb gateway-b)"
		printf ',%s' "$(own_kb gateway-a)" "$(own_kb gateway-b)" "$(heap_kb gateway-a)" \
			"$(heap_kb gateway-b)" "$(fds gateway-a)"
		printf ',%s' "$(lab_query gateway-a -g queued /fwd/stats)" \
			"$(lab_query gateway-a -g mad_sent /ipoib/sm,1)" "$(ahs gateway-a)"
		for key in "${keys[@]}"; do
			printf ',%s' "$(lab_counter gateway-a "$key")"
		done
		echo
		[ -e "$OUT/smaps.warm" ] || [ $((SECONDS - BEGAN)) -lt $((TIME / 4)) ] ||
			cat "/proc/$(cat "$LAB/gateway-a.pid")/smaps" >"$OUT/smaps.warm"
		sleep 5
	done 2>/dev/null
}

lab_up
RANDOM=$SEED BEGAN=$SECONDS bad=0 n=0
rm -f "$OUT"/smaps.*
lab_flow_begin there client server 198.51.100.2 $PPS "$TIME"
lab_flow_begin back server client 192.0.2.2 $PPS "$TIME"
lab_client ping -n -D -i 0.1 -w "$TIME" 198.51.100.2 >"$OUT/rtt" &
samples >"$OUT/samples.csv" &
SAMPLER=$!
: >"$OUT/faults.log"
sleep 10
while [ $((SECONDS - BEGAN)) -lt $((TIME - 25)) ]; do
	name=${SOAK[RANDOM % ${#SOAK[@]}]}
	WHY='' FAULT_MS=0 NOTE='' from=$((SECONDS - BEGAN))
	"fault_$name"
	n=$((n + 1))
	lab_wait 10 lab_ping || why "no ping after it"
	[ -z "$WHY" ] || bad=$((bad + 1))
	echo "$from $name ${WHY:-ok}, over after $((SECONDS - BEGAN - from)) s" >>"$OUT/faults.log"
	sleep $((5 + RANDOM % 10))
done
lab_flows_end there back
kill $SAMPLER
cat "/proc/$(cat "$LAB/gateway-a.pid")/smaps" >"$OUT/smaps.end"
WHY=''
at_rest
for name in gateway-a gateway-b; do
	cp "$LAB/$name.log" "$OUT"
	lab_stop $name || lab_fail "$name does not end in order"
	cp "$LAB/$name.log" "$OUT"
done
cat "$LAB/there.flow" "$LAB/back.flow" >"$OUT/flows"
fabric_stop
/usr/bin/python3 "$LAB_TOP/tests/soak.py" "$OUT" "$SEED" || exit 1
[ -z "$WHY" ] || lab_die "FAILED: $WHY"
[ "$bad" -eq 0 ] || lab_die "FAILED: $bad of $n faults, see $OUT/faults.log"
echo "ok: $n faults"
