#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# What the show commands of ip and ipoib print: filters as iproute2 has them, and as JSON.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

rows() { "$LAB_TOP/tests/tools/jsonrows.py" "$@"; }

# shows COMMAND KEY[=VALUE]... PRINTED-KEY WANT: as JSON, these values of the rows that fit.
shows()
{
	local command=$1 got
	local want=${*: -1}

	got=$(lab_say gateway-a "$command json" | rows "${@:2:$#-2}" | tr '\n' ' ') ||
		lab_fail "'$command json' is no such JSON: $(lab_say gateway-a "$command json")"
	[ "$got" = "${want:+$want }" ] || lab_fail "'$command json', ${*:2:$#-2}: '$got', not '$want'"
}

# has COMMAND REGEX...: its table has just these lines after the heading.
has()
{
	local command=$1 got line

	shift
	got=$(lab_say gateway-a "$command" | tail -n +2)
	for line; do
		grep -Eqx "$line" <<<"$got" || lab_fail "'$command' has no line '$line': $got"
	done
	[ "$(grep -c . <<<"$got")" -eq $# ] || lab_fail "'$command' has more lines than $#: $got"
}

lab_start -i -a
lab_wait 3 lab_ping || lab_fail "no ping"
lab_say gateway-a "ip route add 10.0.0.0/8 via 203.0.113.2" >/dev/null
lab_say gateway-a "ip route add 10.1.0.0/16 via 203.0.113.2" >/dev/null
lab_say gateway-a "ip route add blackhole 10.1.2.0/24" >/dev/null
lab_say gateway-a "ip address add 2001:db8::1/64 port 0" >/dev/null

has "ip address show port 1" "203.0.113.1/24 .*"
has "ip address show 192.0.2.0/24" "192.0.2.1/24 .*"
has "ip route show 10.1.0.0/16" "10.1.0.0/16 .*"
has "ip route show root 10.0.0.0/8" "10.0.0.0/8 .*" "10.1.0.0/16 .*" "10.1.2.0/24 .*"
has "ip route show match 10.1.255.0/24" "10.0.0.0/8 .*" "10.1.0.0/16 .*"
has "ip neigh show port 0" "192.0.2.2 .*"
has "ip neigh show 203.0.113.2" "203.0.113.2 .*"
has "ip neigh show 203.0.113.2 state failed"
has "ip neigh show port 1 state valid" "203.0.113.2 .*"

shows "ip address show port 1" address "203.0.113.1/24"
shows "ip route show root 10.0.0.0/8" type "static static blackhole"
shows "ip route show 10.1.2.0/24" via "None"
shows "ip route get 10.1.3.4" prefix "10.1.0.0/16"
shows "ip neigh show port 0" state=valid address "192.0.2.2"
shows "ip neigh show state failed" address ""
shows "ipoib show all" port "1"
shows "ipoib show 1" up "1"
shows "ipoib show 1" lladdr "$(lab_query gateway-a -g lladdr /ipoib/info,1)"
shows "ipoib neigh show 1" state=valid kind "ud"
shows "ipoib path show 1" state "valid"
shows "ipoib mcast show 1" state "joined"
shows "ipoib sm show 1" alive "1"
shows "ipoib stats show 1" failed "0"
shows "ipoib queues show 1" queue "0"
shows "ipoib class show 1" class "0 1 2 3"
for command in "ip dhcp-relay show" "ip multicast show" "ip multicast ports" "ip vlan show" \
	"ip bind show" "ipoib bond show"; do
	shows "$command" port ""
done
shows "ip set show" port=1 ra "off"
lab_finish
