#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# OpenSM with LMC 2: each port has four LIDs, and flows to one peer are spread over them. A
# LID that leads nowhere takes its own flows and no others.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

ways() { lab_query gateway-a /ipoib/path,1 | tr -d ' \n"' | grep -o "ways:[0-9]*" | sort | tail -n 1; }
has_ways() { [ "$(ways)" = "ways:$1" ]; }
mac() { printf '02:1b:00:00:%02x:%02x' $(($1 >> 8)) $(($1 & 255)); }

# Flows of 64 source ports; LAB_STREAM says what arrived.
stream()
{
	lab_stream_begin 2000 2 64
	lab_stream_end
	echo "$1: $LAB_STREAM"
}

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" -l 2 || lab_die "no fabric"
lab_hosts_and_cable
lab_gateways
lab_ports_up
lab_wait 5 lab_ping || lab_fail "no ping"
lab_wait 5 has_ways 4 || lab_fail "$(ways) instead of four ways to gateway B"
base=$(lab_query gateway-b -g lid /ipoib/info,1)

tshark -q -i br0 -w "$LAB/carrier.pcap" 2>"$LAB/tshark.log" &
tshark=$!
lab_wait 30 grep -q Capturing "$LAB/tshark.log" || lab_die "tshark does not capture"
stream "four LIDs"
kill -INT $tshark
wait $tshark
[ "$(lab_stream_value lost)" -eq 0 ] || lab_fail "lost"
for i in 0 1 2 3; do
	n=$(tshark -r "$LAB/carrier.pcap" -Y "eth.dst == $(mac $((base + i)))" 2>/dev/null | wc -l)
	echo "LID $((base + i)): $n frames"
	# A quarter of 4,000, give or take what 64 flows do by chance.
	[ "$n" -gt 300 ] || lab_fail "LID $((base + i)) is hardly used"
done

# The bridge takes what is for one LID to a port where nobody is.
lab_cable_add hole
bridge fdb add "$(mac $((base + 2)))" dev hole-br master static
stream "one leads nowhere"
bridge fdb del "$(mac $((base + 2)))" dev hole-br master
came=$(lab_stream_value received)
# Flows of which nothing arrives are not counted as lost: all others are whole.
[ "$(lab_stream_value lost)" -eq 0 ] || lab_fail "flows by other LIDs lost packets"
[ "$came" -lt 3700 ] || lab_fail "the LID was not used"
[ "$came" -gt 2000 ] || lab_fail "more than its own flows are lost"
stream "all again"
[ "$(lab_stream_value received)" -eq 4000 ] || lab_fail "flows are lost with all LIDs"
[ "$(lab_stream_value lost)" -eq 0 ] || lab_fail "lost with all LIDs"
lab_finish
