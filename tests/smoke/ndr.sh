#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# dpdk-ipoib-ndr from end to end: a tester of two memif ports around testpmd, which forwards, and a
# short search up to a rate that it forwards with ease. Then, with a generator and a receiver, a
# device that is not there: it says so.
# timeout: 120

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

NDR=$LAB_TOP/usertools/dpdk-ipoib-ndr
memif() { echo "net_memif$1,role=$2,id=$1,socket=$LAB/memif,socket-abstract=no"; }
eal() { echo "--lcores $1 --no-pci ${LAB_MEMORY[*]} --file-prefix $2"; }

echo "set eth-peer 0 02:00:00:00:00:01" >"$LAB/peer.cmd"
LAB_MB=300 lab_memory
# shellcheck disable=SC2046 # words are meant
dpdk-testpmd $(eal 0@0-1,1@0-1 device) --vdev "$(memif 0 server)" --vdev "$(memif 1 server)" -- \
	--forward-mode=io --auto-start --no-mlockall --total-num-mbufs=16384 \
	<><(:) >"$LAB/device.log" 2>&1 &
device=$!
lab_wait 10 test -e "$LAB/memif" || lab_fail "no device"

LAB_MB=400 lab_memory
"$NDR" --program "$LAB_BUILD/app/dpdk-ipoib" --logs "$LAB" --json "$LAB/ndr.json" \
	--tester "$(eal 0@0-1,1@0-1 tester) --vdev $(memif 0 client) --vdev $(memif 1 client) -- \
--cmdline-file $LAB/peer.cmd --total-num-mbufs 16384" \
	--length 64 --min 500 --max 2000 --duration 0.1 --sum 0.3 --width 0.2 --exceed 0.9 \
	--burst 64 >"$LAB/ndr.out" 2>"$LAB/ndr.err" || lab_fail "$(tail -n 5 "$LAB/ndr.err")"
cat "$LAB/ndr.out"
# testpmd has two CPUs of a busy machine to share: more than half of the trials at one rate or
# another go well, and every packet that came through was measured.
/usr/bin/python3 - "$LAB/ndr.json" <<'X' || lab_fail "not what was expected: $(cat "$LAB/ndr.json")"
import json, sys
d = json.load(open(sys.argv[1], encoding="utf-8"))
assert d["packet"]["infiniband_octets"] == 102 and d["packet"]["ethernet_octets"] == 82
assert d["goals"]["pdr"]["lower_pps"] == 2000, d["goals"]
assert [row["percent_of_pdr"] for row in d["latency"]] == [10, 50, 90]
for row in d["latency"]:
    assert row["packets"] > 0 and 0 < row["min_ns"] <= row["p50_ns"] <= row["max_ns"], row
assert d["loss_curve"][0]["pps"] == 2000 and d["back_to_back_packets"] >= 0
X
grep -q 'stage 3 of 3' "$LAB/ndr.err" || lab_fail "no progress is shown"
kill -TERM $device
wait $device

"$NDR" --program "$LAB_BUILD/app/dpdk-ipoib" --logs "$LAB" --quiet \
	--generator "$(eal 0@0-1,1@0-1 generator) --vdev net_null0 -- \
--cmdline-file $LAB/peer.cmd --total-num-mbufs 4096" \
	--receiver "$(eal 0@0-1,1@0-1 receiver) --vdev net_null0,no-rx=1 -- --total-num-mbufs 4096" \
	2>"$LAB/nothing.err" && lab_fail "it found something without a device"
grep -q 'no packet comes through: receiver has received none' "$LAB/nothing.err" ||
	lab_fail "$(cat "$LAB/nothing.err")"
echo "ok"
