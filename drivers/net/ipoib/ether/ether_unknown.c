/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Senders that are known by LID and QPN alone: a peer that still has our address from before a
 * restart of ours sends without ARP or ND. Programs that answer to the source MAC of what they got
 * could never reach it, so the SA is asked for the GID of that LID. With the sender's QPN that is its
 * address, for who sends by a queue pair receives by it, too.
 */

#include "ether_pmd.h"

static struct ether_unknown *
unknown_find(struct ether_dev *e, uint16_t slid, uint32_t qpn, uint64_t now)
{
	struct ether_unknown *u, *free = NULL;
	unsigned int i;

	for (i = 0; i < ETHER_UNKNOWN_MAX; i++) {
		u = &e->unknown[i];
		if (u->slid == slid && u->qpn == qpn && (u->req != 0 || u->again > now))
			return NULL; /* asked for, or a moment ago */
		if (u->req == 0 && u->again <= now)
			free = u;
	}
	return free;
}

static void
unknown_answer(void *arg, int status, const struct ipoib_sa_path *rec)
{
	struct ether_unknown *u = arg;
	struct ether_from from = { .slid = u->slid, .qpn = u->qpn };
	struct rte_ether_addr mac;
	struct ipoib_addr addr;

	u->req = 0;
	if (status != 0 || u->e->p == NULL)
		return;
	ipoib_addr_set(&addr, u->qpn, &rec->dgid);
	if (!ib_gid_equal(&rec->dgid, &u->e->self.addr.gid))
		ether_peer_learn(u->e->table, &addr, NULL, &from, u->e->p->c->now, &mac);
}

void
ether_unknown_ask(struct ether_dev *e, const struct rte_ether_addr *mac, uint64_t now)
{
	const uint8_t *b = mac->addr_bytes;
	uint16_t slid = (uint16_t)(b[1] << 8 | b[2]);
	uint32_t qpn = ib_get_be24(&b[3]);
	struct ipoib_sa_path_req req = { .dlid = slid };
	struct rte_ether_addr like;
	struct ether_unknown *u;

	ether_mac_unknown(slid, qpn, &like);
	if (!rte_is_same_ether_addr(&like, mac) || !ib_lid_is_unicast(slid) || qpn < 2)
		return;
	u = unknown_find(e, slid, qpn, now);
	if (u == NULL)
		return;
	*u = (struct ether_unknown){
		.e = e, .slid = slid, .qpn = qpn, .again = now + ETHER_UNKNOWN_US
	};
	req.sgid = e->p->info.gid;
	req.pkey = e->p->info.pkey;
	req.tclass = e->p->bcast.rec.tclass;
	if (ipoib_sa_path_get(e->p->hca->sa, &req, unknown_answer, u, &u->req) != 0)
		u->req = 0;
}

void
ether_unknown_stop(struct ether_dev *e)
{
	unsigned int i;

	for (i = 0; i < ETHER_UNKNOWN_MAX; i++) {
		if (e->unknown[i].req != 0)
			ipoib_sa_cancel(e->p->hca->sa, e->unknown[i].req);
		e->unknown[i].req = 0;
	}
}
