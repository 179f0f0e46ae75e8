#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Four receive queues without RSS, 15 hosts that know us only from what we send: each sends to the
# QPN that it was told. 100 broadcasts of ours move all of them to the first queue, and they are
# told again: 5 s later the busiest queue has at most 1.5 times the mean, and nothing was lost on
# the way. Then the port is stopped and started with two queues, and with four again: nobody keeps
# a QPN that is gone. The hosts, whose ARP entries follow Linux's rules, are tests/tools/ibpeers.
# timeout: 240

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

HOSTS=15 PPS=100 QUEUES=4

cat >"$LAB/gateway.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 10.77.0.1/16 port 1
start
X

# ADDRESS GUID LID QPN: sequential GUIDs and one QPN, as equal machines have them.
hosts_of_fabric()
{
	awk -v hosts=$HOSTS '
		/^0x00000000001/ && ++n > 3 && n <= 3 + hosts {
			printf "10.77.1.%d %s %s 72\n", n - 3, $1, $2
		}' <(sort "$FABRIC_DIR/osm/guid2lid")
}

# column NAME: of all receive queues.
column()
{
	lab_query gateway /ipoib/queues,1 | tr -d ' \n"' | grep -o "\b$1:[0-9]*" | cut -d: -f2
}

# counts: packets of each queue, in COUNTS; telemetry may be busy.
counts()
{
	COUNTS=$(column rx_packets)
	[ -n "$COUNTS" ]
}

# spread SECONDS: the packets of the next seconds by queue, and the busiest queue's in percent of
# the mean, which is BUSIEST.
spread()
{
	local before

	lab_wait 5 counts || lab_fail "no counts"
	before=$COUNTS
	sleep "$1"
	lab_wait 5 counts || lab_fail "no counts"
	paste <(echo "$before") <(echo "$COUNTS") | awk '
		{ n = $2 - $1; sum += n; if (n > most) most = n; printf " %d", n }
		END { printf "  %d\n", sum <= 0 ? 999 : most * NR * 100 / sum }' >"$LAB/spread"
	BUSIEST=$(awk '{print $NF}' "$LAB/spread")
}

# balanced WHAT QUEUES: the packets of two seconds are, on so many queues.
balanced()
{
	spread 2
	echo "$1: by queue$(cat "$LAB/spread") % (busiest / mean)"
	[ "$(wc -w <"$LAB/spread")" -eq $(($2 + 1)) ] || lab_fail "not $2 queues"
	[ "$BUSIEST" -le 150 ] || lab_fail "$1: the busiest queue has $BUSIEST % of the mean"
}

# resolve FIRST LAST NET: one datagram from the client to each address, each another flow.
resolve()
{
	lab_client /usr/bin/python3 -c '
import socket, sys, time
for i in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.sendto(bytes(8), ("10.77.%s.%d" % (sys.argv[3], i), 9))
    time.sleep(0.01)
' "$1" "$2" "$3"
}

# hosts_begin: they learn us from our questions only, so from broadcasts.
hosts_begin()
{
	"$LAB_BUILD/tests/tools/ibpeers" cb "$LAB/hosts" 0xb1b 0xffff "$LAB/hosts.out" 10.77.0.1 \
		192.0.2.2 $PPS &
	hosts_pid=$!
	lab_wait 5 grep -q ready "$LAB/hosts.out" || lab_die "no hosts"
	lab_say gateway ip neigh flush port 1
	came=$(received)
	resolve 1 $HOSTS 1
	lab_wait 10 all_known || lab_fail "peers of the queues: $(column peers | xargs)"
	lab_wait 5 settled "$QUEUES" || lab_fail "the busiest queue has $BUSIEST % of the mean"
}

# hosts_end QUEUES: the hosts know so many of our QPNs.
hosts_end()
{
	kill -USR1 $hosts_pid
	sleep 0.5
	kill -TERM $hosts_pid
	wait $hosts_pid
	cat "$LAB/hosts.out"
	[ "$(value known)" -eq $HOSTS ] || lab_fail "not all hosts know us"
	[ "$(value bad_frames)" -eq 0 ] || lab_fail "bad frames"
	[ "$(value qpns)" -eq "$1" ] || lab_fail "$(value qpns) QPNs are known, not $1"
}

# settled QUEUES: are the packets of a second on so many queues, evenly?
settled() { spread 1 && [ "$(wc -w <"$LAB/spread")" -eq $(($1 + 1)) ] && [ "$BUSIEST" -le 150 ]; }

