# shellcheck shell=bash disable=SC2034,SC2317
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The laboratory of the fault matrix and of the soak, and what faults are made of. Sourced behind
# lab.sh.

FAULTS=$(dirname "${BASH_SOURCE[0]}")
ROWS=()
# A busy machine lets a worker wait for longer than 1,024 packets take.
LAB_FRAMES=8192
WHY='' FAULT_MS=0 NOTE='' RESTARTED=''
declare -A EXPECT SECONDS_OF LOST_MAX HEAL_MAX
# row NAME SECONDS LOST HEAL_MS EXPECTATION: fault_NAME is called while streams go both ways, which
# end so many seconds after it has returned (0: no streams). At most so many packets are lost both
# ways, beside those sent while the fault lasts (FAULT_MS, which it may set), and so long after it
# nothing comes (-: not asked).
row()
{
	ROWS+=("$1")
	SECONDS_OF[$1]=$2 LOST_MAX[$1]=$3 HEAL_MAX[$1]=$4 EXPECT[$1]=$5
}
# shellcheck source=rows.sh
. "$FAULTS/rows.sh"
# shellcheck source=abuse.sh
. "$FAULTS/abuse.sh"
# shellcheck source=starts.sh
. "$FAULTS/starts.sh"

gateway_a()
{
	lab_run gateway-a "$LAB/gateway-a.cmd" "$(lab_af_packet 0 ea)" \
		"$(lab_ipoib 0 Hca3 net_af_packet1 ,pkey=0x8001)" "$(lab_af_packet 1 ca)" -- -i -a "$@"
}

# gateway_b HCA CARRIER [option...]
gateway_b()
{
	local hca=$1 carrier=$2

	shift 2
	lab_run gateway-b "$LAB/gateway-b.cmd" "$(lab_af_packet 0 eb)" \
		"$(lab_ipoib 0 "$hca" net_af_packet1 ,pkey=0x8001)" "$(lab_af_packet 1 "$carrier")" -- "$@"
}

# shellcheck disable=SC2120 # options are seldom given
again_a()
{
	lab_stop gateway-a || lab_fail "gateway A does not end in order"
	rm -f "$LAB/gateway-a.in"
	gateway_a "$@"
	both_up
	lab_wait 10 lab_ping || lab_fail "no ping with $*"
}

# Starting takes seconds on a busy machine.
both_up()
{
	lab_wait 60 lab_port_up gateway-a || lab_fail "gateway A stays down"
	lab_wait 60 lab_port_up gateway-b || lab_fail "gateway B stays down"
}

kill_now()
{
	lab_kill_now "$1"
	rm -f "$LAB/$1.in"
}

# What a gateway has taken and could lose: all but DPDK's own, and what is allocated of that.
memory_kb() { echo $(($(own_kb "$1") + $(heap_kb "$1"))); }
rss_kb() { awk '/^VmRSS/ {print $2}' "/proc/$(cat "$LAB/$1.pid")/status"; }
# Memory that is not DPDK's: that one is taken from the system once and for all, but as long as there are
# no hugepages a page of it only counts when it is used for the first time. Nor do pages of the program
# and its libraries count, which the system reads when they run for the first time.
own_kb()
{
	awk '/^Size:/ { big = $2 > 100000 } /^Anonymous:/ && !big { n += $2 } END { print n }' \
		"/proc/$(cat "$LAB/$1.pid")/smaps"
}

# What is allocated of DPDK's.
heap_kb() { echo $(($(lab_query "$1" -g Alloc_size /eal/heap_info,0) / 1024)); }

fds() { find "/proc/$(cat "$LAB/$1.pid")/fd" -type l | wc -l; }
ahs() { lab_query "$1" -g address_handles /ipoib/stats,1 2>/dev/null || echo 0; }
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
switch() { printf '%s\n' "$@" >"$LAB/switch"; }
# tid NAME THREAD: of a gateway's thread.
tid()
{
	local task

	for task in "/proc/$(cat "$LAB/$1.pid")"/task/*; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $(cat "$task/comm") == $2 ]] && basename "$task" && return
	done
	return 1
}
stall() { "$LAB_BUILD/tests/tools/stall" "$@"; }

# why WORDS: the row fails, and why; the first reason counts.
why() { WHY=${WHY:-$*}; }

at_rest()
{
	local name

	for name in gateway-a gateway-b; do
		lab_wait 4 lab_is 0 lab_query "$name" -g unaccounted /fwd/stats ||
			why "$name: $(lab_query "$name" -g unaccounted /fwd/stats) unaccounted"
	done
}

partitions()
{
	echo "Default=0x7fff : ALL=full, SELF=full;"
	echo "blue=0x1, ipoib, mtu=4, Q_Key=0x1b1b, defmember=full : SELF, 0x10000a, 0x100007${1:-};"
}

lab_up()
{
	partitions ", 0x100004" >"$LAB/partitions.conf"
	FABRIC_OSM_CONF="sminfo_polling_timeout 200
polling_retry_number 3"
	export BADSA_MODE=$LAB/badsa
	: >"$BADSA_MODE"
	FABRIC_SM_PRELOAD=$LAB_BUILD/tests/tools/libbadsa.so
	FABRIC_PARTITIONS=$LAB/partitions.conf fabric_start "$LAB/fabric" \
		"$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
	lab_hosts_and_cable
	lab_cable_add cc
	mkfifo "$LAB/switch"
	for iface in ca cb cc; do
		ip link set $iface-br nomaster
	done
	"$LAB_BUILD/tests/tools/carrier_switch" "${SEED:-1}" "$LAB/switch" ca-br cb-br cc-br \
		>"$LAB/switch.log" 2>&1 &
	SWITCH=$!
	cp "$LAB_TOP/config/gateway-a.cmd" "$LAB_TOP/config/gateway-b.cmd" "$LAB"
	gateway_a
	gateway_b Hca2 cb
	both_up
	lab_wait 10 lab_ping || lab_fail "no ping"
}
