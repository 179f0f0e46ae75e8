/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The loop of one worker alone, for profiles: packets from a file (net_pcap, again and again), the
 * tables that control would have filled, the real driver with a fake MAD library, and net_null at
 * the end. No control core, no fabric, one thread: what perf and callgrind show is the data path.
 *
 *	route_loop [EAL options] -- e2i|i2e|io NEIGHBOURS SECONDS [OCTETS] [crc]
 *
 * e2i: Ethernet to IPoIB; i2e: the other way; io: the two drivers at the ends and nothing between.
 * A neighbour is an IP address with a link-layer address and, on IPoIB, a path of its own. OCTETS
 * are those of the Ethernet frame without FCS (60).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ip.h>

#include "fake_mad.h"
#include "ib_hdr.h"
#include "ipoib_neigh.h"
#include "dp.h"
#include "pmd_ipoib.h"

#define PACKETS 49152
#define NEIGHBOURS_MAX 49152
#define FRAME_MAX 2048
#define LID 4
#define PEER_LID 9
#define QKEY 0x80000b1b
#define PKEY 0x8001
#define MBUFS 131071
#define NET 0x0a000000 /* 10.0.0.0/8 is the link of the neighbours */
#define HOST 0xc6336405
#define NOW UINT64_C(1000000000)
#define TURNS 4096
#define WARM_TURNS (4 * TURNS)

enum { E2I, I2E, IO, MODES };

static struct {
	unsigned int mode;
	uint32_t neighbours;
	double seconds;
	uint16_t octets;
	bool crc;
} opt = { .octets = 60 };

static struct rte_mempool *pool;
static struct dp *dp;
static uint16_t in_port, out_port;

static __rte_noreturn void
die(const char *what)
{
	fprintf(stderr, "route_loop: %s\n", what);
	exit(1);
}

static void
ip_put(uint8_t *at, uint32_t dst, uint16_t len)
{
	struct rte_ipv4_hdr ip = {
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(len),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = rte_cpu_to_be_32(HOST),
		.dst_addr = rte_cpu_to_be_32(dst),
	};

	ip.hdr_checksum = rte_ipv4_cksum(&ip);
	memcpy(at, &ip, sizeof(ip));
}

static uint32_t
neighbour_ip(uint32_t i)
{
	return NET + 256 + i % opt.neighbours;
}

static uint32_t
eth_frame(uint8_t *frame, uint32_t i)
{
	static const uint8_t l2[] = { 2, 0x70, 0x63, 0x61, 0x70, 0, 2, 0, 0, 0, 0, 0x99, 8, 0 };

	memcpy(frame, l2, sizeof(l2));
	ip_put(frame + sizeof(l2), neighbour_ip(i), opt.octets - sizeof(l2));
	return opt.octets;
}

/* What a peer sends on the carrier; without CRCs. */
static uint32_t
ib_frame(uint8_t *frame, uint32_t i, uint32_t qpn)
{
	uint16_t ip_len = opt.octets - RTE_ETHER_HDR_LEN;
	uint32_t pad = -(uint32_t)ip_len & 3;
	uint32_t len = 8 + 12 + 8 + 4 + ip_len + pad + 4;
	uint8_t *p = frame;

	memcpy(p, "\x02\x1b\0\0\0\x04\x02\x1b\0\0\0\x09\x88\xb5", 14);
	p += 14;
	*(struct ib_lrh *)p = (struct ib_lrh){
		.sl_lnh = IB_LNH_LOCAL,
		.dlid = RTE_BE16(LID),
		.len = rte_cpu_to_be_16((uint16_t)(len / 4)),
		.slid = RTE_BE16(PEER_LID),
	};
	p += 8;
	*(struct ib_bth *)p = (struct ib_bth){
		.opcode = IB_OPCODE_UD_SEND_ONLY,
		.flags = (uint8_t)(pad << 4),
		.pkey = RTE_BE16(PKEY),
	};
	ib_put_be24(((struct ib_bth *)p)->dest_qpn, qpn);
	p += 12;
	*(struct ib_deth *)p = (struct ib_deth){ .qkey = RTE_BE32(QKEY) };
	ib_put_be24(((struct ib_deth *)p)->src_qpn, 0x99);
	p += 8;
	memcpy(p, "\x08\0\0\0", 4);
	ip_put(p + 4, neighbour_ip(i), ip_len);
	return 14 + len + 2;
}

