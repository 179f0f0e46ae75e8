# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""What is compared with what: sides, each a function that makes a program, ratios of two sides, and
series of sides for tables and plots."""

import ipaddress
import os
import pathlib

import frames
from churn import BATCH, ChurnGateway
from latency import MB, MBUFS, Pair, memif
from linux import LinuxForward
from programs import LAB, Gateway, eal, l3fwd, testpmd

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
        self.ours, self.peer, self.others = hcas[1], hcas[2], hcas[3:]

    def hosts(self, count, net=77):
        """Hosts of IPoIB, spread over the HCAs: several QPNs on one GID if they are many."""
        base = ipaddress.IPv4Address(f"10.{net}.1.0")
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


def eth_file(fabric, nb, length, port=0):
    """From a client on Ethernet to IPoIB hosts, for net_pcap's device of that number."""
    return once(f"eth-{nb}-{length}-{port}.pcap", lambda: [
        frames.eth_frame(p, port) for p in
        packets(frames.CLIENT, [h["ip"] for h in fabric.hosts(nb, 77 + port)], length)])


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


def plain_ipoib(fabric, n, carrier):
    return f"net_ipoib{n},hca=soft,device=H{n + 1},mad={fabric.mad},carrier={carrier},crc=off"


def neighbours(hosts, port):
    """Permanent ones, whose paths are OpenSM's."""
    return [f"ip neigh add {h['ip']} lladdr {lladdr(h)} port {port}" for h in hosts]


def ip6_of(ip4):
    return str(ipaddress.IPv6Address("2001:db8:77::") + int(ipaddress.IPv4Address(ip4)) % 65536)


def eth6_file(fabric, nb):
    """The same as eth_file(), in IPv6: the shortest UDP packets."""
    return once(f"eth6-{nb}.pcap", lambda: [
        frames.eth_frame(frames.ip6_packet("2001:db8:1::2", dst, port, 48))
        for dst, port in frames.flows([ip6_of(h["ip"]) for h in fabric.hosts(nb)])])


def e2i6(nb=256):
    """Ethernet to IPoIB, IPv6."""
    def make(fabric):
        hosts = [{**h, "ip": ip6_of(h["ip"])} for h in fabric.hosts(nb)]
        return Gateway(
            f"e2i6-{nb}", [source(0, eth6_file(fabric, nb)), ipoib(fabric, "net_null0"), SINK],
            (1, "opackets"), ["ip address add 2001:db8:1::1/64 port 0",
                              "ip address add 2001:db8:77::1/64 port 1", *neighbours(hosts, 1)],
            ipoib=1)
    return make


def cold(nb=256):
    """Ethernet to IPoIB neighbours that nobody is: what is received, all of it dropped."""
    def make(fabric):
        args, kwargs = e2i_args(fabric, nb, MIN, "off", f"cold-{nb}")
        name, vdevs, _, script = args
        gateway = Gateway(name, vdevs, (0, "ipackets"), script[:2], **kwargs)
        gateway.may_drop = 1.1  # all; the worker counts on while it is asked
        return gateway
    return make


def engine(mode):
    """An engine of ours between Ethernet ports, as testpmd's."""
    def make(fabric):
        return Gateway(f"engine-{mode}", [source(0, echo_file() if mode == "icmpecho" else
                                                 eth_file(fabric, 256, MIN)), SINK],
                       (0 if mode == "icmpecho" else 1, "opackets"), [f"set fwd {mode}"], ipoib=None)
    return make


def echo_file():
    return once("echo.pcap", lambda: [
        frames.eth_frame(frames.echo_request(frames.CLIENT, OURS_ETH, i)) for i in range(1024)])


def e2i_args(fabric, nb, length, crc, name):
    return ((name, [source(0, eth_file(fabric, nb, length)), ipoib(fabric, "net_null0", crc), SINK],
             (1, "opackets"),
             [f"ip address add {OURS_ETH}/24 port 0", f"ip address add {OURS_IB}/16 port 1",
              *neighbours(fabric.hosts(nb), 1)]),
            {"ipoib": 1, "options": ["--gc-thresh3", "65536"]})


def e2i(nb=256, length=MIN, crc="off"):
    """Ethernet to IPoIB."""
    def make(fabric):
        args, kwargs = e2i_args(fabric, nb, length, crc, f"e2i-{nb}-{length}-{crc}")
        return Gateway(*args, **kwargs)
    return make


