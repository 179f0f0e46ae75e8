/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef IPOIB_CTRL_DP_H
#define IPOIB_CTRL_DP_H

/**
 * @file
 * What the resolver publishes for those who send, beside the neighbour table.
 */

#include <stdint.h>

/** Traffic classes of a port: 0 is the default. */
#define IPOIB_CLASSES 4
/** Paths by LMC that are used at a time. */
#define IPOIB_LIDS_MAX 8
/** Sets of paths of a port. */
#define IPOIB_AHSET_MAX 16384

/**
 * Paths to one neighbour: the low bits (modulo IPOIB_AHSET_MAX) of the handle in an
 * entry of kind IPOIB_NEIGH_UD_SET are an index of these. The handle of a packet is
 * ah[class][flow hash % nb_lids[class]]; class by the port's table of
 * DSCPs. A class without a LID takes those of class 0. Immutable while an entry
 * or a reader can lead to it.
 */
struct ipoib_ahset {
	uint8_t nb_lids[IPOIB_CLASSES]; /**< 1..IPOIB_LIDS_MAX */
	uint32_t ah[IPOIB_CLASSES][IPOIB_LIDS_MAX];
};

#endif /* IPOIB_CTRL_DP_H */
