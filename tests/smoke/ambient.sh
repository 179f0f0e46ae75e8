#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Least privilege: started as an ordinary user with three ambient capabilities, in a runtime folder of
# its own, it forwards; its sockets are for that user only, and the tools find them there; the
# capabilities of every thread are no more than those three. And the unit file keeps its marks.
# LONG=1, as root: in hugepages, taken from the system meanwhile, of a mount that is the user's.

PAGES=/proc/sys/vm/nr_hugepages
MB=512
if [ "${LONG:-0}" != 0 ] && [ "$(id -u)" -eq 0 ] && [ -z "${LAB_INSIDE:-}${AMBIENT_PAGES:-}" ]; then
	AMBIENT_PAGES=$(awk -v mb=$MB '/Hugepagesize/ { print int(mb * 1024 / $2) }' /proc/meminfo)
	export AMBIENT_PAGES
	trap 'echo $(($(cat $PAGES) - AMBIENT_PAGES)) >$PAGES' EXIT
	trap 'exit 143' TERM INT HUP
	echo $(($(cat $PAGES) + AMBIENT_PAGES)) >$PAGES
	bash "$0" "$@"
	exit
fi

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"

# What systemd itself makes of the unit, in tenths of its points; 76 before there was a limit.
exposed()
{
	sed 's|@bindir@|/usr/bin|' "$LAB_TOP/config/dpdk-ipoib@.service.in" >"$LAB/dpdk-ipoib@x.service"
	systemd-analyze security --offline=yes "$LAB/dpdk-ipoib@x.service" 2>/dev/null |
		sed -n 's/.*exposure level for .*: \([0-9]*\)\.\([0-9]\).*/\1\2/p'
}

lab_enter "$@"
if command -v systemd-analyze >/dev/null && points=$(exposed) && [ -n "$points" ]; then
	echo "systemd-analyze security: $points tenths"
	[ "$points" -le 50 ] || lab_die "FAILED: the unit is more exposed than it was: $points tenths"
fi

# In a namespace of one user there is no other one to become.
if [ "$(awk '{n += $3} END {printf "%.0f", n}' /proc/self/uid_map)" -le 1 ]; then
	echo "only one user here"
	exit 77
fi
uid=$(id -u nobody) gid=$(id -g nobody)
# NET_ADMIN, NET_RAW, IPC_LOCK
caps=+net_admin,+net_raw,+ipc_lock mask=0000000000007000

as_user() { setpriv --reuid "$uid" --regid "$gid" --clear-groups "$@"; }

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_gateway gateway-b Hca2 eb cb "$LAB_TOP/config/gateway-b.cmd"
# Gateway B's folder is root's.
export XDG_RUNTIME_DIR=$LAB/user RUNTIME_DIRECTORY=$LAB/user
mkdir -m 0700 "$XDG_RUNTIME_DIR"
chown "$uid:$gid" "$XDG_RUNTIME_DIR"
cp "$LAB_BUILD/app/dpdk-ipoib" "$LAB/program"
cp "$LAB_TOP/config/gateway-a.cmd" "$LAB/gateway-a.cmd"
chmod 0755 "$LAB/program"
cd "$LAB" || exit 1
memory=(--no-huge -m 768)
if [ -n "${AMBIENT_PAGES:-}" ]; then
	mkdir huge
	mount -t hugetlbfs -o "uid=$uid,gid=$gid,mode=0700" none huge || lab_die "no hugetlbfs"
	memory=(--huge-dir "$LAB/huge" -m "$MB")
fi
setpriv --reuid "$uid" --regid "$gid" --clear-groups --inh-caps=-all,$caps \
	--ambient-caps=-all,$caps --bounding-set=-all,$caps --no-new-privs \
	"$LAB/program" --lcores 0@0-1,1@0-1 --no-pci "${memory[@]}" --file-prefix gateway-a \
	--vdev "$(lab_af_packet 0 ea)" --vdev "$(lab_ipoib 0 Hca3 net_af_packet1)" \
	--vdev "$(lab_af_packet 1 ca)" -- -a --idle-sleep 50 --cmdline-file "$LAB/gateway-a.cmd" \
	</dev/null >"$LAB/gateway-a.log" 2>&1 &
echo $! >"$LAB/gateway-a.pid"
: >"$LAB/gateway-a.ours"

ask() { as_user "$LAB_QUERY" -f gateway-a "$@"; }
lab_wait 30 lab_is up ask -g link /ipoib/info,1 ||
	lab_fail "as $uid: port $(ask -g link /ipoib/info,1)"
if [ -n "${AMBIENT_PAGES:-}" ]; then
	n=$(grep -c "$LAB/huge/" "/proc/$(cat gateway-a.pid)/maps")
	[ "$n" -gt 0 ] || lab_fail "no memory from the user's mount"
	echo "hugepages: $n of the user's mount"
fi
for status in "/proc/$(cat gateway-a.pid)"/task/*/status; do
	[ "$(awk '/^Uid:/ { print $2 }' "$status")" = "$uid" ] || lab_fail "a thread is another user's"
	[ "$(awk '/^CapBnd:/ { print $2 }' "$status")" = $mask ] || lab_fail "$(grep Cap "$status")"
	[ "$(awk '/^CapEff:/ { print $2 }' "$status")" = $mask ] || lab_fail "$(grep Cap "$status")"
done
n=0
while read -r mode owner path; do
	n=$((n + 1))
	case $mode in
	600 | 700) ;;
	*) lab_fail "$path has mode $mode" ;;
	esac
	[ "$owner" = "$uid" ] || lab_fail "$path is $owner's"
done < <(find "$XDG_RUNTIME_DIR/dpdk/gateway-a" -type s -exec stat -c '%a %u %n' {} +)
[ "$n" -ge 1 ] || lab_fail "no socket in $XDG_RUNTIME_DIR"
[ "$(stat -c %a "$XDG_RUNTIME_DIR/dpdk/gateway-a")" = 700 ] || lab_fail "the runtime folder is open"
lab_wait 10 lab_ping || lab_fail "no ping"
lab_ping 20 || lab_fail "pings are lost"
# Somebody else does not get in.
if setpriv --reuid 1 --regid 1 --clear-groups "$LAB_QUERY" -f gateway-a /fwd/stats >/dev/null 2>&1; then
	lab_fail "another user may ask"
fi
lab_stop gateway-a || lab_fail "gateway A does not end in order"
unset RUNTIME_DIRECTORY XDG_RUNTIME_DIR
lab_stop gateway-b || lab_fail "gateway B does not end in order"
fabric_stop
echo "ok"
