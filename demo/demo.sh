#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The demo: a Linux client reaches a Linux server through two dpdk-ipoib
# gateways over an InfiniBand fabric that a real OpenSM runs. Linux programs
# make all traffic. Ends with one line "demo: ok ..." or "demo: FAILED ...".
#
# DEMO_SECONDS=n: how long each of the four iperf3 runs takes [4]
set -u

SECONDS_EACH=${DEMO_SECONDS:-4}
PINGS=10000
FILE_MB=100

case $SECONDS_EACH in
'' | *[!0-9]* | 0)
	echo "demo: FAILED DEMO_SECONDS=$SECONDS_EACH is not a number of seconds above 0"
	exit 2
	;;
esac

# shellcheck source=../tests/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tests/lab.sh"

lab_interrupted() { echo "demo: FAILED interrupted"; }

lab_enter "$@"

say() { printf '%5.1f s  %s\n' "$(elapsed)" "$*"; }

elapsed() { awk -v from="$START" '{print $1 - from}' /proc/uptime; }

START=$(awk '{print $1}' /proc/uptime)

fail()
{
	local log

	for log in "$LAB"/gateway-?.log; do
		[ -s "$log" ] || continue
		echo "--- last lines of ${log##*/}" >&2
		tail -n 15 "$log" >&2
	done
	echo "demo: FAILED $*"
	exit 1
}

# A value of an "iperf3 --json" report.
iperf_value()
{
	/usr/bin/python3 -c 'import functools, json, sys
keys = sys.argv[2].split(".")
print(functools.reduce(lambda o, k: o[k], keys, json.load(open(sys.argv[1]))))' "$1" "$2"
}

# iperf NAME ARGUMENT...: one run of iperf3 from the client to the server.
iperf()
{
	local name=$1

	shift
	lab_client iperf3 --json -c 198.51.100.2 -t "$SECONDS_EACH" "$@" >"$LAB/$name.json" 2>&1 ||
		fail "iperf3 $name: $(tail -c 200 "$LAB/$name.json" | tr '\n' ' ')"
}

mbits() { awk -v bits="$1" 'BEGIN {printf "%.0f", bits / 1e6}'; }

start_all()
{
	fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || fail "OpenSM does not start"
	say "OpenSM runs a fabric of 2 switches and 4 HCAs (ibsim)"
	lab_hosts_and_cable || fail "cannot make the network (veth, bridge)"
	say "client 192.0.2.2 and server 198.51.100.2: two Linux network namespaces"
	# shellcheck disable=SC2119 # no options
	lab_gateways
	say "two gateways start, on $LAB_MEMORY_NOTE"
	for name in gateway-a gateway-b; do
		lab_wait 20 lab_port_up "$name" ||
			fail "$name: InfiniBand port $(lab_query $name -g link /ipoib/info,1)"
	done
	say "both InfiniBand ports are up: LIDs from OpenSM, broadcast group joined"
}

first_ping()
{
	lab_wait 5 lab_client ping -c 1 -W 1 198.51.100.2 || fail "the server does not answer ping"
	lab_client ping -c 3 -i 0.2 198.51.100.2 | sed -n 's/^64/         64/p'
}

flood()
{
	local line

	say "flood of $PINGS pings"
	line=$(lab_client ping -q -f -c "$PINGS" 198.51.100.2 | tr '\n' ' ')
	LOST=$((PINGS - $(sed -n 's/.* \([0-9]*\) received.*/\1/p' <<<"$line")))
	RTT=$(sed -n 's|.*mdev = [^/]*/\([^/]*\)/.*|\1|p' <<<"$line")
	say "  $LOST lost, mean round trip $RTT ms"
	[ "$LOST" -eq 0 ] || fail "$LOST of $PINGS pings lost"
}

