#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# As on a server: a NIC and an HCA by their PCI addresses, huge pages, four CPUs, two NUMA nodes.
#
#   host --- e1000 === virtio-net (00:05.0) [r] softib1 (on node 1) --- softib0, ib0
#
# Then dpdk-testpmd on the HCA alone, which is an Ethernet port to it.
# timeout: 600
# guest: -smp 4,sockets=2,cores=2 -m 3072 -object memory-backend-ram,id=m0,size=1536M -object memory-backend-ram,id=m1,size=1536M -numa node,nodeid=0,cpus=0-1,memdev=m0 -numa node,nodeid=1,cpus=2-3,memdev=m1 -device pxb,id=pxb1,bus=pci.0,bus_nr=128,numa_node=1 -netdev hubport,id=h0,hubid=0 -netdev hubport,id=h1,hubid=0 -device e1000,netdev=h0,bus=pci.0,addr=8 -device virtio-net-pci,netdev=h1,bus=pci.0,addr=9 -device pci-testdev,bus=pci.0,addr=a -device pci-testdev,bus=pxb1,addr=1
# shellcheck disable=SC2317 # called by check
# shellcheck disable=SC2034 # of _guest.sh
ALL_DRIVERS=1
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

function_of() { basename "$(readlink -f "/sys/class/infiniband/$1/device")"; }
ping_ok() { ping -q -n -c 1 -W 1 "$@"; }
iperf() {
	on host iperf3 -s -1 >/run/iperf.log 2>&1 &
	wait_for 10 on host sh -c 'ss -ltn | grep -q :5201'
	iperf3 -c 10.8.0.2 -t 2 "$@"
}
# How many huge pages of a node the kernel says r has.
pages_of_node() { grep -o "huge.* N$1=[0-9]*" "/proc/$(router_pid r)/numa_maps" | grep -c .; }
pool_node() { query r -g socket_id "/mempool/info,ipoib_mbufs_$1"; }

must "softib gives two HCAs" softib hcas=2
modprobe -a e1000 ib_ipoib uio_pci_generic
must "one of them is on node 1" grep -qx 1 /sys/class/infiniband/softib1/device/numa_node
nic=0000:00:09.0 card=$(function_of softib1)
echo $nic >/sys/bus/pci/devices/$nic/driver/unbind # virtio_pci, which 9p needs
echo uio_pci_generic >/sys/bus/pci/devices/$nic/driver_override
echo $nic >/sys/bus/pci/drivers_probe
must "user space has the NIC" test -e /sys/bus/pci/drivers/uio_pci_generic/$nic
for node in 0 1; do
	echo 330 >/sys/devices/system/node/node$node/hugepages/hugepages-2048kB/nr_hugepages
done
mkdir -p /run/huge
mount -t hugetlbfs none /run/huge
start_opensm softib0
must "the ports are ACTIVE" wait_for 30 all_active
ip addr add 10.9.0.1/24 dev ib0
ip link set ib0 up
ip route add 10.8.0.0/24 via 10.9.0.2
ip netns add host
ip link set eth0 netns host
ip -n host addr add 10.8.0.2/24 dev eth0
ip -n host link set eth0 up
ip -n host route add default via 10.8.0.1

# Ports are numbered in EAL's order, by PCI address.
ROUTER_LCORES=0-3 ROUTER_MEMORY="--huge-dir /run/huge --socket-mem 512,512" \
	router r -a $nic -a "$card" -- --total-num-mbufs 16384 <<-X
	ip address add 10.8.0.1/24 port 0
	ip address add 10.9.0.2/24 port 1
X
must "the HCA's port comes up" wait_for 90 router_up r 1
check "it is the second HCA" is softib1 query r -g device /ipoib/info,1
check "ping through both" wait_for 30 ping_ok 10.8.0.2
check "the largest datagrams" ping -q -n -c 20 -i 0.05 -W 2 -s 2016 10.8.0.2
check "TCP" iperf
check "TCP, the other way" iperf -R
check "the NIC's mbufs are on node 0" is 0 pool_node 0
check "the HCA's on node 1" is 1 pool_node 1
check "the kernel, too, sees pages on node 0" above 0 pages_of_node 0
check "and on node 1" above 0 pages_of_node 1
grep -i -E "numa|node" "$JOB/r.log"
check "r ends in order" stop_router r

# The same HCA by its address as an Ethernet port: unmodified testpmd answers the kernel's ib0.
dpdk-testpmd -l 0-1 --huge-dir /run/huge -m 400 --file-prefix testpmd \
	-d "$PLUGIN" -a "$card",mode=ether -- \
	--forward-mode icmpecho --auto-start --total-num-mbufs 8192 --mbuf-size 4400 \
	--stats-period 5 >"$JOB/testpmd.log" 2>&1 </dev/null &
echo $! >/run/testpmd.pid
check "testpmd answers, with mode=ether by PCI address" wait_for 90 ping_ok 10.9.0.77
check "and no ping is lost" ping -q -n -c 20 -i 0.1 -W 5 10.9.0.77
kill -TERM "$(router_pid testpmd)"
check "testpmd ends" wait_for 60 router_gone "$(router_pid testpmd)"
finish
