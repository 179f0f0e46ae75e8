#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# 802.1Q sub-ports against Linux's VLAN interfaces: two VLANs, each bound to a
# partition of its own at both gateways. ARP, ND, router advertisements, ping,
# TCP; foreign VLANs and untagged packets go nowhere.
# timeout: 180

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# VLAN 100 and partition blue, VLAN 200 and partition green, through both gateways:
#	client eth0.100 10.1.0.2 -- A 10.1.0.1 == 203.0.113.1 .2 == B 10.11.0.1 -- 10.11.0.2 eth0.100 server
#	client eth0.200 10.2.0.2 -- A 10.2.0.1 == 203.0.114.1 .2 == B 10.12.0.1 -- 10.12.0.2 eth0.200 server

cat >"$LAB/partitions.conf" <<X
Default=0x7fff, ipoib : ALL=full, SELF=full;
blue=0x1, ipoib, mtu=4, Q_Key=0x1b1b, defmember=full : ALL;
green=0x2, ipoib, mtu=3, Q_Key=0x2b2b, defmember=full : ALL;
X
cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip vlan add 100 port 0
ip vlan add 200 port 0
ip address add 10.1.0.1/24 port 32
ip address add 2001:db8:1::1/64 port 32
ip address add 10.2.0.1/24 port 33
ip address add 203.0.113.1/24 port 1
ip address add 2001:db8:12::1/64 port 1
ip address add 203.0.114.1/24 port 2
ip route add 10.11.0.0/24 via 203.0.113.2
ip route add 2001:db8:11::/64 via 2001:db8:12::2
ip route add 10.12.0.0/24 via 203.0.114.2
ip bind add port 32 to 1
ip bind add port 33 to 2
ip bind add port 1 to 32
ip bind add port 2 to 33
ip set ra on port 32
X
cat >"$LAB/gateway-b.cmd" <<X
ip vlan add 100 port 0
ip vlan add 200 port 0
ip address add 10.11.0.1/24 port 32
ip address add 2001:db8:11::1/64 port 32
ip address add 10.12.0.1/24 port 33
ip address add 203.0.113.2/24 port 1
ip address add 2001:db8:12::2/64 port 1
ip address add 203.0.114.2/24 port 2
ip route add 10.1.0.0/24 via 203.0.113.1
ip route add 2001:db8:1::/64 via 2001:db8:12::1
ip route add 10.2.0.0/24 via 203.0.114.1
X

# gateway NAME HCA ETH CARRIER: Ethernet is port 0, blue port 1, green port 2.
gateway()
{
	lab_run "$1" "$LAB/$1.cmd" "$(lab_af_packet 0 "$3")" \
		"$(lab_ipoib 0 "$2" net_af_packet1 ,pkey=0x8001)" \
		"$(lab_ipoib 1 "$2" net_af_packet1 ,pkey=0x8002)" "$(lab_af_packet 1 "$4")" -- \
		-i --auto-start
}

ping4() { lab_client ping -q -n -i 0.02 -W 1 "$@"; }

# refuses TEXT COMMAND...: gateway A must say just this.
refuses()
{
	local answer

	answer=$(lab_say gateway-a "${*:2}")
	[ "$answer" = "$1" ] || lab_fail "'${*:2}' says '$answer'"
}

# arp_asks IFACE [ADDRESS]: is the client's ARP request for it, or for VLAN 100's router, answered
# within half a second?
arp_asks()
{
	lab_client /usr/bin/python3 -c '
import socket, sys, time
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
sock.bind((sys.argv[1], 0x0806))
mac = sock.getsockname()[4]
asked = socket.inet_aton(sys.argv[2])
sock.send(bytes([255] * 6) + mac + b"\x08\x06\0\1\x08\0\6\4\0\1" + mac +
          socket.inet_aton("10.1.0.9") + bytes(6) + asked)
end = time.monotonic() + 0.5
while (left := end - time.monotonic()) > 0:
    sock.settimeout(left)
    try:
        frame = sock.recv(2048)
    except TimeoutError:
        break
    if frame[20:22] == b"\0\2" and frame[28:32] == asked:
        sys.exit(0)
sys.exit(1)' "$1" "${2:-10.1.0.1}"
}

# drops NAME COUNTER: how often so far.
drops() { lab_query "$1" -s "drop_$2" /fwd/stats; }
drops_at_least() { [ "$(drops "$1" "$2")" -ge "$3" ]; }

FABRIC_PARTITIONS=$LAB/partitions.conf fabric_start "$LAB/fabric" \
	"$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_vlans client 100 200 300
