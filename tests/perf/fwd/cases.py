# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""What is compared with what: sides, each a function that makes a program, ratios of two sides, and
series of sides for tables and plots."""

import ipaddress
import os
import pathlib

import frames
from linux import LinuxForward
from programs import LAB, Gateway, l3fwd, testpmd

QPN = 0x123456  # of our IPoIB port, so that files can be made for it
OURS_ETH, OURS_IB = "192.0.2.1", "10.77.0.1"
SINK = "net_null0,no-rx=1"
MIN = 46  # IP octets of a packet that fills the smallest Ethernet frame, of 64 octets with its FCS
IMIX = [MIN] * 7 + [576] * 4 + [1500]
SIZES = [MIN, 110, 238, 494, 1006, 1500]
MANY = 49152


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


def lladdr(host):
    octets = f"{host['qpn']:08x}{host['gid']}"
    return ":".join(octets[i:i + 2] for i in range(0, 40, 2))


def eth_hosts(nb):
    base = ipaddress.IPv4Address("198.18.1.0")
    return [str(base + i) for i in range(nb)]


# --- files ---


def once(name, make, count=frames.PACKETS):
    """A file is made when it is first needed."""
    path = f"{LAB}/{name}"
    if not os.path.exists(path):
        frames.write(path, make(), count)
    return path


def sizes(length):
    return IMIX if length == "imix" else [length]


def packets(src, destinations, length):
    flows = frames.flows(destinations)
    mix = sizes(length)
    return [frames.ip_packet(src, dst, port, mix[i % len(mix)])
            for i, (dst, port) in enumerate(flows)]


def eth_file(fabric, nb, length):
    """From a client on Ethernet to IPoIB hosts."""
    return once(f"eth-{nb}-{length}.pcap", lambda: [
        frames.eth_frame(p) for p in
        packets(frames.CLIENT, [h["ip"] for h in fabric.hosts(nb)], length)])


def ib_file(fabric, nb, length):
    """From an IPoIB host to hosts on Ethernet."""
    host = fabric.hosts(1)[0]
    return once(f"ib-{nb}-{length}.pcap", lambda: [
        frames.ib_frame(host, fabric.ours[1], QPN, p) for p in
        packets(host["ip"], eth_hosts(nb), length)])


def source(n, *paths):
    return f"net_pcap{n}," + ",".join(f"rx_pcap={p}" for p in paths) + ",infinite_rx=1"


# --- sides ---


def ipoib(fabric, carrier, crc="off", queues=1):
    return (f"net_ipoib0,hca=soft,device=H1,mad={fabric.mad},carrier={carrier},crc={crc},"
            f"qpn={QPN:#x},queues={queues}")


def known(nb):
    """Has a gateway learnt all of its neighbours?"""
    return lambda gateway: (gateway.value("/ip/neigh", "total") or 0) >= nb


def e2i(nb=256, length=MIN, crc="off", workers=1):
    """Ethernet to IPoIB. The neighbours have asked for us by ARP."""
    def make(fabric):
        arp = once(f"arp-ib-{nb}.pcap", lambda: [
            frames.ib_arp(h, OURS_IB) for h in fabric.hosts(nb)], nb)
        files = [eth_file(fabric, nb, length)] * workers
        return Gateway(
            f"e2i-{nb}-{length}-{crc}-{workers}",
            [source(0, *files), ipoib(fabric, "net_pcap1", crc, workers),
             "net_pcap1" + f",rx_pcap={arp}" * workers],
            (1, "opackets"),
            [f"ip address add {OURS_ETH}/24 port 0", f"ip address add {OURS_IB}/16 port 1"],
            ipoib=1, known=known(nb), workers=workers,
            options=["--rxq", str(workers)] if workers > 1 else [])
    return make


def i2e(nb=256, length=MIN, crc="off"):
    """IPoIB to Ethernet, the same way."""
    def make(fabric):
        arp = once(f"arp-eth-{nb}.pcap", lambda: [
            frames.eth_arp(ip, bytes([2, 0, 0, 1]) + i.to_bytes(2, "big"), "198.18.0.1")
            for i, ip in enumerate(eth_hosts(nb))], nb)
        return Gateway(
            f"i2e-{nb}-{length}-{crc}",
            [f"net_pcap0,rx_pcap={arp}", ipoib(fabric, "net_pcap1", crc),
             source(1, ib_file(fabric, nb, length))],
            (0, "opackets"),
            ["ip address add 198.18.0.1/15 port 0", f"ip address add {OURS_IB}/16 port 1"],
            ipoib=1, known=known(nb))
    return make


def tx(length=MIN, crc="off"):
    def make(fabric):
        return Gateway(
            f"txonly-{length}-{crc}", [ipoib(fabric, "net_null0", crc), SINK], (0, "opackets"),
            [f"set ipoib-peer 0 {lladdr(fabric.hosts(1)[0])}", "set fwd txonly"], ipoib=0,
            options=["--txpkts", str(length)])
    return make


def rx(nb=256, length=MIN, crc="off"):
    def make(fabric):
        return Gateway(
            f"rxonly-{nb}-{length}-{crc}",
            [ipoib(fabric, "net_pcap0", crc), source(0, ib_file(fabric, nb, length))],
            (0, "ipackets"), ["set fwd rxonly"], ipoib=0)
    return make


def rules(fabric, nb, lookup):
    """Rule files of l3fwd for the same packets: a prefix, or each flow by itself."""
    v4, v6 = f"{LAB}/l3fwd-{lookup}-{nb}.v4", f"{LAB}/l3fwd-{lookup}.v6"
    if lookup == "lpm":
        lines, other = ["R10.77.0.0/16 1"], "R2001:db8::/32 1"
    else:
        lines = [f"R{dst} {frames.CLIENT} {frames.DISCARD} {port} 17 1"
                 for dst, port in frames.flows([h["ip"] for h in fabric.hosts(nb)])]
        other = "R2001:db8::1 2001:db8::2 1 1 17 1"
    pathlib.Path(v4).write_text("\n".join(lines) + "\n", encoding="ascii")
    pathlib.Path(v6).write_text(other + "\n", encoding="ascii")
    return v4, v6


def l3(lookup, nb=256, length=MIN):
    def make(fabric):
        return l3fwd(f"l3fwd-{lookup}-{nb}-{length}", lookup, rules(fabric, nb, lookup),
                     [source(0, eth_file(fabric, nb, length)), SINK], (1, "opackets"))
    return make


def pmd(mode, nb=256, length=MIN):
    """testpmd from a file of Ethernet frames to a sink."""
    def make(fabric):
        return testpmd(f"testpmd-{mode}-{nb}-{length}", mode,
                       [source(0, eth_file(fabric, nb, length)), SINK], (1, "opackets"))
    return make


def pmd_tx(length=MIN):
    def make(fabric):
        return testpmd(f"testpmd-txonly-{length}", "txonly", [SINK], (0, "opackets"),
                       [f"--txpkts={length + frames.ETH_LEN}"])
    return make


def pmd_rx(nb=256, length=MIN):
    """testpmd on the same file as our IPoIB port's carrier."""
    def make(fabric):
        return testpmd(f"testpmd-rxonly-{nb}-{length}", "rxonly",
                       [source(0, ib_file(fabric, nb, length))], (0, "ipackets"))
    return make


