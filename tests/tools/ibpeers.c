/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * IPoIB hosts on a carrier that keep an ARP entry of a gateway as Linux does, from what
 * they are asked and told alone, and send by it. Independent of the project's own code,
 * CRCs included. (tests/tools/ibhosts has thousands of hosts that only receive.)
 *
 *	ibpeers IFACE FILE QKEY PKEY OUT GATEWAY TARGET PPS
 *
 * FILE has a line for each host: ADDRESS GUID LID QPN. A host's GID is the
 * default prefix and the GUID. Until SIGTERM; then one line in OUT:
 * hosts=N asked=N reached=N received=N wrong=N doubled=N overtaken=N
 * bad_frames=N reached_ms=N (from the first request to the last host)
 *
 * A datagram starts with its number among those to that host, from 0, 32 bits,
 * big endian.
 *
 * Each host sends PPS datagrams a second to TARGET as soon as it has an entry of GATEWAY, to the QPN
 * of that, until SIGUSR1. The line also has: known=N sent=N moves=N (changes of an entry) qpns=N
 * (different ones in entries) source_qpns=N (that the gateway has sent from).
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ETHERTYPE 0x88b5
#define HOSTS_MAX (1 << 16)
#define GUID_PREFIX UINT64_C(0xfe80000000000000)
#define PREFIX_BITS 16 /* all addresses lie in one such subnet */

enum { ETH = 14, LRH = 8, GRH = 40, BTH = 12, DETH = 8, ENCAP = 4, ARP = 56, CRCS = 6 };

struct host {
	uint64_t guid, heard_ns;
	uint32_t ip, qpn, next;
	uint32_t gw_qpn; /* 0: the gateway is not known */
	uint16_t lid, gw_lid;
	bool there, asked, reached;
};

static struct host hosts[HOSTS_MAX]; /* by the low 16 bits of the address */
static uint32_t prefix, qkey;
static uint16_t pkey;
static uint32_t icrc_table[256];
static uint16_t vcrc_table[256];
static uint32_t list[HOSTS_MAX]; /* who is there */
static uint32_t gateway, target, source_qpn[16];
static uint64_t pause_ns;
static volatile sig_atomic_t ended, silent;

static struct {
	uint64_t hosts, asked, reached, received, wrong, doubled, overtaken, bad;
	uint64_t sent, moves, source_qpns;
	uint64_t first_ns, last_ns;
} count;

static void
on_signal(int sig)
{
	if (sig == SIGUSR1)
		silent = 1;
	else
		ended = 1;
}

