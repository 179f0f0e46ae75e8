#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# dpdk-ipoib-top in a terminal of tmux: fits 80x24, follows a resize, a program
# that dies and one that comes back, and does without a terminal.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

top=$LAB_TOP/usertools/dpdk-ipoib-top
term() { tmux -S "$LAB/tmux" -f /dev/null "$@"; }
# screen: what is on it. shows TEXT...: all of these regular expressions.
screen() { term capture-pane -p -t top; }
shows()
{
	local text now

	now=$(screen)
	for text in "$@"; do
		grep -qE -- "$text" <<<"$now" || return 1
	done
}
# must_show WHAT TEXT...: within 5 seconds.
must_show()
{
	local what=$1

	shift
	lab_wait 5 shows "$@" && return
	screen >&2
	lab_fail "$what"
}
key() { term send-keys -t top "$@"; }

term new-session -d -s top -x 80 -y 24 "TERM=screen $top -f gateway-a -i 0.3; echo ended \$?; cat"
must_show "does not say what it waits for" '^dpdk-ipoib  gateway-a  not there' \
	'^Waiting for the program' 'No such file or directory$'
lab_start
nsenter --net=/run/netns/client ping -n -i 0.01 -W 1 198.51.100.2 >ping.out &
ping=$!
number='[0-9.]+[kM]?'
must_show "no overview" '^dpdk-ipoib [0-9.]+  gateway-a  route runs  queued [0-9]+' \
	"^ +0 net_af_packet0 +up +$number +$number +$number +$number +0 +0$" \
	"^ +1 net_ipoib0 +up +$number +$number" "^ +1 +[0-9]+% \|* +$number +$number" \
	'^ +1 Hca3 +0xffff +[0-9]+ +1 alive +1 ' '^ +- +-  none$' '^q quit  h help'
[ -z "${SHOT:-}" ] || screen >"$SHOT"
# All of it on 80x24: headings of all four parts, and no line cut.
[ "$(screen | grep -cE '^ *(Port|Lcore|Drops/s) ')" -eq 4 ] || lab_fail "a part is missing"

# A drop, with its reason.
nsenter --net=/run/netns/client ping -n -q -i 0.01 -c 400 -t 1 198.51.100.2 >/dev/null &
must_show "no drops" '^ +[0-9.]+k? +[0-9.]+k?  ttl: TTL expired'
key d
must_show "no view of drops" '^Drops/s   Total  Reason' 'ttl: TTL expired'
key i
must_show "no view of InfiniBand" '^Port 1: Hca3 port 1, up' '^  GID fe80:' '/s requests'
key h
must_show "no help" '^Keys' '^  q +quit'
key h
must_show "help does not go away" '^Lcore +Load'
key p
must_show "no view of ports" '^ +1 net_ipoib0'
key o + +
must_show "no longer interval" ' 2 s$| 1 s$'
key - - -
must_show "no shorter interval" ' 0.5 s$'
key Space
must_show "does not hold" 'HELD$'
key Space

# Larger, smaller, tiny, and back.
for size in 132x50 40x10 10x3 1x1 80x24; do
	term resize-window -t top -x "${size%x*}" -y "${size#*x}"
	lab_wait 5 lab_is "$size" term display -p -t top '#{pane_width}x#{pane_height}' ||
		lab_fail "no resize to $size"
done
must_show "does not recover from resizes" '^dpdk-ipoib [0-9.]+  gateway-a' '^ +1 net_ipoib0' \
	'^ +1 Hca3' '^q quit'

lab_kill_now gateway-a
must_show "does not see that the program is gone" 'not there' '^Waiting for the program'
lab_gateway gateway-a Hca3 ea ca "$LAB_TOP/config/gateway-a.cmd"
lab_ports_up
must_show "does not find it again" '^dpdk-ipoib [0-9.]+  gateway-a' "^ +1 net_ipoib0 +up +$number"
kill -INT "$ping"
wait "$ping"

# A link that goes down is told of, with the reason.
fabric_con unlink '"Hca3"' >/dev/null
must_show "no link down" '^ +1 net_ipoib0 +down' '^ +down: '
fabric_con relink '"Hca3"' >/dev/null
lab_ports_up
key q
must_show "does not end" '^ended 0'

# Without a terminal, or with one that can do nothing.
"$top" -f gateway-a -i 0.2 -n 2 </dev/null >batch.out || lab_fail "batch: status $?"
[ "$(grep -c '^dpdk-ipoib .*gateway-a' batch.out)" -eq 2 ] || lab_fail "not two pictures"
grep -q $'\e' batch.out && lab_fail "escape sequences in a file"
awk 'length > 80 { exit 1 }' batch.out || lab_fail "lines longer than 80"
"$top" -f nobody -b -n 1 >/dev/null && lab_fail "status 0 without a program"
term new-session -d -s dumb -x 80 -y 24 "TERM=dumb $top -f gateway-a -i 0.2 -n 1; echo ended \$?; cat"
dumb() { term capture-pane -p -S - -t dumb | grep -q '^ended 0'; }
lab_wait 5 dumb || lab_fail "a dumb terminal"
"$top" -i 0 2>err.out && lab_fail "an interval of 0"
grep -q 'expected 0.1 to 3600 seconds' err.out || lab_fail "$(cat err.out)"
term kill-server
lab_finish
