#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Many cold neighbours at once. Several packets for all of them, none known, and nobody answers
# ARP before all packets wait: all are resolved, OpenSM is asked once for each GID, however many
# QPNs it has, and no packet of an admitted queue is lost. The hosts are tests/tools/ibhosts,
# which checks both CRCs of all that it gets; what OpenSM was asked it says itself, in its log.
#
# LONG=1: 10,000 neighbours on 4,000 GIDs of a fabric of 4,096 HCAs, instead of 600 on 240, and
# ROUNDS (7) for the rate. A round has three parts, with as many queries outstanding in each:
#   alone    tests/perf/sa_rate asks OpenSM for the GIDs, and nothing else runs;
#   ours     4,000 hosts, one on each GID, have been asked for by ARP; all answer at once. Each
#            answer tells a GID: it is asked for, and the packet that waits goes out. The rate is
#            that of the hosts which a packet reaches, from the first answer on;
#   beside   the same with 4,000 other hosts on these GIDs, whose paths are known now; sa_rate
#            starts when they answer, so it is it that asks for the GIDs.
# "Alone" compares a program with the same program and a router's whole work, on CPUs that are
# full either way. In the other two the same is done on the same CPUs, and only who asks differs.
# Asserted is ours against beside: 0.8, in the median of the rounds. What a GID costs of a CPU's
# time is printed, too: all of control's, the part that is left when it need not ask, and sa_rate's.
# timeout: 300

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# Packets that wait: as many as may for one neighbour (16).
hcas=256 gids=240 hosts=600 each=16 mb=1000
options=(--total-num-mbufs 65536)
if [ "${LONG:-0}" != 0 ]; then
	# As many as may in all: one for each neighbour that there is room for.
	hcas=4096 gids=4000 hosts=10000 each=2 mb=1800
	options=(--total-num-mbufs 131072 --gc-thresh3 32768)
	export FABRIC_IBSIM="-N 8192 -S 256 -P 40000"
fi
IBHOSTS=$LAB_BUILD/tests/tools/ibhosts

cat >"$LAB/gateway.cmd" <<X
ip address add 192.0.2.1/24 port 0
ip address add 10.77.0.1/16 port 1
X

fabric_up()
{
	FABRIC_SMHOST=H0 FABRIC_TIMEOUT=60 fabric_start "$LAB/fabric" "$LAB/topo" ||
		lab_die "no fabric"
}

# hosts_of_fabric HOSTS [FIRST]: on the fabric's HCAs but for the first three, from number FIRST:
# ADDRESS GUID LID QPN, some QPNs to a GUID.
hosts_of_fabric()
{
	awk -v gids="$gids" -v hosts="$1" -v first="${2:-0}" -v nb=0 '
		/^0x00000000001/ && ++n > 3 && nb < gids { guid[nb] = $1; lid[nb++] = $2 }
		END {
			if (nb < gids)
				exit 1
			for (i = first; i < first + hosts; i++)
				printf "10.77.%d.%d %s %s %d\n", 1 + i / 250, 1 + i % 250,
					guid[i % gids], lid[i % gids], 4096 + i
		}' <(sort "$FABRIC_DIR/osm/guid2lid") >"$LAB/hosts" || lab_die "too few LIDs"
}

# storm NUMBER [COUNT]: COUNT datagrams to each host, as fast as it goes.
storm() { lab_client "$IBHOSTS" send "$LAB/hosts" "$@"; }

# sent NUMBER: so many datagrams on the IPoIB port; what the gateway asks itself aside.
sent()
{
	lab_query gateway /fwd/stats | /usr/bin/python3 -c '
import json, sys
port = json.load(sys.stdin)["ports"]["1"]
sys.exit(port["tx_packets"] - port["originated"] < int(sys.argv[1]))' "$1"
}
value() { grep -o "\b$1=[0-9]*" "$LAB/hosts.out" | cut -d= -f2; }

