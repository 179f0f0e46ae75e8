#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# mode=ether over verbs against the kernel's own IPoIB, in another namespace: the distribution's testpmd
# in the modes icmpecho, macswap, rxonly, flowgen, and io, in which it bridges a TAP to the fabric,
# behind which another host of Linux's lives; then l3fwd. The kernel's side says what came of it.
# timeout: 400
# guest: -smp 2 -m 1536
# before: tests/perf/l3fwd.sh --plain
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

FLOWGEN_MAC=00:01:02:03:04:01 # testpmd's flowgen has no other
b() { on b "$@"; }
ping_ok() { ping -q -n -c 1 -W 1 "$@"; }
b_pings() { b ping -q -n -c 5 -i 0.2 -W 5 "$@"; }
b_ping_ok() { b ping -q -n -c 1 -W 1 "$@"; }
testpmd() {
	rm -f /run/testpmd.in
	mkfifo /run/testpmd.in
	# shellcheck disable=SC2046 # words are meant
	stdbuf -oL dpdk-testpmd --lcores 0@0-1,1@0-1 $(huge 384) --no-pci --file-prefix testpmd \
		-d "$PLUGIN" \
		--vdev "$(verbs 0 softib1 ",mode=ether,vlan=10:0x8001,peer=$FLOWGEN_MAC@$1")" \
		--vdev net_tap0,iface=tap0 -- -i --total-num-mbufs 8192 --mbuf-size 4400 \
		--rxd 512 --txd 256 <>/run/testpmd.in >"$JOB/testpmd.log" 2>&1 &
	echo $! >/run/testpmd.pid
}
# type_in COMMAND...: commands at its prompt, and what it answers to all of them is in /run/answer. The
# last one is ours, for its answer: events tear in two what it repeats of what is typed.
VERBOSE=0
changes() { grep -c 'Change verbose level' "$JOB/testpmd.log"; }
type_in() {
	local from before
	before=$(changes)
	from=$(wc -c <"$JOB/testpmd.log")
	printf "%s\n" "$@" "set verbose $VERBOSE" >/run/testpmd.in
	wait_for 60 above "${before:-0}" changes || return 1
	tail -c "+$((from + 1))" "$JOB/testpmd.log" >/run/answer
}
# fwd MODE PORTS: it forwards so when this returns.
fwd() {
	type_in stop "set portlist $2" "set fwd $1" start && grep -q "$1 packet forwarding" /run/answer
}
testpmd_ends() {
	printf 'stop\nquit\n' >/run/testpmd.in
	wait_for 60 router_gone "$(router_pid testpmd)"
}
# What ib0 receives from SOURCE for DESTINATION, from now on.
watch_ib0() {
	rm -f /run/watch
	ip netns exec b "$INTEROP_TOP/tests/tools/ipwatch.py" ib0 "$1" "$2" /run/watch &
	WATCH=$!
	wait_for 20 test -s /run/watch
}
watch_has() {
	local value
	value=$(grep -o "$1=[0-9]*" /run/watch) && [ "${value#*=}" -ge "$2" ]
}
watch_end() { kill "$WATCH"; }
# datagrams OCTETS: 50 of them from ib0.
datagrams() {
	# shellcheck disable=SC2016 # that shell's
	b bash -c 'for i in {1..50}; do printf "%*d" "$1" "$i" >/dev/udp/10.9.0.77/9; done' bash "$1"
}

must "softib gives two HCAs" softib hcas=2
modprobe -a ib_ipoib tun 8021q
second_partition
start_opensm softib0 -P /run/partitions.conf
must "the ports are ACTIVE" wait_for 30 all_active
ip netns add b
lladdr=$(cat /sys/class/net/ib0/address)
ip link set ib0 netns b
b ip link set lo up
b ip addr add 10.9.0.1/24 dev ib0
b ip -6 addr add 2001:db8:9::1/64 dev ib0 nodad
b ip link set ib0 up
testpmd "$lladdr"
b ip link add link ib0 name ib0.8001 type ipoib pkey 0x8001
b ip addr add 10.10.0.1/24 dev ib0.8001
b ip link set ib0.8001 up
must "ib0 runs" wait_for 30 b grep -qx up /sys/class/net/ib0/operstate
must "testpmd starts" type_in

