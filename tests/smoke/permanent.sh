#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Neighbours and paths by command: used at once and without a loss, never asked for, never changed
# by what peers say, not flushed; and asked for again when they are taken back.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

a() { lab_say gateway-a "$@"; }
of_b() { lab_query gateway-b -g "$1" /ipoib/info,1; }
sa_requests() { lab_query gateway-a -g requests /ipoib/sm,1; }
arps() { lab_query gateway-b -s drop_arp_foreign /fwd/stats; }

lab_start -i -a
lab_wait 3 lab_ping || lab_fail "no ping"
address=$(of_b lladdr) gid=$(of_b gid) lid=$(of_b lid)

# With packets on their way.
lab_stream_begin 2000 300
a "ip neigh add 203.0.113.2 lladdr $address port 1" | cat -A >&2
a "ipoib path add 1 $gid dlid $lid" | grep '[a-z]' && lab_fail "ipoib path add says this"
a "ip neigh show state permanent" | grep -q "^203.0.113.2 .* permanent .* $address" ||
	lab_fail "not permanent: $(a "ip neigh show")"
a "ipoib path show 1" | grep -q " $gid  *permanent  *$lid " ||
	lab_fail "not permanent: $(a "ipoib path show 1")"
requests=$(sa_requests)
a "ipoib path flush 1" >/dev/null
a "ipoib neigh flush 1" >/dev/null
a "ip neigh flush" >/dev/null
lab_stream_stop
[ "$(lab_stream_value lost)" -eq 0 ] || lab_fail "a change loses packets: $LAB_STREAM"
[ "$(sa_requests)" -eq "$requests" ] || lab_fail "the SA is asked for a permanent path"
a "ipoib neigh show 1" | grep -q " valid .* $address" || lab_fail "$(a "ipoib neigh show 1")"
a "ip neigh show port 1" | grep -q "permanent" || lab_fail "a flush takes a permanent neighbour"

# They really are what is used.
a "ipoib path add 1 $gid dlid 0x7777" >/dev/null
lab_ping 3 && lab_fail "ping although the path leads nowhere"
a "ipoib path del 1 $gid" >/dev/null
lab_wait 5 lab_ping || lab_fail "no ping after the SA was asked again"
[ "$(sa_requests)" -gt "$requests" ] || lab_fail "the SA was not asked again"

# What B says of itself (gratuitous ARP: its port goes down and up) changes nothing.
wrong=${address/:??:fe:80:/:99:fe:80:}
a "ip neigh add 203.0.113.2 lladdr $wrong port 1" |
	grep -qx "203.0.113.2: it is there by command already: .*" || lab_fail "added twice"
a "ip neigh replace 203.0.113.2 lladdr $wrong port 1" | grep '[a-z]' && lab_fail "ip neigh replace says this"
lab_ping 3 && lab_fail "ping although the QPN is wrong"
lab_say gateway-b "port stop 1" >/dev/null
lab_say gateway-b "port start 1" >/dev/null
lab_wait 10 lab_port_up gateway-b || lab_fail "B stays down"
a "ip neigh show 203.0.113.2" | grep -q " permanent .* $wrong" || lab_fail "B is believed"
a "ip neigh del 203.0.113.2 port 1" | grep '[a-z]' && lab_fail "ip neigh del says this"
lab_wait 5 lab_ping || lab_fail "no ping after B was asked again"

while IFS='|' read -r command answer; do
	a "$command" | grep -qx "$answer" || lab_fail "'$command' says '$(a "$command")'"
done <<X
ip neigh del 203.0.113.2 port 1|203.0.113.2: that port does not have it by command .*
ip neigh add 203.0.113.1 lladdr $address port 1|203.0.113.1: not a unicast address of another host
ip neigh add 203.0.113.9 lladdr $(lab_query gateway-a -g lladdr /ipoib/info,1) port 1|203.0.113.9: no host can have this link-layer address: .*
ip neigh add 203.0.113.9 lladdr 02:00:00:00:00:01 port 1|port 1 is an IPoIB port: .* is expected
ip neigh add 192.0.2.9 lladdr $address port 0|port 0 is an Ethernet port: a MAC address .* is expected
ip neigh add 192.0.2.9 lladdr 03:00:00:00:00:01 port 0|192.0.2.9: no host can have this .*
ip neigh add 224.0.0.9 lladdr 02:00:00:00:00:01 port 0|224.0.0.9: not a unicast address of another host
ipoib path add 0 $gid dlid 5|port 0 is an Ethernet port: an IPoIB port is expected ('ipoib show all')
ipoib path add 1 $gid dlid 0xc000|DLID 49152: 1 to 49151 are possible
ipoib path add 1 $gid dlid 5 sl 16|SL 16: 0 to 15 are possible
ipoib path add 1 $gid dlid 5 mtu 1500|MTU 1500: 256, 512, 1024, 2048 and 4096 are possible
ipoib path add 1 ff12::1 dlid 5|ff12:.*: not the GID of another port
ipoib path del 1 $gid|$gid: there is no path by command to it .*
X
lab_finish
