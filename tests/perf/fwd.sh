#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Forwarding speed against DPDK's own programs: fwd.sh [OPTION...] [CASE...] (--help lists both).
# Measured in a laboratory of its own, with a real OpenSM on ibsim. BUILD: the folder of the build.
#
# Without hugepages every packet costs a walk of the page table, which hides what is compared: as
# root, they are taken from the system, and given back at the end.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"

MB=2300 # of the three programs that are there at a time
PAGES=/proc/sys/vm/nr_hugepages

pages_want() { awk -v mb=$MB '/Hugepagesize/ {print int(mb * 1024 / $2)}' /proc/meminfo; }
pages_free() { awk '/HugePages_Free/ {print $2}' /proc/meminfo; }

# pages_add NUMBER
pages_add()
{
	[ "$1" = -0 ] || echo $(($(cat $PAGES) + $1)) 2>/dev/null >$PAGES
}

outside()
{
	local more

	case " $* " in *" --help "* | *" -h "* | *" --list "*)
		exec "$LAB_TOP/tests/perf/fwd_bench.py" "$@"
		;;
	esac
	L3FWD=$("$LAB_TOP/tests/perf/l3fwd.sh") || exit 1
	export L3FWD
	# Two at a time would measure each other.
	exec 9>"${TMPDIR:-/tmp}/dpdk-ipoib-bench.lock"
	flock -n 9 || { echo "waiting for another benchmark to end"; flock 9; }
	more=$(pages_want) # whatever is free now may be another's next
	pages_add "$more" || more=0
	trap ':' INT TERM HUP # the laboratory ends, then the pages are given back
	(lab_enter "$@" 9>&-)
	status=$?
	pages_add "-$more"
	exit $status
}

[ -n "${LAB_INSIDE:-}" ] || outside "$@"
lab_enter "$@"
/usr/bin/python3 "$LAB_TOP/tests/tools/fattree.py" 288 >"$LAB/topo" || lab_die "no topology"
FABRIC_SMHOST=H0 FABRIC_TIMEOUT=60 fabric_start "$LAB/fabric" "$LAB/topo" || lab_die "no fabric"
mkdir -p /run/huge
if [ "$(pages_free)" -ge "$(pages_want)" ] && mount -t hugetlbfs none /run/huge; then
	memory="--huge-dir /run/huge"
else
	memory="--no-huge"
fi
export LAB LAB_BUILD FABRIC_DIR LAB_MEMORY_ARGS="$memory"
"$LAB_TOP/tests/perf/fwd_bench.py" "$@"
status=$?
fabric_stop
exit $status
