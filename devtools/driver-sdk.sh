#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# The driver headers of the installed DPDK, where its package leaves them out.
#
# driver-sdk.sh --path		print the folder that holds them, exit 1 if there is none
set -euo pipefail

version=$(pkg-config --modversion libdpdk)
user_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dpdk-ipoib/driver-sdk
system_cache=/var/cache/dpdk-ipoib/driver-sdk

find_path() {
	local d
	for d in "$user_cache/$version" "$system_cache/$version"; do
		if [ -e "$d/.complete" ]; then
			printf '%s\n' "$d"
			return 0
		fi
	done
	return 1
}

case "${1:-}" in
--path) find_path ;;
*) echo "usage: driver-sdk.sh --path" >&2; exit 2 ;;
esac
