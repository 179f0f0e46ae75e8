#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# refused.sh SOURCE: meson setup refuses machines that the program cannot run on, in words.
set -euo pipefail
export LC_ALL=C

tmp=$(mktemp -d "${TMPDIR:-/tmp}/refused.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

# refuses SOURCE COMPILER-OPTIONS CPU ENDIAN WORDS
refuses() {
	cat >"$tmp/cross" <<X
[binaries]
c = ['gcc', $2]
pkgconfig = 'pkg-config'
[host_machine]
system = 'linux'
cpu_family = '$3'
cpu = '$3'
endian = '$4'
X
	if meson setup --cross-file "$tmp/cross" "$tmp/build" "$1" >"$tmp/log" 2>&1; then
		echo "meson setup takes $3, $4" >&2
		exit 1
	fi
	grep -q "ERROR: .*$5" "$tmp/log" || {
		tail -n 5 "$tmp/log" >&2
		exit 1
	}
	rm -rf "$tmp/build"
}

refuses "$1" "'-O0'" ppc64 big 'dpdk-ipoib runs on little-endian machines only'
# The 64-bit headers serve, if they are found. Other machines have no such compiler option.
[ "$(uname -m)" = x86_64 ] || exit 0
headers=/usr/include/$(gcc -print-multiarch)
refuses "$1" "'-mx32', '-U__ILP32__', '-isystem$headers'" x86 little \
	'dpdk-ipoib runs on 64-bit machines only'
