# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""What is compared with what: each ratio has a function that makes its two programs."""

import ipaddress
import os
import pathlib

import frames
from programs import LAB, Gateway, l3fwd, testpmd

QPN = 0x123456  # of our IPoIB port, so that files can be made for it
OURS_ETH, OURS_IB = "192.0.2.1", "10.77.0.1"
ETH_HOSTS = "198.18.0.0"
SINK = "net_null0,no-rx=1"


def memory():
    return "ordinary memory" if "--no-huge" in os.environ["LAB_MEMORY_ARGS"] else "hugepages"


class Fabric:
    """LIDs that OpenSM gave, and the hosts that are made of them."""

    def __init__(self):
        self.mad = "ibsim:" + os.environ["IBSIM_SOCKNAME"]
        path = pathlib.Path(os.environ["FABRIC_DIR"]) / "osm/guid2lid"
        rows = sorted(line.split() for line in path.read_text(encoding="ascii").splitlines() if line)
        hcas = [(int(r[0], 16), int(r[1], 16)) for r in rows if r[0].startswith("0x00000000001")]
        self.ours, self.others = hcas[1], hcas[3:]

    def hosts(self, count):
        """Hosts of IPoIB, spread over the HCAs: several QPNs on one GID if they are many."""
        base = ipaddress.IPv4Address("10.77.1.0")
        return [{"ip": str(base + i), "lid": lid, "qpn": 4096 + i,
                 "gid": f"fe80000000000000{guid:016x}"}
                for i in range(count) for guid, lid in [self.others[i % len(self.others)]]]


def ipoib_vdev(fabric, carrier, crc="off"):
    return (f"net_ipoib0,hca=soft,device=H1,mad={fabric.mad},carrier={carrier},crc={crc},"
            f"qpn={QPN:#x}")


def once(path, make, count=frames.PACKETS):
    """A file is made when it is first needed."""
    path = f"{LAB}/{path}"
    if not os.path.exists(path):
        frames.write(path, make(), count)
    return path


def source(n, path):
    return f"net_pcap{n},rx_pcap={path},infinite_rx=1"


def eth_file(fabric, nb, length=46):
    """From a client on Ethernet to IPoIB hosts."""
    return once(f"eth-{nb}-{length}.pcap", lambda: [
        frames.eth_frame(frames.ip_packet(frames.CLIENT, dst, port, length))
        for dst, port in frames.flows([h["ip"] for h in fabric.hosts(nb)])])


def ib_file(fabric, nb, length=46):
    """From IPoIB hosts to hosts on Ethernet."""
    host = fabric.hosts(1)[0]
    return once(f"ib-{nb}-{length}.pcap", lambda: [
        frames.ib_frame(host, fabric.ours[1], QPN, frames.ip_packet(host["ip"], dst, port, length))
        for dst, port in frames.flows(eth_hosts(nb))])


def eth_hosts(nb):
    base = ipaddress.IPv4Address(ETH_HOSTS) + 256
    return [str(base + i) for i in range(nb)]


def rules(nb, hosts, lookup):
    """Rule files of l3fwd for the same packets: a prefix, or each flow by itself."""
    v4, v6 = f"{LAB}/l3fwd-{lookup}-{nb}.v4", f"{LAB}/l3fwd-{lookup}.v6"
    if lookup == "lpm":
        lines = ["R10.77.0.0/16 1", "R198.18.0.0/15 1"]
        other = "R2001:db8::/32 1"
    else:
        lines = [f"R{dst} {frames.CLIENT} {frames.DISCARD} {port} 17 1"
                 for dst, port in frames.flows(hosts)]
        other = "R2001:db8::1 2001:db8::2 1 1 17 1"
    pathlib.Path(v4).write_text("\n".join(lines) + "\n", encoding="ascii")
    pathlib.Path(v6).write_text(other + "\n", encoding="ascii")
    return v4, v6


def known(ports):
    """All neighbours of a gateway: (table, number)."""
    return lambda gateway: all((gateway.value(f"/{table}", "total") or 0) >= nb for table, nb in ports)


