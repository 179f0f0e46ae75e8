#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The command line and the commands: what wrong words get, exit statuses, help,
# command files, prompt, signals, and one, two and three lcores.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

program=$LAB_BUILD/app/dpdk-ipoib
eal=(--no-huge -m 512 --no-pci --log-level 4 --file-prefix cli)
one=(--lcores '0@0-1')
two=(--lcores '0@0-1,1@0-1')
three=(--lcores '0@0-1,1@0-1,2@0-1')
ports=(--vdev net_null0 --vdev net_null1)
failed=0

wrong()
{
	echo "FAILED: $*"
	sed 's/^/    /' "$LAB/err" | tail -n 5
	failed=1
}

# gives STATUS TEXT ARGUMENT...: the program ends so, and one line of its
# standard error is just that text (but for what stands for DPDK's words).
gives()
{
	local want=$1 text=$2 status=0

	shift 2
	timeout 20 "$program" "$@" >"$LAB/out" 2>"$LAB/err" </dev/null || status=$?
	[ "$status" -eq "$want" ] || wrong "exit status $status instead of $want: $*"
	grep -qxF "dpdk-ipoib: $text" "$LAB/err" || wrong "does not say '$text': $*"
}

# usage TEXT OPTION...: wrong options get one line, this one, and status 2.
usage()
{
	gives 2 "$1" -- "${@:2}"
	[ "$(wc -l <"$LAB/err")" -eq 1 ] || wrong "more than one line: ${*:2}"
	[ ! -s "$LAB/out" ] || wrong "says something on standard output: ${*:2}"
}

usage "unknown option '--rxqs=4': the nearest is --rxq; --help lists all" --rxqs=4
usage "unknown option '--frobnicate': --help lists all" --frobnicate
usage "unknown option '-z': --help lists all" -iz
usage "unexpected word 'start': options begin with --" -i start
usage "'--interactive=3': --interactive takes no argument" --interactive=3
usage "--rxq: needs an argument: allowed: a number from 1 to 64" --rxq
usage "--rxq 'four': allowed: a number from 1 to 64" --rxq four
usage "--rxq '0': allowed: a number from 1 to 64" --rxq=0
usage "--rxq '65': allowed: a number from 1 to 64" --rxq=65
usage "--rxq '-1': allowed: a number from 1 to 64" --rxq=-1
usage "--rxq ' 1': allowed: a number from 1 to 64" --rxq=' 1'
usage "--rxq '99999999999999999999': allowed: a number from 1 to 64" --rxq=99999999999999999999
usage "--burst '65': allowed: a number from 1 to 64" --burst=65
usage "--service-lcores '2': allowed: a number from 0 to 1" --service-lcores=2
usage "--portmask 'zz': allowed: a hexadecimal mask with at least one bit, as 0x3" --portmask=zz
usage "--portmask '0': allowed: a hexadecimal mask with at least one bit, as 0x3" --portmask=0
usage "--forward-mode 'csum': allowed: route, io, mac, macswap, rxonly, txonly, flowgen or icmpecho" \
	--forward-mode=csum
usage "'--numa' is testpmd's, and not here: memory is always on the port's NUMA node" --numa
usage "'--rxpt=8' is testpmd's, and not here: a driver's default thresholds are used" --rxpt=8
usage "--portlist '0,0': allowed: numbers and ranges, each port once, as 0,2-4" --portlist=0,0
usage "--port-topology 'ring': allowed: paired, chained or loop" --port-topology=ring
usage "--eth-peer '0': allowed: an Ethernet port and a MAC address, as 0,02:00:00:00:00:09" --eth-peer=0
usage "--tx-first: works without --interactive only; at the prompt say 'start tx_first'" --tx-first -i
usage "--tx-ip '192.0.2.1': allowed: two IPv4 addresses, as 198.18.0.1,198.18.0.2" --tx-ip=192.0.2.1
usage "--tx-udp '9,0': allowed: one or two ports from 1 to 65535, as 9,10" --tx-udp=9,0
usage "--txpkts '27': allowed: an IP length from 28 to 65535" --txpkts=27
usage "--gc-thresh1, --gc-thresh2, --gc-thresh3: allowed: numbers that ascend (what is not given counts with its default)" \
	--gc-thresh2 20000
usage "--stats-period: works without --interactive only; at the prompt say 'show port stats all'" \
	--stats-period=1 -i
