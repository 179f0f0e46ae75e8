# shellcheck shell=bash disable=SC2034,SC2317
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Rows of the fault matrix: the fabric, its manager, links, peers, and what runs in the gateways.
# See run.sh; PPS packets a second each way meanwhile.

# lasts MS COMMAND...: and remember how long it took.
lasts()
{
	local from

	from=$(now_ms)
	"$@"
	FAULT_MS=$((FAULT_MS + $(now_ms) - from))
}

row sm_killed 1 0 - "OpenSM killed, started again: flows lose nothing"
fault_sm_killed()
{
	sm_kill
	sleep 0.5
	sm_start >/dev/null || why "no OpenSM"
}

row sm_frozen 1 0 - "OpenSM stopped for a second: flows lose nothing"
fault_sm_frozen()
{
	sm_freeze
	sleep 1
	sm_thaw
}

row sm_new_lids 3 2000 2000 "OpenSM started again with another LID for gateway B: 2 s"
LID=64
fault_sm_new_lids()
{
	LID=$((LID + 1))
	sm_stop
	sed -i "s/^0x0000000000100004 .*/$(printf '0x%016x 0x%04x 0x%04x' 0x100004 $LID $LID)/" \
		"$FABRIC_DIR/osm/guid2lid"
	sm_start >/dev/null || why "no OpenSM"
	lab_wait 5 lab_is $LID lab_query gateway-b -g lid /ipoib/info,1 || why "gateway B keeps its LID"
}

row sm_handover 1 0 - "OpenSM killed, a standby on another HCA takes over: flows lose nothing"
fault_sm_handover()
{
	mkdir -p "$FABRIC_DIR/standby"
	cp "$FABRIC_DIR/osm/guid2lid" "$FABRIC_DIR/standby/"
	FABRIC_SM=standby FABRIC_SMHOST=Hca4 sm_start >/dev/null
	sm_kill
	# umad2sim loses a poll that the dead one did not answer: then a new one takes its place.
	lab_wait 8 sm_is_on 0x10000a && return
	FABRIC_SM=standby sm_kill
	FABRIC_SM=standby FABRIC_SMHOST=Hca4 sm_start >/dev/null
	lab_wait 30 sm_is_on 0x10000a || why "gateway B does not follow the standby"
}
sm_is_on() { lab_is "$(fabric_lid "$1")" lab_query gateway-b -g sm_lid /ipoib/info,1; }
after_sm_handover()
{
	FABRIC_SM=standby sm_kill
	sm_start >/dev/null
	lab_wait 30 sm_is_on 0x100001 || why "gateway B does not follow the first SM"
}

# Gateway A starts anew, so that it has to ask for its paths, and the SA answers like that. (A path
# that it had before it would use until it has a better one.)
sa_answers()
{
	echo "$1" >"$BADSA_MODE"
	lab_stop gateway-a || lab_fail "gateway A does not end in order"
	rm -f "$LAB/gateway-a.in"
	gateway_a
	lab_wait 60 lab_port_up gateway-a || why "gateway A stays down"
	RESTARTED=1
}
sa_mends() { : >"$BADSA_MODE"; }

row sa_lost 4 3000 3000 "a path asked for, half of the SA's answers lost: 3 s"
fault_sa_lost() { lasts sa_answers "drop 500"; }
after_sa_lost() { sa_mends; }

row sa_late 3 2000 2000 "a path asked for, the SA answers after 400 ms: 2 s"
fault_sa_late() { lasts sa_answers "late 400"; }
after_sa_late() { sa_mends; }

row sa_shuffled 2.5 1500 1500 "a path asked for, answers out of order by up to 200 ms: 1.5 s"
fault_sa_shuffled() { lasts sa_answers "shuffle 200"; }
after_sa_shuffled() { sa_mends; }

row sa_doubled 2 1000 1000 "a path asked for, the SA answers twice: 1 s"
fault_sa_doubled() { lasts sa_answers "double 0"; }
after_sa_doubled()
{
	NOTE=$(lab_say gateway-a "ipoib sm show 1" | grep -o "foreign answers: [0-9]*")
	[ "${NOTE##* }" -gt 0 ] || why "no answer came twice"
	sa_mends
}

