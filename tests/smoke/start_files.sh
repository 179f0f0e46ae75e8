#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Every start file of config/ is taken whole, does what its comments say, and ends in order.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

config=$LAB_TOP/config

has() { lab_query "$1" "$2" | grep -qF "\"$3\""; }

# holds NAME ENDPOINT WORD...: the rows of the endpoint have these values.
holds()
{
	local name=$1 endpoint=$2 word

	shift 2
	for word in "$@"; do
		lab_wait 20 has "$name" "$endpoint" "$word" || lab_fail "$name: $endpoint without $word"
	done
}

check_gateway()
{
	lab_gateway gateway Hca3 ea ca "$1"
	holds gateway /ip/address 192.0.2.1/24 203.0.113.1/24 2001:db8:f::1/64
	holds gateway /ip/route 198.51.100.0/24 203.0.113.3
}

check_host()
{
	lab_run host "$1" "$(lab_ipoib 0 Hca3 net_af_packet0)" "$(lab_af_packet 0 ca)" --
	holds host /ip/address 203.0.113.9/24 2001:db8:f::9/64
	holds host /ip/route 0.0.0.0/0
}

sends() { [ "$(lab_counter benchmark originated)" -gt 10 ]; }
check_benchmark()
{
	lab_run benchmark "$1" "$(lab_ipoib 0 Hca3 net_af_packet0)" "$(lab_af_packet 0 ca)" --
	lab_wait 20 sends || lab_fail "the generator does not send"
}

check_partitions()
{
	lab_gateway partitions Hca3 ea ca "$1"
	holds partitions /ip/address 192.0.2.1/24 203.0.113.1/24 192.0.3.1/24 203.0.114.1/24
	lab_wait 20 lab_port_up partitions 3 || lab_fail "no port of partition 0x8001"
	lab_wait 20 lab_port_up partitions 4 || lab_fail "no port of partition 0x8002"
	lab_is 4 lab_query partitions -g total /ip/bind || lab_fail "not four bindings"
}

# The demo's own: tests/smoke/gateways.sh lets packets through them.
check_gateway-a() { lab_gateway gateway-a Hca3 ea ca "$1"; }
check_gateway-b() { lab_gateway gateway-b Hca3 ea ca "$1"; }

# What the comment in partitions.cmd says.
{
	echo "Default=0x7fff, ipoib : ALL=full, SELF=full;"
	sed -n 's/^# *\([a-z]*=0x.*;\)$/\1/p' "$config/partitions.cmd"
} >"$LAB/partitions.conf"
[ "$(wc -l <"$LAB/partitions.conf")" -eq 3 ] || lab_die "no partitions in partitions.cmd"
FABRIC_PARTITIONS=$LAB/partitions.conf fabric_start "$LAB/fabric" "$config/fabric/demo.topo" ||
	lab_die "no fabric"
lab_hosts_and_cable
for file in "$config"/*.cmd; do
	name=$(basename "$file" .cmd)
	declare -F "check_$name" >/dev/null || lab_die "no check of $file"
	"check_$name" "$file"
	lab_wait 20 lab_query "$name" /fwd/stats || lab_fail "$name does not answer"
	lab_stop "$name" || lab_fail "$name does not end in order"
	lab_accounted "$name" || lab_fail "$name: unaccounted packets"
	echo "$name.cmd: taken"
done
fabric_stop
echo "ok"
