#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# files.sh BUILD: meson install puts everything to its place, and the tools run from there.
set -euo pipefail
export LC_ALL=C

tmp=$(mktemp -d "${TMPDIR:-/tmp}/install-files.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
bad=0

# has PATTERN: a file below the folder here that is not empty.
has() {
	local found

	found=$(find "$tmp/root" -path "*/$1" \( -type l -o -size +0 \) | head -n 1)
	if [ -z "$found" ]; then
		echo "not installed: $1" >&2
		bad=1
	fi
}

meson install -C "$1" --no-rebuild --destdir "$tmp/root" >"$tmp/log" 2>&1 || {
	tail -n 5 "$tmp/log" >&2
	exit 1
}
has bin/dpdk-ipoib
has 'dpdk/pmds-*/librte_net_ipoib.so'
has include/dpdk-ipoib/ipoib_neigh.h
has pkgconfig/libipoib_neigh.pc
has libipoib_neigh.a
has systemd/system/dpdk-ipoib@.service
has dpdk-ipoib/prometheus/dpdk-ipoib.rules.yml
for f in 60-dpdk-ipoib.rules dpdk-ipoib.conf gateway.cmd gateway-a.cmd gateway-b.cmd host.cmd; do
	has "doc/dpdk-ipoib/examples/$f"
done
for tool in carrier2erf dpdk-ipoib-exporter dpdk-ipoib-ndr dpdk-ipoib-query dpdk-ipoib-top; do
	has "bin/$tool"
	link=$(find "$tmp/root" -path "*/bin/$tool" -type l)
	# It names where it is to be in the end, below the folder here.
	"$tmp/root$(readlink "$link")" --help >"$tmp/help" 2>&1 || {
		echo "$tool --help: $(tail -n 1 "$tmp/help")" >&2
		bad=1
	}
done
exit "$bad"
