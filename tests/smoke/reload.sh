#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# The running configuration: shown, saved (also on a full disk), loaded into a new program; and the
# command file looked at again after SIGHUP, by difference, while packets pass.
# tags: asan

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

file=$LAB/a.cmd

a() { lab_say gateway-a "$@"; }
routes() { lab_query gateway-a -g rows /ip/route; }
reloaded() { [ "$(grep -c ' lines taken back, ' "$LAB/gateway-a.log")" -eq "$1" ]; }

# hangs_up NUMBER WORDS: after that many SIGHUPs in all, the last line said so is this one.
hangs_up()
{
	kill -HUP "$(cat "$LAB/gateway-a.pid")"
	lab_wait 10 reloaded "$1" || lab_fail "SIGHUP number $1 does nothing"
	grep ' lines taken back, ' "$LAB/gateway-a.log" | tail -n 1 | grep -qF "a.cmd: $2" ||
		lab_fail "not '$2': $(grep ' lines taken back, ' "$LAB/gateway-a.log" | tail -n 1)"
}

cat >"$file" <<X
ip address add 192.0.2.1/24 port 0
ip address add 203.0.113.1/24 port 1
ip address add 203.0.114.1/24 port 1   # a second subnet
ip route add 198.51.100.0/24 via 203.0.113.2
ip route add 10.0.0.0/8 via 203.0.114.9
ip set ra on port 0
port config mtu 0 1400
ip dhcp-relay add 198.51.100.9 port 0
X
fabric_start "$LAB/fabric" "$LAB_TOP/config/fabric/demo.topo" || lab_die "no fabric"
lab_hosts_and_cable
lab_gateway gateway-a Hca3 ea ca "$file" -i -a
lab_gateway gateway-b Hca2 eb cb "$LAB_TOP/config/gateway-b.cmd" -i -a
lab_ports_up
lab_wait 3 lab_ping || lab_fail "no ping"

# --- SIGHUP ---

lab_stream_begin 2000 300
hangs_up 1 "0 lines taken back, 0 new, 8 as they were"
# One changed, two gone, two new, the rest elsewhere.
cat >"$file" <<X
ip address add 203.0.113.1/24 port 1
ip  addr  add 192.0.2.1/24 port 0
ip route add 198.51.100.0/24 via 203.0.113.2
ip route add 10.0.0.0/8 via 203.0.113.9
ip route add blackhole 172.16.0.0/12
ip set mss-clamp on port 0
port config mtu 0 1300
ip dhcp-relay add 198.51.100.9 port 0
X
hangs_up 2 "3 lines taken back, 4 new, 4 as they were"
a "ip route show 10.0.0.0/8" | grep -q " 203.0.113.9 " || lab_fail "$(a "ip route show")"
a "ip route show 172.16.0.0/12" | grep -q blackhole || lab_fail "no blackhole"
a "ip address show 203.0.114.0/24" | grep -qx none || lab_fail "the second subnet is still there"
lab_is off lab_query gateway-a -g rows.0.ra /ip/set 2>/dev/null ||
	a "ip set show" | grep -Eq '^ +0 +off +off +off +on ' || lab_fail "$(a "ip set show")"
# The stream's route gets another gateway.
lab_say gateway-b "ip address add 203.0.113.3/24 port 1" >/dev/null
sed -i 's|^ip route add 198.51.100.0/24 .*|ip route add 198.51.100.0/24 via 203.0.113.3|' "$file"
hangs_up 3 "1 lines taken back, 1 new, 7 as they were"
a "ip route show 198.51.100.0/24" | grep -q " 203.0.113.3 " || lab_fail "$(a "ip route show")"
sed -i '/172.16/d' "$file"
kill -HUP "$(cat "$LAB/gateway-a.pid")"
lab_wait 5 eval 'lab_say gateway-a "ip route show 172.16.0.0/12" | grep -qx none' ||
	lab_fail "the blackhole stays"
lab_stream_stop
[ "$(lab_stream_value lost)" -eq 0 ] || lab_fail "SIGHUP loses packets: $LAB_STREAM"

# A wrong line: nothing happens; one that fails ends it, and is tried again.
cp "$file" "$LAB/good.cmd"
{ cat "$LAB/good.cmd"; echo "ip route ad 1.0.0.0/8 via 203.0.113.2"; echo "ip wrong"; } >"$file"
kill -HUP "$(cat "$LAB/gateway-a.pid")"
lab_wait 5 grep -qF "a.cmd: nothing was changed" "$LAB/gateway-a.log" || lab_fail "no word about it"
grep -qF "a.cmd:9: bad word 'wrong' after 'ip'" "$LAB/gateway-a.log" || lab_fail "no file and line"
a "ip route show 1.0.0.0/8" | grep -qx none || lab_fail "half applied"
{ cat "$LAB/good.cmd"; echo "ip route add 1.0.0.0/8 via 203.0.115.2"; } >"$file"
kill -HUP "$(cat "$LAB/gateway-a.pid")"
lab_wait 5 grep -qF "a.cmd:8: 1.0.0.0/8: the gateway is on no link of ours" "$LAB/gateway-a.log" ||
	lab_fail "no word about the gateway"
