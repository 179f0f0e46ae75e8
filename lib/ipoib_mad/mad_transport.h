/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef MAD_TRANSPORT_H
#define MAD_TRANSPORT_H

/**
 * @file
 * What carries the MADs, behind one table of functions. Internal to ipoib_mad
 * and its tests. Every function runs in the thread that owns the connection;
 * none blocks but open() and close(), which are bounded.
 *
 * Time is microseconds of one monotonic clock per connection.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_log.h>

#include "ipoib_mad.h"

/** A received MAD, or one of ours that came back. */
struct mad_rx {
	uint8_t mad[IPOIB_MAD_LEN];
	struct ipoib_mad_dest from; /**< how to answer it */
	int status;		    /**< as in ipoib_mad_recv_cb */
};

/** One back end. */
struct mad_transport_ops {
	const char *name;
	/**
	 * Take what @p cfg names. @p arg is what followed the colon, or NULL. What
	 * cannot be reached now is left to upkeep(); logs a line if it fails.
	 */
	int (*open)(const struct ipoib_mad_cfg *cfg, const char *arg, void **priv);
	void (*close)(void *priv);
	/** Connect where it is needed and due. @return connected now */
	bool (*upkeep)(void *priv, uint64_t now_us);
	/** Why it is not connected; "" if it is. */
	const char *(*reason)(const void *priv);
	/** @return 0, -EAGAIN, -ENOTCONN, other -errno */
	int (*send)(void *priv, const uint8_t *buf, const struct ipoib_mad_dest *dest);
	/** @return 1: @p rx is filled; 0: nothing is there, or the connection is gone */
	int (*recv)(void *priv, struct mad_rx *rx);
	int (*fd)(const void *priv);
	/**
	 * Fill @p port (all but device, port_num) if something was looked at.
	 * NULL: the identity is asked for by SMPs through send() and recv().
	 * @return @p port was filled
	 */
	bool (*identity)(void *priv, uint64_t now_us, struct ipoib_mad_port *port);
	/** With identity(): look at the state at least so often; 0: as by default. NULL: no such thing */
	void (*pace)(void *priv, uint64_t us);
	/** With identity(): look at everything next time; something has changed. NULL: no such thing */
	void (*look)(void *priv);
	/** NULL, or: nothing has been answered for MAD_SILENCE_US; called at that pace. */
	void (*silent)(void *priv);
	/** NULL, or: be ready for MADs of this class. */
	int (*take_class)(void *priv, uint8_t mgmt_class);
	/** NULL (1), or: the QPN that requests come from. */
	uint32_t (*qpn)(const void *priv);
	/** NULL (always), or: reports reach the taker of a class. */
	bool (*unsolicited)(const void *priv, uint8_t mgmt_class);
};

/** Is this a MAD that the transport is to follow until an answer comes? */
bool mad_wants_answer(const uint8_t *mad);

/** A connection that answers nothing for so long counts as absent. */
#define MAD_SILENCE_US 1000000
/** Pace of attempts to connect. */
#define MAD_RETRY_US 1000000
/** Longest wait of ipoib_mad_open(). */
#define MAD_OPEN_WAIT_US 200000

extern const struct mad_transport_ops mad_transport_ibsim;
extern const struct mad_transport_ops mad_transport_umad;

/** ipoib_mad_open() with a back end of one's own; the string in @p cfg is not looked at. */
int mad_open_transport(const struct mad_transport_ops *ops, const struct ipoib_mad_cfg *cfg,
		const char *arg, struct ipoib_mad **mad);

/** Now, on CLOCK_MONOTONIC. */
uint64_t mad_clock_us(void);

extern int mad_logtype;
#define MAD_LOG(level, ...) rte_log(RTE_LOG_##level, mad_logtype, "ipoib.mad: " __VA_ARGS__)

#endif /* MAD_TRANSPORT_H */
