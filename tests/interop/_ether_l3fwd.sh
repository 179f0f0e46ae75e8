#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# By hand, for it has to be built from DPDK's source before (tests/perf/l3fwd.sh --plain): l3fwd, as it
# is, routes between a TAP and an InfiniBand port in mode=ether, over verbs, the kernel's ib0 beyond.
# It knows no ARP: everybody is told the others' addresses.
# timeout: 150
# guest: -smp 2 -m 1536
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/_guest.sh"
. "$(dirname "$0")/_router.sh"

L3FWD=$(find /var/cache/dpdk-ipoib "${HOME:-/root}/.cache/dpdk-ipoib" -name l3fwd-plain 2>/dev/null | head -n 1)
must "l3fwd was built" test -x "$L3FWD"
must "softib gives two HCAs" softib hcas=2
modprobe -a ib_ipoib tun
start_opensm softib0
must "the ports are ACTIVE" wait_for 30 all_active
# The MAC that lib/ipoib_ether makes of a 20-octet address, after its first octet.
mac_of() {
	python3 -c '
import sys
h = 0xcbf29ce484222325
for b in bytes.fromhex(sys.argv[1].replace(":", ""))[1:]:
    h = (h ^ b) * 0x100000001b3 % 2**64
h = (h ^ h >> 32) * 0x9e3779b97f4a7c15 % 2**64
m = bytearray(h.to_bytes(8, "big")[:6])
m[0] = m[0] & 0xfc | 2
print(m.hex(":"))' "$1"
}
ip netns add b
lladdr=$(cat /sys/class/net/ib0/address)
ip link set ib0 netns b
on b ip addr add 198.18.0.2/24 dev ib0
on b ip link set ib0 up
"$L3FWD" --lcores 1@0-1 --no-huge -m 384 --no-pci --file-prefix l3fwd \
	-d "$INTEROP_BUILD/drivers/net/ipoib/librte_net_ipoib.so" --vdev "$(verbs 0 softib1 ,mode=ether)" \
	--vdev net_tap0,iface=tap0 -- -P -p 0x5 --config="(0,0,1),(2,0,1)" --parse-ptype --no-numa \
	--eth-dest="0,$(mac_of "$lladdr")" --eth-dest=2,02:00:00:00:00:22 >"$JOB/l3fwd.log" 2>&1 &
l3fwd=$!
must "l3fwd runs" wait_for 60 grep -q 'port 1: up' "$JOB/l3fwd.log"
ip link set tap0 down
ip link set tap0 address 02:00:00:00:00:22
ip link set tap0 mtu 1500 up
ip addr add 198.18.2.2/24 dev tap0
ip neigh replace 198.18.2.1 lladdr 02:00:00:00:00:01 dev tap0
ip route add 198.18.0.0/24 via 198.18.2.1
# Its question, which l3fwd does not answer, tells the port who ib0 is.
on b ping -q -n -c 2 -W 1 198.18.0.1
qpn=$(rdma resource show qp link softib1 | grep l3fwd | grep -o 'lqpn [0-9]*' | awk '{print $2}' | sort -n | head -n 1)
ours=$(printf '00:%02x:%02x:%02x:%s' $((qpn >> 16)) $((qpn >> 8 & 255)) $((qpn & 255)) \
	"$(python3 -c 'import ipaddress, sys
print(ipaddress.ip_address(sys.argv[1]).packed.hex(":"))' "$(cat /sys/class/infiniband/softib1/ports/1/gids/0)")")
echo "# ib0 $lladdr is $(mac_of "$lladdr"), l3fwd's port is $ours"
on b ip neigh replace 198.18.0.1 lladdr "$ours" dev ib0
on b ip route add 198.18.2.0/24 via 198.18.0.1
check "l3fwd routes from the TAP to ib0 and back" wait_for 20 ping -q -n -c 1 -W 1 198.18.0.2
check "again and again" ping -q -n -c 10 -i 0.1 -W 5 198.18.0.2
kill -INT "$l3fwd"
check "l3fwd ends" wait_for 30 router_gone "$l3fwd"
finish