def e2i_queues(nb=256):
    """With two workers and two queues of each port."""
    def make(fabric):
        args, kwargs = e2i_args(fabric, nb, MIN, "off", f"e2i-{nb}-queues")
        name, vdevs, counter, script = args
        vdevs[:2] = [source(0, *[eth_file(fabric, nb, MIN)] * 2),
                     ipoib(fabric, "net_null0", queues=2)]
        kwargs["options"] += ["--rxq", "2"]
        return Gateway(name, vdevs, counter, script, workers=2, **kwargs)
    return make


def e2i_ports(nb=256):
    """With two workers that have a source, an IPoIB port and a sink each: queues of one net_null
    or net_pcap share cache lines, which is no matter of ours."""
    def make(fabric):
        return Gateway(
            f"e2i-{nb}-ports",
            [*(source(n, eth_file(fabric, nb, MIN, n)) for n in (0, 1)),
             *(plain_ipoib(fabric, n, f"net_null{n}") for n in (0, 1)),
             *(SINK.replace("null0", f"null{n}") for n in (0, 1))],
            [(2, "opackets"), (3, "opackets")],
            [f"ip address add {OURS_ETH}/24 port 0", "ip address add 192.0.3.1/24 port 1",
             f"ip address add {OURS_IB}/16 port 2", "ip address add 10.78.0.1/16 port 3",
             *neighbours(fabric.hosts(nb), 2), *neighbours(fabric.hosts(nb, 78), 3)],
            ipoib=3, workers=2)
    return make


def churn():
    """The same while other neighbours come and go."""
    def make(fabric):
        args, kwargs = e2i_args(fabric, 256, MIN, "off", "e2i-churn")
        others = [(h["ip"], lladdr(h)) for h in fabric.hosts(256 + BATCH)[256:]]
        return ChurnGateway(*args, **kwargs, hosts=others, port=1)
    return make


def i2e(nb=256, length=MIN, crc="off"):
    """IPoIB to Ethernet."""
    def make(fabric):
        macs = [f"ip neigh add {ip} lladdr 02:00:00:01:{i >> 8:02x}:{i & 255:02x} port 0"
                for i, ip in enumerate(eth_hosts(nb))]
        return Gateway(
            f"i2e-{nb}-{length}-{crc}",
            [SINK, ipoib(fabric, "net_pcap0", crc), source(0, ib_file(fabric, nb, length))],
            (0, "opackets"),
            ["ip address add 198.18.0.1/15 port 0", f"ip address add {OURS_IB}/16 port 1", *macs],
            ipoib=1)
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


def l3(lookup, nb=256, length=MIN, workers=1):
    def make(fabric):
        files = [eth_file(fabric, nb, length)] * workers
        return l3fwd(f"l3fwd-{lookup}-{nb}-{length}-{workers}", lookup, rules(fabric, nb, lookup),
                     [source(0, *files), SINK], (1, "opackets"), workers)
    return make


def pmd(mode, nb=256, length=MIN):
    """testpmd from a file of Ethernet frames to a sink."""
    def make(fabric):
        return testpmd(f"testpmd-{mode}-{nb}-{length}", mode,
                       [source(0, eth_file(fabric, nb, length)), SINK], (1, "opackets"))
    return make


def pmd_echo():
    def make(fabric):
        return testpmd("testpmd-icmpecho", "icmpecho", [source(0, echo_file())], (0, "opackets"))
    return make


def l3fwd6(nb=256):
    """l3fwd lpm on the IPv6 file."""
    def make(fabric):
        v4, v6 = rules(fabric, nb, "lpm")
        pathlib.Path(v6).write_text("R2001:db8:77::/48 1\n", encoding="ascii")
        return l3fwd("l3fwd6", "lpm", (v4, v6), [source(0, eth6_file(fabric, nb)), SINK],
                     (1, "opackets"))
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
    "e2i_48k": e2i(MANY), "e2i_churn": churn(), "e2i_2lcores": e2i_ports(),
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
    "route_48k_vs_256": (
        "Ethernet to IPoIB, 64-octet frames, 48k neighbours beside 256", 0.6, "e2i_48k", "e2i"),
    "route_churn": (
        "Ethernet to IPoIB, 64-octet frames, 10,000 other neighbours added and deleted a second, "
        "beside calm", 0.97, "e2i_churn", "e2i"),
    "lcores_2_vs_1": (
        "Ethernet to IPoIB, 64-octet frames, two worker lcores beside one", 1.9,
        "e2i_2lcores", "e2i"),
}

# --- latency ---


