#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Ping, TCP and fragments through both gateways; what the tables then show.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

lab_start "$@"
lab_wait 3 lab_ping || lab_fail "no ping"
lab_ping 200 || lab_fail "pings lost"
lab_client ping -q -c 20 -i 0.02 -s 3900 198.51.100.2 || lab_fail "no ping in fragments"
lab_client ping -q -c 1 203.0.113.1 || lab_fail "gateway A does not answer ping"
lab_client ping -q -c 1 203.0.113.2 || lab_fail "gateway B does not answer ping"
lab_client ping -q -c 1 -s 3900 203.0.113.2 || lab_fail "no fragmented echo from gateway B"

# Time exceeded comes from both gateways, in order.
lab_client ping -c 1 -t 1 198.51.100.2 | grep -q "From 192.0.2.1.*Time to live" ||
	lab_fail "no time exceeded from gateway A"
lab_client ping -c 1 -t 2 198.51.100.2 | grep -q "From 203.0.113.2.*Time to live" ||
	lab_fail "no time exceeded from gateway B"
lab_client ping -c 1 203.0.113.99 | grep -q "Unreachable" || lab_fail "no host unreachable"
lab_client ping -c 1 100.64.1.1 | grep -q "Unreachable" || lab_fail "no net unreachable"

# The LID of the path is OpenSM's.
gid=$(lab_query gateway-b -g gid /ipoib/info,1)
want=$(fabric_lid "0x$(tr -d : <<<"${gid: -19}")")
lab_is "$want" lab_query gateway-a -g rows.0.dlid /ipoib/path,1 ||
	lab_fail "path's LID is not OpenSM's $want: $(lab_query gateway-a /ipoib/path,1)"
lab_is "$want" lab_query gateway-b -g lid /ipoib/info,1 || lab_fail "port's LID is not $want"
lab_finish
