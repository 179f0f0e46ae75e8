/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Packets into a veth, to see what Linux spends on each: the CPU time of this process. The kernel
 * receives and forwards a packet of a veth within the call that sent it, so that is in it.
 *
 *	linux_fwd IFACE MAC FIRST NUMBER SECONDS
 *
 * UDP packets of 46 octets from 192.0.2.2 to NUMBER addresses from FIRST on, in turn, in Ethernet
 * frames to MAC. Prints: packets=N ns=N (CPU time for each).
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BURST 32
#define NUMBER_MAX 65536

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t data[18];
} __attribute__((packed));

static struct frame frames[NUMBER_MAX];

static void
die(const char *what)
{
	fprintf(stderr, "linux_fwd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint16_t
checksum(const void *data, size_t len)
{
	const uint16_t *p = data;
	uint32_t sum = 0;

	for (; len > 1; len -= 2)
		sum += *p++;
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

static void
frame_make(struct frame *f, const struct ether_addr *mac, uint32_t dst)
{
	const uint8_t source[ETH_ALEN] = { 2, 0, 0, 0, 0, 0x99 };
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons(sizeof(*f) - sizeof(f->eth)),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = inet_addr("192.0.2.2"),
		.daddr = htonl(dst),
	};

	memcpy(f->eth.ether_dhost, mac, ETH_ALEN);
	memcpy(f->eth.ether_shost, source, ETH_ALEN);
	f->eth.ether_type = htons(ETHERTYPE_IP);
	ip.check = checksum(&ip, sizeof(ip));
	f->ip = ip;
	f->udp.source = htons(1000);
	f->udp.dest = htons(9);
	f->udp.len = htons(sizeof(f->udp) + sizeof(f->data));
}

static int
socket_open(const char *iface)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(iface),
	};
	int on = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || to.sll_ifindex == 0 ||
			bind(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		die(iface);
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) != 0)
		die("PACKET_QDISC_BYPASS");
	return fd;
}

/* One burst, of frames from number *next on. @return how many were sent */
static uint32_t
burst_send(int fd, uint32_t number, uint32_t *next)
{
	struct mmsghdr m[BURST];
	struct iovec v[BURST];
	uint32_t i;
	int n;

	memset(m, 0, sizeof(m));
	for (i = 0; i < BURST; i++) {
		v[i].iov_base = &frames[(*next + i) % number];
		v[i].iov_len = sizeof(struct frame);
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	n = sendmmsg(fd, m, BURST, 0);
	if (n < 0 && errno != ENOBUFS)
		die("sendmmsg");
	if (n > 0)
		*next = (*next + (uint32_t)n) % number;
	return n > 0 ? (uint32_t)n : 0;
}

int
main(int argc, char **argv)
{
	const struct ether_addr *mac = argc == 6 ? ether_aton(argv[2]) : NULL;
	uint32_t number, first, i, next = 0;
	uint64_t start, cpu, packets = 0;
	double seconds;
	int fd;

	if (mac == NULL || inet_addr(argv[3]) == INADDR_NONE ||
			(number = (uint32_t)strtoul(argv[4], NULL, 10)) == 0 ||
			number > NUMBER_MAX || (seconds = strtod(argv[5], NULL)) <= 0) {
		fputs("usage: linux_fwd IFACE MAC FIRST NUMBER SECONDS\n", stderr);
		return 2;
	}
	first = ntohl(inet_addr(argv[3]));
	for (i = 0; i < number; i++)
		frame_make(&frames[i], mac, first + i);
	fd = socket_open(argv[1]);
	for (i = 0; i < 1000; i++)
		burst_send(fd, number, &next);
	start = now_ns(CLOCK_MONOTONIC);
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	while ((double)(now_ns(CLOCK_MONOTONIC) - start) < seconds * 1e9)
		for (i = 0; i < 100; i++)
			packets += burst_send(fd, number, &next);
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	if (packets == 0) {
		fputs("linux_fwd: nothing was sent\n", stderr);
		return 1;
	}
	printf("packets=%" PRIu64 " ns=%.1f\n", packets, (double)cpu / (double)packets);
	return 0;
}
