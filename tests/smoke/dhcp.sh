#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A DHCP client behind gateway A gets its address from a server behind gateway
# B: busybox and dnsmasq, the relay between them, InfiniBand in the middle. For
# IPv6 scapy asks.

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
cp "$LAB_TOP/config/gateway-b.cmd" "$LAB/b.cmd"
cat >>"$LAB/a.cmd" <<X
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:12::1/64 port 1
ip route add 2001:db8:2::/64 via 2001:db8:12::2
ip dhcp-relay add 198.51.100.2 port 0
ip dhcp-relay add 2001:db8:2::2 port 0
X
cat >>"$LAB/b.cmd" <<X
ip address add 2001:db8:2::1/64 port 0
ip address add 2001:db8:12::2/64 port 1
ip route add 2001:db8:1::/64 via 2001:db8:12::1
X
# shellcheck disable=SC2016 # for udhcpc's shell
printf '#!/bin/sh\n[ "$1" != bound ] || echo "$ip $router" >%s\n' "$LAB/lease" >"$LAB/lease.sh"
chmod +x "$LAB/lease.sh"

# IPv6 with only a link-local address at the client.
ip6_on() { lab_in "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0; }

# solicit: send a Solicit to all relays until a server advertises; print the address.
solicit()
{
	lab_client /usr/bin/python3 -c '
import socket
from scapy.all import (DHCP6_Advertise, DHCP6_Solicit, DHCP6OptClientId, DHCP6OptIA_NA,
                       DHCP6OptIAAddress, DUID_LL)
sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sock.bind(("::", 546))
sock.settimeout(1)
ask = DHCP6_Solicit(trid=0x5eed) / DHCP6OptClientId(
    duid=DUID_LL(lladdr="02:00:00:00:00:99")) / DHCP6OptIA_NA(iaid=1)
for _ in range(10):
    sock.sendto(bytes(ask), ("ff02::1:2", 547, 0, socket.if_nametoindex("eth0")))
    try:
        data, peer = sock.recvfrom(4096)
    except TimeoutError:
        continue
    answer = DHCP6_Advertise(data)
    assert answer.msgtype == 2 and answer.trid == 0x5eed and peer[0].startswith("fe80::"), peer
    print(answer[DHCP6OptIAAddress].addr)
    break'
}

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_gateway gateway-a Hca3 ea ca "$LAB/a.cmd" "$@"
lab_gateway gateway-b Hca2 eb cb "$LAB/b.cmd" "$@"
lab_ports_up
lab_wait 3 lab_ping || lab_fail "no ping"
ip6_on client
ip6_on server
lab_server ip -6 addr add 2001:db8:2::2/64 dev eth0 nodad
lab_server ip -6 route add default via 2001:db8:2::1
lab_wait 10 lab_server ping -6 -c 1 -W 1 2001:db8:1::1 || lab_fail "no IPv6 ping"
lab_server dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root \
	--interface=eth0 --pid-file= --dhcp-leasefile="$LAB/leases" --log-dhcp --log-facility=- \
	--dhcp-range=192.0.2.100,192.0.2.120,255.255.255.0,1h \
	--dhcp-range=2001:db8:1::100,2001:db8:1::1ff,64,1h \
	--dhcp-option=option:router,192.0.2.1 >"$LAB/dnsmasq.log" 2>&1 &
lab_wait 5 grep -q "DHCP, IP range" "$LAB/dnsmasq.log" || lab_fail "dnsmasq does not start"
lab_client ip -4 addr flush dev eth0

# Reached by the address that it gets, or by broadcast.
for how in "" -B; do
	# shellcheck disable=SC2086 # nothing, or an option
	dhcp_client $how || lab_fail "no lease ($how)"
	read -r ip router <"$LAB/lease"
	case $ip in 192.0.2.1[0-2][0-9]) ;; *) lab_fail "leased address $ip" ;; esac
	[ "$router" = 192.0.2.1 ] || lab_fail "leased router $router"
done
lab_relayed 4 || lab_fail "$(lab_query gateway-a /ip/dhcp)"
# Link-local at the client, global between relay and server.
ip6=$(solicit)
case $ip6 in 2001:db8:1::1??) ;; *) lab_fail "advertised address '$ip6'" ;; esac
grep -q "DHCPADVERTISE(eth0) $ip6" "$LAB/dnsmasq.log" || lab_fail "the server advertised nothing"

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
