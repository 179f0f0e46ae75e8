#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# About a million packets a second from a file into the software HCA, over memif to
# another gateway's and into a file, while OpenSM is killed and started again: what has a
# path is sent.
#
# A router has nobody to hold back: what its next link does not take is dropped. Here that
# link is a ring of 16,384 frames, the longest that memif has, and two workers and OpenSM
# share two CPUs: the ring overflows whenever its reader does not run for 16 ms. So
# drop_tx_full need not be 0, but it must explain all that is missing, to the packet: gateway A
# reads all of the first file and has a fate for each, gateway B receives what A has sent, and
# writes all of that into the last file. After the first path is known nothing else than a full
# ring drops any.
#
# LONG=1: five rounds of twice the length.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

rounds=1 times=10000
if [ "${LONG:-0}" != 0 ]; then
	rounds=5 times=20000
fi
packets=$((256 * times))

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
/usr/bin/python3 - "$LAB/in.pcap" "$times" <<X || lab_die "no packets"
import sys
from scapy.all import IP, UDP, Ether, wrpcap
port = "02:70:63:61:70:00"  # what net_pcap0 calls itself
wrpcap(sys.argv[1], [Ether(dst=port, src="02:00:00:00:00:99")
    / IP(src="192.0.2.2", dst="198.51.100.255") / UDP(sport=1000 + i, dport=9) / bytes(22)
    for i in range(256)])
with open(sys.argv[1], "r+b") as f:
    f.seek(24)  # behind the file's header
    records = f.read()
    for _ in range(1, int(sys.argv[2])):
        f.write(records)
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
		"net_pcap0,rx_pcap=$LAB/in.pcap" "$(lab_ipoib 0 Hca3 net_memif0)" \
		"$(memif client)" -- --burst 1
	lab_wait 20 lab_above gateway-b tx_packets 1000 || lab_fail "nothing arrives"
}

# drops NAME [BUT]: everything that it dropped, but for one counter.
drops()
{
	lab_query "$1" /fwd/stats | tr -d ' ",' | awk -F: -v but="${2:-}" '
		/^ports/ { exit }
		/^drop_/ && $1 != but { n += $2 }
		END { print n + 0 }'
}

read_so_far() { [ "$(lab_counter gateway-a rx_packets)" -gt "$1" ]; }
all_read() { read_so_far $((packets - 1)); }

# stat NAME PORT COUNTER
stat()
{
	lab_query "$1" /fwd/stats | /usr/bin/python3 -c '
import json, sys
print(json.load(sys.stdin)["ports"][sys.argv[1]][sys.argv[2]])' "$2" "$3"
}
all_through() { [ "$(stat gateway-a 1 tx_packets)" -eq "$(stat gateway-b 0 rx_packets)" ]; }

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
for round in $(seq $rounds); do
	gateways_start
	# What came before the first path was known has gone its way.
	lost_a=$(drops gateway-a drop_tx_full)
	lab_wait 20 read_so_far $((packets / 8)) || lab_fail "no packets"
	sm_kill
	sm_start >/dev/null
	all_read && lab_fail "all packets were read before OpenSM was back"
	lab_wait 30 all_read || lab_fail "not all packets are read"
	lab_wait 10 all_through || lab_fail "A has sent $(stat gateway-a 1 tx_packets), B has" \
		"received $(stat gateway-b 0 rx_packets)"
	lost_a=$(($(drops gateway-a drop_tx_full) - lost_a))
	read_a=$(stat gateway-a 0 rx_packets)
	# What is not forwarded is ARP, from A.
	forwarded=$(($(stat gateway-b 0 rx_packets) - $(stat gateway-b 0 punted)))
	lab_stop gateway-a || lab_fail "gateway A does not end in order"
	lab_stop gateway-b || lab_fail "gateway B does not end in order"
	for name in gateway-a gateway-b; do
		lab_accounted $name || lab_fail "$name: unaccounted packets"
	done
	grep -q '^  drop_' "$LAB/gateway-b.log" && lab_fail "gateway B dropped packets"
	result=$("$LAB_BUILD/tests/tools/gap" pcap "$LAB/out.pcap")
	arrived=$(grep -o '\bframes=[0-9]*' <<<"$result" | cut -d= -f2)
	full=$(awk '/drop_tx_full/ {n = $2} END {print n + 0}' "$LAB/gateway-a.log")
	printf 'round %d: sent=%d lost=%d ring_full=%d %s\n' "$round" $packets "$lost_a" "$full" \
		"$result"
	[ "$lost_a" -eq 0 ] || lab_fail "packets were lost"
	[ "$read_a" -eq $packets ] || lab_fail "A has read $read_a packets"
	[ "$arrived" -eq "$forwarded" ] || lab_fail "B wrote $arrived of $forwarded packets"
done
fabric_stop
echo "ok"
