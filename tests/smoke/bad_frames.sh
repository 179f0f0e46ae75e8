#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Malformed frames from both sides: each counted under its name, none harmful.
# The frames are made by Python from the standard's text, not by our encoder.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

lab_start
lab_wait 3 lab_ping || lab_fail "no ping"
lab_cable_add cx
/usr/bin/python3 "$LAB_TOP/tests/smoke/bad_carrier_frames.py" cx gateway-b "$LAB_QUERY" ||
	lab_fail "frames on the carrier"
mac=$(lab_client ip neigh show 192.0.2.1 | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
lab_client /usr/bin/python3 "$LAB_TOP/tests/smoke/bad_ip_frames.py" eth0 "$mac" gateway-a \
	"$LAB_QUERY" || lab_fail "frames on Ethernet"
lab_ping 100 || lab_fail "pings lost after the bad frames"
lab_finish
