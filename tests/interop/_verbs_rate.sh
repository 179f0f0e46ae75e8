#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Messages a second of the driver's loops (tests/perf/verbs_rate) beside perftest's ib_send_bw on
# the same devices, and their system calls. By hand: tests/interop/run.sh _verbs_rate
#
# The guest has one CPU, which sender and receiver share, and its clock counts instructions, 8 ns
# each, and jumps where all wait. So what the machine does besides, or how fast it is, does not matter: the figures repeat.
# timeout: 900
# accel: tcg,thread=single
# guest: -smp 1 -m 1024 -icount shift=3,sleep=off
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"

RATE=$INTEROP_BUILD/tests/perf/verbs_rate
EAL=(-l 0 --no-pci --no-huge -m 64 --no-telemetry)
SECS=2

# perftest SIZE [OPTION...]: messages a second that the sender says.
perftest() {
	local size=$1 opts=(-c UD -s "$1" -D "$SECS" -F "${@:2}")
	ib_send_bw -d softib1 "${opts[@]}" >/run/bw.server 2>&1 &
	wait_for 300 sh -c 'ss -ltn | grep -q :18515' || return 1
	ib_send_bw -d softib0 "${opts[@]}" 127.0.0.1 >/run/bw.client 2>&1
	wait $!
	awk -v s="$size" '$1 == s { printf "%.0f\n", $NF * 1e6 }' /run/bw.client
}

# ours SIZE DEVICE PEER [roce]: sets sent and received, messages a second.
# With VERBS_RATE_COUNT also tx_packets and tx_calls, the same of rx.
ours() {
	local lid qpn gid to
	"$RATE" "${EAL[@]}" --file-prefix rx -- rx "$3" "$SECS" "$1" ${4:+"$4"} >/run/rx.log 2>&1 &
	wait_for 600 grep -q "^to " /run/rx.log || { cat /run/rx.log; return 1; }
	grep '^to ' /run/rx.log >/run/to
	read -r _ lid qpn gid </run/to
	to=${4:+$gid}
	to=${to:-$lid}
	"$RATE" "${EAL[@]}" --file-prefix tx -- tx "$2" "$((SECS + 1))" "$1" "$to" "$qpn" \
		>/run/tx.log 2>&1 || cat /run/tx.log
	wait $!
	grep '^packets' /run/tx.log >/run/sent
	grep '^packets' /run/rx.log >/run/received
	read -r _ tx_packets _ _ _ sent _ tx_calls </run/sent
	read -r _ rx_packets _ _ _ received _ rx_calls </run/received
}

at_least() { awk -v f="$1" -v want="$2" -v got="$3" 'BEGIN { exit !(want > 0 && got >= f * want) }'; }

must "softib gives two HCAs" softib hcas=2
start_opensm softib0
must "OpenSM makes both ports ACTIVE" wait_for 20 all_active
for size in 64 1024; do
	best=0 rates=""
	for options in "" "-l 32 -Q 32" "--recv_post_list 32"; do
		# shellcheck disable=SC2086 # words are meant
		rate=$(perftest $size $options)
		[ -n "$options" ] || default=$rate
		[ "$rate" -le "$best" ] || best=$rate
		rates+="${options:-default} $rate, "
	done
	ours $size softib0 softib1
	echo "$size octets: perftest ${rates}ours sent $sent, received $received"
	check "$size octets: sent, 0.95 of perftest's best" at_least 0.95 "$best" "$sent"
	check "received" at_least 0.95 "$best" "$received"
	check "sent, 1.5 of perftest's default" at_least 1.5 "$default" "$sent"
	check "received" at_least 1.5 "$default" "$received"
done

# How many packets each system call is for. Those of softib's provider take 11 at most.
calls() {
	VERBS_RATE_COUNT=1 ours 64 "$@"
	echo "$1: system calls $tx_calls for $tx_packets sent, $rx_calls for $rx_packets received"
}
calls softib0 softib1
check "softib: 10 sent for a system call" at_least 10 "$tx_calls" "$tx_packets"
check "received: 16" at_least 16 "$rx_calls" "$rx_packets"
modprobe -a crc32_generic rdma_rxe veth
ip link add rx0 type veth peer name rx1
for n in 0 1; do
	ip link set rx$n addrgenmode eui64
	ip link set rx$n up
	must "rxe$n" rdma link add rxe$n type rxe netdev rx$n
done
no_tentative() { ! ip -6 addr show tentative | grep -q fe80; }
must "their addresses are valid" wait_for 20 no_tentative
calls rxe0 rxe1 roce
check "rxe: 16 sent for a system call" at_least 16 "$tx_calls" "$tx_packets"
check "received: 16" at_least 16 "$rx_calls" "$rx_packets"
finish