throughput()
{
	lab_server iperf3 -s >/dev/null 2>&1 &
	lab_wait 5 lab_server bash -c 'exec 3<>/dev/tcp/127.0.0.1/5201' || fail "iperf3 does not start"
	say "iperf3, $SECONDS_EACH s each: TCP there and back, UDP there and back"
	iperf tcp-there
	iperf tcp-back -R
	iperf udp-there -u -b 100M -l 1400
	iperf udp-back -u -b 100M -l 1400 -R
	TCP_THERE=$(mbits "$(iperf_value "$LAB/tcp-there.json" end.sum_received.bits_per_second)")
	TCP_BACK=$(mbits "$(iperf_value "$LAB/tcp-back.json" end.sum_received.bits_per_second)")
	UDP_THERE=$(udp_line udp-there)
	UDP_BACK=$(udp_line udp-back)
	say "  TCP $TCP_THERE Mb/s there, $TCP_BACK Mb/s back"
	say "  UDP $UDP_THERE there, $UDP_BACK back"
}

udp_line()
{
	printf '%s Mb/s (%.2f %% lost)' \
		"$(mbits "$(iperf_value "$LAB/$1.json" end.sum.bits_per_second)")" \
		"$(iperf_value "$LAB/$1.json" end.sum.lost_percent)"
}

web_file()
{
	local want got port=8000

	mkdir -p "$LAB/www"
	head -c "$((FILE_MB * 1000000))" /dev/urandom >"$LAB/www/file"
	(cd "$LAB/www" && lab_server /usr/bin/python3 -m http.server "$port" >/dev/null 2>&1) &
	lab_wait 5 lab_server bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || fail "no HTTP server"
	say "a file of $FILE_MB MB by HTTP"
	lab_client curl -sS -m 60 -o "$LAB/copy" "http://198.51.100.2:$port/file" ||
		fail "the file does not arrive"
	want=$(sha256sum <"$LAB/www/file")
	got=$(sha256sum <"$LAB/copy")
	[ "$want" = "$got" ] || fail "SHA-256 of the file differs"
	say "  arrived, SHA-256 equal (${want:0:16}...)"
}

# The LIDs in "ipoib path show" must be OpenSM's own.
check_lids()
{
	local name dgid dlid lid

	for name in gateway-a gateway-b; do
		while read -r dgid dlid; do
			lid=$(fabric_lid "0x$(tr -d : <<<"${dgid: -19}")")
			[ "$lid" = "$dlid" ] || fail "$name: LID $dlid for $dgid, OpenSM gave $lid"
		done < <(lab_query "$name" /ipoib/path,1 | /usr/bin/python3 -c 'import json, sys
for row in json.load(sys.stdin)["rows"].values():
    print(row["dgid"], row["dlid"])')
	done
}

summary()
{
	local name

	echo
	for name in gateway-a gateway-b; do
		echo "$name"
		echo "  InfiniBand port"
		lab_query "$name" -t /ipoib/info,1 | sed 's/^/    /'
		echo "  IP neighbours"
		lab_query "$name" -t /ip/neigh | sed 's/^/    /'
		echo "  IPoIB neighbours"
		lab_query "$name" -t /ipoib/neigh,1 | sed 's/^/    /'
		echo "  paths (from OpenSM)"
		lab_query "$name" -t /ipoib/path,1 | sed 's/^/    /'
	done
	echo
}

# Both balances of a stopped gateway must be 0.
stop_all()
{
	local name

	for name in gateway-a gateway-b; do
		lab_stop "$name" || fail "$name does not end in order"
		echo "$name, forward statistics"
		sed -n '/Accumulated forward/,/++++$/s/^/  /p' "$LAB/$name.log"
		lab_accounted "$name" || fail "$name: unaccounted packets"
	done
	fabric_stop
}

start_all
first_ping
flood
throughput
web_file
check_lids
say "every LID in use is the one OpenSM gave"
summary
stop_all
echo "demo: ok pings=$PINGS lost=$LOST rtt_ms=$RTT tcp_mbps=$TCP_THERE/$TCP_BACK" \
	"file_mb=$FILE_MB unaccounted=0 seconds=$(printf '%.0f' "$(elapsed)")"
