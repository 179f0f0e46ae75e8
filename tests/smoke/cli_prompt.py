#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Drive the prompt through a pseudo-terminal: every line gets the answer of the table.

cli_prompt.py PROGRAM ARGUMENT...
"""

import os
import pty
import re
import select
import sys
import time

PROMPT = "dpdk-ipoib> "
LLADDR = "00:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01"

# (line, all of its answer as a regular expression; lines joined by "|")
WRONG = [
    ("shw", "unknown command 'shw': the nearest is 'show'; 'help' lists all"),
    ("xyzzy", "unknown command 'xyzzy': 'help' lists all"),
    ("s", "ambiguous word 's': start, stop, show, set or save"),
    ("show", "incomplete command 'show': expected fwd, .*port.*"),
    ("show prt", "bad word 'prt' after 'show': expected fwd, .*port.*"),
    ("show port stats", "incomplete command 'show port stats': expected a port number or all"),
    ("show port info 9", "no port 9: the ports are 0, 1"),
    ("show port info x", "bad word 'x' after 'show port info': expected a port number or all"),
    ("stop now", "unexpected word 'now': the command ends after 'stop'"),
    ("stop", "stop: forwarding does not run"),
    ("ip address add 192.0.2.1 port 0",
     "bad word '192.0.2.1' after 'ip address add': "
     "expected an address and prefix length like 192.0.2.1/24 or 2001:db8::1/64"),
    ("ip address add 192.0.2.1/33 port 0", "bad word '192.0.2.1/33' after .*"),
    ("ip address add 192.0.2.0/24 port 0", "192.0.2.0/24: no host can have this address: .*"),
    ("ip address add 224.0.0.1/24 port 0", "224.0.0.1/24: no host can have this address: .*"),
    ("ip address add 192.0.2.1/24 port 7", "no port 7: the ports are 0, 1"),
    ("ip address del 192.0.2.1/24 port 0", "192.0.2.1/24: that port does not have this address .*"),
    ("ip address add 192.0.2.1/24 port 0", ""),
    ("ip address add 192.0.2.1/24 port 0", "192.0.2.1/24: the address is there already"),
    ("ip a s", r"Address +Port +State\|192.0.2.1/24 +0 +preferred"),
    ("ip route add 198.51.100.0/24 via 203.0.113.1",
     "198.51.100.0/24: the gateway is on no link of ours: .*"),
    ("ip route add 198.51.100.1/24 via 192.0.2.9",
     "198.51.100.1/24: bits behind the prefix length are set"),
    ("ip route add 198.51.100.0/24 via 192.0.2.9", ""),
    ("ip route add 198.51.100.0/24 via 192.0.2.9", "198.51.100.0/24: there is a route for .*"),
    ("ip route show", r"Prefix +Type +Via +Port +State\|.*198.51.100.0/24 +static +192.0.2.9 +0 +used.*"),
    ("ip route append 198.51.100.0/24 via 192.0.2.9", "198.51.100.0/24: there is a route for .*"),
    ("ip route append 198.51.100.0/24 via 192.0.2.10 port 0", ""),
    ("ip route append 198.51.100.0/24 via 192.0.2.11 port 1",
     "198.51.100.0/24: the gateway is on no link of ours: .*"),
    ("ip route append 198.51.100.0/24 via 192.0.2.11 port 9", "no port 9: the ports are 0, 1"),
    ("ip route append 198.51.100.0/24 via 2001:db8::9",
     "198.51.100.0/24: the gateway is not of this family"),
    ("ip route get 198.51.100.77", r"Prefix .*\|198.51.100.0/24 +static +192.0.2.9 +0 +used\|"
     r"198.51.100.0/24 +static +192.0.2.10 +0 +used"),
    ("ip route get 203.0.113.1", "none"),
    ("ip route del 198.51.100.0/24 via 192.0.2.8",
     "198.51.100.0/24: there is no static route by this gateway .*"),
    ("ip route del 198.51.100.0/24 via 192.0.2.10", ""),
    ("ip route add blackhole 192.0.2.128/25", ""),
    ("ip route get 192.0.2.129", r"Prefix .*\|192.0.2.128/25 +blackhole +- +- +used"),
    ("ip route add prohibit 192.0.2.64/26", ""),
    ("ip route add unreachable 224.0.0.0/8", "224.0.0.0/8: multicast, link-local and loopback .*"),
    ("ip route get ff02::1", "ff02::1: multicast and link-local addresses are not routed"),
    ("ip route del 198.51.100.0/23", "198.51.100.0/23: there is no static route .*"),
    ("ip route del 198.51.100.0/24", ""),
    ("ip route del 198.51.100.0/24", "198.51.100.0/24: there is no static route .*"),
    ("ip route flush", "2 deleted"),
    ("ip address add 2001:db8::/64 port 0", "2001:db8::/64: no host can have this address: .*"),
    ("ip address add fe80::1/64 port 0", "fe80::1/64: no host can have this address: .*"),
    ("ip address flush port 9", "no port 9: the ports are 0, 1"),
    ("ip address del 192.0.2.1/24 port 0", ""),
    ("ip address flush port 0", "0 deleted"),
    ("ip address show", "none"),
    ("ip neigh show", "none"),
    ("ip neigh flush", "0 forgotten"),
    ("ip neigh flush port 0", "0 forgotten"),
    ("ip neigh show port 9", "no port 9: the ports are 0, 1"),
    ("ip neigh show state up", "bad word .up. after .*: expected incomplete, resolving, valid, .*"),
    ("ip neigh show json x", "unexpected word .x.: the command ends after .ip neigh show json."),
    ("ip neigh show json", r"\[\]"),
    ("ip mul\tsh\tj\t", r"\[\]"),
    ("ip set proxy-arp on port 0", ""),
    ("ip set strict-source on port 0", "strict-source: only an IPoIB port knows .*"),
    ("ip set ra on port 9", "no port 9: the ports are 0, 1"),
    ("ip set ra maybe port 0", "bad word 'maybe' after 'ip set ra': expected on or off"),
    ("ip set show", r"Port +Proxy-ARP .*\| +0 +on +off +off +off +off +off +0 +0 +0\| +1 .*"),
    ("ip set proxy-arp off port 0", ""),
    ("ipoib show all", "none"),
    ("ipoib show 0", r"port 0 is an Ethernet port: an IPoIB port is expected \(.ipoib show all.\)"),
    ("ipoib neigh show 1", r"port 1 is an Ethernet port: an IPoIB port is expected \(.ipoib show all.\)"),
    ("ipoib path flush 0", r"port 0 is an Ethernet port: an IPoIB port is expected \(.ipoib show all.\)"),
    ("set burst 0", "burst 0: 1 to 64 is allowed"),
    ("set burst 65", "burst 65: 1 to 64 is allowed"),
    ("set burst 16", "Number of packets per burst set to 16"),
    ("set fwd csum", "bad word 'csum' after 'set fwd': expected route, io, mac, macswap, rxonly, .*"),
    ("set txpkts 27", "length 27: an IP length from 28 to 65535 is allowed"),
    ("set tx-udp 9 65536", "UDP port 65536: 1 to 65535 is allowed"),
    ("set eth-peer 0 02:00", "bad word '02:00' after .*: expected a MAC address like .*"),
    ("set ipoib-peer 0 " + LLADDR, "port 0 is an Ethernet port: set eth-peer there"),
    ("set ipoib-peer 0 00:00", "bad word '00:00' after .* 20 octets .*"),
    ("set eth-peer 0 02:00:00:00:00:01", ""),
    ("port config mtu 0 20", "MTU 20: an IPv4 link takes at least 68 octets .*"),
    ("port config mtu 0 70000", "MTU 70000: more than the port can do .*"),
    ("port config mtu 9 1400", "no port 9: the ports are 0, 1"),
    ("port config mtu 0 1400", ""),
    ("port config mtu 0 0", ""),
    ("ip multicast join 239.1.2.3 port 0", "239.1.2.3: the port routes no multicast: .*"),
    ("ip multicast upstream port 1", ""),
    ("ip set multicast on port 0", ""),
    ("ip multicast join 224.0.0.5 port 0", "224.0.0.5: not a group that is routed: .*"),
    ("ip multicast join 239.1.2.3 port 0", ""),
    ("ip multicast join 239.1.2.3 port 0", "239.1.2.3: the port has this group by command already"),
    ("ip multicast show", r"Group +Port .*\|239.1.2.3 +0 +command +any +3 +0 +joined"),
    ("ip multicast ports", r"Port +Role .*\| +0 +downstream +- .*\| +1 +upstream +- +- +0 +0"),
    ("ip multicast leave 239.1.2.3 port 0", ""),
    ("ip multicast leave 239.1.2.3 port 0", "239.1.2.3: the port does not have this group .*"),
    ("ip multicast upstream none", ""),
    ("ip multicast show", "none"),
    ("ipoib class show 0", r"port 0 is an Ethernet port: an IPoIB port is expected \(.ipoib show all.\)"),
    ("ipoib class path 0 1 sl 16", "SL 16: 0 to 15 are possible"),
    ("ipoib class path 0 4 sl 1", "class 4: 1 to 3 are possible"),
    ("ipoib class path 0 1 sl 5", "ipoib class path: not an IPoIB forwarding port"),
    ("ipoib class dscp 0 46 40 1", "last DSCP 40: 46 to 63 are possible"),
    ("set eth-peer 0 02:00:00:00:00:02", ""),
    ("show peers", r"Port +Peer\| +0 +02:00:00:00:00:02"),
    ("clear peers all", ""),
    ("show peers", "none"),
    ("help nothing", "no help on 'nothing': there is forwarding, .*"),
    ("help ipoib", r"ipoib:\|  ipoib show PORTS .*"),
    ("help filter", r"ip:\|  ip filter add .*ipoib:\|  ipoib capture start PORT .*"),
    ("help TOP", "no help on 'TOP': .*"),
    ("help diagnosis", r"diagnosis:\|  show top .*Examples:\|  ping 198.51.100.2 count 3 verbose\|.*"),
    ("show version", r"dpdk-ipoib [0-9.]+ \(DPDK .*\)"),
    ("show version json", r"\[\| \{.program.: .[0-9.]+., .dpdk.: .DPDK .*.\}\|\]"),
    ("show log", r"Part +Type +Level\|.*control +ipoib.control +notice.*"),
    ("set log control debug", ""),
    ("show log", r".*control +ipoib.control +debug.*"),
    ("set log control loud", "bad word 'loud' after 'set log control': expected emergency, .*"),
    ("set log core debug", "bad word 'debug' after 'set log core': expected a number"),
    ("set log control notice", ""),
    ("show config running", r"# The running .*\|set burst 16(\|.*)?"),
    ("save /nonexistent/x", "/nonexistent/x: not saved, what was there is unchanged: No such .*"),
    ("ping 198.51.100.1", "198.51.100.1: no route, .*"),
    ("traceroute fe80::1", "fe80::1: a link-local address needs its port: 'port P'"),
    ("ip filter show", "none"),
    ("show top json", r"\[.*\]"),
    ("load /nonexistent", "/nonexistent: cannot open the command file: No such file or directory"),
    ("a " * 30, "too many words: no command has more than 24"),
    ("x" * 300, "line too long: at most 240 characters"),
    ("# nothing", ""),
    ("", ""),
    ("show fwd stats all", r".*unaccounted 0\|.*"),
    ("set fwd rxonly", "Set rxonly packet forwarding mode"),
    ("start", r"rxonly packet forwarding - ports=2 - cores=1 - streams=2 - .*packets/burst=16.*"),
    ("start", "start: forwarding runs already"),
    ("set burst 32", r"Number of packets per burst set to 32\|takes effect at the next start"),
    ("sta\t", "start: forwarding runs already"),
    ("\x1b[A", "start: forwarding runs already"),
    ("show port stats 1", r".*#+ NIC statistics for port 1  #+\|  RX-packets: [1-9].*"),
    ("clear fwd stats all", ""),
    ("stop", r"Telling cores to stop...\|.*Forward statistics for port 0 .*Accumulated forward "
             r"statistics for all ports.*unaccounted 0\|.*Done."),
]


class Prompt:
    def __init__(self, command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)
        self.text = ""
        self.read_prompt()

    def read_prompt(self):
        """Everything up to the next prompt."""
        end = time.monotonic() + 20
        while not self.text.endswith(PROMPT):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"FAILED: no prompt after 20 s, only: {self.text!r}")
            self.text += os.read(self.fd, 4096).decode()
        text, self.text = self.text[:-len(PROMPT)], ""
        return text

    def ask(self, line):
        os.write(self.fd, line.encode() + b"\n")
        # The first line is the echo.
        text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.read_prompt())
        return "|".join(text.replace("\r", "").split("\n")[1:]).strip("|\n")

    def quit(self):
        os.write(self.fd, b"quit\n")
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                if not os.read(self.fd, 4096):
                    break
            except OSError:
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main():
    prompt = Prompt(sys.argv[1:])
    failed = 0
    for line, want in WRONG:
        got = prompt.ask(line)
        if not re.fullmatch(want, got, re.S):
            print(f"FAILED: '{line}' gives '{got}', not '{want}'")
            failed += 1
    status = prompt.quit()
    if status != 0:
        print(f"FAILED: quit gives exit status {status}")
        failed += 1
    print(f"prompt: {len(WRONG)} lines, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