# hosts_start HOSTS [FIRST]: they hear, but answer nothing before hosts_answer.
hosts_start()
{
	hosts=$1
	hosts_of_fabric "$@"
	rm -f "$LAB/hosts.out"
	"$IBHOSTS" -h cb "$LAB/hosts" 0xb1b 0xffff "$LAB/hosts.out" &
	hosts_pid=$!
	lab_wait 5 test -s "$LAB/hosts.out" || lab_die "no hosts"
}

hosts_answer() { kill -USR1 $hosts_pid; }

hosts_stop()
{
	kill -TERM $hosts_pid
	wait $hosts_pid
}

gateway_start()
{
	LAB_FRAMES=16384
	LAB_MB=$mb lab_run gateway "$LAB/gateway.cmd" "$(lab_af_packet 0 ea)" \
		"$(lab_ipoib 0 H1 net_af_packet1)" "$(lab_af_packet 1 ca)" -- \
		"${options[@]}"
	lab_wait 20 lab_port_up gateway || lab_fail "port $(lab_query gateway -g link /ipoib/info,1)"
	lab_wait 5 lab_client ping -q -c 1 -W 1 192.0.2.1 >/dev/null || lab_fail "no ping"
}

gateway_stop()
{
	lab_stop gateway || lab_fail "the gateway does not end in order"
	lab_accounted gateway || lab_fail "unaccounted packets"
}

# arrived NUMBER: at the right hosts, in order, whole.
arrived()
{
	cat "$LAB/hosts.out"
	grep -q '^  drop_' "$LAB/gateway.log" && lab_fail "the gateway dropped packets"
	grep -q "hosts=$hosts asked=$hosts reached=$hosts received=$1 wrong=0 doubled=0 overtaken=0 \
bad_frames=0 bad_crc=0" "$LAB/hosts.out" || lab_fail "not all arrived in order"
}

# OpenSM's own words: PathRecord queries, and the GIDs that they were for.
asked_of_sm()
{
	awk '/^\t*dgid\./ { n++; gids += !seen[$1]++ } END { print n + 0, gids + 0 }' \
		"$FABRIC_DIR/osm/opensm.log"
}

# wait_in_queues EACH: so many for each host, no matter how many more were sent.
all_wait() { [ "$(lab_query gateway -g queued /fwd/stats)" -ge $(($1 * hosts)) ]; }
wait_in_queues()
{
	lab_wait 3 all_wait "$1" ||
		lab_fail "$(lab_query gateway -g queued /fwd/stats) packets wait"
}

# resolve_all HOSTS EACH: all of them cold, with so many packets each; then one more.
resolve_all()
{
	local each=$2 queries asked

	hosts_start "$1"
	gateway_start
	storm 0 "$each"
	wait_in_queues "$each"
	hosts_answer
	lab_wait 20 sent $((each * hosts)) || lab_fail "not all are sent"
	storm "$each"
	lab_wait 20 sent $(((1 + each) * hosts)) || lab_fail "not all are sent again"
	# OpenSM, which logs, may take longer than a query waits for its answer.
	repeated=$(($(lab_query gateway -g sends /ipoib/sm,1) -
		$(lab_query gateway -g requests /ipoib/sm,1)))
	gateway_stop
	hosts_stop
	arrived $(((1 + each) * hosts))
	read -r queries asked <<<"$(asked_of_sm)"
	echo "path queries, GIDs, of OpenSM: $queries $asked; repeated by us: $repeated"
	# What is repeated need not be a query for a path.
	if [ "$asked" != "$gids" ] || [ "$queries" -gt $((gids + repeated)) ]; then
		lab_fail "not one query for each of $gids GIDs"
	fi
}