gives 2 "'--portmask=3' stands before '--': the program's own options follow '--'" --portmask=3
gives 2 "EAL does not take its options (those before '--'), see the lines above" --no-such-option

for help in "--help" "-- --help" "-- -h"; do
	# shellcheck disable=SC2086 # two words
	"$program" $help >"$LAB/out" 2>"$LAB/err" || wrong "$help: exit status $?"
	[ ! -s "$LAB/err" ] || wrong "$help: says something on standard error"
	for option in interactive auto-start help version tx-first txonly-multi-flow flowgen-flows flowgen-clones \
		display-xstats record-core-cycles record-burst-stats \
		print-event mask-event mlockall coremask portlist port-topology disable-link-check no-lsc-interrupt \
		no-flush-rx keep-going mbcache max-pkt-len eth-peer cmdline-file stats-period nb-cores portmask \
		forward-mode rxq txq rxd txd burst mbuf-size total-num-mbufs tx-ip tx-udp txpkts tx-pps \
		service-lcores idle-sleep gc-interval gc-thresh1 gc-thresh2 gc-thresh3 neigh-queue; do
		grep -qE -- " --$option([= ]|$)" "$LAB/out" || wrong "$help: no --$option"
	done
done
"$program" --version | grep -q '^dpdk-ipoib [0-9.]* (DPDK ' || wrong "--version"

# At run time: status 1.
gives 1 "device '0000:ff:1f.7': there is none on the pci bus (see dpdk-devbind.py --status, and whether --no-pci was given)" \
	"${one[@]}" --no-huge -m 512 --file-prefix cli -a 0000:ff:1f.7 --
gives 2 "device 'net_ipoib0': no driver took it; the driver's lines above say why, or none knows it" \
	"${one[@]}" "${eal[@]}" --vdev net_ipoib0 --
gives 1 "EAL does not know a device of its options, or has no room: see the lines above" \
	"${one[@]}" "${eal[@]}" --vdev net_nosuch0 --
gives 1 "no port to forward between: name devices by EAL's -a PCI-ADDRESS or --vdev NAME,key=value" \
	"${one[@]}" "${eal[@]}" --
gives 1 "--portmask 0x9: port 3 does not exist or carries an IPoIB port" \
	"${one[@]}" "${eal[@]}" "${ports[@]}" -- --portmask 9
gives 1 "--nb-cores 2: only 1 of 1 lcores are left for workers (EAL's -l or --lcores gives more)" \
	"${one[@]}" "${eal[@]}" "${ports[@]}" -- --nb-cores 2
gives 1 "--service-lcores 1: needs three lcores or more, EAL has 2 (its -l or --lcores gives more)" \
	"${two[@]}" "${eal[@]}" "${ports[@]}" -- --service-lcores 1
gives 1 "--cmdline-file '/nonexistent/file': No such file or directory" \
	"${one[@]}" "${eal[@]}" "${ports[@]}" -- --cmdline-file /nonexistent/file
gives 1 "no memory for 1000000 mbufs of 4224 octets (4211 MB) on NUMA node 0: more hugepages or EAL's -m, or less by --total-num-mbufs or --mbuf-size: Cannot allocate memory" \
	"${one[@]}" "${eal[@]}" "${ports[@]}" -- --total-num-mbufs 1000000

# A command file stops at its first error, the program with it.
# file_gives LINE-NUMBER TEXT LINE...
file_gives()
{
	local line=$1 text=$2 status=0

	shift 2
	printf '%s\n' "$@" >"$LAB/file"
	timeout 20 "$program" "${one[@]}" "${eal[@]}" "${ports[@]}" -- --cmdline-file "$LAB/file" \
		>"$LAB/out" 2>"$LAB/err" </dev/null || status=$?
	[ "$status" -eq 1 ] || wrong "exit status $status instead of 1 of a file with: $*"
	[ "$(cat "$LAB/err")" = "$LAB/file:$line: $text" ] || wrong "not '$LAB/file:$line: $text'"
}

file_gives 3 "bad word 'wrong' after 'ip': expected address, route, neigh, dhcp-relay, multicast, set, vlan, bind or filter" \
	"# a comment" "ip address add 192.0.2.1/24 port 0" "ip wrong show" "quit"
