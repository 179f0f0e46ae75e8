# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A tree like /sys with PCI functions and InfiniBand devices that do not exist.
# Sourced; SYSFS_PATH says where (libibverbs and net_ipoib look there), and
# SYSFS_PCI_DEVICES where EAL looks for PCI functions.

# sysfs_begin FOLDER: an empty tree.
sysfs_begin()
{
	export SYSFS_PATH=$1
	export SYSFS_PCI_DEVICES=$1/bus/pci/devices
	rm -rf "$1"
	mkdir -p "$SYSFS_PCI_DEVICES" "$1/class/infiniband" "$1/drivers"
}

# sysfs_pci ADDRESS VENDOR DEVICE CLASS KERNEL_DRIVER
sysfs_pci()
{
	local dir=$SYSFS_PCI_DEVICES/$1 i

	mkdir -p "$dir" "$SYSFS_PATH/drivers/$5"
	echo "$2" >"$dir/vendor"
	echo "$3" >"$dir/device"
	echo "$2" >"$dir/subsystem_vendor"
	echo 0x0001 >"$dir/subsystem_device"
	echo "$4" >"$dir/class"
	echo 0 >"$dir/numa_node"
	for i in 1 2 3 4 5 6 7; do
		echo "0x0000000000000000 0x0000000000000000 0x0000000000000000"
	done >"$dir/resource"
	ln -sfn "$SYSFS_PATH/drivers/$5" "$dir/driver"
	printf 'DRIVER=%s\nPCI_SLOT_NAME=%s\n' "$5" "$1" >"$dir/uevent"
}

# sysfs_hca NAME PCI_ADDRESS
sysfs_hca()
{
	mkdir -p "$SYSFS_PATH/class/infiniband/$1/ports"
	ln -sfn "$SYSFS_PCI_DEVICES/$2" "$SYSFS_PATH/class/infiniband/$1/device"
}

# sysfs_port NAME PORT LINK_LAYER STATE [P_KEY...]
sysfs_port()
{
	local dir=$SYSFS_PATH/class/infiniband/$1/ports/$2 state=$4 i=0

	mkdir -p "$dir/pkeys" "$dir/counters" "$dir/hw_counters"
	echo "$3" >"$dir/link_layer"
	echo "$state" >"$dir/state"
	case $state in
	*DOWN) echo "2: Polling" ;;
	*) echo "5: LinkUp" ;;
	esac >"$dir/phys_state"
	shift 4
	for pkey in "$@"; do
		echo "$pkey" >"$dir/pkeys/$i"
		i=$((i + 1))
	done
}
