#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# IPv6 through two gateways and OpenSM, Linux at both ends: Neighbour Discovery
# on Ethernet and IPoIB, ping, TCP, ICMPv6 errors, path MTU.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

SERVER=2001:db8:2::2

cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:12::1/64 port 1
ip route add 2001:db8:2::/64 via 2001:db8:12::2
ip route add blackhole 2001:db8:b::/48
ip route add prohibit 2001:db8:c::/48
X
cat >"$LAB/gateway-b.cmd" <<X
ip address add 198.51.100.1/24 port 0
ip address add 2001:db8:2::1/64 port 0
ip address add 2001:db8:12::2/64 port 1
ip route add 2001:db8:1::/64 via 2001:db8:12::1
X

ping6() { lab_client ping -6 -q -n -i 0.02 -W 2 "$@"; }

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_ip6_host client 2001:db8:1::2 2001:db8:1::1
lab_ip6_host server "$SERVER" 2001:db8:2::1
lab_gateway gateway-a Hca3 ea ca "$LAB/gateway-a.cmd"
lab_gateway gateway-b Hca2 eb cb "$LAB/gateway-b.cmd"
lab_ports_up

lab_wait 10 ping6 -c 1 "$SERVER" || lab_fail "no ping"
ping6 -c 200 "$SERVER" || lab_fail "pings lost"
ping6 -c 1 2001:db8:1::1 || lab_fail "gateway A does not answer ping"
ping6 -c 1 2001:db8:12::2 || lab_fail "gateway B does not answer ping"
ping6 -c 1 -s 3000 2001:db8:12::2 || lab_fail "no fragmented echo from gateway B"
ping6 -c 20 -s 3000 "$SERVER" || lab_fail "no ping in fragments"

# Errors, in Linux's words.
lab_client ping -6 -c 1 -t 1 "$SERVER" | grep -q "From 2001:db8:1::1.*Time exceeded" ||
	lab_fail "no time exceeded from gateway A"
lab_client ping -6 -c 1 -t 2 "$SERVER" | grep -q "From 2001:db8:12::2.*Time exceeded" ||
	lab_fail "no time exceeded from gateway B"
lab_client ping -6 -c 1 -W 4 2001:db8:2::99 | grep -q "Address unreachable" ||
	lab_fail "no address unreachable"
lab_client ping -6 -c 1 2001:db8:99::1 | grep -q "No route" || lab_fail "no 'no route'"
lab_client ping -6 -c 1 2001:db8:c::1 | grep -qi "prohibited" || lab_fail "no 'prohibited'"
lab_client ping -6 -c 1 -W 1 2001:db8:b::1 >/dev/null && lab_fail "the black hole answers"
lab_above gateway-a drop_blackhole 0 || lab_fail "drop_blackhole does not count"

# TCP, and the neighbours as Linux and we see them.
lab_server iperf3 -s -1 -B "$SERVER" >/dev/null &
lab_wait 5 lab_server ss -Hltn 'sport = :5201' || true
lab_wait 5 lab_client iperf3 -6 -c "$SERVER" -t 2 -J || lab_fail "no TCP"
lab_client ip -6 neigh show dev eth0 | grep -q "2001:db8:1::1 lladdr .* router" ||
	lab_fail "Linux does not know gateway A as a router"
lab_query gateway-a /ip/neigh | grep -q "2001:db8:12::2" || lab_fail "gateway B is no neighbour"
lab_finish