def ours_e2i(fabric, nb, name="e2i", length=46, crc="off", options=()):
    arp = once(f"arp-ib-{nb}.pcap", lambda: [frames.ib_arp(h, OURS_IB) for h in fabric.hosts(nb)],
               nb)
    return Gateway(
        f"{name}-{nb}-{length}", [source(0, eth_file(fabric, nb, length)),
                                  ipoib_vdev(fabric, "net_pcap1", crc), f"net_pcap1,rx_pcap={arp}"],
        (1, "opackets"), [f"ip address add {OURS_ETH}/24 port 0",
                          f"ip address add {OURS_IB}/16 port 1"],
        ipoib=1, is_ready=known([("ip/neigh", nb)]), options=options)


def ours_i2e(fabric, nb, name="i2e", length=46, crc="off"):
    arp = once(f"arp-eth-{nb}.pcap", lambda: [
        frames.eth_arp(ip, bytes([2, 0, 0, 1]) + i.to_bytes(2, "big"), "198.18.0.1")
        for i, ip in enumerate(eth_hosts(nb))], nb)
    return Gateway(
        f"{name}-{nb}-{length}", [f"net_pcap0,rx_pcap={arp}", ipoib_vdev(fabric, "net_pcap1", crc),
                                  source(1, ib_file(fabric, nb, length))],
        (0, "opackets"), ["ip address add 198.18.0.1/15 port 0",
                          f"ip address add {OURS_IB}/16 port 1"],
        ipoib=1, is_ready=known([("ip/neigh", nb)]))


def l3fwd_eth(fabric, nb, lookup, length=46):
    return l3fwd(f"l3fwd-{lookup}-{nb}", lookup,
                 rules(nb, [h["ip"] for h in fabric.hosts(nb)], lookup),
                 [source(0, eth_file(fabric, nb, length)), SINK], (1, "opackets"))


def ours_txonly(fabric, length=46, crc="off"):
    peer = fabric.hosts(1)[0]
    octets = f"{peer['qpn']:08x}{peer['gid']}"
    lladdr = ":".join(octets[i:i + 2] for i in range(0, 40, 2))
    return Gateway(f"txonly-{length}", [ipoib_vdev(fabric, "net_null0", crc), SINK],
                   (0, "opackets"), [f"set ipoib-peer 0 {lladdr}", "set fwd txonly"], ipoib=0,
                   options=["--txpkts", str(length)])


def ours_rxonly(fabric, length=46, crc="off"):
    return Gateway(f"rxonly-{length}", [ipoib_vdev(fabric, "net_pcap0", crc),
                                        source(0, ib_file(fabric, 256, length))],
                   (0, "ipackets"), ["set fwd rxonly"], ipoib=0)


# name: (what it is, target, function that gives the two)
RATIOS = {
    "route_e2i_64_vs_l3fwd_lpm": (
        "Ethernet to IPoIB, 64-octet frames, 256 neighbours, beside l3fwd lpm", 0.75,
        lambda f: (ours_e2i(f, 256), l3fwd_eth(f, 256, "lpm"))),
    "route_e2i_64_vs_l3fwd_em": (
        "the same beside l3fwd em with a rule for each of 1,024 flows", 1.0,
        lambda f: (ours_e2i(f, 256), l3fwd_eth(f, 256, "em"))),
    "route_i2e_64_vs_l3fwd_lpm": (
        "IPoIB to Ethernet, packets of 46 octets, 256 neighbours, beside l3fwd lpm", 0.75,
        lambda f: (ours_i2e(f, 256), l3fwd_eth(f, 256, "lpm"))),
    "txonly_vs_testpmd": (
        "packets of 46 octets made and sent on IPoIB, beside testpmd txonly", 0.6,
        lambda f: (ours_txonly(f), testpmd("testpmd-txonly", "txonly", [SINK], (0, "opackets"),
                                           ["--txpkts=60"]))),
    "rxonly_vs_testpmd": (
        "packets of 46 octets received on IPoIB, beside testpmd rxonly on the same file", None,
        lambda f: (ours_rxonly(f), testpmd("testpmd-rxonly", "rxonly",
                                           [source(0, ib_file(f, 256))], (0, "ipackets")))),
}
