#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# What changes under dpdk-ipoib on verbs and Linux's ib_ipoib: the SM, LIDs, cables, and a peer with
# a thousand addresses.
# timeout: 600
# guest: -smp 2 -m 2048
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

ping_ok() { ping -q -n -c 1 -W 1 "$@"; }
our_lid() { query r -g lid /ipoib/info,0; }
lid_is() { [ "$(our_lid)" -eq "$(($(port_file softib1 lid)))" ]; }
sm_lid_is() { [ "$(query r -g sm_lid /ipoib/info,0)" -eq "$(($(port_file softib1 sm_lid)))" ]; }
peer_lid_is() { query r /ipoib/path,0 | tr -d ' \n"' | grep -q "dlid:$(($(port_file softib0 lid))),"; }

# stream_begin, stream_end: pings from the server behind us, 20 a second; the longest silence, ms.
stream_begin() {
	ip netns exec server ping -D -n -i 0.05 -W 1 10.9.0.1 >/run/stream &
	STREAM=$!
	sleep 1
}
stream_end() {
	sleep 1
	kill -INT "$STREAM"
	wait "$STREAM"
	awk -F '[][]' '/bytes from/ { if (last && $2 - last > gap) gap = $2 - last; last = $2; n++ }
		END { printf "%d ms in %d answers\n", gap * 1000, n }' /run/stream
}
silence_below() {
	local got
	got=$(stream_end)
	echo "$got"
	[ "${got%% *}" -lt "$1" ]
}

down() { query r -g link /ipoib/info,0 | grep -q "^down"; }

# Packets from 1,000 addresses of ib0 to a port of ours where nobody listens: we answer each.
flood() {
	/usr/bin/python3 - <<-'X'
		import socket, time
		for i in range(1000):
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind((f"10.9.{4 + i // 250}.{1 + i % 250}", 0))
		    for _ in range(2):
		        s.sendto(b"x", ("10.9.0.2", 9999))
		    s.close()
		    time.sleep(0.004)
	X
}
neighbours() { query r -g total /ip/neigh; }

must "softib gives two HCAs" softib hcas=2
modprobe -a ib_ipoib veth
start_opensm softib0
must "the ports are ACTIVE" wait_for 30 all_active
ether_host server 10.8.0
ip addr add 10.9.0.1/16 dev ib0
ip link set ib0 up
ip route add 10.8.0.0/24 via 10.9.0.2
router r --no-pci --vdev "$(verbs 0 softib1)" --vdev "$(ether 0 eserver)" -- <<-X
	ip address add 10.9.0.2/16 port 0
	ip address add 10.8.0.1/24 port 1
X
must "our port comes up" wait_for 60 router_up r 0
must "a ping through us" wait_for 60 ping_ok 10.8.0.2

stream_begin
stop_opensm
sleep 1
start_opensm softib0
wait_for 30 all_active
sleep 3
check "the SM ends and starts: nobody is deaf for a second" silence_below 1000
stream_begin
stop_opensm
rm -rf /var/cache/opensm/*
start_opensm softib1
wait_for 30 sm_lid_is
sleep 3
check "another SM on our port" sm_lid_is
check "nobody is deaf for a second" silence_below 1000
check "a new path from it" sh -c "$(declare -f say wait_for); $(declare -p JOB); say r 'ipoib path flush 0'"
check "ping" wait_for 20 ping_ok 10.8.0.2

# Both ports are to tell the SM again what they want, and nothing else has changed.
stream_begin
capture_start "$JOB/rereg.pcap"
for hca in softib0 softib1; do
	knob $hca reregister 1
done
sleep 2
capture_stop
check "client reregister: nobody is deaf for a second" silence_below 1000
# Who asks to join: Set of MCMemberRecord, by LID.
tshark -r "$JOB/rereg.pcap" -Y 'infiniband.mad.method == 2 && infiniband.mad.attributeid == 0x38' \
	-T fields -e infiniband.lrh.slid >/run/joins 2>/dev/null
joins_of() { grep -qx "$(($(port_file "$1" lid)))" /run/joins; }
check "Linux joins again" joins_of softib0
check "so do we" joins_of softib1

stop_opensm
move_lids softib1
stream_begin
start_opensm softib1
check "the peer's LID is another" wait_for 30 peer_lid_is
check "ping" wait_for 20 ping_ok 10.8.0.2
check "nobody is deaf for 2 s" silence_below 2000
stop_opensm
move_lids softib0
start_opensm softib0
check "our LID is another" wait_for 30 lid_is
check "ping" wait_for 30 ping_ok 10.8.0.2

knob softib1 link 0
check "the cable is out: our port is down" wait_for 10 down
knob softib1 link 1
sweep_opensm
check "it is in again: up" wait_for 30 router_up r 0
check "ping" wait_for 30 ping_ok 10.8.0.2

for i in $(seq 0 999); do
	echo "addr add 10.9.$((4 + i / 250)).$((1 + i % 250))/16 dev ib0"
done | ip -batch -
check "a peer with 1,000 addresses" flood
check "we know them all" wait_for 20 above 1000 neighbours
check "by one path" is 1 query r -g total /ipoib/path,0
check "ping" ping_ok 10.8.0.2
check "r ends in order" stop_router r
finish
