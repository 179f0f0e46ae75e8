#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The documentation builds without a warning; it has every option, every command and the manual
# pages of all tools.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=$(realpath "${BUILD:-$top/build}")/app/dpdk-ipoib
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
fail() { echo "FAILED: $*" >&2 && exit 1; }

"$top/devtools/doc.sh" "$program" "$out/doc" || fail "make doc"
grep -q '^\[' "$top/app/cli/commands.list" || fail "no commands"
want=$(grep -cE '^[a-z(].* # ' "$top/app/cli/commands.list")
got=$(grep -c '<blockquote>' "$out/doc/cli.html")
[ "$got" -eq "$want" ] || fail "$got commands in cli.html, $want in commands.list"
for option in $("$program" --help | sed -n 's/^ *\(-. \)\? *--\([a-z0-9-]*\)[= ].*/\2/p'); do
	grep -q -- "--$option" "$out/doc/options.html" || fail "no --$option in options.html"
	sed 's/\\-/-/g' "$out/doc/man/dpdk-ipoib.8" | grep -q -- "--$option" ||
		fail "no --$option in dpdk-ipoib.8"
done
for tool in "$top"/usertools/[!_]*; do
	if [ -d "$tool" ] || [ ! -x "$tool" ]; then
		continue
	fi
	[ -s "$out/doc/man/$(basename "$tool").1" ] || fail "no manual page of $(basename "$tool")"
done
[ -s "$out/doc/html/index.html" ] || fail "no reference of the headers"
echo "ok"
