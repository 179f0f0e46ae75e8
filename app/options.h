/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef OPTIONS_H
#define OPTIONS_H

/**
 * @file
 * The program's own options, those after "--". Main thread, before EAL.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include "dp.h"

/** Exit statuses. */
#define APP_EXIT_OK 0
#define APP_EXIT_RUN 1	 /**< something failed at run time */
#define APP_EXIT_USAGE 2 /**< the command line is wrong */

/** Data room of an mbuf: 4,096 octets, one af_packet frame of framesz=4096, and the headroom. */
#define APP_MBUF_SIZE_DEFAULT (4096 + RTE_PKTMBUF_HEADROOM)

/** Mbufs that an lcore keeps back. */
#define APP_MBCACHE_DEFAULT 256

/** Flows of the flowgen engine, as testpmd's. */
#define APP_FLOWS_DEFAULT 1024

/** Length of an IP packet of the txonly engine: IPv4 and UDP header at least. */
#define APP_TXPKTS_MIN 28
#define APP_TXPKTS_MAX 65535

/** Kinds of events of ports, and testpmd's names of them by enum rte_eth_event_type; NULL: it has
 *  none. */
#define APP_EVENTS RTE_ETH_EVENT_MAX
extern const char *const app_event_name[APP_EVENTS];

/** Options; 0 takes a default that is worked out later, unless said otherwise. */
struct app_options {
	/* How to run. */
	uint32_t interactive; /**< bool */
	uint32_t auto_start;  /**< bool */
	uint32_t help;	      /**< bool: --help was printed or is to be */
	uint32_t version;     /**< bool */
	const char *cmdline_file;
	uint32_t keep_going;		       /**< bool: behind a wrong line of a command file */
	const char *user;		       /**< NULL: stay who we are */
	uint32_t stats_period;		       /**< seconds, 0: never */
	uint32_t tx_first;		       /**< bool */
	const char *display_xstats;	       /**< names with commas between, or NULL */
	uint32_t record_cycles, record_bursts; /**< bool */
	uint32_t events;   /**< bit mask of enum rte_eth_event_type: those that are shown */
	uint32_t mlockall; /**< bool */
	/* Cores and ports. */
	uint32_t nb_cores;	 /**< workers */
	uint32_t service_lcores; /**< UINT32_MAX: as many lcores as there are decide */
	uint32_t idle_sleep;	 /**< microseconds, 0: never */
	uint64_t coremask;	 /**< 0: all */
	uint64_t portmask;	 /**< 0: all */
	uint16_t nb_portlist;	 /**< the same in the order given */
	uint16_t portlist[DP_PORTS_MAX];
	uint32_t topology;			     /**< enum dp_topology */
	uint32_t no_link_check, no_lsc, no_flush_rx; /**< bool */
	uint32_t rxq, txq, rxd, txd;
	uint32_t burst;	    /**< 1..DP_BURST_MAX */
	uint32_t mbuf_size; /**< octets, headroom included */
	uint32_t total_num_mbufs;
	uint32_t mbcache;     /**< mbufs of an lcore */
	uint32_t max_pkt_len; /**< octets of a frame with FCS; 0: as the device says */
	/* Forwarding. */
	uint32_t engine;	/**< enum dp_engine */
	uint32_t multi_flow;	/**< bool */
	uint32_t flows, clones; /**< of flowgen */
	uint16_t nb_eth_peers;
	struct {
		uint16_t port;
		struct rte_ether_addr mac;
	} eth_peer[RTE_MAX_ETHPORTS];
	struct dp_txgen gen; /**< addresses, ports, length and rate; peers come by command */
	/* Control. */
	uint32_t gc_interval, gc_thresh1, gc_thresh2, gc_thresh3;
	uint32_t neigh_queue;
};

/** What main() does next. */
enum options_next {
	OPTIONS_RUN,  /**< start */
	OPTIONS_DONE, /**< --help or --version was printed: exit 0 */
	OPTIONS_BAD   /**< one line was printed: exit APP_EXIT_USAGE */
};

/**
 * Read what follows "--" in the whole command line. Looks in front of it too:
 * for --help and --version, and for options of ours that are in the wrong place.
 */
enum options_next options_parse(int argc, char **argv, struct app_options *o);

#endif /* OPTIONS_H */
