#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# The driver headers of the installed DPDK, where its package leaves them out: they come from the
# same version's source package, found through a private list of sources.
#
# driver-sdk.sh --path		print the folder that holds them, exit 1 if there is none
# driver-sdk.sh --get		fetch them if the installed DPDK lacks them
set -euo pipefail
export LC_ALL=C

headers=(
	lib/ethdev/ethdev_driver.h
	lib/ethdev/ethdev_pci.h
	lib/ethdev/ethdev_vdev.h
	lib/eal/include/bus_driver.h
	lib/eal/include/dev_driver.h
	drivers/bus/auxiliary/bus_auxiliary_driver.h
	drivers/bus/pci/bus_pci_driver.h
	drivers/bus/vdev/bus_vdev_driver.h
)

me=driver-sdk
# shellcheck source-path=SCRIPTDIR source=dpdk-source.sh
. "$(dirname "$0")/dpdk-source.sh"

# Only a folder that was filled from exactly the installed version counts.
find_path() {
	local d
	for d in "$user_cache/driver-sdk/$version" "$system_cache/driver-sdk/$version"; do
		if [ -e "$d/.complete" ] && [ "$(cat "$d/.complete")" = "$(source_package)" ]; then
			printf '%s\n' "$d"
			return 0
		fi
	done
	return 1
}

has_own_headers() {
	local d
	for d in "$(pkg-config --variable=includedir libdpdk)" \
		$(pkg-config --cflags-only-I libdpdk | sed 's/-I//g'); do
		if [ -e "$d/ethdev_driver.h" ]; then
			return 0
		fi
	done
	return 1
}

fill_folder() {
	local name=$1 want=$2 dest=$3 h
	mkdir -p "$dest"
	rm -f "$dest/.complete"
	for h in "${headers[@]}"; do
		cp "$tmp/src/$h" "$dest/" || die "$name $want has no $h"
	done
	printf '%s %s\n' "$name" "$want" >"$dest/.complete"
}

get() {
	local name want dest
	if has_own_headers || find_path >/dev/null; then
		return 0
	fi
	read -r name want < <(source_package) || true
	if [ -z "${want:-}" ] || [ "${want#"$version"}" = "$want" ]; then
		die "the installed DPDK $version has no driver headers and is not a Debian package" \
			"Build it with -Denable_driver_sdk=true, or give -Ddriver_sdk=FOLDER (MESON_ARGS)."
	fi
	dest=$(own_cache)/driver-sdk/$version
	printf 'deps: fetching the driver headers of DPDK %s\n' "$want"
	tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/driver-sdk.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' INT TERM
	fetch_source "$name" "$want"
	fill_folder "$name" "$want" "$dest"
	printf 'deps: driver headers are in %s\n' "$dest"
}

version=$(pkg-config --modversion libdpdk 2>/dev/null) ||
	die "DPDK is not installed (pkg-config finds no libdpdk)" "Run 'make deps'."

case "${1:-}" in
--path) find_path ;;
--get) get ;;
*)
	echo "usage: driver-sdk.sh --path | --get" >&2
	exit 2
	;;
esac
