#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Our MAD and SA libraries on the kernel's ib_umad, beside ib_ipoib and ib_sa, against OpenSM.
# timeout: 240
. "$(dirname "$0")/_guest.sh"

# What umad_check asks for.
cat >/run/hook <<X
#!/usr/bin/env bash
. "$(dirname "$0")/_guest.sh"
smstart() { start_opensm softib0 -P /run/partitions.conf; wait_for 20 all_active; }
case \$* in
cable*) knob "\$2" link "\$3"; [ "\$3" = 0 ] || sweep_opensm ;;
"sm stop") stop_opensm ;;
"sm start") smstart ;;
"sm freeze") signal_opensm STOP ;;
"sm thaw") signal_opensm CONT ;;
"sm lids") stop_opensm; move_lids softib0; smstart ;;
gone) stop_opensm; rmmod softib ;;
back) softib hcas=2 && smstart ;;
*) exit 1 ;;
esac
X
chmod +x /run/hook

must "softib gives two HCAs" softib hcas=2
modprobe ib_ipoib
second_partition
start_opensm softib0 -P /run/partitions.conf
must "the ports are ACTIVE" wait_for 20 all_active
must "the second partition is there" wait_for 10 grep -qx 0x8001 \
	/sys/class/infiniband/softib1/ports/1/pkeys/1
two_hosts
check "ib_ipoib talks" wait_for 15 ping -c 1 -W 1 10.9.0.2
# shellcheck disable=SC2154 # of the host
cmocka "$INTEROP_BUILD/tests/interop/umad_check" softib1 softib0 /run/hook
ip netns del b
two_hosts
check "ib_ipoib talks on the new device" wait_for 30 ping -c 1 -W 1 10.9.0.2
finish
