#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Packets without an IP neighbour: a generator sends to gateway B's 20-octet
# address with an empty IP neighbour table; they are resolved and delivered,
# every one. At 2000 octets they also cross from MTU 2044 to 1500 in fragments.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

lab_sent() { lab_counter generator originated; }
lab_enough() { [ "$(lab_sent)" -ge 1000 ]; }

# generate LENGTH: 1000 packets or more of so many octets, all of them must arrive.
generate()
{
	local port=$((9000 + $1)) sent got octets

	lab_udp_sink "$port" "$LAB/sink-$1"
	lab_generator generator Hca4 cc "$LAB/generator.cmd" --tx-ip 203.0.113.9,198.51.100.2 \
		--tx-udp "9,$port" --tx-pps 1000 --txpkts "$1"
	lab_wait 20 lab_enough || lab_fail "the generator does not send"
	lab_is 0 lab_query generator -g total /ip/neigh || lab_fail "it has IP neighbours"
	lab_is valid lab_query generator -g rows.0.state /ipoib/neigh,0 ||
		lab_fail "address not resolved: $(lab_query generator /ipoib/neigh,0)"
	lab_stop generator || lab_fail "the generator does not end in order"
	lab_accounted generator || lab_fail "generator: unaccounted packets"
	sent=$(sed -n 's/.*TX-packets: *\([0-9]*\).*/\1/p' "$LAB/generator.log" | tail -n 1)
	lab_wait 5 grep -q "^$sent " "$LAB/sink-$1" ||
		lab_fail "$sent datagrams sent, $(cut -d ' ' -f 1 "$LAB/sink-$1") arrived"
	read -r got octets <"$LAB/sink-$1"
	[ "$octets" -eq $((got * ($1 - 28))) ] || lab_fail "datagrams of a wrong length"
	echo "$got datagrams of $1 octets sent and received"
}

lab_start "$@"
lab_cable_add cc
echo "set ipoib-peer 0 $(lab_query gateway-b -g lladdr /ipoib/info,1)" >"$LAB/generator.cmd"
generate 100
generate 2000
lab_finish
