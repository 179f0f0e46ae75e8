#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A peer comes back with another QPN (reboot), then with another GID too (moved to
# another machine), and then at its old place (and back): its gratuitous ARP is believed
# at once, nothing of the old address is kept, and nobody has to wait until a stale entry
# is probed.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# comes_back HCA CARRIER: gateway B, killed, on that HCA.
comes_back()
{
	local was now

	was=$(own)
	lab_kill_now gateway-b
	# The carrier may be another one; what ibsim keeps for the dead client is given up.
	lab_gateway gateway-b "$1" eb "$2" "$LAB_TOP/config/gateway-b.cmd"
	lab_wait 20 lab_port_up gateway-b || lab_fail "gateway B stays down on $1"
	now=$(own)
	[ "$now" != "$was" ] || lab_fail "gateway B has the same address as before: $now"
	# Far sooner than a stale entry would be looked at.
	lab_wait 3 lab_ping || lab_fail "no ping with gateway B on $1"
	lab_query gateway-a /ip/neigh | grep -q "$now" || lab_fail "gateway A does not know $now"
	lab_wait 1 forgotten "$was" || lab_fail "gateway A keeps $was"
	lab_ping 50 || lab_fail "pings lost"
}

# forgotten ADDRESS: by gateway A.
forgotten() { ! lab_query gateway-a /ipoib/neigh,1 | grep -q "$1"; }

# own: gateway B's 20-octet address.
own() { lab_query gateway-b -g lladdr /ipoib/info,1; }

lab_start
lab_cable_add cc
lab_wait 5 lab_ping || lab_fail "no ping"
comes_back Hca2 cb
comes_back Hca4 cc
comes_back Hca2 cb
lab_finish
