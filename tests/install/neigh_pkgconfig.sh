#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# neigh_pkgconfig.sh BUILD SOURCE SANITIZE: install the neighbour table into a folder of its own,
# build the example against that with nothing but pkg-config and a compiler, and run it.
set -euo pipefail
export LC_ALL=C

build=$1 source=$2 sanitize=$3
tmp=$(mktemp -d "${TMPDIR:-/tmp}/neigh-pkgconfig.XXXXXX")
id=neighpc$$
cleanup() {
	rm -rf "$tmp" "/var/run/dpdk/$id" "${XDG_RUNTIME_DIR:-/nowhere}/dpdk/$id"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

die() {
	echo "FAILED: $1" >&2
	exit 1
}

meson install -C "$build" --no-rebuild --tags devel --destdir "$tmp/root" >"$tmp/log" 2>&1 ||
	die "meson install: $(tail -n 5 "$tmp/log")"
pc=$(find "$tmp/root" -name libipoib_neigh.pc)
[ -n "$pc" ] || die "no libipoib_neigh.pc was installed"
# It names where it was to be installed, which is below the folder here.
include=$(find "$tmp/root" -type d -name include)
sed -i "s|^prefix=.*|prefix=${include%/include}|" "$pc"
export PKG_CONFIG_PATH=${pc%/*}${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
pkg-config --exists --print-errors libipoib_neigh
case "$(pkg-config --cflags --libs libipoib_neigh)" in
*"$build"* | *"$source"*) die "the pkg-config file names the build or source folder" ;;
esac

flags=()
if [ "$sanitize" != none ]; then
	flags=("-fsanitize=$sanitize")
fi
mkdir "$tmp/work"
cp "$source/examples/neigh/neigh.c" "$tmp/work/"
cd "$tmp/work"
# Every installed header compiles alone, with a stranger's warnings.
for h in $(cd "$tmp/root" && find . -name '*.h'); do
	echo "#include <${h##*/}>" >"$tmp/work/one.c"
	# shellcheck disable=SC2046 # words are meant
	cc -std=gnu11 -Wall -Wextra -Werror -c one.c -o one.o $(pkg-config --cflags libipoib_neigh) ||
		die "${h##*/} does not compile alone"
done
# shellcheck disable=SC2046 # words are meant
cc -g -O2 -Wall -Wextra -Werror "${flags[@]}" neigh.c -o neigh \
	$(pkg-config --cflags --libs libipoib_neigh) || die "the example does not compile"
timeout 60 ./neigh --no-huge -m 64 --no-pci --no-telemetry --file-prefix "$id" ||
	die "the example ends with status $?"
echo "ok"
