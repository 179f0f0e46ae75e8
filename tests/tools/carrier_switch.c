/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * A switch between the carriers of software HCAs that does harm on demand: every frame that comes
 * by an interface leaves by all others.
 *
 *	carrier_switch SEED FIFO IFACE IFACE...		until SIGTERM
 *
 * Lines in FIFO, of parts in a thousand: "lose N", "double N", "swap N" (with the next frame of its
 * interface), "spoil N" (one bit); and "mute IFACE 1|0": what comes by it is lost. The same seed does
 * the same to the same frames. At the end: frames=N lost=N doubled=N swapped=N spoiled=N muted=N
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ETHERTYPE_CARRIER 0x88B5
#define PORTS_MAX 8
#define FRAME_MAX 9216
#define RCVBUF (64 << 20)
/* A frame that waits for the next one to overtake it waits no longer. */
#define SWAP_MS 20

enum harm { LOSE, DOUBLE, SWAP, SPOIL, HARMS };

struct port {
	const char *name;
	int fd;
	bool mute;
	uint8_t waiting[FRAME_MAX];
	size_t waiting_len; /* 0: none */
	uint64_t since_ms;
};

static const char *const harm_name[HARMS] = { "lose", "double", "swap", "spoil" };
static struct port ports[PORTS_MAX];
static unsigned int nb_ports, permille[HARMS];
static uint64_t frames, muted, done[HARMS], state;
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
	fprintf(stderr, "carrier_switch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t
number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static void
port_open(struct port *p)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_CARRIER) };
	int on = 1, size = RCVBUF;

	to.sll_ifindex = (int)if_nametoindex(p->name);
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (to.sll_ifindex == 0 || p->fd < 0 ||
			setsockopt(p->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0)
		die(p->name);
	setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(p->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die(p->name);
}

static void
flood(unsigned int from, const uint8_t *frame, size_t len)
{
	unsigned int i;

	/* An interface that is down or full loses it, as a switch's would. */
	for (i = 0; i < nb_ports; i++) {
		if (i != from && send(ports[i].fd, frame, len, 0) < 0 && errno == EMSGSIZE)
			die(ports[i].name);
	}
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Until the next frame of its own interface comes, else nothing overtakes it within its flow. */
static void
keep_waiting(unsigned int from, const uint8_t *frame, size_t len)
{
	memcpy(ports[from].waiting, frame, len);
	ports[from].waiting_len = len;
	ports[from].since_ms = now_ms();
}

static void
flush(unsigned int from)
{
	if (ports[from].waiting_len != 0)
		flood(from, ports[from].waiting, ports[from].waiting_len);
	ports[from].waiting_len = 0;
}

/* @return whether one waits still */
static bool
flush_late(void)
{
	bool waits = false;
	unsigned int i;

	for (i = 0; i < nb_ports; i++) {
		if (ports[i].waiting_len == 0)
			continue;
		if (now_ms() - ports[i].since_ms >= SWAP_MS)
			flush(i);
		else
			waits = true;
	}
	return waits;
}

static bool
does(enum harm harm)
{
	bool yes = number() % 1000 < permille[harm];

	done[harm] += yes;
	return yes;
}

static void
forward(unsigned int from, uint8_t *frame, size_t len)
{
	/* One number each, whatever becomes of the frame. */
	bool lose = does(LOSE), twice = does(DOUBLE), swap = does(SWAP), spoil = does(SPOIL);

	frames++;
	if (lose)
		return;
	if (spoil && len > ETH_HLEN)
		frame[ETH_HLEN + number() % (len - ETH_HLEN)] ^= (uint8_t)(1u << number() % 8);
	if (swap && ports[from].waiting_len == 0) {
		keep_waiting(from, frame, len);
		return;
	}
	flood(from, frame, len);
	if (twice)
		flood(from, frame, len);
	flush(from);
}

static void
command(char *line)
{
	char word[16], name[IFNAMSIZ];
	unsigned int i, n;

	if (sscanf(line, "mute %15s %u", name, &n) == 2) {
		for (i = 0; i < nb_ports; i++) {
			if (strcmp(ports[i].name, name) == 0)
				ports[i].mute = n != 0;
		}
		return;
	}
	if (sscanf(line, "%15s %u", word, &n) != 2)
		word[0] = '\0';
	for (i = 0; i < HARMS && strcmp(word, harm_name[i]) != 0; i++)
		;
	if (i < HARMS)
		permille[i] = n;
	else
		fprintf(stderr, "carrier_switch: what is '%s'?\n", line);
}

/* A write of less than PIPE_BUF comes whole. */
static void
commands(int fd)
{
	char text[512], *line, *save;
	ssize_t len = read(fd, text, sizeof(text) - 1);

	if (len <= 0)
		return;
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		command(line);
}

static void
drain(unsigned int i)
{
	uint8_t frame[FRAME_MAX];
	ssize_t len;

	while ((len = recv(ports[i].fd, frame, sizeof(frame), MSG_TRUNC)) >= 0) {
		if ((size_t)len > sizeof(frame)) {
			errno = EMSGSIZE;
			die(ports[i].name);
		}
		if (ports[i].mute)
			muted++;
		else
			forward(i, frame, (size_t)len);
	}
}

int
main(int argc, char **argv)
{
	struct pollfd pfd[PORTS_MAX + 1];
	unsigned int i;

	if (argc < 5 || argc - 3 > PORTS_MAX) {
		fputs("usage: carrier_switch SEED FIFO IFACE IFACE...\n", stderr);
		return 2;
	}
	state = strtoull(argv[1], NULL, 0) * 2654435761u + 88172645463325252ull;
	nb_ports = (unsigned int)argc - 3;
	for (i = 0; i < nb_ports; i++) {
		ports[i].name = argv[i + 3];
		port_open(&ports[i]);
		pfd[i] = (struct pollfd){ .fd = ports[i].fd, .events = POLLIN };
	}
	pfd[i] = (struct pollfd){ .fd = open(argv[2], O_RDWR | O_CLOEXEC), .events = POLLIN };
	if (pfd[i].fd < 0)
		die(argv[2]);
	signal(SIGTERM, on_signal);
	while (!ended) {
		poll(pfd, nb_ports + 1, flush_late() ? SWAP_MS : 1000);
		for (i = 0; i < nb_ports; i++) {
			if (pfd[i].revents != 0)
				drain(i);
		}
		if ((pfd[i].revents & POLLIN) != 0)
			commands(pfd[i].fd);
	}
	printf("frames=%" PRIu64 " lost=%" PRIu64 " doubled=%" PRIu64 " swapped=%" PRIu64
	       " spoiled=%" PRIu64 " muted=%" PRIu64 "\n",
			frames, done[LOSE], done[DOUBLE], done[SWAP], done[SPOIL], muted);
	return 0;
}
