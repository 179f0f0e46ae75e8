#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The distribution's own dpdk-testpmd on an InfiniBand port: mode=ether of the driver as a plug-in.
# A host behind a gateway, which is an ordinary IPoIB host to it, pings what testpmd answers for; and
# what testpmd knows to ask of an Ethernet port is done or refused. Without CRCs: so plain packets get
# their Ethernet header from the HCA itself.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
cat "$LAB_TOP/config/gateway-a.cmd" - >"$LAB/a.cmd" <<-end
	ip set multicast on port 0
	ip multicast upstream port 1
end
# A QPN of the gateway's that makes testpmd tell it of the second queue.
lab_run gateway-a "$LAB/a.cmd" "$(lab_af_packet 0 ea)" \
	"$(lab_ipoib 0 Hca3 net_af_packet1 ,qpn=0x501,crc=off)" "$(lab_af_packet 1 ca)" --

# lab_type COMMAND PATTERN: testpmd answers so.
lab_type()
{
	local from

	from=$(wc -c <"$LAB/testpmd.log")
	printf '%s\n' "$1" >"$LAB/testpmd.in"
	lab_wait 10 lab_answered "$from" "$2" || lab_fail "testpmd: '$1' does not say '$2'"
}
lab_answered() { tail -c "+$(($1 + 1))" "$LAB/testpmd.log" | grep -Eq -- "$2"; }

# lab_xstat NAME: of the Ethernet port, as testpmd last showed it.
lab_xstat() { awk -v name="$1:" '$1 == name { v = $2 } END { print v }' "$LAB/testpmd.log"; }

# lab_neigh ADDRESS: the gateway's link-layer address of it.
lab_neigh()
{
	lab_query gateway-a /ip/neigh | tr -d ' \n"' | grep -o "address:$1[^}]*" |
		grep -o 'lladdr:[0-9a-f:]*' | cut -d : -f 2-
}

# lab_member MGID STATE: has testpmd's port joined the group so, by OpenSM? lab_no_member MGID.
# lab_heard GROUP MAC: does testpmd receive what the client, beyond the gateway, sends to a group?
lab_member()
{
	fabric_on Hca4 saquery --smkey 1 MCMR --mgid "$1" | grep -A 12 'PortGid[.]*fe80::10:4$' |
		grep -q "JoinState[.]*$2\$"
}
lab_no_member() { ! lab_member "$1" '.*'; }
lab_heard()
{
	local from

	from=$(wc -c <"$LAB/testpmd.log")
	lab_mcast_send client "$1" 10
	lab_wait 1 lab_answered "$from" "dst=$2 "
}

ping_testpmd() { lab_client ping -q -n -c "${1:-1}" -i 0.05 -W 1 203.0.113.77; }

LAB_ETHER=,queues=2,crc=off lab_testpmd testpmd Hca2 cb -- --portmask 0x1 --rxq 2 --txq 2 --forward-mode icmpecho --auto-start
lab_wait 30 lab_port_up gateway-a || lab_fail "gateway-a is not up"
lab_wait 15 ping_testpmd || lab_fail "testpmd does not answer"
ping_testpmd 10 >"$LAB/ping.out" || lab_fail "pings are lost"
grep -q ' 0% packet loss' "$LAB/ping.out" || lab_fail "$(cat "$LAB/ping.out")"
# As large as the link takes: 2044 octets.
lab_client ping -q -n -c 3 -i 0.05 -W 1 -s 1400 203.0.113.77 >/dev/null || lab_fail "large pings"

lab_type "show port info 0" 'MTU: 2044'
grep -Eq '^MAC address: .[26AE]:' "$LAB/testpmd.log" || lab_fail "MAC not locally administered"
lab_type "show port info 0" 'Link status: up'
lab_type "port config mtu 0 4093" 'device max MTU'
lab_type "mac_addr add 0 02:00:00:00:00:42" 'testpmd>'
lab_type "show port 0 macs" '02:00:00:00:00:42'
lab_type "mac_addr remove 0 02:00:00:00:00:42" 'testpmd>'
lab_type "show port 0 macs" 'Number of MAC address added: 1'

