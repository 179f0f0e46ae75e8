#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# DPDK's example l3fwd as a peer of the benchmarks: built from the source package of the installed
# DPDK, kept in the cache, its path printed. One change: it does not ask for RX checksum offloads,
# which net_pcap does not have. With --plain as it is.

me=l3fwd
# shellcheck source=../../devtools/dpdk-source.sh
. "$(dirname "$0")/../../devtools/dpdk-source.sh"

read -r name want < <(source_package) || die "libdpdk-dev is not installed"
program=l3fwd
[ "${1:-}" != --plain ] || program=l3fwd-plain
place=$(own_cache)/l3fwd/${want#*:}
for d in "$user_cache" "$system_cache"; do
	if [ -x "$d/l3fwd/${want#*:}/$program" ]; then
		echo "$d/l3fwd/${want#*:}/$program"
		exit 0
	fi
done

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fetch_source "$name" "$want"
cd "$tmp/src/examples/l3fwd" || die "the source package has no examples/l3fwd"
if [ "$program" = l3fwd ]; then
	sed -i 's/\.offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM/.offloads = 0/' main.c
	grep -q '\.offloads = 0' main.c || die "this l3fwd asks for offloads in another way"
fi
make shared >"$tmp/log" 2>&1 || {
	tail -n 15 "$tmp/log" >&2
	die "l3fwd does not build"
}
mkdir -p "$place"
cp build/l3fwd-shared "$place/$program.new" && mv "$place/$program.new" "$place/$program"
echo "$place/$program"