# sa_wrong WORDS: for a second and a half; the first answer that is right ends it. Who has
# failed often is asked again after 5 s and an eighth at most.
sa_wrong()
{
	sa_answers "$1"
	sleep 1.5
	lab_ping >/dev/null && why "the SA did no harm"
	NOTE="SA: $(lab_say gateway-a "ipoib sm show 1" | grep -E "Timeouts|Failures|foreign" | tr '\n' ' ')"
	sa_mends
}
row sa_wrong_tid 7 6000 6000 "answers with others' transaction numbers for 1.5 s: 6 s after it"
fault_sa_wrong_tid() { lasts sa_wrong "tid 0"; }
row sa_garbage 7 6000 6000 "answers of random octets for 1.5 s: 6 s after it"
fault_sa_garbage() { lasts sa_wrong "garbage 0"; }
row sa_error 7 6000 6000 "the SA refuses (no resources) for 1.5 s: 6 s after it"
fault_sa_error() { lasts sa_wrong "status 256"; }

carrier_off()
{
	ip link set cb-br down
	sleep 1
	ip link set cb-br up
}
row carrier_down 1.5 500 500 "cable of gateway B pulled for a second: 0.5 s after it"
fault_carrier_down() { lasts carrier_off; }

# harm SECONDS COMMAND UNDO
harm()
{
	switch "$2"
	sleep "$1"
	switch "$3"
}
row half_open 1.3 100 300 "the cable carries one way only for a second: 0.3 s after it"
fault_half_open() { lasts harm 1 "mute cb-br 1" "mute cb-br 0"; }
row loses 1 400 - "a tenth of the frames lost for 2 s: no more than that"
fault_loses() { harm 2 "lose 100" "lose 0"; }
row doubles 1 0 - "a tenth of the frames doubled for 2 s: nothing lost"
fault_doubles() { harm 2 "double 100" "double 0"; }
# noted WORD: what the receivers of both ways have counted so; some, else there was no harm.
noted()
{
	local n=$(($(lab_flow_value there "$1") + $(lab_flow_value back "$1")))

	NOTE="$n $1"
	[ "$n" -gt 0 ] || why "no packet was $1"
}
after_doubles() { noted doubled; }
row swaps 1 0 - "a tenth of the frames overtaken for 2 s: nothing lost"
fault_swaps() { harm 2 "swap 100" "swap 0"; }
after_swaps() { noted overtaken; }
row spoils 1 400 - "one bit wrong in a tenth of the frames for 2 s: each is dropped and counted"
fault_spoils() { harm 2 "spoil 100" "spoil 0"; }
crc_drops()
{
	local name n=0 counter

	for name in gateway-a gateway-b; do
		for counter in $(dpdk-telemetry.py -f $name <<</ethdev/xstats,1 |
			grep -oE '"rx_drop_[a-z_]+": *[1-9][0-9]*' | grep -o '[0-9]*$'); do
			n=$((n + counter))
		done
	done
	echo $n
}
before_spoils() { DROPS=$(crc_drops); }
after_spoils()
{
	NOTE="$(($(crc_drops) - DROPS)) counted by the ports"
	[ "$(crc_drops)" -gt "$DROPS" ] || why "no port has counted a damaged frame"
}

unlink_for()
{
	fabric_con 'Unlink "Hca2"'
	sleep 1
	fabric_con 'ReLink "Hca2"'
	lab_wait 60 lab_port_up gateway-b || why "gateway B's port stays down"
}
row port_down 3.5 2500 2500 "gateway B's port loses its link for a second: 2.5 s after it is up"
fault_port_down() { lasts unlink_for; }

pkey_for()
{
	partitions >"$FABRIC_DIR/partitions.conf"
	kill -HUP "$(cat "$FABRIC_DIR/opensm.pid")"
	lab_wait 10 port_not_up gateway-b || why "gateway B does not see that its P_Key is gone"
	partitions ", 0x100004" >"$FABRIC_DIR/partitions.conf"
	kill -HUP "$(cat "$FABRIC_DIR/opensm.pid")"
	lab_wait 60 lab_port_up gateway-b || why "gateway B's port stays down"
}
port_not_up() { ! lab_port_up "$1"; }
row pkey_removed 3.5 2500 2500 "gateway B's P_Key taken away and given back: 2.5 s after the port is up"
fault_pkey_removed() { lasts pkey_for; }

