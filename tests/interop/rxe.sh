#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# The verbs backend on the kernel's Soft-RoCE. Two devices of one machine reach each other by their
# link-local addresses only: others would be taken for local ones.
# timeout: 300
. "$(dirname "$0")/_guest.sh"

# Without crc32_generic rdma_rxe loads, but no packet leaves.
must "rdma_rxe loads" modprobe -a crc32_generic rdma_rxe veth ib_uverbs
ip link add rx0 type veth peer name rx1
for n in 0 1; do
	ip link set rx$n addrgenmode eui64
	ip link set rx$n up
	must "rxe$n" rdma link add rxe$n type rxe netdev rx$n
done
check "its link layer is Ethernet" grep -qx Ethernet /sys/class/infiniband/rxe0/ports/1/link_layer
# The device hears a group only if the interface has joined it.
ip addr add ff12:401b:ffff::102:304/128 dev rx1 autojoin
# shellcheck disable=SC2317 # called by check
no_tentative() { ! ip -6 addr show tentative | grep -q fe80; }
check "their addresses are valid" wait_for 20 no_tentative
cmocka "$INTEROP_BUILD/tests/interop/verbs_check" rxe0 rxe1 roce=on
finish
