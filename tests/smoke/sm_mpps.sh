#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# About a million packets a second from a file into the software HCA, over memif to
# another gateway's and into a file, while OpenSM is killed and started again: what has a
# path is sent. Two workers and OpenSM share two CPUs, so the ring between both programs
# may overflow (drop_tx_full), which is counted apart; nothing else may be lost.
#
# LONG=1: five rounds of five seconds.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

rounds=1 seconds=2
if [ "${LONG:-0}" != 0 ]; then
	rounds=5 seconds=5
fi

# To a subnet's broadcast address, which the last gateway needs no neighbour for.
cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 203.0.113.1/24 port 1
ip route add 198.51.100.0/24 via 203.0.113.2
X
cat >"$LAB/gateway-b.cmd" <<X
ip address add 203.0.113.2/24 port 0
ip address add 198.51.100.1/24 port 1
ip set directed-broadcast on port 1
X
/usr/bin/python3 - "$LAB/in.pcap" <<X || lab_die "no packets"
import sys
from scapy.all import IP, UDP, Ether, wrpcap
port = "02:70:63:61:70:00"  # what net_pcap0 calls itself
wrpcap(sys.argv[1], [Ether(dst=port, src="02:00:00:00:00:99")
    / IP(src="192.0.2.2", dst="198.51.100.255") / UDP(sport=1000 + i, dport=9) / bytes(22)
    for i in range(256)])
X

memif() { echo "net_memif0,role=$1,id=0,socket=$LAB/memif,socket-abstract=no,rsize=14"; }

# Both programs for one round; the carrier's server first.
gateways_start()
{
	rm -f "$LAB/memif" "$LAB/out.pcap"
	LAB_LCORES='0@0,1@0' lab_run gateway-b "$LAB/gateway-b.cmd" \
		"$(lab_ipoib 0 Hca2 net_memif0)" "net_pcap0,tx_pcap=$LAB/out.pcap" \
		"$(memif server)" --
	lab_wait 10 test -e "$LAB/memif" || lab_fail "no carrier"
	LAB_LCORES='0@0,1@1' lab_run gateway-a "$LAB/gateway-a.cmd" \
		"net_pcap0,rx_pcap=$LAB/in.pcap,infinite_rx=1" "$(lab_ipoib 0 Hca3 net_memif0)" \
		"$(memif client)" -- --burst 1
	lab_wait 20 lab_above gateway-b tx_packets 1000 || lab_fail "nothing arrives"
}

# losses NAME: everything that it dropped but for drop_tx_full.
losses()
{
	lab_query "$1" /fwd/stats | tr -d ' ",' | awk -F: '
		/^ports/ { exit }
		/^drop_/ && $1 != "drop_tx_full" { n += $2 }
		END { print n + 0 }'
}

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
for round in $(seq $rounds); do
	gateways_start
	# What came before the first path was known has gone its way.
	lost_a=$(losses gateway-a)
	sleep $((seconds / 2))
	sm_kill
	sm_start >/dev/null
	sleep $((seconds - seconds / 2))
	lost_a=$(($(losses gateway-a) - lost_a))
	lab_stop gateway-a || lab_fail "gateway A does not end in order"
	lab_stop gateway-b || lab_fail "gateway B does not end in order"
	for name in gateway-a gateway-b; do
		lab_accounted $name || lab_fail "$name: unaccounted packets"
		[ "$name" = gateway-b ] || continue
		grep -q '^  drop_' "$LAB/$name.log" && lab_fail "$name dropped packets"
	done
	full=$(awk '/drop_tx_full/ {n = $2} END {print n + 0}' "$LAB/gateway-a.log")
	printf 'round %d: lost=%d ring_full=%d %s\n' "$round" "$lost_a" "$full" \
		"$("$LAB_BUILD/tests/tools/gap" pcap "$LAB/out.pcap")"
	[ "$lost_a" -eq 0 ] || lab_fail "packets were lost"
done
fabric_stop
echo "ok"