a "ip address add 203.0.115.1/24 port 1" >/dev/null
kill -HUP "$(cat "$LAB/gateway-a.pid")"
lab_wait 5 eval 'lab_say gateway-a "ip route show 1.0.0.0/8" | grep -q 203.0.115.2' ||
	lab_fail "a line that failed is not tried again"

# --- save ---

b=$(lab_query gateway-b -g lladdr /ipoib/info,1)
a "ip neigh add 203.0.113.2 lladdr $b port 1" >/dev/null
a "ipoib path add 1 $(lab_query gateway-b -g gid /ipoib/info,1) dlid $(lab_query gateway-b -g lid /ipoib/info,1)" >/dev/null
a "ip vlan add 100 port 0" >/dev/null
a "ip vlan add 200 port 0" >/dev/null
a "ip vlan del 100 port 0" >/dev/null
a "ip address add 192.168.1.1/24 port 33" >/dev/null
a "ip route append 10.0.0.0/8 via 203.0.113.8" >/dev/null
a "ipoib class dscp 1 46 47 1" >/dev/null
a "ip filter add 10 port 0 in deny from any to 198.51.100.0/24 proto tcp dport 23" >/dev/null
a "ip multicast upstream port 1" >/dev/null
a "stop" >/dev/null
settings=("corelist 1" "portlist 1,0" "promisc 0 on" "record-core-cycles on" "txpkts 128"
	"tx-stamp on" "tx-pps 1000" "flowgen flows 9" "log control debug")
for set in "${settings[@]}"; do
	a "set $set" | grep -qi 'fail\|error\|allowed' && lab_fail "set $set"
done
a "start" >/dev/null
mkdir "$LAB/small"
mount -t tmpfs -o size=16k none "$LAB/small"
a "save $LAB/small/a.cmd" | grep '[a-z]' && lab_fail "save says this"
a "show config running" | grep -v '^$' >"$LAB/shown"
for set in "${settings[@]}"; do
	grep -q "^set $set.\?$" "$LAB/shown" || lab_fail "not shown: set $set"
done
tr -d '\r' <"$LAB/shown" | diff - "$LAB/small/a.cmd" || lab_fail "saved is not what is shown"
chmod 640 "$LAB/small/a.cmd"
cp "$LAB/small/a.cmd" "$LAB/saved"
dd if=/dev/zero of="$LAB/small/full" bs=1k 2>/dev/null
a "ip route add 11.0.0.0/8 via 203.0.113.8" >/dev/null
a "save $LAB/small/a.cmd" | grep -q "not saved, what was there is unchanged: No space left" ||
	lab_fail "no word about the full disk: $(a "save $LAB/small/a.cmd")"
diff "$LAB/saved" "$LAB/small/a.cmd" || lab_fail "a full disk spoils the old file"
[ "$(find "$LAB/small" -type f | wc -l)" -eq 2 ] || lab_fail "left behind: $(ls "$LAB/small")"
rm "$LAB/small/full"
a "save $LAB/small/a.cmd" >/dev/null
grep -qx "ip route append 11.0.0.0/8 via 203.0.113.8 port 1" "$LAB/small/a.cmd" || lab_fail "not saved"
[ "$(stat -c %a "$LAB/small/a.cmd")" = 640 ] || lab_fail "other rights than before"
a "save /nonexistent/a.cmd" | grep -q "not saved, .*: No such file or directory" || lab_fail "no error"

# --- a new program, made of it ---

lab_wait 2 lab_ping || lab_fail "no ping before the end"
sed 's/^ip address add 192.168.1.1.*/&/' "$LAB/small/a.cmd" >"$LAB/again.cmd"
lab_stop gateway-a || lab_fail "gateway A does not end"
lab_accounted gateway-a || lab_fail "unaccounted packets"
lab_gateway gateway-a Hca3 ea ca "$LAB/again.cmd" -i -a
lab_wait 20 lab_port_up gateway-a || lab_fail "gateway A does not come back"
a "show config running" | grep -v '^$' | tr -d '\r' >"$LAB/shown"
diff <(sed 's/port 33/port 32/' "$LAB/again.cmd") "$LAB/shown" || lab_fail "it is another configuration"
lab_wait 5 lab_ping || lab_fail "no ping with the saved configuration"
lab_finish
