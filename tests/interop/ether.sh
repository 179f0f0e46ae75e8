#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# mode=ether over verbs against the kernel's own IPoIB: the distribution's testpmd answers pings from
# ib0 (icmpecho), and bridges a TAP to the fabric (io), behind which another host of Linux's lives.
# timeout: 200
# guest: -smp 2 -m 1536
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

ping_ok() { ping -q -n -c 1 -W 1 "$@"; }
pings() { ping -q -n -c 5 -i 0.2 -W 5 "$@"; }
# testpmd NAME VDEV... -- OPTION...
testpmd() {
	local name=$1 vdevs=()
	shift
	while [ "$1" != -- ]; do
		vdevs+=(--vdev "$1")
		shift
	done
	shift
	rm -f "/run/$name.in"
	mkfifo "/run/$name.in"
	# shellcheck disable=SC2046 # words are meant
	stdbuf -oL dpdk-testpmd --lcores 0@0-1,1@0-1 $(huge 384) --no-pci --file-prefix "$name" \
		-d "$INTEROP_BUILD/drivers/net/ipoib/librte_net_ipoib.so" "${vdevs[@]}" -- -i --auto-start \
		--total-num-mbufs 8192 --mbuf-size 4400 --rxd 512 --txd 256 "$@" \
		<>"/run/$name.in" >"$JOB/$name.log" 2>&1 &
	echo $! >"/run/$name.pid"
}
testpmd_ends() {
	echo quit >"/run/$1.in"
	wait_for 60 router_gone "$(router_pid "$1")"
}
lladdr_of() { ip neigh show "$1" dev ib0 | grep -o 'lladdr [^ ]*'; }

must "softib gives two HCAs" softib hcas=2
modprobe -a ib_ipoib tun
start_opensm softib0
must "the ports are ACTIVE" wait_for 30 all_active
ip addr add 10.9.0.1/24 dev ib0
ip -6 addr add 2001:db8:9::1/64 dev ib0 nodad
ip link set ib0 up
must "ib0 runs" wait_for 30 running ib0

# icmpecho.
testpmd echo "$(verbs 0 softib1 ,mode=ether)" -- --forward-mode icmpecho
check "testpmd answers pings from ib0" wait_for 60 ping_ok 10.9.0.77
check "again and again" pings 10.9.0.77
check "with all that the link takes" pings -s 2016 -M "do" 10.9.0.77
echo "# $(lladdr_of 10.9.0.77)"
check "testpmd ends" testpmd_ends echo

# A bridge: the host behind the TAP is this one, ib0 goes to another. net_tap loses its packets if it
# is the TAP that moves, on this kernel.
ip netns add b
ip link set ib0 netns b
on b ip addr add 10.9.0.1/24 dev ib0
on b ip -6 addr add 2001:db8:9::1/64 dev ib0 nodad
on b ip link set ib0 up
testpmd bridge "$(verbs 0 softib1 ,mode=ether)" net_tap0,iface=tap0 -- --portmask 0x5 --forward-mode io
must "testpmd runs" wait_for 60 grep -q 'io packet forwarding' "$JOB/bridge.log"
ip link set tap0 mtu 1500 up
ip addr add 10.9.0.50/24 dev tap0
ip -6 addr add 2001:db8:9::50/64 dev tap0 nodad
check "a host behind the TAP pings ib0" wait_for 30 ping_ok 10.9.0.1
ip neigh flush dev tap0
on b ip neigh flush dev ib0
check "ib0 finds the host" wait_for 20 on b ping -q -n -c 1 -W 1 10.9.0.50
check "IPv6" wait_for 20 ping_ok -6 2001:db8:9::1
on b ip -6 neigh flush dev ib0
check "IPv6 from ib0" wait_for 20 on b ping -6 -q -n -c 1 -W 1 2001:db8:9::50
tcp() {
	head -c 300000 /dev/urandom >/run/data
	timeout 60 ip netns exec b python3 -c '
import socket
s = socket.create_server(("10.9.0.1", 7000))
c = s.accept()[0]
with open("/run/got", "wb") as f:
    while data := c.recv(65536):
        f.write(data)
' &
	wait_for 20 eval "on b ss -Hltn 'sport = 7000' | grep -q ." || return 1
	timeout 60 python3 -c '
import socket
s = socket.create_connection(("10.9.0.1", 7000), 20)
s.sendall(open("/run/data", "rb").read())
' || return 1
	wait $!
	cmp /run/data /run/got
}
check "TCP to ib0" tcp
check "the bridge ends" testpmd_ends bridge
finish
