#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Multicast both ways through two proxies: A's hosts, InfiniBand, B's network (upstream).
# Linux's IGMP and MLD of each version ask for groups and leave them; saquery says who is
# a member on InfiniBand, tshark whether what the gateways say, on all three links, is well
# formed.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 203.0.113.1/24 port 1
ip route add 198.51.100.0/24 via 203.0.113.2
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:12::1/64 port 1
ip route add 2001:db8:2::/64 via 2001:db8:12::2
ip set multicast on port 0
ip multicast upstream port 1
ip multicast join 239.9.9.9 port 0
ip multicast join ff15::9 port 0
port config mtu 0 1300
X
cat >"$LAB/gateway-b.cmd" <<X
ip address add 203.0.113.2/24 port 1
ip address add 198.51.100.1/24 port 0
ip route add 192.0.2.0/24 via 203.0.113.1
ip address add 2001:db8:12::2/64 port 1
ip address add 2001:db8:2::1/64 port 0
ip route add 2001:db8:1::/64 via 2001:db8:12::1
ip set multicast on port 1
ip multicast upstream port 0
X

A=fe80::10:7 # port GID, of Hca3
fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
for host in "client 2001:db8:1::" "server 2001:db8:2::"; do
	# shellcheck disable=SC2086 # two words
	set -- $host
	lab_in "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
	lab_in "$1" ip -6 addr add "${2}2/64" dev eth0 nodad
	lab_in "$1" ip -6 route add default via "${2}1"
done
# capture NAME COMMAND... -i INTERFACE: what is said on a link, to $LAB/NAME.pcap.
capture()
{
	local name=$1

	shift
	"$@" -q -w "$LAB/$name.pcap" 2>"$LAB/$name.tshark" &
	CAPTURES="$CAPTURES $!"
	lab_wait 30 grep -q Capturing "$LAB/$name.tshark" || lab_die "tshark does not capture"
}

CAPTURES=
capture down lab_client tshark -f "ip proto 2 or ip6 or icmp" -i eth0
capture up lab_server tshark -f "ip proto 2 or ip6 or icmp" -i eth0
capture cable tshark -i br0
lab_gateway gateway-a Hca3 ea ca "$LAB/gateway-a.cmd"
lab_gateway gateway-b Hca2 eb cb "$LAB/gateway-b.cmd"
lab_ports_up
lab_wait 10 lab_ping || lab_fail "no ping"

# host_version N: of IGMP; MLD's is one less.
host_version()
{
	lab_client sysctl -qw net.ipv4.conf.eth0.force_igmp_version="$1" \
		net.ipv6.conf.eth0.force_mld_version=$(($1 - 1))
}

# member GROUP: does OpenSM have A as a full member?
member()
{
	ask "$1" && grep -A 12 "PortGid[.]*$A\$" "$LAB/members" | grep -q "JoinState[.]*0x1\$"
}
no_member() { ask "$1" && ! grep -q "PortGid[.]*$A\$" "$LAB/members"; }
ask() { fabric_on Hca4 saquery --smkey 1 MCMR --mgid "$1" >"$LAB/members"; }

# to_client GROUP MGID: from the network to A's host, and no longer when it has left.
to_client()
{
	lab_mcast_listen client "$1"
	lab_wait 5 lab_mcast_upstream gateway-a "$1" || lab_fail "$1: A does not join on InfiniBand"
	lab_wait 5 lab_mcast_upstream gateway-b "$1" || lab_fail "$1: B does not join upstream"
	lab_wait 5 member "$2" || lab_fail "$1: A is no member at OpenSM"
	lab_mcast_send server "$1" 50
	lab_wait 3 lab_mcast_got client "received=50 doubled=0" || lab_fail "$1: $(cat "$LAB/client.mcast")"
	lab_mcast_unlisten client
	lab_wait 8 lab_mcast_unknown gateway-a "$1" || lab_fail "$1: A does not notice the leave"
	lab_wait 8 lab_mcast_unknown gateway-b "$1" || lab_fail "$1: B does not notice the leave"
	lab_wait 5 no_member "$2" || lab_fail "$1: A is still a member at OpenSM"
}

# joined NAME MGID HOW: the gateway has joined the group on InfiniBand, its driver receives it.
joined()
{
	lab_query "$1" /ipoib/mcast,1 | tr -d ' \n"' | grep -o "mgid:$2,[^}]*" |
		grep -q "join:$3,state:joined"
}

# passed NAME: for a failure's last words: how many packets came and went, and what was dropped by
# the gateway, its InfiniBand driver and its kernel sockets; its groups.
passed()
{
	local port

	echo "$1:"
	lab_query "$1" /fwd/stats | tr -d ' "\n' | grep -oE '(rx_packets|tx_packets|drop_[a-z_0-9]*):[1-9][0-9]*'
	for port in 0 1 2; do
		lab_query "$1" "/ethdev/xstats,$port" | tr -d ' "\n' |
			grep -oE '[a-z_]*(drop|miss|error)[a-z_0-9]*:[1-9][0-9]*'
	done
	lab_query "$1" /ipoib/mcast,1 | tr -d ' "\n' | grep -o 'mgid:[^}]*'
	echo "$1, later:"
	lab_query "$1" /fwd/stats | tr -d ' "\n' | grep -oE '(rx_packets|tx_packets|drop_[a-z_0-9]*):[1-9][0-9]*'
}

