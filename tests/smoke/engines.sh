#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# testpmd's engines on an IPoIB port, with a real client and server behind the gateways: icmpecho is
# pinged, rxonly shows what it receives with LIDs and GRH, flowgen's flows all arrive, and pairs of
# ports that have no meaning are refused.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# answers TEXT COMMAND...: at the third program's prompt.
answers() { lab_say third "${@:2}" | grep -qF -- "$1" || lab_fail "'${*:2}' does not say '$1'"; }
shown() { grep -qE -- "$1" "$LAB/third.log"; }
engine()
{
	lab_say third stop >/dev/null
	answers "Set $1 packet forwarding mode" set fwd "$1"
}

lab_start "$@"
lab_cable_add cc
echo "ip address add 203.0.113.50/24 port 0" >"$LAB/third.cmd"
lab_generator third Hca4 cc "$LAB/third.cmd" --forward-mode icmpecho -i -a
lab_wait 20 lab_port_up third 0 || lab_die "the third program's port does not come up"

# Replies go back the way that the requests came, although the client is not on that link.
lab_client ping -q -c 20 -i 0.02 -W 2 203.0.113.50 >"$LAB/ping" || lab_fail "icmpecho: $(cat "$LAB/ping")"
grep -q " 20 received" "$LAB/ping" || lab_fail "icmpecho: $(cat "$LAB/ping")"
echo "icmpecho: $(tail -n 1 "$LAB/ping")"

# The LID is OpenSM's; broadcasts have a GRH.
engine rxonly
answers "Change verbose level from 0 to 1" set verbose 1
lab_say third start >/dev/null
lid=$(printf '0x%04x' "$(lab_query gateway-a -g lid /ipoib/info,1)")
lab_client bash -c 'echo hello >/dev/udp/203.0.113.50/9'
lab_client ping -q -c 1 -W 1 203.0.113.77 >/dev/null
lab_wait 5 shown "^  src slid=$lid - qpn=0x[0-9a-f]{6} - dst=unicast - no GRH - .*type=0x0800 - length=38 .*sw ptype: L3_IPV4 L4_UDP" ||
	lab_fail "no unicast packet shown: $(grep 'src slid' "$LAB/third.log")"
lab_wait 5 shown "^  src slid=$lid - .*dst=broadcast - GRH sgid=fe80::[0-9a-f:]+ - dgid=ff12:401b:.*type=0x0806" ||
	lab_fail "no broadcast shown: $(grep 'src slid' "$LAB/third.log")"
shown "^port 0/queue 0: received [0-9]+ packets" || lab_fail "no burst shown"
answers "Change verbose level from 1 to 0" set verbose 0
echo "rxonly: shows LIDs and GRHs"

# Four flows to four addresses of the server, each packet twice.
for i in 3 4 5; do
	lab_server ip address add "198.51.100.$i/24" dev eth0
done
lab_udp_sink 9009 "$LAB/sink"
engine flowgen
answers "flowgen: there is no peer to send to: 'set ipoib-peer PORT ADDRESS' first" start
lab_say third set ipoib-peer 0 "$(lab_query gateway-b -g lladdr /ipoib/info,1)" >/dev/null
lab_say third set tx-ip 203.0.113.50 198.51.100.2 >/dev/null
lab_say third set tx-udp 9 9009 >/dev/null
lab_say third set flowgen flows 4 >/dev/null
lab_say third set flowgen clones 1 >/dev/null
lab_say third set flowgen rate 2000 >/dev/null
lab_say third start >/dev/null
sent_some() { lab_above third originated 1000; }
lab_wait 10 sent_some || lab_fail "flowgen does not send"
lab_say third stop >"$LAB/stop"
sent=$(sed -n 's/^  TX-packets: \([0-9]*\) .*/\1/p' "$LAB/stop" | tail -n 1)
lab_wait 5 grep -q "^$sent " "$LAB/sink" ||
	lab_fail "$sent datagrams sent, $(cut -d ' ' -f 1 "$LAB/sink") arrived"
grep -q "^  unaccounted 0" "$LAB/stop" || lab_fail "flowgen: $(cat "$LAB/stop")"
echo "flowgen: $sent datagrams of four flows sent and received"

# An Ethernet port comes: io has no meaning then, mac has.
answers "is attached. Now total ports is 2" port attach net_null5
answers "Set io packet forwarding mode" set fwd io
answers "frames of one kind cannot go on as the other" start
answers "Set mac packet forwarding mode" set fwd mac
answers "mac packet forwarding - ports=2" start
lab_say third stop >/dev/null
lab_stop third || lab_fail "the third program does not end in order"
lab_accounted third || lab_fail "unaccounted packets"
lab_finish
