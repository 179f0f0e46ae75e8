#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Compile what is in this tree against other releases of DPDK, without warnings, with gcc and with
# clang; then run the unit tests and the driver's there, but those of a fabric, which ask DPDK for
# nothing, and of testpmd, which is the distribution's. By hand, a quarter of an hour.
#
# compat.sh DPDK [RELEASE...]	DPDK: a git folder of DPDK (a bare one, too); RELEASE: a tag of it,
#				without: v24.11 and v25.11
#
# JOBS=2: compilers at a time. A DPDK that was built stays in the cache (see dpdk-source.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C PATH="/usr/bin:/bin:$PATH" # DPDK wants Debian's Python
me=compat
# shellcheck source-path=SCRIPTDIR source=dpdk-source.sh
. devtools/dpdk-source.sh

jobs=${JOBS:-2}
out=$PWD/build/compat
# What we link, what our tests load. Libraries that others want come with them.
libs=acl,bpf,fib,ip_frag,metrics,pcapng,pdump,rib
drivers=bus/auxiliary,bus/pci,bus/vdev,mempool/ring,mempool/stack,net/af_packet,net/null,net/ring

run_logged() {
	local log=$1
	shift
	if ! "$@" >"$log" 2>&1; then
		grep -E -A 5 'error:|warning:|FAILED|ERROR' "$log" | head -n 40 >&2
		die "$*" "all of it: $log"
	fi
}

# The pkg-config folder of release $1, built if need be.
build_dpdk() {
	local release=$1 dest commit
	dest=$(own_cache)/compat/$release
	commit=$(git -C "$source" rev-parse "$release^{commit}")
	pkgconfig=$dest/lib/pkgconfig
	if [ "$(cat "$dest/.complete" 2>/dev/null)" = "$commit $libs $drivers" ]; then
		return
	fi
	tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/compat.XXXXXX")
	mkdir "$tmp/src"
	git -C "$source" archive "$commit" | tar -x -C "$tmp/src"
	run_logged "$out/dpdk-$release.log" meson setup --prefix="$dest" --libdir=lib \
		-Dplatform=generic -Ddefault_library=shared -Ddebug=false -Dtests=false \
		-Denable_apps=none -Denable_libs="$libs" -Denable_drivers="$drivers" \
		-Denable_driver_sdk=true -Dc_link_args="-Wl,-rpath,$dest/lib" \
		"$tmp/src" "$tmp/build"
	rm -rf "$dest"
	run_logged "$out/dpdk-$release.log" ninja -j "$jobs" -C "$tmp/build" install
	rm -rf "$tmp" "$dest"/lib/*.a
	tmp=
	printf '%s\n' "$commit $libs $drivers" >"$dest/.complete"
}

build_ours() {
	local release=$1 compiler=$2 dir=$out/$1-$2
	rm -rf "$dir"
	run_logged "$dir.log" env PKG_CONFIG_PATH="$pkgconfig" CC="${CCACHE:-} $compiler" \
		meson setup -Dwerror=true "$dir"
	run_logged "$dir.log" ninja -j "$jobs" -C "$dir"
	if grep -q 'warning:' "$dir.log"; then
		grep -A 5 'warning:' "$dir.log" | head -n 40 >&2
		die "warnings with $compiler and DPDK $release" "all of them: $dir.log"
	fi
	printf 'compat: DPDK %s, %s: no warning\n' "$version" "$compiler"
}

run_tests() {
	local dir=$out/$1-gcc names
	mapfile -t names < <(meson test -C "$dir" --list --no-suite bench --no-suite fabric 2>/dev/null |
		sed -n 's|.* / ||p' | grep -v '^testpmd')
	run_logged "$dir-test.log" meson test -C "$dir" --num-processes "$jobs" "${names[@]}"
	printf 'compat: DPDK %s: %s tests passed\n' "$version" "$(sed -n 's/^Ok: *//p' "$dir-test.log")"
}

if [ $# -eq 0 ] || ! git -C "$1" rev-parse -q --git-dir >/dev/null 2>&1; then
	echo "usage: compat.sh DPDK [RELEASE...]; DPDK is a git folder of DPDK" >&2
	exit 2
fi
source=$1
shift
[ $# -ne 0 ] || set -- v24.11 v25.11
mkdir -p "$out"
trap 'if [ -n "$tmp" ]; then rm -rf "$tmp"; fi' EXIT
for release; do
	build_dpdk "$release"
	version=$(PKG_CONFIG_PATH=$pkgconfig pkg-config --modversion libdpdk)
	for compiler in gcc clang; do
		build_ours "$release" "$compiler"
	done
	run_tests "$release"
done
