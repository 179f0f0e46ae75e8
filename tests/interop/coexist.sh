#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Linux's ib0 and two dpdk-ipoib on one HCA port, softib0, with a third host on softib1. They share
# the port's memberships at the SM: whoever leaves takes them from the others. Nobody is to be deaf
# for a second.
# timeout: 900
# guest: -smp 2 -m 2560
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

# watch ADDRESS...: the third host asks for them by broadcast, ten times a second, until watched.
watch() {
	rm -f /run/watch
	ip netns exec b /usr/bin/python3 "$INTEROP_TOP/tests/tools/arpwatch.py" ib1 10.9.0.2 \
		/run/watch "$@" &
	WATCH=$!
	wait_for 30 grep -q ready /run/watch
}
watched() {
	kill "$WATCH"
	wait "$WATCH"
	tee -a "$JOB/gaps" </run/watch
}
not_deaf() {
	local got
	got=$(grep "^$1 " /run/watch)
	echo "$got"
	[ "${got##*=}" -lt 1000 ]
}
# start_one NAME ADDRESS [PREFIX]: also with PREFIX.1 to PREFIX.100.
start_one() {
	{
		cat <<-X
			ip address add $2/16 port 0
			ip address add fd00:9::${2##*.}/64 port 0
			ip route add 10.8.0.0/24 via 10.9.0.5
		X
		[ -z "${3:-}" ] || printf "ip address add $3.%d/32 port 0\n" {1..100}
	} | router "$1" --no-pci --vdev "$(verbs 0 softib0)" --
	wait_for 60 router_up "$1" 0
}
# The third host without the kernel: t, and a server behind it who pings ever new addresses.
start_t() {
	ROUTER_MEMORY=$(huge 384) \
		router t --no-pci --vdev "$(verbs 0 softib1)" --vdev "$(ether 0 eserver)" -- <<-X
			ip address add 10.9.0.5/16 port 0
			ip address add 10.8.0.1/24 port 1
		X
	wait_for 60 router_up t 0
}
seek() {
	rm -f /run/watch
	ip netns exec server /usr/bin/python3 "$INTEROP_TOP/tests/tools/pingnew.py" /run/watch "$@" &
	WATCH=$!
	wait_for 30 grep -q ready /run/watch
}
third_host() {
	ip link set ib1 netns b
	in_b ip addr add 10.9.0.2/24 dev ib1
	in_b ip link set ib1 up
}
linux_up() {
	ip addr add 10.9.0.1/24 dev ib0
	ip link set ib0 up
}
ping_ok() { ping -q -n -c 1 -W 1 "$@"; }

must "softib gives two HCAs and a switch" softib hcas=2 switch=1
modprobe -a ib_ipoib veth
start_opensm softib1
must "the ports are ACTIVE" wait_for 30 all_active
ip netns add b
third_host
linux_up
must "r is up" start_one r 10.9.0.3 10.9.3
must "s is up" start_one s 10.9.0.4 10.9.4
check "the third host finds ib0" wait_for 20 in_b ping -q -n -c 1 -W 1 10.9.0.1
check "and r" wait_for 20 in_b ping -q -n -c 1 -W 1 10.9.0.3
check "and s" wait_for 20 in_b ping -q -n -c 1 -W 1 10.9.0.4
check "ib0 finds r on its own port" wait_for 20 ping_ok 10.9.0.3
check "and s" wait_for 20 ping_ok 10.9.0.4
check "r knows ib0" wait_for 5 sh -c "$QUERY -f r /ip/neigh | grep -q 10.9.0.1"

watch 10.9.0.3 10.9.0.4
sleep 3
ip link set ib0 down
sleep 3
linux_up
sleep 3
watched
check "ib0 down and up: r is not deaf" not_deaf 10.9.0.3
check "nor s" not_deaf 10.9.0.4

# Where t is, no interface of the kernel's is to go: one in another namespace is not seen to.
in_b ip link set ib1 netns 1
ether_host server 10.8.0
must "t is up" start_t
must "t finds r" wait_for 20 on server ping -q -n -c 1 -W 1 10.9.0.3
must "and s" wait_for 20 on server ping -q -n -c 1 -W 1 10.9.0.4
seek 10.9.3 10.9.4
sleep 2
check "ib_ipoib is unloaded" modprobe -r ib_ipoib
sleep 4
watched
check "r is not deaf" not_deaf 10.9.3
check "nor s" not_deaf 10.9.4
check "t ends in order" stop_router t
modprobe ib_ipoib
third_host
linux_up
check "ib_ipoib is back: the third host finds ib0" wait_for 20 in_b ping -q -n -c 1 -W 1 10.9.0.1

watch 10.9.0.1 10.9.0.3
sleep 2
check "s ends in order" stop_router s
sleep 3
watched
check "s ends: r is not deaf" not_deaf 10.9.0.3
check "nor ib0" not_deaf 10.9.0.1
watch 10.9.0.1
sleep 2
check "r ends in order" stop_router r
sleep 3
watched
check "r ends: ib0 is not deaf" not_deaf 10.9.0.1

# Without an interface of the kernel's on the port (one elsewhere is not seen), memberships are given
# back, but only by the last; that of the broadcast group stays.
all_nodes() {
	saquery --smkey 1 MCMR --mgid ff12:601b:ffff::1 |
		grep -c "PortGid[.]*fe80::$(port_file softib0 gids/0 | cut -d : -f 5- | sed 's/^0*//; s/:0*\([0-9a-f]\)/:\1/g')\$"
}
ip netns add elsewhere
ip link set ib0 netns elsewhere
must "r is up again" start_one r 10.9.0.3
must "s is up again" start_one s 10.9.0.4
check "the port is in the group of all nodes" wait_for 10 is 1 all_nodes
watch 10.9.0.3
sleep 2
check "s ends in order" stop_router s
check "it still is" is 1 all_nodes
sleep 3
watched
check "s ends: r is not deaf" not_deaf 10.9.0.3
check "r ends in order" stop_router r
check "now it is not" is 0 all_nodes
finish