lab_vlans server 100 200
lab_client ip addr add 10.1.0.2/24 dev eth0.100
lab_client ip addr add 10.2.0.2/24 dev eth0.200
lab_client ip addr add 10.3.0.2/24 dev eth0.300
lab_server ip addr add 10.11.0.2/24 dev eth0.100
lab_server ip addr add 10.12.0.2/24 dev eth0.200
lab_client ip route add 10.11.0.0/24 via 10.1.0.1
lab_client ip route add 10.12.0.0/24 via 10.2.0.1
lab_server ip route add 10.1.0.0/24 via 10.11.0.1
lab_server ip route add 10.2.0.0/24 via 10.12.0.1
gateway gateway-a Hca3 ea ca
gateway gateway-b Hca2 eb cb
lab_ports_up
for name in gateway-a gateway-b; do
	lab_wait 10 lab_port_up "$name" 2 || lab_fail "$name: port 2 stays down"
done

# --- both VLANs, each by its partition ---

for to in 10.11.0.2 10.12.0.2; do
	lab_wait 10 ping4 -c 1 $to || lab_fail "no ping to $to"
	ping4 -c 100 $to || lab_fail "pings to $to lost"
	ping4 -c 10 -s 1400 $to || lab_fail "no large ping to $to"
done
ping4 -c 1 10.1.0.1 || lab_fail "gateway A does not answer on VLAN 100"
# rx NAME PORT: packets from a partition.
rx() { lab_query "$1" -g "ports.$2.rx_packets" /fwd/stats; }
for port in 1 2; do
	[ "$(rx gateway-b $port)" -ge 100 ] || lab_fail "$(rx gateway-b $port) packets by port $port"
done

# Linux takes its address and router from our advertisements on the VLAN.
lab_client sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0/100.disable_ipv6=0
lab_server sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0/100.disable_ipv6=0
lab_server ip -6 addr add 2001:db8:11::2/64 dev eth0.100 nodad
lab_server ip -6 route add 2001:db8:1::/64 via 2001:db8:11::1
lab_wait 10 lab_client ping -6 -q -c 1 -W 1 2001:db8:11::2 || lab_fail "no IPv6 ping by VLAN 100"
lab_client ip -6 route show default | grep -q "via fe80::.* dev eth0.100 proto ra" ||
	lab_fail "no router from the advertisement"
lab_client ping -6 -q -n -i 0.02 -W 1 -c 50 2001:db8:11::2 || lab_fail "IPv6 pings lost"

lab_server iperf3 -s -p 5201 >/dev/null 2>&1 &
lab_server iperf3 -s -p 5202 >/dev/null 2>&1 &
for port in 5201 5202; do
	lab_wait 5 lab_server bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || lab_die "no iperf3"
done
lab_client iperf3 -c 10.11.0.2 -p 5201 -n 10M >"$LAB/100.iperf" 2>&1 &
lab_client iperf3 -c 10.12.0.2 -p 5202 -n 10M >"$LAB/200.iperf" 2>&1 ||
	lab_fail "TCP by VLAN 200: $(tail -n 2 "$LAB/200.iperf")"
wait $! || lab_fail "TCP by VLAN 100: $(tail -n 2 "$LAB/100.iperf")"

# --- what is not its VLAN's stays out ---

# From VLAN 100 to the network behind the other partition: A has the route, but the port is bound.
lab_client ip route add 10.12.0.9/32 via 10.1.0.1
before=$(drops gateway-a bind)
lab_client ping -q -c 3 -i 0.2 -W 1 10.12.0.9 >/dev/null
lab_wait 5 drops_at_least gateway-a bind $((before + 3)) || lab_fail "bind: $(drops gateway-a bind)"
# And from the partition into the other VLAN.
before=$(drops gateway-a bind)
lab_say gateway-b "ip route add 10.2.0.9/32 via 203.0.113.1" >/dev/null
lab_server ping -q -c 3 -i 0.2 -W 1 10.2.0.9 >/dev/null
lab_wait 5 drops_at_least gateway-a bind $((before + 3)) || lab_fail "bind back: $(drops gateway-a bind)"
lab_wait 2 arp_asks eth0.100 || lab_fail "no answer on VLAN 100"
# Untagged, in a gateway that has no address there, and to one that has: it is not a sub-port.
lab_client ping -q -c 1 -W 1 192.0.2.1 >/dev/null || lab_fail "the parent does not answer"
arp_asks eth0 && lab_fail "an untagged request for a sub-port's address is answered"
arp_asks eth0.200 && lab_fail "VLAN 200's request for VLAN 100's address is answered"
# A VLAN that nobody has.
before=$(drops gateway-a vlan)
arp_asks eth0.300 && lab_fail "VLAN 300 is answered"
lab_wait 5 drops_at_least gateway-a vlan $((before + 1)) || lab_fail "drop_vlan does not count"

