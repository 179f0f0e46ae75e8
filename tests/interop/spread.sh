#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Fifteen Linux hosts, and dpdk-ipoib with four queues: each host learns one QPN of ours, and our own
# broadcasts must not bring all of them to one queue.
# timeout: 600
# guest: -smp 2 -m 3072
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

HOSTS=15
hosts() { seq 0 $((HOSTS - 1)); }
# each COMMAND...: in every host; all must succeed.
each() {
	local i pids=() bad=0
	for i in $(hosts); do
		on "h$i" "$@" >"/run/each.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${!pids[@]}"; do
		wait "${pids[i]}" || {
			bad=1
			tail -n 3 "/run/each.$i"
		}
	done
	return "$bad"
}
# QPN of ours that each host has, with the number of hosts.
qpns() {
	for i in $(hosts); do
		ip -n "h$i" neigh show 10.9.0.99 | grep -o 'lladdr [0-9a-f:]*' | cut -c 11-18
	done | sort | uniq -c
}
# The busiest queue has at most 1.5 x the mean of four, as hosts.
spread_ok() {
	qpns
	qpns | awk -v n="$HOSTS" '{ if ($1 > max) max = $1; sum += $1 }
		END { exit !(sum == n && max <= 1.5 * n / 4) }'
}
# received by queue
by_queue() { query r /ethdev/xstats,0 | tr -d ' ",' | grep -E '^rx_q[0-9]+_packets:'; }
counted_ok() {
	by_queue >/run/queue.1
	paste -d : /run/queue.0 /run/queue.1 | awk -F : '{ n = $4 - $2; print $1, n; sum += n
		if (n > max) max = n } END { exit !(NR == 4 && sum > 0 && max <= 1.5 * sum / NR) }'
}
# 100 addresses that nobody has are looked for by broadcast.
look_for_100() {
	on server /usr/bin/python3 - <<-'X'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for i in range(100):
		    s.sendto(b"x", (f"10.9.0.{100 + i}", 9))
	X
}
asked_100() { [ "$(query r /ip/neigh | tr -d ' ",' | grep -c '^address:10.9.0.1[0-9][0-9]$')" -ge 99 ]; }

must "softib gives 16 HCAs" softib hcas=16
modprobe -a ib_ipoib veth
start_opensm softib0
must "the ports are ACTIVE" wait_for 60 all_active
for i in $(hosts); do
	ip netns add "h$i"
	ip link set "ib$i" netns "h$i"
	ip -n "h$i" addr add "10.9.0.$((i + 1))/24" dev "ib$i"
	ip -n "h$i" link set "ib$i" up
done
ether_host server 10.8.0
ROUTER_LCORES=0@0-1,1@0-1,2@0-1,3@0-1,4@0-1,5@0-1 \
	ROUTER_MEMORY=$(huge 768) \
	router r --no-pci --vdev "$(verbs 0 softib15 ,queues=4)" --vdev "$(ether 0 eserver,qpairs=4)" -- \
	--rxq 4 --txq 4 --rxd 512 --txd 512 <<-X
	ip address add 10.9.0.99/24 port 0
	ip address add 10.8.0.1/24 port 1
X
must "our port comes up" wait_for 60 router_up r 0
must "all hosts reach us" wait_for 60 each ping -q -n -c 1 -W 2 10.9.0.99
check "they are spread over our queues" spread_ok
look_for_100
sleep 5
check "5 s after 100 broadcasts of ours, still" spread_ok
# On a slow machine we have forgotten the hosts by now, and look for them by broadcast again.
each ping -q -n -c 1 -W 5 10.9.0.99
sleep 2
by_queue >/run/queue.0
capture_start "$JOB/spread.pcap"
check "20 pings of each, none is lost" each ping -q -n -c 20 -i 0.1 -W 2 10.9.0.99
check "as our queues count it" counted_ok
capture_stop
our_qpns() {
	tshark -r "$JOB/spread.pcap" -Y "icmp.type == 0" -T fields -e infiniband.deth.srcqp 2>/dev/null |
		sort | uniq -c | tee /dev/stderr | wc -l
}
check "Linux takes answers from each of our QPNs" is 4 our_qpns
check "r ends in order" stop_router r
finish
