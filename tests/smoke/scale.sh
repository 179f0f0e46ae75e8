#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Many cold neighbours at once: a packet for each, none known. The SA is asked once for
# each GID, however many QPNs it has, and every packet arrives. The hosts are
# tests/tools/ibhosts.
#
# LONG=1: 10,000 neighbours on 4,000 GIDs of a fabric of 4,096 HCAs, instead of 600 on 240.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

hcas=256 gids=240 hosts=600
if [ "${LONG:-0}" != 0 ]; then
	hcas=4096 gids=4000 hosts=10000
	export FABRIC_IBSIM="-N 8192 -S 256 -P 40000"
fi

cat >"$LAB/gateway.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 10.77.0.1/16 port 1
X

# The fabric's HCAs but for the first three: ADDRESS GUID LID QPN, some QPNs to a GUID.
hosts_of_fabric()
{
	awk -v gids="$gids" -v hosts="$hosts" -v nb=0 '
		/^0x00000000001/ && ++n > 3 && nb < gids { guid[nb] = $1; lid[nb++] = $2 }
		END {
			if (nb < gids)
				exit 1
			for (i = 0; i < hosts; i++)
				printf "10.77.%d.%d %s %s %d\n", 1 + i / 250, 1 + i % 250,
					guid[i % gids], lid[i % gids], 4096 + i
		}' <(sort "$FABRIC_DIR/osm/guid2lid")
}

# storm NUMBER: one datagram to each host, as fast as it goes.
storm() { lab_client "$LAB_BUILD/tests/tools/ibhosts" send "$LAB/hosts" "$1"; }

sent() { [ "$(lab_counter gateway tx_packets)" -ge "$1" ]; }
queries() { lab_query gateway -g requests /ipoib/sm,1; }
value() { grep -o "\b$1=[0-9]*" "$LAB/hosts.out" | cut -d= -f2; }

# What a client gets that does nothing else, with as many queries outstanding.
plain()
{
	awk '!seen[$2]++ {print $2}' "$LAB/hosts" >"$LAB/guids"
	"$LAB_BUILD/tests/perf/sa_rate" "ibsim:$IBSIM_SOCKNAME" H2 64 "$LAB/guids" 2>/dev/null
}

# round HOSTS: all of them cold, then all of them again.
round()
{
	local asked

	hosts=$1
	hosts_of_fabric >"$LAB/hosts" || lab_die "too few LIDs in guid2lid"
	"$LAB_BUILD/tests/tools/ibhosts" cb "$LAB/hosts" 0xb1b 0xffff "$LAB/hosts.out" &
	hosts_pid=$!
	LAB_FRAMES=16384
	LAB_MB=1200 lab_run gateway "$LAB/gateway.cmd" "$(lab_af_packet 0 ea)" \
		"$(lab_ipoib 0 H1 net_af_packet1)" "$(lab_af_packet 1 ca)" -- \
		--total-num-mbufs 81920
	lab_wait 20 lab_port_up gateway || lab_fail "port $(lab_query gateway -g link /ipoib/info,1)"
	lab_wait 5 lab_client ping -q -c 1 -W 1 192.0.2.1 >/dev/null || lab_fail "no ping"
	asked=$(queries)
	# ARP and a datagram for each; then the datagram alone.
	storm 0
	lab_wait 15 sent $((2 * hosts)) || lab_fail "not all are sent"
	asked=$(($(queries) - asked))
	storm 1
	lab_wait 15 sent $((3 * hosts)) || lab_fail "not all are sent again"
	lab_stop gateway || lab_fail "the gateway does not end in order"
	lab_accounted gateway || lab_fail "unaccounted packets"
	kill -TERM $hosts_pid
	wait $hosts_pid
	echo "queries=$asked $(cat "$LAB/hosts.out")"
	[ "$asked" -eq "$gids" ] || lab_fail "$asked path queries for $gids GIDs"
	grep -q "hosts=$hosts asked=$hosts reached=$hosts received=$((2 * hosts)) wrong=0 \
doubled=0 overtaken=0 bad_frames=0" "$LAB/hosts.out" || lab_fail "not all arrived in order"
}

/usr/bin/python3 "$LAB_TOP/tests/tools/fattree.py" $hcas >"$LAB/topo" || lab_die "no topology"
FABRIC_SMHOST=H0 FABRIC_TIMEOUT=60 fabric_start "$LAB/fabric" "$LAB/topo" || lab_die "no fabric"
lab_host client 192.0.2.2/24 192.0.2.1 ea
lab_cable ca cb
round $hosts
if [ "${LONG:-0}" != 0 ]; then
	# How fast GIDs are resolved, with one neighbour each, against the plain client.
	for _ in 1 2 3 4 5; do
		plain
		round $gids
		echo "resolved per second: $((gids * 1000 / $(value reached_ms)))"
	done
fi
fabric_stop
echo "ok"
