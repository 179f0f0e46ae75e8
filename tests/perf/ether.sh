#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# What mode=ether costs beside the native port (tests/perf/ether_rate.c). BUILD: the folder of the
# build. RUN: a word or two in front of the program, such as "valgrind --tool=callgrind".

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
guid=$(awk '/Hca|^0x/ {print $1}' "$FABRIC_DIR/osm/guid2lid" | sort -u | tail -1)
LAB_MB=512 lab_memory
# shellcheck disable=SC2086 # several words
${RUN:-} "$LAB_BUILD/tests/perf/ether_rate" --lcores 0@1 --no-pci "${LAB_MEMORY[@]}" \
	--log-level 4 --file-prefix ether -- Hca2 "ibsim:$IBSIM_SOCKNAME" "${1:-$guid}"
status=$?
fabric_stop
exit $status
