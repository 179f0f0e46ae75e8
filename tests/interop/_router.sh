# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# dpdk-ipoib in a guest; sourced after _guest.sh. Several may run in one guest, each with a name.

ROUTER=$INTEROP_BUILD/app/dpdk-ipoib
QUERY=$INTEROP_TOP/usertools/dpdk-ipoib-query

# router NAME [EAL OPTION...] -- [OPTION...]: start one; the commands of standard input are its
# --cmdline-file, its log is $JOB/NAME.log. Few mbufs: memory costs time here. Environment:
# ROUTER_LCORES (--lcores; control and one worker, each on both CPUs), ROUTER_MEMORY (EAL's options;
# huge 512), ROUTER_IDLE (--idle-sleep).
router() {
	local name=$1 eal=()
	shift
	cat >"/run/$name.cmd"
	while [ "$1" != -- ]; do
		eal+=("$1")
		shift
	done
	shift
	rm -f "/run/$name.in"
	mkfifo "/run/$name.in"
	# shellcheck disable=SC2086 # words are meant
	"$ROUTER" \
		--lcores "${ROUTER_LCORES:-0@0-1,1@0-1}" ${ROUTER_MEMORY:-$(huge 512)} \
		--file-prefix "$name" "${eal[@]}" -- -i --auto-start --idle-sleep "${ROUTER_IDLE:-1000}" \
		--total-num-mbufs 8192 --rxd 512 --txd 512 --cmdline-file "/run/$name.cmd" "$@" \
		<>"/run/$name.in" >>"$JOB/$name.log" 2>&1 &
	echo $! >"/run/$name.pid"
}

router_pid() { cat "/run/$1.pid"; }

# query NAME ARGUMENT...: its telemetry. is WORDS COMMAND...: does it print just that?
query() { "$QUERY" -f "$@"; }
is() {
	local want=$1
	shift
	[ "$("$@" 2>/dev/null)" = "$want" ]
}

# above VALUE COMMAND...: does it print a larger number?
above() {
	local least=$1 got
	shift
	got=$("$@" 2>/dev/null) && [ "$got" -gt "$least" ]
}

# say NAME COMMAND...: a command at its prompt; prints the answer.
say() {
	local name=$1 mark="# $EPOCHREALTIME"
	shift
	printf '%s\n%s\n' "$*" "$mark" >"/run/$name.in"
	wait_for 20 grep -qF "$mark" "$JOB/$name.log" || return 1
	awk -v mark="$mark" -v command="$*" '
		index($0, mark) { printf "%s", answer; exit }
		index($0, command) { answer = ""; next }
		/control: / { next }
		{ answer = answer $0 "\n" }' "$JOB/$name.log"
}

router_up() { is up query "$1" -g link "/ipoib/info,$2"; }

# stop_router NAME: in order, with nothing unaccounted for.
stop_router() {
	local pid
	pid=$(router_pid "$1")
	kill -TERM "$pid"
	wait_for 60 router_gone "$pid" || {
		echo "$1 does not end; its last words:"
		tail -n 20 "$JOB/$1.log"
		kill -KILL "$pid"
		return 1
	}
	tail -n 40 "$JOB/$1.log"
	grep -Eq '^ *unaccounted:? 0$' "$JOB/$1.log"
}
router_gone() { ! kill -0 "$1" 2>/dev/null; }

# verbs N HCA [,KEY=VALUE...], ether N IFACE: arguments of --vdev.
verbs() { echo "net_ipoib$1,hca=verbs,device=$2,mad=umad${3:-}"; }
ether() { echo "net_af_packet$1,iface=$2,framesz=4096,blocksz=4096,framecnt=512"; }

# router_index: INDEX is for the next interface that a router owns. af_packet numbers its fanout groups
# by process id XOR interface index, and fails if two of a kernel get the same: ids are below 4096 here.
echo 4096 >/proc/sys/kernel/pid_max
router_index() { INDEX=$((${INDEX:-0} + 0x1000)); }

# ether_host NAME NET4 [NET6]: a Linux host NET4.2, NET6::2 behind a veth whose other end, eNAME, is
# for a router, which has NET4.1 and NET6::1.
ether_host() {
	ip netns add "$1"
	router_index
	ip link add "e$1" index "$INDEX" type veth peer name eth0 netns "$1"
	quiet "e$1" 1500
	ip netns exec "$1" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
	ip -n "$1" link set lo up
	ip -n "$1" addr add "$2.2/24" dev eth0
	ip -n "$1" link set eth0 up
	ip -n "$1" route add default via "$2.1"
	if [ -n "${3:-}" ]; then
		ip -n "$1" addr add "$3::2/64" dev eth0 nodad
		ip -n "$1" -6 route add default via "$3::1"
	fi
}

# quiet IFACE MTU: up, without offloads, and the kernel says nothing on it. Early demultiplexing would
# hand what is for a connected UDP socket of this namespace to it, past the reverse path filter, besides
# the copy that comes by the router.
quiet() {
	sysctl -qw "net.ipv6.conf.$1.disable_ipv6=1" "net.ipv4.conf.$1.rp_filter=1" \
		net.ipv4.udp_early_demux=0
	ethtool -K "$1" tx off tso off gso off gro off >/dev/null
	ip link set "$1" mtu "$2" up
	sysctl -qw "net.ipv4.conf.$1.arp_ignore=8"
}

on() { ip netns exec "$@"; }
