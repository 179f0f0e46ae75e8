#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A DHCP client on InfiniBand (RFC 4390) gets its addresses, IPv4 and IPv6, from dnsmasq behind
# gateway A's Ethernet port. The client is Python and scapy on the carrier; its LID is OpenSM's.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

command -v dnsmasq >/dev/null || lab_die "dnsmasq is missing ('make deps')"

cp "$LAB_TOP/config/gateway-a.cmd" "$LAB/a.cmd"
cat >>"$LAB/a.cmd" <<X
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:12::1/64 port 1
ip dhcp-relay add 192.0.2.2 port 1
ip dhcp-relay add 2001:db8:1::2 port 1
X

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_cable_add cx
lab_gateway gateway-a Hca3 ea ca "$LAB/a.cmd" "$@"
lab_gateway gateway-b Hca2 eb cb "$LAB_TOP/config/gateway-b.cmd" "$@"
lab_ports_up
lab_wait 3 lab_ping || lab_fail "no ping"
lab_client sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
lab_client ip -6 addr add 2001:db8:1::2/64 dev eth0 nodad
lab_client ip -6 route add default via 2001:db8:1::1
lab_wait 10 lab_client ping -6 -c 1 -W 1 2001:db8:12::1 || lab_fail "no IPv6 ping"
lab_client dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root \
	--interface=eth0 --pid-file= --no-ping --dhcp-leasefile="$LAB/leases" --log-dhcp --log-facility=- \
	--dhcp-range=203.0.113.100,203.0.113.120,255.255.255.0,1h \
	--dhcp-range=2001:db8:12::100,2001:db8:12::1ff,64,1h \
	--dhcp-option=option:router,203.0.113.1 >"$LAB/dnsmasq.log" 2>&1 &
lab_wait 5 grep -q "DHCP, IP range" "$LAB/dnsmasq.log" || lab_fail "dnsmasq does not start"

# The LID of the group of all relays, which the gateway has joined.
relays_lid()
{
	lab_query gateway-a /ipoib/mcast,1 | /usr/bin/python3 -c '
import json, sys
rows = json.load(sys.stdin)["rows"].values()
joined = [r for r in rows if r["state"] == "joined"]
print(next(int(r["mlid"], 0) for r in joined if r["mgid"].endswith(":0001:0002")))'
}
lab_wait 5 relays_lid || lab_fail "the gateway is no member of the relays' group"

/usr/bin/python3 "$LAB_TOP/tests/smoke/ib_dhcp_client.py" cx "$(fabric_lid 0x10000a)" 0x10000a \
	203.0.113.1 192.0.2.2 "$(relays_lid)" 2001:db8:1::2 >"$LAB/client.out" || {
	cat "$LAB/dnsmasq.log" >&2
	lab_fail "the client on InfiniBand"
}
read -r ip ip6 <"$LAB/client.out"
case $ip in 203.0.113.1[0-2][0-9]) ;; *) lab_fail "leased address '$ip'" ;; esac
case $ip6 in 2001:db8:12::1??) ;; *) lab_fail "leased address '$ip6'" ;; esac
for answer in "DHCPOFFER(eth0) $ip" "DHCPACK(eth0) $ip" "DHCPADVERTISE(eth0) $ip6" \
	"DHCPREPLY(eth0) $ip6"; do
	grep -qF "$answer" "$LAB/dnsmasq.log" || lab_fail "the server's log lacks $answer"
done
# What had no client identifier went nowhere.
lab_is 2 lab_counter gateway-a drop_dhcp || lab_fail "drop_dhcp $(lab_counter gateway-a drop_dhcp)"
lab_finish
