#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Telemetry: every endpoint and key is documented, lists come in pages, wrong
# parameters get an answer, DPDK's own tools see the drivers' counters, and
# whatever clients do to the socket, forwarding does not notice.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# Something of everything that there is a list of.
cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip filter add 1 port 0 in permit from any to any
ip address add 203.0.113.1/24 port 1
ip route add 198.51.100.0/24 via 203.0.113.2
ip vlan add 7 port 0
ip bind add port 32 to 1
ip dhcp-relay add 192.0.2.2 port 32
ip multicast upstream port 1
ip set multicast on port 0
ip multicast join 239.1.1.1 port 0
ipoib class path 1 1 sl 1
ipoib class dscp 1 8 15 1
ipoib bond add b0 ports 2,3
ipoib capture start 1 $LAB/capture.pcapng filter arp
X

# answers TEXT ARGUMENT...: a question gets just this.
answers()
{
	local want=$1 answer

	shift
	answer=$(lab_query gateway-a "$@")
	[ "$answer" = "$want" ] || lab_fail "$*: '$answer' instead of '$want'"
}

# dpdk_telemetry QUESTION: by DPDK's own client.
dpdk_telemetry() { echo "$1" | dpdk-telemetry.py -f gateway-a 2>&1; }

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_cable_add cc cd
lab_run gateway-a "$LAB/gateway-a.cmd" "$(lab_af_packet 0 ea)" \
	"$(lab_ipoib 0 Hca3 net_af_packet1)" "$(lab_ipoib 1 Hca4 net_af_packet2)" \
	"$(lab_ipoib 2 Hca1 net_af_packet3)" "$(lab_af_packet 1 ca)" "$(lab_af_packet 2 cc)" \
	"$(lab_af_packet 3 cd)" --
lab_gateway gateway-b Hca2 eb cb "$LAB_TOP/config/gateway-b.cmd"
lab_ports_up
lab_wait 3 lab_ping || lab_fail "no ping"
lab_ping 20 || lab_fail "pings lost"

/usr/bin/python3 "$LAB_TOP/tests/smoke/telemetry_keys.py" "$LAB_QUERY" gateway-a \
	"$LAB_TOP/doc/telemetry.md" 1 || lab_fail "the documentation says otherwise"

# Pages: 6 ports, two at a time; the sum is of all whatever the page.
answers 6 -g total /fwd/ports
answers 2 -g next /fwd/ports,0,2
answers 4 -g next /fwd/ports,2,2
answers 33 -g rows.5.port /fwd/ports,5,1
answers 6 -g nb_ports /fwd/stats
sum=$(lab_query gateway-a -g total.rx_packets /fwd/stats,5,1)
[ "$sum" -gt 20 ] || lab_fail "the sum of a page alone: $sum"
[ "$(lab_query gateway-a -t /ipoib/list,0,1 | wc -l)" -eq 2 ] || lab_fail "a page is not a page"
[ "$(lab_query gateway-a -t /ipoib/list | wc -l)" -eq 5 ] || lab_fail "not all IPoIB ports"
answers "" -t /ip/route,1000

answers "expected PORT" -g error /ipoib/info
answers "expected PORT" -g error /ipoib/info,x
answers "no such IPoIB port" -g error /ipoib/info,0
answers "no such IPoIB port" -g error /ipoib/neigh,63
answers "expected PORT[,OFFSET[,COUNT]]" -g error /ipoib/neigh,1,0,0
answers "expected [OFFSET[,COUNT]]" -g error /ip/route,4294967296
answers "expected [OFFSET[,COUNT]]" -g error /fwd/stats,-1
answers "expected [OFFSET[,COUNT]]" -g error /fwd/workers,1,2,3

# The load of a worker: some, not all.
busy=$(lab_query gateway-a -g rows.0.busy_cycles /fwd/workers)
cycles=$(lab_query gateway-a -g rows.0.cycles /fwd/workers)
if [ "$busy" -eq 0 ] || [ "$busy" -ge "$cycles" ]; then
	lab_fail "busy for $busy of $cycles ticks"
fi

# What other DPDK tools look at.
dpdk_telemetry /ethdev/xstats,1 | grep -q '"rx_drop_icrc": *0' || lab_fail "no xstats of port 1"
dpdk_telemetry /ethdev/xstats,1 | grep -q '"rx_delivered": *[1-9]' || lab_fail "xstats do not count"
dpdk_telemetry /ip/neigh | grep -q 203.0.113.2 || lab_fail "dpdk-telemetry.py"

nsenter --net=/run/netns/client ping -n -i 0.01 -W 1 198.51.100.2 >"$LAB/ping.out" &
ping=$!
/usr/bin/python3 "$LAB_TOP/tests/smoke/telemetry_abuse.py" \
	/run/dpdk/gateway-a/dpdk_telemetry.v2 4 || lab_fail "the abuse did not happen"
lab_wait 5 lab_query gateway-a /fwd/stats || lab_fail "telemetry does not answer any more"
kill -INT "$ping"
wait "$ping"
lab_ping_whole "$LAB/ping.out" || lab_fail "pings lost while clients misbehaved"
lab_finish
