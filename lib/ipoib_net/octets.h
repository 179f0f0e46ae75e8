/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef OCTETS_H
#define OCTETS_H

/**
 * @file
 * Several fields of a header compared at once. Pure functions: any thread.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE4_1__
#include <smmintrin.h>
#endif

/** 16 octets as they lie in memory, and which of their bits count. */
struct octets16 {
	uint64_t value[2]; /**< 0 where the mask is */
	uint64_t mask[2];
};

/** Do the octets at @p p, aligned or not, have the value of @p o where its mask is set? */
static inline bool
octets16_are(const void *p, const struct octets16 *o)
{
#ifdef __SSE4_1__
	const __m128i *want = (const __m128i *)(const void *)o;
	__m128i d = _mm_xor_si128(_mm_loadu_si128((const __m128i *)p), _mm_loadu_si128(&want[0]));

	return _mm_testz_si128(d, _mm_loadu_si128(&want[1])) != 0;
#else
	uint64_t w[2];

	memcpy(w, p, sizeof(w));
	return (((w[0] ^ o->value[0]) & o->mask[0]) | ((w[1] ^ o->value[1]) & o->mask[1])) == 0;
#endif
}

#endif /* OCTETS_H */
