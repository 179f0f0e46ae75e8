#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# tshark decodes a capture of the carrier as InfiniBand, down to ARP and IP.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# count FILTER: packets of the capture that pass a display filter.
count() { tshark -r "$LAB/carrier.erf" -Y "$1" 2>/dev/null | wc -l; }

# some FILTER: at least one.
some() { [ "$(count "$1")" -gt 0 ] || lab_fail "tshark finds no '$1'"; }

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
tshark -q -i br0 -w "$LAB/carrier.pcap" 2>"$LAB/tshark.log" &
lab_wait 30 grep -q Capturing "$LAB/tshark.log" || lab_die "tshark does not capture"
lab_gateways
lab_ports_up
lab_wait 3 lab_ping || lab_fail "no ping"
lab_ping 20 || lab_fail "pings lost"
kill -INT %1 2>/dev/null || kill -INT "$(pgrep tshark)"
wait %1
"$LAB_TOP/usertools/carrier2erf" "$LAB/carrier.pcap" "$LAB/carrier.erf" || lab_fail "carrier2erf"

some "infiniband.lrh && infiniband.bth.opcode == 0x64 && infiniband.deth.srcqp"
# A broadcast ARP request: GRH to the broadcast GID, then IPoIB's ARP.
some "infiniband.grh.dgid == ff12:401b:ffff::ffff:ffff && arp.opcode == 1 && arp.hw.type == 32"
some "arp.opcode == 2 && infiniband.lrh.lnh == 2"
some "icmp.type == 8 && ip.src == 192.0.2.2 && infiniband.lrh"
some "icmp.type == 0 && ip.dst == 192.0.2.2 && infiniband.lrh"
[ "$(count "infiniband.lrh.dlid >= 0xc000 && !infiniband.grh")" -eq 0 ] ||
	lab_fail "multicast without a GRH"
[ "$(count "_ws.malformed")" -eq 0 ] || lab_fail "tshark finds malformed packets"
lab_finish
