#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Print the IGMP and MLD messages that tests compare with, as C. Made by scapy.

Each is a whole IP packet as a host or router would send it, Router Alert included.
"""

from scapy.all import (
    IP,
    ICMPv6MLDone,
    ICMPv6MLDMultAddrRec,
    ICMPv6MLQuery,
    ICMPv6MLQuery2,
    ICMPv6MLReport,
    ICMPv6MLReport2,
    IPOption_Router_Alert,
    IPv6,
    IPv6ExtHdrHopByHop,
    RouterAlert,
)
from scapy.contrib.igmp import IGMP
from scapy.contrib.igmpv3 import IGMPv3, IGMPv3gr, IGMPv3mq, IGMPv3mr

PEER, US, IB_US, IB_ROUTER = "192.0.2.77", "192.0.2.1", "198.51.100.1", "198.51.100.2"
PEER6, US6, LOW6 = "fe80::ff:fe00:4d", "fe80::ff:fe00:1", "fe80::1"
GROUP, GROUP6 = "239.1.2.3", "ff15::123"
S1, S2 = "203.0.113.5", "203.0.113.6"
S1_6, S2_6 = "2001:db8:9::5", "2001:db8:9::6"
NODES, ROUTERS, REPORTS = "224.0.0.1", "224.0.0.2", "224.0.0.22"


def ip4(src, dst, msg):
    return IP(src=src, dst=dst, ttl=1, tos=0xC0, id=0, options=[IPOption_Router_Alert()]) / msg


def ip6(src, dst, msg):
    hop = IPv6ExtHdrHopByHop(options=[RouterAlert()])
    return IPv6(src=src, dst=dst, hlim=1) / hop / msg


def old(src, dst, kind, group, code=0):
    return ip4(src, dst, IGMP(type=kind, mrcode=code, gaddr=group))


def query(src, group="0.0.0.0", sources=(), code=100, flags=2, qqic=125):
    body = IGMPv3mq(gaddr=group, qrv=flags & 7, s=flags >> 3, qqic=qqic, srcaddrs=list(sources))
    dst = NODES if group == "0.0.0.0" else group
    return ip4(src, dst, IGMPv3(type=0x11, mrcode=code) / body)


def report(src, *records):
    body = IGMPv3mr(
        records=[IGMPv3gr(rtype=t, maddr=GROUP, srcaddrs=list(s)) for t, s in records]
    )
    return ip4(src, REPORTS, IGMPv3(type=0x22) / body)


def report6(src, kind, sources=()):
    rec = ICMPv6MLDMultAddrRec(
        rtype=kind, dst=GROUP6, sources=list(sources), sources_number=len(sources)
    )
    return ip6(src, "ff02::16", ICMPv6MLReport2(records=[rec]))


def query6(src, group="::", delay=10000, sources=(), qrv=2, qqic=125):
    body = ICMPv6MLQuery2(
        mladdr=group,
        mrd=delay,
        QRV=qrv,
        QQIC=qqic,
        sources=list(sources),
        sources_number=len(sources),
    )
    return ip6(src, "ff02::1" if group == "::" else group, body)


GOLDEN = {
    # what hosts say to us
    "in_to_ex": report(PEER, (4, ())),
    "in_to_in": report(PEER, (3, ())),
    "in_is_ex": report(PEER, (2, ())),
    "in_allow": report(PEER, (5, (S1, S2))),
    "in_allow2": report(PEER, (5, (S2,))),
    "in_block": report(PEER, (6, (S1,))),
    "in_v2": old(PEER, GROUP, 0x16, GROUP),
    "in_v1": old(PEER, GROUP, 0x12, GROUP),
    "in_leave": old(PEER, ROUTERS, 0x17, GROUP),
    "in_far": report("10.9.9.9", (4, ())),
    "in_query_low": query(PEER),
    "in_query_high": query("192.0.2.201"),
    "in6_to_ex": report6(PEER6, 4),
    "in6_to_in": report6(PEER6, 3),
    "in6_v1": ip6(PEER6, GROUP6, ICMPv6MLReport(mladdr=GROUP6)),
    "in6_done": ip6(PEER6, "ff02::2", ICMPv6MLDone(mladdr=GROUP6)),
    "in6_global": report6("2001:db8:1::77", 4),
    "in6_no_alert": IPv6(src=PEER6, dst=GROUP6, hlim=1) / ICMPv6MLReport(mladdr=GROUP6),
    # other routers on the hosts' link: RFC 3376 4.1.1 writes 5 s as 50, 4.1.7 writes 208 s as 0x8a
    "in_query_pace": query(PEER, code=50, flags=3, qqic=20),
    "in_query_long": query(PEER, flags=0, qqic=0x8A),
    "in_query_unsaid": query(PEER, flags=0, qqic=0),
    "in_query_v2": old(PEER, NODES, 0x11, "0.0.0.0", 100),
    "in_ask": query(PEER, GROUP, code=10),
    "in_ask_high": query("192.0.2.201", GROUP, code=10),
    "in_ask_suppress": query(PEER, GROUP, code=10, flags=8 | 2),
    "in_ask_source": query(PEER, GROUP, (S1,), code=10),
    "in_ask_v2": old(PEER, GROUP, 0x11, GROUP, 20),
    "in6_query_pace": query6(LOW6, delay=5000, qrv=3, qqic=20),
    "in6_ask": query6(LOW6, GROUP6, 1000, qrv=3, qqic=20),
    "in6_ask_source": query6(LOW6, GROUP6, 1000, (S1_6,)),
    "in6_ask_v1": ip6(LOW6, GROUP6, ICMPv6MLQuery(mladdr=GROUP6, mrd=2000)),
    "in6_allow": report6(PEER6, 5, (S1_6, S2_6)),
    # what a router upstream says
    "up_query": query(IB_ROUTER),
    "up_query_robust": query(IB_ROUTER, flags=4),
    "up_ask_source": query(IB_ROUTER, GROUP, (S1,), code=10),
    "up_query_v1": old(IB_ROUTER, NODES, 0x11, "0.0.0.0"),
    "up_query_v2": old(IB_ROUTER, NODES, 0x11, "0.0.0.0", 100),
    "up6_query_v1": ip6(LOW6, "ff02::1", ICMPv6MLQuery(mladdr="::", mrd=10000)),
    # what another host upstream says
    "up_other_v2": old("198.51.100.9", GROUP, 0x16, GROUP),
    "up6_other_v1": ip6(PEER6, GROUP6, ICMPv6MLReport(mladdr=GROUP6)),
    # what we say
    "out_query": query(US),
    "out_query_200": query("192.0.2.200"),
    "out_query_group_200": query("192.0.2.200", GROUP, code=10),
    "out_query_group": query(US, GROUP, code=10),
    "out_query_source": query(US, GROUP, (S1,), code=10),
    "ib_query": query(IB_US),
    "out6_query": query6(US6),
    "out6_query_group": query6(US6, GROUP6, 1000),
    "up_to_ex": report(IB_US, (4, ())),
    "up_to_in": report(IB_US, (3, ())),
    "up_is_ex": report(IB_US, (2, ())),
    "up_sources": report(IB_US, (3, (S1, S2))),
    "up_source2": report(IB_US, (3, (S2,))),
    "up_is_in1": report(IB_US, (1, (S1,))),
    "up_v1": old(IB_US, GROUP, 0x12, GROUP),
    "up_v2": old(IB_US, GROUP, 0x16, GROUP),
    "up_leave": old(IB_US, ROUTERS, 0x17, GROUP),
}

print("""/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* Made by scapy (tests/oracle/mp_golden.py), not by hand. */

#ifndef MP_GOLDEN_H
#define MP_GOLDEN_H

#include <stdint.h>""")
for name, packet in GOLDEN.items():
    raw = bytes(packet)
    print(f"\nstatic const uint8_t golden_{name}[] = {{")
    rows = [raw[i : i + 16] for i in range(0, len(raw), 16)]
    print(",\n".join("\t" + ", ".join(f"0x{b:02x}" for b in row) for row in rows))
    print("};")
print("\n#endif /* MP_GOLDEN_H */")