must "icmpecho" fwd icmpecho 0
check "it answers pings from ib0" wait_for 60 b_ping_ok 10.9.0.77
check "again and again" b_pings 10.9.0.77
check "with all that the link takes" b_pings -s 2016 -M "do" 10.9.0.77
told=$(b ip neigh show 10.9.0.77 dev ib0 | grep -o 'lladdr [^ ]*')
echo "# ${told:=lladdr 0}"
# The other modes know no ARP.
# shellcheck disable=SC2086 # words are meant
b ip neigh replace 10.9.0.77 $told dev ib0

returned() {
	watch_ib0 10.9.0.1/32 10.9.0.77/32 || return 1
	datagrams 100
	wait_for 20 watch_has packets 50
	watch_end
	cat /run/watch
	grep -q '^packets=50 .* bad=0$' /run/watch
}
must "macswap" fwd macswap 0
check "ib0 gets back what it sent" returned

verbose() { grep -c "dst=.* length=$1 " "$JOB/testpmd.log"; }
received() {
	datagrams 333
	wait_for 20 above 49 verbose $((14 + 20 + 8 + 333))
	is 50 verbose $((14 + 20 + 8 + 333))
}
must "rxonly" fwd rxonly 0
VERBOSE=1
must "which says what it gets" type_in
check "all that ib0 sent" received
VERBOSE=0
type_in
check "by the MAC that the peer was given" grep -qi "src=$FLOWGEN_MAC .* length=375 " "$JOB/testpmd.log"

generated() {
	local before after
	before=$(b cat /sys/class/net/ib0/statistics/rx_packets)
	watch_ib0 10.254.0.0/16 10.253.0.0/16 || return 1
	fwd flowgen 0 || return 1
	wait_for 30 watch_has flows 1000
	type_in stop || return 1
	watch_end
	after=$(b cat /sys/class/net/ib0/statistics/rx_packets)
	cat /run/watch
	echo "ib0: $((after - before)) packets"
	watch_has flows 1000 && grep -q ' bad=0$' /run/watch && [ $((after - before)) -ge 1000 ]
}
check "flowgen: its flows reach ib0" generated

