#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# What is wrong with a device, its port or its partition, or is not allowed, is said with what to do
# about it, and the other ports go on.
# timeout: 400
# guest: -smp 2 -m 1536
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

ping_ok() { ping -q -n -c 1 -W 1 "$@"; }
says() {
	wait_for "${3:-1}" grep -qE "$2" "$JOB/$1.log" || {
		tail -n 30 "$JOB/$1.log"
		return 1
	}
}
# as_nobody NAME: a router on softib1, until it ends.
as_nobody() {
	local name=$1
	mkdir -p "/run/$name"
	chown nobody "/run/$name"
	XDG_RUNTIME_DIR=/run/$name timeout 60 setpriv --reuid=nobody --regid=nogroup --clear-groups \
		"$ROUTER" --lcores 0@0-1,1@0-1 --no-huge -m 256 --no-pci --file-prefix "$name" \
		--vdev "$(verbs 0 softib1)" -- --total-num-mbufs 8192 --rxd 512 --txd 256 \
		</dev/null >"$JOB/$name.log" 2>&1
}

must "softib gives three HCAs and a switch" softib hcas=3
modprobe -a ib_ipoib crc32_generic rdma_rxe veth
ip link add rx0 type veth peer name rx1
ip link set rx0 up
must "an Ethernet device is there" rdma link add rxe0 type rxe netdev rx0
knob softib2 link 0
start_opensm softib0
two_active() { port_is softib0 ACTIVE && port_is softib1 ACTIVE; }
must "two ports are ACTIVE" wait_for 30 two_active
ip addr add 10.9.0.1/24 dev ib0
ip link set ib0 up

# A device that was asked for and cannot be had: the program ends and says why, for each.
router q --no-pci --vdev "$(verbs 0 nosuch0)" --vdev "$(verbs 1 softib1 ,port=3)" \
	--vdev "$(verbs 2 rxe0)" --vdev "$(verbs 3 softib1)" -- --total-num-mbufs 8192 </dev/null
ended() { ! kill -0 "$(router_pid q)"; }
check "the program ends" wait_for 60 ended
check "no such device" says q "there is no InfiniBand device 'nosuch0'; there are: .*softib1"
check "no such port" says q "device 'softib1' has no port 3, only 1 to 1"
check "wrong link layer" says q "rxe0 port 1: its link layer is Ethernet: such a port is for"

# A port that is down, and one without its partition: another one works.
router r --no-pci --vdev "$(verbs 0 softib2)" --vdev "$(verbs 1 softib1 ,pkey=0x8005)" \
	--vdev "$(verbs 2 softib1)" -- --total-num-mbufs 8192 --rxd 512 --txd 256 <<-X
	ip address add 10.9.0.2/24 port 2
X
check "the good port works" wait_for 60 ping_ok 10.9.0.2
check "port down" says r "softib2 port 1 is not active yet .*: waiting for the fabric"
check "missing P_Key" says r "P_Key 0x8005 not in the port's table" 10
warned() { query r "/ipoib/warnings,$1" | grep -qF "$2"; }
check "among the warnings" warned 1 "0x8005 is not in the table of softib1 port 1"
check "and the port that is down" warned 0 "softib2 port 1 has no link"
check "r ends in order" stop_router r

chmod 666 /dev/infiniband/uverbs*
chmod 600 /dev/infiniband/umad*
as_nobody a
check "no permission for umad" says a "no permission for its file /dev/infiniband/umad.*60-dpdk-ipoib.rules"
chmod 666 /dev/infiniband/umad*
ulimit -l 64
as_nobody b
check "too little locked memory" says b "no leave to lock the memory of mempool.*ulimit -l unlimited"
finish
