#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# What happens to the subnet manager does not touch a flow that has a path: killed and
# started again, frozen, replaced by a standby on another HCA. Only a peer that gets
# another LID costs packets, until its path has been asked for again.
#
# LONG=1: 10,000 packets a second instead of 2,000, everything five times, and then a
# minute without an SA; the figures of each stream are printed, beside those of one
# without any event.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

pps=2000 rounds=1
if [ "${LONG:-0}" != 0 ]; then
	pps=10000 rounds=5
fi

# A standby waits for 3 x 200 ms of silence.
# shellcheck disable=SC2034 # read by fabric.sh
FABRIC_OSM_CONF="sminfo_polling_timeout 200
polling_retry_number 3"

nothing() { :; }

restart()
{
	sm_kill
	sm_start >/dev/null
}

freeze()
{
	sm_freeze
	sleep 1
	sm_thaw
}

handover()
{
	# It must not know other LIDs than the first one.
	mkdir -p "$FABRIC_DIR/standby"
	cp "$FABRIC_DIR/osm/guid2lid" "$FABRIC_DIR/standby/"
	FABRIC_SM=standby FABRIC_SMHOST=Hca4 sm_start >/dev/null
	sm_kill
	lab_wait 30 sm_is "$(lid_of 0x10000a)" || lab_fail "gateway B does not follow the standby"
}

# The first one is alone again. (It cannot take over in turn: under umad2sim OpenSM
# waits for ever for what a dead manager does not answer.)
first_alone()
{
	FABRIC_SM=standby sm_kill
	sm_start >/dev/null
	lab_wait 30 sm_is "$(lid_of 0x100001)" || lab_fail "gateway B does not follow the first SM"
}

lid_of() { fabric_lid "$1"; }
sm_is() { lab_is "$1" lab_query gateway-b -g sm_lid /ipoib/info,1; }
lid_is() { lab_is "$1" lab_query gateway-b -g lid /ipoib/info,1; }

# Gateway B's port gets another LID: a tidy stop, so that OpenSM writes its table.
new_lid()
{
	local old new

	old=$(lid_of 0x100004) new=$((${new:-64} + round))
	sm_stop
	sed -i "s/^0x0000000000100004 .*/$(printf '0x%016x 0x%04x 0x%04x' 0x100004 $new $new)/" \
		"$FABRIC_DIR/osm/guid2lid"
	sm_start >/dev/null
	lab_wait 5 lid_is $new || lab_fail "gateway B keeps LID $old"
}

# during EVENT SECONDS: what a stream of so many seconds says of it.
during()
{
	lab_stream_begin $pps "$2"
	sleep 0.5
	"$1"
	lab_stream_end
	printf '%-8s %s\n' "$1" "$LAB_STREAM"
}

# unharmed EVENT SECONDS: the same, without a packet lost, doubled or overtaken.
unharmed()
{
	during "$@"
	[ "$(lab_stream_value received)" -eq $((pps * $2)) ] || lab_fail "$1: not all arrived"
	grep -q ' lost=0 doubled=0 overtaken=0 ' <<<"$LAB_STREAM" || lab_fail "$1: not in order"
}

rss_kb() { awk '/^VmRSS/ {print $2}' "/proc/$(cat "$LAB/$1.pid")/status"; }
mads() { lab_query "$1" -g mad_sent /ipoib/sm,1; }

# A minute without an SA: memory stays as it is, and it is asked now and then only.
black_hole()
{
	local rss sent hole

	sm_freeze
	/usr/bin/python3 "$LAB_TOP/tests/tools/swallow.py" "$(cat "$FABRIC_DIR/opensm.pid")" &
	hole=$!
	sleep 5
	rss=$(rss_kb gateway-a) sent=$(mads gateway-a)
	# Somebody new is asked for all the time.
	lab_client ping -q -n -c 500 -i 0.1 -W 0.1 203.0.113.77 >/dev/null &
	sleep 54
	rss=$(($(rss_kb gateway-a) - rss)) sent=$(($(mads gateway-a) - sent))
	echo "54 s without an SA: $sent MADs, $rss kB more"
	kill -TERM $hole
	wait $hole || lab_fail "the black hole does not work"
	[ "$sent" -le 120 ] || lab_fail "the silent SA gets more than 2 MADs a second"
	[ "$rss" -le 1024 ] || lab_fail "memory grows while the SA is silent"
	sm_thaw
}

lab_start
lab_wait 5 lab_ping || lab_fail "no ping"
for round in $(seq $rounds); do
	unharmed nothing 2
	unharmed restart 3
	unharmed freeze 3
	unharmed handover 3
	unharmed first_alone 3
	# Bounded by what the figures may be, and no timed test: two seconds' worth.
	during new_lid 4
	[ "$(lab_stream_value lost)" -lt $((pps * 2)) ] || lab_fail "new LID: flow lost"
	[ "$(lab_stream_value lost)" -gt 0 ] || lab_fail "new LID: the peer never had another LID"
done
[ $rounds -eq 1 ] || unharmed black_hole 62
lab_wait 5 lab_ping || lab_fail "no ping after all that"
lab_finish
