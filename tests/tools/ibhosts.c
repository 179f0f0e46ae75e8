/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Thousands of IPoIB hosts on a carrier: they answer ARP or Neighbour Discovery, and
 * count the UDP datagrams that reach the right one of them. Independent of the
 * project's own code, CRCs included; the gateway and OpenSM judge what it sends.
 *
 *	ibhosts [-h] IFACE FILE QKEY PKEY OUT
 *	ibhosts send FILE NUMBER [COUNT]
 *		COUNT datagrams to each of them, by IP, as fast as it goes
 *
 * -h: nobody answers before SIGUSR1: so all neighbours are unknown at the same time.
 *
 * FILE has a line for each host: ADDRESS GUID LID QPN; the addresses, IPv4 or
 * IPv6, differ in their last 16 bits only. A host's GID is the default prefix
 * and the GUID. OUT has one line, "ready", then another when all are reached for
 * the first time; after SIGTERM it is
 * hosts=N asked=N reached=N received=N wrong=N doubled=N overtaken=N
 * bad_frames=N bad_crc=N groups=N by_group=N by_broadcast=N asked_ms=N
 * answered_ms=N reached_ms=N after_us=N
 * groups: groups that a host was asked by, other than the broadcast group;
 * by_...: questions; the times are from the first question to the last host that
 * was asked, to the first answer and to the last host that was reached; after_us: from
 * the first answer to the last host that was reached.
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

#include "ibframe.h"

#define HOSTS_MAX (1 << 16)
#define ETHERTYPE_IP4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_IP6 0x86dd
#define PROTO_UDP 17
#define PROTO_ICMP6 58

enum { ARP = 56, IP6 = 40, NS = 24, LLADDR = 20, LLADDR_OPT = 24, NA = IP6 + NS + LLADDR_OPT };

struct host {
	uint64_t guid;
	uint32_t qpn, next;
	uint16_t lid, mlid; /* mlid: of the group it was asked by */
	bool there, asked, answered, reached;
};

/* Who asked, and by what address: the gateway has one. */
struct asker {
	uint8_t lladdr[LLADDR];
	uint8_t ip[16];
	uint16_t lid;
};

static struct host hosts[HOSTS_MAX]; /* by the last 16 bits of the address */
static uint8_t prefix[16];	     /* IPv4: its first 4 octets */
static bool is_ip6;
static uint32_t qkey;
static uint16_t pkey;
static struct asker asker;
static bool holding;
static volatile sig_atomic_t ended, released;

static struct {
	uint64_t hosts, asked, reached, received, wrong, doubled, overtaken, bad, bad_crc;
	uint64_t by_group, by_bcast;
	uint64_t first_ns, asked_ns, answered_ns, last_ns;
} count;

