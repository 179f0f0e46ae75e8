/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * A plain pipelined client of the subnet administrator, as a peer to compare
 * with: asks for one path after the other, so many outstanding, no retries, and
 * does nothing else.
 *
 *	sa_rate [-w] TRANSPORT DEVICE OUTSTANDING FILE
 *
 * FILE has a GUID a line, in hexadecimal. Prints gids=N us=N per_s=N cpu_us=N.
 * -w: prints "ready" first and then waits for SIGUSR1.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <rte_byteorder.h>

#include "ipoib_mad.h"

#define GUIDS_MAX 65536
#define CLASS_SUBN_ADM 0x03
#define PATIENCE_US 5000000

/* SubnAdmGet of a PathRecord (IBA 13.4.3, 15.2.1, 15.2.5.16); offsets in octets. */
enum {
	OFF_CLASS = 1,
	OFF_VERSION = 2,
	OFF_METHOD = 3,
	OFF_TID = 12,
	OFF_ATTR = 17,
	OFF_MASK = 54, /* its low 16 bits */
	OFF_DGID = 64,
	OFF_SGID = 80,
	OFF_NUMB = 105,
	OFF_PKEY = 106
};
/* DGID, SGID, NumbPath, P_Key. */
#define MASK_HIGH 0x30
#define MASK_LOW 0x0c

static uint64_t guid[GUIDS_MAX];
static unsigned int nb, asked, answered;
static struct ib_gid own;

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t
cpu_us(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (uint64_t)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000u +
			(uint64_t)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec);
}

static int
ask(struct ipoib_mad *mad, uint16_t sm_lid)
{
	rte_be64_t be = rte_cpu_to_be_64(guid[asked]);
	uint8_t buf[IPOIB_MAD_LEN] = { 1 };
	int ret;

	buf[OFF_CLASS] = CLASS_SUBN_ADM;
	buf[OFF_VERSION] = 2;
	buf[OFF_METHOD] = 1;
	buf[OFF_TID] = (uint8_t)(asked >> 8);
	buf[OFF_TID + 1] = (uint8_t)asked;
	buf[OFF_ATTR] = 0x35;
	buf[OFF_MASK] = MASK_HIGH;
	buf[OFF_MASK + 1] = MASK_LOW;
	memcpy(&buf[OFF_DGID], own.raw, 8);
	memcpy(&buf[OFF_DGID + 8], &be, sizeof(be));
	memcpy(&buf[OFF_SGID], own.raw, sizeof(own.raw));
	buf[OFF_NUMB] = 1;
	memset(&buf[OFF_PKEY], 0xff, 2);
	ret = ipoib_mad_send(mad, buf, sm_lid, 0);
	asked += ret == 0;
	return ret;
}

static void
on_answer(void *arg, int status, const uint8_t *mad, uint16_t slid)
{
	(void)arg;
	(void)slid;
	/* Octets 4 and 5: its own status. */
	if (status == 0 && mad[4] == 0 && mad[5] == 0)
		answered++;
}

static void
read_guids(const char *name)
{
	FILE *f = fopen(name, "r");

	if (f == NULL) {
		perror(name);
		exit(1);
	}
	while (nb < GUIDS_MAX && fscanf(f, "%" SCNx64, &guid[nb]) == 1)
		nb++;
	fclose(f);
}

static void
ask_all(struct ipoib_mad *mad, uint16_t sm_lid, unsigned int window)
{
	uint64_t began = now_us();

	while (answered < nb && now_us() < began + PATIENCE_US) {
		while (asked < nb && asked - answered < window && ask(mad, sm_lid) == 0)
			;
		ipoib_mad_poll(mad, now_us());
	}
}

/* SIGUSR1 is blocked since the start, so it cannot be missed. */
static void
wait_for_start(const sigset_t *start)
{
	int sig;

	printf("ready\n");
	fflush(stdout);
	sigwait(start, &sig);
}

static int
usage(void)
{
	fprintf(stderr, "usage: sa_rate [-w] TRANSPORT DEVICE OUTSTANDING FILE\n");
	return 2;
}

int
main(int argc, char **argv)
{
	struct ipoib_mad_cfg cfg = { .port_num = 1 };
	const struct ipoib_mad_port *port;
	struct ipoib_mad *mad;
	uint64_t began, took, cpu;
	bool wait = false;
	sigset_t start;
	int opt;

	while ((opt = getopt(argc, argv, "w")) != -1) {
		if (opt != 'w')
			return usage();
		wait = true;
	}
	argv += optind;
	if (argc - optind != 4)
		return usage();
	sigemptyset(&start);
	sigaddset(&start, SIGUSR1);
	sigprocmask(SIG_BLOCK, &start, NULL);
	cfg.transport = argv[0];
	cfg.device = argv[1];
	read_guids(argv[3]);
	if (ipoib_mad_open(&cfg, &mad) != 0)
		return 1;
	port = ipoib_mad_port(mad);
	for (began = now_us(); port->state != IPOIB_MAD_ACTIVE && now_us() < began + PATIENCE_US;)
		ipoib_mad_poll(mad, now_us());
	own = port->gid;
	if (ipoib_mad_register(mad, CLASS_SUBN_ADM, on_answer, NULL) != 0)
		return 1;
	if (wait)
		wait_for_start(&start);
	cpu = cpu_us();
	began = now_us();
	ask_all(mad, port->sm_lid, (unsigned int)strtoul(argv[2], NULL, 10));
	took = now_us() - began;
	printf("gids=%u us=%" PRIu64 " per_s=%" PRIu64 " cpu_us=%" PRIu64 "\n", answered, took,
			(uint64_t)answered * 1000000 / took, cpu_us() - cpu);
	ipoib_mad_close(mad);
	return answered == nb ? 0 : 1;
}
