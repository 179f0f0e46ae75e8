# shellcheck shell=bash disable=SC2034,SC2317
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Rows of the fault matrix: programs that start and end, beside the gateways. No flows.

# third: a dpdk-ipoib with an Ethernet port and an HCA, which ends by itself. Its
# output is in $LAB/third.out; its exit status, 124 if it hangs. THIRD_PRELOAD: for it, not for timeout.
third()
{
	[ -e "$LAB/third.cmd" ] || echo "quit" >"$LAB/third.cmd"
	# After hundreds of starts process ids would no longer be such as lab_index() counts on.
	echo 2000 >/proc/sys/kernel/ns_last_pid
	timeout -k 5 40 env ${THIRD_PRELOAD:+LD_PRELOAD="$THIRD_PRELOAD"} "$LAB_BUILD/app/dpdk-ipoib" \
		--lcores "0@0-1,1@0-1" --no-pci --no-huge -m 512 \
		--file-prefix third --vdev net_null0 \
		--vdev "$(lab_ipoib 0 Hca4 net_af_packet0 ,pkey=0x8001)" \
		--vdev "$(lab_af_packet 0 cc)" -- -i -a --idle-sleep 50 --cmdline-file "$LAB/third.cmd" \
		>"$LAB/third.out" 2>&1 </dev/null
}

third_left() { find /var/run/dpdk/third -type s 2>/dev/null | wc -l; }

# What a program may leave behind, one line: files, shared memory, sockets, processes.
left_behind()
{
	local run shm sockets processes

	run=$(find /var/run/dpdk/third 2>/dev/null | wc -l)
	shm=$(($(find /dev/shm -type f | wc -l) + $(wc -l </proc/sysvipc/shm) + $(wc -l </proc/sysvipc/sem)))
	sockets=$(($(wc -l </proc/net/unix) + $(cat /proc/net/{packet,netlink,tcp,udp,raw} | wc -l)))
	processes=$(pgrep -c -f -- "--file-prefix third")
	echo "files $run, shared memory $shm, sockets $sockets, processes $processes"
}

row cycles 0 0 - "started and stopped 1,000 times (10 in the short form): status 0, nothing left behind"
fault_cycles()
{
	local i n=10 status before after

	[ "${LONG:-0}" = 0 ] || n=1000
	for ((i = 1; i <= n; i++)); do
		status=0
		third || status=$?
		if [ $status -ne 0 ] || ! grep -q "closed with 0 mbufs and 0 address" "$LAB/third.out"; then
			why "start $i: status $status: $(tail -n 1 "$LAB/third.out")"
			break
		fi
		[ "$(third_left)" -eq 0 ] || why "sockets are left"
		after=$(left_behind)
		before=${before:-$after}
		[ "$after" = "$before" ] || why "after start $i: $after; after the first: $before"
	done
	NOTE="$((i - 1)) times, then and after the first: $after"
}

held()
{
	local proc

	proc=/proc/$(cat "$LAB/$1.pid")
	echo "descriptors $(fds "$1"), threads $(find "$proc/task" -mindepth 1 -maxdepth 1 | wc -l)"
}

handles_settled() { [ "$(ahs gateway-a)" -le "$1" ]; }

row restarts 0 0 - "forwarding and all ports of a gateway stopped and started 1,000 times (10 in the short form): it forwards again, descriptors, threads and memory as before"
fault_restarts()
{
	local i n=10 before own handles

	[ "${LONG:-0}" = 0 ] || n=1000
	handles=$(ahs gateway-a)
	for ((i = 1; i <= n; i++)); do
		lab_say gateway-a $'stop\nport stop all\nport start all\nstart' >/dev/null
		lab_wait 20 lab_port_up gateway-a || { why "time $i: the port stays down"; break; }
		# Telemetry has a descriptor and a thread for each client, which end after it.
		before=${before:-$(held gateway-a)}
		lab_wait 4 lab_is "$before" held gateway-a || why "time $i: $(held gateway-a); first: $before"
		# By then each page has been used.
		[ "$i" -ne $((n / 2)) ] || own=$(own_kb gateway-a)
	done
	# Handles of before go when control looks after paths.
	lab_wait 10 lab_ping || why "no ping"
	lab_wait 10 handles_settled $((handles + AHS_MAX)) || why "$(ahs gateway-a) address handles, $handles before"
	own=$(($(own_kb gateway-a) - own))
	[ "$own" -le 256 ] || why "$own kB more memory in the second half"
	NOTE="$((i - 1)) times: $(held gateway-a), $own kB more in the second half"
}

# Each allocation in turn (FAULTS_STEP=n: each nth): what fails must say so and end with a status, not by
# a signal, not hang. One is DPDK's own affair: ethdev panics without memory for what processes share.
row allocations 0 0 - "each allocation of the start fails in turn (every 40th in the short form): ends in order, with a message and a status, or does without"
fault_allocations()
{
	local n count status step=${FAULTS_STEP:-40} ended=0 without=0 panics=0 lib=$LAB_BUILD/tests/tools/libfailalloc.so

	[ "${LONG:-0}" = 0 ] || step=1
	THIRD_PRELOAD=$lib FAILALLOC_COUNT=$LAB/allocations third || why "no start: $(tail -n 1 "$LAB/third.out")"
	count=$(cat "$LAB/allocations" 2>/dev/null || echo 0)
	[ "$count" -gt 50 ] || why "only $count allocations are counted"
	for ((n = 1; n <= count; n += step)); do
		status=0
		THIRD_PRELOAD=$lib FAILALLOC=$n third || status=$?
		if [ $status -eq 134 ] && grep -q "^PANIC in eth_dev_shared_data_prepare()" "$LAB/third.out"; then
			panics=$((panics + 1))
			continue
		fi
		case $status in
		0) without=$((without + 1)) ;;
		1 | 2)
			ended=$((ended + 1))
			grep -Eqi "memory|cannot|fail|error|space" "$LAB/third.out" ||
				why "allocation $n: no message: $(tail -n 1 "$LAB/third.out")"
			;;
		*)
			why "allocation $n: status $status: $(tail -n 1 "$LAB/third.out")"
			cp "$LAB/third.out" "$(dirname "$FAULTS_OUT")/allocation-$n.out"
			;;
		esac
	done
	[ $panics -le 1 ] || why "$panics panics of DPDK"
	NOTE="of $count, step $step: $ended ended the start, $without did without, $panics let DPDK panic"
}
