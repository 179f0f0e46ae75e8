#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A bond over two HCAs on different switches: the active one's cable is pulled, by
# ibsim's console and on the carrier, A -> B -> A, under streams in both directions. The
# IP addresses stay, no ARP is needed for known next hops, and the other gateway follows
# at once: it keeps nothing of the address that is gone.
#
# LONG=1: 10,000 packets a second each way, half of them IPv6, instead of 1,000, everything five
# times; each failover may cost 100 ms of packets, and what it did cost is printed. On a busy
# machine the hosts cannot keep that pace, unless all of it goes first: chrt -r 10 tests/smoke/bond.sh
# tags: asan
# timeout: 180

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# Of each stream. A failover may cost 500 of its packets: a second's worth, where nothing is
# measured, or a tenth's.
pps=500 rounds=1
if [ "${LONG:-0}" != 0 ]; then
	pps=5000 rounds=5
fi
FLOWS=(there4 back4 there6 back6)

cat >"$LAB/gateway-a.cmd" <<X
ip address add 192.0.2.1/24 port 0
ipoib bond add bond0 ports 1,2
ip address add 203.0.113.1/24 port 32
ip address add 2001:db8:12::1/64 port 32
ip address add 2001:db8:1::1/64 port 0
ip route add 2001:db8:2::/64 via 2001:db8:12::2
ip route add 198.51.100.0/24 via 203.0.113.2
ipoib bond show
X
cat >"$LAB/gateway-b.cmd" <<X
ip address add 198.51.100.1/24 port 0
ip address add 203.0.113.2/24 port 1
ip address add 2001:db8:2::1/64 port 0
ip address add 2001:db8:12::2/64 port 1
ip route add 2001:db8:1::/64 via 2001:db8:12::1
ip route add 192.0.2.0/24 via 203.0.113.1
X

# role N: of the N-th port of the bond; is_role N WORD
role() { lab_query gateway-a -g "rows.$1.role" /ipoib/bond; }
is_role() { lab_is "$2" role "$1"; }
hca_of() { [ "$1" = 0 ] && echo Hca3 || echo Hca4; }

# The cable of one, on the carrier and in the fabric. On the carrier the switch's port is blocked,
# for af_packet would keep the frames of an interface that is down, and send them later; and not
# taken out of the switch, for the kernel needs up to a second for that on a busy machine. Both have
# to happen at once: what passes in between is no failover's cost. So nothing is started for them.
coproc OPERATOR { exec bridge -batch -; }
cable()
{
	# shellcheck disable=SC2153 # coproc sets it
	echo "link set dev c$1-br state $2" >&"${OPERATOR[1]}"
	echo "$3 \"$(hca_of "$1")\"" >"$FABRIC_DIR/con"
}
pull() { cable "$1" 0 Unlink; }
plug() { cable "$1" 3 ReLink; }

# during SECONDS COMMAND...: streams meanwhile, each way in each family.
during()
{
	local seconds=$1 tag

	shift
	lab_flow_begin there4 client server 198.51.100.2 $pps "$seconds"
	lab_flow_begin back4 server client 192.0.2.2 $pps "$seconds"
	lab_flow_begin there6 client server 2001:db8:2::2 $pps "$seconds"
	lab_flow_begin back6 server client 2001:db8:1::2 $pps "$seconds"
	sleep 0.5
	"$@"
	lab_flows_end "${FLOWS[@]}"
	for tag in "${FLOWS[@]}"; do
		[ "$(lab_flow_value "$tag" doubled)" -eq 0 ] || bad "$tag" doubled
		[ $rounds -eq 1 ] || lab_flow_show "${1#lab_} ${2:-}" "$tag"
	done
}

# bad TAG WORDS...: a stream is not as it should be.
bad() { lab_fail "${*:2}: $1: $(cat "$LAB/$1.flow")"; }

# fails_over FROM TO: and the other gateway follows.
fails_over()
{
	local tag

	during 3 pull "$1"
	bridge link show dev "c$1-br" | grep -q "state disabled" || lab_fail "no cable was pulled"
	is_role "$2" active || lab_fail "port $2 of the bond is $(role "$2")"
	for tag in "${FLOWS[@]}"; do
		[ "$(lab_flow_value "$tag" received)" -ge $((pps * 3 - 500)) ] || bad "$tag" failover
	done
	lab_query gateway-b /ip/neigh >"$LAB/neigh"
	grep -q "$(tail_of "$2")" "$LAB/neigh" || lab_fail "gateway B does not know the new address"
	lab_query gateway-b /ipoib/neigh,1 >"$LAB/neigh"
	if grep -q "$(tail_of "$1")" "$LAB/neigh"; then
		lab_fail "gateway B keeps the old address"
	fi
	lab_ping 50 || lab_fail "pings lost"
	plug "$1"
	lab_wait 10 is_role "$1" backup || lab_fail "port $1 does not come back: $(role "$1")"
	is_role "$2" active || lab_fail "port $2 of the bond is $(role "$2")"
}

