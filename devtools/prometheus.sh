#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Debian's Prometheus for the tests: taken out of its package, not installed, for the package would
# start a server now and at every boot.
#
# prometheus.sh --path		print the folder of prometheus and promtool, exit 1 if there is none
# prometheus.sh --get		fetch them unless they are there
set -euo pipefail
export LC_ALL=C

me=prometheus
# shellcheck source-path=SCRIPTDIR source=dpdk-source.sh
. "$(dirname "$0")/dpdk-source.sh"

find_path() {
	local d
	for d in /usr/bin "$user_cache/prometheus/usr/bin" "$system_cache/prometheus/usr/bin"; do
		if [ -x "$d/prometheus" ] && [ -x "$d/promtool" ]; then
			printf '%s\n' "$d"
			return 0
		fi
	done
	return 1
}

get() {
	local dest
	if find_path >/dev/null; then
		return 0
	fi
	dest=$(own_cache)/prometheus
	printf 'deps: fetching Prometheus, for the tests only\n'
	tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/prometheus.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' INT TERM
	# apt's own user writes here, if root runs this.
	chmod 0755 "$tmp"
	(cd "$tmp" && apt-get -qq -o Acquire::Retries=3 -o APT::Sandbox::User=root \
		download prometheus) || die "apt-get cannot download the package prometheus" \
		"No network, or no package lists: 'apt-get update'."
	dpkg-deb -x "$tmp"/prometheus_*.deb "$tmp/root"
	mkdir -p "$dest/usr"
	rm -rf "${dest:?}/usr/bin"
	mv "$tmp/root/usr/bin" "$dest/usr/bin"
	printf 'deps: Prometheus is in %s\n' "$dest/usr/bin"
}

case "${1:-}" in
--path) find_path ;;
--get) get ;;
*)
	echo "usage: prometheus.sh --path | --get" >&2
	exit 2
	;;
esac
