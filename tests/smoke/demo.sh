#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Two copies of the demo at once, a third one killed; what they leave behind.
# timeout: 180
set -u

cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What a demo could leave behind: processes (they inherit the mark), namespaces,
# files of DPDK, temporary files, hugepages, links.
export DEMO_MARK=$work
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

traces()
{
	env -u DEMO_MARK grep -lzx "DEMO_MARK=$work" /proc/[0-9]*/environ 2>/dev/null
	ip netns list | grep -E '^(client|server)'
	find /run/dpdk /dev/hugepages "$TMPDIR" -name '*gateway-*' 2>/dev/null
	find "$TMPDIR" -mindepth 1
	awk '/HugePages_Free/' /proc/meminfo
	ip -br link show type bridge
	ip -br link show type veth
}

before=$(traces)
export DEMO_SECONDS=1
demo/demo.sh >"$work/1" 2>&1 &
one=$!
demo/demo.sh >"$work/2" 2>&1 &
two=$!
demo/demo.sh >"$work/3" 2>&1 &
three=$!
for _ in $(seq 100); do
	grep -q "gateways start" "$work/3" && break
	sleep 0.1
done
kill -INT "$three" 2>/dev/null
kill -TERM "$three"
wait "$three" && { echo "FAILED: a killed demo says it went well"; exit 1; }
tail -n 1 "$work/3" | grep -q "^demo: FAILED interrupted" ||
	{ echo "FAILED: a killed demo says: $(tail -n 1 "$work/3")"; exit 1; }
status=0
wait "$one" || status=1
wait "$two" || status=1
tail -n 1 "$work/1" "$work/2"
[ "$status" -eq 0 ] || { cat "$work/1" "$work/2"; echo "FAILED: a copy failed"; exit 1; }
after=$(traces)
[ "$before" = "$after" ] || {
	diff <(echo "$before") <(echo "$after")
	echo "FAILED: the demo leaves something behind"
	exit 1
}
