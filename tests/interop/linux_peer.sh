#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# dpdk-ipoib on verbs routes between Linux's ib_ipoib and an Ethernet host; both ways, both families.
#
#   ib0 10.9.0.1 (softib0) --- 10.9.0.2 (softib1) [r] 10.8.0.1 --- veth --- server 10.8.0.2
# timeout: 900
# guest: -smp 2 -m 2048
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

commands() {
	cat <<-X
		ip address add 10.9.0.2/24 port 0
		ip address add fd00:9::2/64 port 0
		ip address add 10.8.0.1/24 port 1
		ip address add fd00:8::1/64 port 1
	X
}
start() {
	commands | router r --no-pci --vdev "$(verbs 0 softib1 "${MORE:-}")" \
		--vdev "$(ether 0 eserver)" --
	wait_for 60 router_up r 0
}

pings() { ping -q -n -i 0.05 -W 2 "$@"; }
quiet_ping() { ping -q -n -c 1 -W 1 "$@"; }
neigh_of() { ip neigh show "$1" dev ib0 | grep -o 'lladdr [0-9a-f:]*' | cut -d ' ' -f 2; }
ours() { query r -g lladdr /ipoib/info,0; }
# The address that Linux learned is one of ours: the GID, and one of our QPNs.
learned() {
	local got
	got=$(neigh_of "$1")
	[ "${got:12}" = "$(ours | cut -c 13-)" ] || return 1
	query r -g qpns /ipoib/info,0 | grep -q "0x$(cut -c 4-11 <<<"$got" | tr -d :)"
}
# r learned ib0's address.
learned_ib0() {
	query r /ip/neigh | tr -d ' \n"' | grep -o "address:$1[^}]*" |
		grep -q "lladdr:$(ip link show ib0 | awk '/infiniband/ { print $2 }')"
}

# By RFC 1122 3.2.2.6 an echo request to all need not be answered.
delivered() { query r -g ports.0.delivered /fwd/stats; }
broadcast_heard() {
	local before
	before=$(delivered)
	ping -b -q -n -c 5 -i 0.1 -W 1 -I ib0 255.255.255.255
	echo "delivered: $before, then $(delivered)"
	[ "$(delivered)" -ge $((before + 5)) ]
}

iperf() {
	on server iperf3 -s -1 >/run/iperf.log 2>&1 &
	wait_for 10 on server sh -c 'ss -ltn | grep -q :5201'
	iperf3 -c "${SERVER:-10.8.0.2}" -t 2 --connect-timeout 5000 "$@"
}
# iperf3 -u ends well also with losses: at most 1 %, also while the machine is busy. What comes twice
# it calls out of order.
iperf_udp() {
	iperf -u -b 3M -l 1400 "$@" | tee /run/udp.log
	! grep out-of-order /run/udp.log &&
		awk '/receiver/ { sub(/.*\(/, ""); ok = $0 + 0 <= 1 } END { exit !ok }' /run/udp.log
}

# What the driver saw, rebuilt: pings of both, with Linux's LID and ours.
captured() {
	local lid
	lid=$(query r -g lid /ipoib/info,0)
	say r "ipoib capture start 0 $JOB/ours.pcapng filter icmp snaplen 256" || return 1
	pings -c 5 10.9.0.2 || return 1
	say r "ipoib capture stop 0"
	tshark -r "$JOB/ours.pcapng" -T fields -e infiniband.lrh.slid -e infiniband.lrh.dlid \
		-e icmp.type -e _ws.malformed | tee /run/ours.fields
	[ "$(awk -v lid="$lid" '$2 == lid && $3 == 8' /run/ours.fields | wc -l)" -eq 5 ] &&
		[ "$(awk -v lid="$lid" '$1 == lid && $3 == 0' /run/ours.fields | wc -l)" -eq 5 ] &&
		! grep -qi malformed /run/ours.fields
}

must "softib gives two HCAs" softib hcas=2
modprobe -a ib_ipoib veth
start_opensm softib0
must "the ports are ACTIVE" wait_for 30 all_active
ether_host server 10.8.0 fd00:8
ip addr add 10.9.0.1/24 dev ib0
ip addr add fd00:9::1/64 dev ib0 nodad
ip link set ib0 up
ip route add 10.8.0.0/24 via 10.9.0.2
ip route add fd00:8::/64 via fd00:9::2
capture_start "$JOB/peer.pcap"
must "our port comes up" start

