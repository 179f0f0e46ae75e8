#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Two routers whose control planes are on the kernel's ib_umad and OpenSM; the software HCAs carry
# their packets over a bridge.
# timeout: 300
# guest: -smp 2 -m 2048
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

soft() { echo "net_ipoib0,hca=soft,device=$1,mad=umad,carrier=net_af_packet1"; }

cable() {
	local name
	ip link add br0 type bridge ageing_time 0 mcast_snooping 0
	for name in "$@"; do
		router_index
		ip link add "$name" index "$INDEX" type veth peer name "$name-br"
		quiet "$name" 2200
		quiet "$name-br" 2200
		ip link set "$name-br" master br0
	done
	ip link set br0 mtu 2200 up
}

ping_ok() { ip netns exec client ping -q -n -i 0.05 -W 2 "$@" 198.51.100.2; }

# The group of all hosts: is this port its member at OpenSM?
member() {
	saquery --smkey 1 MCMR --mgid ff12:401b:ffff::ffff:ffff | grep -q "PortGid[.]*$1\$"
}
subscriptions() { saquery IIR | grep -c "SubscriberGID[.]*$1\$"; }

must "softib gives two HCAs" softib hcas=2
modprobe -a veth bridge
start_opensm softib0
must "the ports are ACTIVE" wait_for 20 all_active
ether_host client 192.0.2
ether_host server 198.51.100
cable ca cb
router a --no-pci --vdev "$(ether 0 eclient)" --vdev "$(soft softib0)" --vdev "$(ether 1 ca)" -- \
	<"$INTEROP_TOP/config/gateway-a.cmd"
# One after the other: each looks how many huge pages are free.
must "router a is up" wait_for 60 router_up a 1
router b --no-pci --vdev "$(ether 0 eserver)" --vdev "$(soft softib1)" --vdev "$(ether 1 cb)" -- \
	<"$INTEROP_TOP/config/gateway-b.cmd"
must "router b is up" wait_for 60 router_up b 1
must "a ping" wait_for 30 ping_ok -c 1
check "100 pings" ping_ok -c 100
check "the path's LID is OpenSM's" is "$(($(port_file softib1 lid)))" \
	query a -g rows.0.dlid /ipoib/path,1
gid=fe80::$(port_file softib1 gids/0 | cut -d : -f 5- | sed 's/^0*//; s/:0*\([0-9a-f]\)/:\1/g')
check "OpenSM has b as a member" member "$gid"
check "its notices go to b" above 4 subscriptions "$gid"
stop_opensm
rm -rf /var/cache/opensm/*
start_opensm softib1
check "another OpenSM on the other port: b is its member" wait_for 60 member "$gid"
must "a ping" wait_for 30 ping_ok -c 1
check "router a ends in order" stop_router a
check "router b ends in order" stop_router b
not_member() { ! member "$1"; }
check "b left the group" not_member "$gid"
finish
