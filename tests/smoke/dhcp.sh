#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A DHCP client behind gateway A gets its address from a server behind gateway
# B: busybox and dnsmasq, the relay between them, InfiniBand in the middle.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

command -v dnsmasq udhcpc >/dev/null || lab_die "dnsmasq or udhcpc is missing ('make deps')"

# dhcp_client [option...]: ask for a lease; its address is in $LAB/lease.
dhcp_client()
{
	rm -f "$LAB/lease"
	lab_client udhcpc -i eth0 -f -q -n -t 10 -T 1 -s "$LAB/lease.sh" "$@" \
		>"$LAB/udhcpc.log" 2>&1
	[ -s "$LAB/lease" ]
}

lab_relayed() { [ "$(lab_query gateway-a -g rows.0.replies /ip/dhcp)" -ge "$1" ]; }

cp "$LAB_TOP/config/gateway-a.cmd" "$LAB/a.cmd"
echo "ip dhcp-relay add 198.51.100.2 port 0" >>"$LAB/a.cmd"
# shellcheck disable=SC2016 # for udhcpc's shell
printf '#!/bin/sh\n[ "$1" != bound ] || echo "$ip $router" >%s\n' "$LAB/lease" >"$LAB/lease.sh"
chmod +x "$LAB/lease.sh"

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_gateway gateway-a Hca3 ea ca "$LAB/a.cmd" "$@"
lab_gateway gateway-b Hca2 eb cb "$LAB_TOP/config/gateway-b.cmd" "$@"
lab_ports_up
lab_wait 3 lab_ping || lab_fail "no ping"
lab_server dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root \
	--interface=eth0 --pid-file= --dhcp-leasefile="$LAB/leases" --log-dhcp --log-facility=- \
	--dhcp-range=192.0.2.100,192.0.2.120,255.255.255.0,1h \
	--dhcp-option=option:router,192.0.2.1 >"$LAB/dnsmasq.log" 2>&1 &
lab_wait 5 grep -q "DHCP, IP range" "$LAB/dnsmasq.log" || lab_fail "dnsmasq does not start"
lab_client ip addr flush dev eth0

# Reached by the address that it gets, or by broadcast.
for how in "" -B; do
	# shellcheck disable=SC2086 # nothing, or an option
	dhcp_client $how || lab_fail "no lease ($how)"
	read -r ip router <"$LAB/lease"
	case $ip in 192.0.2.1[0-2][0-9]) ;; *) lab_fail "leased address $ip" ;; esac
	[ "$router" = 192.0.2.1 ] || lab_fail "leased router $router"
done
lab_relayed 4 || lab_fail "$(lab_query gateway-a /ip/dhcp)"
grep -q "DHCPREQUEST(eth0) $ip" "$LAB/dnsmasq.log" || lab_fail "the server has given nothing"

# With the lease the client reaches the server.
lab_client ip addr add "$ip/24" dev eth0
lab_client ip route replace default via "$router"
lab_wait 3 lab_ping || lab_fail "no ping with the leased address"

# An offer for an address that the relay does not have on a client's port ends there.
lab_server /usr/bin/python3 -c '
import socket
from scapy.all import BOOTP, DHCP
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
offer = BOOTP(op=2, yiaddr="192.0.2.99", giaddr="203.0.113.1") / DHCP(options=[("message-type", 2)])
sock.sendto(bytes(offer), ("192.0.2.1", 67))'
lab_wait 3 lab_above gateway-a drop_dhcp 0 || lab_fail "an offer for another relay was taken"
lab_finish
