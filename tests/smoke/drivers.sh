#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The distribution's mlx5 driver beside ours; PCI addresses that are not there;
# PCI functions of a fake tree like /sys: which driver gets which, whatever the
# order of loading.
# timeout: 180

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
# shellcheck source=../fake_sysfs.sh
. "$(dirname "${BASH_SOURCE[0]}")/../fake_sysfs.sh"
lab_enter "$@"

program=$LAB_BUILD/app/dpdk-ipoib
eal=(-l 0 --no-huge -m 512 --file-prefix drivers)

# fails_with STATUS TEXT COMMAND...
fails_with()
{
	local want=$1 text=$2 status=0

	shift 2
	timeout 20 "$@" >"$LAB/out" 2>&1 </dev/null || status=$?
	[ "$status" -eq "$want" ] || lab_fail_out "exit status $status instead of $want: $*"
	grep -qF "$text" "$LAB/out" || lab_fail_out "does not say '$text': $*"
}

lab_fail_out()
{
	cat "$LAB/out" >&2
	lab_die "FAILED: $*"
}

# The program has loaded mlx5 (it is in its memory), and net_ipoib is its own.
"$program" "${eal[@]}" --vdev net_null0 -- >"$LAB/out" 2>&1 &
pid=$!
lab_wait 20 grep -q "mlx5" "/proc/$pid/maps" || lab_fail_out "mlx5 is not loaded"
lab_wait 20 lab_query drivers /ipoib/list || lab_fail_out "the program does not run"
kill -TERM "$pid"
wait "$pid" || lab_fail_out "does not end in order"

fails_with 1 "0000:ff:1f.7" "$program" "${eal[@]}" -a 0000:ff:1f.7 --
fails_with 1 "0000:ff:1f.7" "$program" "${eal[@]}" -a 0000:ff:1f.7 --vdev net_null0 --

sysfs_begin "$LAB/sys"
ib=0000:03:00.0 eth=0000:03:00.1 mixed=0000:05:00.0 bare=0000:06:00.0 edu=0000:07:00.0
sysfs_pci $ib 0x15b3 0x1017 0x020700 mlx5_core
sysfs_hca mlx5_0 $ib
sysfs_port mlx5_0 1 InfiniBand "4: ACTIVE" 0xffff
sysfs_pci $eth 0x15b3 0x1017 0x020000 mlx5_core
sysfs_hca mlx5_1 $eth
sysfs_port mlx5_1 1 Ethernet "4: ACTIVE"
sysfs_pci $mixed 0x15b3 0x1003 0x028000 mlx4_core
sysfs_hca mlx4_0 $mixed
sysfs_port mlx4_0 1 InfiniBand "4: ACTIVE" 0xffff
sysfs_port mlx4_0 2 Ethernet "4: ACTIVE"
sysfs_pci $bare 0x15b3 0x1017 0x020700 mlx5_core
sysfs_pci $edu 0x1234 0x11e8 0x00ff00 edu
sysfs_hca softib0 $edu
sysfs_port softib0 1 InfiniBand "4: ACTIVE" 0xffff

# asked FUNCTION: the drivers that EAL asked for it, in order.
asked()
{
	sed -n "s/.*Probe PCI driver: \([a-z0-9_]*\) .*device: $1 .*/\1/p" "$LAB/out" | xargs
}

# is_asked FUNCTION DRIVERS
is_asked()
{
	[ "$(asked "$1")" = "$2" ] || lab_fail_out "$1: asked '$(asked "$1")' instead of '$2'"
}

says()
{
	grep -qF -- "$1" "$LAB/out" || lab_fail_out "does not say '$1'"
}

# All functions at once: each goes its own way.
order_is_right()
{
	is_asked $ib net_ipoib
	is_asked $eth "net_ipoib mlx5_pci"
	is_asked $mixed "net_ipoib net_mlx4"
	is_asked $bare "net_ipoib mlx5_pci"
	is_asked $edu net_ipoib
	says "net_ipoib: $eth: the link layer of mlx5_1 port 1 is not InfiniBand, left to the mlx5"
	says "net_ipoib: $mixed: mlx4_0 port 1 is InfiniBand, mlx4_0 port 2 is not"
	says "net_ipoib: $bare: no device in $LAB/sys/class/infiniband belongs to it"
}

allow=(-a "$ib" -a "$eth" -a "$mixed" -a "$bare" -a "$edu")
fails_with 1 "device '$ib': no driver took it" "$program" "${eal[@]}" "${allow[@]}" --
order_is_right
fails_with 1 "$ib: argument 'hca' is for --vdev" "$program" "${eal[@]}" -a $ib,hca=soft --
is_asked $ib net_ipoib

# As a plug-in: before mlx5, behind it, in a folder with it. Other ports go on.
lab_pmd
mlx5=$(find -L "$(pkg-config --variable=libdir libdpdk)/dpdk" -name 'librte_net_mlx5.so.*.*' | head -n 1)
[ -n "$mlx5" ] || lab_die "there is no plug-in librte_net_mlx5.so"
mkdir "$LAB/pmds"
cp "$LAB_PMD" "$LAB/pmds/librte_net_ipoib.${mlx5#*/librte_net_mlx5.}"
ln -s "$mlx5" "$LAB/pmds/"
for way in "$LAB_PMD:$mlx5" "$mlx5:$LAB_PMD" "$LAB/pmds"; do
	IFS=: read -ra plugins <<<"$way"
	fails_with 0 "Bye" dpdk-testpmd "${eal[@]/0/0,1}" "${plugins[@]/#/-d}" "${allow[@]}" \
		--vdev net_null0 -- --total-num-mbufs=2048 --no-mlockall
	order_is_right
done
echo "ok"
