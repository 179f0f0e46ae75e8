#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A bridge of a program that we did not write: testpmd in io mode between a TAP and an InfiniBand
# port in mode=ether. Linux behind the TAP, a host of its own with a MAC of its own, talks to an
# IPoIB host and through it to another Linux: ARP, ND, IPv4, IPv6, TCP both ways, DHCP. What it sends
# with the tag of VLAN 10 is in partition 0x8001, and comes back with that tag. Beside it, l3fwd routes
# between a TAP and a port in partition 0x8002.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

l3fwd=$("$LAB_TOP/tests/perf/l3fwd.sh" --plain | tail -n 1)
[ -x "$l3fwd" ] || lab_die "l3fwd was not built"
printf '%s\n' "Default=0x7fff, ipoib : ALL=full;" \
	"blue=0x1, ipoib, Q_Key=0x1b1b : ALL=full, SELF=full;" \
	"green=0x2, ipoib, mtu=3, Q_Key=0x2b2b : ALL=full, SELF=full;" >"$LAB/partitions"
FABRIC_PARTITIONS=$LAB/partitions fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_cable_add cc
# The addresses that l3fwd's port has, and the gateway's port towards it.
routers=00:00:07:99:fe:80:00:00:00:00:00:00:00:00:00:00:00:10:00:0a
gateways=00:00:05:02:fe:80:00:00:00:00:00:00:00:00:00:00:00:10:00:07
cat "$LAB_TOP/config/gateway-a.cmd" - >"$LAB/a.cmd" <<-end
	ip address add 2001:db8:1::1/64 port 1
	ip address add 203.0.114.1/24 port 2
	ip address add 2001:db8:2::1/64 port 2
	ip address add 198.18.0.2/24 port 3
	ip neigh add 198.18.0.1 lladdr $routers port 3
	ip route add 198.18.2.0/24 via 198.18.0.1
	ip route add 198.18.0.99/32 via 192.0.2.2
	ip dhcp-relay add 192.0.2.2 port 1
end
lab_run gateway-a "$LAB/a.cmd" "$(lab_af_packet 0 ea)" "$(lab_ipoib 0 Hca3 net_af_packet1)" \
	"$(lab_ipoib 1 Hca3 net_af_packet1 ,pkey=0x8001)" \
	"$(lab_ipoib 2 Hca3 net_af_packet1 ,pkey=0x8002,qpn=0x502)" "$(lab_af_packet 1 ca)" --
LAB_ETHER=,vlan=10:0x8001 lab_testpmd bridge Hca2 cb net_tap0,iface=tap0 -- --portmask 0x11 --forward-mode io --auto-start
ip netns add guest
lab_wait 10 ip link show tap0 || lab_fail "no TAP"
lab_wait 15 grep -q 'testpmd>' "$LAB/bridge.log" || lab_fail "testpmd does not start"
ip link set tap0 netns guest
guest() { lab_in guest "$@"; }
guest ip link set lo up
guest ip link set tap0 mtu 1500 up
guest ip addr add 203.0.113.50/24 dev tap0
guest ip addr add 2001:db8:1::50/64 dev tap0 nodad
guest ip route add default via 203.0.113.1
lab_wait 30 lab_port_up gateway-a || lab_fail "gateway-a is not up"

lab_wait 15 guest ping -q -n -c 1 -W 1 203.0.113.1 || lab_fail "no ARP or IPv4 across the bridge"
guest ping -q -n -c 10 -i 0.05 -W 1 203.0.113.1 >/dev/null || lab_fail "pings are lost"
guest ping -q -n -c 5 -i 0.05 -W 1 -s 1472 -M "do" 192.0.2.2 >/dev/null || lab_fail "full frames"
# The other way round: an ARP request from the fabric is answered by the guest.
guest ip neigh flush dev tap0
lab_client ping -q -n -c 5 -i 0.05 -W 1 203.0.113.50 >/dev/null || lab_fail "the guest is not found"
lab_wait 10 guest ping -6 -q -n -c 1 -W 1 2001:db8:1::1 || lab_fail "no ND or IPv6 across the bridge"
guest ping -6 -q -n -c 5 -i 0.05 -W 1 2001:db8:1::1 >/dev/null || lab_fail "IPv6 pings are lost"

# TCP: a megabyte each way, whole.
lab_tcp() # SENDER RECEIVER ADDRESS, by namespaces
{
	head -c 1000000 /dev/urandom >"$LAB/data"
	lab_in "$2" timeout 20 /usr/bin/python3 -c '
import socket, sys
s = socket.create_server((sys.argv[1], 7000))
c = s.accept()[0]
with open(sys.argv[2], "wb") as f:
    while data := c.recv(65536):
        f.write(data)
' "$3" "$LAB/got" &
	local receiver=$!

	lab_wait 5 eval "lab_in $2 ss -Hltn 'sport = 7000' | grep -q ." || lab_fail "no TCP receiver"
	lab_in "$1" timeout 20 /usr/bin/python3 -c '
import socket, sys
s = socket.create_connection((sys.argv[1], 7000), 10)
s.sendall(open(sys.argv[2], "rb").read())
' "$3" "$LAB/data" || lab_fail "TCP from $1"
	wait "$receiver"
	cmp "$LAB/data" "$LAB/got" || lab_fail "TCP from $1 to $2: not what was sent"
}
lab_tcp guest client 192.0.2.2
lab_tcp client guest 203.0.113.50

