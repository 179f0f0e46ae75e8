#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# ping, arping and traceroute from the prompt, IPv4 and IPv6, with what is below IP, while packets
# are forwarded; what ends them; and "show top".
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

a() { lab_say gateway-a "$@"; }
of_b() { lab_query gateway-b -g "$1" /ipoib/info,1; }

# says COMMAND REGEX...: these lines, one after the other, are in the answer.
says()
{
	local command=$1 line got rest

	shift
	got=$(a "$command" | tr -d '\r')
	rest=$got
	for line; do
		rest=$(grep -Ex -A 1000 "$line" <<<"$rest") ||
			lab_fail "'$command' has no line '$line' there: $got"
		rest=$(tail -n +2 <<<"$rest")
	done
}

lab_start -i -a
lab_wait 3 lab_ping || lab_fail "no ping"
lid=$(of_b lid) address=$(of_b lladdr)
for g in a b; do
	n=1
	[ "$g" = a ] || n=2
	lab_say gateway-$g "ip address add 2001:db8:1::$n/64 port 1" >/dev/null
done
lab_say gateway-b "ip route add prohibit 10.9.0.0/16" >/dev/null
lab_say gateway-b "ip route add prohibit 2001:db8:9::/48" >/dev/null
a "ip route add 10.9.0.0/16 via 203.0.113.2" >/dev/null
a "ip route add 2001:db8:9::/48 via 2001:db8:1::2" >/dev/null

lab_stream_begin 1000 300
says "ping 198.51.100.2 count 3 interval 50" "ping 198.51.100.2 from 203.0.113.1 by port 1" \
	"64 octets from 198.51.100.2: seq=1 ttl=63 time=[0-9.]+ ms" ".* seq=3 .*" \
	"3 sent, 3 answered, 0 % lost" "round trip min/avg/max = [0-9.]+/[0-9.]+/[0-9.]+ ms"
says "ping 203.0.113.2 count 2 size 3000 interval 50 verbose" \
	"3008 octets from 203.0.113.2: .* SLID $lid QPN 0x[0-9a-f]{6} (no GRH|GRH SGID fe80:.*)" \
	"2 sent, 2 answered, 0 % lost"
says "ping 192.0.2.2 count 1 source 203.0.113.1 verbose" \
	"64 octets from 192.0.2.2: seq=1 ttl=64 time=[0-9.]+ ms" "1 sent, 1 answered, 0 % lost"
says "ping 10.9.1.1 count 1" "from 203.0.113.2: seq=1 prohibited" "1 sent, 0 answered, 100 % lost"
says "ping 203.0.113.99 count 1" "no answer: seq=1" "1 sent, 0 answered, 100 % lost"
says "arping 203.0.113.2 count 1 verbose" \
	"answer of 203.0.113.2 \[$address\]: seq=1 time=.* ms SLID $lid QPN .*"
says "arping 192.0.2.2 count 1" "answer of 192.0.2.2 \[..:..:..:..:..:..\]: seq=1 time=.* ms"
says "traceroute 198.51.100.2" " 1  203.0.113.2  [0-9.]+ ms  [0-9.]+ ms  [0-9.]+ ms" \
	" 2  198.51.100.2  [0-9.]+ ms  [0-9.]+ ms  [0-9.]+ ms"
lab_wait 5 eval 'a "ping 2001:db8:1::2 count 1" | grep -q " 1 answered"' || lab_fail "no IPv6 ping"
says "ping 2001:db8:1::2 interval 20 count 2 size 2500" \
	"2508 octets from 2001:db8:1::2: seq=1 ttl=64 time=.* ms" "2 sent, 2 answered, 0 % lost"
says "ping 2001:db8:9::1 count 1" "from 2001:db8:1::2: seq=1 prohibited"
says "arping 2001:db8:1::2 count 1" "answer of 2001:db8:1::2 \[$address\]: seq=1 .*"
says "traceroute 2001:db8:1::2 verbose" " 1  2001:db8:1::2 SLID $lid QPN .*"
ll=$(lab_say gateway-b "ip address show port 1" | grep -o '^fe80[^/]*' | head -n 1)
says "ping $ll port 1 count 1" "64 octets from $ll: seq=1 .*" "1 sent, 1 answered, 0 % lost"
# A second long, although something is typed meanwhile.
(sleep 0.2 && echo "# meanwhile" >"$LAB/gateway-a.in") &
says "show top" "What +Which +Port +Packets/s +Octets/s" \
	"neighbour +203.0.113.2 +1 +([6-9][0-9]{2}|[0-9]{4}) +[0-9]+"
"$LAB_TOP/tests/tools/jsonrows.py" what=neighbour which=203.0.113.2 port < <(a "show top json") |
	grep -qx 1 || lab_fail "show top json: $(a "show top json")"
lab_stream_stop
[ "$(lab_stream_value lost)" -eq 0 ] || lab_fail "packets are lost meanwhile: $LAB_STREAM"

# Ended by "stop", and by Ctrl-C; what was typed before goes on afterwards.
for end in 'stop\n' '\x03'; do
	printf 'ping 198.51.100.2 count 0 interval 20\n' >"$LAB/gateway-a.in"
	# shellcheck disable=SC2016 # eval expands it
	lab_wait 5 eval 'tail -n 1 "$LAB/gateway-a.log" | grep -q "seq="' || lab_fail "no endless ping"
	# shellcheck disable=SC2059 # escapes are meant
	printf "$end" >"$LAB/gateway-a.in"
	# shellcheck disable=SC2016 # eval expands it
	lab_wait 5 eval 'tail -n 3 "$LAB/gateway-a.log" | grep -q "^round trip"' ||
		lab_fail "'$end' does not end it: $(tail -n 3 "$LAB/gateway-a.log")"
done

while IFS='|' read -r command answer; do
	a "$command" | tr -d '\r' | grep -Eqx "$answer" || lab_fail "'$command' says '$(a "$command")'"
done <<X
ping 203.0.113.1|203.0.113.1: it is our own address
ping 8.8.8.8|8.8.8.8: no route, or .*
ping 198.51.100.2 port 0|198.51.100.2: routes lead there by another port .*
ping 198.51.100.2 source 192.0.2.77|198.51.100.2: the source must be an address of ours, .*
ping fe80::1|fe80::1: a link-local address needs its port: 'port P'
ping 198.51.100.2 size 64000|198.51.100.2: the size is more than a packet buffer holds .*
ping 198.51.100.2 size 70000|size 70000: 0 to 65000 are possible
ping 198.51.100.2 interval 1|interval 1: 10 to 60000 are possible
arping 198.51.100.2|198.51.100.2: no route, or for arping it is on no link of ours
traceroute 198.51.100.2 hops 0|hops 0: 1 to 255 are possible
ping 224.0.0.1|224.0.0.1: no route, .*
X
lab_finish
