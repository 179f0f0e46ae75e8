/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_MAD_H
#define IPOIB_MAD_H

/**
 * @file
 * Management datagrams (IBA chapter 13) of one HCA port and that port's live
 * identity: LID, GID, SM LID, P_Key table, state.
 *
 * Two transports stand behind it: "umad" (libibumad: real HCAs and the kernel)
 * and "ibsim" (a native client of ibsim's sockets). Nothing here blocks after
 * ipoib_mad_open(): a fabric that is absent or hangs shows as a state, and the
 * connection is tried again at a bounded pace.
 *
 * Threads: one connection belongs to one thread at a time (the control core);
 * open and close may come from the main thread while no other uses it.
 * Callbacks run inside ipoib_mad_poll() and may send, but not close.
 *
 * Time is monotonic microseconds, handed in by the caller.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ib_hdr.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Every MAD we send or take is 256 octets (IBA 13.4.2). */
#define IPOIB_MAD_LEN 256
/** Most P_Keys of a port that are followed. */
#define IPOIB_MAD_PKEYS_MAX 128
/** Room for a CA's name (libibumad's UMAD_CA_NAME_LEN or ibsim's node id), NUL included. */
#define IPOIB_MAD_NAME_LEN 32
/** Poll interval of PortInfo and of the P_Key table, microseconds ("umad": 250000, by sysfs), unless
 *  ipoib_mad_pace_set() asks for more. */
#define IPOIB_MAD_POLL_US 100000

/** An open connection; opaque. */
struct ipoib_mad;

/** Logical port state (IBA 7.2.7), with one in front for "no transport". */
enum ipoib_mad_state {
	IPOIB_MAD_ABSENT = 0, /**< the fabric or device cannot be reached */
	IPOIB_MAD_DOWN = 1,
	IPOIB_MAD_INIT = 2, /**< link is there, no SM has configured it */
	IPOIB_MAD_ARMED = 3,
	IPOIB_MAD_ACTIVE = 4
};

/** Live identity of a port. Host order. */
struct ipoib_mad_port {
	char device[IPOIB_MAD_NAME_LEN];
	uint8_t port_num;	    /**< from 1 on */
	enum ipoib_mad_state state; /**< all below is meaningless while ABSENT */
	uint16_t lid;		    /**< base LID; 0 until the SM assigned one */
	uint8_t lmc;		    /**< 2^lmc LIDs belong to the port */
	uint16_t sm_lid;	    /**< 0: no SM known */
	uint8_t sm_sl;
	struct ib_gid gid;  /**< GID 0: subnet prefix and port GUID */
	uint32_t cap_mask;  /**< PortInfo:CapabilityMask */
	uint16_t mtu;	    /**< active MTU, octets; 0: not known ("umad") */
	uint32_t rate_mbps; /**< active rate, Mb/s; 0: not known */
	/** A virtual port that shares its LID: packets need a GRH, also those to the SA. */
	bool grh_required;
	uint16_t nb_pkeys;
	uint16_t pkeys[IPOIB_MAD_PKEYS_MAX]; /**< by index; 0 is an empty slot */
};

/** What changed, as a mask. */
enum ipoib_mad_event {
	IPOIB_MAD_EV_STATE = 1 << 0,
	IPOIB_MAD_EV_LID = 1 << 1,
	IPOIB_MAD_EV_SM = 1 << 2, /**< SM LID or SM SL */
	IPOIB_MAD_EV_GID = 1 << 3,
	IPOIB_MAD_EV_PKEY = 1 << 4,
	/**
	 * The SM asks for memberships and subscriptions again. "ibsim": raised when
	 * the SM shows itself to be another one than before (SMInfo: another GUID,
	 * its counter fell, or none was there meanwhile), for OpenSM then sets
	 * ClientReregister. "umad": nothing
	 * shows it there; who receives the device's events tells of it by
	 * ipoib_mad_event_inject(). Also after a new connection of the transport.
	 */
	IPOIB_MAD_EV_REREGISTER = 1 << 5,
};

/** Called when the identity changed; @p port is the new one, valid until return. */
typedef void (*ipoib_mad_event_cb)(void *arg, uint32_t events, const struct ipoib_mad_port *port);

/**
 * Called for a received MAD of a registered class, and for one of our own that
 * could not be delivered.
 * @param status 0: @p mad is a received MAD; -ETIMEDOUT or -EHOSTUNREACH:
 *   @p mad is the request that failed
 * @param mad IPOIB_MAD_LEN octets, valid until return
 * @param slid source LID of a received MAD
 */
typedef void (*ipoib_mad_recv_cb)(void *arg, int status, const uint8_t *mad, uint16_t slid);

/** How to reach a port. */
struct ipoib_mad_cfg {
	/** "umad", "ibsim" or "ibsim:SOCKNAME"; plain "ibsim" takes the name from
	 *  the environment (IBSIM_SOCKNAME), else "sim". */
	const char *transport;
	const char *device; /**< CA name ("mlx5_0") or ibsim node id ("Hca2") */
	uint8_t port_num;   /**< 1..; ibsim reaches port 1 only */
	/** Take the port for one that needs a GRH; no MAD attribute says so, the
	 *  device does (verbs: IBV_QPF_GRH_REQUIRED). */
	bool grh_required;
};

