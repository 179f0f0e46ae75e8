#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# dpdk-ipoib with hca=verbs on softib0, the kernel's ib_ipoib on softib1, a real OpenSM between them.
# timeout: 180
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"

must "softib gives two HCAs" softib hcas=2
modprobe ib_ipoib
start_opensm softib0
must "OpenSM makes both ports ACTIVE" wait_for 20 all_active
ip addr add 10.9.0.2/24 dev ib1
ip addr add fd00:9::2/64 dev ib1 nodad
ip link set ib1 up
must "ib1 is up" wait_for 20 running ib1
echo "ip address add 10.9.0.1/24 port 0
ip address add fd00:9::1/64 port 0
start" >/run/host.cmd
mkfifo /run/host.in
"$INTEROP_BUILD/app/dpdk-ipoib" --lcores 0@0-1,1@0-1 --no-pci --no-huge -m 300 --file-prefix host \
	--vdev net_ipoib0,hca=verbs,device=softib0 -- --rxd 512 --txd 256 --total-num-mbufs 8192 -i \
	--idle-sleep 50 --cmdline-file /run/host.cmd <>/run/host.in >"$JOB"/host.log 2>&1 &
must "IPv4" wait_for 60 ping -c 1 -W 1 10.9.0.1
check "IPv4 pings" ping -c 20 -i 0.05 -W 1 10.9.0.1
check "IPv6 pings" ping -c 20 -i 0.05 -W 1 fd00:9::1
finish
