/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <string.h>

#include <iba/ib_types.h>

#include "iba_types.h"

const struct iba_constants *
iba_constants(void)
{
	static const struct iba_constants c = {
		.mlid_first = IB_LID_MCAST_START_HO,
		.lid_permissive = IB_LID_PERMISSIVE,
		.default_pkey = IB_DEFAULT_PKEY,
		.scope_link_local = IB_MC_SCOPE_LINK_LOCAL,
		.mtu_code_256 = IB_MTU_LEN_256,
		.mtu_code_4096 = IB_MTU_LEN_4096,
		.grh_len = sizeof(ib_grh_t),
		.gid_len = sizeof(ib_gid_t),
		.grh_hoplmt = offsetof(ib_grh_t, hop_limit),
		.grh_sgid = offsetof(ib_grh_t, src_gid),
		.grh_dgid = offsetof(ib_grh_t, dest_gid),
	};

	return &c;
}

void
iba_ip_mgid(const uint8_t gid[16], uint16_t *signature, uint16_t *pkey, uint8_t *scope,
		bool *multicast)
{
	ib_gid_t g;

	memcpy(&g, gid, sizeof(g));
	*signature = cl_ntoh16(g.multicast.header[0] == 0xff ? g.ip_multicast.signature : 0);
	*pkey = cl_ntoh16(g.ip_multicast.p_key);
	*scope = ib_mgid_get_scope(&g);
	*multicast = ib_gid_is_multicast(&g);
}

bool
iba_pkey_match(uint16_t a, uint16_t b)
{
	ib_net16_t na = cl_hton16(a), nb = cl_hton16(b);

	return !ib_pkey_is_invalid(na) && ib_pkey_get_base(na) == ib_pkey_get_base(nb) &&
			(ib_pkey_is_full_member(na) || ib_pkey_is_full_member(nb));
}

const struct iba_rate *
iba_rates(void)
{
	static const struct iba_rate rates[] = {
		{ IB_PATH_RECORD_RATE_2_5_GBS, 2500 },
		{ IB_PATH_RECORD_RATE_10_GBS, 10000 },
		{ IB_PATH_RECORD_RATE_30_GBS, 30000 },
		{ IB_PATH_RECORD_RATE_5_GBS, 5000 },
		{ IB_PATH_RECORD_RATE_20_GBS, 20000 },
		{ IB_PATH_RECORD_RATE_40_GBS, 40000 },
		{ IB_PATH_RECORD_RATE_60_GBS, 60000 },
		{ IB_PATH_RECORD_RATE_80_GBS, 80000 },
		{ IB_PATH_RECORD_RATE_120_GBS, 120000 },
		{ IB_PATH_RECORD_RATE_14_GBS, 14000 },
		{ IB_PATH_RECORD_RATE_56_GBS, 56000 },
		{ IB_PATH_RECORD_RATE_112_GBS, 112000 },
		{ IB_PATH_RECORD_RATE_168_GBS, 168000 },
		{ IB_PATH_RECORD_RATE_25_GBS, 25000 },
		{ IB_PATH_RECORD_RATE_100_GBS, 100000 },
		{ IB_PATH_RECORD_RATE_200_GBS, 200000 },
		{ IB_PATH_RECORD_RATE_300_GBS, 300000 },
		{ IB_PATH_RECORD_RATE_28_GBS, 28000 },
		{ IB_PATH_RECORD_RATE_50_GBS, 50000 },
		{ IB_PATH_RECORD_RATE_400_GBS, 400000 },
		{ IB_PATH_RECORD_RATE_600_GBS, 600000 },
		{ 0, 0 },
	};

	return rates;
}