# answers WORDS COMMAND...: the prompt's answer to a command has these words.
answers() { lab_say gateway "${@:2}" | grep -qF "$1" || lab_fail "'${*:2}' does not say '$1'"; }

# change QUEUES: the port's receive queues, while the hosts send.
change()
{
	answers "Port 1 is stopped" port stop 1
	lab_is "down: stopped" lab_query gateway -g link /ipoib/info,1 || lab_fail "not stopped"
	answers "port 1 is stopped already" port stop 1
	answers "1 to 4 RX queues are possible" port config 1 rxq 5
	answers "1 to 4 RX queues are possible" port config 1 rxq 0
	lab_say gateway port config 1 rxq "$1"
	answers "Port 1 is started" port start 1
	lab_wait 20 lab_port_up gateway || lab_fail "port $(lab_query gateway -g link /ipoib/info,1)"
	lab_wait 10 settled "$1" || lab_fail "with $1 queues: by queue$(cat "$LAB/spread")"
	balanced "after a start with $1 queues" "$1"
}

all_arrived() { [ $(($(received) - came)) -eq "$(value sent)" ]; }
all_known() { [ "$(column peers | paste -sd+ | bc)" -ge $HOSTS ]; }
value() { grep -o "\b$1=[0-9]*" "$LAB/hosts.out" | cut -d= -f2; }
received() { cut -d' ' -f1 "$LAB/sink"; }

/usr/bin/python3 "$LAB_TOP/tests/tools/fattree.py" 32 >"$LAB/topo" || lab_die "no topology"
FABRIC_SMHOST=H0 fabric_start "$LAB/fabric" "$LAB/topo" || lab_die "no fabric"
lab_host client 192.0.2.2/24 192.0.2.1 ea
lab_udp_sink 9 "$LAB/sink" client
lab_cable ca cb
hosts_of_fabric >"$LAB/hosts"
[ "$(wc -l <"$LAB/hosts")" -eq $HOSTS ] || lab_die "too few LIDs in guid2lid"
# Four workers, each with a queue of either port: each sends from another QPN.
LAB_LCORES='(0-5)@(0-1)' lab_run gateway "$LAB/gateway.cmd" "$(lab_af_packet 0 ea),qpairs=4" \
	"$(lab_ipoib 0 H1 net_af_packet1 ,queues=$QUEUES)" "$(lab_af_packet 1 ca)" -- -i --rxq $QUEUES
lab_wait 40 lab_port_up gateway || lab_fail "port $(lab_query gateway -g link /ipoib/info,1)"

hosts_begin
balanced "after $HOSTS questions" $QUEUES
lab_say gateway ipoib queues show 1
# A hundred broadcasts more, to which nobody answers.
resolve 1 100 9
spread 1
echo "within 1 s of 100 broadcasts: by queue$(cat "$LAB/spread") %"
sleep 3
balanced "5 s after 100 broadcasts" $QUEUES
# To them from each of our QPNs.
for _ in 1 2 3 4; do
	resolve 1 $HOSTS 1
done
hosts_end $QUEUES
lab_wait 5 all_arrived || lab_fail "$(value sent) sent, $(($(received) - came)) arrived"
[ "$(value source_qpns)" -eq $QUEUES ] || lab_fail "we sent from $(value source_qpns) QPNs"
[ "$(value received)" -eq $((5 * HOSTS)) ] || lab_fail "$(value received) of $((5 * HOSTS)) came"

# Bad requests: one line each, nothing changes.
answers "port 1 runs: 'port stop 1' first" port config 1 rxq 2
answers "port 0 runs: 'port stop 0' first" port config all rxq 2
answers "port 1 is started already" port start 1
answers "no port 7" port stop 7

hosts_begin
change 2
hosts_end 2
QUEUES=2 hosts_begin
change 4
hosts_end 4

# All ports: of af_packet the queues cannot change, and then those of no port do.
lab_say gateway port stop all
answers "its driver cannot change the number of queues, which is 4" port config all rxq 2
lab_say gateway port config all rxq 4
lab_say gateway port start all
lab_wait 20 lab_port_up gateway || lab_fail "port $(lab_query gateway -g link /ipoib/info,1)"
hosts_begin
hosts_end 4
lab_wait 5 all_arrived || lab_fail "$(value sent) sent, $(($(received) - came)) arrived"
lab_stop gateway || lab_fail "the gateway does not end in order"
lab_accounted gateway || lab_fail "unaccounted packets"
fabric_stop
echo "ok"
