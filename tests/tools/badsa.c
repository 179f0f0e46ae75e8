/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * For LD_PRELOAD into OpenSM: what it answers as SA to paths asked for is lost, late or wrong.
 * The file that BADSA_MODE names says how, in one word and a number, and may change at any time:
 *
 *	drop PERMILLE	lost
 *	late MS		sent so much later
 *	shuffle MS	each sent later, by up to that much
 *	double 0	sent twice
 *	tid 0		with another transaction's number
 *	garbage 0	octets behind the MAD's header are random
 *	status VALUE	with that status
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <infiniband/umad.h>

#define MAD_MGMT_CLASS 1
#define MAD_METHOD 3
#define MAD_STATUS 4
#define MAD_TID 8
#define MAD_ATTR_ID 16
#define MAD_HEADER 24
#define CLASS_SUBN_ADM 3
#define METHOD_RESPONSE 0x80
#define ATTR_PATH_RECORD 0x35
#define LEN_MAX 1024
#define HELD_MAX 64
#define MS_TO_NS 1000000ull
#define S_TO_NS 1000000000ull

typedef int (*send_fn)(
		int portid, int agentid, void *umad, int length, int timeout_ms, int retries);

struct held {
	uint64_t due_ns;
	int portid, agentid, length;
	bool used;
	uint8_t umad[LEN_MAX] __attribute__((aligned(8)));
};

static struct held held[HELD_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static send_fn next_send;
static uint64_t state = 88172645463325252ull;

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * S_TO_NS + (uint64_t)ts.tv_nsec;
}

/* With the lock held. */
static uint32_t
number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static void *
sender(void *arg)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct held h;
	unsigned int i;

	(void)arg;
	for (;; nanosleep(&pause, NULL)) {
		for (i = 0; i < HELD_MAX; i++) {
			pthread_mutex_lock(&lock);
			h.used = held[i].used && held[i].due_ns <= now_ns();
			if (h.used) {
				h = held[i];
				held[i].used = false;
			}
			pthread_mutex_unlock(&lock);
			if (h.used)
				next_send(h.portid, h.agentid, h.umad, h.length, 0, 0);
		}
	}
	return NULL;
}

static void
begin(void)
{
	pthread_t thread;

	next_send = (send_fn)dlsym(RTLD_NEXT, "umad_send");
	if (next_send == NULL || pthread_create(&thread, NULL, sender, NULL) != 0)
		abort();
}

/* With the lock held. What finds no room is lost. */
static void
hold(int portid, int agentid, const void *umad, int length, uint64_t ms)
{
	unsigned int i;

	for (i = 0; i < HELD_MAX && held[i].used; i++)
		;
	if (i == HELD_MAX)
		return;
	held[i] = (struct held){ .due_ns = now_ns() + ms * MS_TO_NS,
		.portid = portid,
		.agentid = agentid,
		.length = length,
		.used = true };
	memcpy(held[i].umad, umad, umad_size() + (size_t)length);
}

static void
read_mode(char word[16], unsigned int *n)
{
	const char *name = getenv("BADSA_MODE");
	char text[64] = "";
	ssize_t len;
	int fd;

	*word = '\0';
	fd = name != NULL ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len > 0)
		sscanf(text, "%15s %u", word, n);
}

/* @return send it (yet) */
static bool
spoil(int portid, int agentid, uint8_t *umad, int length)
{
	uint8_t *mad = umad_get_mad(umad);
	char word[16];
	unsigned int n = 0;
	int i;

	read_mode(word, &n);
	if (strcmp(word, "drop") == 0)
		return number() % 1000 >= n;
	if (strcmp(word, "late") == 0 || strcmp(word, "shuffle") == 0) {
		hold(portid, agentid, umad, length, *word == 'l' ? n : number() % (n + 1));
		return false;
	}
	if (strcmp(word, "double") == 0)
		hold(portid, agentid, umad, length, 1);
	else if (strcmp(word, "tid") == 0)
		mad[MAD_TID + 7] ^= 0x55;
	else if (strcmp(word, "status") == 0) {
		mad[MAD_STATUS] = (uint8_t)(n >> 8);
		mad[MAD_STATUS + 1] = (uint8_t)n;
	} else if (strcmp(word, "garbage") == 0) {
		for (i = MAD_HEADER; i < length; i++)
			mad[i] = (uint8_t)number();
	}
	return true;
}

int
umad_send(int portid, int agentid, void *umad, int length, int timeout_ms, int retries)
{
	uint8_t copy[LEN_MAX] __attribute__((aligned(8)));
	const uint8_t *mad = umad_get_mad(umad);
	bool send;

	pthread_once(&once, begin);
	if (mad[MAD_MGMT_CLASS] != CLASS_SUBN_ADM || (mad[MAD_METHOD] & METHOD_RESPONSE) == 0 ||
			mad[MAD_ATTR_ID] != 0 || mad[MAD_ATTR_ID + 1] != ATTR_PATH_RECORD ||
			length < MAD_HEADER || umad_size() + (size_t)length > sizeof(copy))
		return next_send(portid, agentid, umad, length, timeout_ms, retries);
	memcpy(copy, umad, umad_size() + (size_t)length);
	pthread_mutex_lock(&lock);
	send = spoil(portid, agentid, copy, length);
	pthread_mutex_unlock(&lock);
	return send ? next_send(portid, agentid, copy, length, timeout_ms, retries) : 0;
}