# A bridge: the host behind the TAP is this one.
must "io" fwd io 0,4
must "there is the TAP" wait_for 5 test -e /sys/class/net/tap0
ip link set tap0 mtu 1500 up
ip addr add 10.9.0.50/24 dev tap0
ip -6 addr add 2001:db8:9::50/64 dev tap0 nodad
check "a host behind the TAP pings ib0" wait_for 30 ping_ok 10.9.0.1
ip neigh flush dev tap0
b ip neigh flush dev ib0
check "ib0 finds the host" wait_for 20 b_ping_ok 10.9.0.50
check "IPv6" wait_for 20 ping_ok -6 2001:db8:9::1
b ip -6 neigh flush dev ib0
check "IPv6 from ib0" wait_for 20 b_ping_ok -6 2001:db8:9::50
# There and back again.
tcp() {
	local server
	ip netns exec b timeout 90 python3 -c '
import socket, sys
s = socket.create_server((sys.argv[1], 7000), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
c = s.accept()[0]
got = b""
while data := c.recv(65536):
    got += data
c.sendall(got)
' "$1" &
	server=$!
	wait_for 20 eval "b ss -Hltn 'sport = 7000' | grep -q ." || return 1
	timeout 90 python3 -c '
import os, socket, sys
sent, got = os.urandom(int(sys.argv[2])), b""
s = socket.create_connection((sys.argv[1], 7000), 20)
s.sendall(sent)
s.shutdown(socket.SHUT_WR)
while data := s.recv(65536):
    got += data
print(len(got), "octets came back")
sys.exit(got != sent)
' "$1" "$2" || return 1
	wait "$server"
}
check "TCP to ib0, 2 MB and back" tcp 10.9.0.1 2000000
check "TCP by IPv6" tcp 2001:db8:9::1 200000

# DHCP: the server is on ib0.
lease() {
	ip netns exec b dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root --interface=ib0 \
		--pid-file= --no-ping --dhcp-leasefile=/run/leases --log-dhcp --log-facility=- \
		--dhcp-range=10.9.0.100,10.9.0.120,255.255.255.0,1h >"$JOB/dnsmasq.log" 2>&1 &
	wait_for 20 grep -q "DHCP, IP range" "$JOB/dnsmasq.log" || return 1
	busybox udhcpc -i tap0 -f -q -n -t 10 -T 2 -s /bin/true
	kill $!
	grep "DHCPACK(ib0) 10.9.0.1[0-2][0-9]" "$JOB/dnsmasq.log" && grep ' 10.9.0.1[0-2][0-9] ' /run/leases
}
check "a lease of a DHCP server on ib0" lease

# A VLAN is a partition.
ip link add link tap0 name tap0.10 type vlan id 10
ip addr add 10.10.0.50/24 dev tap0.10
ip link set tap0.10 up
check "VLAN 10 is P_Key 0x8001" wait_for 30 ping_ok 10.10.0.1
ip neigh flush dev tap0.10
b ip neigh flush dev ib0.8001
check "its host is found from there" wait_for 20 b_ping_ok 10.10.0.50
check "testpmd ends" testpmd_ends

# l3fwd, as it is, routes between the TAP and the port. It knows no ARP: everybody is told the others'
# addresses. Its lookup is by longest prefix: 198.18.0.0/24 is its first port's, 198.18.2.0/24 the TAP's.
L3FWD=$(find /var/cache/dpdk-ipoib "${HOME:-/root}/.cache/dpdk-ipoib" -name l3fwd-plain 2>/dev/null | head -n 1)
must "l3fwd was built" test -x "$L3FWD"
b ip addr add 198.18.0.2/24 dev ib0
# shellcheck disable=SC2046 # words are meant
stdbuf -oL "$L3FWD" --lcores 1@0-1 $(huge 384) --no-pci --file-prefix l3fwd \
	-d "$PLUGIN" \
	--vdev "$(verbs 0 softib1 ",mode=ether,peer=02:00:00:00:00:b0@$lladdr")" \
	--vdev net_tap0,iface=tap1 -- -P -p 0x5 --config="(0,0,1),(2,0,1)" --parse-ptype --no-numa \
	--eth-dest=0,02:00:00:00:00:b0 --eth-dest=2,02:00:00:00:00:22 >"$JOB/l3fwd.log" 2>&1 &
l3fwd=$!
must "l3fwd runs" wait_for 60 grep -q 'entering main loop' "$JOB/l3fwd.log"
ip link set tap1 down
ip link set tap1 address 02:00:00:00:00:22
ip link set tap1 mtu 1500 up
ip addr add 198.18.2.2/24 dev tap1
ip neigh replace 198.18.2.1 lladdr 02:00:00:00:00:01 dev tap1
ip route add 198.18.0.0/24 via 198.18.2.1
# Its first queue pair, and the GID of its port.
qpn=$(rdma resource show qp link softib1 | grep l3fwd | grep -o 'lqpn [0-9]*' | awk '{print $2}' | sort -n | head -n 1)
ours=$(printf '00:%02x:%02x:%02x:%s' $((qpn >> 16)) $((qpn >> 8 & 255)) $((qpn & 255)) \
	"$(port_file softib1 gids/0 | tr -d : | sed 's/../&:/g; s/:$//')")
echo "# ib0 $lladdr, l3fwd's port $ours"
b ip neigh replace 198.18.0.1 lladdr "$ours" dev ib0
b ip route add 198.18.2.0/24 via 198.18.0.1
routed() { ping -n -c 1 -W 1 198.18.0.2 | grep 'ttl=63 '; }
check "l3fwd routes from the TAP to ib0 and back" wait_for 20 routed
check "again and again" ping -q -n -c 10 -i 0.1 -W 5 198.18.0.2
kill -INT "$l3fwd"
check "l3fwd ends" wait_for 30 router_gone "$l3fwd"
finish
