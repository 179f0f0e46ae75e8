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

#include <stdbool.h>
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
	uint16_t qos_class;
	uint8_t mtu, mtu_sel, rate, rate_sel, life, life_sel;
};

struct oracle_member {
	uint8_t mgid[16], port_gid[16];
	uint32_t qkey, flow_label;
	uint16_t mlid, pkey;
	uint8_t mtu, tclass, rate, life; /* with their selectors */
	uint8_t sl, hop_limit, scope, state;
};

struct oracle_inform {
	uint8_t gid[16];
	uint16_t lid_begin, lid_end, type, trap;
	uint8_t is_generic, subscribe, resp_time;
	uint32_t qpn, producer;
};

/** Which of the last fields counts depends on the trap. */
struct oracle_notice {
	uint16_t trap, issuer_lid;
	uint8_t generic;
	uint8_t gid[16], issuer_gid[16];
	uint16_t lid;
	uint32_t cap_mask;
};

struct oracle_rmpp {
	uint8_t version, type, flags, status;
	uint32_t seg, len_or_last;
};

struct oracle_port {
	uint64_t guid, prefix;
	uint16_t lid, sm_lid, partition_cap;
	uint8_t state, lmc, mtu, sm_sl;
	uint8_t width, speed, speed_ext; /**< active */
	uint32_t cap_mask;
};

/** OpenSM's component masks, host order. */
uint64_t oracle_mask_path(void);
uint64_t oracle_mask_join(void);
uint64_t oracle_mask_create(void);
uint64_t oracle_mask_leave(void);

uint64_t oracle_mask_path_more(bool dlid, bool sl, bool qos_class);
uint64_t oracle_mask_mc_get(void);
uint64_t oracle_mask_list(bool mlid);

void oracle_get_hdr(const uint8_t *mad, struct oracle_hdr *out);
void oracle_get_path(const uint8_t *mad, struct oracle_path *out);
void oracle_get_member(const uint8_t *mad, struct oracle_member *out);

void oracle_get_inform(const uint8_t *mad, struct oracle_inform *out);
void oracle_get_rmpp(const uint8_t *mad, struct oracle_rmpp *out);

/** A report of a notice, as an SA sends it. */
void oracle_report(uint8_t *mad, uint32_t tid, const struct oracle_notice *notice);
/** Write an RMPP header, and how long a record is (octets). */
void oracle_put_rmpp(uint8_t *mad, const struct oracle_rmpp *rmpp, uint16_t rec_len);
/** A record as it is in a table; 56 octets, with its padding. */
#define ORACLE_MEMBER_LEN 56
void oracle_put_member(uint8_t *rec, const struct oracle_member *from);
void oracle_answer_info(uint8_t *mad, uint16_t cap_mask, uint32_t cap_mask2, uint8_t resp_time);

/** Turn the request @p mad into its answer. */
void oracle_answer(uint8_t *mad, uint16_t status);
void oracle_answer_path(uint8_t *mad, const struct oracle_path *rec);
void oracle_answer_member(uint8_t *mad, const struct oracle_member *rec);

/** Turn an SMP request into its answer; @return 0, or -1: not such a request. */
int oracle_answer_smp(uint8_t *mad, const struct oracle_port *port, const uint16_t *pkeys);

/** The same for SMInfo, which is asked for by LID. */
int oracle_answer_sm_info(uint8_t *mad, uint64_t guid, uint32_t act_count);

#endif /* SA_ORACLE_H */