# refuses TEXT COMMAND...: with this in its answer.
refuses()
{
	local text=$1 answer

	shift
	answer=$(lab_say gateway-a "$*")
	grep -qF "$text" <<<"$answer" || lab_fail "'$*' says '$answer'"
}

# switch N: by hand. Both ports work, so it costs nothing.
switch()
{
	local tag

	during 2 lab_say gateway-a "ipoib bond active bond0 port $(($1 + 1))"
	is_role "$1" active || lab_fail "port $1 of the bond is $(role "$1")"
	for tag in "${FLOWS[@]}"; do
		[ "$(lab_flow_value "$tag" lost)" -eq 0 ] || bad "$tag" switch
	done
}

# tail_of N: the end of a port's GUID, as a 20-octet address is written.
tail_of() { [ "$1" = 0 ] && echo "00:10:00:07" || echo "00:10:00:0a"; }

fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_host client 192.0.2.2/24 192.0.2.1 ea
lab_host server 198.51.100.2/24 198.51.100.1 eb
lab_ip6_host client 2001:db8:1::2 2001:db8:1::1
lab_ip6_host server 2001:db8:2::2 2001:db8:2::1
lab_cable c0 c1 cb
lab_run gateway-a "$LAB/gateway-a.cmd" "$(lab_af_packet 0 ea)" \
	"$(lab_ipoib 0 Hca3 net_af_packet1)" "$(lab_ipoib 1 Hca4 net_af_packet2)" \
	"$(lab_af_packet 1 c0)" "$(lab_af_packet 2 c1)" -- -i --auto-start
lab_gateway gateway-b Hca2 eb cb "$LAB/gateway-b.cmd"
lab_wait 20 lab_port_up gateway-a 32 || lab_fail "the bond stays down"
lab_wait 20 lab_port_up gateway-b 1 || lab_fail "gateway B's port stays down"
# Which one comes up first is active.
first=0 second=1
is_role 0 active || first=1 second=0
lab_wait 10 is_role $second backup || lab_fail "the other port is $(role $second)"
lab_wait 5 lab_ping || lab_fail "no ping"
lab_wait 10 lab_client ping -6 -q -c 1 -W 1 2001:db8:2::2 || lab_fail "no ping by IPv6"
for _ in $(seq $rounds); do
	fails_over $first $second
	fails_over $second $first
done
# Nothing of it is an event for the flows if nothing happens.
during 2 true
for tag in "${FLOWS[@]}"; do
	[ "$(lab_flow_value "$tag" lost)" -eq 0 ] || bad "$tag" lost at rest
done
switch $second
switch "$first"

refuses "there is a bond bond0 already" ipoib bond add bond0 ports 1,2
refuses "port 1 belongs to bond0 already" ipoib bond add bond1 ports 1,2
refuses "port 0 is no IPoIB port" ipoib bond add bond1 ports 0,1
refuses "2 to 4 ports" ipoib bond add bond1 ports 1
refuses "2 to 4 port numbers" ipoib bond add bond1 ports 1-2
refuses "the port belongs to a bond" ip address add 203.0.113.77/24 port 1
refuses "the port belongs to a bond" ip set ra on port 2
refuses "there is no such bond" ipoib bond del bond7
refuses "none of this bond's" ipoib bond active bond0 port 0

# It goes, and the address moves to one of its ports.
refuses "Port 32 is removed" ipoib bond del bond0
refuses none ipoib bond show
if lab_query gateway-a /ip/address | grep -q 203.0.113.1; then
	lab_fail "the bond's address is still there"
fi
lab_say gateway-a ip address add 203.0.113.1/24 port 1 >/dev/null
lab_say gateway-a ip route add 198.51.100.0/24 via 203.0.113.2 >/dev/null
lab_wait 5 lab_ping || lab_fail "no ping without the bond"
refuses "port 1 has addresses" ipoib bond add bond0 ports 1,2
lab_say gateway-a ip address flush port 1 >/dev/null
refuses "Port 32 is bond0" ipoib bond add bond0 ports 1,2 primary 2
lab_say gateway-a ip address add 203.0.113.1/24 port 32 >/dev/null
lab_say gateway-a ip route add 198.51.100.0/24 via 203.0.113.2 >/dev/null
lab_wait 5 lab_ping || lab_fail "no ping with the bond made anew"
is_role 1 active || lab_fail "the primary is $(role 1)"
# The primary gets it back.
pull 1
lab_wait 5 is_role 0 active || lab_fail "no failover to port 0"
plug 1
lab_wait 15 is_role 1 active || lab_fail "the primary is $(role 1)"
lab_ping 50 || lab_fail "pings lost after the primary's return"
lab_finish
