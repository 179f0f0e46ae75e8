/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

/**
 * @file
 * Writer of pcapng files (draft-ietf-opsawg-pcapng) whose packets are ERF records
 * of type 21, InfiniBand (LINKTYPE_ERF, 197). rte_pcapng of 22.11 knows Ethernet
 * only. One thread; nothing here is for workers.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A file being written. */
struct capture_file {
	int fd;
	bool is_fifo;
	const _Atomic bool *hurry; /**< set: a reader that reads nothing is waited for no longer */
	size_t used;
	_Atomic uint64_t octets; /**< written */
	uint8_t buf[64 * 1024];
};

/** What a file says of its packets. */
struct capture_file_info {
	const char *name;   /**< of the interface */
	const char *text;   /**< what is captured */
	const char *filter; /**< NULL: none */
	uint32_t snaplen;
};

/** A packet, from the LRH on. */
struct capture_packet {
	uint64_t ns; /**< since the epoch */
	bool sent;
	const void *data;
	uint32_t len;	   /**< octets that are there */
	uint32_t wire_len; /**< octets that it had */
};

/**
 * Make a file, mode 0600, or open a FIFO that somebody reads.
 * @return 0; -EEXIST it is there; -ENXIO a FIFO without a reader; -errno
 */
int capture_file_open(
		struct capture_file *f, const char *path, const struct capture_file_info *info);
/** @return 0 or -errno; a packet is in the file whole or not at all, as far as the file allows */
int capture_file_packet(struct capture_file *f, const struct capture_packet *p);
/** Write what is buffered. @return 0 or -errno */
int capture_file_flush(struct capture_file *f);
/** Without a flush. */
void capture_file_close(struct capture_file *f);

#endif /* CAPTURE_FILE_H */