# --- proxy ARP and DHCP ---

arp_asks eth0.100 10.11.0.2 && lab_fail "an address behind us is answered for"
lab_say gateway-a "ip set proxy-arp on port 32" >/dev/null
lab_wait 2 arp_asks eth0.100 10.11.0.2 || lab_fail "no proxy ARP on VLAN 100"
arp_asks eth0.200 10.11.0.2 && lab_fail "proxy ARP on VLAN 200"
# shellcheck disable=SC2016 # for udhcpc's shell
printf '#!/bin/sh\n[ "$1" != bound ] || echo "$ip" >%s\n' "$LAB/lease" >"$LAB/lease.sh"
chmod +x "$LAB/lease.sh"
lab_server dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root \
	--interface=eth0.100 --pid-file= --dhcp-leasefile="$LAB/leases" --log-dhcp --log-facility=- \
	--dhcp-range=10.1.0.100,10.1.0.120,255.255.255.0,1h >"$LAB/dnsmasq.log" 2>&1 &
lab_wait 5 grep -q "DHCP, IP range" "$LAB/dnsmasq.log" || lab_fail "dnsmasq does not start"
lab_say gateway-a "ip dhcp-relay add 10.11.0.2 port 32" >/dev/null
lab_client udhcpc -i eth0.100 -f -q -n -t 10 -T 1 -s "$LAB/lease.sh" >"$LAB/udhcpc.log" 2>&1
grep -q "^10\.1\.0\.1[0-2][0-9]$" "$LAB/lease" || lab_fail "no lease on VLAN 100"

# --- they go and come ---

refuses "VLAN 100 of port 0 is port 32 already" ip vlan add 100 port 0
refuses "VLAN 4095: 1 to 4094 is allowed" ip vlan add 4095 port 0
refuses "VLAN 0: 1 to 4094 is allowed" ip vlan add 0 port 0
refuses "port 1 is an IPoIB port, which has partitions: 'ipoib pkey add'" ip vlan add 5 port 1
refuses "port 32 is a sub-port itself: name its parent, port 0" ip vlan add 5 port 32
refuses "port 0 is no sub-port ('ip vlan show')" ip vlan del port 0
refuses "port 32: it is bound already ('ip bind show'): 'ip bind del' first" ip bind add port 32 to 2
refuses "port 0: it cannot be bound to itself" ip bind add port 0 to 0
refuses "port 0: it is not bound ('ip bind show')" ip bind del port 0
refuses "port 32: port 1 is bound to it, and would be bound no more: 'ip bind del' first" \
	ip vlan del port 32
lab_is 2 lab_query gateway-a -g total /ip/vlan || lab_fail "/ip/vlan"
lab_is 4 lab_query gateway-a -g total /ip/bind || lab_fail "/ip/bind"
nsenter --net=/run/netns/client ping -q -i 0.01 -W 1 10.12.0.2 >"$LAB/green.ping" 2>&1 &
ping=$!
for round in 1 2 3; do
	lab_say gateway-a "ip bind del port 1" >/dev/null
	lab_say gateway-a "ip vlan del port 32" | grep -qx "Port 32 is removed" || lab_fail "round $round"
	before=$(drops gateway-a vlan)
	ping4 -c 1 10.11.0.2 >/dev/null && lab_fail "VLAN 100 without a sub-port"
	lab_wait 5 drops_at_least gateway-a vlan $((before + 1)) || lab_fail "no drop_vlan"
	lab_say gateway-a "ip vlan add 100 port 0" | grep -qx "Port 32 is VLAN 100 of port 0" ||
		lab_fail "round $round"
	for command in "ip address add 10.1.0.1/24 port 32" "ip bind add port 32 to 1" \
		"ip bind add port 1 to 32"; do
		lab_say gateway-a "$command" >/dev/null
	done
	lab_wait 5 ping4 -c 1 10.11.0.2 || lab_fail "no ping by VLAN 100, round $round"
done
kill -INT $ping
wait $ping
lab_ping_whole "$LAB/green.ping" || lab_fail "VLAN 200: $(tail -n 3 "$LAB/green.ping")"
tail -n 2 "$LAB/green.ping" | head -n 1
lab_finish
