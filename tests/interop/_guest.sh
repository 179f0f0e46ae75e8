# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# For the scripts that run in a guest to source. What they print is their log; each check is one
# test of the sum that the host prints.

# What starts DPDK here is faster by half: without the plug-ins that no test needs (ALL_DRIVERS=1
# keeps them), and with huge pages: of pages of 4 kB, which also --no-huge has where its memory is not
# aligned, 130,000 are touched one by one.
few_drivers() {
	local dir
	dir=$(pkg-config --variable=driverdir libdpdk) && [ -d "$dir" ] || return
	mkdir /run/drivers
	cp -a "$dir"/librte_bus_{vdev,pci}.so* "$dir"/librte_mempool_ring.so* \
		"$dir"/librte_net_af_packet.so* /run/drivers/ && mount --bind /run/drivers "$dir"
}
[ -n "${ALL_DRIVERS:-}" ] || few_drivers
# The driver as a plug-in: EAL takes none from below a folder that everybody may write, and the tree may be
# in /tmp.
PLUGIN=/run/plugin/librte_net_ipoib.so
install -D "$INTEROP_BUILD/drivers/net/ipoib/librte_net_ipoib.so" "$PLUGIN"
echo always >/sys/kernel/mm/transparent_hugepage/shmem_enabled

# A socket that asks for time stamps, as ping's do. The kernel patches its receive path when the first
# one comes and the last one goes, and QEMU's threads may execute what was there in between for ever.
ping -q -i 10000 127.0.0.1 >/dev/null 2>&1 &

# huge MB: EAL's options for up to so much memory; there are free huge pages for it. Of others, if the
# guest's memory is in pieces by now.
huge() {
	local pool=/proc/sys/vm/nr_hugepages want=$(($1 / 2)) dir=/dev/hugepages
	free_pages() { awk '/^HugePages_Free/ { print $2 }' /proc/meminfo; }
	if ! mountpoint -q $dir; then
		mkdir -p $dir
		mount -t hugetlbfs none $dir
	fi
	[ "$(free_pages)" -ge $want ] || echo $(($(cat $pool) + want - $(free_pages))) >$pool
	[ "$(free_pages)" -ge $want ] && echo "--huge-dir $dir --iova-mode va" ||
		echo "--no-huge -m $1"
}

SMLOG=/var/log/opensm.log
SOFTIB=/sys/kernel/debug/softib
failures=0

# check NAME COMMAND...: does it succeed? What it printed is shown if not. Also how long it took.
check() {
	local name=$1 out start=$SECONDS
	shift
	if out=$("$@" 2>&1); then
		printf 'ok   %s (%d s)\n' "$name" $((SECONDS - start))
	else
		failures=$((failures + 1))
		printf 'FAIL %s\n' "$name"
		printf '%s\n' "$out" | tail -n 40 | sed 's/^/     | /'
		return 1
	fi
}

# must NAME COMMAND...: a check that all that follows needs.
must() {
	check "$@" || exit 1
}

skip() { printf 'skip %s\n' "$*"; }

# The last command of every script.
finish() {
	check "nothing bad in the kernel's log" kernel_is_well
	[ "$failures" -eq 0 ]
	exit
}

