#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""DHCP over InfiniBand (RFC 4390) as a client sees it, on the carrier.

    ib_dhcp_client.py INTERFACE LID GUID GATEWAY SERVER ALL-RELAYS-LID SERVER6

GATEWAY is our router's IPv4 address. Ends with the addresses that were leased.
"""

import random
import socket
import struct
import sys
import pathlib

from scapy.all import (BOOTP, DHCP, ICMP, IP, UDP, DHCP6_Advertise, DHCP6_Reply, DHCP6_Request,
                       DHCP6_Solicit, DHCP6OptClientId, DHCP6OptIA_NA, DHCP6OptIAAddress,
                       DHCP6OptServerId, ICMPv6EchoReply, ICMPv6EchoRequest, IPv6, Raw)

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))
from ibhost import BCAST_LID, Host, ip4, ip6  # noqa: E402

HTYPE_IB = 32
BROADCAST = 0x8000
TRIES = 10
IFACE, LID, GUID, GATEWAY, SERVER, RELAYS_LID, SERVER6 = sys.argv[1:8]
GUID = int(GUID, 0).to_bytes(8, "big")
GID = bytes.fromhex("fe80000000000000") + GUID
ALL_RELAYS = bytes.fromhex("ff12601bffff") + bytes(7) + bytes.fromhex("010002")
host = Host(IFACE, int(LID), GID, 0x000ABC)


def check(true, what):
    if not true:
        raise SystemExit(f"ib_dhcp_client: {what}")


def client_id(n):
    """RFC 4361: type 255, IAID, DUID-LL; RFC 4390 has no other name of a client."""
    duid = struct.pack(">HH", 3, HTYPE_IB) + host.lladdr
    return bytes([255]) + struct.pack(">I", n) + duid


def options(d):
    return {o[0]: o[1] for o in d[DHCP].options if isinstance(o, tuple)}


def message(kind, xid, name, ciaddr="0.0.0.0", flags=BROADCAST, **more):
    """As RFC 4390 2.1 has it: hlen 0, no chaddr, and who we are in the client identifier."""
    opts = [("message-type", kind)]
    if name is not None:
        opts.append(("client_id", name))
    opts += list(more.items()) + ["end"]
    return (UDP(sport=68, dport=67)
            / BOOTP(op=1, htype=HTYPE_IB, hlen=0, xid=xid, flags=flags, ciaddr=ciaddr,
                    chaddr=b"") / DHCP(options=opts))


def ask(kind, xid, name, want, src="0.0.0.0", tries=TRIES, **more):
    """Broadcast until the answer comes. @return packet, BOOTP"""
    def wanted(p):
        ip = ip4(p)
        if ip is None or DHCP not in ip or ip[BOOTP].op != 2 or ip[BOOTP].xid != xid:
            return None
        return (p, ip) if options(ip)["message-type"] == want else None

    for _ in range(tries):
        host.ipv4(IP(src=src, dst="255.255.255.255") / message(kind, xid, name, **more))
        found = host.receive(1, wanted)
        if found is not None:
            return found
    return None


def answer_ok(p, ip, name):
    d = ip[BOOTP]
    check(p.to_group and p.dlid == BCAST_LID and ip.dst == "255.255.255.255",
          "the answer is no broadcast")
    check((d.htype, d.hlen, bytes(d.chaddr)) == (HTYPE_IB, 0, bytes(16)), "htype, hlen, chaddr")
    check(d.giaddr == GATEWAY and d.flags == BROADCAST, "giaddr, flags")
    # RFC 6842: a server sends the identifier back; dnsmasq is older than that.
    check(options(ip).get("client_id", name) == name, "the client identifier is not ours")


def lease(n):
    """Discover, offer, request, acknowledgement: an address for client identifier n."""
    name, xid = client_id(n), random.getrandbits(32)
    p, ip = ask(1, xid, name, 2) or sys.exit("ib_dhcp_client: no offer")
    answer_ok(p, ip, name)
    offered = ip[BOOTP].yiaddr
    p, ip = ask(3, xid, name, 5, server_id=options(ip)["server_id"], requested_addr=offered) \
        or sys.exit("ib_dhcp_client: no acknowledgement")
    answer_ok(p, ip, name)
    check(ip[BOOTP].yiaddr == offered, "another address than the offered one")
    check(options(ip)["router"] == GATEWAY, "the router is not the gateway")
    return offered


def ping(ip):
    """The lease works: to the server, through the gateway."""
    router = host.resolve(GATEWAY, ip)
    for _ in range(TRIES):
        host.ipv4(IP(src=ip, dst=SERVER) / ICMP(id=7) / Raw(b"IPoIB"), router)
        if host.receive(1, lambda p: (q := ip4(p)) and q.src == SERVER and ICMP in q
                        and q[ICMP].type == 0 or None):
            return
    sys.exit("ib_dhcp_client: the leased address does not work")


def rebind(ip, n):
    """Who has an address and does not ask for broadcasts is sent to: he answers ARP."""
    xid = random.getrandbits(32)
    p, reply = ask(3, xid, client_id(n), 5, src=ip, ciaddr=ip, flags=0) \
        or sys.exit("ib_dhcp_client: not rebound")
    check(not p.to_group and reply.dst == ip and reply[BOOTP].yiaddr == ip, "rebound by broadcast")


def dhcp4():
    check(ask(1, 0x1234, None, 2, tries=2) is None, "an offer without a client identifier")
    first, second = lease(1), lease(2)
    check(first != second, "two clients have the same address")
    check(lease(1) == first, "the client gets another address when it asks again")
    host.ips.add(first)
    ping(first)
    rebind(first, 1)
    return first


def ask6(msg, kind, trid, mine):
    def wanted(p):
        ip = ip6(p)
        if ip is None or UDP not in ip or ip[UDP].dport != 546 or p.to_group:
            return None
        answer = kind(bytes(ip[UDP].payload))
        return answer if answer.msgtype == kind().msgtype and answer.trid == trid else None

    group = (int(RELAYS_LID), ALL_RELAYS)
    for _ in range(TRIES):
        host.ipv6(IPv6(src=mine, dst="ff02::1:2", hlim=1) / UDP(sport=546, dport=547) / msg,
                  group=group)
        found = host.receive(1, wanted)
        if found is not None:
            return found
    return sys.exit(f"ib_dhcp_client: no {kind.__name__}")


def dhcp6():
    # RFC 4391 8: the interface identifier is the GUID, with the universal bit set.
    mine = socket.inet_ntop(
        socket.AF_INET6, GID[:8] + bytes([GUID[0] | 2]) + GUID[1:])
    host.ips.add(mine)
    duid = struct.pack(">HH", 3, HTYPE_IB) + host.lladdr
    ours = DHCP6OptClientId(duid=Raw(duid)) / DHCP6OptIA_NA(iaid=1)
    got = ask6(DHCP6_Solicit(trid=0x5eed) / ours, DHCP6_Advertise, 0x5eed, mine)
    check(bytes(got[DHCP6OptClientId].duid) == duid, "the DUID is not ours")
    server = DHCP6OptServerId(duid=got[DHCP6OptServerId].duid)
    got = ask6(DHCP6_Request(trid=0x5eee) / ours / server, DHCP6_Reply, 0x5eee, mine)
    addr = got[DHCP6OptIAAddress].addr
    host.ips.add(addr)
    # Our router is who has sent it: the only one whose address was learned by ND.
    router = next(v for k, v in host.lladdr_of.items() if ":" in k)
    for _ in range(TRIES):
        host.ipv6(IPv6(src=addr, dst=SERVER6) / ICMPv6EchoRequest(data=b"IPoIB"), router)
        if host.receive(1, lambda p: (q := ip6(p)) and ICMPv6EchoReply in q or None):
            return addr
    return sys.exit("ib_dhcp_client: the leased IPv6 address does not work")


print(dhcp4(), dhcp6())