must "Linux asks by ARP: ping" wait_for 30 quiet_ping 10.9.0.2
check "and learns our address" learned 10.9.0.2
check "Linux asks by ND: ping" wait_for 30 quiet_ping fd00:9::2
check "and learns our address" learned fd00:9::2
say r "ip neigh flush" >/dev/null
check "we ask by ARP" on server ping -q -n -c 1 -W 10 10.9.0.1
check "and learn Linux's" learned_ib0 10.9.0.1
check "we ask by ND" on server ping -q -n -c 1 -W 10 fd00:9::1
check "and learn Linux's" learned_ib0 fd00:9::1
check "100 pings" pings -c 100 10.9.0.2
check "100 pings through us" pings -c 100 10.8.0.2
check "100 pings by IPv6" pings -c 100 fd00:9::2
check "100 pings by IPv6 through us" pings -c 100 fd00:8::2
check "the largest datagram: 2044 octets" pings -c 5 -M "do" -s 2016 10.9.0.2
check "the largest datagram of IPv6" pings -c 5 -M "do" -s 1996 fd00:9::2
check "one octet more is Linux's to refuse" sh -c '! ping -c 1 -W 1 -M "do" -s 2017 10.9.0.2'
check "and is cut" pings -c 5 -M dont -s 2017 10.9.0.2
check "one octet less" pings -c 5 -M "do" -s 2015 10.9.0.2
check "large pings, in fragments" pings -c 5 -s 8000 10.9.0.2
check "large pings, in fragments, by IPv6" pings -c 5 -s 8000 fd00:9::2
check "we cut for the Ethernet side" pings -c 5 -M dont -s 2016 10.8.0.2
check "Linux's broadcast is heard" broadcast_heard
sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
check "the server's to Linux's subnet is not forwarded" on server \
	sh -c '! ping -b -q -n -c 3 -i 0.1 -W 1 10.9.0.255'
capture_stop
tshark -r "$JOB/peer.pcap" -T fields -e _ws.malformed -e arp.opcode >/run/peer.fields 2>/dev/null
check "tshark finds nothing malformed" sh -c '! grep -i malformed /run/peer.fields'
arps() { grep -c '[12]$' /run/peer.fields; }
check "and ARP of both" above 3 arps
check "a capture of our port has what passed" captured
check "TCP through us" iperf
check "TCP through us, the other way" iperf -R
check "TCP by IPv6" env SERVER=fd00:8::2 bash -c "$(declare -f iperf on wait_for); iperf"
check "UDP through us" iperf_udp
check "UDP through us, the other way" iperf_udp -R
say r "ip neigh flush" >/dev/null
ip link set ib0 down
ip link set ib0 up
ip route add 10.8.0.0/24 via 10.9.0.2
check "Linux goes down and comes back: ping" wait_for 30 quiet_ping 10.8.0.2

# The peer's module is loaded again: another QPN, which only its gratuitous ARP tells. (ib_ipoib
# loses the kernel's own one, which is sent before the group is joined.)
announce() {
	local status=0
	/usr/bin/python3 "$INTEROP_TOP/tests/tools/arpwatch.py" ib0 "$1" /run/announce "$1" &
	wait_for 15 learned_ib0 "$1" || status=1
	kill $!
	return "$status"
}
old=$(ip link show ib0 | awk '/infiniband/ { print $2 }')
modprobe -r ib_ipoib
modprobe ib_ipoib
ip addr add 10.9.0.1/24 dev ib0
ip addr add fd00:9::1/64 dev ib0 nodad
ip link set ib0 up
ip route add 10.8.0.0/24 via 10.9.0.2
ip route add fd00:8::/64 via fd00:9::2
check "ib_ipoib loaded again has another QPN" test "$old" != \
	"$(ip link show ib0 | awk '/infiniband/ { print $2 }')"
must "ib0 is up again" wait_for 30 running ib0
check "its gratuitous ARP tells us" announce 10.9.0.1
check "the server finds it" wait_for 10 on server ping -q -n -c 1 -W 1 10.9.0.1

# We start again while Linux has our old address; each packet of ours now has a GRH.
quiet_ping 10.9.0.2 >/dev/null
old=$(neigh_of 10.9.0.2)
check "we end in order" stop_router r
MORE=,grh=on
must "we start again" start
check "our gratuitous ARP tells Linux" wait_for 15 learned 10.9.0.2
check "another QPN" test "$old" != "$(neigh_of 10.9.0.2)"
capture_start "$JOB/grh.pcap"
check "pings with a GRH" pings -c 20 10.9.0.2
check "TCP with a GRH" iperf
capture_stop
without_grh() {
	tshark -r "$JOB/grh.pcap" -Y "!infiniband.grh && icmp.type == 0" 2>/dev/null | grep -c .
}
check "all answers of ours have one" is 0 without_grh

# Connected mode is offered to us; we do not take it.
echo connected >/sys/class/net/ib0/mode
ip link set ib0 mtu 65520
check "a peer in connected mode: ping" wait_for 20 quiet_ping 10.9.0.2
check "it is told of our MTU" pings -c 3 -M dont -s 4000 10.9.0.2
check "and finds the server" wait_for 20 quiet_ping 10.8.0.2
check "TCP" iperf
ip link set ib0 mtu 2044
echo datagram >/sys/class/net/ib0/mode
check "datagram mode again" wait_for 20 quiet_ping 10.9.0.2
check "we end in order" stop_router r
finish
