/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>

#include "hca_verbs.h"

int
verbs_port_query(const struct ipoib_hca *hca, struct ipoib_hca_attr *attr)
{
	const struct verbs_hca *vh = hca->backend;
	struct ibv_port_attr a;
	int ret;

	if (hca->gone)
		return -ENODEV;
	ret = ibv_query_port(vh->ctx, vh->port_num, &a);
	if (ret != 0)
		return -ret;
	attr->ib_mtu = ib_mtu_from_code((uint8_t)a.active_mtu);
	attr->pkey_violations = a.bad_pkey_cntr;
	attr->qkey_violations = a.qkey_viol_cntr;
	return 0;
}
