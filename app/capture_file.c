/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "capture_file.h"

#define LINKTYPE_ERF 197
#define ERF_TYPE_INFINIBAND 21
#define ERF_FLAG_VARYING 0x04
#define NS_PER_S UINT64_C(1000000000)
/* Packets are larger than any block that is not one. */
#define BLOCK_HEAD_MAX 1024
/* How long a write waits for a reader before it looks whether it is to hurry. */
#define POLL_MS 100

enum block { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum option {
	OPT_END = 0,
	OPT_SHB_USERAPPL = 4,
	OPT_IF_NAME = 2,
	OPT_IF_DESCRIPTION = 3,
	OPT_IF_TSRESOL = 9,
	OPT_IF_FILTER = 11,
	OPT_EPB_FLAGS = 2
};

struct erf_header {
	rte_le64_t stamp; /* seconds, 32.32 */
	uint8_t type;
	uint8_t flags;
	rte_be16_t record_len;
	rte_be16_t lost;
	rte_be16_t wire_len;
} __attribute__((packed));
static_assert(sizeof(struct erf_header) == 16, "an ERF record's header is 16 octets");

/* --- the file --- */

/* A FIFO whose reader is slow blocks only the thread that writes, and not for ever. */
static int
wait_writable(const struct capture_file *f)
{
	struct pollfd pfd = { .fd = f->fd, .events = POLLOUT };

	while (poll(&pfd, 1, POLL_MS) == 0) {
		if (atomic_load(f->hurry))
			return -ETIMEDOUT;
	}
	return 0;
}

int
capture_file_flush(struct capture_file *f)
{
	size_t done = 0;
	ssize_t n;
	int ret = 0;

	while (ret == 0 && done < f->used) {
		n = write(f->fd, f->buf + done, f->used - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			ret = wait_writable(f);
		else if (errno != EINTR)
			ret = -errno;
	}
	atomic_fetch_add(&f->octets, done);
	memmove(f->buf, f->buf + done, f->used - done);
	f->used -= done;
	return ret;
}

static void
put(struct capture_file *f, const void *data, size_t len)
{
	memcpy(f->buf + f->used, data, len);
	f->used += len;
}

static void
put32(struct capture_file *f, uint32_t v)
{
	put(f, &v, sizeof(v));
}

static void
put_pad(struct capture_file *f, size_t len)
{
	static const uint8_t zero[4];

	put(f, zero, RTE_ALIGN_CEIL(len, 4) - len);
}

static void
put_option(struct capture_file *f, enum option code, const void *data, size_t len)
{
	const uint16_t head[2] = { (uint16_t)code, (uint16_t)len };

	put(f, head, sizeof(head));
	put(f, data, len);
	put_pad(f, len);
}

static void
put_text(struct capture_file *f, enum option code, const char *text)
{
	if (text != NULL && text[0] != '\0')
		put_option(f, code, text, strnlen(text, 200));
}

/* A block's length stands at both ends. @return where the first is */
static size_t
block_begin(struct capture_file *f, enum block type)
{
	put32(f, type);
	put32(f, 0);
	return f->used - sizeof(uint32_t);
}

static void
block_end(struct capture_file *f, size_t at)
{
	uint32_t len = (uint32_t)(f->used - at + 2 * sizeof(uint32_t));

	memcpy(f->buf + at, &len, sizeof(len));
	put32(f, len);
}

static void
put_section(struct capture_file *f)
{
	static const struct {
		uint32_t magic;
		uint16_t major, minor;
		int64_t len;
	} section = { 0x1a2b3c4d, 1, 0, -1 };
	size_t at = block_begin(f, BLOCK_SECTION);

	put(f, &section, sizeof(section));
	put_text(f, OPT_SHB_USERAPPL, "dpdk-ipoib " APP_VERSION);
	put32(f, OPT_END);
	block_end(f, at);
}

static void
put_interface(struct capture_file *f, const struct capture_file_info *info)
{
	const uint16_t link[2] = { LINKTYPE_ERF, 0 };
	const uint8_t nanoseconds = 9;
	char filter[128];
	size_t at = block_begin(f, BLOCK_INTERFACE);

	put(f, link, sizeof(link));
	/* Of an ERF record, not of the packet in it. */
	put32(f, info->snaplen + sizeof(struct erf_header));
	put_text(f, OPT_IF_NAME, info->name);
	put_text(f, OPT_IF_DESCRIPTION, info->text);
	put_option(f, OPT_IF_TSRESOL, &nanoseconds, 1);
	if (info->filter != NULL) {
		/* The first octet 0: text of libpcap's language. */
		filter[0] = '\0';
		snprintf(filter + 1, sizeof(filter) - 1, "%s", info->filter);
		put_option(f, OPT_IF_FILTER, filter, 1 + strlen(filter + 1));
	}
	put32(f, OPT_END);
	block_end(f, at);
}

int
capture_file_open(struct capture_file *f, const char *path, const struct capture_file_info *info)
{
	struct stat st;

	f->used = 0;
	f->is_fifo = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
	f->fd = f->is_fifo ? open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
			   : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->fd < 0)
		return -errno;
	put_section(f);
	put_interface(f, info);
	return 0;
}

void
capture_file_close(struct capture_file *f)
{
	close(f->fd);
}

static void
put_packet(struct capture_file *f, const struct capture_packet *p)
{
	uint32_t len = (uint32_t)sizeof(struct erf_header) + p->len;
	const struct erf_header erf = {
		.stamp = rte_cpu_to_le_64(
				(p->ns / NS_PER_S) << 32 | ((p->ns % NS_PER_S) << 32) / NS_PER_S),
		.type = ERF_TYPE_INFINIBAND,
		.flags = (uint8_t)(ERF_FLAG_VARYING | p->sent),
		.record_len = rte_cpu_to_be_16((uint16_t)len),
		.wire_len = rte_cpu_to_be_16((uint16_t)p->wire_len),
	};
	const uint32_t direction = p->sent ? 2 : 1;
	size_t at = block_begin(f, BLOCK_PACKET);

	put32(f, 0);
	put32(f, (uint32_t)(p->ns >> 32));
	put32(f, (uint32_t)p->ns);
	put32(f, len);
	put32(f, (uint32_t)sizeof(erf) + p->wire_len);
	put(f, &erf, sizeof(erf));
	put(f, p->data, p->len);
	put_pad(f, len);
	put_option(f, OPT_EPB_FLAGS, &direction, sizeof(direction));
	put32(f, OPT_END);
	block_end(f, at);
}

int
capture_file_packet(struct capture_file *f, const struct capture_packet *p)
{
	int ret;

	if (f->used + p->len + BLOCK_HEAD_MAX > sizeof(f->buf)) {
		ret = capture_file_flush(f);
		if (ret != 0)
			return ret;
	}
	put_packet(f, p);
	return 0;
}
