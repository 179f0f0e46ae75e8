#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Multicast between Linux's ib_ipoib and an Ethernet host through dpdk-ipoib on verbs, by a switch
# that forwards a group to its members only; and a second partition whose Q_Key is a controlled one,
# by a program that gives up its privileges.
# timeout: 600
# guest: -smp 2 -m 2048
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

mcast() { /usr/bin/python3 "$INTEROP_TOP/tests/tools/mcast.py" "$@"; }
got_all() { grep -q "received=20 doubled=0" /run/mcast.out; }
wanted() { query r /ip/multicast | grep -q "$1"; }
unwanted() { ! wanted "$1"; }
end_listener() {
	kill "$LISTENER"
	wait "$LISTENER"
}
# to_ib0 GROUP, from_ib0 GROUP: 20 datagrams.
to_ib0() {
	local status=0
	MCAST_IFACE=ib0 /usr/bin/python3 "$INTEROP_TOP/tests/tools/mcast.py" recv "$1" /run/mcast.out &
	LISTENER=$!
	wait_for 30 wanted "$1" && on server /usr/bin/python3 "$INTEROP_TOP/tests/tools/mcast.py" send "$1" 20
	wait_for 10 got_all || status=1
	cat /run/mcast.out
	end_listener
	return "$status"
}
from_ib0() {
	local status=0
	ip netns exec server /usr/bin/python3 "$INTEROP_TOP/tests/tools/mcast.py" recv "$1" /run/mcast.out &
	LISTENER=$!
	wait_for 30 wanted "$1"
	# Linux joins with the first one, and OpenSM answers before the switch knows of it.
	MCAST_IFACE=ib0 mcast send "$1" 1
	sleep 1
	MCAST_IFACE=ib0 mcast send "$1" 20
	wait_for 10 grep -q "received=20 doubled=[01] " /run/mcast.out || status=1
	cat /run/mcast.out
	end_listener
	return "$status"
}
# member MGID HCA STATE: at OpenSM, in this state.
port_gid() { echo "fe80::$(port_file "$1" gids/0 | cut -d : -f 5- | sed 's/^0*//; s/:0*\([0-9a-f]\)/:\1/g')"; }
member() {
	saquery --smkey 1 MCMR --mgid "$1" | grep -A 12 "PortGid[.]*$(port_gid "$2")\$" |
		grep -q "JoinState[.]*$3\$"
}
# As long as Linux sends to it the group exists, and we follow it as a non-member (RFC 4391 10).
no_full_member() { ! member "$1" "$2" '0x[13]'; }
ping_ok() { ping -q -n -c 1 -W 1 "$@"; }

must "softib gives three HCAs and a switch" softib hcas=3
modprobe -a ib_ipoib veth
second_partition "mtu=5" 0x80001b1b
start_opensm softib2 -P /run/partitions.conf
must "the ports are ACTIVE" wait_for 30 all_active
ether_host server 10.8.0 fd00:8
ip addr add 10.9.0.1/24 dev ib0
ip addr add fd00:9::1/64 dev ib0 nodad
ip link set ib0 up
ip route add 10.8.0.0/24 via 10.9.0.2
ROUTER_MEMORY="--no-huge -m 768" \
	router r --no-pci --vdev "$(verbs 0 softib1)" --vdev "$(verbs 1 softib1 ,pkey=0x8001)" \
	--vdev "$(ether 0 eserver)" -- --mbuf-size 4312 --total-num-mbufs 16384 \
	--rxd 512 --txd 512 --user nobody <<-X
	ip address add 10.9.0.2/24 port 0
	ip address add fd00:9::2/64 port 0
	ip address add 10.10.0.2/24 port 1
	ip address add 10.8.0.1/24 port 2
	ip address add fd00:8::1/64 port 2
	ip set multicast on port 0
	ip set multicast on port 2
X
must "our port comes up" wait_for 60 router_up r 0
must "a ping through us" wait_for 60 ping_ok 10.8.0.2
check "multicast to Linux" to_ib0 239.9.1.1
check "we send without being a member" member ff12:401b:ffff::f09:101 softib1 0x8
check "multicast from Linux" from_ib0 239.9.1.2
check "IPv6 multicast to Linux" to_ib0 ff05::9:1
check "IPv6 multicast from Linux" from_ib0 ff05::9:2
check "nobody wants it any more: we are no full member" wait_for 60 no_full_member ff12:401b:ffff::f09:102 softib1

check "the second partition's port is up" wait_for 60 router_up r 1
ip link add link ib0 name ib0.8001 type ipoib pkey 0x8001
ip addr add 10.10.0.1/24 dev ib0.8001
ip link set ib0.8001 up
check "a ping in the second partition" wait_for 60 ping_ok 10.10.0.2
check "its MTU is 4092" is 4092 query r -g mtu /ipoib/info,1
check "4092 octets in one" ping -c 3 -i 0.2 -W 2 -M "do" -s 4064 10.10.0.2
check "4093 in two" ping -c 3 -i 0.2 -W 2 -M dont -s 4065 10.10.0.2
check "the default one is as it was" ping_ok 10.9.0.2

# Only two threads may have CAP_NET_RAW (bit 13), for Q_Keys with bit 31, and none has it now.
cap_of() { awk -v k="$1:" '$1 == k { print $2 }' /proc/"$(router_pid r)"/task/*/status | sort | uniq -c; }
effective() { cap_of CapEff | awk '{ print $2 }'; }
permitted() { cap_of CapPrm | awk '$2 ~ /[^0]/ { print $1, $2 }'; }
check "r is nobody" grep -q "^Uid:.$(id -u nobody).$(id -u nobody)" "/proc/$(router_pid r)/status"
check "its Q_Key has bit 31" is 0x80001b1b query r -g qkey /ipoib/info,1
check "no thread has a capability in effect" is 0000000000000000 effective
check "two may have CAP_NET_RAW" is "2 0000000000002000" permitted
check "r ends in order" stop_router r

# Without it that port says so, and the other one goes on.
printf '#!/bin/sh\nexec setpriv --bounding-set=-net_raw --inh-caps=-net_raw %s "$@"\n' "$ROUTER" >/run/noraw
chmod +x /run/noraw
ROUTER=/run/noraw router s --no-pci --vdev "$(verbs 0 softib1)" --vdev "$(verbs 1 softib1 ,pkey=0x8001)" -- \
	--mbuf-size 4312 --total-num-mbufs 8192 --rxd 256 --txd 256 <<-X
	ip address add 10.9.0.2/24 port 0
X
check "without CAP_NET_RAW: the first port goes on" wait_for 60 ping_ok 10.9.0.2
check "the second says what it lacks" wait_for 10 grep -q \
	"Q_Key 0x80001b1b has bit 31 set: that needs the capability CAP_NET_RAW" "$JOB/s.log"
check "and is down" sh -c "! $QUERY -f s -g link /ipoib/info,1 | grep -q ^up"
check "s ends in order" stop_router s
finish
