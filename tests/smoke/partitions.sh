#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Partitions made and removed at run time: two gateways on two partitions of
# different MTU and Q_Key, both used at once, IPv4 and IPv6; limited members; a
# P_Key that the SM takes away and gives back. What is on the cable is looked at
# by tshark: nothing of one partition is in the other.
# timeout: 240

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# By partition: blue, MTU 2044, and green, MTU 1020. The client's address and the
# server's address that it reaches by this partition there and back.
#	client		A	B	server
# blue	192.0.2.2	203.0.113.1	.2	198.51.100.2	2001:db8:1::2 .. 2001:db8:2::2
# green	192.0.3.2	203.0.114.1	.2	198.51.101.2	2001:db8:3::2 .. 2001:db8:4::2
BLUE4=198.51.100.2 GREEN4=198.51.101.2
BLUE6=2001:db8:2::2 GREEN6=2001:db8:4::2
LIMITED=203.0.114.9 # a limited member of green, on Hca4

# partitions GREEN...: OpenSM's, with these members in green.
partitions()
{
	local IFS=, members

	members="$*"
	cat <<-X
		Default=0x7fff, ipoib : ALL=full, SELF=full;
		blue=0x1, ipoib, mtu=4, Q_Key=0x1b1b, defmember=full : SELF, 0x100007, 0x100004;
		green=0x2, ipoib, mtu=3, Q_Key=0x2b2b, defmember=full : SELF,$members;
	X
}

# sm_partitions GREEN...: change them while OpenSM runs.
sm_partitions()
{
	partitions "$@" >"$FABRIC_DIR/partitions.conf"
	kill -HUP "$(cat "$FABRIC_DIR/opensm.pid")"
}

cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 192.0.3.1/24 port 0
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:3::1/64 port 0
X
cat >"$LAB/gateway-b.cmd" <<X
ip address add 198.51.100.1/24 port 0
ip address add 198.51.101.1/24 port 0
ip address add 2001:db8:2::1/64 port 0
ip address add 2001:db8:4::1/64 port 0
X

# host NAME V4 V6 ROUTER4 ROUTER6: a second address of each family, and IPv6.
host()
{
	lab_in "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
	lab_in "$1" ip addr add "$2/24" dev eth0
	for address in "${3% *}" "${3#* }"; do
		lab_in "$1" ip -6 addr add "$address/64" dev eth0 nodad
	done
	lab_in "$1" ip -6 route add default via "$4"
}

# by COLOUR: the words of it: client's and server's addresses of both families.
by()
{
	case $1 in
	blue) echo "192.0.2.2 $BLUE4 2001:db8:1::2 $BLUE6" ;;
	green) echo "192.0.3.2 $GREEN4 2001:db8:3::2 $GREEN6" ;;
	esac
}

# pings COLOUR [OPTION...]: by both families, none lost.
pings()
{
	local c4 s4 c6 s6

	read -r c4 s4 c6 s6 <<<"$(by "$1")"
	shift
	lab_client ping -q -n -i 0.02 -W 1 -I "$c4" "$@" "$s4" &&
		lab_client ping -6 -q -n -i 0.02 -W 1 -I "$c6" "$@" "$s6"
}

# ping_start NAME FROM TO: 200 a second until SIGINT, results in $LAB/NAME.ping; sets PING.
ping_start()
{
	nsenter --net=/run/netns/client ping -q -i 0.005 -W 1 -I "$2" "$3" >"$LAB/$1.ping" 2>&1 &
	PING=$!
}

# new_port ANSWER: the number in "Port N is in partition ...".
new_port() { sed -n 's/^Port \([0-9]*\) is .*/\1/p' <<<"$1"; }

# partition_add NAME PKEY: print the new port.
partition_add()
{
	local answer port

	answer=$(lab_say "$1" "ipoib pkey add 1 $2")
	port=$(new_port "$answer")
	[ -n "$port" ] || lab_fail "$1: partition $2: $answer"
	echo "$port"
}

# info NAME PORT KEY
info() { lab_query "$1" -g "$3" "/ipoib/info,$2"; }
info_is() { lab_is "$4" info "$1" "$2" "$3"; }

# up NAME PORT: wait for it.
up() { lab_wait 20 lab_port_up "$1" "$2" || lab_fail "$1: port $2 $(info "$1" "$2" link)"; }

