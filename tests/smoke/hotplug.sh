#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Ports come and go while telemetry asks after them and a client sends: with one,
# two and three lcores, with forwarding stopped, and where it cannot work.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

ROUNDS=8

cat >"$LAB/partitions.conf" <<X
Default=0x7fff, ipoib : ALL=full, SELF=full;
blue=0x1, ipoib, Q_Key=0x1b1b, defmember=full : ALL;
green=0x2, ipoib, Q_Key=0x2b2b, defmember=full : ALL;
X
cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 203.0.113.1/24 port 1
X

# says NAME TEXT COMMAND...: it must say just this.
says()
{
	local name=$1 text=$2 answer

	shift 2
	answer=$(lab_say "$name" "$*")
	[ "$answer" = "$text" ] || lab_fail "$name: '$*' says '$answer'"
}

# asks NAME: telemetry's threads look at ports all the time.
asks()
{
	local what=(/ipoib/list /fwd/stats /ip/neigh /ip/address /ip/vlan /ethdev/list)

	what=("${what[@]}" "${what[@]}" "${what[@]}" "${what[@]}")
	while :; do
		lab_query "$1" "${what[@]}" /ipoib/info,3 /ipoib/mcast,4 || true
	done >/dev/null 2>&1
}

# round NAME: two partitions and a VLAN come and go.
round()
{
	says "$1" "Port 3 is in partition 0x8001" ipoib pkey add 1 0x8001
	says "$1" "Port 4 is in partition 0x8002" ipoib pkey add 3 0x8002
	says "$1" "Port 32 is VLAN 7 of port 0" ip vlan add 7 port 0
	says "$1" "" ip address add 10.3.0.1/24 port 3
	says "$1" "" ip address add 10.32.0.1/24 port 32
	says "$1" "" ip route add 10.99.0.0/16 via 10.3.0.9
	lab_wait 10 lab_port_up "$1" 3 || lab_fail "$1: port 3 stays down"
	# A next hop that nobody answers for: packets wait for it when the port goes.
	lab_client ping -q -c 2 -i 0.01 -W 0.01 10.99.0.1 >/dev/null
	says "$1" "Port 3 is removed" ipoib pkey del 3
	says "$1" "Port 32 is removed" ip vlan del port 32
	says "$1" "Port 4 is removed" ipoib pkey del 4
}

FABRIC_PARTITIONS=$LAB/partitions.conf fabric_start "$LAB/fabric" \
	"$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
for lcores in 0@0-1 0@0-1,1@0-1 0@0-1,1@0-1,2@0-1; do
	LAB_LCORES=$lcores lab_gateway gateway-a Hca3 ea ca "$LAB/gateway-a.cmd" -i --auto-start
	lab_wait 20 lab_port_up gateway-a || lab_fail "port $(lab_query gateway-a -g link /ipoib/info,1)"
	asks gateway-a &
	asks=$!
	nsenter --net=/run/netns/client ping -q -i 0.005 -W 1 192.0.2.1 >"$LAB/ping" 2>&1 &
	ping=$!
	for ((i = 0; i < ROUNDS; i++)); do
		round gateway-a
	done
	kill -INT $ping
	wait $ping
	lab_ping_whole "$LAB/ping" || lab_fail "$lcores: $(tail -n 3 "$LAB/ping")"
	lab_say gateway-a stop | grep -q "unaccounted 0" || lab_fail "$lcores: unaccounted packets"
	round gateway-a
	lab_say gateway-a start >/dev/null
	round gateway-a
	kill $asks
	wait $asks 2>/dev/null
	lab_stop gateway-a || lab_fail "gateway A does not end in order"
	lab_accounted gateway-a || lab_fail "$lcores: unaccounted packets"
	rm "$LAB/gateway-a.in"
done

# No memory for one more port: a line says so, nothing is left, the rest goes on.
LAB_LCORES=0@0-1 lab_gateway gateway-a Hca3 ea ca "$LAB/gateway-a.cmd" -i --auto-start \
	--rxd 32768 --total-num-mbufs 40000
lab_wait 20 lab_port_up gateway-a || lab_fail "port $(lab_query gateway-a -g link /ipoib/info,1)"
for pkey in 1 2 3 4 5 6 7 8; do
	answer=$(lab_say gateway-a "ipoib pkey add 1 0x900$pkey")
	case $answer in
	"Port "*) ;;
	*) break ;;
	esac
done
case $answer in
*"no memory for "*) ;;
*) lab_fail "out of memory: $answer" ;;
esac
n=$(lab_query gateway-a -g total /ipoib/list)
[ "$n" -eq "$pkey" ] || lab_fail "$n ports are left of $pkey"
lab_say gateway-a "ipoib pkey add 1 0x900$pkey" | grep -q "no memory for " || lab_fail "the second attempt"
lab_client ping -q -c 20 -i 0.01 -W 1 192.0.2.1 || lab_fail "no ping without memory"
lab_stop gateway-a || lab_fail "gateway A does not end in order"
lab_accounted gateway-a || lab_fail "unaccounted packets without memory"
fabric_stop
echo "ok"