static void
die(const char *what)
{
	fprintf(stderr, "ibpeers: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t
get(const uint8_t *p, unsigned int n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

static uint8_t *
put(uint8_t *p, uint64_t v, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	return p + n;
}

static void
crc_init(void)
{
	uint32_t c, v, i, bit;

	for (i = 0; i < 256; i++) {
		c = v = i;
		for (bit = 0; bit < 8; bit++) {
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
			v = v >> 1 ^ (v & 1 ? 0xd008 : 0); /* 0x100b, reflected */
		}
		icrc_table[i] = c;
		vcrc_table[i] = (uint16_t)v;
	}
}

/* Of a packet without GRH: VL and the octet behind the P_Key count as ones. */
static uint32_t
icrc(const uint8_t *lrh, size_t len)
{
	uint32_t c = UINT32_MAX;
	size_t i;
	uint8_t b;

	for (i = 0; i < len; i++) {
		b = lrh[i];
		if (i == 0)
			b |= 0xf0;
		else if (i == LRH + 4)
			b = 0xff;
		c = c >> 8 ^ icrc_table[(c ^ b) & 0xff];
	}
	return ~c;
}

static uint16_t
vcrc(const uint8_t *lrh, size_t len)
{
	uint16_t c = UINT16_MAX;
	size_t i;

	for (i = 0; i < len; i++)
		c = (uint16_t)(c >> 8 ^ vcrc_table[(c ^ lrh[i]) & 0xff]);
	return (uint16_t)~c;
}

/* Headers of a packet to this LID and QPN with so many octets of payload (a multiple of 4). */
static uint8_t *
headers(const struct host *h, uint16_t dlid, uint32_t dqpn, uint16_t type, size_t len,
		uint8_t *frame)
{
	size_t words = (LRH + BTH + DETH + ENCAP + len + 4) / 4;
	uint8_t *p;

	p = put(put(frame, UINT64_C(0x021b0000) << 16 | dlid, 6),
			UINT64_C(0x021b0000) << 16 | h->lid, 6);
	p = put(p, ETHERTYPE, 2);
	p = put(put(put(put(p, 0x0002, 2), dlid, 2), words, 2), h->lid, 2);
	p = put(put(put(put(p, 0x6400, 2), pkey, 2), dqpn, 4), 0, 4);
	p = put(put(p, qkey, 4), h->qpn, 4);
	return put(put(p, type, 2), 0, 2);
}

/* @return the frame's length */
static size_t
trailer(uint8_t *frame, uint8_t *p)
{
	uint8_t *lrh = frame + ETH;
	uint32_t sum = icrc(lrh, (size_t)(p - lrh));
	uint16_t v;

	p = put(p, __builtin_bswap32(sum), 4);
	v = vcrc(lrh, (size_t)(p - lrh));
	p = put(p, __builtin_bswap16(v), 2);
	return (size_t)(p - frame);
}

static void
send_frame(int fd, const uint8_t *frame, size_t len)
{
	while (send(fd, frame, len, 0) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN)
			die("send");
		usleep(50);
	}
}

/* The answer to an ARP request that came from this LID. */
static size_t
arp_reply(const struct host *h, uint32_t ip, uint16_t dlid, const uint8_t *request, uint8_t *frame)
{
	uint8_t *p;

	/* To the QPN of the sender's link-layer address. */
	p = headers(h, dlid, (uint32_t)get(request + 9, 3), 0x0806, ARP, frame);
	p = put(put(p, UINT64_C(0x002008001404), 6), 2, 2);
	p = put(put(put(put(p, h->qpn, 4), GUID_PREFIX, 8), h->guid, 8), ip, 4);
	memcpy(p, request + 8, 24); /* its sender */
	return trailer(frame, p + 24);
}

/* What Linux's arp_process() makes of it. */
static void
arp_learn(struct host *h, const uint8_t *arp, uint16_t slid)
{
	uint32_t spa = (uint32_t)get(arp + 28, 4), tpa = (uint32_t)get(arp + 52, 4);
	uint32_t qpn = (uint32_t)get(arp + 9, 3);
	bool asks_me = get(arp + 6, 2) == 1 && tpa == h->ip;
	uint64_t now = now_ns();

	if (spa != gateway || (h->gw_qpn == 0 && !asks_me))
		return;
	/* Another address within a second (locktime) is believed in these cases only. */
	if (!asks_me && spa != tpa && now - h->heard_ns < 1000000000u)
		return;
	count.moves += h->gw_qpn != 0 && h->gw_qpn != qpn;
	h->gw_qpn = qpn;
	h->gw_lid = slid;
	h->heard_ns = now;
}

static void
learn(const uint8_t *arp, uint16_t slid, uint16_t dlid, uint32_t dqpn)
{
	struct host *h;
	uint64_t i;

	for (i = 0; i < count.hosts; i++) {
		h = &hosts[list[i]];
		if (dqpn == 0xffffff || (h->lid == dlid && h->qpn == dqpn))
			arp_learn(h, arp, slid);
	}
}

/* To the QPN that the host knows. */
static void
send_udp(int fd, const struct host *h)
{
	static const size_t len = 20 + 8 + 8;
	uint8_t frame[256], *ip, *p;
	uint32_t sum = 0, i;

	ip = p = headers(h, h->gw_lid, h->gw_qpn, 0x0800, len, frame);
	p = put(put(put(p, 0x4500, 2), len, 2), 0, 4);
	p = put(put(put(put(p, 0x4011, 2), 0, 2), h->ip, 4), target, 4);
	p = put(put(put(put(p, 9, 2), 9, 2), 16, 2), 0, 2);
	p = put(p, 0, 8);
	for (i = 0; i < 20; i += 2)
		sum += (uint32_t)get(ip + i, 2);
	sum = (sum & 0xffff) + (sum >> 16);
	put(ip + 10, ~(sum + (sum >> 16)) & 0xffff, 2);
	send_frame(fd, frame, trailer(frame, p));
	count.sent++;
}

/* One datagram of each host that knows the gateway, when it is time. */
static void
send_round(int fd)
{
	static uint64_t next_ns;
	uint64_t now, i;

	if (pause_ns == 0 || silent)
		return;
	now = now_ns();
	if (now < next_ns)
		return;
	next_ns = next_ns == 0 ? now + pause_ns : next_ns + pause_ns;
	for (i = 0; i < count.hosts; i++) {
		if (hosts[list[i]].gw_qpn != 0)
			send_udp(fd, &hosts[list[i]]);
	}
}

static void
source_seen(uint32_t qpn)
{
	uint64_t i;

	for (i = 0; i < count.source_qpns; i++) {
		if (source_qpn[i] == qpn)
			return;
	}
	if (i < sizeof(source_qpn) / sizeof(source_qpn[0]))
		source_qpn[count.source_qpns++] = qpn;
}

/* Different QPNs in the hosts' entries. */
static uint64_t
qpns_known(uint64_t *known)
{
	uint64_t i, k, n = 0;

	*known = 0;
	for (i = 0; i < count.hosts; i++) {
		if (hosts[list[i]].gw_qpn == 0)
			continue;
		(*known)++;
		for (k = 0; k < i; k++) {
			if (hosts[list[k]].gw_qpn == hosts[list[i]].gw_qpn)
				break;
		}
		n += k == i;
	}
	return n;
}

static void
on_arp(int fd, const uint8_t *arp, size_t len, uint16_t slid)
{
	uint8_t frame[256];
	struct host *h;
	uint32_t ip;

	if (len < ARP || get(arp, 6) != UINT64_C(0x002008001404)) {
		count.bad++;
		return;
	}
	ip = (uint32_t)get(arp + 52, 4);
	h = &hosts[ip % HOSTS_MAX];
	if (get(arp + 6, 2) != 1 || !h->there || ip >> PREFIX_BITS != prefix >> PREFIX_BITS)
		return;
	count.asked += !h->asked;
	h->asked = true;
	if (count.first_ns == 0)
		count.first_ns = now_ns();
	send_frame(fd, frame, arp_reply(h, ip, slid, arp, frame));
}

static void
on_udp(const uint8_t *ip, size_t len, uint16_t dlid, uint32_t dqpn)
{
	size_t ihl = (ip[0] & 0xfu) * 4u;
	uint32_t dst, number;
	struct host *h;

	if (len < ihl + 12 || ip[9] != 17) {
		count.bad++;
		return;
	}
	dst = (uint32_t)get(ip + 16, 4);
	h = &hosts[dst % HOSTS_MAX];
	if (!h->there || h->lid != dlid || h->qpn != dqpn) {
		count.wrong++;
		return;
	}
	number = (uint32_t)get(ip + ihl + 8, 4);
	count.received++;
	if (!h->reached) {
		count.reached++;
		count.last_ns = now_ns();
	}
	h->reached = true;
	if (number + 1 == h->next)
		count.doubled++;
	else if (number < h->next)
		count.overtaken++;
	else
		h->next = number + 1;
}

static void
on_frame(int fd, const uint8_t *frame, size_t len)
{
	const uint8_t *lrh = frame + ETH, *bth, *payload;
	size_t head = LRH + ((lrh[1] & 3) == 3 ? GRH : 0), n;
	uint32_t dqpn;

	n = get(lrh + 4, 2) % 2048 * 4 + 2;
	if (len < ETH + head + BTH + DETH + ENCAP + CRCS || len < ETH + n || n < head + 28) {
		count.bad++;
		return;
	}
	bth = lrh + head;
	payload = bth + BTH + DETH;
	dqpn = (uint32_t)get(bth + 5, 3);
	n -= (size_t)(payload - lrh) + CRCS + (bth[1] >> 4 & 3);
	if (bth[0] != 0x64 || get(bth + 2, 2) != pkey || get(bth + BTH, 4) != qkey) {
		count.bad++;
		return;
	}
	source_seen((uint32_t)get(bth + BTH + 5, 3));
	if (get(payload, 2) == 0x0806 && gateway != 0 && n >= ENCAP + ARP)
		learn(payload + ENCAP, (uint16_t)get(lrh + 6, 2), (uint16_t)get(lrh + 2, 2), dqpn);
	if (get(payload, 2) == 0x0806)
		on_arp(fd, payload + ENCAP, n - ENCAP, (uint16_t)get(lrh + 6, 2));
	else if (get(payload, 2) == 0x0800 && dqpn != 0xffffff)
		on_udp(payload + ENCAP, n - ENCAP, (uint16_t)get(lrh + 2, 2), dqpn);
}

static uint32_t
address(const char *text)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, text, &addr) != 1) {
		fprintf(stderr, "ibpeers: not an IPv4 address: %s\n", text);
		exit(2);
	}
	return ntohl(addr.s_addr);
}

