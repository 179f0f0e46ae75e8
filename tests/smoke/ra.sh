#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Linux judges: router advertisements, duplicate addresses on either side, proxy
# ARP and ND, reachability. A gateway between two Ethernet hosts.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 198.51.100.1/24 port 1
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:2::1/64 port 1
ip address add 2001:db8:2::77/64 port 1
ip set ra on port 0
X

# say COMMAND...: at the gateway's prompt.
say() { echo "$*" >&3; }

# v6 NAME: IPv6 on, as hosts have it: addresses from advertisements, with DAD.
v6()
{
	lab_in "$1" sysctl -qw net.ipv6.conf.eth0.accept_ra=2 net.ipv6.conf.eth0.addr_gen_mode=0 \
		net.ipv6.conf.eth0.router_solicitation_delay=0
	lab_in "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
}

slaac() { lab_client ip -6 addr show dev eth0 dynamic -tentative | grep -q 'inet6 2001:db8:1:'; }
by_ra() { lab_client ip -6 route show default | grep -q "via fe80::.* proto ra .*"; }
no_ra() { ! by_ra; }
dad_failed() { lab_client ip -6 addr show dev eth0 dadfailed | grep -q "2001:db8:1::1/"; }
# state ADDRESS: what the gateway's duplicate detection says.
state() { lab_query gateway-a /ip/address | tr -d ' \n' | grep -o "\"address\":\"$1[^}]*"; }
is_state() { state "$1" | grep -q "\"state\":\"$2\""; }
ping6() { lab_client ping -6 -q -n -i 0.02 -W 2 "$@"; }

lab_host client 192.0.2.2/24 192.0.2.1 ea
lab_host server 198.51.100.2/24 198.51.100.1 eb
# The server has an address that the gateway wants.
v6 server
lab_server ip -6 addr add 2001:db8:2::77/64 dev eth0 nodad
lab_server ip -6 addr add 2001:db8:2::2/64 dev eth0 nodad
lab_server ip -6 route add default via 2001:db8:2::1
lab_memory
mkfifo "$LAB/prompt.fifo"
exec 3<>"$LAB/prompt.fifo"
"$LAB_BUILD/app/dpdk-ipoib" --lcores '0@0-1,1@0-1' --no-pci "${LAB_MEMORY[@]}" \
	--file-prefix gateway-a --vdev "$(lab_af_packet 0 ea)" --vdev "$(lab_af_packet 1 eb)" -- \
	--idle-sleep 50 --cmdline-file "$LAB/gateway-a.cmd" -i -a \
	<"$LAB/prompt.fifo" >"$LAB/gateway-a.log" 2>&1 &
echo $! >"$LAB/gateway-a.pid"
lab_wait 10 is_state 2001:db8:1::1 preferred || lab_fail "no address"
lab_wait 5 is_state 2001:db8:2::77 duplicate || lab_fail "a duplicate is not noticed"
is_state 2001:db8:2::1 preferred || lab_fail "an address is not used"

# The client comes after the first advertisements: it asks.
v6 client
lab_wait 5 slaac || lab_fail "no address from the advertisement"
by_ra || lab_fail "no default route from the advertisement"
lab_wait 3 ping6 -c 1 2001:db8:2::2 || lab_fail "no ping by what was advertised"
ping6 -c 100 2001:db8:2::2 || lab_fail "pings lost"
ping6 -c 1 "$(lab_client ip -6 route show default | grep -o 'fe80::[0-9a-f:]*' | head -n 1)%eth0" ||
	lab_fail "the link-local address does not answer"
# Linux's probe for our address.
lab_client ip -6 addr add 2001:db8:1::1/64 dev eth0
lab_wait 5 dad_failed || lab_fail "Linux takes our address"
lab_client ip -6 addr del 2001:db8:1::1/64 dev eth0
is_state 2001:db8:1::1 preferred || lab_fail "a probe takes our address away"

# Proxies: the client believes that the server is on its link.
lab_client ip route add 198.51.100.0/24 dev eth0
lab_client ip -6 route add 2001:db8:2::/64 dev eth0
lab_client ping -q -c 1 -W 1 198.51.100.2 >/dev/null && lab_fail "a proxy by default"
say ip set proxy-arp on port 0
lab_wait 5 lab_client ping -q -c 1 -W 1 198.51.100.2 || lab_fail "no proxy ARP"
lab_client ip neigh flush dev eth0
lab_wait 5 ping6 -c 1 2001:db8:2::2 || lab_fail "no proxy ND"
lab_client ip -6 neigh show dev eth0 | grep -q '^2001:db8:2::2 lladdr' || lab_fail "not by proxy"
say ip set proxy-arp off port 0
lab_client ip route del 198.51.100.0/24 dev eth0
lab_client ip -6 route del 2001:db8:2::/64 dev eth0

# The last words take the default route away.
say ip set ra off port 0
lab_wait 5 no_ra || lab_fail "the last advertisement is not heard"
# So do those of a program that ends.
say ip set ra on port 0
lab_wait 5 by_ra || lab_fail "no default route from the advertisement again"
lab_stop gateway-a || lab_fail "does not end in order"
lab_wait 5 no_ra || lab_fail "no last advertisement at the end"
lab_accounted gateway-a || lab_fail "unaccounted packets"
echo "ok"