# The plain client: it waits for SIGUSR1. plain_end: "its rate, its CPU's time for a GID".
plain_start()
{
	rm -f "$LAB/plain.out"
	"$LAB_BUILD/tests/perf/sa_rate" -w "ibsim:$IBSIM_SOCKNAME" H2 64 "$LAB/guids" \
		>"$LAB/plain.out" 2>"$LAB/plain.log" &
	plain_pid=$!
	lab_wait 5 grep -q ready "$LAB/plain.out" || lab_fail "the plain client does not start"
}

plain_end()
{
	wait $plain_pid || lab_fail "the plain client gets no answers"
	plain=$(sed -n 's/.* per_s=\([0-9]*\) .*/\1/p' "$LAB/plain.out")
	plain_cpu=$(awk -F= -v gids="$gids" '/cpu_us/ { printf "%.1f", $NF / gids }' "$LAB/plain.out")
}

# The CPU's time that control has had, us. It is on the main thread.
control_us() { awk '{printf "%d", $1 / 1000}' "/proc/$(cat "$LAB/gateway.pid")/schedstat"; }

# hosts_answered FIRST [plain]: the hosts from number FIRST on answer; with "plain" the plain client
# starts at that moment. Until all are reached the hosts alone say so: who asks needs CPUs.
hosts_answered()
{
	local with=("${@:2}") cpu

	hosts_start $gids "$1"
	storm 0
	wait_in_queues 1
	[ ${#with[@]} = 0 ] || plain_start
	cpu=$(control_us)
	hosts_answer
	[ ${#with[@]} = 0 ] || kill -USR1 $plain_pid
	lab_wait 15 grep -q after_us "$LAB/hosts.out" || lab_fail "not all are reached"
	[ ${#with[@]} = 0 ] || plain_end
	control_cpu=$(awk -v us=$(($(control_us) - cpu)) -v gids=$gids \
		'BEGIN { printf "%.1f", us / gids }')
	hosts_stop
	arrived $gids >/dev/null
}

rate()
{
	local alone ours ours_cpu

	plain_start
	kill -USR1 $plain_pid
	plain_end
	alone=$plain
	gateway_start
	hosts_answered 0
	ours=$((gids * 1000000 / $(value after_us)))
	ours_cpu=$control_cpu
	hosts_answered $gids plain
	gateway_stop
	awk -v ours="$ours" -v alone="$alone" -v beside="$plain" \
		-v cpu="CPU of a GID, us: control $ours_cpu, without queries $control_cpu, sa_rate $plain_cpu" \
		'BEGIN { printf "GIDs/s: ours %d, sa_rate alone %d, beside %d; %s; ours to alone %.2f, to beside %.2f\n",
			ours, alone, beside, cpu, ours / alone, ours / beside }' | tee -a "$LAB/ratios"
}

# median SED: of what this takes from the rounds' lines.
median()
{
	sed "$1" "$LAB/ratios" | sort -n | awk '{r[NR] = $1} END {print r[int((NR + 1) / 2)]}'
}

/usr/bin/python3 "$LAB_TOP/tests/tools/fattree.py" $hcas >"$LAB/topo" || lab_die "no topology"
echo "osm_sa_path_record.c 0x2f" >"$LAB/modules"
FABRIC_OSM_CONF="per_module_logging_file $LAB/modules" fabric_up
lab_host client 192.0.2.2/24 192.0.2.1 ea
lab_cable ca cb
resolve_all $hosts $each
fabric_stop
if [ "${LONG:-0}" != 0 ]; then
	# Without that much to log.
	fabric_up
	hosts_of_fabric $gids
	awk '{print $2}' "$LAB/hosts" >"$LAB/guids"
	for _ in $(seq "${ROUNDS:-7}"); do
		rate
	done
	fabric_stop
	ratio=$(median 's/.* beside //')
	echo "median: ours to alone $(median 's/.*to alone \([0-9.]*\).*/\1/'), to beside $ratio"
	awk -v ratio="$ratio" 'BEGIN { exit !(ratio >= 0.8) }' || lab_fail "below 0.8"
fi
echo "ok"