static void
pcap_write(const char *path, bool ib, uint32_t qpn)
{
	const uint32_t head[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1 };
	uint8_t frame[FRAME_MAX];
	uint32_t rec[4] = { 0 }, i;
	FILE *f = fopen(path, "w");

	if (f == NULL)
		die("no file");
	fwrite(head, sizeof(head), 1, f);
	memset(frame, 0, sizeof(frame));
	for (i = 0; i < PACKETS; i++) {
		rec[2] = ib ? ib_frame(frame, i, qpn) : eth_frame(frame, i);
		rec[3] = rec[2];
		fwrite(rec, sizeof(rec), 1, f);
		fwrite(frame, rec[2], 1, f);
	}
	fclose(f);
}

static uint16_t
vdev(const char *name, const char *args)
{
	uint16_t port;

	if (rte_vdev_init(name, args) != 0 || rte_eth_dev_get_port_by_name(name, &port) != 0)
		die(name);
	return port;
}

static void
port_start(uint16_t port)
{
	struct rte_eth_conf conf = { 0 };

	if (rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
			rte_eth_rx_queue_setup(port, 0, 512, 0, NULL, pool) != 0 ||
			rte_eth_tx_queue_setup(port, 0, 512, 0, NULL) != 0 ||
			rte_eth_dev_start(port) != 0)
		die("port does not start");
}

static void
ib_join(uint16_t port)
{
	struct pmd_ipoib_bcast b = { .mlid = 0xc001, .qkey = QKEY, .ib_mtu = 2048 };

	ipoib_mgid_broadcast(IPOIB_SCOPE_LINK, PKEY, &b.mgid);
	pmd_ipoib_poll(port, 0);
	if (pmd_ipoib_bcast_set(port, &b) != 0)
		die("no broadcast group");
}

/* The IPoIB port. With a file, frames for the queue pair that it was given. */
static uint16_t
ib_port(const char *carrier, const char *path)
{
	static const struct ipoib_mad_port ident = {
		.state = IPOIB_MAD_ACTIVE,
		.lid = LID,
		.sm_lid = 1,
		.gid = { { 0xfe, 0x80, [15] = 4 } },
		.mtu = 2048,
		.nb_pkeys = 1,
		.pkeys = { PKEY },
	};
	struct pmd_ipoib_info info;
	char args[128];
	uint16_t port;

	fake_mad_set(&ident);
	snprintf(args, sizeof(args), "device=Hca2,carrier=%s,pkey=0x8001,crc=%s", carrier,
			opt.crc ? "on" : "off");
	port = vdev("net_ipoib0", args);
	if (path != NULL && pmd_ipoib_info_get(port, &info) == 0)
		pcap_write(path, true, info.qpn[0]);
	port_start(port);
	ib_join(port);
	return port;
}

static void
ports_make(void)
{
	char path[] = "/tmp/route_loop_XXXXXX", args[128];
	bool ib = opt.mode == I2E;
	int fd = mkstemp(path);

	if (fd < 0)
		die("no file");
	close(fd);
	pcap_write(path, ib, 0);
	snprintf(args, sizeof(args), "rx_pcap=%s,infinite_rx=1", path);
	in_port = vdev("net_pcap0", args);
	out_port = vdev("net_null0", "no-rx=1");
	if (ib) {
		in_port = ib_port("net_pcap0", path);
		port_start(out_port);
	} else {
		port_start(in_port);
		if (opt.mode == E2I)
			out_port = ib_port("net_null0", NULL);
		else
			port_start(out_port);
	}
	unlink(path);
}

static struct ipoib_neigh *
table(const char *name)
{
	struct ipoib_neigh_cfg cfg = {
		.name = name,
		.socket = SOCKET_ID_ANY,
		.gc_thresh3 = NEIGHBOURS_MAX,
		.rcu = dp->rcu,
	};
	struct ipoib_neigh *t;

	if (ipoib_neigh_create(&cfg, &t) != 0)
		die("no table");
	return t;
}

static void
valid(struct ipoib_neigh *t, const struct ipoib_addr *key, uint32_t ah)
{
	struct ipoib_neigh_value v = { .ah = ah, .kind = IPOIB_NEIGH_UD };
	struct ipoib_neigh_rec *rec;

	if (ipoib_neigh_add(t, key, NOW, &rec) < 0 || ipoib_neigh_set_valid(t, rec, &v, NOW) != 0)
		die("no neighbour");
}

