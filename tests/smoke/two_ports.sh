#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Two IPoIB ports, each on a partition of its own, share one HCA and carrier:
# there by the one, back by the other. A carrier with one TX queue, two senders.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

cat >"$LAB/partitions.conf" <<X
Default=0x7fff, ipoib : ALL=full;
blue=0x1, ipoib, mtu=3, Q_Key=0x1b1b, defmember=full : ALL=full;
X
cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 203.0.113.1/25 port 1
ip address add 203.0.113.129/25 port 2
ip route add 198.51.100.0/24 via 203.0.113.2
X
cat >"$LAB/gateway-b.cmd" <<X
ip address add 198.51.100.1/24 port 0
ip address add 203.0.113.2/25 port 1
ip address add 203.0.113.130/25 port 2
ip route add 192.0.2.0/24 via 203.0.113.129
X

# two_ports NAME HCA ETH CARRIER: a gateway with a port on each partition.
two_ports()
{
	lab_run "$1" "$LAB/$1.cmd" "$(lab_af_packet 0 "$3")" \
		"$(lab_ipoib 0 "$2" net_af_packet1)" \
		"$(lab_ipoib 1 "$2" net_af_packet1 ,pkey=0x8001)" "$(lab_af_packet 1 "$4")" --
}

FABRIC_PARTITIONS=$LAB/partitions.conf fabric_start "$LAB/fabric" \
	"$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
two_ports gateway-a Hca3 ea ca
two_ports gateway-b Hca2 eb cb
lab_ports_up
for name in gateway-a gateway-b; do
	lab_wait 5 lab_port_up "$name" 2 || lab_fail "$name: port 2 stays down"
	lab_is 1020 lab_query "$name" -g mtu /ipoib/info,2 || lab_fail "MTU is not the partition's"
	lab_is 0x00001b1b lab_query "$name" -g qkey /ipoib/info,2 ||
		lab_fail "Q_Key is not the partition's"
done
lab_wait 3 lab_ping || lab_fail "no ping"
lab_ping 200 || lab_fail "pings lost"
# Back over the partition with MTU 1020: fragments.
lab_client ping -q -c 20 -i 0.02 -s 1400 198.51.100.2 || lab_fail "no ping in fragments"
there=$(lab_query gateway-b -g ports.1.rx_packets /fwd/stats)
back=$(lab_query gateway-a -g ports.2.rx_packets /fwd/stats)
[ "$there" -ge 220 ] || lab_fail "$there packets there, over port 1"
[ "$back" -ge 240 ] || lab_fail "$back packets back, over port 2"
lab_finish
