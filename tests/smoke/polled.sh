#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A peer that comes back with another LID, and nobody tells: the SA refuses subscriptions
# to its notices (tests/tools/deafsa.c), and no ARP arrives, for the switch floods no
# group to gateway A. The path is asked for again by turns, and the flow goes on by the
# new LID.
#
# LONG=1: ten times, and each within 1 s, where it is 3 s otherwise; how long each took is
# printed.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

rounds=1 most_ms=3000
if [ "${LONG:-0}" != 0 ]; then
	rounds=10 most_ms=1000
fi

# shellcheck disable=SC2034 # read by fabric.sh
FABRIC_SM_PRELOAD=$LAB_BUILD/tests/tools/libdeafsa.so

# path_is DLID: of gateway A's path to gateway B; sm_restarts: A has noticed so many.
path_is() { lab_query gateway-a /ipoib/path,1 | grep -q "\"dlid\": $1,"; }
sm_restarts() { [ "$(grep -c "another SM" "$LAB/gateway-a.log")" -ge "$1" ]; }
b_has() { lab_is "$1" lab_query gateway-b -g lid /ipoib/info,1 && lab_port_up gateway-b; }
delivered() { lab_query gateway-a -g ports.1.delivered /fwd/stats; }

# away LID: while the cable of gateway B's port is out, the SM is restarted with another
# LID for it. That is told, for gateway A has the same SM; it asks for everything again,
# and gets no path.
away()
{
	fabric_con 'Unlink "Hca2"'
	lab_wait 5 lab_is down lab_query gateway-b -g state /ipoib/info,1 ||
		lab_fail "gateway B's port stays up"
	sm_stop
	sed -i "s/^0x0000000000100004 .*/$(printf '0x%016x 0x%04x 0x%04x' 0x100004 "$1" "$1")/" \
		"$FABRIC_DIR/osm/guid2lid"
	sm_start >/dev/null
	lab_wait 10 sm_restarts "$round" || lab_fail "gateway A does not see the SM's restart"
	# And asks again by turns from then on; the return is to meet any moment of a turn.
	sleep "1.$((RANDOM % 9))$((RANDOM % 10))"
}

# returns LID: the time from gateway B's return to the path's.
returns()
{
	local told since

	told=$(delivered)
	fabric_con 'ReLink "Hca2"'
	lab_wait 10 b_has "$1" || lab_fail "gateway B does not come back with LID $1"
	since=$EPOCHREALTIME
	lab_wait 10 path_is "$1" || lab_fail "gateway A does not find gateway B at LID $1"
	took_ms=$(((${EPOCHREALTIME/./} - ${since/./}) / 1000))
	[ "$(delivered)" -eq "$told" ] || lab_fail "ARP has told gateway A"
	[ "$rounds" -eq 1 ] || echo "LID $1 found after $took_ms ms"
	[ "$took_ms" -le "$most_ms" ] || lab_fail "LID $1 found after $took_ms ms only"
}

lab_start
for name in gateway-a gateway-b; do
	lab_wait 5 grep -q "no notices from the SA" "$LAB/$name.log" || lab_fail "$name has notices"
done
lab_wait 5 lab_ping || lab_fail "no ping"
bridge link set dev ca-br mcast_flood off
# What uses the path.
lab_client "$LAB_GAP" send 198.51.100.2 9000 100 100 >/dev/null &
stream=$!
for round in $(seq $rounds); do
	away $((64 + round))
	returns $((64 + round))
	lab_wait 3 lab_ping 5 || lab_fail "no ping by LID $((64 + round))"
done
kill "$stream"
lab_finish