def latency_pairs(fabric):
    """Ours routes from Ethernet to IPoIB, testpmd passes frames on; the same IP packets."""
    peer_qpn = QPN + 1
    ours = {"ip": "10.77.0.2", "qpn": peer_qpn, "gid": f"fe80000000000000{fabric.peer[0]:016x}"}
    script = pathlib.Path(f"{LAB}/latency.cmd")
    script.write_text("\n".join([
        f"ip address add {OURS_ETH}/24 port 0", f"ip address add {OURS_IB}/16 port 1",
        *neighbours([ours], 1)]) + "\n", encoding="ascii")
    gateway = [
        os.environ["LAB_BUILD"] + "/app/dpdk-ipoib",
        *eal("latency-ours", "1@1", [memif("ours", 0, "server"), ipoib(fabric, "net_memif1"),
                                     memif("ours", 1, "server")], MB),
        "--", "--cmdline-file", str(script), "--total-num-mbufs", str(MBUFS)]
    device = [
        "dpdk-testpmd", *eal("latency-testpmd", "0@0,1@1", [
            memif("testpmd", 0, "server"), memif("testpmd", 1, "server")], MB),
        "--", "--forward-mode=io", "--auto-start", "--no-mlockall", f"--total-num-mbufs={MBUFS}"]
    to = [f"set tx-ip {frames.CLIENT} {ours['ip']}"]

    def link_up(pair):
        info = pair.tester_program.ask("/ipoib/info,1")
        return info is not None and info.get("link") == "up"

    return [
        (Pair("ours", gateway, [
            f"net_ipoib0,hca=soft,device=H2,mad={fabric.mad},carrier=net_memif1,crc=off,"
            f"qpn={peer_qpn:#x}"], ["set eth-peer 0 02:00:00:00:00:01", *to], MIN), link_up),
        (Pair("testpmd", device, [], ["set eth-peer 0 02:00:00:00:00:01", *to], MIN),
         lambda pair: True)]


LATENCY = {
    "latency_p99_vs_testpmd": (
        "p99 of the latency at half of the PDR, between memif ports, beside testpmd io: at most",
        1.5, latency_pairs),
}

# Whose time is told by stage: side, what it is.
STAGES = {"e2i": "Ethernet to IPoIB", "i2e": "IPoIB to Ethernet", "txonly": "txonly on IPoIB",
          "rxonly": "rxonly on IPoIB"}

# name: (title, what x is, [(x, {line: side maker})])
SERIES = {
    "size": ("256 neighbours, one worker lcore, by size of the IP packet", "octets of the IP packet",
             [(str(n), {"Ethernet to IPoIB": e2i(length=n), "IPoIB to Ethernet": i2e(length=n),
                        "l3fwd lpm": l3("lpm", length=n)}) for n in [*SIZES, "imix"]]),
    "neighbours": ("Ethernet to IPoIB, 64-octet frames, by neighbours", "neighbours",
                   [(str(n), {"Ethernet to IPoIB": e2i(n)}) for n in (1, 256, 4096, MANY)]),
    "lcores": ("64-octet frames, 256 neighbours, by worker lcores", "worker lcores", [
        ("1", {"Ethernet to IPoIB": e2i(), "l3fwd lpm": l3("lpm")}),
        ("2, queues", {"Ethernet to IPoIB": e2i_queues(), "l3fwd lpm": l3("lpm", workers=2)}),
        ("2, ports", {"Ethernet to IPoIB": e2i_ports()})]),
    "kinds": ("Ethernet to IPoIB, the shortest packets, 256 neighbours", "kind", [
        ("IPv4", {"Ethernet to IPoIB": e2i(), "l3fwd lpm": l3("lpm")}),
        ("IPv4, both CRCs", {"Ethernet to IPoIB": e2i(crc="on")}),
        ("IPv6", {"Ethernet to IPoIB": e2i6(), "l3fwd lpm": l3fwd6()}),
        ("nobody answers", {"Ethernet to IPoIB": cold()})]),
    "engines": ("engines between Ethernet ports, 64-octet frames", "engine", [
        ("io", {"ours": engine("io"), "testpmd": pmd("io")}),
        ("macswap", {"ours": engine("macswap"), "testpmd": pmd("macswap")}),
        ("icmpecho", {"ours": engine("icmpecho"), "testpmd": pmd_echo()})]),
}

# name: (what it is, target, side, IP octets): Gb/s of IP packets.
GBPS = {
    "soft_crc_1500_tx_gbps": ("made and sent with both CRCs, packets of 1,500 octets", 25,
                              "txonly_1500_crc", 1500),
    "soft_crc_1500_rx_gbps": ("received and both CRCs checked, packets of 1,500 octets", 25,
                              "rxonly_1500_crc", 1500),
}
