#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Without OpenSM nothing flows, and it is counted; with it, all heals by itself.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# heals SECONDS: ping works within so many seconds from now.
heals()
{
	local from

	from=$(date +%s%N)
	lab_wait "$1" lab_ping || lab_fail "no traffic $1 s after OpenSM's start"
	echo "healed $((($(date +%s%N) - from) / 1000000)) ms after OpenSM was up"
}

FABRIC_NO_SM=1 fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_gateways
lab_wait 10 lab_is "down: no SM" lab_query gateway-a -g link /ipoib/info,1 ||
	lab_fail "port does not say 'no SM'"
lab_ping 5 && lab_fail "traffic without OpenSM"
lab_above gateway-a drop_no_path 0 || lab_fail "drop_no_path does not count without OpenSM"
sm_start || lab_die "no OpenSM"
heals 3

# Up and joined, then OpenSM dies before the first packet of a pair.
lab_stop gateway-a || lab_fail "gateway A does not end"
lab_stop gateway-b || lab_fail "gateway B does not end"
lab_gateways
lab_ports_up
sm_kill
lab_ping 5 && lab_fail "traffic without paths"
lab_wait 10 lab_above gateway-b drop_no_path 0 ||
	lab_fail "drop_no_path does not count with a dead OpenSM"
sm_start || lab_die "no OpenSM"
heals 3
lab_finish