static void
neighbour_add(uint32_t i)
{
	struct pmd_ipoib_av av = { .dlid = (uint16_t)(16 + i % 0xb000) };
	struct dp_ip ip = dp_ip4(neighbour_ip(i));
	struct ib_gid gid = { { 0xfe, 0x80, [13] = (uint8_t)(i >> 16), (uint8_t)(i >> 8),
			(uint8_t)i } };
	struct ipoib_addr key;
	uint32_t ah;

	dp_l3_key(&key, out_port, &ip);
	valid(dp->l3, &key, i);
	if (opt.mode == I2E) {
		memcpy(&dp->adj[i].mac, &gid.raw[8], 6);
		return;
	}
	gid.raw[8] = 2;
	ipoib_addr_set(&dp->adj[i].lladdr, 0x100 + i, &gid);
	if (pmd_ipoib_ah_create(out_port, &av, &ah) != 0)
		die("no address handle");
	valid(dp->port[out_port].neigh, &dp->adj[i].lladdr, ah);
}

static void
port_add(uint16_t port, bool ib)
{
	if (dp_port_add(dp, port, ib ? DP_PORT_IPOIB : DP_PORT_ETH, 1, 1) != 0)
		die("no port");
	rte_eth_macaddr_get(port, &dp->port[port].mac);
	atomic_store(&dp->port[port].mtu, 2044);
	atomic_store(&dp->port[port].up, true);
	if (ib)
		dp->port[port].neigh = table("ib");
}

static void
dp_make(void)
{
	struct dp_cfg cfg = { .pool = pool, .socket = SOCKET_ID_ANY, .nb_workers = 1, .burst = 32 };
	uint32_t i;

	if (dp_create(&cfg, &dp) != 0)
		die("no data path");
	dp->engine = opt.mode == IO ? DP_ENGINE_IO : DP_ENGINE_ROUTE;
	port_add(in_port, opt.mode == I2E);
	port_add(out_port, opt.mode == E2I);
	dp->port[in_port].io_peer = out_port;
	dp->port[out_port].io_peer = in_port;
	dp->l3 = table("l3");
	dp->nh[1] = (struct dp_nh){ .type = DP_NH_LINK, .port = out_port };
	if (rte_fib_add(dp->fib, NET, 8, 1) != 0)
		die("no route");
	for (i = 0; i < opt.neighbours && opt.mode != IO; i++)
		neighbour_add(i);
}

static void
run(void)
{
	struct dp_worker *w = dp->worker[0];
	uint64_t start, end, turns = 0;
	struct dp_counters before, after;
	double ns;

	dp_worker_enter(w);
	for (turns = 0; turns < WARM_TURNS; turns++)
		dp_worker_turn(w);
	dp_counters_get(dp, out_port, &before);
	start = rte_rdtsc();
	end = start + (uint64_t)(opt.seconds * (double)rte_get_tsc_hz());
	do {
		for (turns = 0; turns < TURNS; turns++)
			dp_worker_turn(w);
	} while (rte_rdtsc() < end);
	ns = (double)(rte_rdtsc() - start) * 1e9 / (double)rte_get_tsc_hz();
	dp_worker_leave(w);
	dp_counters_get(dp, out_port, &after);
	if (after.tx_pkts == before.tx_pkts)
		die("nothing was sent");
	ns /= (double)(after.tx_pkts - before.tx_pkts);
	printf("%.2f ns, %.2f Mpps, balance %d\n", ns, 1000 / ns,
			(int)(dp_balance(dp) - (int64_t)dp_queued(dp)));
}

static int
options(int argc, char **argv)
{
	static const char *const names[MODES] = { "e2i", "i2e", "io" };

	if (argc < 4)
		return -1;
	while (opt.mode < MODES && strcmp(argv[1], names[opt.mode]) != 0)
		opt.mode++;
	opt.neighbours = (uint32_t)atoi(argv[2]);
	opt.seconds = atof(argv[3]);
	if (argc > 4)
		opt.octets = (uint16_t)atoi(argv[4]);
	opt.crc = argc > 5;
	return opt.mode < MODES && opt.neighbours >= 1 && opt.neighbours <= NEIGHBOURS_MAX &&
					opt.octets >= 60 && opt.octets <= 1514
			? 0
			: -1;
}

int
main(int argc, char **argv)
{
	int eal = rte_eal_init(argc, argv);

	if (eal < 0)
		return 1;
	if (options(argc - eal, argv + eal) != 0) {
		fputs("route_loop [EAL options] -- e2i|i2e|io NEIGHBOURS SECONDS [OCTETS] [crc]\n",
				stderr);
		return 2;
	}
	pool = rte_pktmbuf_pool_create(
			"pkts", MBUFS, 256, 0, RTE_PKTMBUF_HEADROOM + 2176, SOCKET_ID_ANY);
	if (pool == NULL)
		die("no memory");
	ports_make();
	dp_make();
	run();
	return 0;
}
