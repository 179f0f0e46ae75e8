/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * What happened to a stream of numbered UDP datagrams: how many were lost,
 * doubled or overtaken, and how long nothing came.
 *
 *	gap send ADDRESS PORT PPS SECONDS [FLOWS [LENGTH]]	paced; flows are source ports
 *	gap recv ADDRESS PORT FILE				until SIGTERM; then one line in FILE
 *	gap pcap FILE						what IPv4 a net_pcap port has sent
 *
 * The line of "send": sent=N seconds=N latest_us=N, how late a datagram was at most: the machine has
 * too much to do if that is much.
 * Times of "recv" are the kernel's (SO_TIMESTAMPNS). The line of "recv":
 * received=N lost=N doubled=N overtaken=N longest_gap_us=N gap_at_ms=N
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull
#define FLOWS_MAX 64
#define LENGTH_MIN 16
#define LENGTH_MAX 9000
/* Datagrams that may be late without being lost. */
#define NUMBERS_MAX (1u << 26)

struct datagram {
	uint64_t number; /* of its flow, from 0 */
	uint32_t flow;
	uint32_t reserved;
};

struct tally {
	uint64_t received, doubled, overtaken;
	uint64_t first_ns, last_ns, gap_ns, gap_at_ns;
	uint64_t next[FLOWS_MAX];
	uint8_t *seen[FLOWS_MAX]; /* bits */
};

static volatile sig_atomic_t ended;

static void
on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static void
die(const char *what)
{
	fprintf(stderr, "gap: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Kept until the end. */
static struct addrinfo *ai;

static struct addrinfo *
resolve(const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST };

	if (getaddrinfo(address, port, &hints, &ai) != 0) {
		fprintf(stderr, "gap: '%s' is no address\n", address);
		exit(2);
	}
	return ai;
}

static int
send_all(char **arg, int n)
{
	struct addrinfo *to = resolve(arg[0], arg[1]);
	uint64_t i, start, due, late = 0, pps = strtoull(arg[2], NULL, 0);
	uint64_t total = pps * strtoull(arg[3], NULL, 0);
	uint32_t f, flows = n > 4 ? (uint32_t)atoi(arg[4]) : 1;
	size_t len = n > 5 ? (size_t)atoi(arg[5]) : 64;
	uint8_t buf[LENGTH_MAX] = { 0 };
	struct timespec ts;
	struct datagram *d = (struct datagram *)buf;
	int fd[FLOWS_MAX];

	if (flows == 0 || flows > FLOWS_MAX || len < LENGTH_MIN || len > LENGTH_MAX || pps == 0)
		return 2;
	for (f = 0; f < flows; f++) {
		fd[f] = socket(to->ai_family, SOCK_DGRAM, 0);
		if (fd[f] < 0 || connect(fd[f], to->ai_addr, to->ai_addrlen) != 0)
			die("connect");
	}
	/* Else a sleep lasts 50 us longer. A sender that spins takes a CPU from what is tested. */
	prctl(PR_SET_TIMERSLACK, 1);
	start = now_ns();
	for (i = 0; i < total && !ended; i++) {
		due = start + i * NS_PER_S / pps;
		ts.tv_sec = (time_t)(due / NS_PER_S);
		ts.tv_nsec = (long)(due % NS_PER_S);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		late = now_ns() - due > late ? now_ns() - due : late;
		d->flow = (uint32_t)(i % flows);
		d->number = i / flows;
		/* An ICMP error that came back is not this datagram's. */
		if (send(fd[d->flow], buf, len, 0) < 0 && errno == ECONNREFUSED)
			(void)send(fd[d->flow], buf, len, 0);
	}
	printf("sent=%" PRIu64 " seconds=%.2f latest_us=%" PRIu64 "\n", i,
			(double)(now_ns() - start) / 1e9, late / 1000);
	return 0;
}

static void
take(struct tally *t, const struct datagram *d, uint64_t ns)
{
	uint32_t f = d->flow;

	if (f >= FLOWS_MAX || d->number >= NUMBERS_MAX)
		return;
	if (t->seen[f] == NULL)
		t->seen[f] = calloc(1, NUMBERS_MAX / 8);
	if (t->seen[f] == NULL)
		die("memory");
	if (t->received++ == 0)
		t->first_ns = ns;
	else if (ns > t->last_ns && ns - t->last_ns > t->gap_ns) {
		t->gap_ns = ns - t->last_ns;
		t->gap_at_ns = t->last_ns;
	}
	t->last_ns = ns > t->last_ns ? ns : t->last_ns;
	if ((t->seen[f][d->number / 8] & 1 << d->number % 8) != 0)
		t->doubled++;
	t->seen[f][d->number / 8] |= (uint8_t)(1 << d->number % 8);
	if (d->number < t->next[f])
		t->overtaken++;
	else
		t->next[f] = d->number + 1;
}

static void
report(const struct tally *t, FILE *out)
{
	uint64_t due = 0, f;

	for (f = 0; f < FLOWS_MAX; f++)
		due += t->next[f];
	fprintf(out,
			"received=%" PRIu64 " lost=%" PRIu64 " doubled=%" PRIu64
			" overtaken=%" PRIu64 " longest_gap_us=%" PRIu64 " gap_at_ms=%" PRIu64 "\n",
			t->received, due - (t->received - t->doubled), t->doubled, t->overtaken,
			t->gap_ns / 1000, (t->gap_at_ns - t->first_ns) / 1000000);
}

/* When the kernel got it; the time of a call would be that of this process. */
static uint64_t
stamp_of(struct msghdr *msg)
{
	struct cmsghdr *c;
	struct timespec ts;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
		}
	}
	return now_ns();
}

