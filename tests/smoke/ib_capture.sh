#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# "ipoib capture": tshark decodes the file from the LRH down to IP, filters and
# snap lengths hold, and a full disk or a reader that does not read costs packets
# of the capture only.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

# says TEXT COMMAND...: the prompt of gateway A answers just this.
says()
{
	local want=$1 answer

	shift
	answer=$(lab_say gateway-a "$*")
	[ "$answer" = "$want" ] || lab_fail "'$*' says '$answer' instead of '$want'"
}
# says_like PATTERN COMMAND...: a line of the answer is like that.
says_like()
{
	local want=$1 answer

	shift
	answer=$(lab_say gateway-a "$*")
	grep -qE -- "$want" <<<"$answer" || lab_fail "'$*' says '$answer', nothing like '$want'"
}
# count FILE FILTER, some FILE FILTER, none FILE FILTER: packets that pass a display filter.
count() { tshark -r "$LAB/$1" -Y "$2" 2>/dev/null | wc -l; }
some() { [ "$(count "$1" "$2")" -gt 0 ] || lab_fail "$1: tshark finds no '$2'"; }
none() { [ "$(count "$1" "$2")" -eq 0 ] || lab_fail "$1: tshark finds '$2'"; }

lab_start -i --auto-start
lab_wait 3 lab_ping || lab_fail "no ping"

# What is wrong gets one line.
says "port 0 is an Ethernet port: an IPoIB port is expected (dpdk-dumpcap captures Ethernet)" \
	ipoib capture start 0 "$LAB/x"
says "no port 7: the ports are 0, 1" ipoib capture start 7 "$LAB/x"
says "'/nowhere/x': No such file or directory" ipoib capture start 1 /nowhere/x
says "snaplen 10: 64 to 4400 octets are allowed" ipoib capture start 1 "$LAB/x" snaplen 10
says_like "^filter 'ip host': .*syntax error" ipoib capture start 1 "$LAB/x" filter '"ip host"'
says "a double quote is missing" ipoib capture start 1 "$LAB/x" filter '"icmp'
says "port 1: the port is not being captured ('ipoib capture show')" ipoib capture stop 1
mkfifo fifo
says "'$LAB/fifo': nobody reads that FIFO" ipoib capture start 1 "$LAB/fifo"
says "none" ipoib capture show
[ ! -e x ] || lab_fail "a file although nothing was captured"

# Everything, at the carrier and, at the other gateway, rebuilt.
says "" ipoib capture start 1 "$LAB/all.pcapng"
lab_say gateway-b ipoib capture start 1 "$LAB/rebuilt.pcapng" rebuilt >/dev/null
says "port 1 is being captured: 'ipoib capture stop 1' first" ipoib capture start 1 "$LAB/y"
lab_say gateway-a ip neigh flush >/dev/null
lab_ping 20 >/dev/null || lab_fail "pings lost"
says_like "^ +1 +carrier +runs +[0-9]+ +[0-9]+ +[0-9]+ +0 +0 +0 +4400 +- +$LAB/all.pcapng$" \
	ipoib capture show
lab_is 1 lab_query gateway-a -g rows.0.port /ipoib/capture || lab_fail "not in telemetry"
says_like "^Port 1: [0-9]+ packets in $LAB/all.pcapng, 0 lost$" ipoib capture stop 1
lab_say gateway-b ipoib capture stop 1 | grep -q ' 0 lost$' || lab_fail "rebuilt: lost"
says "none" ipoib capture show
says "'$LAB/all.pcapng' is there already: another name, or remove it" \
	ipoib capture start 1 "$LAB/all.pcapng"
[ "$(stat -c %a all.pcapng)" = 600 ] || lab_fail "others can read the file"

for file in all.pcapng rebuilt.pcapng; do
	some "$file" "icmp.type == 8 && ip.src == 192.0.2.2 && infiniband.lrh"
	some "$file" "icmp.type == 0 && ip.dst == 192.0.2.2 && infiniband.lrh"
	some "$file" "infiniband.grh.dgid == ff12:401b:ffff::ffff:ffff && arp.opcode == 1 && arp.hw.type == 32"
	some "$file" "infiniband.bth.opcode == 0x64 && infiniband.bth.p_key == 0xffff && infiniband.deth.q_key == 0xb1b"
	some "$file" "frame.packet_flags_direction == 1"
	some "$file" "frame.packet_flags_direction == 2"
	none "$file" "_ws.malformed"
	[ "$(count "$file" icmp)" -eq 40 ] || lab_fail "$file: $(count "$file" icmp) of 40 packets"
