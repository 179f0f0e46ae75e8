/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Thousands of IPoIB hosts on a carrier: they answer ARP, and count the UDP
 * datagrams that reach the right one of them. Independent of the project's own
 * code, CRCs included; the gateway and OpenSM judge what it sends.
 *
 *	ibhosts IFACE FILE QKEY PKEY OUT
 *	ibhosts send FILE NUMBER	one datagram to each of them, by IP, as fast as it goes
 *
 * FILE has a line for each host: ADDRESS GUID LID QPN. A host's GID is the
 * default prefix and the GUID. Until SIGTERM; then one line in OUT:
 * hosts=N asked=N reached=N received=N wrong=N doubled=N overtaken=N
 * bad_frames=N reached_ms=N (from the first request to the last host)
 *
 * A datagram starts with its number among those to that host, from 0, 32 bits,
 * big endian.
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
	uint64_t guid;
	uint32_t qpn, next;
	uint16_t lid;
	bool there, asked, reached;
};

static struct host hosts[HOSTS_MAX]; /* by the low 16 bits of the address */
static uint32_t prefix, qkey;
static uint16_t pkey;
static uint32_t icrc_table[256];
static uint16_t vcrc_table[256];
static volatile sig_atomic_t ended;

static struct {
	uint64_t hosts, asked, reached, received, wrong, doubled, overtaken, bad;
	uint64_t first_ns, last_ns;
} count;

static void
on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static void
die(const char *what)
{
	fprintf(stderr, "ibhosts: %s: %s\n", what, strerror(errno));
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

/* The answer to an ARP request that came from this LID. */
static size_t
arp_reply(const struct host *h, uint32_t ip, uint16_t dlid, const uint8_t *request, uint8_t *frame)
{
	static const size_t words = (LRH + BTH + DETH + ENCAP + ARP + 4) / 4;
	uint8_t *lrh = frame + ETH, *p;
	uint32_t sum;
	uint16_t v;

	p = put(put(frame, UINT64_C(0x021b0000) << 16 | dlid, 6),
			UINT64_C(0x021b0000) << 16 | h->lid, 6);
	p = put(p, ETHERTYPE, 2);
	p = put(put(put(put(p, 0x0002, 2), dlid, 2), words, 2), h->lid, 2);
	/* To the QPN of the sender's link-layer address. */
	p = put(put(put(put(p, 0x6400, 2), pkey, 2), get(request + 9, 3), 4), 0, 4);
	p = put(put(p, qkey, 4), h->qpn, 4);
	p = put(p, UINT64_C(0x08060000), 4);
	p = put(put(p, UINT64_C(0x002008001404), 6), 2, 2);
	p = put(put(put(put(p, h->qpn, 4), GUID_PREFIX, 8), h->guid, 8), ip, 4);
	memcpy(p, request + 8, 24); /* its sender */
	p += 24;
	sum = icrc(lrh, (size_t)(p - lrh));
	p = put(p, __builtin_bswap32(sum), 4);
	v = vcrc(lrh, (size_t)(p - lrh));
	p = put(p, __builtin_bswap16(v), 2);
	return (size_t)(p - frame);
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
	len = arp_reply(h, ip, slid, arp, frame);
	while (send(fd, frame, len, 0) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN)
			die("send");
		usleep(50);
	}
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
	if (get(payload, 2) == 0x0806)
		on_arp(fd, payload + ENCAP, n - ENCAP, (uint16_t)get(lrh + 6, 2));
	else if (get(payload, 2) == 0x0800 && dqpn != 0xffffff)
		on_udp(payload + ENCAP, n - ENCAP, (uint16_t)get(lrh + 2, 2), dqpn);
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
			fprintf(stderr, "ibhosts: %s: not ADDRESS GUID LID QPN: %s", name, line);
			exit(1);
		}
		h.lid = (uint16_t)lid;
		ip = ntohl(addr.s_addr);
		prefix = ip;
		hosts[ip % HOSTS_MAX] = h;
		count.hosts++;
	}
	fclose(f);
}

static int
open_iface(const char *iface)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE) };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	struct timeval patience = { .tv_usec = 100000 };
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
	ssize_t n;
	FILE *out = fopen(name, "w");

	if (out == NULL)
		die(name);
	fprintf(out, "ready\n");
	fflush(out);
	while (!ended) {
		n = recv(fd, frame, sizeof(frame), 0);
		if (n > ETH + LRH)
			on_frame(fd, frame, (size_t)n);
	}
	rewind(out);
	fprintf(out,
			"hosts=%" PRIu64 " asked=%" PRIu64 " reached=%" PRIu64 " received=%" PRIu64
			" wrong=%" PRIu64 " doubled=%" PRIu64 " overtaken=%" PRIu64
			" bad_frames=%" PRIu64 " reached_ms=%" PRIu64 "\n",
			count.hosts, count.asked, count.reached, count.received, count.wrong,
			count.doubled, count.overtaken, count.bad,
			count.last_ns < count.first_ns
					? 0
					: (count.last_ns - count.first_ns) / 1000000);
	fclose(out);
}

#define SEND_BATCH 64

static int
send_all(int number)
{
	static struct sockaddr_in to[SEND_BATCH];
	static uint8_t data[32];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct mmsghdr msg[SEND_BATCH] = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), done, n;
	unsigned int i, nb = 0;

	if (fd < 0)
		die("socket");
	put(data, (uint32_t)number, 4);
	for (i = 0; i < HOSTS_MAX; i++) {
		if (hosts[i].there) {
			to[nb].sin_family = AF_INET;
			to[nb].sin_port = htons(9);
			to[nb].sin_addr.s_addr = htonl((prefix >> PREFIX_BITS << PREFIX_BITS) + i);
			msg[nb].msg_hdr.msg_name = &to[nb];
			msg[nb].msg_hdr.msg_namelen = sizeof(to[nb]);
			msg[nb].msg_hdr.msg_iov = &iov;
			msg[nb].msg_hdr.msg_iovlen = 1;
			nb++;
		}
		if (nb < SEND_BATCH && i + 1 < HOSTS_MAX)
			continue;
		for (done = 0; done < (int)nb; done += n) {
			n = sendmmsg(fd, msg + done, nb - (unsigned int)done, 0);
			if (n < 0)
				die("sendmmsg");
		}
		nb = 0;
	}
	close(fd);
	return 0;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };

	if (argc == 4 && strcmp(argv[1], "send") == 0) {
		read_hosts(argv[2]);
		return send_all(atoi(argv[3]));
	}
	if (argc != 6) {
		fprintf(stderr,
				"usage: ibhosts IFACE FILE QKEY PKEY OUT\n"
				"       ibhosts send FILE NUMBER\n");
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	crc_init();
	qkey = (uint32_t)strtoul(argv[3], NULL, 0);
	pkey = (uint16_t)strtoul(argv[4], NULL, 0);
	read_hosts(argv[2]);
	run(open_iface(argv[1]), argv[5]);
	return 0;
}
