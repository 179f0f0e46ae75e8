#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# testpmd_plugin.sh PLUGIN: the distribution's testpmd loads the driver as a plug-in, beside its
# mlx5, twice even, and forwards with it; every frame of the carrier is accounted for.
set -euo pipefail
export LC_ALL=C

plugin=$1
id=pmdplugin$$
tmp=
pid=

cleanup() {
	if [ -n "$pid" ]; then
		kill -KILL "$pid" 2>/dev/null || true
	fi
	if [ -n "$tmp" ]; then
		rm -rf "$tmp"
	fi
	rm -rf "/var/run/dpdk/$id" "${XDG_RUNTIME_DIR:-/nowhere}/dpdk/$id"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

die() {
	echo "FAILED: $1" >&2
	tail -n 40 "$tmp/log" >&2
	exit 1
}

# wait_for SECONDS COMMAND...
wait_for() {
	local tries=$(($1 * 20))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ] || ! kill -0 "$pid" 2>/dev/null; then
			return 1
		fi
		sleep 0.05
	done
}

says() {
	grep -q "$1" "$tmp/log"
}

if ! command -v dpdk-testpmd >/dev/null; then
	echo "skipped: no dpdk-testpmd"
	exit 77
fi
# EAL takes no plug-in from below a folder that everybody may write.
tmp=$(mktemp -d "${HOME:-/root}/.pmdplugin.XXXXXX") || exit 77
mkdir "$tmp/a" "$tmp/b"
cp "$plugin" "$tmp/a/"
cp "$plugin" "$tmp/b/"
mkfifo "$tmp/in"

stdbuf -oL dpdk-testpmd -l 0,1 --no-huge -m 256 --no-pci --no-telemetry --file-prefix "$id" \
	--log-level pmd.net.ipoib:debug \
	-d "$tmp/a/librte_net_ipoib.so" -d "$tmp/b/librte_net_ipoib.so" \
	--vdev net_ipoib0,device=none1,mad=ibsim:none$id,carrier=net_null0 --vdev net_null0 \
	-- -i --total-num-mbufs=4096 --mbuf-size=2432 --no-mlockall \
	<"$tmp/in" >>"$tmp/log" 2>&1 &
pid=$!
exec 3>"$tmp/in"
wait_for 30 says "Checking link" || die "testpmd does not start"
says "stays unused" || die "the second copy does not say that it is one too many"
grep -q librte_net_mlx5 "/proc/$pid/maps" || die "mlx5 is not loaded beside it"

echo "start" >&3
for ((i = 0; ; i++)); do
	echo "show port xstats 0" >&3
	if wait_for 1 says "rx_carrier_frames: [1-9]"; then
		break
	fi
	[ "$i" -lt 20 ] || die "nothing arrives from the carrier"
done
echo "stop" >&3
wait_for 10 says "Accumulated forward" || die "forwarding does not stop"
: >"$tmp/log"
echo "show port xstats 0" >&3
wait_for 10 says "tx_held" || die "no statistics"
frames=$(sed -n 's/^rx_carrier_frames: //p' "$tmp/log")
drops=$(sed -n 's/^rx_drop_not_active: //p' "$tmp/log")
if [ "${frames:-none}" != "$drops" ]; then
	die "${frames:-no} frames, $drops accounted for"
fi
echo "show port info 0" >&3
wait_for 10 says "Driver name: net_ipoib" || die "no net_ipoib port"
echo "quit" >&3
exec 3>&-
wait_for 10 says "Bye" || die "testpmd does not end"
wait "$pid" || die "testpmd ends with an error"
pid=
echo "ok: $frames frames"