# Groups: by the filter, by allmulticast, by promiscuous mode; OpenSM's table says who is in it.
# 224.1.2.3 and 239.9.9.78.
filtered=(224.1.2.3 01:00:5E:01:02:03) mgid=ff12:401b:ffff::1:203
other=(239.9.9.78 01:00:5E:09:09:4E) other_mgid=ff12:401b:ffff::f09:94e
lab_type "set promisc 0 off" 'testpmd>'
lab_type "set allmulti 0 off" 'testpmd>'
lab_type "set verbose 1" 'verbose'
lab_heard "${filtered[@]}" && lab_fail "a group that was not asked for"
lab_no_member $mgid || lab_fail "member of a group that was not asked for"
lab_type "mcast_addr add 0 ${filtered[1]}" 'testpmd>'
lab_wait 5 lab_member $mgid 0x1 || lab_fail "mcast_addr add: the group is not joined"
lab_heard "${filtered[@]}" || lab_fail "mcast_addr add: the group is not heard"
lab_type "mcast_addr remove 0 ${filtered[1]}" 'testpmd>'
lab_wait 5 lab_no_member $mgid || lab_fail "mcast_addr remove: the group is not left"
for mode in allmulti promisc; do
	lab_heard "${other[@]}" && lab_fail "a group that was not asked for"
	lab_type "set $mode 0 on" 'testpmd>'
	lab_wait 10 lab_member $other_mgid 0x2 || lab_fail "$mode on: the group is not joined"
	# 224.0.0.22, which is the gateway's.
	lab_wait 5 lab_member ff12:401b:ffff::16 0x2 || lab_fail "$mode on: not of a local group"
	lab_heard "${other[@]}" || lab_fail "$mode on: the group is not heard"
	lab_type "set $mode 0 off" 'testpmd>'
	lab_wait 5 lab_no_member $other_mgid || lab_fail "$mode off: the group is not left"
done
lab_type "set verbose 0" 'verbose'
lab_type "port config all rss ip" 'not supported|[Uu]nsupported|No|fail'
lab_type "set flow_ctrl rx on 0" 'not supported|Bad|fail|cannot'
lab_type "port attach $(lab_ipoib 5 Hca2 net_af_packet1 ,crc=off)" 'has ports in mode=ether, so this one must be'
ping_testpmd 3 >/dev/null || lab_fail "no answer after the settings"

# Stopped, and started again: the same MAC, and it answers by it.
lab_type "stop" 'Done'
lab_type "port stop 0" 'Done'
lab_type "port config mtu 0 1500" 'testpmd>'
lab_type "port start 0" 'Done'
lab_type "start" 'icmpecho packet forwarding'
lab_wait 15 ping_testpmd || lab_fail "no answer after a start"
lab_type "show port info 0" 'MTU: 1500'
# Reset: as it came, with the link's MTU and nobody known; again and again it starts.
lab_type "stop" 'Done'
lab_type "port stop 0" 'Done'
lab_type "port reset 0" 'Done'
lab_type "show port xstats 0" 'ib_pkey_cycles'
[ "$(lab_xstat ether_peers)" = 0 ] || lab_fail "a port that was reset knows $(lab_xstat ether_peers) peers"
for _ in 1 2 3; do
	lab_type "port start 0" 'Done'
	lab_type "port stop 0" 'Done'
done
lab_type "port start 0" 'Done'
lab_type "start" 'icmpecho packet forwarding'
lab_wait 15 ping_testpmd || lab_fail "no answer after a reset"
lab_type "show port info 0" 'MTU: 2044'

lab_type "show port xstats 0" 'ib_pkey_cycles'
[ "$(lab_xstat ether_peers)" -ge 1 ] || lab_fail "no peer learnt"
[ "$(lab_xstat rx_drop_ether_control)" = 0 ] || lab_fail "packets for control lost"

# Taken out, and put in again, with the same QPNs: its peers need not ask anew.
told=$(lab_neigh 203.0.113.77)
[ "${told:0:11}" = 00:00:07:78 ] || lab_fail "the gateway was told $told, not of the second queue"
lab_type "stop" 'Done'
lab_type "port stop 0" 'Done'
lab_type "port detach 0" 'Now total ports is|Device is detached|Done'
lab_type "port attach $(lab_ipoib 3 Hca2 net_af_packet1 ,mode=ether,qpn=0x777,queues=2,crc=off)" 'is attached'
lab_type "port start all" 'Done'
lab_type "start" 'icmpecho packet forwarding'
lab_wait 15 ping_testpmd || lab_fail "no answer of a port that was attached"
printf 'stop\nquit\n' >"$LAB/testpmd.in"
lab_wait 10 lab_gone "$(cat "$LAB/testpmd.pid")" || lab_fail "testpmd does not end"
wait "$(cat "$LAB/testpmd.pid")" || lab_fail "testpmd ends with status $?"
lab_stop gateway-a || lab_fail "gateway-a does not end in order"
fabric_stop
echo "ok"
