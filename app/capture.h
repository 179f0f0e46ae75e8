/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef CAPTURE_H
#define CAPTURE_H

/**
 * @file
 * Captures of IPoIB ports into pcapng files of InfiniBand packets (LINKTYPE_ERF).
 * Workers copy packets into a ring (app/datapath/capture.h); a thread for each
 * capture writes the file. Whatever the file does, only that thread waits.
 */

#include <stdbool.h>
#include <stdint.h>

#include "app.h"

/** Captures at a time. */
#define CAPTURES_MAX 4
/** Largest number of octets of a packet that are kept, and the default. */
#define CAPTURE_SNAPLEN_MAX 4400
#define CAPTURE_SNAPLEN_MIN 64
#define CAPTURE_FILE_MAX 128

/** What to capture. */
struct capture_cfg {
	uint16_t port;
	const char *file;   /**< made by the capture; a FIFO may be there */
	const char *filter; /**< libpcap's language, on IP and ARP; NULL: all */
	uint32_t snaplen;
	bool rebuilt; /**< at the port although it has a carrier: headers are rebuilt */
	char why[APP_WHY_MAX];
};

/** A capture, as it is now. */
struct capture_row {
	uint16_t port;
	bool at_carrier;
	char file[CAPTURE_FILE_MAX];
	char filter[128];
	uint32_t snaplen;
	uint64_t written; /**< packets in the file */
	uint64_t octets;  /**< of the file */
	uint64_t waiting; /**< packets in the ring */
	uint64_t drop_ring, drop_nombuf;
	uint64_t drop_file; /**< packets that could not be written */
	int error;	    /**< errno of the first one; 0: none */
};

/** Begin. Command thread. @return 0 or -errno, with one line in why */
int capture_start(struct app *a, struct capture_cfg *cfg);
/**
 * End the capture of a port and say what came of it; waits for the workers, and for a reader
 * of the file 2 s at most. Any thread that is no worker's, but see dp_turns_wait().
 * @param hurry wait for no reader: the main thread has other things to do
 * @return 0; -ENOENT there is none; -ETIMEDOUT a worker stalls: try again
 */
int capture_stop(struct app *a, uint16_t port, bool hurry, struct capture_row *row);
/** End all. Main thread, after the workers have stopped. */
void capture_stop_all(struct app *a);
/** Any thread. @return how many there are */
unsigned int capture_rows(struct capture_row rows[CAPTURES_MAX]);

#endif /* CAPTURE_H */
