#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# DPDK's tools that come as processes beside the program: dpdk-dumpcap on an
# Ethernet port and on the carrier, dpdk-pdump, dpdk-proc-info. They find our
# driver in EAL's folder of drivers, in a mount namespace of this test's own.
# They need shared memory, so hugepages: taken for the test, given back after it.

hugepages=/proc/sys/vm/nr_hugepages
hugepage_free() { awk '/HugePages_Free/ { print $2 }' /proc/meminfo; }
pages=288 # 576 MB

if [ -z "${LAB_INSIDE:-}${PDUMP_INSIDE:-}" ]; then
	before=$(cat $hugepages)
	if ! grep -q 'Hugepagesize: *2048 kB' /proc/meminfo || [ ! -w $hugepages ]; then
		echo "needs hugepages of 2 MB and the right to take some (root)"
		exit 77
	fi
	give_back() { echo "$before" >$hugepages; }
	trap 'give_back; exit 130' INT TERM HUP
	echo $((before + pages)) >$hugepages
	status=77
	if [ "$(hugepage_free)" -ge $pages ]; then
		status=0
		PDUMP_INSIDE=1 bash "$0" "$@" || status=$?
	else
		echo "no $pages hugepages of 2 MB free"
	fi
	give_back
	exit "$status"
fi

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

drivers=$(find /usr/lib /usr/local/lib -path '*/dpdk/pmds-*' -name 'librte_net_null.so*' -printf '%h\n' |
	head -n 1)
[ -d "$drivers" ] || lab_die "EAL's folder of drivers is not found"
mkdir "$LAB/pmds"
cp -a "$drivers/." "$LAB/pmds/"
cp "$LAB_BUILD/drivers/net/ipoib/librte_net_ipoib.so" "$LAB/pmds/"
mount --bind "$LAB/pmds" "$drivers"

# run_a MEMORY...: the program, with one port of each kind and the file prefix of all DPDK tools.
run_a()
{
	"$LAB_BUILD/app/dpdk-ipoib" --lcores 0@0-1,1@0-1 --no-pci "$@" --vdev "$(lab_af_packet 0 ea)" \
		--vdev "$(lab_ipoib 0 Hca3 net_af_packet1)" --vdev "$(lab_af_packet 1 ca)" -- \
		--idle-sleep 50 --total-num-mbufs 8192 --cmdline-file "$LAB_TOP/config/gateway-a.cmd" \
		>"$LAB/gateway-a.log" 2>&1 &
	echo $! >"$LAB/gateway-a.pid"
	lab_wait 20 lab_port_up rte || lab_fail "the port stays down"
}
# capture INTERFACE FILE: 20 packets.
capture()
{
	timeout 30 dpdk-dumpcap -q -i "$1" -c 20 -w "$LAB/$2" >"$LAB/dumpcap.log" 2>&1 || {
		cat "$LAB/dumpcap.log" >&2
		lab_fail "dpdk-dumpcap -i $1"
	}
}
some() { [ "$(tshark -r "$LAB/$1" -Y "$2" 2>/dev/null | wc -l)" -gt 0 ] || lab_fail "$1: no '$2'"; }

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_gateway gateway-b Hca2 eb cb "$LAB_TOP/config/gateway-b.cmd"
mkdir -p /run/huge
mount -t hugetlbfs none /run/huge
run_a --huge-dir /run/huge -m 512
lab_wait 20 lab_port_up gateway-b || lab_fail "gateway B"
lab_wait 5 lab_ping || lab_fail "no ping"
nsenter --net=/run/netns/client ping -n -i 0.01 -W 1 198.51.100.2 >ping.out &
ping=$!

capture net_af_packet0 eth.pcapng
some eth.pcapng "icmp.type == 8 && ip.src == 192.0.2.2 && eth"
some eth.pcapng "icmp.type == 0 && ip.dst == 192.0.2.2 && eth"
capture net_af_packet1 carrier.pcapng
"$LAB_TOP/usertools/carrier2erf" -q carrier.pcapng carrier.erf || lab_fail "carrier2erf"
some carrier.erf "icmp && infiniband.lrh"
dpdk-proc-info -- --xstats >info.out 2>info.err || {
	cat info.err >&2
	lab_fail "dpdk-proc-info"
}
grep -Eq '^rx_delivered: [1-9]' info.out || lab_fail "no xstats of the IPoIB port"
grep -Eq '^rx_drop_icrc: 0' info.out || lab_fail "no drops of the IPoIB port"
dpdk-proc-info -- --stats >info.out 2>/dev/null || lab_fail "dpdk-proc-info --stats"
timeout -s INT 3 dpdk-pdump -- --pdump "device_id=net_af_packet0,queue=*,rx-dev=$LAB/pdump.pcap,tx-dev=$LAB/pdump.pcap" \
	>pdump.log 2>&1
some pdump.pcap icmp

kill -INT "$ping"
wait "$ping"
# Those tools start in the middle of it, on the same two CPUs.
awk '/packets transmitted/ { sent = $1; got = $4 } END { exit !(got > 0 && sent - got <= sent / 50) }' \
	ping.out || lab_fail "pings lost while others looked on: $(tail -n 3 ping.out)"
lab_stop gateway-a || lab_fail "the program does not end in order"
lab_accounted gateway-a || lab_fail "unaccounted packets"

# The same beside testpmd, with its port in mode=ether: what it shares is another thing.
lab_testpmd rte Hca3 ca -- --portmask 0x1 --forward-mode icmpecho --auto-start
answers() { lab_in server ping -q -n -c 5 -i 0.05 -W 1 203.0.113.77; }
lab_wait 15 answers || lab_fail "testpmd does not answer"
dpdk-proc-info -- --xstats >info.out 2>info.err || {
	cat info.err >&2
	lab_fail "dpdk-proc-info beside testpmd"
}
grep -Eq '^rx_good_packets: ([5-9]|[1-9][0-9])' info.out || lab_fail "no packets of the Ethernet port"
grep -Eq '^rx_drop_ether_control: 0' info.out || lab_fail "no drops of the Ethernet port"
nsenter --net=/run/netns/server ping -n -i 0.01 -W 1 203.0.113.77 >/dev/null &
ping=$!
capture net_ipoib0 ether.pcapng
some ether.pcapng "icmp.type == 8 && eth && ip.dst == 203.0.113.77"
kill -INT "$ping"
wait "$ping"
printf 'stop\nquit\n' >rte.in
lab_wait 10 lab_gone "$(cat rte.pid)" || lab_fail "testpmd does not end"

# Without shared memory: one line that says so, and nothing is harmed.
run_a --no-huge -m 768
grep -q 'no shared memory (--no-huge): dpdk-dumpcap and dpdk-pdump cannot attach' gateway-a.log ||
	lab_fail "does not say that dumpcap cannot attach"
timeout 30 dpdk-dumpcap -q -i net_af_packet0 -c 5 -w no.pcapng >dumpcap.log 2>&1 &&
	lab_fail "dpdk-dumpcap attaches without shared memory"
lab_wait 5 lab_ping || lab_fail "no ping after that"
lab_finish
