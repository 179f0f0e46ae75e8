#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# --user: every thread is that user's and has no capability, and the gateway still
# forwards, takes commands, makes partitions, and cleans up behind itself.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# In a namespace of one user there is no other one to become.
account=nobody
[ "$(awk '{n += $3} END {print n}' /proc/self/uid_map)" -gt 1 ] || account=root

# threads_have FIELD VALUE: every thread of gateway A.
threads_have()
{
	local status

	for status in "/proc/$(cat "$LAB/gateway-a.pid")"/task/*/status; do
		[ "$(awk -v f="$1:" '$1 == f { print $2 }' "$status")" = "$2" ] || return 1
	done
}

if [ "$(id -u)" -eq 0 ]; then
	status=0
	"$LAB_BUILD/app/dpdk-ipoib" --no-huge --no-pci -- --user no_such_user >"$LAB/out" 2>&1 || status=$?
	[ "$status" -eq 1 ] || lab_die "takes a user that does not exist: status $status"
	grep -q "^dpdk-ipoib: --user 'no_such_user': there is no such user$" "$LAB/out" ||
		lab_die "does not say that there is no such user: $(cat "$LAB/out")"
fi

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_gateway gateway-a Hca3 ea ca "$LAB_TOP/config/gateway-a.cmd" -i --auto-start --user "$account"
lab_gateway gateway-b Hca2 eb cb "$LAB_TOP/config/gateway-b.cmd"
lab_ports_up
threads_have Uid "$(id -u "$account")" || lab_fail "not every thread is $account's"
if [ "$account" != root ]; then
	threads_have CapEff 0000000000000000 || lab_fail "a thread has capabilities"
	threads_have CapPrm 0000000000000000 || lab_fail "a thread may have capabilities"
	threads_have Groups "$(id -G "$account")" || lab_fail "other groups are left"
fi
lab_wait 5 lab_ping || lab_fail "no ping"
lab_ping 50 || lab_fail "pings are lost"
lab_say gateway-a "ipoib pkey add 1 0x8001" | grep -q "[0-9]" || lab_fail "no partition can be made"
lab_finish
[ ! -e /var/run/dpdk/gateway-a ] || [ -z "$(find /var/run/dpdk/gateway-a -type s)" ] ||
	lab_die "FAILED: sockets are left behind"
