#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Run the DTS suites of dts/tests on this machine: two gateways on soft HCAs, OpenSM on ibsim, and
# the traffic generator's two ports in network namespaces.
#
# run.sh [SUITE...]	smoke, forward, neigh, ...; without arguments all

# shellcheck source=../../tests/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../tests/lab.sh"
lab_enter "$@"

echo 'Default=0x7fff, ipoib : ALL=full; second=0x1, ipoib, defmember=full : ALL=full;' \
	>"$LAB/partitions.conf"
FABRIC_PARTITIONS=$LAB/partitions.conf \
	fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
LAB_MB=512 lab_memory
# ports HCA ETH CARRIER: EAL options of a gateway.
ports()
{
	echo "--no-pci ${LAB_MEMORY[*]} --vdev $(lab_af_packet 0 "$2")" \
		"--vdev $(lab_ipoib 0 "$1" net_af_packet1) --vdev $(lab_af_packet 1 "$3")"
}

DTS_EAL_A=$(ports Hca3 ea ca)
DTS_EAL_B=$(ports Hca2 eb cb)
export LAB DTS_EAL_A DTS_EAL_B DTS_PROGRAM=$LAB_BUILD/app/dpdk-ipoib
/usr/bin/python3 "$LAB_TOP/dts/local/run.py" "$@" || lab_die "FAILED"
fabric_stop
echo ok