# quiet NAME COMMAND...: it must have nothing to say.
quiet()
{
	local answer

	answer=$(lab_say "$@")
	[ -z "$answer" ] || lab_fail "$*: $answer"
}

# refuses NAME TEXT COMMAND...: it must say just this.
refuses()
{
	local name=$1 text=$2 answer

	shift 2
	answer=$(lab_say "$name" "$*")
	[ "$answer" = "$text" ] || lab_fail "$name: '$*' says '$answer'"
}

# green_up: give both gateways their green port, with addresses and routes; sets A2, B2.
green_up()
{
	A2=$(partition_add gateway-a 0x8002)
	B2=$(partition_add gateway-b 0x8002)
	quiet gateway-a "ip address add 203.0.114.1/24 port $A2"
	quiet gateway-a "ip address add 2001:db8:34::1/64 port $A2"
	quiet gateway-a "ip route add 198.51.101.0/24 via 203.0.114.2"
	quiet gateway-a "ip route add 2001:db8:4::/64 via 2001:db8:34::2"
	quiet gateway-b "ip address add 203.0.114.2/24 port $B2"
	quiet gateway-b "ip address add 2001:db8:34::2/64 port $B2"
	quiet gateway-b "ip route add 192.0.3.0/24 via 203.0.114.1"
	quiet gateway-b "ip route add 2001:db8:3::/64 via 2001:db8:34::1"
	# 1020 is below IPv6's 1280: TCP is told so.
	quiet gateway-a "ip set mss-clamp on port $A2"
	quiet gateway-b "ip set mss-clamp on port $B2"
	up gateway-a "$A2"
	up gateway-b "$B2"
}

partitions 0x100007 0x100004 0x10000a=limited >"$LAB/partitions.conf"
FABRIC_PARTITIONS=$LAB/partitions.conf fabric_start "$LAB/fabric" \
	"$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_cable_add cl
host client 192.0.3.2 "2001:db8:1::2 2001:db8:3::2" 2001:db8:1::1
host server 198.51.101.2 "2001:db8:2::2 2001:db8:4::2" 2001:db8:2::1
# Control by itself, and in the main thread.
LAB_LCORES='0@0-1,1@0-1,2@0-1' lab_gateway gateway-a Hca3 ea ca "$LAB/gateway-a.cmd" -i --auto-start
lab_gateway gateway-b Hca2 eb cb "$LAB/gateway-b.cmd" -i --auto-start
lab_ports_up

# --- made ---

A1=$(partition_add gateway-a 0x8001)
B1=$(partition_add gateway-b 0x8001)
quiet gateway-a "ip address add 203.0.113.1/24 port $A1"
quiet gateway-a "ip address add 2001:db8:12::1/64 port $A1"
quiet gateway-a "ip route add 198.51.100.0/24 via 203.0.113.2"
quiet gateway-a "ip route add 2001:db8:2::/64 via 2001:db8:12::2"
quiet gateway-b "ip address add 203.0.113.2/24 port $B1"
quiet gateway-b "ip address add 2001:db8:12::2/64 port $B1"
quiet gateway-b "ip route add 192.0.2.0/24 via 203.0.113.1"
quiet gateway-b "ip route add 2001:db8:1::/64 via 2001:db8:12::1"
up gateway-a "$A1"
up gateway-b "$B1"
green_up
for name in gateway-a gateway-b; do
	port=$A1
	[ $name = gateway-a ] || port=$B1
	info_is $name "$port" mtu 2044 || lab_fail "$name: MTU of blue is $(info $name "$port" mtu)"
	info_is $name "$port" qkey 0x00001b1b || lab_fail "$name: Q_Key of blue"
	port=$A2
	[ $name = gateway-a ] || port=$B2
	info_is $name "$port" mtu 1020 || lab_fail "$name: MTU of green is $(info $name "$port" mtu)"
	info_is $name "$port" qkey 0x00002b2b || lab_fail "$name: Q_Key of green"
done
lab_is 3 lab_query gateway-a -g total /ipoib/list || lab_fail "/ipoib/list does not know the ports"

# --- wrong words ---

refuses gateway-a "P_Key 0x8000: 0x0001 to 0xffff is allowed, but not 0x8000: the low 15 bits name the partition" \
	ipoib pkey add 1 0x8000
refuses gateway-a "P_Key 0x0000: 0x0001 to 0xffff is allowed, but not 0x8000: the low 15 bits name the partition" \
	ipoib pkey add 1 0
