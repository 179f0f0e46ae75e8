# shellcheck shell=bash disable=SC2034,SC2317
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Rows of the fault matrix: hosts that do harm, while others' flows must not notice.

# abuse KIND PPS SECONDS: by the client, beside its flows.
abuse()
{
	local mac

	mac=$(lab_client ip neigh show 192.0.2.1 | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
	lab_client /usr/bin/python3 "$LAB_TOP/tests/tools/abuse.py" eth0 "$mac" "$@" >/dev/null ||
		why "no abuse"
}

# A TAP for gateway A: behind af_packet's socket the kernel puts the parts of IPv4 packets together.
tap_on()
{
	TAP=$(lab_say gateway-a "port attach net_tap0,iface=ta" | sed -n 's/^Port \([0-9]*\) is .*/\1/p')
	[ -n "$TAP" ] || lab_fail "gateway A has no TAP"
	lab_say gateway-a "port start $TAP" >/dev/null
	TAP_MAC=$(lab_say gateway-a "show port $TAP macs" | sed -n 's/^ *\(..:..:..:..:..:..\)$/\1/p')
}
tap_off()
{
	lab_say gateway-a "port stop $TAP" >/dev/null
	lab_say gateway-a "port detach $TAP" | grep -q "is detached" || lab_fail "the TAP stays"
}
abuse_tap()
{
	/usr/bin/python3 "$LAB_TOP/tests/tools/abuse.py" ta "$TAP_MAC" "$@" >/dev/null ||
		why "no abuse"
}

# counts NAME...: of gateway A; remember, and how much more it is now.
declare -A COUNTED
counts()
{
	local name

	COUNTED=()
	for name in "$@"; do
		COUNTED[$name]=$(counter "$name")
	done
}
more() { echo $(($(counter "$1") - COUNTED[$1])); }
# Telemetry does not wait for a control core that is busy.
counter()
{
	lab_wait 10 lab_counter gateway-a "$1" || lab_fail "gateway A: no $1"
	lab_counter gateway-a "$1"
}
mads() { lab_query gateway-a -g mad_sent /ipoib/sm,1; }

# at_least COUNTER N, at_most COUNTER N: since counts.
at_least() { [ "$(more "$1")" -ge "$2" ] || why "$1 $(more "$1"), at least $2 expected"; }
at_most() { [ "$(more "$1")" -le "$2" ] || why "$1 $(more "$1"), at most $2 expected"; }

row scan 1 0 - "scan of a /16 behind gateway A, 1,500 addresses a second for 4 s: at most 20 questions to the SA, flows lose nothing"
before_scan()
{
	lab_say gateway-a "ip address add 10.77.0.1/16 port 1" >/dev/null
	counts originated drop_no_neigh drop_table_full drop_queue_full drop_punt_full
	MADS=$(mads)
	# Of 16,384 neighbours at most.
	GROW_MAX=8192
}
fault_scan() { abuse scan 1500 4; }
after_scan()
{
	MADS=$(($(mads) - MADS))
	NOTE="$(more originated) ARP and ICMP of 6,000, $MADS MADs"
	[ "$MADS" -le 20 ] || why "$MADS MADs"
	at_most originated 24000
	lab_say gateway-a "ip address del 10.77.0.1/16 port 1" >/dev/null
}

row scan6 1 0 - "the same in a /64 (RFC 6583): the table stays bounded, at most 700 MADs, flows lose nothing"
before_scan6()
{
	lab_say gateway-a "ip address add 2001:db8:77::1/64 port 1" >/dev/null
	counts originated
	MADS=$(mads)
	# Groups stay until they are idle for as long as a neighbour may be.
	GROW_MAX=8192 AHS_MAX=400
}
fault_scan6() { abuse scan6 1500 4; }
after_scan6()
{
	local n

	n=$(lab_query gateway-a -g total /ip/neigh)
	NOTE="$(more originated) NS and ICMPv6 of 6,000, $n neighbours, $(($(mads) - MADS)) MADs"
	[ "$n" -le 16384 ] || why "$n neighbours, the limit is 16384"
	# Two for each group, of which there are 128 and 16 a second more (MCAST_SOLICITED_US).
	[ $(($(mads) - MADS)) -le 700 ] || why "$(($(mads) - MADS)) MADs"
	lab_say gateway-a "ip address del 2001:db8:77::1/64 port 1" >/dev/null
}

row spoofed 1 0 - "unsolicited ARP of strangers: no new entries, flows lose nothing"
before_spoofed()
{
	NEIGH=$(lab_query gateway-a -g total /ip/neigh)
	counts delivered
}
fault_spoofed() { abuse spoof 500 3; }
after_spoofed()
{
	local n

	n=$(($(lab_query gateway-a -g total /ip/neigh) - NEIGH))
	NOTE="$n more entries after 1,500 messages"
	[ "$n" -le 1 ] || why "$n entries of strangers"
	at_least delivered 1490
}

row fragments 1 0 - "fragments for gateway A that overlap, are tiny, or never end, 5,000 a second: flows lose nothing"
before_fragments()
{
	lab_say gateway-a "ip address add 2001:db8:1::1/64 port 0" >/dev/null
	tap_on
	counts drop_reassembly drop_local_bad
}
fault_fragments() { abuse_tap fragments 5000 3; }
after_fragments()
{
	NOTE="$(more drop_reassembly) and $(more drop_local_bad) of 15,000 dropped by then"
	at_least drop_reassembly 10000
	at_least drop_local_bad 1000
	tap_off
	lab_say gateway-a "ip address del 2001:db8:1::1/64 port 0" >/dev/null
}

row ip_options 1 0 - "source routes and broken IP options, 2,000 a second: flows lose nothing"
before_ip_options() { counts drop_ip_options; }
fault_ip_options() { abuse options 2000 3; }
after_ip_options()
{
	NOTE="$(more drop_ip_options) of 3,000 dropped"
	at_least drop_ip_options 2900
}

row martians 1 0 - "impossible addresses, 2,000 a second: each is dropped and counted"
before_martians() { counts drop_ip_src drop_ip_dst; }
fault_martians() { abuse martians 2000 3; }
after_martians()
{
	NOTE="$(more drop_ip_src) and $(more drop_ip_dst) of 3,000 each"
	at_least drop_ip_src 2900
	at_least drop_ip_dst 2900
}

# Queues for neighbours that do not answer hold what lcores have in their caches. af_packet does not
# count what it cannot receive for lack of mbufs: it stays in the ring, and the streams have a gap.
row pool_empty 1.3 200 300 "all mbufs of gateway A taken for 2 s, while a scan needs some: 0.3 s after it"
before_pool_empty()
{
	export POOLHOG=$LAB/poolhog
	echo 0 >"$POOLHOG"
	LAB_PRELOAD=$LAB_BUILD/tests/tools/libpoolhog.so again_a
	unset POOLHOG
	lab_say gateway-a "ip address add 10.77.0.1/16 port 1" >/dev/null
}
hog_pool()
{
	echo 1 >"$LAB/poolhog"
	lab_wait 5 test -s "$LAB/poolhog.taken" || why "no mbuf is taken"
	abuse scan 1500 2
	HOGGED=$(cat "$LAB/poolhog.taken")
	echo 0 >"$LAB/poolhog"
}
fault_pool_empty() { lasts hog_pool; }
after_pool_empty()
{
	local gap

	gap=$(($(lab_flow_value there longest_gap_us) / 1000))
	NOTE="$HOGGED, the longest gap $gap ms"
	[ "$gap" -ge 500 ] || why "there were always mbufs: the longest gap was $gap ms"
	lab_say gateway-a "ip address del 10.77.0.1/16 port 1" >/dev/null
	lab_wait 15 lab_is 0 lab_query gateway-a -g queued /fwd/stats || why "packets stay in queues"
	again_a
	RESTARTED=1
}

errors() { lab_client nstat -asz IcmpInTimeExcds | awk '/IcmpInTimeExcds/ { print $2 }'; }
row ttl_loop 1 0 - "TTL 1, 5,000 a second: ICMP errors are limited, flows lose nothing"
before_ttl_loop()
{
	counts drop_ttl
	ERRORS=$(errors)
}
fault_ttl_loop() { abuse ttl 5000 3; }
after_ttl_loop()
{
	ERRORS=$(($(errors) - ERRORS))
	NOTE="$ERRORS errors for $(more drop_ttl) packets"
	at_least drop_ttl 14000
	[ "$ERRORS" -le 5000 ] || why "$ERRORS ICMP errors"
}

row icmp_flood 1 0 - "echo requests to gateway A, 10,000 a second: flows lose nothing"
before_icmp_flood() { counts delivered drop_punt_full; }
fault_icmp_flood() { abuse icmp 10000 3; }
after_icmp_flood() { NOTE="$(more delivered) delivered, drop_punt_full $(more drop_punt_full)"; }

row table_full 1 0 - "the scan with room for 256 neighbours (--gc-thresh3): drop_table_full counts, flows lose nothing"
before_table_full()
{
	again_a --gc-thresh3 256
	before_scan
}
fault_table_full() { abuse scan 1500 4; }
after_table_full()
{
	NOTE="drop_table_full $(more drop_table_full), drop_punt_full $(more drop_punt_full)"
	[ $(($(more drop_table_full) + $(more drop_punt_full))) -gt 0 ] || why "the table was never full"
	again_a
	RESTARTED=1
}
