/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef COMPAT_H
#define COMPAT_H

/**
 * @file
 * What differs between the DPDK releases that are supported (22.11 and later). Every part may
 * include it; it includes no header of ours.
 */

#include <pthread.h>
#include <stdint.h>

#include <rte_lcore.h>
#include <rte_thread.h>
#include <rte_version.h>

#if RTE_VERSION < RTE_VERSION_NUM(22, 11, 0, 0)
#error "DPDK 22.11 or later is needed"
#endif

/** Control threads: rte_ctrl_thread_create() gave way to rte_thread_create_control(). */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
typedef rte_thread_t compat_thread;
typedef uint32_t compat_thread_ret;
#define COMPAT_THREAD_END 0

static inline int
compat_control_thread(compat_thread *thread, const char *name, rte_thread_func fn, void *arg)
{
	return rte_thread_create_control(thread, name, fn, arg);
}

static inline void
compat_thread_join(compat_thread thread)
{
	rte_thread_join(thread, NULL);
}
#else
typedef pthread_t compat_thread;
typedef void *compat_thread_ret;
#define COMPAT_THREAD_END NULL

static inline int
compat_control_thread(compat_thread *thread, const char *name, void *(*fn)(void *), void *arg)
{
	return rte_ctrl_thread_create(thread, name, NULL, fn, arg);
}

static inline void
compat_thread_join(compat_thread thread)
{
	pthread_join(thread, NULL);
}
#endif

/** Telemetry's unsigned numbers: add_dict_u64 gave way to add_dict_uint. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define compat_tel_dict_uint rte_tel_data_add_dict_uint
#else
#define compat_tel_dict_uint rte_tel_data_add_dict_u64
#endif

/** Addresses of rte_fib6 and rte_rib6: 16 octets gave way to a structure. COMPAT_IP6S: an array. */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0)
#include <rte_ip6.h>
#define COMPAT_IP6(octets) ((const struct rte_ipv6_addr *)(octets))
#define COMPAT_IP6S(octets) ((struct rte_ipv6_addr *)(octets))
#else
#define COMPAT_IP6(octets) ((const uint8_t *)(octets))
#define COMPAT_IP6S(octets) ((uint8_t(*)[16])(octets))
#endif

/** Types of ICMP messages: RTE_IP_ICMP_* gave way to RTE_ICMP_TYPE_*. */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
#define COMPAT_ICMP_ECHO_REQUEST RTE_ICMP_TYPE_ECHO_REQUEST
#define COMPAT_ICMP_ECHO_REPLY RTE_ICMP_TYPE_ECHO_REPLY
#else
#define COMPAT_ICMP_ECHO_REQUEST RTE_IP_ICMP_ECHO_REQUEST
#define COMPAT_ICMP_ECHO_REPLY RTE_IP_ICMP_ECHO_REPLY
#endif

/**
 * A driver's stats_get: the counters of queues left struct rte_eth_stats for one of their own.
 * COMPAT_STATS_GET(fn) makes fn_op of fn(dev, stats, queues); queues may be NULL.
 */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
#define compat_queue_stats eth_queue_stats
#define COMPAT_STATS_GET(fn) \
	static int fn##_op(struct rte_eth_dev *dev, struct rte_eth_stats *stats, \
			struct eth_queue_stats *queues) \
	{ \
		return fn(dev, stats, queues); \
	}
#else
#define compat_queue_stats rte_eth_stats
#define COMPAT_STATS_GET(fn) \
	static int fn##_op(struct rte_eth_dev *dev, struct rte_eth_stats *stats) \
	{ \
		return fn(dev, stats, stats); \
	}
#endif

/** A driver's packet types: how many there are is told too. COMPAT_PTYPES(fn, array, n) makes fn of
 *  an array that ends with RTE_PTYPE_UNKNOWN, which is not counted. */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
#define COMPAT_PTYPES(fn, array, n) \
	static const uint32_t *fn(struct rte_eth_dev *dev, size_t *nb) \
	{ \
		(void)dev; \
		*nb = n; \
		return array; \
	}
#else
#define COMPAT_PTYPES(fn, array, n) \
	static const uint32_t *fn(struct rte_eth_dev *dev) \
	{ \
		(void)dev; \
		return array; \
	}
#endif

/** rte_net_crc: an algorithm for everybody gave way to a context of the caller's. */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 3, 0, 0)
#define COMPAT_NET_CRC32_NEW(alg) rte_net_crc_set_alg(alg, RTE_NET_CRC32_ETH)
#define COMPAT_NET_CRC32(ctx, data, len) rte_net_crc_calc(ctx, data, len)
#else
#define COMPAT_NET_CRC32_NEW(alg) (rte_net_crc_set_alg(alg), NULL)
#define COMPAT_NET_CRC32(ctx, data, len) \
	((void)(ctx), rte_net_crc_calc(data, len, RTE_NET_CRC32_ETH))
#endif

/** The name of a driver in its object file. */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
#define COMPAT_PMD_NAME(name) RTE_PMD_EXPORT_NAME(name)
#else
#define COMPAT_PMD_NAME(name) RTE_PMD_EXPORT_NAME(name, __COUNTER__)
#endif

#endif /* COMPAT_H */
