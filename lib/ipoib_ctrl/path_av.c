/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * From path record to address vector. A GRH is needed where the record has a hop limit (IBA
 * 15.2.5.16), where the port asks for it (a virtual port shares its LID: only the GID tells it
 * apart), and beyond a router, whatever the record says.
 */

#include <errno.h>

#include "path.h"

/* Of a GRH that the record has no hop limit for: it stays in the subnet; it passes routers. */
#define HOPS_SUBNET 1
#define HOPS_FOREIGN 64

bool
gid_is_foreign(const struct ctl_port *p, const struct ib_gid *gid)
{
	/* The default prefix always means one's own subnet (IBA 4.1.1). */
	static const uint8_t here[IB_GID_LEN / 2] = { 0xfe, 0x80 };

	return memcmp(gid->raw, p->info.gid.raw, sizeof(here)) != 0 &&
			memcmp(gid->raw, here, sizeof(here)) != 0;
}

void
path_question(const struct ctl_path *path, struct ipoib_sa_path_req *req)
{
	const struct ctl_port *p = path->p;

	*req = (struct ipoib_sa_path_req){
		.dgid = path->dgid,
		.sgid = p->info.gid,
		.pkey = p->info.pkey,
		.tclass = p->bcast.rec.tclass,
	};
}

int
path_av(const struct ctl_port *p, const struct ib_gid *gid, const struct ipoib_sa_path *rec,
		struct pmd_ipoib_av *av)
{
	bool foreign = gid_is_foreign(p, gid);

	memset(av, 0, sizeof(*av));
	if (!ib_lid_is_unicast(rec->dlid) || rec->mtu < 256)
		return -EPROTO;
	av->dlid = rec->dlid;
	av->sl = rec->sl;
	av->static_rate = rec->rate;
	av->src_path_bits = (uint8_t)(rec->slid & ((1u << p->info.lmc) - 1));
	if (rec->hop_limit == 0 && !p->info.grh_required && !foreign)
		return 0;
	av->is_global = true;
	av->hop_limit = rec->hop_limit != 0 ? rec->hop_limit : foreign ? HOPS_FOREIGN : HOPS_SUBNET;
	av->tclass = rec->tclass;
	av->flow_label = rec->flow_label;
	av->dgid = rec->dgid;
	return 0;
}

static uint16_t
least_mtu(const struct ctl_path *path)
{
	uint16_t mtu = path->rec.mtu;
	unsigned int k, i;

	for (k = 0; path->set != PMD_IPOIB_AH_NONE && k < IPOIB_CLASSES; k++) {
		for (i = 0; i < path->legs->nb_lids; i++) {
			const struct ctl_leg *leg = &path->legs->leg[k][i];

			if (leg->ah != PMD_IPOIB_AH_NONE)
				mtu = RTE_MIN(mtu, leg->mtu);
		}
	}
	return mtu;
}

/* One entry tells the MTU of all ways. */
uint16_t
path_mtu(const struct ctl_path *path)
{
	uint16_t mtu = least_mtu(path) - IPOIB_HDR_LEN;

	return mtu < atomic_load(&path->p->mtu) ? mtu : 0;
}
