#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# For scripts to source: the source package of the installed DPDK, found through a private list of
# sources, and the cache outside the tree for what is made of it. The system's lists stay as they
# are.
#
# Set by the caller: me, its name in messages, before it sources this; tmp, a folder of its own,
# before it fetches.
me=${me:?}
tmp=

user_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dpdk-ipoib
system_cache=/var/cache/dpdk-ipoib

die() {
	printf '%s: FAILED: %s\n' "$me" "$1" >&2
	shift
	local line
	for line in "$@"; do
		printf '  %s\n' "$line" >&2
	done
	exit 1
}

# The folder of the cache that this user fills.
own_cache() {
	if [ "$(id -u)" -eq 0 ]; then
		printf '%s\n' "$system_cache"
	else
		printf '%s\n' "$user_cache"
	fi
}

# Name and version of the source package that the installed libdpdk-dev was built from.
source_package() {
	dpkg-query -W -f '${source:Package} ${source:Version}\n' libdpdk-dev 2>/dev/null
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

# Put the source package $1 of version $2 into $tmp/get.
download_source() {
	local name=$1 want=$2
	mkdir -p "$tmp/parts" "$tmp/lists/partial" "$tmp/cache/archives/partial" "$tmp/get"
	write_sources "$tmp/parts"
	if [ ! -s "$tmp/parts/src.list" ] && [ ! -s "$tmp/parts/src.sources" ]; then
		die "no package source of this distribution found in /etc/apt" \
			"Give the driver headers yourself: -Ddriver_sdk=FOLDER (MESON_ARGS)."
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

# Unpack the source package $1 of version $2 into $tmp/src. What was fetched once stays in the
# cache, so that later steps need no network.
fetch_source() {
	local name=$1 want=$2 keep d dsc
	keep=$(own_cache)/source
	mkdir -p "$tmp/get"
	for d in "$user_cache/source" "$system_cache/source"; do
		dsc=$d/${name}_${want#*:}.dsc
		if [ -e "$dsc" ]; then
			cp "$d"/* "$tmp/get/"
			break
		fi
	done
	if [ ! -e "$dsc" ]; then
		download_source "$name" "$want"
	fi
	dsc=$(echo "$tmp"/get/*.dsc)
	if [ ! -e "$dsc" ] || ! grep -qx "Version: $want" "$dsc"; then
		die "the mirror gave another version than the installed $want"
	fi
	if ! dpkg-source --no-check -x "$dsc" "$tmp/src" >"$tmp/log" 2>&1; then
		rm -rf "$keep"
		tail -n 15 "$tmp/log" >&2
		die "source package $name $want does not unpack"
	fi
	if [ ! -e "$keep/${dsc##*/}" ]; then
		rm -rf "$keep"
		mkdir -p "$keep"
		cp "$tmp"/get/* "$keep/"
	fi
}
