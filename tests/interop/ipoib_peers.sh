#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# The laboratory itself: Debian's ib_ipoib on two softib HCAs, and OpenSM between them. What fails
# here is no fault of dpdk-ipoib.
# timeout: 120
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"

ping_ok() { ping -c 3 -i 0.2 -W 1 "$@"; }
iperf() {
	in_b iperf3 -s -1 >/run/iperf.log 2>&1 &
	wait_for 5 in_b sh -c 'ss -ltn | grep -q :5201'
	iperf3 -c 10.9.0.2 -t 2 "$@"
}

must "softib gives two HCAs" softib hcas=2
check "their link layer is InfiniBand" grep -qx InfiniBand \
	/sys/class/infiniband/softib{0,1}/ports/1/link_layer
check "the ports wait for an SM" port_is softib0 INIT
modprobe ib_ipoib
must "ib_ipoib makes ib0 and ib1" test -e /sys/class/net/ib0 -a -e /sys/class/net/ib1
start_opensm softib0
must "OpenSM makes both ports ACTIVE" wait_for 20 all_active
check "it sees two HCAs" sh -c 'ibnetdiscover | grep -c ^Ca | grep -qx 2'
two_hosts
must "IPv4 comes up" wait_for 15 ping -c 1 -W 1 10.9.0.2
check "IPv6 comes up" wait_for 15 ping -c 1 -W 1 fd00:9::2
check "an address has 20 octets" sh -c \
	'ip neigh show 10.9.0.2 | grep -qE "lladdr ([0-9a-f]{2}:){19}"'
capture_start "$JOB"/ping.pcap
check "pings of the largest datagram" ping_ok -s 2016 -M "do" 10.9.0.2
check "pings in fragments" ping_ok -s 20000 10.9.0.2
capture_stop
# shellcheck disable=SC2016 # the inner shell's
check "tshark reads the capture" sh -c \
	'tshark -r $JOB/ping.pcap -Y "infiniband && icmp" 2>/dev/null | grep -c Echo | grep -qx 12'
check "TCP" iperf
check "UDP" iperf -u -b 20M
knob softib1 link 0
check "the cable is out: port DOWN" wait_for 5 port_is softib1 DOWN
knob softib1 link 1
sweep_opensm
check "it is in again: ACTIVE" wait_for 20 all_active
check "and the pings are back" wait_for 30 ping -c 1 -W 1 10.9.0.2
finish
