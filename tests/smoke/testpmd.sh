#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Scripts that read dpdk-testpmd's output read ours: one parser, written for the distribution's
# testpmd and run on it, then on ours. And what doc/testpmd.md says of its commands and options is so:
# each command is typed.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

read=$LAB_TOP/tests/smoke/testpmd_read.py
eal=(--no-huge --no-pci --log-level 4 --lcores '0@0-1,1@0-1' --vdev net_null0 --vdev net_null1)

"$read" 'testpmd> ' dpdk-testpmd "${eal[@]}" -m 128 --file-prefix testpmd -- -i \
	--total-num-mbufs 4096 || lab_die "testpmd's own output"
"$read" 'dpdk-ipoib> ' "$LAB_BUILD/app/dpdk-ipoib" "${eal[@]}" -m 512 --file-prefix ours -- -i ||
	lab_die "our output"
# Two lcores: commands and control on the main lcore, and a worker.
"$LAB_TOP/tests/smoke/testpmd_table.py" "$LAB_TOP/doc/testpmd.md" "$LAB_BUILD/app/dpdk-ipoib" \
	"${eal[@]}" -m 512 --file-prefix table -- -i --service-lcores 0 --total-num-mbufs 16384 ||
	lab_die "doc/testpmd.md does not tell the truth"
echo "ok"
