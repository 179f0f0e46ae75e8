/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FUZZ_MBUF_H
#define FUZZ_MBUF_H

/*
 * Packets whose memory ends where they end. AddressSanitizer knows nothing of what is inside a
 * mempool: there, who reads beyond a packet reads what an earlier one has left. So the octets are
 * put into memory of malloc's own, attached to the mbuf; what is before, beyond, or freed is seen.
 */

#include <rte_mbuf.h>

#include "fuzz.h"

/* Of one segment. */
struct fuzz_room {
	struct rte_mbuf_ext_shared_info shared;
	void *octets;
};

static inline void
fuzz_room_free(void *addr, void *opaque)
{
	struct fuzz_room *room = opaque;

	(void)addr;
	free(room->octets);
	free(room);
}

/* Let @p m, all segments of it, have @p tail octets of room behind, and nothing else. @return m */
static inline struct rte_mbuf *
fuzz_exact(struct rte_mbuf *m, uint16_t tail)
{
	struct rte_mbuf *seg;

	for (seg = m; seg != NULL; seg = seg->next) {
		uint16_t off = seg->data_off, len = seg->data_len;
		uint16_t size = (uint16_t)(off + len + tail);
		struct fuzz_room *room = malloc(sizeof(*room));

		assert_non_null(room);
		room->octets = malloc(size);
		assert_non_null(room->octets);
		memcpy(room->octets, seg->buf_addr, off + len);
		room->shared.free_cb = fuzz_room_free;
		room->shared.fcb_opaque = room;
		rte_mbuf_ext_refcnt_set(&room->shared, 1);
		rte_pktmbuf_attach_extbuf(seg, room->octets, RTE_BAD_IOVA, size, &room->shared);
		seg->data_off = off;
		seg->data_len = len;
	}
	return m;
}

#endif /* FUZZ_MBUF_H */
