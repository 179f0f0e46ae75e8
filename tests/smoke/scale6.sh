#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# Many cold IPv6 neighbours at once. Each has a solicited-node group of its own, but a port makes 128
# and then 16 a second: the rest is asked by the broadcast group, which all hosts hear. All are
# resolved and every datagram arrives, whether OpenSM gives each group an MLID of its own or all of
# them the same (consolidate_ipv6_snm_req). How many groups there are says OpenSM, in its log.
#
# LONG=1: 10,000 neighbours on 4,000 GIDs, instead of 1,500 on 240.
# timeout: 300

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

hcas=256 gids=240 hosts=1500 cap=1024 burst=128
if [ "${LONG:-0}" != 0 ]; then
	hcas=4096 gids=4000 hosts=10000
	export FABRIC_IBSIM="-N 8192 -S 256 -P 40000"
fi
IBHOSTS=$LAB_BUILD/tests/tools/ibhosts

cat >"$LAB/gateway.cmd" <<X
ip address add 2001:db8:1::1/64 port 0
ip address add fd00:77::1/64 port 1
X

# The fabric's HCAs but for the first three: ADDRESS GUID LID QPN, some QPNs to a GUID.
hosts_of_fabric()
{
	awk -v gids="$gids" -v hosts="$hosts" -v nb=0 '
		/^0x00000000001/ && ++n > 3 && nb < gids { guid[nb] = $1; lid[nb++] = $2 }
		END {
			if (nb < gids)
				exit 1
			for (i = 0; i < hosts; i++)
				printf "fd00:77::1:%x %s %s %d\n", 256 + i, guid[i % gids],
					lid[i % gids], 4096 + i
		}' <(sort "$FABRIC_DIR/osm/guid2lid")
}

# sent NUMBER: so many datagrams on the IPoIB port; what the gateway asks itself aside.
sent()
{
	lab_query gateway /fwd/stats | /usr/bin/python3 -c '
import json, sys
port = json.load(sys.stdin)["ports"]["1"]
sys.exit(port["tx_packets"] - port["originated"] < int(sys.argv[1]))' "$1"
}
value() { grep -o "\b$1=[0-9]*" "$LAB/hosts.out" | cut -d= -f2; }

# Solicited-node groups that OpenSM was asked to join.
groups_of_sm()
{
	grep -o 'ff12:601b:[0-9a-f:]*1:ff[0-9a-f:]*' "$FABRIC_DIR/osm/opensm.log" | sort -u | wc -l
}

# resolve_all NAME OPENSM-OPTION
resolve_all()
{
	local groups

	FABRIC_OSM_CONF="$2
per_module_logging_file $LAB/modules" FABRIC_SMHOST=H0 FABRIC_TIMEOUT=60 \
		fabric_start "$LAB/$1" "$LAB/topo" || lab_die "no fabric"
	hosts_of_fabric >"$LAB/hosts" || lab_die "too few LIDs in guid2lid"
	"$IBHOSTS" cb "$LAB/hosts" 0xb1b 0xffff "$LAB/hosts.out" &
	hosts_pid=$!
	LAB_FRAMES=16384
	LAB_MB=1000 lab_run gateway "$LAB/gateway.cmd" "$(lab_af_packet 0 ea)" \
		"$(lab_ipoib 0 H1 net_af_packet1)" "$(lab_af_packet 1 ca)" -- \
		--total-num-mbufs 65536
	lab_wait 20 lab_port_up gateway || lab_fail "port $(lab_query gateway -g link /ipoib/info,1)"
	lab_wait 8 lab_client ping -6 -q -c 1 -W 1 2001:db8:1::1 || lab_fail "no ping"
	lab_client "$IBHOSTS" send "$LAB/hosts" 0
	lab_wait 20 sent $hosts || lab_fail "not all are sent"
	lab_client "$IBHOSTS" send "$LAB/hosts" 1
	lab_wait 20 sent $((2 * hosts)) || lab_fail "not all are sent again"
	lab_stop gateway || lab_fail "the gateway does not end in order"
	lab_accounted gateway || lab_fail "unaccounted packets"
	# What the client's kernel does as it starts with IPv6 (DAD, MLD) is not for the gateway.
	grep '^  drop_' "$LAB/gateway.log" | grep -qvE 'drop_(group_bad|nd_foreign)' &&
		lab_fail "the gateway dropped packets"
	kill -TERM $hosts_pid
	wait $hosts_pid
	groups=$(groups_of_sm)
	echo "$1: groups at OpenSM: $groups; $(cat "$LAB/hosts.out")"
	grep -q "hosts=$hosts asked=$hosts reached=$hosts received=$((2 * hosts)) wrong=0 doubled=0 \
overtaken=0 bad_frames=0 bad_crc=0" "$LAB/hosts.out" || lab_fail "not all arrived in order"
	[ "$groups" -le $cap ] || lab_fail "more than $cap groups"
	[ "$(value by_broadcast)" -ge $((hosts - cap)) ] || lab_fail "too many asked by their groups"
	fabric_stop
}

/usr/bin/python3 "$LAB_TOP/tests/tools/fattree.py" $hcas >"$LAB/topo" || lab_die "no topology"
echo "osm_sa_mcmember_record.c 0x2f" >"$LAB/modules"
lab_host client 192.0.2.2/24 192.0.2.1 ea
lab_client sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
lab_client ip -6 addr add 2001:db8:1::2/64 dev eth0 nodad
lab_client ip -6 route add default via 2001:db8:1::1
lab_cable ca cb
resolve_all own ""
[ "$(value groups)" -ge $((burst / 2)) ] || lab_fail "hardly any group was used"
resolve_all shared "consolidate_ipv6_snm_req TRUE"
[ "$(value groups)" -eq 1 ] || lab_fail "OpenSM did not give them one MLID"
echo "ok"