static void
read_hosts(const char *name)
{
	char line[128], text[64];
	struct in_addr addr;
	int lid;
	struct host h = { .there = true };
	uint32_t ip;
	FILE *f = fopen(name, "r");

	if (f == NULL)
		die(name);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%63s %" SCNx64 " %i %" SCNu32, text, &h.guid, &lid, &h.qpn) !=
						4 ||
				inet_pton(AF_INET, text, &addr) != 1) {
			fprintf(stderr, "ibpeers: %s: not ADDRESS GUID LID QPN: %s", name, line);
			exit(1);
		}
		h.lid = (uint16_t)lid;
		ip = ntohl(addr.s_addr);
		prefix = ip;
		h.ip = ip;
		hosts[ip % HOSTS_MAX] = h;
		list[count.hosts++] = ip % HOSTS_MAX;
	}
	fclose(f);
}

static int
open_iface(const char *iface)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE) };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	struct timeval patience = { .tv_usec = pause_ns != 0 ? 1000 : 100000 };
	int fd, room = 1 << 28;

	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	to.sll_ifindex = all.mr_ifindex = (int)if_nametoindex(iface);
	if (to.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
			setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) != 0)
		die(iface);
	return fd;
}

static void
run(int fd, const char *name)
{
	static uint8_t frame[8192];
	uint64_t known, spread;
	ssize_t n = 0;
	FILE *out = fopen(name, "w");

	if (out == NULL)
		die(name);
	fprintf(out, "ready\n");
	fflush(out);
	/* What has come already counts. */
	while (!ended || n > 0) {
		n = recv(fd, frame, sizeof(frame), 0);
		if (n > ETH + LRH)
			on_frame(fd, frame, (size_t)n);
		send_round(fd);
	}
	spread = qpns_known(&known);
	rewind(out);
	fprintf(out,
			"hosts=%" PRIu64 " asked=%" PRIu64 " reached=%" PRIu64 " received=%" PRIu64
			" wrong=%" PRIu64 " doubled=%" PRIu64 " overtaken=%" PRIu64
			" bad_frames=%" PRIu64 " reached_ms=%" PRIu64,
			count.hosts, count.asked, count.reached, count.received, count.wrong,
			count.doubled, count.overtaken, count.bad,
			count.last_ns < count.first_ns
					? 0
					: (count.last_ns - count.first_ns) / 1000000);
	if (gateway != 0)
		fprintf(out,
				" known=%" PRIu64 " sent=%" PRIu64 " moves=%" PRIu64
				" qpns=%" PRIu64 " source_qpns=%" PRIu64,
				known, count.sent, count.moves, spread, count.source_qpns);
	fputc('\n', out);
	fclose(out);
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };

	if (argc != 9) {
		fprintf(stderr, "usage: ibpeers IFACE FILE QKEY PKEY OUT GATEWAY TARGET PPS\n");
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	crc_init();
	if (argc == 9) {
		gateway = address(argv[6]);
		target = address(argv[7]);
		pause_ns = 1000000000u / strtoul(argv[8], NULL, 0);
	}
	qkey = (uint32_t)strtoul(argv[3], NULL, 0);
	pkey = (uint16_t)strtoul(argv[4], NULL, 0);
	read_hosts(argv[2]);
	run(open_iface(argv[1]), argv[5]);
	return 0;
}