refuses gateway-a "P_Key 0x10001: 0x0001 to 0xffff is allowed" ipoib pkey add 1 0x10001
refuses gateway-a "P_Key 0x0001: port $A1 is in this partition already (P_Key 0x8001 on Hca3 port 1)" \
	ipoib pkey add 1 0x0001
refuses gateway-a "port 0 is an Ethernet port: an IPoIB port is expected ('ipoib show all')" \
	ipoib pkey add 0 0x8003
refuses gateway-a "port 0 is an Ethernet port: an IPoIB port is expected ('ipoib show all')" \
	ipoib pkey del 0
refuses gateway-a "no port 17: the ports are 0, 1, $A1, $A2" ipoib pkey del 17

# --- both at once ---

tshark -q -i br0 -w "$LAB/carrier.pcap" 2>"$LAB/tshark.log" &
tshark=$!
lab_wait 30 grep -q Capturing "$LAB/tshark.log" || lab_die "tshark does not capture"
for colour in blue green; do
	lab_wait 10 pings $colour -c 1 || lab_fail "no ping by $colour"
done
pings blue -c 100 &
pings green -c 100 || lab_fail "pings lost by green"
wait $! || lab_fail "pings lost by blue"
pings blue -c 10 -s 1400 || lab_fail "no large ping by blue"
lab_client ping -q -c 10 -i 0.02 -s 1400 -I 192.0.3.2 $GREEN4 || lab_fail "no fragments by green"

# flow COLOUR FAMILY PORT [OPTION...]: one run of iperf3.
flow()
{
	local words

	read -r -a words <<<"$(by "$1")"
	[ "$2" = 4 ] || words=("${words[@]:2}")
	lab_client iperf3 "-$2" -J -B "${words[0]}" -c "${words[1]}" -p "$3" "${@:4}" \
		>"$LAB/flow-$3.json" 2>&1
}

# flows OPTION...: by both partitions and families at once.
flows()
{
	local pids=() pid port=5201 colour family

	for colour in blue green; do
		for family in 4 6; do
			flow $colour $family $port "$@" &
			pids+=($!)
			port=$((port + 1))
		done
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || true
	done
	grep '"error"' "$LAB"/flow-*.json && lab_fail "iperf3 $*"
	return 0
}

port=5201
for address in $BLUE4 $BLUE6 $GREEN4 $GREEN6; do
	lab_server iperf3 -s -B "$address" -p $port >/dev/null 2>&1 &
	lab_wait 5 lab_server bash -c "exec 3<>/dev/tcp/$address/$port" || lab_die "no iperf3"
	port=$((port + 1))
done
flows -n 4M
flows -n 4M -R
flows -u -b 4M -t 1 -l 900
for port in 5201 5202 5203 5204; do
	grep -q '"lost_packets":	0' "$LAB/flow-$port.json" ||
		lab_fail "UDP lost on port $port: $(tail -c 1500 "$LAB/flow-$port.json")"
done

# --- limited members ---

echo "# its port comes later" >"$LAB/limited.cmd"
lab_run limited "$LAB/limited.cmd" "$(lab_ipoib 0 Hca4 net_af_packet0)" \
	"$(lab_af_packet 0 cl)" -- -i --auto-start
lab_wait 20 lab_port_up limited 0 || lab_fail "limited: $(info limited 0 link)"
L2=$(new_port "$(lab_say limited ipoib pkey add 0 0x0002)")
quiet limited "ip address add $LIMITED/24 port $L2"
quiet limited "ip route add 192.0.3.0/24 via 203.0.114.1"
quiet limited "ip route add 198.51.101.0/24 via 203.0.114.2"
up limited "$L2"
info_is limited "$L2" membership limited || lab_fail "limited: P_Key $(info limited "$L2" pkey)"
lab_wait 10 lab_client ping -q -c 1 -W 1 -I 192.0.3.2 $LIMITED || lab_fail "no ping to the limited member"
lab_client ping -q -c 50 -i 0.02 -W 1 -I 192.0.3.2 $LIMITED || lab_fail "pings to the limited member lost"

lab_wait 10 lab_server ping -q -c 1 -W 1 -I 198.51.101.2 $LIMITED || lab_fail "no ping from B to the limited member"
kill -INT $tshark
wait $tshark

# --- nothing of one partition is in the other ---

