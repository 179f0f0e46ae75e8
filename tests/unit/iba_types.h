/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IBA_TYPES_H
#define IBA_TYPES_H

/**
 * @file
 * What OpenSM's headers say about headers, GIDs and constants, for tests: an
 * oracle kept in a file of its own, because its names clash with ours.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Numbers, host order. */
struct iba_constants {
	uint16_t mlid_first;
	uint16_t lid_permissive;
	uint16_t default_pkey;
	uint8_t scope_link_local;
	uint8_t mtu_code_256;
	uint8_t mtu_code_4096;
	size_t grh_len;
	size_t gid_len;
	size_t grh_hoplmt;
	size_t grh_sgid;
	size_t grh_dgid;
};

/** @return OpenSM's values; static storage. */
const struct iba_constants *iba_constants(void);

/** Codes of rates and what they mean, ended by code 0. */
struct iba_rate {
	uint8_t code;
	uint32_t mbps;
};
const struct iba_rate *iba_rates(void);

/** Signature and P_Key (host order), scope and multicast mark of a GID of 16 octets. */
void iba_ip_mgid(const uint8_t gid[16], uint16_t *signature, uint16_t *pkey, uint8_t *scope,
		bool *multicast);

/** Is one of these P_Keys (host order) a full member; is the base the same and valid? */
bool iba_pkey_match(uint16_t a, uint16_t b);

#endif /* IBA_TYPES_H */
