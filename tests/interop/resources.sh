#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# What the device keeps for dpdk-ipoib, as the kernel counts it: 100 starts under traffic, 1,024
# address handles; and the verbs backend alone.
# timeout: 600
# guest: -smp 2 -m 2048
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

# Protection domains, CQs, QPs and MRs; AHs.
resources() {
	rdma resource show softib1 | grep -oE '(pd|cq|qp|mr) [0-9]+' | paste -s -d ' '
	echo "ah $(stat_of softib1 address_handles)"
}
resources_are() { [ "$(resources)" = "$1" ]; }
ping_ok() { ping -q -n -c 1 -W 1 "$@"; }
# The commands of standard input at r's prompt, and the end of the last.
at_prompt() {
	local mark="# $EPOCHREALTIME"
	cat >/run/r.in
	echo "$mark" >/run/r.in
	wait_for 120 grep -qF "$mark" "$JOB/r.log"
}
must "softib gives two HCAs" softib hcas=2
modprobe -a ib_ipoib veth
start_opensm softib0
must "the ports are ACTIVE" wait_for 30 all_active
ether_host server 10.8.0
ip addr add 10.9.0.1/24 dev ib0
ip link set ib0 up
ip route add 10.8.0.0/24 via 10.9.0.2
sleep 1
none=$(resources)
router r --no-pci --vdev "$(verbs 0 softib1 ,queues=2)" --vdev "$(ether 0 eserver)" -- \
	--rxd 256 --txd 256 <<-X
	ip address add 10.9.0.2/24 port 0
	ip address add 10.8.0.1/24 port 1
X
must "our port comes up" wait_for 60 router_up r 0
must "a ping through us" wait_for 60 ping_ok 10.8.0.2

ping -q -n -i 0.01 10.8.0.2 >/dev/null &
pinger=$!
sleep 1
before=$(resources)
echo "$before"
for _ in $(seq 100); do
	printf 'port stop 0\nport start 0\n'
done | at_prompt
check "after 100 stops and starts it comes up" wait_for 60 router_up r 0
check "pings go on" wait_for 30 ping_ok 10.8.0.2
check "and the device has what it had" wait_for 10 resources_are "$before"
kill $pinger
resources
check "r ends in order" stop_router r
check "nothing is left" wait_for 5 resources_are "$none"
cmocka "$INTEROP_BUILD/tests/interop/verbs_check" softib1 softib0 mad=umad
check "nothing is left" wait_for 5 resources_are "$none"
finish
