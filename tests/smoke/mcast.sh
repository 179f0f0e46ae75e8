#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Multicast groups at a real OpenSM, which shares one MLID among all solicited-node
# groups: received, made by a send-only join, left when idle, regained from an SM
# that forgot them, left at the end. saquery judges.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

cat >"$LAB/gateway-a.cmd" <<X
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:12::1/64 port 1
ip route add 2001:db8:2::/64 via 2001:db8:12::2
X
cat >"$LAB/gateway-b.cmd" <<X
ip address add 2001:db8:2::1/64 port 0
ip address add 2001:db8:12::2/64 port 1
ip route add 2001:db8:1::/64 via 2001:db8:12::1
X

A=fe80::10:7 # port GIDs, of Hca3 and Hca2
B=fe80::10:4

# snm LOW: MGID of a solicited-node group of the partition, as saquery writes it.
snm() { echo "ff12:601b:ffff::1:ff00:$1"; }

# member MGID GID STATE: does OpenSM have this member, in this join state?
member()
{
	fabric_on Hca4 saquery --smkey 1 MCMR --mgid "$1" | grep -A 12 "PortGid[.]*$2\$" |
		grep -q "JoinState[.]*$3\$"
}
no_member() { ! fabric_on Hca4 saquery --smkey 1 MCMR --mgid "$1" | grep -q "PortGid[.]*$2\$"; }

# row NAME LOW KEY: what a gateway says of a solicited-node group.
row()
{
	lab_query "$1" /ipoib/mcast,1 | tr -d ' \n"' |
		grep -o "mgid:ff12:601b:ffff:0000:0000:0001:ff00:$2[^}]*" | grep -o "$3:[^,]*"
}
row_is() { [ "$(row "$1" "$2" "$3")" = "$3:$4" ]; }

ping6() { lab_client ping -6 -q -n -i 0.02 -W 2 "$@"; }

FABRIC_OSM_CONF="consolidate_ipv6_snm_req TRUE" \
	fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
for host in "client 2001:db8:1::" "server 2001:db8:2::"; do
	# shellcheck disable=SC2086 # two words
	set -- $host
	lab_in "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
	lab_in "$1" ip -6 addr add "${2}2/64" dev eth0 nodad
	lab_in "$1" ip -6 route add default via "${2}1"
done
lab_gateway gateway-a Hca3 ea ca "$LAB/gateway-a.cmd" --gc-interval 1
lab_gateway gateway-b Hca2 eb cb "$LAB/gateway-b.cmd" --gc-interval 1
lab_ports_up

# Received: all nodes, and the solicited-node group of an address.
for gid in $A $B; do
	lab_wait 5 member ff12:601b:ffff::1 "$gid" 0x1 || lab_fail "$gid does not receive all-nodes"
done
lab_wait 5 member "$(snm 1)" $A 0x1 || lab_fail "no solicited-node group of A's address"
lab_wait 5 member "$(snm 2)" $B 0x1 || lab_fail "no solicited-node group of B's address"
lab_wait 10 ping6 -c 1 2001:db8:2::2 || lab_fail "no ping"

# Nobody has this address: the group is made by who sends to it.
no_member "$(snm 77)" $A || lab_fail "a group before it is needed"
lab_client ping -6 -q -c 1 -W 1 2001:db8:12::77 >/dev/null
member "$(snm 77)" $A 0x8 || lab_fail "no SendOnlyFullMember"
row_is gateway-a 0077 join send-only || lab_fail "A says $(row gateway-a 0077 join)"
# All these groups share an MLID here, and are told apart by MGID.
row_is gateway-a 0077 mlid "$(row gateway-a 0001 mlid | cut -d: -f2)" || lab_fail "no shared MLID"
lab_wait 8 no_member "$(snm 77)" $A || lab_fail "the idle group was not left"
row gateway-a 0077 join && lab_fail "A still knows the idle group"

# Another SM, which knows nobody: all is regained; traffic goes on.
sm_kill
sm_start || lab_die "no OpenSM"
lab_wait 10 member "$(snm 1)" $A 0x1 || lab_fail "membership was not regained"
lab_wait 10 member ff12:601b:ffff::1 $B 0x1 || lab_fail "B's membership was not regained"
lab_wait 5 ping6 -c 1 2001:db8:2::2 || lab_fail "no ping with the new SM"
ping6 -c 50 2001:db8:2::2 || lab_fail "pings lost"

# What is left at the end is left at the SA too.
lab_stop gateway-a || lab_fail "gateway A does not end in order"
no_member "$(snm 1)" $A || lab_fail "A is still a member of its address's group"
no_member ff12:401b:ffff::ffff:ffff $A || lab_fail "A is still a member of the broadcast group"
member ff12:601b:ffff::1 $B 0x1 || lab_fail "B is not a member any more"
lab_accounted gateway-a || lab_fail "gateway A: unaccounted packets"
lab_stop gateway-b || lab_fail "gateway B does not end in order"
lab_accounted gateway-b || lab_fail "gateway B: unaccounted packets"
fabric_stop
echo "ok"
