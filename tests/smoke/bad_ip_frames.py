#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Send malformed Ethernet frames, made with scapy, to a gateway; each must be counted.

    bad_ip_frames.py INTERFACE GATEWAY-MAC FILE-PREFIX QUERY-TOOL
"""

import sys

from scapy.all import ARP, ICMP, IP, UDP, Ether, IPOption, IPOption_LSRR, IPv6, Raw, conf, raw

import drops

IFACE, MAC, PREFIX, TOOL = sys.argv[1:5]
CLIENT, SERVER = "192.0.2.2", "198.51.100.2"


def udp(dst=MAC, **ip):
    return Ether(dst=dst) / IP(**{"src": CLIENT, "dst": SERVER, **ip}) / UDP(dport=9) / Raw(b"x")


BROADCAST = "ff:ff:ff:ff:ff:ff"
CASES = [
    ("drop_l2_dst", udp(dst="02:00:00:00:00:99")),
    ("drop_l2_type", Ether(dst=MAC, type=0x88CC) / Raw(bytes(50))),
    ("drop_ip_version", udp(version=5)),
    ("drop_ip_hdrlen", udp(ihl=4)),
    ("drop_ip_options", udp(options=[IPOption_LSRR(routers=["203.0.113.2"])])),
    ("drop_ip_options", udp(options=[IPOption(option=7, length=11, value=bytes(5))])),
    ("drop_ip_length", udp(len=19)),
    ("drop_ip_length", udp(len=1400)),
    ("drop_ip_checksum", udp(chksum=0x1234)),
    ("drop_ip_src", udp(src="127.0.0.1")),
    ("drop_ip_src", udp(src="224.0.0.1")),
    ("drop_ip_src", udp(src="0.0.0.0")),
    ("drop_ip_dst", Ether(dst=MAC) / IP(src=CLIENT, dst="127.0.0.1") / UDP()),
    ("drop_ip_l2_bcast", udp(dst=BROADCAST)),
    ("drop_mcast", Ether(dst="01:00:5e:01:02:03") / IP(src=CLIENT, dst="239.1.2.3") / UDP()),
    ("drop_no_route", Ether(dst=MAC) / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP()),
    ("drop_ttl", udp(ttl=1)),
    ("drop_no_route", Ether(dst=MAC) / IP(src=CLIENT, dst="100.64.0.1") / UDP()),
    ("drop_arp_bad", Ether(dst=BROADCAST) / ARP(hwlen=20, psrc=CLIENT, pdst="192.0.2.1")),
    ("drop_arp_bad", Ether(dst=BROADCAST, type=0x0806) / Raw(b"\0\1\x08\0\6\4")),
    ("drop_arp_foreign", Ether(dst=BROADCAST) / ARP(psrc=CLIENT, pdst="192.0.2.77")),
    ("drop_local_bad", Ether(dst=MAC) / IP(src=CLIENT, dst="192.0.2.1") / ICMP(chksum=1) / b"abc"),
    ("drop_local_proto", Ether(dst=MAC) / IP(src=CLIENT, dst="192.0.2.1") / UDP(dport=7)),
]


def main():
    sock = conf.L2socket(iface=IFACE)
    failed = drops.check(CASES, lambda f: sock.send(raw(f)), lambda: drops.app_drops(TOOL, PREFIX))
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