# The one warning that is left out is rdmavt's own: its post-send copies a work request through a
# smaller member of a union.
kernel_is_well() {
	! dmesg | grep -E 'BUG|Oops|WARNING:|refcount|hung_task|blocked for|stalls on|\bleak' |
		grep -v -e 'qp\.c:' -e 'This is not a bug' -e 'report a bug'
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# softib [PARAMETER=VALUE...]: the HCAs, and user space's way to them.
softib() {
	modprobe -a rdmavt ib_umad ib_uverbs rdma_ucm || return 1
	insmod "$INTEROP_BUILD/interop/softib/softib.ko" "$@"
}

# knob softibN FILE VALUE
knob() { echo "$3" >"$SOFTIB/$1/$2"; }
stat_of() { awk -v k="$2" '$1 == k { print $2 }' "$SOFTIB/$1/stats"; }

port_file() { cat "/sys/class/infiniband/$1/ports/1/$2"; }
port_is() { port_file "$1" state | grep -q "$2"; }

# start_opensm HCA [OPENSM ARGUMENT...]: the subnet manager, on that HCA. stop_opensm, sweep_opensm
# and signal_opensm may be called by any process of the guest.
start_opensm() {
	local guid
	guid=0x$(port_file "$1" gids/0 | cut -d : -f 5- | tr -d :)
	shift
	[ -S /dev/log ] || busybox syslogd -O /var/log/messages
	opensm -g "$guid" -f "$SMLOG" "$@" >/var/log/opensm.out 2>&1 </dev/null &
	echo $! >/run/opensm.pid
}

signal_opensm() { kill "-$1" "$(cat /run/opensm.pid)"; }
sweep_opensm() { signal_opensm HUP; }
opensm_gone() { ! signal_opensm 0 2>/dev/null; }
stop_opensm() {
	signal_opensm TERM
	wait_for 10 opensm_gone || signal_opensm KILL
}

# second_partition: what start_opensm -P takes: 0x8001 for all, with another Q_Key, and IPoIB.
# Arguments: more flags of it, such as "mtu=5", and the Q_Key (0x1b1b).
# shellcheck disable=SC2120 # seldom given
second_partition() {
	printf '%s\n' "Default=0x7fff, ipoib : ALL=full, SELF=full ;" \
		"second=0x1, ipoib, Q_Key=${2:-0x1b1b}${1:+, $1} : ALL=full, SELF=full ;" \
		>/run/partitions.conf
}

# move_lids: the LIDs of all ports but OpenSM's become others; OpenSM is not running.
move_lids() {
	local own
	own=$(port_file "$1" gids/0 | cut -d : -f 5- | tr -d :)
	# 0x0002 becomes 0x0042.
	awk -v own="0x$own" '$1 != own && NF == 3 { $2 = $3 = "0x004" substr($2, 6) }
		{ print }' /var/cache/opensm/guid2lid >/run/guid2lid
	cp /run/guid2lid /var/cache/opensm/guid2lid
}

# all_active: have the ports their LIDs?
all_active() {
	local hca
	for hca in /sys/class/infiniband/softib*; do
		port_is "${hca##*/}" ACTIVE || return 1
	done
}

# cmocka PROGRAM [ARGUMENT...]: each of its tests is a check.
cmocka() {
	local name log
	name=$(basename "$1")
	log=$JOB/$name.log
	"$@" >"$log" 2>&1 </dev/null
	echo "status $?" >>"$log"
	sed -nE "s/^\[       OK \] (.*)/ok   $name: \1/p; s/^\[  FAILED  \] ([a-z_0-9]+)$/FAIL $name: \1/p" \
		"$log" | sort -u
	if ! grep -qx "status 0" "$log"; then
		failures=$((failures + 1))
		grep -vE '^\[ (RUN|      OK)' "$log" | tail -n 40 | sed 's/^/     | /'
	fi
}

running() { [ "$(cat "/sys/class/net/$1/operstate")" = up ]; }

# in_b COMMAND...: in the namespace of the second host.
in_b() { ip netns exec b "$@"; }

# two_hosts: ib0 here (10.9.0.1, fd00:9::1), ib1 in the namespace b (10.9.0.2, fd00:9::2).
two_hosts() {
	ip netns add b
	ip link set ib1 netns b
	in_b ip link set lo up
	ip addr add 10.9.0.1/24 dev ib0
	ip addr add fd00:9::1/64 dev ib0 nodad
	ip link set ib0 up
	in_b ip addr add 10.9.0.2/24 dev ib1
	in_b ip addr add fd00:9::2/64 dev ib1 nodad
	in_b ip link set ib1 up
}

# capture_start FILE: what passes between the HCAs, as pcap with LRHs. capture_stop ends it.
capture_start() {
	cat "$SOFTIB/capture" >"$1" &
	CAPTURE=$!
	wait_for 5 test -s "$1"
}
capture_stop() {
	sleep 0.3 # the reader has taken what is in the queue
	kill "$CAPTURE"
	wait "$CAPTURE"
} 2>/dev/null
