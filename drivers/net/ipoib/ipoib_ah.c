/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_malloc.h>

#include "ipoib_pmd.h"

#define FLOW_MAX 0xfffff
#define SL_MAX 15
#define PATH_BITS_MAX 127
/* The field of a path record has 6 bits; codes that are not assigned yet may come. */
#define RATE_MAX 63

int
ipoib_ah_table_init(struct ipoib_ah_table *t, int socket)
{
	uint32_t i;

	t->ah = rte_zmalloc_socket(
			"ipoib_ah", IPOIB_AH_MAX * sizeof(*t->ah), RTE_CACHE_LINE_SIZE, socket);
	t->local = rte_zmalloc_socket("ipoib_ah_local", IPOIB_AH_MAX * sizeof(*t->local),
			RTE_CACHE_LINE_SIZE, socket);
	t->free = malloc(IPOIB_AH_MAX * sizeof(*t->free));
	if (t->ah == NULL || t->local == NULL || t->free == NULL) {
		ipoib_ah_table_fini(t);
		return -ENOMEM;
	}
	for (i = 0; i < IPOIB_AH_MAX; i++)
		t->free[i] = i;
	t->head = 0;
	t->nb_free = IPOIB_AH_MAX;
	return 0;
}

void
ipoib_ah_table_fini(struct ipoib_ah_table *t)
{
	rte_free(t->ah);
	rte_free(t->local);
	free(t->free);
	t->ah = NULL;
	t->local = NULL;
	t->free = NULL;
	t->nb_free = 0;
}

static bool
av_is_valid(const struct pmd_ipoib_av *av)
{
	bool mcast = ib_lid_is_multicast(av->dlid);

	if (!mcast && !ib_lid_is_unicast(av->dlid))
		return false;
	if (av->sl > SL_MAX || av->src_path_bits > PATH_BITS_MAX || av->flow_label > FLOW_MAX ||
			av->static_rate > RATE_MAX)
		return false;
	if (mcast && !av->is_global)
		return false;
	return !av->is_global || ib_gid_is_multicast(&av->dgid) == mcast;
}

int
pmd_ipoib_ah_create(uint16_t port_id, const struct pmd_ipoib_av *av, uint32_t *ah)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);
	struct ipoib_ah_table *t;
	struct ipoib_ah *e;
	uint32_t n;
	int ret = 0;

	if (port == NULL)
		return -ENODEV;
	if (!av_is_valid(av))
		return -EINVAL;
	t = &port->ah;
	pthread_mutex_lock(&port->hca->lock);
	if (!av->is_global && ipoib_hca_grh_required(port->hca)) {
		ret = -EINVAL;
		goto unlock;
	}
	if (t->nb_free == 0) {
		ret = -ENOSPC;
		goto unlock;
	}
	n = t->free[t->head % IPOIB_AH_MAX];
	if (port->hca->ops->ah_create != NULL) {
		ret = port->hca->ops->ah_create(port, n, av);
		if (ret != 0)
			goto unlock;
	}
	t->head++;
	t->nb_free--;
	e = &t->ah[n];
	e->dgid = av->dgid;
	e->ver_tclass_flow = rte_cpu_to_be_32(
			6u << 28 | (uint32_t)av->tclass << 20 | av->flow_label);
	e->lrh = ipoib_ah_lrh(av->sl, av->is_global, av->dlid);
	e->src_path_bits = av->src_path_bits;
	e->hop_limit = av->hop_limit;
	e->static_rate = av->static_rate;
	__atomic_store_n(&e->kind, av->is_global ? IPOIB_AH_GLOBAL : IPOIB_AH_LOCAL,
			__ATOMIC_RELEASE);
	__atomic_store_n(
			&t->local[n], av->is_global ? 0 : ipoib_ah_local(e->lrh), __ATOMIC_RELEASE);
	*ah = n;
unlock:
	pthread_mutex_unlock(&port->hca->lock);
	return ret;
}

int
pmd_ipoib_ah_query(uint16_t port_id, uint32_t ah, struct pmd_ipoib_av *av)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);
	const struct ipoib_ah *e;
	uint32_t w;
	int ret = -ENOENT;

	if (port == NULL)
		return -ENODEV;
	pthread_mutex_lock(&port->hca->lock);
	if (ah < IPOIB_AH_MAX && port->ah.ah[ah].kind != IPOIB_AH_FREE) {
		e = &port->ah.ah[ah];
		w = rte_be_to_cpu_32(e->ver_tclass_flow);
		*av = (struct pmd_ipoib_av){
			.dlid = ipoib_ah_dlid(e),
			.sl = (uint8_t)(e->lrh >> 12) & 0xf,
			.static_rate = e->static_rate,
			.src_path_bits = e->src_path_bits,
			.is_global = e->kind == IPOIB_AH_GLOBAL,
			.hop_limit = e->hop_limit,
			.tclass = (uint8_t)(w >> 20),
			.flow_label = w & FLOW_MAX,
			.dgid = e->dgid,
		};
		ret = 0;
	}
	pthread_mutex_unlock(&port->hca->lock);
	return ret;
}

int
pmd_ipoib_ah_destroy(uint16_t port_id, uint32_t ah)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);
	struct ipoib_ah_table *t;
	int ret = -ENOENT;

	if (port == NULL)
		return -ENODEV;
	t = &port->ah;
	pthread_mutex_lock(&port->hca->lock);
	if (ah < IPOIB_AH_MAX && t->ah[ah].kind != IPOIB_AH_FREE) {
		__atomic_store_n(&t->local[ah], 0, __ATOMIC_RELEASE);
		__atomic_store_n(&t->ah[ah].kind, IPOIB_AH_FREE, __ATOMIC_RELEASE);
		if (port->hca->ops->ah_destroy != NULL)
			port->hca->ops->ah_destroy(port, ah);
		t->free[(t->head + t->nb_free) % IPOIB_AH_MAX] = ah;
		t->nb_free++;
		ret = 0;
	}
	pthread_mutex_unlock(&port->hca->lock);
	return ret;
}

uint32_t
pmd_ipoib_ah_count(uint16_t port_id)
{
	struct ipoib_port *port = ipoib_port_by_id(port_id);

	return port != NULL ? IPOIB_AH_MAX - port->ah.nb_free : 0;
}
