#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Source filters of a Linux host (IGMPv3, MLDv2) through two proxies, up to a Linux bridge
# that is the querier there. "bridge mdb" says what was asked for, tshark whether our
# reports are well formed.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 203.0.113.1/24 port 1
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:12::1/64 port 1
ip set multicast on port 0
ip multicast upstream port 1
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

# hosts: the server is behind a bridge of its own, which it has its addresses on.
hosts()
{
	lab_client sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
	lab_client ip -6 addr add 2001:db8:1::2/64 dev eth0 nodad
	lab_server ip link set eth0 down
	lab_server ip link set eth0 name up0
	lab_server ip link add eth0 type bridge mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 \
		mcast_mld_version 2 mcast_startup_query_interval 100 mcast_query_response_interval 100 \
		mcast_last_member_interval 50
	lab_server sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0 \
		net.ipv6.conf.up0.disable_ipv6=1
	lab_server ip link set up0 master eth0 up
	lab_server ip link set eth0 up
	lab_server ip addr add 198.51.100.2/24 dev eth0
	lab_server ip addr add 198.51.100.3/24 dev eth0
	lab_server ip -6 addr add 2001:db8:2::2/64 dev eth0 nodad
	lab_server ip -6 addr add 2001:db8:2::3/64 dev eth0 nodad
}

# upstream GROUP: what the bridge has for it: include or exclude, and the sources in order.
upstream()
{
	lab_server bridge -d mdb show dev eth0 | grep "port up0 grp $1 temp" | awk '{
		list = ""
		for (i = 1; i < NF; i++) {
			if ($i == "filter_mode") mode = $(i + 1)
			if ($i == "source_list") list = $(i + 1)
		}
		gsub(/\/[0-9.]*/, "", list)
		n = split(list, s, ",")
		if (n == 2 && s[1] > s[2]) list = s[2] "," s[1]
		print mode, list
	}'
}

# expect GROUP WORDS: in time.
expect()
{
	lab_wait 12 lab_is "$2" upstream "$1" || lab_fail "$1: '$(upstream "$1")', not '$2'"
}

# listen NAME ARGUMENT...: of mcast.py recv, at the client.
listen()
{
	lab_client /usr/bin/python3 "$LAB_TOP/tests/tools/mcast.py" recv "$2" "$LAB/$1.mcast" "${@:3}" &
	LISTENERS="$LISTENERS $!"
	lab_wait 5 test -s "$LAB/$1.mcast" || lab_die "$1: no receiver"
}

signal() { pkill "-$1" -f "mcast.py recv .* $LAB/$2.mcast"; }

# send GROUP: 20 from each address of the server.
send()
{
	local source

	for source in $SOURCES; do
		case $source,$1 in
		*:*,*:* | *.*,*.*) lab_mcast_send server "$1" 20 64 16 "$source" ;;
		esac
	done
}

got() { lab_wait 5 lab_mcast_got "$1" "received=$2 doubled=0" || lab_fail "$1: $(cat "$LAB/$1.mcast")"; }

SOURCES="198.51.100.2 198.51.100.3 2001:db8:2::2 2001:db8:2::3"
LISTENERS=
fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
hosts
lab_server tshark -q -i up0 -f "ip proto 2 or ip6" -w "$LAB/up0.pcap" 2>"$LAB/tshark.log" &
tshark=$!
lab_wait 30 grep -q Capturing "$LAB/tshark.log" || lab_die "tshark does not capture"
lab_gateway gateway-a Hca3 ea ca "$LAB/gateway-a.cmd"
lab_gateway gateway-b Hca2 eb cb "$LAB/gateway-b.cmd"
lab_ports_up

listen in4 232.1.2.3 include 198.51.100.2 198.51.100.3
listen in6 ff35::8000:123 include 2001:db8:2::2 2001:db8:2::3
listen ex4 239.1.2.5 exclude 198.51.100.3
listen ex6 ff15::125 exclude 2001:db8:2::3
expect 232.1.2.3 "include 198.51.100.2,198.51.100.3"
expect ff35::8000:123 "include 2001:db8:2::2,2001:db8:2::3"
# We do not pass on what is excluded: the host filters it.
expect 239.1.2.5 "exclude "
expect ff15::125 "exclude "
for group in 232.1.2.3 ff35::8000:123 239.1.2.5 ff15::125; do
	send $group
done
got in4 40
got in6 40
got ex4 20
got ex6 20

# Without the first source: the bridge has it no longer, and does not send it.
signal USR1 in4
signal USR1 in6
expect 232.1.2.3 "include 198.51.100.3"
expect ff35::8000:123 "include 2001:db8:2::3"
send 232.1.2.3
send ff35::8000:123
got in4 60
got in6 60

for name in in4 in6 ex4 ex6; do
	signal TERM $name
done
# shellcheck disable=SC2086 # several words
wait $LISTENERS
for group in 232.1.2.3 ff35::8000:123 239.1.2.5 ff15::125; do
	expect $group ""
done

bridge6=$(lab_server ip -6 addr show dev eth0 scope link | awk '/inet6/ { sub("/.*", "", $2); print $2 }')
pkill -INT -x tshark
wait $tshark
bad=$(lab_mcast_faults "$LAB/up0.pcap")
[ -z "$bad" ] || lab_fail "tshark finds fault with: $bad"
lab_mcast_some "$LAB/up0.pcap" "igmp.type == 0x22 && ip.src == 198.51.100.1" \
	"icmpv6.type == 143 && ipv6.src != $bridge6"
lab_finish