comes_back()
{
	kill_now gateway-b
	sleep "$3"
	gateway_b "$1" "$2"
	lab_wait 60 lab_port_up gateway-b || why "gateway B stays down"
	RESTARTED=1
}
row peer_killed 2.5 1500 1500 "gateway B killed and started at once with the same file prefix, another QPN: 1.5 s"
fault_peer_killed() { lasts comes_back Hca2 cb 0; }
row peer_moved 2.5 1500 1500 "gateway B killed, comes back on another HCA: another GID, LID and QPN: 1.5 s"
fault_peer_moved() { lasts comes_back Hca4 cc 0.5; }
row peer_back 2.5 1500 1500 "and back on the first one: 1.5 s"
fault_peer_back() { lasts comes_back Hca2 cb 0.5; }

row worker_stalled 1.3 200 300 "gateway A's worker stalled for 2 s: control answers meanwhile, reclaim waits; 0.3 s after it"
worker_stall()
{
	local task from stall

	task=$(tid gateway-a '*worker*') || { why "no worker's thread"; return; }
	stall "$task" 2000 &
	stall=$!
	sleep 0.2
	from=$(now_ms)
	lab_say gateway-a "ip neigh flush" >/dev/null
	lab_say gateway-a "ip route add 10.99.0.0/16 via 203.0.113.9" >/dev/null
	lab_say gateway-a "ip route show 10.99.0.0/16" | grep -q "203.0.113.9" || why "no such route"
	NOTE="three commands in $(($(now_ms) - from)) ms"
	[ $(($(now_ms) - from)) -lt 1500 ] || why "control waits for the worker"
	wait $stall || why "no stall"
	# A second change of routes waits until all workers are past the first one.
	lab_say gateway-a "ip route del 10.99.0.0/16" | grep '[a-z]' && why "the route stays"
}
fault_worker_stalled() { lasts worker_stall; }

row control_stalled 1 0 - "gateway A's control core stalled for 2 s: flows lose nothing"
fault_control_stalled() { stall "$(tid gateway-a 'dpdk-ipoib*')" 2000 || why "no stall"; }

row punt_full 1 0 - "the same under 36,000 echo requests to it: drop_punt_full counts, flows lose nothing"
before_punt_full()
{
	counts drop_punt_full
}
fault_punt_full()
{
	local stall

	stall "$(tid gateway-a 'dpdk-ipoib*')" 2000 &
	stall=$!
	abuse icmp 20000 1.8
	wait $stall || why "no stall"
}
after_punt_full()
{
	NOTE="drop_punt_full $(more drop_punt_full)"
	at_least drop_punt_full 1
}

row clock_jumps 0.5 0 - "gateway A's time of day jumps by a day and back by a year: nothing happens"
before_clock_jumps()
{
	export CLOCKJUMP=$LAB/clockjump
	echo 0 >"$CLOCKJUMP"
	LAB_PRELOAD=$LAB_BUILD/tests/tools/libclockjump.so again_a
}
fault_clock_jumps()
{
	grep -q libclockjump "/proc/$(cat "$LAB/gateway-a.pid")/maps" || why "the clock is not ours"
	echo 86400 >"$CLOCKJUMP"
	sleep 1
	echo -31536000 >"$CLOCKJUMP"
	sleep 1
	lab_wait 2 lab_ping || why "no ping after it"
}
after_clock_jumps()
{
	again_a
	RESTARTED=1
}

row disk_full 1 0 - "save to a full file system: it says so, the old file stays; flows lose nothing"
fault_disk_full()
{
	local answer

	mkdir -p "$LAB/full"
	mount -t tmpfs -o size=8k none "$LAB/full"
	echo "# old" >"$LAB/full/saved.cmd"
	cat /dev/zero >"$LAB/full/fill" 2>/dev/null
	answer=$(lab_say gateway-a "save $LAB/full/saved.cmd")
	NOTE=$answer
	grep -q "No space left" <<<"$answer" || why "save says: $answer"
	grep -q "^# old$" "$LAB/full/saved.cmd" || why "the old file is gone"
	umount "$LAB/full"
}

row telemetry_abused 1 0 - "clients of telemetry misbehave for 3 s: flows lose nothing"
fault_telemetry_abused()
{
	/usr/bin/python3 "$LAB_TOP/tests/smoke/telemetry_abuse.py" \
		/run/dpdk/gateway-a/dpdk_telemetry.v2 3 || why "the abuse did not happen"
}