# lost GROUP: not all has arrived at the server. Where is the rest?
lost()
{
	echo "$1: $(cat "$LAB/server.mcast")"
	passed gateway-a
	passed gateway-b
	lab_wait 10 lab_mcast_got server "received=50 doubled=0" && lab_fail "$1: later all came"
	lab_fail "$1: and no more"
}

# to_server GROUP MGID: from A's host to the network. The first one finds the group missing
# on InfiniBand: it is made for it, and joined by B (to hear, as a non-member) when OpenSM tells of it.
to_server()
{
	lab_mcast_send client "$1" 1
	lab_wait 5 joined gateway-a "$2" send-only || lab_fail "$1: A does not make the group"
	lab_wait 5 joined gateway-b "$2" non || lab_fail "$1: B does not join"
	lab_mcast_listen server "$1"
	lab_mcast_send client "$1" 50
	lab_wait 3 lab_mcast_got server "received=50 doubled=0" || lost "$1"
	lab_mcast_unlisten server
}

# Told when A came up, maybe before B listened; else B has asked, and is answered within 10 s.
lab_wait 12 lab_mcast_upstream gateway-b 239.9.9.9 || lab_fail "the group by command is not asked for"
for version in 3 2; do
	host_version $version
	to_client 239.1.2.3 ff12:401b:ffff::f01:203
	to_client ff15::123 ff12:601b:ffff::123
done
to_server 239.1.2.4 ff12:401b:ffff:0000:0000:0000:0f01:0204
to_server ff15::124 ff12:601b:ffff:0000:0000:0000:0000:0124

# Cut for a narrower link; not beyond the last hop. What may not be cut is dropped without a word
# (RFC 1812 4.3.2.7).
lab_mcast_listen client 239.9.9.9
lab_mcast_send server 239.9.9.9 10 1400
lab_wait 3 lab_mcast_got client "received=10 doubled=0" || lab_fail "large: $(cat "$LAB/client.mcast")"
lab_mcast_send server 239.9.9.9 10 64 2
lab_wait 3 lab_above gateway-a drop_ttl 9 || lab_fail "TTL 2 reaches beyond two routers"
MCAST_DF=1 lab_mcast_send server 239.9.9.9 5 1400
lab_wait 3 lab_above gateway-a drop_too_big 4 || lab_fail "large packets that may not be cut go on"
lab_mcast_unlisten client

# Of IPv6 the sender is told (RFC 4443 2.4 e.3), and cuts from then on.
lab_mcast_listen client ff15::9
lab_mcast_send server ff15::9 20 1400
lab_wait 3 lab_mcast_got client "received=1[0-9] doubled=0" ||
	lab_fail "large, IPv6: $(cat "$LAB/client.mcast")"
lab_mcast_unlisten client

pkill -INT -x tshark
# shellcheck disable=SC2086 # several words
wait $CAPTURES
"$LAB_TOP/usertools/carrier2erf" "$LAB/cable.pcap" "$LAB/cable.erf" || lab_fail "carrier2erf"
for file in down.pcap up.pcap cable.erf; do
	bad=$(lab_mcast_faults "$LAB/$file")
	[ -z "$bad" ] || lab_fail "$file: tshark finds fault with: $bad"
done
server6=$(lab_server ip -6 addr show dev eth0 scope link | awk '/inet6/ { sub("/.*", "", $2); print $2 }')
lab_mcast_some "$LAB/down.pcap" "igmp.type == 0x11 && ip.dst == 224.0.0.1" \
	"igmp.type == 0x11 && ip.dst == 239.1.2.3" "icmpv6.type == 130 && ipv6.dst == ff02::1" \
	"icmpv6.type == 130 && ipv6.dst == ff15::123"
lab_mcast_some "$LAB/up.pcap" "igmp.type == 0x22 && ip.src == 198.51.100.1" \
	"icmpv6.type == 143 && ipv6.src != $server6" \
	"icmpv6.type == 2 && icmpv6.mtu == 1300 && ipv6.dst == 2001:db8:2::2"
lab_mcast_some "$LAB/cable.erf" "infiniband && igmp.type == 0x11 && ip.src == 203.0.113.2" \
	"infiniband && igmp.type == 0x22 && ip.src == 203.0.113.1" \
	"infiniband && icmpv6.type == 130" "infiniband && icmpv6.type == 143"
[ -z "$(tshark -r "$LAB/up.pcap" -Y "icmp.type == 3" 2>/dev/null)" ] || lab_fail "an error about a group"
lab_finish
