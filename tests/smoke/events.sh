#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# What happens to the subnet manager does not touch a flow that has a path: killed and
# started again, frozen, replaced by a standby on another HCA. Only a peer that gets
# another LID costs packets, until its path has been asked for again. IPv4 and IPv6, both
# ways at the same time.
#
# LONG=1: 10,000 packets a second in all instead of 2,000, everything five times, and then
# a minute without an SA; the figures of each stream are printed, beside those of one
# without any event.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# Of each stream.
pps=500 rounds=1
if [ "${LONG:-0}" != 0 ]; then
	pps=2500 rounds=5
fi
FLOWS=(there4 back4 there6 back6)

# A standby waits for 3 x 200 ms of silence.
# shellcheck disable=SC2034 # read by fabric.sh
FABRIC_OSM_CONF="sminfo_polling_timeout 200
polling_retry_number 3"

nothing() { :; }

restart()
{
	sm_kill
	sm_start >/dev/null
}

freeze()
{
	sm_freeze
	sleep 1
	sm_thaw
}

handover()
{
	# It must not know other LIDs than the first one.
	mkdir -p "$FABRIC_DIR/standby"
	cp "$FABRIC_DIR/osm/guid2lid" "$FABRIC_DIR/standby/"
	FABRIC_SM=standby FABRIC_SMHOST=Hca4 sm_start >/dev/null
	sm_kill
	# A poll of the standby that the dead manager had not answered never comes back from
	# umad2sim, and then OpenSM waits for ever: another one takes its place.
	lab_wait 8 sm_is "$(lid_of 0x10000a)" && return
	FABRIC_SM=standby sm_kill
	FABRIC_SM=standby FABRIC_SMHOST=Hca4 sm_start >/dev/null
	lab_wait 30 sm_is "$(lid_of 0x10000a)" || lab_fail "gateway B does not follow the standby"
}

# The first one is alone again. (It cannot take over in turn: under umad2sim OpenSM
# waits for ever for what a dead manager does not answer.)
first_alone()
{
	FABRIC_SM=standby sm_kill
	sm_start >/dev/null
	lab_wait 30 sm_is "$(lid_of 0x100001)" || lab_fail "gateway B does not follow the first SM"
}

lid_of() { fabric_lid "$1"; }
sm_is() { lab_is "$1" lab_query gateway-b -g sm_lid /ipoib/info,1; }
lid_is() { lab_is "$1" lab_query gateway-b -g lid /ipoib/info,1; }

# Gateway B's port gets another LID: a tidy stop, so that OpenSM writes its table.
new_lid()
{
	local old new

	old=$(lid_of 0x100004) new=$((${new:-64} + round))
	sm_stop
	sed -i "s/^0x0000000000100004 .*/$(printf '0x%016x 0x%04x 0x%04x' 0x100004 $new $new)/" \
		"$FABRIC_DIR/osm/guid2lid"
	sm_start >/dev/null
	lab_wait 5 lid_is $new || lab_fail "gateway B keeps LID $old"
}

# during EVENT SECONDS: streams of so many seconds meanwhile, each way in each family.
during()
{
	local tag

	lab_flow_begin there4 client server 198.51.100.2 $pps "$2"
	lab_flow_begin back4 server client 192.0.2.2 $pps "$2"
	lab_flow_begin there6 client server 2001:db8:2::2 $pps "$2"
	lab_flow_begin back6 server client 2001:db8:1::2 $pps "$2"
	sleep 0.5
	"$1"
	lab_flows_end "${FLOWS[@]}"
	for tag in "${FLOWS[@]}"; do
		lab_flow_show "$1" "$tag"
	done
}

# unharmed EVENT SECONDS: the same, without a packet lost, doubled or overtaken.
unharmed()
{
	local tag

	during "$@"
	for tag in "${FLOWS[@]}"; do
		[ "$(lab_flow_value "$tag" received)" -eq $((pps * $2)) ] ||
			lab_fail "$1: not all of $tag arrived"
		grep -q ' lost=0 doubled=0 overtaken=0 ' "$LAB/$tag.flow" ||
			lab_fail "$1: $tag is not in order"
	done
}

rss_kb() { awk '/^VmRSS/ {print $2}' "/proc/$(cat "$LAB/$1.pid")/status"; }
mads() { lab_query "$1" -g mad_sent /ipoib/sm,1; }

# A minute without an SA: memory stays as it is, and it is asked now and then only.
black_hole()
{
	local rss sent hole

	sm_freeze
	/usr/bin/python3 "$LAB_TOP/tests/tools/swallow.py" "$(cat "$FABRIC_DIR/opensm.pid")" &
	hole=$!
	sleep 5
	rss=$(rss_kb gateway-a) sent=$(mads gateway-a)
	# Somebody new is asked for all the time.
	lab_client ping -q -n -c 500 -i 0.1 -W 0.1 203.0.113.77 >/dev/null &
	sleep 54
	rss=$(($(rss_kb gateway-a) - rss)) sent=$(($(mads gateway-a) - sent))
	echo "54 s without an SA: $sent MADs, $rss kB more"
	kill -TERM $hole
	wait $hole || lab_fail "the black hole does not work"
	[ "$sent" -le 120 ] || lab_fail "the silent SA gets more than 2 MADs a second"
	[ "$rss" -le 1024 ] || lab_fail "memory grows while the SA is silent"
	sm_thaw
}

for name in a b; do
	cp "$LAB_TOP/config/gateway-$name.cmd" "$LAB"
done
cat >>"$LAB/gateway-a.cmd" <<X
ip address add 2001:db8:1::1/64 port 0
ip address add 2001:db8:12::1/64 port 1
ip route add 2001:db8:2::/64 via 2001:db8:12::2
X
cat >>"$LAB/gateway-b.cmd" <<X
ip address add 2001:db8:2::1/64 port 0
ip address add 2001:db8:12::2/64 port 1
ip route add 2001:db8:1::/64 via 2001:db8:12::1
X
fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_ip6_host client 2001:db8:1::2 2001:db8:1::1
lab_ip6_host server 2001:db8:2::2 2001:db8:2::1
lab_gateway gateway-a Hca3 ea ca "$LAB/gateway-a.cmd"
lab_gateway gateway-b Hca2 eb cb "$LAB/gateway-b.cmd"
lab_ports_up
lab_wait 10 lab_client ping -6 -q -c 1 -W 1 2001:db8:2::2 || lab_fail "no ping by IPv6"
lab_wait 10 lab_server ping -6 -q -c 1 -W 1 2001:db8:1::2 || lab_fail "no ping by IPv6 back"
lab_wait 5 lab_ping || lab_fail "no ping"
for round in $(seq $rounds); do
	unharmed nothing 2
	unharmed restart 3
	unharmed freeze 3
	unharmed handover 3
	unharmed first_alone 3
	# Bounded by what the figures may be, and no timed test: two seconds' worth.
	during new_lid 4
	for tag in "${FLOWS[@]}"; do
		[ "$(lab_flow_value "$tag" received)" -gt $((pps * 2)) ] ||
			lab_fail "new LID: $tag is lost"
	done
done
[ $rounds -eq 1 ] || unharmed black_hole 62
lab_wait 5 lab_ping || lab_fail "no ping after all that"
lab_finish
