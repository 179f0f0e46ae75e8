#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# What works, but worse than it could: a broadcast group slower and with a lower
# MTU than the ports, as OpenSM's partition file has it; counters of the HCA that
# rise, in a fake tree like /sys. At the prompt and by telemetry.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
# shellcheck source=../fake_sysfs.sh
. "$(dirname "${BASH_SOURCE[0]}")/../fake_sysfs.sh"
lab_enter "$@"

warnings() { lab_say gateway-a "ipoib show 1" | grep "^Warning" || true; }
warns() { warnings | grep -qF "$1"; }
xstat() { lab_say gateway-a "show port xstats 1" | sed -n "s/^$1: //p"; }

sysfs_begin "$LAB/sys"
sysfs_pci 0000:03:00.0 0x15b3 0x1017 0x020700 mlx5_core
sysfs_hca Hca3 0000:03:00.0
sysfs_port Hca3 1 InfiniBand "4: ACTIVE" 0xffff
counters=$SYSFS_PATH/class/infiniband/Hca3/ports/1
echo 0 >"$counters/counters/symbol_error"
echo 0 >"$counters/counters/port_xmit_wait"
echo 20 >"$counters/hw_counters/out_of_buffer"

cat >"$LAB/partitions.conf" <<X
Default=0x7fff, ipoib, rate=2, mtu=3 : ALL=full, SELF=full;
X
FABRIC_PARTITIONS=$LAB/partitions.conf lab_start -i
lab_say gateway-a start >/dev/null
lab_say gateway-b start >/dev/null
lab_wait 5 lab_ping || lab_fail "no ping"
warns "group rate: the broadcast group has 2.5 Gb/s, the port 100 Gb/s" ||
	lab_fail "does not warn of the rate: $(warnings)"
warns "group MTU: the broadcast group has IB MTU 1024, the port 2048" ||
	lab_fail "does not warn of the MTU: $(warnings)"
[ "$(warnings | wc -l)" -eq 2 ] || lab_fail "warns of more: $(warnings)"
[ "$(lab_query gateway-a -g total /ipoib/warnings,1)" -eq 2 ] || lab_fail "telemetry has not two"

echo 5 >"$counters/counters/symbol_error"
echo 900 >"$counters/counters/port_xmit_wait"
echo 27 >"$counters/hw_counters/out_of_buffer"
lab_wait 10 warns "symbol_error: rose by 5 lately, 5 in all; look at the cable" ||
	lab_fail "does not warn of damage: $(warnings)"
lab_wait 10 warns "out_of_buffer: rose by 7 lately, 7 in all" ||
	lab_fail "does not warn of lost datagrams: $(warnings)"
! warns port_xmit_wait || lab_fail "warns of what is usual"
lab_query gateway-a /ipoib/warnings,1 >"$LAB/warnings.json"
grep -q '"what": "symbol_error"' "$LAB/warnings.json" ||
	lab_fail "telemetry does not have it"
lab_wait 5 lab_is 900 xstat hw_port_xmit_wait || lab_fail "hw_port_xmit_wait is not counted"
[ "$(xstat hw_out_of_buffer)" -eq 7 ] || lab_fail "hw_out_of_buffer is not 7"
lab_say gateway-a "show port stats 1" | grep -Eq "RX-missed: 7 " ||
	lab_fail "out_of_buffer is not among the missed"
lab_finish
