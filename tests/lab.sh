# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A private laboratory: client and server (plain Linux), two gateways, a Linux
# bridge as the InfiniBand cable, OpenSM on ibsim as the fabric. Sourced by the
# demo and by the smoke tests; call lab_enter "$@" first.
#
#   client ns        the laboratory's own namespace             server ns
#   192.0.2.2 --- ea [gateway A] ca === br === cb [gateway B] eb --- 198.51.100.2
#          port 0 192.0.2.1  port 1 203.0.113.1 <-> 203.0.113.2  198.51.100.1
#
# Everything lives in namespaces of its own (processes, network, mounts), with
# a private /run: when the first process ends, however it ends, the kernel
# takes all the rest away. Any number of laboratories run side by side.

LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LAB_BUILD=$(realpath -m --relative-base="$PWD" "${BUILD:-$LAB_TOP/build}")
case $LAB_BUILD in /*) ;; *) LAB_BUILD=$PWD/$LAB_BUILD ;; esac
LAB=/run/lab # private: a tmpfs of this laboratory
LAB_PMD=$LAB/pmd/librte_net_ipoib.so # see lab_pmd()
LAB_QUERY=$LAB_TOP/usertools/dpdk-ipoib-query

# lab_enter "$@": run the calling script again inside a laboratory and leave
# with its exit status; inside it, return.
lab_enter()
{
	local user=() pid status

	if [ -n "${LAB_INSIDE:-}" ]; then
		lab_inside
		return 0
	fi
	[ "$(id -u)" -eq 0 ] || user=(--user --map-root-user)
	LAB_INSIDE=1 unshare "${user[@]}" --mount --propagation unchanged --net --pid --fork \
		--kill-child --mount-proc bash "$0" "$@" &
	pid=$!
	# --kill-child: when unshare dies, so does all that is inside.
	trap 'lab_kill $pid' EXIT
	trap 'lab_kill $pid; lab_interrupted; exit 130' INT
	trap 'lab_kill $pid; lab_interrupted; exit 143' TERM HUP
	status=0
	wait "$pid" || status=$?
	trap - EXIT
	exit "$status"
}

lab_kill()
{
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# What a script says when it is interrupted; scripts may define their own.
lab_interrupted() { echo "interrupted" >&2; }

# What is mounted from here on is nobody else's. In a chroot / is no mount.
lab_private_mounts()
{
	mount --make-rprivate / 2>/dev/null && return
	mountpoint -q /run || lab_die "in a chroot, /run must be a file system of its own"
	awk '{print $5}' /proc/self/mountinfo | while read -r where; do
		mount --make-private "$where"
	done
}

lab_inside()
{
	lab_private_mounts
	mount -t tmpfs -o mode=0755 none /run
	mkdir -p /run/netns /run/lock "$LAB"
	trap lab_last EXIT
	ip link set lo up
	cd "$LAB" || exit 1
	export FABRIC_NETNS=1
	# shellcheck source=fabric.sh
	. "$LAB_TOP/tests/fabric.sh"
}

lab_die()
{
	echo "$*" >&2
	exit 1
}

# lab_wait SECONDS COMMAND...: until it succeeds; fails after SECONDS, which are those of a machine
# with nothing else to do: three times as long is waited, for what fails is the program, not the load.
lab_wait()
{
	local end=$((SECONDS + 3 * $1 + 1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# lab_index: for the next interface that a gateway owns. af_packet numbers its
# fanout groups by (process id XOR interface index), 16 bits of it, and fails if
# two interfaces of a namespace get the same: process ids here are below 4096.
lab_index()
{
	LAB_INDEX=$((${LAB_INDEX:-0} + 0x1000))
}

# lab_host NAME ADDRESS/24 GATEWAY IFACE: a Linux host behind a veth; IFACE is
# the gateway's end of it.
lab_host()
{
	ip netns add "$1"
	lab_index
	ip link add "$4" index "$LAB_INDEX" type veth peer name eth0 netns "$1"
	lab_quiet_iface "$4" 1500
	lab_in "$1" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
	lab_in "$1" ip link set lo up
	lab_in "$1" ip addr add "$2" dev eth0
	lab_in "$1" ip link set eth0 up
	lab_in "$1" ip route add default via "$3"
	# The first packets of a flood should not meet a cold neighbour cache.
	lab_in "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
}

# lab_quiet_iface IFACE MTU: up, without offloads and without IPv6 chatter:
# the gateways' processes own it, the kernel must not answer on it.
lab_quiet_iface()
{
	sysctl -qw "net.ipv6.conf.$1.disable_ipv6=1"
	ethtool -K "$1" tx off tso off gso off gro off >/dev/null
	ip link set "$1" mtu "$2" up
	sysctl -qw "net.ipv4.conf.$1.arp_ignore=8"
}

# lab_vlans HOST VID...: VLAN interfaces of LAB_VLAN_IFACE (eth0), Linux's own if the kernel has them.
lab_vlans()
{
	local host=$1 vid iface=${LAB_VLAN_IFACE:-eth0}

	shift
	if lab_in "$host" ip link add link "$iface" name "$iface.1" type vlan id 1 2>/dev/null; then
		lab_in "$host" ip link del "$iface.1"
		for vid; do
			lab_in "$host" ip link add link "$iface" name "$iface.$vid" type vlan id "$vid"
		done
	else
		echo "no 8021q in this kernel: tags are added and removed by vlan_tap.py"
		lab_in "$host" "$LAB_TOP/tests/smoke/vlan_tap.py" "$iface" "$@" >"$LAB/$host.tap" 2>&1 &
		lab_wait 10 grep -q ready "$LAB/$host.tap" || lab_die "no VLAN interfaces: $(cat "$LAB/$host.tap")"
	fi
	for vid; do
		# As lab_host has it.
		[ "$iface" != eth0 ] || lab_in "$host" sysctl -qw "net.ipv6.conf.eth0/$vid.disable_ipv6=1"
		lab_in "$host" ip link set "$iface.$vid" up
	done
}

# lab_cable IFACE...: a bridge with one end for each HCA. IFACE is the HCA's
# end; frames of up to 2096 octets pass. No MAC is remembered: LIDs move.
lab_cable()
{
	ip link add br0 type bridge ageing_time 0 mcast_snooping 0
	sysctl -qw net.ipv6.conf.br0.disable_ipv6=1
	lab_cable_add "$@"
	ip link set br0 mtu 2200 up
}

# lab_cable_add IFACE...: more ends.
lab_cable_add()
{
	local iface

	for iface in "$@"; do
		lab_index
		ip link add "$iface" index "$LAB_INDEX" type veth peer name "$iface-br"
		lab_quiet_iface "$iface" 2200
		lab_quiet_iface "$iface-br" 2200
		ip link set "$iface-br" master br0
	done
}

# lab_memory: EAL options for the memory of one more program: hugepages, in a
# mount that nobody else sees, if there are enough for a whole laboratory. LAB_MB: if
# 768 MB are not the right amount.
lab_memory()
{
	local free

	if ! mountpoint -q /run/huge; then
		free=$(awk '/HugePages_Free/ {n = $2} /Hugepagesize/ {print int(n * $2 / 1024)}' \
			/proc/meminfo)
		mkdir -p /run/huge
		if [ "${free:-0}" -lt 2400 ] || ! mount -t hugetlbfs none /run/huge; then
			LAB_MEMORY=(--no-huge -m "${LAB_MB:-768}")
			# shellcheck disable=SC2034 # for those who source this
			LAB_MEMORY_NOTE="ordinary memory (no free hugepages)"
			return
		fi
	fi
	LAB_MEMORY=(--huge-dir /run/huge -m "${LAB_MB:-768}")
	# shellcheck disable=SC2034 # for those who source this
	LAB_MEMORY_NOTE="hugepages"
}

# lab_run NAME COMMANDS VDEV... -- [option...]: start a dpdk-ipoib. Its log is
# $LAB/NAME.log, its file prefix NAME. LAB_LCORES: EAL's --lcores, if not both CPUs.
# With the option -i it takes commands of lab_say. LAB_PRELOAD: a library for LD_PRELOAD. LAB_UNDER:
# words in front of the program, as those of valgrind.
LAB_UNDER=()
lab_run()
{
	local name=$1 commands=$2 vdevs=() input=/dev/null

	shift 2
	case " $* " in
	*" -i "*)
		input=$LAB/$name.in
		mkfifo "$input"
		;;
	esac
	while [ "$1" != -- ]; do
		vdevs+=(--vdev "$1")
		shift
	done
	lab_memory
	LD_PRELOAD=${LAB_PRELOAD:-${LD_PRELOAD:-}} \
		"${LAB_UNDER[@]}" "$LAB_BUILD/app/dpdk-ipoib" --lcores "${LAB_LCORES:-0@0-1,1@0-1}" \
		--no-pci "${LAB_MEMORY[@]}" --file-prefix "$name" "${vdevs[@]}" "$@" --idle-sleep 50 \
		--cmdline-file "$commands" <>"$input" >"$LAB/$name.log" 2>&1 &
	echo $! >"$LAB/$name.pid"
	: >"$LAB/$name.ours"
}

# lab_say NAME COMMAND...: run a command at a gateway's prompt, print what it answers.
lab_say()
{
	local name=$1 mark="# $EPOCHREALTIME" from

	shift
	# Only what is new is looked at: what went before may be megabytes.
	from=$(($(stat -c %s "$LAB/$name.log") + 1))
	printf '%s\n%s\n' "$*" "$mark" >"$LAB/$name.in"
	lab_wait 20 lab_said "$name" "$from" "$mark" || lab_fail "$name does not answer '$*'"
	# Between the command, which the prompt repeats, and the mark; the log goes on meanwhile.
	(awk -v mark="$mark" -v command="$*" '
		index($0, mark) { printf "%s", answer; exit }
		index($0, command) { answer = ""; next }
		/control: / { next }
		{ answer = answer $0 "\n" }' <(tail -c "+$from" "$LAB/$name.log"))
}

# lab_said NAME FROM TEXT: is it in the log, from that octet on? In a shell of its own: a caller's $!
# stays what it was.
lab_said() (grep -qF "$3" <(tail -c "+$2" "$LAB/$1.log"))

# lab_af_packet N IFACE, lab_ipoib N HCA CARRIER [,KEY=VALUE...]: arguments of --vdev.
# af_packet always asks the kernel to reassemble IP fragments (PACKET_FANOUT_FLAG_DEFRAG),
# so an Ethernet port gets packets above its MTU too, up to framesz, which must hold them.
# LAB_FRAMES: if a ring is not to have 1024 frames.
lab_af_packet()
{
	echo "net_af_packet$1,iface=$2,framesz=4096,blocksz=4096,framecnt=${LAB_FRAMES:-1024}"
}
lab_ipoib() { echo "net_ipoib$1,hca=soft,device=$2,mad=ibsim:$IBSIM_SOCKNAME,carrier=$3${4:-}"; }

# lab_gateway NAME HCA ETH CARRIER COMMANDS [option...]: Ethernet is port 0, IPoIB port 1.
lab_gateway()
{
	local name=$1 hca=$2 eth=$3 carrier=$4 commands=$5

	shift 5
	lab_run "$name" "$commands" "$(lab_af_packet 0 "$eth")" "$(lab_ipoib 0 "$hca" net_af_packet1)" \
		"$(lab_af_packet 1 "$carrier")" -- "$@"
}

# The driver as a plug-in, $LAB_PMD: EAL takes none from below a folder that everybody may write, and the
# tree may be in /tmp.
lab_pmd() { install -D "$LAB_BUILD/drivers/net/ipoib/librte_net_ipoib.so" "$LAB_PMD"; }

# lab_testpmd NAME HCA CARRIER [VDEV...] -- OPTION...: the distribution's testpmd. Its port 0 is the
# HCA in mode=ether, its log $LAB/NAME.log, and it takes commands by $LAB/NAME.in. LAB_ETHER: more
# arguments of that port, ",KEY=VALUE...".
lab_testpmd()
{
	local name=$1 hca=$2 carrier=$3 vdevs=()

	lab_pmd
	shift 3
	while [ "$1" != -- ]; do
		vdevs+=(--vdev "$1")
		shift
	done
	shift
	mkfifo "$LAB/$name.in"
	LAB_MB=256 lab_memory
	stdbuf -oL dpdk-testpmd --lcores '0@0-1,1@0-1' --no-pci "${LAB_MEMORY[@]}" --file-prefix "$name" \
		-d "$LAB_PMD" \
		--vdev "$(lab_ipoib 0 "$hca" net_af_packet1 ",mode=ether,qpn=0x777${LAB_ETHER:-}")" \
		"${vdevs[@]}" --vdev "$(lab_af_packet 1 "$carrier")" -- -i --total-num-mbufs 8192 \
		--mbuf-size 4400 "$@" <>"$LAB/$name.in" >"$LAB/$name.log" 2>&1 &
	echo $! >"$LAB/$name.pid"
}

# lab_query NAME ARGUMENT...: ask a gateway's telemetry.
lab_query()
{
	local name=$1

	shift
	"$LAB_QUERY" -f "$name" "$@"
}

# lab_stop NAME: end a gateway in order; its last words are in its log, and must account for all.
lab_stop()
{
	local pid

	pid=$(cat "$LAB/$1.pid")
	kill -TERM "$pid" 2>/dev/null
	lab_wait 10 lab_gone "$pid" || return 1
	wait "$pid" || return
	[ ! -e "$LAB/$1.ours" ] || lab_closed "$1"
}

# lab_closed NAME: nothing unaccounted for when it stopped, if it says so, nor mbufs or address
# handles that nobody gave back.
lab_closed()
{
	local bad

	bad=$(grep -E '^ *unaccounted' "$LAB/$1.log" | tail -n 1 | grep -v '^ *unaccounted:\? 0$') &&
		lab_fail "$1:$bad"
	bad=$(grep -E ' closed with [0-9]+ mbufs' "$LAB/$1.log" | tail -n 1)
	case ${bad##* closed with } in
	"0 mbufs and 0 address handles in use") ;;
	*) lab_fail "$1: ${bad:-says nothing about its mbufs}" ;;
	esac
}

# The end of every laboratory that has not failed: what still runs is stopped and looked at, too.
lab_last()
{
	local status=$? pid name

	[ "$status" -eq 0 ] || exit "$status"
	# Of the first process only, not of its subshells.
	[ "$BASHPID" -eq $$ ] || exit 0
	for pid in "$LAB"/*.pid; do
		name=$(basename "$pid" .pid)
		[ -e "$LAB/$name.ours" ] || continue
		lab_gone "$(cat "$pid")" && continue
		lab_stop "$name" || lab_fail "$name does not end in order"
	done
	exit 0
}

lab_gone() { ! kill -0 "$1" 2>/dev/null; }

# lab_kill_now NAME: without a chance to end in order. It is gone when this returns: its files are
# locked until then, so another one with its name could not start.
lab_kill_now()
{
	kill -KILL "$(cat "$LAB/$1.pid")"
	wait "$(cat "$LAB/$1.pid")" 2>/dev/null
}

# lab_is TEXT COMMAND...: does it print just that?
lab_is()
{
	local want=$1

	shift
	[ "$("$@" 2>/dev/null)" = "$want" ]
}

# lab_port_up NAME [PORT]: the InfiniBand port of a gateway is up.
lab_port_up() { lab_is up lab_query "$1" -g link "/ipoib/info,${2:-1}"; }

# lab_ports_up: of both gateways, or the test ends.
lab_ports_up()
{
	local name

	for name in gateway-a gateway-b; do
		lab_wait 20 lab_port_up "$name" ||
			lab_fail "$name: port $(lab_query "$name" -g link /ipoib/info,1)"
	done
}

# lab_in NAMESPACE COMMAND...: not "ip netns exec", which needs / to be a mount.
lab_in()
{
	local namespace=$1

	shift
	nsenter --net="/run/netns/$namespace" "$@"
}

# lab_client COMMAND..., lab_server COMMAND...
lab_client() { lab_in client "$@"; }
lab_server() { lab_in server "$@"; }

# lab_hosts_and_cable: the network of the drawing above, without gateways.
lab_hosts_and_cable()
{
	lab_host client 192.0.2.2/24 192.0.2.1 ea
	lab_host server 198.51.100.2/24 198.51.100.1 eb
	lab_cable ca cb
}

# lab_gateways [option...]: both gateways of the demo, on different switches.
# shellcheck disable=SC2120 # options are seldom given
lab_gateways()
{
	lab_gateway gateway-a Hca3 ea ca "$LAB_TOP/config/gateway-a.cmd" "$@"
	lab_gateway gateway-b Hca2 eb cb "$LAB_TOP/config/gateway-b.cmd" "$@"
}

# lab_counter NAME COUNTER: sum of a counter over all ports.
lab_counter()
{
	lab_query "$1" -s "$2" /fwd/stats
}

# lab_above NAME COUNTER VALUE: is the counter above that value?
lab_above() { [ "$(lab_counter "$1" "$2")" -gt "$3" ]; }

# lab_ping_whole FILE: did a ping that was ended by SIGINT lose nothing? Its last packet may have
# been on its way.
lab_ping_whole()
{
	awk '/packets transmitted/ { sent = $1; got = $4 } END { exit !(got > 0 && sent - got <= 1) }' "$1"
}

# lab_ping [COUNT]: the client reaches the server, COUNT times without a loss.
lab_ping() { lab_client ping -q -n -c "${1:-1}" -i 0.02 -W 1 198.51.100.2; }

# lab_finish: stop both gateways; each must end in order with nothing
# unaccounted for. The last words of a smoke test.
lab_finish()
{
	local name

	for name in gateway-a gateway-b; do
		lab_stop "$name" || lab_fail "$name does not end in order"
		lab_accounted "$name" || lab_fail "$name: unaccounted packets"
	done
	fabric_stop
	echo "ok"
}

lab_accounted() { grep -Eq '^ *unaccounted:? 0$' "$LAB/$1.log"; }

# lab_fail WORDS...: end the test, with the gateways' last words.
lab_fail()
{
	tail -n 30 "$LAB"/*.log >&2
	lab_die "FAILED: $*"
}

# lab_start: fabric, hosts, cable and both gateways, up to working ports.
# shellcheck disable=SC2120 # options are seldom given
lab_start()
{
	fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
	lab_hosts_and_cable
	lab_gateways "$@"
	lab_ports_up
}

# lab_generator NAME HCA CARRIER COMMANDS [option...]: a dpdk-ipoib that sends to
# 20-octet addresses, with an InfiniBand port only (port 0).
lab_generator()
{
	local name=$1 hca=$2 carrier=$3 commands=$4

	shift 4
	lab_run "$name" "$commands" "$(lab_ipoib 0 "$hca" net_af_packet1)" \
		"$(lab_af_packet 1 "$carrier")" -- --forward-mode txonly "$@"
}

# lab_udp_sink PORT FILE [HOST]: count the datagrams that reach the server, and their octets.
lab_udp_sink()
{
	lab_in "${3:-server}" /usr/bin/python3 -c '
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 25)  # SO_RCVBUFFORCE
sock.bind(("0.0.0.0", int(sys.argv[1])))
packets = octets = 0
with open(sys.argv[2], "w") as out:
    print("0 0", file=out, flush=True)
    while True:
        octets += len(sock.recv(65536))
        packets += 1
        out.seek(0)
        print(packets, octets, file=out, flush=True)
' "$1" "$2" &
	lab_wait 5 test -s "$2" || lab_die "the UDP sink does not start"
}

# lab_stream_begin PPS SECONDS [FLOWS]: a numbered stream from the client to the server.
# lab_stream_end: wait for its end; LAB_STREAM is then the line of tests/tools/gap
# (received=N lost=N doubled=N overtaken=N longest_gap_us=N gap_at_ms=N).
# lab_stream_stop: the same, but the stream ends now; what must happen while it flows may then take
# as long as a loaded machine or a sanitizer makes it.
LAB_GAP=$LAB_BUILD/tests/tools/gap
lab_stream_begin()
{
	lab_server "$LAB_GAP" recv 198.51.100.2 9000 "$LAB/stream.out" &
	LAB_STREAM_RECV=$!
	lab_wait 5 test -s "$LAB/stream.out" || lab_die "the stream's receiver does not start"
	lab_client "$LAB_GAP" send 198.51.100.2 9000 "$@" >/dev/null &
	LAB_STREAM_SEND=$!
}

lab_stream_end()
{
	wait "$LAB_STREAM_SEND" || lab_die "the stream's sender failed"
	# The program itself: the job is the shell around it.
	pkill -TERM -x -f "$LAB_GAP recv .*"
	wait "$LAB_STREAM_RECV" || lab_die "the stream's receiver failed"
	LAB_STREAM=$(cat "$LAB/stream.out")
	rm "$LAB/stream.out"
}

lab_stream_stop()
{
	pkill -TERM -x -f "$LAB_GAP send .*" || lab_die "the stream has ended before what it was for"
	lab_stream_end
}

# lab_stream_value KEY: of the last stream.
lab_stream_value() { grep -o "$1=[0-9]*" <<<"$LAB_STREAM" | cut -d= -f2; }

# Several streams at a time. lab_flow_begin TAG FROM TO ADDRESS PPS SECONDS: a numbered stream from
# one host to another's address. lab_flows_end TAG...: wait for their end; what became of each is
# then in $LAB/TAG.flow, in the words of lab_stream_end, and what its sender says in $LAB/TAG.sent.
# lab_flow_value TAG KEY: one number of the former. lab_flow_show NAME TAG: both, on one line.
declare -A LAB_FLOW_RECV LAB_FLOW_SEND
lab_flow_begin()
{
	local tag=$1 from=$2 to=$3 address=$4

	rm -f "$LAB/$tag.flow"
	lab_in "$to" "$LAB_GAP" recv "$address" 9000 "$LAB/$tag.flow" &
	LAB_FLOW_RECV[$tag]=$!
	lab_wait 5 test -s "$LAB/$tag.flow" || lab_die "the receiver of $tag does not start"
	lab_in "$from" "$LAB_GAP" send "$address" 9000 "$5" "$6" >"$LAB/$tag.sent" &
	LAB_FLOW_SEND[$tag]=$!
}

lab_flows_end()
{
	local tag

	for tag in "$@"; do
		wait "${LAB_FLOW_SEND[$tag]}" || lab_die "the sender of $tag failed"
	done
	# The programs themselves: the jobs are the shells around them.
	pkill -TERM -x -f "$LAB_GAP recv .*"
	for tag in "$@"; do
		wait "${LAB_FLOW_RECV[$tag]}" || lab_die "the receiver of $tag failed"
	done
}

lab_flow_show()
{
	printf '%-11s %-6s %s (%s)\n' "$1" "$2" "$(cat "$LAB/$2.flow")" \
		"$(grep -o 'latest_us=.*' "$LAB/$2.sent")"
}

lab_flow_value() { grep -o "$2=[0-9]*" "$LAB/$1.flow" | cut -d= -f2; }

# lab_ip6_host NAME ADDRESS GATEWAY: IPv6 on a host, its duplicate detection over.
lab_ip6_host()
{
	lab_in "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
	lab_in "$1" ip -6 addr add "$2/64" dev eth0 nodad
	lab_in "$1" ip -6 route add default via "$3"
}

# Multicast (tests/tools/mcast.py). lab_mcast_listen HOST GROUP: join and count, until
# lab_mcast_unlisten HOST; lab_mcast_send HOST GROUP COUNT [LENGTH [TTL [SOURCE]]]; lab_mcast_got
# HOST WORDS: what the host has counted.
lab_mcast_listen()
{
	rm -f "$LAB/$1.mcast"
	lab_in "$1" /usr/bin/python3 "$LAB_TOP/tests/tools/mcast.py" recv "$2" "$LAB/$1.mcast" &
	LAB_LISTENER=$!
	lab_wait 5 test -s "$LAB/$1.mcast" || lab_die "no receiver"
}

lab_mcast_unlisten()
{
	pkill -TERM -f "mcast.py recv .* $LAB/$1.mcast"
	wait "$LAB_LISTENER"
}

lab_mcast_send() { lab_in "$1" /usr/bin/python3 "$LAB_TOP/tests/tools/mcast.py" send "${@:2}"; }
lab_mcast_got() { grep -q "^$2 *$" "$LAB/$1.mcast"; }

# lab_mcast_rows NAME GROUP: who wants it of a gateway, on one line each. lab_mcast_upstream,
# lab_mcast_unknown NAME GROUP: it is asked for upstream; nobody wants it.
lab_mcast_rows()
{
	lab_query "$1" /ip/multicast | tr -d ' \n"' | grep -o "group:$2,[^}]*"
}
lab_mcast_upstream() { lab_mcast_rows "$1" "$2" | grep -q upstream:joined; }
lab_mcast_unknown() { ! lab_mcast_rows "$1" "$2" >/dev/null; }

# lab_mcast_faults FILE: the IGMP and MLD messages of a capture that tshark finds malformed, or
# that may leave their link, or that have no Router Alert or a wrong checksum.
lab_mcast_faults()
{
	tshark -o ip.check_checksum:TRUE -r "$1" -Y "(igmp && (_ws.malformed || ip.ttl != 1 || \
!ip.opt.ra || ip.checksum.status != 1 || igmp.checksum.status != 1)) || \
(((icmpv6.type >= 130 && icmpv6.type <= 132) || icmpv6.type == 143) && (_ws.malformed || \
ipv6.hlim != 1 || !ipv6.opt.router_alert || icmpv6.checksum.status != 1))" 2>/dev/null
}

# lab_mcast_some FILE FILTER...: does the capture have a packet for each of them?
lab_mcast_some()
{
	local file=$1 filters counts i=0 filter

	shift
	filters=$(printf ",%s" "$@")
	# In one go: a row "| start <> end | packets | octets | packets | octets ... |".
	read -ra counts < <(tshark -q -r "$file" -z "io,stat,0$filters" 2>/dev/null |
		awk -F "|" '/ <> / { for (i = 3; i < NF; i += 2) print $i + 0 }' | tr '\n' ' ')
	for filter in "$@"; do
		[ "${counts[i++]:-0}" -gt 0 ] || lab_fail "$file: no $filter"
	done
}