done
# One packet seen at both ends: all headers are the same, but for the PSN that an HCA does not tell,
# and what follows from it.
fields="-e infiniband.lrh.slid -e infiniband.lrh.dlid -e infiniband.lrh.sl -e infiniband.lrh.pktlen
	-e infiniband.bth.destqp -e infiniband.deth.srcqp -e infiniband.deth.q_key -e ip.id -e ip.len -e icmp.seq"
for file in all.pcapng rebuilt.pcapng; do
	# shellcheck disable=SC2086 # words
	tshark -r "$LAB/$file" -Y icmp -T fields $fields 2>/dev/null >"$file.fields"
done
cmp all.pcapng.fields rebuilt.pcapng.fields || lab_fail "rebuilt headers differ"
[ "$(wc -l <all.pcapng.fields)" -eq 40 ] || lab_fail "fields"
/usr/bin/python3 "$LAB_TOP/tests/smoke/ib_capture_crc.py" all.pcapng rebuilt.pcapng ||
	lab_fail "CRCs of captured packets"

# 20 pings, 20 ms apart.
tshark -r all.pcapng -Y icmp -T fields -e frame.time_relative 2>/dev/null |
	awk '{ if (NR > 1 && $1 < last) bad = 1; last = $1; if (NR == 1) first = $1 }
		END { exit !(bad == 0 && last - first > 0.3 && last - first < 20) }' ||
	lab_fail "time stamps: $(tshark -r all.pcapng -T fields -e frame.time_epoch 2>/dev/null | tail -n 3)"
now=$(date +%s)
tshark -r all.pcapng -c 1 -T fields -e frame.time_epoch 2>/dev/null |
	awk -v now="$now" '{ exit !($1 > now - 60 && $1 <= now + 1) }' || lab_fail "not this time"

# A filter, and a snap length.
says "" ipoib capture start 1 "$LAB/icmp.pcapng" filter '"icmp and dst host 192.0.2.2"' snaplen 100
lab_say gateway-a ip neigh flush >/dev/null
lab_ping 20 >/dev/null || lab_fail "pings lost"
says "Port 1: 20 packets in $LAB/icmp.pcapng, 0 lost" ipoib capture stop 1
# (What tshark makes of the rest of a packet that was cut depends on its version.)
[ "$(count icmp.pcapng "frame.cap_len == 100 && frame.len > 100 && infiniband.lrh")" -eq 20 ] ||
	lab_fail "not 20 packets of 100 octets: $(tshark -r icmp.pcapng 2>&1 | head -3)"
says "" ipoib capture start 1 "$LAB/arp.pcapng" filter arp
lab_say gateway-a ip neigh flush >/dev/null
lab_ping 5 >/dev/null || lab_fail "pings lost"
lab_say gateway-a ipoib capture stop 1 >/dev/null
some arp.pcapng arp
none arp.pcapng "not arp"

# A full disk, and a reader that does not read, while packets pass.
mkdir small
mount -t tmpfs -o size=128k none small
flood() { lab_client ping -q -n -f -s 1000 -c "$1" -W 1 198.51.100.2 | grep -q ' 0% packet loss'; }
says "" ipoib capture start 1 "$LAB/small/full.pcapng"
flood 400 || lab_fail "pings lost with a full disk"
lab_wait 5 lab_is "No space left on device" lab_query gateway-a -g rows.0.state /ipoib/capture ||
	lab_fail "a full disk is not told of"
lab_ping 20 >/dev/null || lab_fail "pings lost with a full disk"
says_like "full.pcapng: No space left on device" ipoib capture stop 1
tshark -r small/full.pcapng -Y icmp -c 5 2>/dev/null | grep -q . || lab_fail "nothing of it is usable"
# shellcheck disable=SC2217 # it holds the reading end open
sleep 1000 <fifo &
reader=$!
says "" ipoib capture start 1 "$LAB/fifo"
flood 5000 || lab_fail "pings lost with a reader that does not read"
[ "$(lab_query gateway-a -g rows.0.drop_ring /ipoib/capture)" -gt 0 ] || lab_fail "no packet lost"
begin=$SECONDS
lab_say gateway-a ipoib capture stop 1 >/dev/null
[ $((SECONDS - begin)) -le 8 ] || lab_fail "stop waits for the reader"
kill "$reader"
says "none" ipoib capture show

# Live, by a FIFO.
tshark -l -r fifo -Y icmp >live.out 2>/dev/null &
starts() { [ -z "$(lab_say gateway-a ipoib capture start 1 "$LAB/fifo")" ]; }
lab_wait 5 starts || lab_fail "no capture into a FIFO that is read"
lab_ping 5 >/dev/null || lab_fail "pings lost"
lab_wait 5 grep -q 'Echo (ping) reply' live.out || lab_fail "not live"

# The program ends with a capture that runs.
lab_finish