"$LAB_TOP/usertools/carrier2erf" "$LAB/carrier.pcap" "$LAB/carrier.erf" || lab_fail "carrier2erf"
tshark -r "$LAB/carrier.erf" -T fields -E separator=, -E occurrence=f -e infiniband.bth.p_key \
	-e infiniband.deth.q_key -e infiniband.grh.dgid -e ip.src -e ip.dst -e ipv6.src -e ipv6.dst \
	-e arp.src.proto_ipv4 -e arp.dst.proto_ipv4 >"$LAB/fields" 2>/dev/null
/usr/bin/python3 "$LAB_TOP/tests/smoke/partition_fields.py" "$LAB/fields" ||
	lab_fail "the partitions are not apart"

# --- limited to limited ---

# The SM makes B a limited member, too: it goes on with A, and not with the other one.
sm_partitions 0x100007 0x100004=limited 0x10000a=limited
lab_wait 20 info_is gateway-b "$B2" membership limited || lab_fail "B is no limited member"
info_is gateway-a "$A2" membership full || lab_fail "A is no full member"
lab_wait 20 pings green -c 1 || lab_fail "no ping by green with B limited"
lab_say gateway-b "ip neigh flush" >/dev/null
lab_server ping -q -c 3 -i 0.2 -W 3 -I 198.51.101.2 $LIMITED >/dev/null && lab_fail "limited to limited"
lab_wait 5 lab_above gateway-b drop_no_neigh 0 || lab_fail "what cannot be reached is not counted"
lab_say limited "show port xstats all" | grep -q "^rx_drop_pkey: [1-9]" ||
	lab_fail "limited: the HCA did not drop B's ARP"

# --- taken away by the SM, and given back ---

ping_start blue 192.0.2.2 $BLUE4
blue=$PING
sm_partitions 0x100007 0x10000a=limited
lab_wait 20 info_is gateway-b "$B2" reason "P_Key 0x8002 not in the port's table" ||
	lab_fail "green without P_Key: $(info gateway-b "$B2" link)"
pings green -c 1 -w 1 >/dev/null && lab_fail "green goes on without its P_Key"
sm_partitions 0x100007 0x100004 0x10000a=limited
up gateway-b "$B2"
lab_wait 20 pings green -c 1 || lab_fail "no ping by green with the P_Key back"
pings green -c 50 || lab_fail "pings by green lost with the P_Key back"

# --- removed and made under traffic ---

A3=$(partition_add gateway-a 0x8003)
lab_wait 10 info_is gateway-a "$A3" reason "P_Key 0x8003 not in the port's table" ||
	lab_fail "a P_Key that is not there: $(info gateway-a "$A3" link)"
for round in 1 2 3 4 5; do
	ping_start green 192.0.3.2 $GREEN4
	lab_say gateway-a "ipoib pkey del $A2" | grep -qx "Port $A2 is removed" || lab_fail "A: port $A2"
	lab_say gateway-b "ipoib pkey del $B2" | grep -qx "Port $B2 is removed" || lab_fail "B: port $B2"
	kill -INT "$PING"
	wait "$PING"
	lab_query gateway-a /ip/address /ip/route /ip/neigh | grep -q "203.0.114\|2001:db8:34" &&
		lab_fail "A still speaks of green"
	lab_query gateway-a /ipoib/list | grep -q '"0x8002"' && lab_fail "/ipoib/list knows green"
	green_up
	lab_wait 10 pings green -c 1 || lab_fail "no ping by green, round $round"
done
pings green -c 50 || lab_fail "pings by green lost"
lab_say gateway-a "ipoib pkey del $A3" | grep -q "is removed" || lab_fail "A: port $A3"

# Blue has not noticed.
kill -INT "$blue"
wait "$blue"
lab_ping_whole "$LAB/blue.ping" || lab_fail "blue: $(tail -n 3 "$LAB/blue.ping")"

# A port is not the last one of its HCA port.
lab_say limited "ipoib pkey del $L2" | grep -q "is removed" || lab_fail "limited: port $L2"
refuses limited "port 0 is the last one on Hca4 port 1: without it no other could be made there" \
	ipoib pkey del 0
lab_stop limited || lab_fail "limited does not end in order"
lab_accounted limited || lab_fail "limited: unaccounted packets"
grep -c "packets transmitted" "$LAB/blue.ping" >/dev/null && tail -n 2 "$LAB/blue.ping" | head -n 1
lab_finish
