#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# hardening.sh fortify|plain FILE...: programs and plug-ins are built to make errors harder to use:
# addresses at random (PIE), no writable table of functions (RELRO, all bound at start), a canary in
# each frame with an array, no stack that can be run; with fortify, lengths checked by libc too.
set -euo pipefail
export LC_ALL=C

bad=0
fortify=$1
shift

# has FILE WHAT PATTERN TEXT
has() {
	if ! grep -Eq -- "$3" <<<"$4"; then
		echo "$1: no $2" >&2
		bad=1
	fi
}

for file; do
	head=$(readelf -Wh "$file")
	segments=$(readelf -Wl "$file")
	dynamic=$(readelf -Wd "$file")
	symbols=$(readelf -W --dyn-syms "$file")
	has "$file" "position independence" 'Type: +DYN ' "$head"
	[[ $file == *.so* ]] || has "$file" PIE 'FLAGS_1.* PIE' "$dynamic"
	has "$file" RELRO ' GNU_RELRO ' "$segments"
	has "$file" "binding at start" '\((BIND_NOW|FLAGS)\).*BIND_NOW|\(FLAGS_1\).* NOW' "$dynamic"
	has "$file" "stack that cannot be run" ' GNU_STACK .* RW +0x' "$segments"
	has "$file" "canary" ' __stack_chk_fail' "$symbols"
	[ "$fortify" != fortify ] || has "$file" "checked function of libc" ' __[a-z]*_chk' "$symbols"
done
exit "$bad"