static void
on_signal(int sig)
{
	if (sig == SIGUSR1)
		released = 1;
	else
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

static size_t
addr_len(void)
{
	return is_ip6 ? 16 : 4;
}

/* NULL: none of the addresses that differ in their last 16 bits. */
static struct host *
host_of(const uint8_t *ip)
{
	struct host *h = &hosts[ibf_get(ip + addr_len() - 2, 2)];

	return h->there && memcmp(ip, prefix, addr_len() - 2) == 0 ? h : NULL;
}

static void
host_addr(const struct host *h, uint8_t *ip)
{
	memcpy(ip, prefix, addr_len());
	ibf_put(ip + addr_len() - 2, (uint64_t)(h - hosts), 2);
}

/* QPN and GID. */
static uint8_t *
put_lladdr(uint8_t *p, const struct host *h)
{
	return ibf_put(ibf_put(ibf_put(p, h->qpn, 4), IBF_GUID_PREFIX, 8), h->guid, 8);
}

/* --- answers --- */

static size_t
arp_reply(const struct host *h, uint8_t *p)
{
	uint8_t ip[16];

	host_addr(h, ip);
	p = ibf_put(ibf_put(p, UINT64_C(0x002008001404), 6), 2, 2);
	p = put_lladdr(p, h);
	memcpy(p, ip, 4);
	memcpy(p + 4, asker.lladdr, LLADDR);
	memcpy(p + 4 + LLADDR, asker.ip, 4);
	return ARP;
}

/* Of an ICMPv6 message behind its IPv6 header (RFC 8200 8.1). */
static uint16_t
icmp6_sum(const uint8_t *ip6, size_t len)
{
	uint32_t sum = (uint32_t)(len - IP6) + PROTO_ICMP6;
	size_t i;

	for (i = 8; i + 1 < len; i += 2)
		sum += (uint32_t)ibf_get(ip6 + i, 2);
	if (i < len)
		sum += (uint32_t)ip6[i] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 4861 4.4, the option as in RFC 4391 9.3. */
static size_t
nd_advertisement(const struct host *h, uint8_t *ip6)
{
	uint8_t *p, ip[16];

	host_addr(h, ip);
	p = ibf_put(ibf_put(ip6, UINT64_C(6) << 28, 4), NA - IP6, 2);
	p = ibf_put(p, PROTO_ICMP6 << 8 | 255, 2);
	memcpy(p, ip, 16);
	memcpy(p + 16, asker.ip, 16);
	p = ibf_put(p + 32, UINT64_C(136) << 24, 4);
	p = ibf_put(p, UINT64_C(0x60000000), 4); /* solicited, override */
	memcpy(p, ip, 16);
	p = put_lladdr(ibf_put(p + 16, 0x02030000, 4), h);
	ibf_put(ip6 + IP6 + 2, icmp6_sum(ip6, (size_t)(p - ip6)), 2);
	return (size_t)(p - ip6);
}

static void
answer(int fd, struct host *h)
{
	struct ibf_way way = { .slid = h->lid,
		.dlid = asker.lid,
		.pkey = pkey,
		.sqpn = h->qpn,
		.dqpn = (uint32_t)ibf_get(asker.lladdr + 1, 3),
		.qkey = qkey };
	uint8_t payload[128], frame[256];
	size_t len = is_ip6 ? nd_advertisement(h, payload) : arp_reply(h, payload);

	len = ibf_write(&way, is_ip6 ? ETHERTYPE_IP6 : ETHERTYPE_ARP, payload, len, frame);
	if (count.answered_ns == 0)
		count.answered_ns = now_ns();
	h->answered = true;
	while (send(fd, frame, len, 0) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN)
			die("send");
		usleep(50);
	}
}

/* From now on everybody answers. */
static void
release(int fd)
{
	uint32_t i;

	holding = false;
	for (i = 0; i < HOSTS_MAX; i++) {
		if (hosts[i].asked && !hosts[i].answered)
			answer(fd, &hosts[i]);
	}
}

static void
on_question(int fd, struct host *h, const uint8_t *lladdr, const uint8_t *ip, uint16_t lid)
{
	memcpy(asker.lladdr, lladdr, LLADDR);
	memcpy(asker.ip, ip, addr_len());
	asker.lid = lid;
	if (count.first_ns == 0)
		count.first_ns = now_ns();
	if (!h->asked) {
		count.asked++;
		count.asked_ns = now_ns();
	}
	h->asked = true;
	if (!holding)
		answer(fd, h);
}

/* --- questions --- */

/* ff12:401b:PKEY::ffff:ffff, RFC 4391 4; its IPv4 signature serves IPv6 too. */
static bool
is_broadcast(const uint8_t *dgid)
{
	return dgid != NULL && ibf_get(dgid, 4) == 0xff12401b && ibf_get(dgid + 8, 8) == UINT32_MAX;
}

static void
on_arp(int fd, const struct ibf_packet *p)
{
	const uint8_t *arp = p->payload;
	struct host *h;

	if (is_ip6)
		return;
	if (p->len < ARP || ibf_get(arp, 6) != UINT64_C(0x002008001404)) {
		count.bad++;
		return;
	}
	h = host_of(arp + 52);
	if (ibf_get(arp + 6, 2) != 1 || h == NULL)
		return;
	count.by_bcast += is_broadcast(p->dgid);
	on_question(fd, h, arp + 8, arp + 28, p->slid);
}

/*
 * By the solicited-node group of its target, the same MLID each time, or by the broadcast group:
 * elsewhere the host would not hear it.
 */
static bool
ns_is_heard(struct host *h, const struct ibf_packet *p)
{
	const uint8_t *target = p->payload + IP6 + 8;

	if (p->dqpn != IBF_QPN_MULTICAST)
		return p->dqpn == h->qpn && p->dlid == h->lid;
	if (is_broadcast(p->dgid)) {
		count.by_bcast++;
		return p->dlid == IBF_MLID_FIRST;
	}
	if (p->dgid == NULL || ibf_get(p->dgid, 4) != 0xff12601b || ibf_get(p->dgid + 6, 6) != 1 ||
			p->dgid[12] != 0xff || memcmp(p->dgid + 13, target + 13, 3) != 0 ||
			p->dlid <= IBF_MLID_FIRST || (h->mlid != 0 && h->mlid != p->dlid))
		return false;
	h->mlid = p->dlid;
	count.by_group++;
	return true;
}

static void
on_ns(int fd, const struct ibf_packet *p)
{
	const uint8_t *ip6 = p->payload, *option = ip6 + IP6 + NS;
	struct host *h = host_of(ip6 + IP6 + 8);

	if (h == NULL)
		return;
	if (p->len != NA || ip6[7] != 255 || icmp6_sum(ip6, p->len) != 0 ||
			ibf_get(option, 2) != 0x0103 || !ns_is_heard(h, p)) {
		count.bad++;
		return;
	}
	on_question(fd, h, option + 4, ip6 + 8, p->slid);
}

static void
on_udp(const struct ibf_packet *p, const uint8_t *dst, size_t head)
{
	struct host *h = host_of(dst);
	uint32_t number;

	if (p->len < head + 12) {
		count.bad++;
		return;
	}
	if (h == NULL || h->lid != p->dlid || h->qpn != p->dqpn) {
		count.wrong++;
		return;
	}
	number = (uint32_t)ibf_get(p->payload + head + 8, 4);
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
on_ip6(int fd, const struct ibf_packet *p)
{
	const uint8_t *ip6 = p->payload;

	if (!is_ip6 || p->len < IP6 + NS)
		return;
	if (ip6[6] == PROTO_ICMP6 && ip6[IP6] == 135)
		on_ns(fd, p);
	else if (ip6[6] == PROTO_UDP && p->dqpn != IBF_QPN_MULTICAST)
		on_udp(p, ip6 + 24, IP6);
}

static void
on_ip4(const struct ibf_packet *p)
{
	if (!is_ip6 && p->len >= 20 && p->payload[9] == PROTO_UDP && p->dqpn != IBF_QPN_MULTICAST)
		on_udp(p, p->payload + 16, (p->payload[0] & 0xfu) * 4u);
}

static void
on_frame(int fd, const uint8_t *frame, size_t len)
{
	struct ibf_packet p;

	switch (ibf_read(frame, len, &p)) {
	case IBF_GOOD:
		break;
	case IBF_BAD_CRC:
		count.bad_crc++;
		return;
	case IBF_BAD_HEADERS:
		count.bad++;
		return;
	case IBF_FOREIGN:
		return;
	}
	if (p.pkey != pkey || p.qkey != qkey) {
		count.bad++;
		return;
	}
	if (p.ethertype == ETHERTYPE_ARP)
		on_arp(fd, &p);
	else if (p.ethertype == ETHERTYPE_IP6)
		on_ip6(fd, &p);
	else if (p.ethertype == ETHERTYPE_IP4)
		on_ip4(&p);
}

/* --- start and end --- */

static void
read_hosts(const char *name)
{
	char line[128], text[64];
	uint8_t ip[16] = { 0 };
	int lid;
	struct host h = { .there = true };
	FILE *f = fopen(name, "r");

	if (f == NULL)
		die(name);
	while (fgets(line, sizeof(line), f) != NULL) {
		is_ip6 = strchr(line, ':') != NULL;
		if (sscanf(line, "%63s %" SCNx64 " %i %" SCNu32, text, &h.guid, &lid, &h.qpn) !=
						4 ||
				inet_pton(is_ip6 ? AF_INET6 : AF_INET, text, ip) != 1) {
			fprintf(stderr, "ibhosts: %s: not ADDRESS GUID LID QPN: %s", name, line);
			exit(1);
		}
		h.lid = (uint16_t)lid;
		memcpy(prefix, ip, sizeof(prefix));
		hosts[ibf_get(ip + addr_len() - 2, 2)] = h;
		count.hosts++;
	}
	fclose(f);
}

static int
open_iface(const char *iface)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(IBF_ETHERTYPE) };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	struct timeval patience = { .tv_usec = 50000 };
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

static uint64_t
groups(void)
{
	static bool seen[UINT16_MAX + 1];
	uint64_t n = 0;
	uint32_t i;

	memset(seen, 0, sizeof(seen));
	for (i = 0; i < HOSTS_MAX; i++) {
		n += hosts[i].mlid != 0 && !seen[hosts[i].mlid];
		seen[hosts[i].mlid] = true;
	}
	return n;
}

static uint64_t
since_first_ms(uint64_t ns)
{
	return ns < count.first_ns ? 0 : (ns - count.first_ns) / 1000000;
}

static void
report(FILE *out)
{
	fprintf(out,
			"hosts=%" PRIu64 " asked=%" PRIu64 " reached=%" PRIu64 " received=%" PRIu64
			" wrong=%" PRIu64 " doubled=%" PRIu64 " overtaken=%" PRIu64
			" bad_frames=%" PRIu64 " bad_crc=%" PRIu64,
			count.hosts, count.asked, count.reached, count.received, count.wrong,
			count.doubled, count.overtaken, count.bad, count.bad_crc);
	fprintf(out,
			" groups=%" PRIu64 " by_group=%" PRIu64 " by_broadcast=%" PRIu64
			" asked_ms=%" PRIu64 " answered_ms=%" PRIu64 " reached_ms=%" PRIu64
			" after_us=%" PRIu64 "\n",
			groups(), count.by_group, count.by_bcast, since_first_ms(count.asked_ns),
			since_first_ms(count.answered_ns), since_first_ms(count.last_ns),
			(count.last_ns - count.answered_ns) / 1000);
}

static void
run(int fd, const char *name)
{
	static uint8_t frame[8192];
	bool told = false;
	ssize_t n;
	FILE *out = fopen(name, "w");

	if (out == NULL)
		die(name);
	fprintf(out, "ready\n");
	fflush(out);
	while (!ended) {
		n = recv(fd, frame, sizeof(frame), 0);
		if (n > 0)
			on_frame(fd, frame, (size_t)n);
		if (holding && released)
			release(fd);
		if (!told && count.reached == count.hosts) {
			told = true;
			report(out);
			fflush(out);
		}
	}
	rewind(out);
	if (ftruncate(fileno(out), 0) != 0)
		die(name);
	report(out);
	fclose(out);
}

/* --- sending --- */

#define SEND_BATCH 64

/* @return length of the socket address */
static socklen_t
send_to(const struct host *h, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *in = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	if (is_ip6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(9);
		host_addr(h, in6->sin6_addr.s6_addr);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(9);
	host_addr(h, (uint8_t *)&in->sin_addr.s_addr);
	return sizeof(*in);
}

static void
send_round(int fd, uint32_t number)
{
	static struct sockaddr_storage to[SEND_BATCH];
	static uint8_t data[32];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct mmsghdr msg[SEND_BATCH] = { 0 };
	unsigned int i, nb = 0;
	int done, n;

	ibf_put(data, number, 4);
	for (i = 0; i < HOSTS_MAX; i++) {
		if (hosts[i].there) {
			msg[nb].msg_hdr.msg_namelen = send_to(&hosts[i], &to[nb]);
			msg[nb].msg_hdr.msg_name = &to[nb];
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
}

static int
send_all(uint32_t number, uint32_t rounds)
{
	int fd = socket(is_ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		die("socket");
	for (; rounds > 0; rounds--)
		send_round(fd, number++);
	close(fd);
	return 0;
}

static int
usage(void)
{
	fprintf(stderr,
			"usage: ibhosts [-h] IFACE FILE QKEY PKEY OUT\n"
			"       ibhosts send FILE NUMBER [COUNT]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int opt;

	if ((argc == 4 || argc == 5) && strcmp(argv[1], "send") == 0) {
		read_hosts(argv[2]);
		return send_all((uint32_t)atoi(argv[3]), argc == 5 ? (uint32_t)atoi(argv[4]) : 1);
	}
	while ((opt = getopt(argc, argv, "h")) != -1) {
		if (opt != 'h')
			return usage();
		holding = true;
	}
	if (argc - optind != 5)
		return usage();
	argv += optind;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	ibf_init();
	qkey = (uint32_t)strtoul(argv[2], NULL, 0);
	pkey = (uint16_t)strtoul(argv[3], NULL, 0);
	read_hosts(argv[1]);
	run(open_iface(argv[0]), argv[4]);
	return 0;
}