file_gives 1 "no port 5: the ports are 0, 1" "ip address add 192.0.2.1/24 port 5"
file_gives 2 "198.51.100.0/24: the gateway is on no link of ours: 'ip address add' first" \
	"" "ip route add 198.51.100.0/24 via 203.0.113.1"
file_gives 1 "$LAB/file: 8 files load each other, no more" "load $LAB/file"
# ... unless it is told to go on.
printf '%s\n' "ip wrong" "ip address add 192.0.2.1/24 port 0" "load $LAB/none" "quit" >"$LAB/file"
timeout 20 "$program" "${one[@]}" "${eal[@]}" "${ports[@]}" -- --keep-going --cmdline-file \
	"$LAB/file" >"$LAB/out" 2>"$LAB/err" </dev/null || wrong "--keep-going: exit status $?"
[ "$(cut -d: -f 2 "$LAB/err" | tr '\n' ' ')" = "1 3 " ] || wrong "--keep-going: not lines 1 and 3"
file_gives 2 "bad word 'x' after 'ip': expected address, route, neigh, dhcp-relay, multicast, set, vlan, bind or filter" \
	"" "ip x"
grep -q "Forward statistics" "$LAB/out" && wrong "forwards although its command file failed"

# Every number of lcores: forwards without being told to, ends by SIGTERM in
# order, with everything accounted for, and never reads standard input.
printf '%s\n' "ip address add 192.0.2.1/24 port 0" >"$LAB/file"
# shellcheck disable=SC2317 # called by lab_wait
forwards() { [ "$(lab_query cli -s rx_packets /fwd/stats)" -gt 0 ]; }

# runs SIGNAL LCORES OPTION...
runs()
{
	local signal=$1 lcores=$2 pid status=0 word

	shift 2
	rm -f "$LAB/stdin"
	mkfifo "$LAB/stdin"
	exec 3<>"$LAB/stdin"
	echo "quit" >&3
	timeout 60 "$program" --lcores "$lcores" "${eal[@]}" "${ports[@]}" -- \
		--cmdline-file "$LAB/file" "$@" >"$LAB/out" 2>"$LAB/err" <"$LAB/stdin" &
	pid=$!
	lab_wait 20 forwards || wrong "$lcores $*: does not forward"
	lab_is 192.0.2.1/24 lab_query cli -g rows.0.address /ip/address || wrong "$lcores $*: no address"
	kill "-$signal" "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 0 ] || wrong "$lcores $*: exit status $status after SIG$signal"
	grep -qx '  unaccounted 0' "$LAB/out" || wrong "$lcores $*: not 'unaccounted 0'"
	grep -qE '(drop_l2_dst|delivered): [1-9]' "$LAB/out" || wrong "$lcores $*: no packet's fate"
	grep -qx 'Done.' "$LAB/out" || wrong "$lcores $*: not 'Done.'"
	read -r -t 1 word <&3
	[ "$word" = quit ] || wrong "$lcores $*: has read standard input"
	exec 3>&-
}

runs TERM "${one[1]}"
runs INT "${one[1]}" --idle-sleep 100
runs TERM "${two[1]}"
runs INT "${two[1]}" --idle-sleep 100
runs TERM "${three[1]}"
runs TERM "${three[1]}" --service-lcores 0 --nb-cores 2
forwards() { [ "$(grep -c 'NIC statistics for port 1' "$LAB/out")" -ge 2 ]; }
runs TERM "${three[1]}" --stats-period 1 --forward-mode rxonly

"$LAB_TOP/tests/smoke/cli_prompt.py" "$program" "${one[@]}" "${eal[@]}" "${ports[@]}" -- -i || failed=1
"$LAB_TOP/tests/smoke/cli_prompt.py" "$program" "${three[@]}" "${eal[@]}" "${ports[@]}" -- -i || failed=1

# Through a pipe: the end of input is the end of the program.
printf 'show port stats all\n' |
	timeout 20 "$program" "${two[@]}" "${eal[@]}" "${ports[@]}" -- -i -a >"$LAB/out" 2>"$LAB/err" ||
	wrong "a pipe's end: exit status $?"
[ "$(grep -c 'NIC statistics for port' "$LAB/out")" -eq 2 ] || wrong "no statistics of both ports"
grep -qx '  unaccounted 0' "$LAB/out" || wrong "-a does not start forwarding"

[ "$failed" -eq 0 ] || lab_die "some FAILED"
echo "ok"