static bool
recv_one(int fd, struct tally *t)
{
	char control[256];
	uint8_t buf[LENGTH_MAX];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct datagram d;
	ssize_t n;

	msg.msg_controllen = sizeof(control);
	n = recvmsg(fd, &msg, 0);
	if (n < 0)
		return false;
	if ((size_t)n >= sizeof(d)) {
		memcpy(&d, buf, sizeof(d));
		take(t, &d, stamp_of(&msg));
	}
	return true;
}

static int
recv_all(char **arg)
{
	struct addrinfo *to = resolve(arg[0], arg[1]);
	struct timeval patience = { .tv_usec = 200000 };
	int fd, on = 1, room = 1 << 25;
	static struct tally t;
	FILE *out;

	fd = socket(to->ai_family, SOCK_DGRAM, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, to->ai_addr, to->ai_addrlen) != 0)
		die("bind");
	out = fopen(arg[2], "w");
	if (out == NULL)
		die(arg[2]);
	fprintf(out, "ready\n");
	fflush(out);
	while (!ended)
		recv_one(fd, &t);
	while (recv_one(fd, &t))
		;
	rewind(out);
	report(&t, out);
	fclose(out);
	return 0;
}

/* IPv4 frames of a file in the classic format, this machine's byte order; time between them. */
static int
pcap_all(const char *name)
{
	struct {
		uint32_t sec, frac, caplen, len;
	} rec;
	static uint8_t frame[65536];
	uint8_t head[24];
	uint64_t n = 0, unit, ns, first = 0, last = 0, gap = 0, at = 0;
	uint32_t magic;
	FILE *in = fopen(name, "r");

	if (in == NULL || fread(head, sizeof(head), 1, in) != 1)
		die(name);
	setvbuf(in, NULL, _IOFBF, 1 << 20);
	memcpy(&magic, head, sizeof(magic));
	unit = magic == 0xa1b23c4d ? 1 : 1000;
	while (fread(&rec, sizeof(rec), 1, in) == 1) {
		if (rec.caplen > sizeof(frame) || fread(frame, 1, rec.caplen, in) != rec.caplen)
			break;
		if (rec.caplen < 14 || frame[12] != 0x08 || frame[13] != 0x00)
			continue;
		ns = rec.sec * NS_PER_S + rec.frac * unit;
		if (n++ == 0)
			first = ns;
		else if (ns > last && ns - last > gap) {
			gap = ns - last;
			at = last;
		}
		last = ns;
	}
	fclose(in);
	printf("frames=%" PRIu64 " seconds=%.2f longest_gap_us=%" PRIu64 " gap_at_ms=%" PRIu64 "\n",
			n, (double)(last - first) / 1e9, gap / 1000, (at - first) / 1000000);
	return 0;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	if (argc >= 6 && strcmp(argv[1], "send") == 0)
		return send_all(argv + 2, argc - 2);
	if (argc == 5 && strcmp(argv[1], "recv") == 0)
		return recv_all(argv + 2);
	if (argc == 3 && strcmp(argv[1], "pcap") == 0)
		return pcap_all(argv[2]);
	fprintf(stderr,
			"usage: gap send ADDRESS PORT PPS SECONDS [FLOWS [LENGTH]]\n"
			"       gap recv ADDRESS PORT FILE\n"
			"       gap pcap FILE\n");
	return 2;
}