# The VLAN: the same MAC, another partition.
LAB_VLAN_IFACE=tap0 lab_vlans guest 10 11
guest ip addr add 203.0.114.50/24 dev tap0.10
guest ip addr add 2001:db8:2::50/64 dev tap0.10 nodad
lab_wait 15 guest ping -q -n -c 1 -W 1 203.0.114.1 || lab_fail "no ARP or IPv4 in the VLAN"
guest ping -q -n -c 10 -i 0.05 -W 1 -s 1472 -M "do" 203.0.114.1 >/dev/null || lab_fail "pings in the VLAN"
lab_wait 10 guest ping -6 -q -n -c 1 -W 1 2001:db8:2::1 || lab_fail "no ND or IPv6 in the VLAN"
lab_in client ip route replace 203.0.114.0/24 via 192.0.2.1
guest ip route add 192.0.2.2/32 via 203.0.114.1
lab_client ping -q -n -c 5 -i 0.05 -W 1 203.0.114.50 >/dev/null || lab_fail "the guest is not found in its VLAN"
[ "$(lab_query gateway-a -g ports.2.delivered /fwd/stats)" -ge 12 ] || lab_fail "not in that partition"
# Another VLAN is no partition.
guest ip addr add 203.0.115.50/24 dev tap0.11
guest ping -q -n -c 1 -W 1 203.0.115.1 >/dev/null

# DHCP: busybox's client behind the bridge, and dnsmasq, which the gateway relays to.
lab_client dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root \
	--interface=eth0 --pid-file= --no-ping --dhcp-leasefile="$LAB/leases" --log-dhcp --log-facility=- \
	--dhcp-range=203.0.113.100,203.0.113.120,255.255.255.0,1h >"$LAB/dnsmasq.log" 2>&1 &
lab_wait 5 grep -q "DHCP, IP range" "$LAB/dnsmasq.log" || lab_fail "dnsmasq does not start"
guest ip route del 192.0.2.2/32
guest busybox udhcpc -i tap0 -f -q -n -t 5 -T 1 -s /bin/true >"$LAB/udhcpc.log" 2>&1 ||
	lab_fail "udhcpc gets no lease"
grep -q 'lease of 203.0.113.1[0-2][0-9] obtained' "$LAB/udhcpc.log" || lab_fail "a lease of another net"
grep -q "DHCPACK(eth0) 203.0.113.1" "$LAB/dnsmasq.log" || lab_fail "dnsmasq gave no lease"

printf 'show port xstats 0\nstop\nquit\n' >"$LAB/bridge.in"
lab_wait 10 lab_gone "$(cat "$LAB/bridge.pid")" || lab_fail "testpmd does not end"
lab_xstat() { awk -v name="$1:" '$1 == name { v = $2 } END { print v + 0 }' "$LAB/bridge.log"; }
[ "$(lab_xstat ether_locals)" -ge 2 ] || lab_fail "no local address learnt"
[ "$(lab_xstat ether_peers)" -ge 1 ] || lab_fail "no peer learnt"
[ "$(lab_xstat tx_drop_ether_vlan)" -ge 1 ] || lab_fail "a frame of VLAN 11 is not counted"
[ "$(lab_xstat vlan10_ether_locals)" -ge 2 ] || lab_fail "no local address learnt in the VLAN"
# l3fwd, as it is, between the client, beyond the gateway, and a host behind its TAP. It has mbufs for no
# more than IB MTU 1024, so the carrier's frames are small, too. Its lookup is by longest prefix:
# 198.18.0.0/24 is its first port's, 198.18.2.0/24 the TAP's.
LAB_MB=256 lab_memory
lab_pmd
stdbuf -oL "$l3fwd" --lcores '1@0-1' --no-pci "${LAB_MEMORY[@]}" --file-prefix l3fwd \
	-d "$LAB_PMD" \
	--vdev "$(lab_ipoib 0 Hca4 net_af_packet1 ",mode=ether,pkey=0x8002,qpn=0x799,peer=02:00:00:00:00:b0@$gateways")" \
	--vdev net_tap0,iface=tap1 --vdev net_af_packet1,iface=cc,framesz=2048,blocksz=4096,framecnt=1024 -- \
	-P -p 0x5 --config="(0,0,1),(2,0,1)" --parse-ptype --no-numa --eth-dest=0,02:00:00:00:00:b0 \
	--eth-dest=2,02:00:00:00:00:22 >"$LAB/l3fwd.log" 2>&1 &
echo $! >"$LAB/l3fwd.pid"
ip netns add routed
lab_in client ip addr add 198.18.0.99/32 dev lo
lab_wait 15 grep -q 'entering main loop' "$LAB/l3fwd.log" || lab_fail "l3fwd does not start"
ip link set tap1 netns routed
routed() { lab_in routed "$@"; }
routed ip link set tap1 address 02:00:00:00:00:22
routed ip link set tap1 mtu 1020 up
routed ip addr add 198.18.2.2/24 dev tap1
routed ip neigh replace 198.18.2.1 lladdr 02:00:00:00:00:01 dev tap1
routed ip route add default via 198.18.2.1
routed_ok() { routed ping -n -c 1 -W 1 198.18.0.2 | grep -q 'ttl=63 '; }
lab_wait 15 routed_ok || lab_fail "l3fwd does not route"
routed ping -q -n -c 10 -i 0.05 -W 1 -s 992 -M "do" 198.18.0.99 >/dev/null || lab_fail "pings through l3fwd are lost"
lab_tcp routed client 198.18.0.99
kill -INT "$(cat "$LAB/l3fwd.pid")"
lab_wait 10 lab_gone "$(cat "$LAB/l3fwd.pid")" || lab_fail "l3fwd does not end"

lab_stop gateway-a || lab_fail "gateway-a does not end in order"
fabric_stop
echo "ok"
