#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Gateway A under valgrind's memcheck from its start to its end: no wrong access, no decision on
# memory that was never set, nothing allocated that nobody knows any more. Ports stop and start, an
# address, a route and a VLAN come and go, and packets pass, meanwhile.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
# What threads of DPDK hold until the end of the process counts as "possibly lost".
# shellcheck disable=SC2034 # lab_run reads it
LAB_UNDER=(valgrind --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
	--show-leak-kinds=definite "--log-file=$LAB/valgrind.log")
lab_gateway gateway-a Hca3 ea ca "$LAB_TOP/config/gateway-a.cmd" -i -a
LAB_UNDER=()
lab_gateway gateway-b Hca2 eb cb "$LAB_TOP/config/gateway-b.cmd"
lab_wait 60 lab_port_up gateway-a || lab_fail "no port under valgrind"
lab_ports_up
lab_wait 10 lab_ping 5 || lab_fail "no ping"
for command in "show port info all" "show config rxtx" "ip address add 2001:db8:1::1/64 port 1" \
	"ip route add 10.9.0.0/16 via 203.0.113.2" "ip vlan add 10 port 0" "ip vlan del port 32" \
	"ip neigh flush" "ipoib path flush 1" "ip route del 10.9.0.0/16" "nonsense" stop \
	"port stop all" "port start all" start; do
	lab_say gateway-a "$command" >/dev/null
done
lab_wait 20 lab_port_up gateway-a || lab_fail "the port stays down"
lab_wait 10 lab_ping 5 || lab_fail "no ping after a new start"
lab_query gateway-a /ipoib/neigh,1 >/dev/null || lab_fail "no telemetry"
lab_finish
