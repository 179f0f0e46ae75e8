/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef SA_ORACLE_H
#define SA_ORACLE_H

/**
 * @file
 * MADs read and written with OpenSM's own structures (libopensm's ib_types.h),
 * an oracle for our layouts. Plain types only: the two sets of headers do not
 * get on with each other.
 */

#include <stdint.h>

/** Everything in front of the attribute, host order. */
struct oracle_hdr {
	uint8_t base_version, mgmt_class, class_version, method;
	uint16_t status, attr_id;
	uint64_t tid, comp_mask, sm_key;
};

struct oracle_path {
	uint8_t dgid[16], sgid[16];
	uint16_t dlid, slid, pkey;
	uint32_t flow_label;
	uint8_t hop_limit, tclass, num_path, sl;
	uint8_t mtu, mtu_sel, rate, rate_sel, life, life_sel;
};

struct oracle_member {
	uint8_t mgid[16], port_gid[16];
	uint32_t qkey, flow_label;
	uint16_t mlid, pkey;
	uint8_t mtu, tclass, rate, life; /* with their selectors */
	uint8_t sl, hop_limit, scope, state;
};

struct oracle_port {
	uint64_t guid, prefix;
	uint16_t lid, sm_lid, partition_cap;
	uint8_t state, lmc, mtu, sm_sl;
	uint32_t cap_mask;
};

/** OpenSM's component masks, host order. */
uint64_t oracle_mask_path(void);
uint64_t oracle_mask_join(void);
uint64_t oracle_mask_create(void);
uint64_t oracle_mask_leave(void);

void oracle_get_hdr(const uint8_t *mad, struct oracle_hdr *out);
void oracle_get_path(const uint8_t *mad, struct oracle_path *out);
void oracle_get_member(const uint8_t *mad, struct oracle_member *out);

/** Turn the request @p mad into its answer. */
void oracle_answer(uint8_t *mad, uint16_t status);
void oracle_answer_path(uint8_t *mad, const struct oracle_path *rec);
void oracle_answer_member(uint8_t *mad, const struct oracle_member *rec);

/** Turn an SMP request into its answer; @return 0, or -1: not such a request. */
int oracle_answer_smp(uint8_t *mad, const struct oracle_port *port, const uint16_t *pkeys);

/** The same for SMInfo, which is asked for by LID. */
int oracle_answer_sm_info(uint8_t *mad, uint64_t guid, uint32_t act_count);

#endif /* SA_ORACLE_H */