SIDES = {
    "e2i": e2i(), "i2e": i2e(), "txonly": tx(), "rxonly": rx(),
    "l3fwd_lpm": l3("lpm"), "l3fwd_em": l3("em"), "linux": lambda fabric: LinuxForward(),
    "testpmd_txonly": pmd_tx(), "testpmd_rxonly": pmd_rx(),
    "testpmd_macswap": pmd("macswap"), "testpmd_io": pmd("io"),
    "e2i_48k": e2i(MANY), "e2i_2lcores": e2i(workers=2),
    "txonly_1500_crc": tx(1500, "on"), "rxonly_1500_crc": rx(16, 1500, "on"),
    "testpmd_rxonly_1500": pmd_rx(16, 1500), "testpmd_txonly_1500": pmd_tx(1500),
}

# name: (what it is, target, our side, the peer). A ratio of speeds, above 1: we are faster.
RATIOS = {
    "route_e2i_64_vs_l3fwd_lpm": (
        "Ethernet to IPoIB, 64-octet frames, 256 neighbours, beside l3fwd lpm",
        0.75, "e2i", "l3fwd_lpm"),
    "route_e2i_64_vs_l3fwd_em": (
        "the same beside l3fwd em with a rule for each of 1,024 flows", 1.0, "e2i", "l3fwd_em"),
    "route_vs_linux_ns": (
        "the same beside Linux's ip_forward between veths, CPU time of a packet",
        20, "e2i", "linux"),
    "route_i2e_64_vs_l3fwd_lpm": (
        "IPoIB to Ethernet, IP packets of 46 octets, 256 neighbours, beside l3fwd lpm",
        0.75, "i2e", "l3fwd_lpm"),
    "txonly_vs_testpmd": (
        "IP packets of 46 octets made and sent, on IPoIB, beside testpmd on net_null",
        0.6, "txonly", "testpmd_txonly"),
    "rxonly_vs_testpmd": (
        "IP packets of 46 octets received, on IPoIB, beside testpmd on the same file",
        None, "rxonly", "testpmd_rxonly"),
    "lcores_2_vs_1": (
        "Ethernet to IPoIB, 64-octet frames, two worker lcores beside one", 1.9,
        "e2i_2lcores", "e2i"),
}

# name: (what it is, target, side, IP octets): Gb/s of IP packets.
GBPS = {
    "soft_crc_1500_tx_gbps": ("made and sent with both CRCs, packets of 1,500 octets", 25,
                              "txonly_1500_crc", 1500),
    "soft_crc_1500_rx_gbps": ("received and both CRCs checked, packets of 1,500 octets", 25,
                              "rxonly_1500_crc", 1500),
}
