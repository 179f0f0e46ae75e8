#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A terminal that goes away, and a pipe that nobody reads: forwarding and control do not notice, and
# the program still ends in order.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

echo "ip address add 192.0.2.1/24 port 0" >"$LAB/file"
"$LAB_TOP/tests/smoke/terminal.py" "$LAB_QUERY" terminal "$LAB_BUILD/app/dpdk-ipoib" \
	--lcores '0@0-1,1@0-1' --no-huge -m 512 --no-pci --file-prefix terminal \
	--vdev net_null0 --vdev net_null1 -- -i -a --idle-sleep 50 --cmdline-file "$LAB/file"
