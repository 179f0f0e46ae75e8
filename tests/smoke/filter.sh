#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The packet filter: what is denied is dropped and counted, by rule, direction, protocol, port and
# address, also what control sends on (fragments); all else passes, and changing rules loses
# nothing.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

a() { lab_say gateway-a "$@"; }
quiet() { a "$@" | grep '[a-z]' && lab_fail "'$*' says this"; }
count() { a "ip filter show json" | "$LAB_TOP/tests/tools/jsonrows.py" "rule=$1" packets; }
denied() { lab_counter gateway-a drop_filter; }
# tcp PORT [SECONDS]: does a connection come about?
tcp() { lab_client timeout "${2:-5}" bash -c "exec 3<>/dev/tcp/198.51.100.2/$1" 2>/dev/null; }

lab_start -i -a
lab_wait 3 lab_ping || lab_fail "no ping"
for port in 5001 5002; do
	lab_server python3 -m http.server "$port" >/dev/null 2>&1 &
	lab_wait 10 tcp "$port" || lab_fail "no TCP to $port"
done

# Rules for others cost nobody a packet, however often they change.
lab_stream_begin 2000 300
for i in 1 2 3 4 5; do
	quiet "ip filter add $i port 0 in deny from 192.0.2.2 to 198.51.100.$((100 + i)) proto udp"
	quiet "ip filter add 1$i port 1 out deny from any to 2001:db8:$i::/48"
done
quiet "ip filter del 3"
lab_stream_stop
[ "$(lab_stream_value lost)" -eq 0 ] || lab_fail "a change of rules loses packets: $LAB_STREAM"
[ "$(denied)" -eq 0 ] || lab_fail "rules for others deny $(denied)"
quiet "ip filter flush"

# In, by protocol; the lowest number decides.
quiet "ip filter add 20 port 0 in deny from any to any proto icmp"
lab_ping 3 >/dev/null && lab_fail "ICMP passes"
[ "$(count 20)" -ge 3 ] || lab_fail "rule 20 counts $(count 20)"
[ "$(denied)" -eq "$(count 20)" ] || lab_fail "denied $(denied), rule 20 counts $(count 20)"
tcp 5001 || lab_fail "TCP does not pass beside a rule for ICMP"
quiet "ip filter add 10 port 0 in permit from 192.0.2.0/24 to 198.51.100.2/32 proto icmp"
lab_ping 3 >/dev/null || lab_fail "rule 10 does not permit"
[ "$(count 10)" -eq 3 ] || lab_fail "rule 10 counts $(count 10)"
lab_is 3 lab_query gateway-a -g rows.0.packets /ip/filter || lab_fail "/ip/filter counts otherwise"
# What is for ourselves is filtered, too.
lab_client ping -q -c 1 -W 1 192.0.2.1 >/dev/null && lab_fail "ICMP for us passes"
quiet "ip filter flush"

# Out, by port, with ranges.
quiet "ip filter add 30 port 1 out deny from any to any proto tcp dport 5002-5010"
tcp 5001 || lab_fail "TCP to 5001 does not pass"
tcp 5002 1 && lab_fail "TCP to 5002 passes"
[ "$(count 30)" -ge 1 ] || lab_fail "rule 30 counts nothing"
quiet "ip filter add 31 port 0 out deny from 198.51.100.2 to any proto tcp sport 5001"
tcp 5001 1 && lab_fail "answers of 5001 pass"
quiet "ip filter del 31"
tcp 5001 || lab_fail "TCP to 5001 does not pass any more"

# Fragments, which control cuts, and which have no ports.
was=$(denied)
quiet "ip filter add 40 port 0 out deny from any to 192.0.2.2"
quiet "port config mtu 0 600"
lab_client ping -q -c 2 -i 0.1 -W 1 -s 1200 -M dont 198.51.100.2 >/dev/null && lab_fail "fragments pass"
[ "$(denied)" -gt "$was" ] || lab_fail "fragments are not counted"
quiet "port config mtu 0 0"
quiet "ip filter del 40"
lab_ping 3 >/dev/null || lab_fail "no ping without rules"

# ARP goes on under a rule that denies all.
quiet "ip filter add 50 port 0 in deny from any to any"
a "ip neigh flush" >/dev/null
a "arping 192.0.2.2 count 1" | grep -q "answer of 192.0.2.2" || lab_fail "no ARP"
quiet "ip filter del 50"

while IFS='|' read -r command answer; do
	a "$command" | tr -d '\r' | grep -Eqx "$answer" || lab_fail "'$command' says '$(a "$command")'"
done <<X
ip filter add 30 port 0 in deny from any to any|rule 30: there is a rule with this number .*
ip filter del 99|rule 99: there is no rule with this number .*
ip filter del 0|rule 0: 1 to 65535 are possible
ip filter add 0 port 0 in deny from any to any|rule 0: 1 to 65535 are possible
ip filter add 9 port 7 in deny from any to any|no port 7: .*
ip filter add 9 port 0 in deny from 10.0.0.0/8 to 2001:db8::/32|rule 9: both addresses must be of one family
ip filter add 9 port 0 in deny from any to any dport 5|rule 9: sport and dport need 'proto tcp', udp or sctp
ip filter add 9 port 0 in deny from any to any proto tcp dport 9-5|bad word '9-5' after .*: expected a port like 80, .*
ip filter add 9 port 0 in drop from any to any|bad word 'drop' after .*: expected permit or deny
X
quiet "ip filter flush"
lab_ping 3 >/dev/null || lab_fail "no ping at the end"
lab_finish
