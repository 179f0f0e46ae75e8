#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# What a service manager is told (config/dpdk-ipoib@.service): READY, STATUS, WATCHDOG while the
# control core answers and not while it does not, STOPPING; and what wrong variables get.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

exec /usr/bin/python3 "$LAB_TOP/tests/smoke/notify.py" "$LAB_BUILD/app/dpdk-ipoib" \
	--no-huge -m 512 --no-pci --file-prefix notify --vdev net_null0 --vdev net_null1
