#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# The DPDK libraries that this project links, compiled with a sanitizer from the source package of
# the installed version and kept outside the tree: without them a race or an overrun inside DPDK
# is not seen, or is reported where it is not.
#
# sanitized-dpdk.sh address|thread
#
# Prints the folder for PKG_CONFIG_PATH; nothing, and a note, if DPDK is no Debian package. There is
# no "undefined": DPDK shifts and loads in ways that this reports and that are none of our business.
set -euo pipefail
export LC_ALL=C PATH="/usr/bin:/bin:$PATH"
here=$(cd "$(dirname "$0")" && pwd)
me=sanitized-dpdk
# shellcheck source-path=SCRIPTDIR source=dpdk-source.sh
. "$here/dpdk-source.sh"

# Those of them that a version has.
libs=(log argparse kvargs telemetry eal ptr_compress ring rcu mempool mbuf net meter ethdev pci
	cmdline hash acl rib fib ip_frag stack pcapng bpf pdump)
drivers=bus/vdev,mempool/ring,mempool/stack,net/af_packet,net/null,net/ring

say() {
	printf '%s: %s\n' "$me" "$*" >&2
}

# Not everything in DPDK can be left out by an option, so its own list is made shorter.
shorten_list() {
	local lib short=()
	for lib in "${libs[@]}"; do
		if [ -d "$1/lib/$lib" ]; then
			short+=("$lib")
		fi
	done
	awk -v keep="${short[*]}" -v q="'" '
		/^libraries = \[/ {
			print
			n = split(keep, word, " ")
			for (i = 1; i <= n; i++)
				print "\t" q word[i] q ","
			skip = done = 1
			next
		}
		/^\]/ { skip = 0 }
		!skip
		END { exit !done }' "$1/lib/meson.build" >"$tmp/list" ||
		die "the list of libraries in lib/meson.build looks different in this DPDK"
	cp "$tmp/list" "$1/lib/meson.build"
}

# One log, shown only if something stops.
run_logged() {
	if ! "$@" >"$tmp/log" 2>&1; then
		tail -n 30 "$tmp/log" >&2
		die "DPDK cannot be built: $1 $2"
	fi
}

build() {
	local cflags=-g1
	shorten_list "$tmp/src"
	# The thread sanitizer knows atomic operations, not the fences between plain accesses that
	# rings use on x86 otherwise. The line goes into the installed headers too.
	if [ "$kind" = thread ]; then
		echo "#define RTE_USE_C11_MEM_MODEL 1" >>"$tmp/src/config/rte_config.h"
	else
		# EAL ends its threads by pthread_cancel(), which leaves the marks around
		# variables on their stacks: a false alarm. Heaps, rte_malloc's too, are checked.
		cflags+=' --param=asan-stack=0'
	fi
	run_logged meson setup --prefix="$dest" --libdir=lib -Db_sanitize="$kind" -Db_lundef=false \
		-Ddebug=false -Dc_args="$cflags" -Doptimization=1 -Ddefault_library=shared \
		-Dplatform=generic -Dtests=false -Denable_apps=none -Denable_drivers="$drivers" \
		-Dc_link_args="-Wl,-rpath,$dest/lib" "$tmp/src" "$tmp/build"
	rm -rf "$dest"
	run_logged ninja -C "$tmp/build" install
	rm -f "$dest"/lib/*.a
}

kind=${1:-}
case $kind in
address | thread) ;;
*)
	echo "usage: sanitized-dpdk.sh address|thread" >&2
	exit 2
	;;
esac
version=$(pkg-config --modversion libdpdk 2>/dev/null) ||
	die "DPDK is not installed (pkg-config finds no libdpdk)" "Run 'make deps'."
read -r name want < <(source_package) || true
if [ -z "${want:-}" ] || [ "${want#"$version"}" = "$want" ]; then
	say "DPDK $version is not a Debian package: its libraries stay without the sanitizer"
	exit 0
fi

dest=$(own_cache)/sanitized-dpdk/$kind
stamp="$want, $(gcc -dumpfullversion), $(cksum <"$here/sanitized-dpdk.sh")"
if [ ! -e "$dest/.complete" ] || [ "$(cat "$dest/.complete")" != "$stamp" ]; then
	begin=$SECONDS
	say "building DPDK $want with -fsanitize=$kind"
	tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/sanitized-dpdk.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' INT TERM
	fetch_source "$name" "$want"
	build
	printf '%s\n' "$stamp" >"$dest/.complete"
	say "took $((SECONDS - begin)) s, kept in $dest"
fi
printf '%s\n' "$dest/lib/pkgconfig"
