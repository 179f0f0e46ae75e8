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

user_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dpdk-ipoib/driver-sdk
system_cache=/var/cache/dpdk-ipoib/driver-sdk

die() {
	printf 'driver-sdk: FAILED: %s\n' "$1" >&2
	shift
	local line
	for line in "$@"; do
		printf '  %s\n' "$line" >&2
	done
	exit 1
}

# Name and version of the source package that the installed libdpdk-dev was built from.
source_package() {
	dpkg-query -W -f '${source:Package} ${source:Version}\n' libdpdk-dev 2>/dev/null
}

# Only a folder that was filled from exactly the installed version counts.
find_path() {
	local d
	for d in "$user_cache/$version" "$system_cache/$version"; do
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

# Turn the system's package sources into source-package sources, in folder $1: one-line lists and
# deb822 files, only the distribution's own suites.
write_sources() {
	local codename suites f
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d '"')
	suites="^(${codename:-stable}|(old)*stable)"
	suites+='([-/](updates|security|backports|proposed-updates))?/?$'
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		if [ -e "$f" ]; then
			cat "$f"
			echo
		fi
	done | awk -v ok="$suites" '
		$1 == "deb" {
			i = 2
			if ($2 ~ /^\[/)
				while (i < NF && $i !~ /\]$/)
					i++
			if ($2 ~ /^\[/)
				i++
			if ($(i + 1) ~ ok) {
				sub(/^[ \t]*deb/, "deb-src")
				print
			}
		}' >"$1/src.list"
	# An empty line first: the files need not end with one.
	for f in /etc/apt/sources.list.d/*.sources; do
		if [ -e "$f" ]; then
			sed '/^#/d' "$f"
			echo
		fi
	done | awk -v ok="$suites" '
		BEGIN { RS = ""; FS = "\n" }
		{
			out = ""; use = 0; off = 0
			for (i = 1; i <= NF; i++) {
				line = $i
				if (tolower(line) ~ /^enabled:[ \t]*(no|false)/)
					off = 1
				if (tolower(line) ~ /^types:/)
					line = "Types: deb-src"
				if (tolower(line) ~ /^suites:/) {
					n = split(line, word, /[ \t]+/)
					line = "Suites:"
					for (k = 2; k <= n; k++)
						if (word[k] ~ ok) {
							line = line " " word[k]
							use = 1
						}
				}
				out = out line "\n"
			}
			if (use && !off)
				print out
		}' >"$1/src.sources"
}

# apt-get on private sources, lists and caches in folder $tmp; the system's stay as they are.
private_apt() {
	apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$tmp/parts" \
		-o Dir::State::lists="$tmp/lists" -o Dir::Cache="$tmp/cache" \
		-o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Acquire::Retries=3 \
		-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 "$@"
}

fetch_source() {
	local name=$1 want=$2
	mkdir -p "$tmp/parts" "$tmp/lists/partial" "$tmp/cache/archives/partial" "$tmp/get"
	write_sources "$tmp/parts"
	if [ ! -s "$tmp/parts/src.list" ] && [ ! -s "$tmp/parts/src.sources" ]; then
		die "no package source of this distribution found in /etc/apt" \
			"Give the headers yourself: -Ddriver_sdk=FOLDER (MESON_ARGS)."
	fi
	if [ "$(id -u)" -eq 0 ]; then
		chmod 755 "$tmp"
		chown _apt "$tmp/get" "$tmp/lists/partial" 2>/dev/null || true
	fi
	if ! private_apt update >"$tmp/log" 2>&1; then
		tail -n 15 "$tmp/log" >&2
		die "the list of source packages cannot be fetched" "No network, or a proxy is missing?"
	fi
	if ! (cd "$tmp/get" && private_apt source --download-only "$name=$want") \
		>"$tmp/log" 2>&1; then
		tail -n 15 "$tmp/log" >&2
		die "source package $name $want cannot be fetched" \
			"If the mirror has a newer one only, bring DPDK up to it first:" \
			"apt-get update && apt-get install --only-upgrade libdpdk-dev dpdk"
	fi
}

fill_folder() {
	local name=$1 want=$2 dest=$3 dsc h
	dsc=$(echo "$tmp"/get/*.dsc)
	if [ ! -e "$dsc" ] || ! grep -qx "Version: $want" "$dsc"; then
		die "the mirror gave another version than the installed $want"
	fi
	if ! dpkg-source --no-check -x "$dsc" "$tmp/src" >"$tmp/log" 2>&1; then
		tail -n 15 "$tmp/log" >&2
		die "source package $name $want does not unpack"
	fi
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
	dest=$user_cache/$version
	if [ "$(id -u)" -eq 0 ]; then
		dest=$system_cache/$version
	fi
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
