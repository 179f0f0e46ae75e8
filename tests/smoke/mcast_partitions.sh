#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Multicast both ways through two gateways, by one partition and then by another with
# another MTU and Q_Key. Packets larger than its MTU go in fragments.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

cat >"$LAB/partitions.conf" <<X
Default=0x7fff, ipoib : ALL=full;
green=0x2, ipoib, mtu=3, Q_Key=0x2b2b, defmember=full : ALL=full;
X
cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 203.0.113.1/25 port 1
ip address add 203.0.113.129/25 port 2
ip route add 198.51.100.0/24 via 203.0.113.2
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:12::1/64 port 1
ip address add 2001:db8:34::1/64 port 2
ip set multicast on port 0
X
cat >"$LAB/gateway-b.cmd" <<X
ip address add 198.51.100.1/24 port 0
ip address add 203.0.113.2/25 port 1
ip address add 203.0.113.130/25 port 2
ip route add 192.0.2.0/24 via 203.0.113.1
ip address add 2001:db8:2::1/64 port 0
ip address add 2001:db8:12::2/64 port 1
ip address add 2001:db8:34::2/64 port 2
ip multicast upstream port 0
X

# gateway NAME HCA ETH CARRIER: with a port on each partition.
gateway()
{
	lab_run "$1" "$LAB/$1.cmd" "$(lab_af_packet 0 "$3")" \
		"$(lab_ipoib 0 "$2" net_af_packet1)" \
		"$(lab_ipoib 1 "$2" net_af_packet1 ,pkey=0x8002)" "$(lab_af_packet 1 "$4")" -- \
		-i --auto-start
}

# by PORT: the partition that multicast takes.
by()
{
	local other=$((3 - $1))

	lab_say gateway-b "ip set multicast off port $other"
	lab_say gateway-b "ip set multicast on port $1"
	lab_say gateway-a "ip multicast upstream port $1"
	lab_say gateway-a "ip set multicast off port $other"
}

to_client()
{
	lab_mcast_listen client "$1"
	lab_wait 5 lab_mcast_upstream gateway-b "$1" || lab_fail "$1: B does not join upstream"
	lab_mcast_send server "$1" 30 "$2"
	lab_wait 3 lab_mcast_got client "received=30 doubled=0" ||
		lab_fail "$1: $(cat "$LAB/client.mcast")"
	lab_mcast_unlisten client
	lab_wait 8 lab_mcast_unknown gateway-b "$1" || lab_fail "$1: B does not notice the leave"
}

# The first packet makes the group on InfiniBand, and B joins it when OpenSM tells.
to_server()
{
	lab_mcast_send client "$1" 1
	sleep 1
	lab_mcast_listen server "$1"
	lab_mcast_send client "$1" 30 "$2"
	lab_wait 3 lab_mcast_got server "received=30 doubled=0" ||
		lab_fail "$1: $(cat "$LAB/server.mcast")"
	lab_mcast_unlisten server
}

FABRIC_PARTITIONS=$LAB/partitions.conf fabric_start "$LAB/fabric" \
	"$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
for host in "client 2001:db8:1::" "server 2001:db8:2::"; do
	# shellcheck disable=SC2086 # two words
	set -- $host
	lab_in "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
	lab_in "$1" ip -6 addr add "${2}2/64" dev eth0 nodad
done
gateway gateway-a Hca3 ea ca
gateway gateway-b Hca2 eb cb
lab_ports_up
for name in gateway-a gateway-b; do
	lab_wait 5 lab_port_up "$name" 2 || lab_fail "$name: port 2 stays down"
	lab_is 1020 lab_query "$name" -g mtu /ipoib/info,2 || lab_fail "MTU is not the partition's"
done
lab_wait 5 lab_ping || lab_fail "no ping"
for port in 1 2; do
	by $port
	to_client 239.1.1.$port 1400
	to_client ff15::1:$port 900
	to_server 239.1.2.$port 1400
	to_server ff15::2:$port 900
	n=$(lab_query gateway-a -g ports.$port.rx_packets /fwd/stats)
	[ "$n" -ge 60 ] || lab_fail "partition of port $port: $n packets"
done
lab_finish