/** Where a MAD goes to, or came from. Host order. */
struct ipoib_mad_dest {
	uint16_t dlid;
	uint8_t sl;
	bool grh;	    /**< with a GRH; "ibsim" carries none and goes by the LID alone */
	struct ib_gid dgid; /**< of the GRH */
	uint8_t hop_limit;  /**< of the GRH */
	uint32_t qpn;	    /**< 0: QP1, or QP0 for the subnet-management classes */
};

/** Counters since open. */
struct ipoib_mad_stats {
	uint64_t sent;
	uint64_t received;
	uint64_t send_errors; /**< refused by the transport */
	uint64_t returned;    /**< undeliverable, handed to the class' callback */
	uint64_t unclaimed;   /**< received for a class nobody registered, or malformed */
	uint64_t reconnects;
};

/**
 * Open a connection. An unreachable fabric is no error (state ABSENT, tried
 * again every second); with "umad" a device that does not exist is one.
 * Never waits longer than 200 ms.
 *
 * @return 0; -EINVAL bad transport, device name or port number; -ENODEV no such
 *   device; -EACCES no permission for it; -ENOMEM. On error one line is logged
 *   that says what would be right.
 */
int ipoib_mad_open(const struct ipoib_mad_cfg *cfg, struct ipoib_mad **mad);

/** Close and free; drains what umad still holds. NULL is allowed. */
void ipoib_mad_close(struct ipoib_mad *mad);

/** The live identity; the pointer stays, its content changes in ipoib_mad_poll(). */
const struct ipoib_mad_port *ipoib_mad_port(const struct ipoib_mad *mad);

/** Why the state is ABSENT, in words for a user ("ibsim 'f12' does not answer"); "" otherwise. */
const char *ipoib_mad_reason(const struct ipoib_mad *mad);

/**
 * Receive what is there (at most 64 MADs), follow the port, call back.
 * Call it at least every IPOIB_MAD_POLL_US; each call is bounded.
 * @return number of MADs received
 */
int ipoib_mad_poll(struct ipoib_mad *mad, uint64_t now_us);

/**
 * Look at the port's state (PortInfo; "umad": the file state in sysfs) at least every @p us
 * microseconds; 0: at the normal pace. All else goes on as before. Costs one MAD to the local port,
 * or one read, each time. Poll as often.
 */
void ipoib_mad_pace_set(struct ipoib_mad *mad, uint64_t us);

/**
 * Send a 256-octet MAD to QP1 of @p dlid (QP0 for the two subnet-management
 * classes), with the well-known Q_Key and P_Key index 0. Never blocks.
 * @return 0; -EAGAIN the transport is full now; -ENOTCONN while ABSENT; or
 *   another -errno
 */
int ipoib_mad_send(struct ipoib_mad *mad, const uint8_t *buf, uint16_t dlid, uint8_t sl);

/**
 * As ipoib_mad_send(), to any destination. A MAD that asks for something (no
 * response bit, no active RMPP header) is followed until it is answered; others
 * are sent and forgotten.
 */
int ipoib_mad_send_to(struct ipoib_mad *mad, const uint8_t *buf, const struct ipoib_mad_dest *dest);

/**
 * Where the MAD that is being handed to a callback came from, in the form that
 * an answer needs. Valid inside an ipoib_mad_recv_cb with status 0.
 */
const struct ipoib_mad_dest *ipoib_mad_rx_from(const struct ipoib_mad *mad);

/** The QPN that requests come from and reports go to: 1, but "ibsim" gives each client its own. */
uint32_t ipoib_mad_qpn(const struct ipoib_mad *mad);

/** The caller's clock as of the running or last ipoib_mad_poll(), microseconds. */
uint64_t ipoib_mad_now(const struct ipoib_mad *mad);

/**
 * Can MADs that nobody asked for (Report) reach the taker of @p mgmt_class?
 * False: another program holds them ("umad"), or the class has no taker.
 */
bool ipoib_mad_unsolicited(const struct ipoib_mad *mad, uint8_t mgmt_class);

/**
 * Events seen elsewhere, such as the device's asynchronous events. The
 * listeners are told from the next ipoib_mad_poll(). Call it in the thread of
 * that poll.
 */
void ipoib_mad_event_inject(struct ipoib_mad *mad, uint32_t events);

/**
 * Take MADs of a management class (0x03 is SubnAdm). One taker a class.
 * @p cb NULL gives the class back.
 * @return 0; -EBUSY taken by another; -ENOTSUP class of the port follower itself
 */
int ipoib_mad_register(struct ipoib_mad *mad, uint8_t mgmt_class, ipoib_mad_recv_cb cb, void *arg);

/**
 * Add a listener for changes (at most 16). It is called first from the next
 * poll, with all events set, so that it need not read the state by itself.
 * @return 0 or -ENOSPC
 */
int ipoib_mad_listen(struct ipoib_mad *mad, ipoib_mad_event_cb cb, void *arg);

/** Remove the listener with this @p cb and @p arg; not from inside a callback. */
void ipoib_mad_unlisten(struct ipoib_mad *mad, ipoib_mad_event_cb cb, void *arg);

/** A file descriptor that polls readable when MADs wait, or -1. May change after a reconnect. */
int ipoib_mad_fd(const struct ipoib_mad *mad);

/** Copy the counters. */
void ipoib_mad_stats_get(const struct ipoib_mad *mad, struct ipoib_mad_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* IPOIB_MAD_H */
