/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_cpuflags.h>

#include "ib_crc.h"
#include "ib_hdr.h"

#ifdef RTE_ARCH_X86_64
#include <immintrin.h>
#define IB_CRC_HAVE_CLMUL 1
#else
#define IB_CRC_HAVE_CLMUL 0
#endif

/*
 * Both CRCs are reflected, so one engine serves them: tables and constants are
 * computed from the polynomial. It has a running form (register in, register
 * out), which rte_net_crc lacks: segments and the masked copy of the headers
 * follow one another without a combination step.
 *
 * A polynomial of degree n is kept "reflected": the coefficient of x^(n-1) is
 * bit 0. A register holds up to 32 bits; the CRC-16 uses the low 16.
 */
#define IB_SLICES 8

struct ib_crc_poly {
	uint32_t table[IB_SLICES][256];
	/* Below: carry-less multiplication only, see ib_clmul_run(). */
	uint64_t fold1024[2];
	uint64_t fold512[2];
	uint64_t fold128[2];
	uint64_t reduce[2];
	uint64_t barrett;
	unsigned int degree;
	uint32_t reflected;
} __rte_cache_aligned;

typedef uint32_t (*ib_crc_run_t)(
		const struct ib_crc_poly *p, uint32_t crc, const uint8_t *data, uint32_t len);

/* x^32 + x^26 + ... + 1, as Ethernet's; x^16 + x^12 + x^3 + x + 1 (IBA 7.8.2). */
static struct ib_crc_poly poly_icrc = { .degree = 32, .reflected = 0xedb88320 };
static struct ib_crc_poly poly_vcrc = { .degree = 16, .reflected = 0xd008 };

static uint32_t
ib_table_run(const struct ib_crc_poly *p, uint32_t crc, const uint8_t *data, uint32_t len)
{
	uint64_t w;

	for (; len >= IB_SLICES; len -= IB_SLICES, data += IB_SLICES) {
		memcpy(&w, data, sizeof(w));
		w = rte_le_to_cpu_64(w) ^ crc;
		crc = p->table[7][w & 0xff] ^ p->table[6][w >> 8 & 0xff] ^
				p->table[5][w >> 16 & 0xff] ^ p->table[4][w >> 24 & 0xff] ^
				p->table[3][w >> 32 & 0xff] ^ p->table[2][w >> 40 & 0xff] ^
				p->table[1][w >> 48 & 0xff] ^ p->table[0][w >> 56];
	}
	while (len-- > 0)
		crc = p->table[0][(crc ^ *data++) & 0xff] ^ crc >> 8;
	return crc;
}

static void
ib_table_init(struct ib_crc_poly *p)
{
	uint32_t crc, prev;
	unsigned int i, k;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (k = 0; k < 8; k++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? p->reflected : 0);
		p->table[0][i] = crc;
	}
	for (k = 1; k < IB_SLICES; k++)
		for (i = 0; i < 256; i++) {
			prev = p->table[k - 1][i];
			p->table[k][i] = prev >> 8 ^ p->table[0][prev & 0xff];
		}
}

#if IB_CRC_HAVE_CLMUL

/* x^e mod P, reflected in degree bits. */
static uint64_t
ib_xpow(const struct ib_crc_poly *p, unsigned int e)
{
	uint64_t r = UINT64_C(1) << (p->degree - 1);

	while (e-- > 0)
		r = r >> 1 ^ ((r & 1) != 0 ? p->reflected : 0);
	return r;
}

/* floor(x^(64 + degree) / P) without its x^0 term; bit j is the coefficient of x^(64-j). */
static uint64_t
ib_quotient(const struct ib_crc_poly *p)
{
	uint64_t rem = 0, q = 0;
	unsigned int j;

	/* Long division; rem holds the running remainder, reflected in degree bits. */
	rem = p->reflected; /* after the leading term */
	q = 1;
	for (j = 1; j < 64; j++) {
		if ((rem & 1) != 0)
			q |= UINT64_C(1) << j;
		rem = rem >> 1 ^ ((rem & 1) != 0 ? p->reflected : 0);
	}
	return q;
}

/*
 * Carry-less multiplication of reflected operands gives a product one bit short
 * of the 128-bit register, hence the exponents less one in the fold constants
 * and the shifts by one in the others.
 */
static void
ib_clmul_init(struct ib_crc_poly *p)
{
	unsigned int shift = 64 - p->degree;

	p->fold1024[0] = ib_xpow(p, 1024 + 63) << shift;
	p->fold1024[1] = ib_xpow(p, 1024 - 1) << shift;
	p->fold512[0] = ib_xpow(p, 512 + 63) << shift;
	p->fold512[1] = ib_xpow(p, 512 - 1) << shift;
	p->fold128[0] = ib_xpow(p, 128 + 63) << shift;
	p->fold128[1] = ib_xpow(p, 128 - 1) << shift;
	p->reduce[0] = ib_xpow(p, 64 + p->degree) << 1;
	p->reduce[1] = (uint64_t)p->reflected << 1;
	p->barrett = ib_quotient(p);
}

#define IB_TARGET_CLMUL __attribute__((target("pclmul,sse4.1")))

/* acc * x^D mod P + next, D being the distance of the constants @p k. */
static inline IB_TARGET_CLMUL __m128i
ib_fold(__m128i acc, __m128i k, __m128i next)
{
	__m128i lo = _mm_clmulepi64_si128(acc, k, 0x00);
	__m128i hi = _mm_clmulepi64_si128(acc, k, 0x11);

	return _mm_xor_si128(_mm_xor_si128(lo, hi), next);
}

/* 16 octets to the CRC register: acc * x^degree mod P by Barrett's method. */
static inline IB_TARGET_CLMUL uint32_t
ib_reduce(const struct ib_crc_poly *p, __m128i acc)
{
	const __m128i k = _mm_loadu_si128((const __m128i *)p->reduce);
	const __m128i mu = _mm_cvtsi64_si128((long long)p->barrett);
	__m128i t, q;
	uint64_t r;

	t = _mm_xor_si128(_mm_clmulepi64_si128(acc, k, 0x00), _mm_srli_si128(acc, 8));
	q = _mm_clmulepi64_si128(t, mu, 0x00);
	t = _mm_xor_si128(t, _mm_clmulepi64_si128(q, k, 0x10));
	r = (uint64_t)_mm_extract_epi64(t, 1);
	return (uint32_t)(r & (UINT64_MAX >> (64 - p->degree)));
}

/*
 * The odd octets come first, moved to the end of a zeroed register: leading
 * zeros do not count, and whole blocks of 16 remain, so there is no tail.
 * @return what they and the block behind them come to
 */
static inline IB_TARGET_CLMUL __m128i
ib_first(const struct ib_crc_poly *p, uint32_t crc, const uint8_t *data, uint32_t odd)
{
	static const uint8_t to_end[32] __rte_aligned(16) = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 2, 3, 4, 5, 6, 7,
		8, 9, 10, 11, 12, 13, 14, 15 };
	__m128i first, a;

	first = _mm_xor_si128(_mm_loadu_si128((const __m128i *)data), _mm_cvtsi32_si128((int)crc));
	a = _mm_shuffle_epi8(first, _mm_loadu_si128((const __m128i *)&to_end[odd]));
	/* What of the register did not meet the odd octets meets the next ones. */
	crc = odd < sizeof(crc) ? crc >> 8 * odd : 0;
	first = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(data + odd)),
			_mm_cvtsi32_si128((int)crc));
	return ib_fold(a, _mm_loadu_si128((const __m128i *)p->fold128), first);
}

static IB_TARGET_CLMUL uint32_t
ib_clmul_run(const struct ib_crc_poly *p, uint32_t crc, const uint8_t *data, uint32_t len)
{
	const __m128i *b;
	__m128i k, a0, a1, a2, a3;
	uint32_t odd = len & 15, n = len >> 4;

	if (n == 0)
		return ib_table_run(p, crc, data, len);
	a0 = ib_first(p, crc, data, odd);
	b = (const __m128i *)(data + odd + 16);
	k = _mm_loadu_si128((const __m128i *)p->fold128);
	n--;
	if (n >= 3) {
		const __m128i k4 = _mm_loadu_si128((const __m128i *)p->fold512);

		a1 = _mm_loadu_si128(b++);
		a2 = _mm_loadu_si128(b++);
		a3 = _mm_loadu_si128(b++);
		for (n -= 3; n >= 4; n -= 4, b += 4) {
			a0 = ib_fold(a0, k4, _mm_loadu_si128(b));
			a1 = ib_fold(a1, k4, _mm_loadu_si128(b + 1));
			a2 = ib_fold(a2, k4, _mm_loadu_si128(b + 2));
			a3 = ib_fold(a3, k4, _mm_loadu_si128(b + 3));
		}
		a0 = ib_fold(a0, k, a1);
		a0 = ib_fold(a0, k, a2);
		a0 = ib_fold(a0, k, a3);
	}
	while (n-- > 0)
		a0 = ib_fold(a0, k, _mm_loadu_si128(b++));
	return ib_reduce(p, a0);
}

#define IB_TARGET_VCLMUL __attribute__((target("vpclmulqdq,avx2,pclmul,sse4.1")))
/* Octets from which on two blocks at a time are faster. */
#define IB_VCLMUL_MIN 256

/* ib_fold() of two blocks that follow one another. */
static inline IB_TARGET_VCLMUL __m256i
ib_fold2(__m256i acc, __m256i k, __m256i next)
{
	__m256i lo = _mm256_clmulepi64_epi128(acc, k, 0x00);
	__m256i hi = _mm256_clmulepi64_epi128(acc, k, 0x11);

	return _mm256_xor_si256(_mm256_xor_si256(lo, hi), next);
}

static inline IB_TARGET_VCLMUL __m256i
ib_load2(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

/* The same constants for both blocks. */
static inline IB_TARGET_VCLMUL __m256i
ib_twice(const uint64_t k[2])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)k));
}

/* Of 16 octets each: the 4 blocks of @p y and @p n more, at least 4, into 4. @return those left */
static inline IB_TARGET_VCLMUL uint32_t
ib_fold_wide(const struct ib_crc_poly *p, __m256i y[2], const uint8_t **data, uint32_t n)
{
	const __m256i k8 = ib_twice(p->fold1024), k4 = ib_twice(p->fold512);
	__m256i y0 = y[0], y1 = y[1], y2, y3;
	const uint8_t *b = *data;

	y2 = ib_load2(b);
	y3 = ib_load2(b + 32);
	for (b += 64, n -= 4; n >= 8; n -= 8, b += 128) {
		y0 = ib_fold2(y0, k8, ib_load2(b));
		y1 = ib_fold2(y1, k8, ib_load2(b + 32));
		y2 = ib_fold2(y2, k8, ib_load2(b + 64));
		y3 = ib_fold2(y3, k8, ib_load2(b + 96));
	}
	y0 = ib_fold2(y0, k4, y2);
	y1 = ib_fold2(y1, k4, y3);
	if (n >= 4) {
		y0 = ib_fold2(y0, k4, ib_load2(b));
		y1 = ib_fold2(y1, k4, ib_load2(b + 32));
		b += 64;
		n -= 4;
	}
	y[0] = y0;
	y[1] = y1;
	*data = b;
	return n;
}

/* As ib_clmul_run(), two blocks at a time. */
static IB_TARGET_VCLMUL uint32_t
ib_vclmul_run(const struct ib_crc_poly *p, uint32_t crc, const uint8_t *data, uint32_t len)
{
	uint32_t odd = len & 15, n = len >> 4;
	__m128i k, a;
	__m256i y[2];

	if (len < IB_VCLMUL_MIN)
		return ib_clmul_run(p, crc, data, len);
	a = ib_first(p, crc, data, odd);
	data += odd;
	y[0] = _mm256_inserti128_si256(_mm256_castsi128_si256(a),
			_mm_loadu_si128((const __m128i *)(data + 16)), 1);
	y[1] = ib_load2(data + 32);
	data += 64;
	n = ib_fold_wide(p, y, &data, n - 4);
	k = _mm_loadu_si128((const __m128i *)p->fold128);
	a = ib_fold(_mm256_castsi256_si128(y[0]), k, _mm256_extracti128_si256(y[0], 1));
	a = ib_fold(a, k, _mm256_castsi256_si128(y[1]));
	a = ib_fold(a, k, _mm256_extracti128_si256(y[1], 1));
	for (; n > 0; n--, data += 16)
		a = ib_fold(a, k, _mm_loadu_si128((const __m128i *)data));
	return ib_reduce(p, a);
}

static bool
ib_has_clmul(void)
{
	return rte_cpu_get_flag_enabled(RTE_CPUFLAG_PCLMULQDQ) > 0 &&
			rte_cpu_get_flag_enabled(RTE_CPUFLAG_SSE4_1) > 0;
}

/* Both the CPU and what the kernel saves of its registers. */
static bool
ib_has_vclmul(void)
{
	__builtin_cpu_init();
	return ib_has_clmul() && rte_cpu_get_flag_enabled(RTE_CPUFLAG_VPCLMULQDQ) > 0 &&
			__builtin_cpu_supports("avx2");
}

#endif /* IB_CRC_HAVE_CLMUL */

static ib_crc_run_t crc_run = ib_table_run;

int
ib_crc_use(enum ib_crc_impl impl)
{
	switch (impl) {
	case IB_CRC_TABLES:
		crc_run = ib_table_run;
		return 0;
	case IB_CRC_CLMUL:
#if IB_CRC_HAVE_CLMUL
		if (ib_has_clmul()) {
			crc_run = ib_clmul_run;
			return 0;
		}
#endif
		return -ENOTSUP;
	case IB_CRC_VCLMUL:
#if IB_CRC_HAVE_CLMUL
		if (ib_has_vclmul()) {
			crc_run = ib_vclmul_run;
			return 0;
		}
#endif
		return -ENOTSUP;
	}
	return -EINVAL;
}

void
ib_crc_init(void)
{
	ib_table_init(&poly_icrc);
	ib_table_init(&poly_vcrc);
#if IB_CRC_HAVE_CLMUL
	ib_clmul_init(&poly_icrc);
	ib_clmul_init(&poly_vcrc);
#endif
	if (ib_crc_use(IB_CRC_VCLMUL) != 0 && ib_crc_use(IB_CRC_CLMUL) != 0)
		ib_crc_use(IB_CRC_TABLES);
}

RTE_INIT(ib_crc_constructor)
{
	ib_crc_init();
}

/* The register after octets off .. off + len of a packet cut anywhere. */
static uint32_t
ib_run_mbuf(const struct ib_crc_poly *p, uint32_t crc, const struct rte_mbuf *m, uint32_t off,
		uint32_t len)
{
	uint32_t n;

	for (; m != NULL && len > 0; m = m->next) {
		if (off >= m->data_len) {
			off -= m->data_len;
			continue;
		}
		n = RTE_MIN(len, m->data_len - off);
		crc = crc_run(p, crc, rte_pktmbuf_mtod_offset(m, const uint8_t *, off), n);
		len -= n;
		off = 0;
	}
	return crc;
}

/*
 * The masked copy is longer than the headers need: 16-octet blocks, so that the
 * rest of a packet starts as a whole block too.
 */
#define IB_MASKED_MAX 64
#define IB_LOCAL_BTH sizeof(struct ib_lrh)
#define IB_GLOBAL_BTH (sizeof(struct ib_lrh) + sizeof(struct ib_grh))
static_assert(IB_GLOBAL_BTH + sizeof(struct ib_bth) <= IB_MASKED_MAX,
		"the headers with masked fields fit the copy");

/* What switches and routers may change counts as ones (IBA 7.8.1). */
/* clang-format off */
static const uint8_t mask_local[IB_MASKED_MAX] __rte_aligned(16) = {
	0xf0, /* VL */
	[IB_LOCAL_BTH + offsetof(struct ib_bth, rsvd8a)] = 0xff,
};
static const uint8_t mask_global[IB_MASKED_MAX] __rte_aligned(16) = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* LRH */
	0x0f, 0xff, 0xff, 0xff, /* TClass, FlowLabel */
	[sizeof(struct ib_lrh) + offsetof(struct ib_grh, hoplmt)] = 0xff,
	[IB_GLOBAL_BTH + offsetof(struct ib_bth, rsvd8a)] = 0xff,
};
/* clang-format on */

static const uint8_t *
ib_mask_of(const uint8_t *h)
{
	const struct ib_lrh *lrh = (const struct ib_lrh *)h;

	return (lrh->sl_lnh & 3) == IB_LNH_GLOBAL ? mask_global : mask_local;
}

/* The register after the first @p head octets, at most IB_MASKED_MAX of them. */
static __rte_always_inline uint32_t
ib_run_masked(const uint8_t *h, uint32_t head)
{
	uint64_t copy[IB_MASKED_MAX / sizeof(uint64_t)] __rte_aligned(64) = { 0 };
	uint64_t mask;
	unsigned int i;

	memcpy(copy, h, head);
	h = ib_mask_of(h);
	for (i = 0; i < RTE_DIM(copy); i++) {
		memcpy(&mask, h + i * sizeof(mask), sizeof(mask));
		copy[i] |= mask;
	}
	return crc_run(&poly_icrc, UINT32_MAX, (const uint8_t *)copy, head);
}

static uint32_t
ib_run_header(const uint8_t *h, uint32_t len)
{
	/* The usual length as a constant: plain vector moves instead of a call. */
	return likely(len >= IB_MASKED_MAX) ? ib_run_masked(h, IB_MASKED_MAX)
					    : ib_run_masked(h, len);
}

static inline uint32_t
ib_masked_len(uint32_t len)
{
	return RTE_MIN(len, (uint32_t)IB_MASKED_MAX);
}

uint32_t
ib_icrc(const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	uint8_t gather[IB_MASKED_MAX];
	uint32_t head = ib_masked_len(len);
	const uint8_t *h;
	uint32_t crc;

	h = rte_pktmbuf_read(m, off, head, gather);
	if (unlikely(h == NULL))
		return 0;
	crc = ib_run_header(h, len);
	return ~ib_run_mbuf(&poly_icrc, crc, m, off + head, len - head);
}

uint16_t
ib_vcrc(const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	return (uint16_t)~ib_run_mbuf(&poly_vcrc, UINT16_MAX, m, off, len);
}

void
ib_crc_both(const struct rte_mbuf *m, uint32_t off, uint32_t len, uint32_t *icrc, uint16_t *vcrc)
{
	uint8_t wire[IB_ICRC_LEN];
	uint32_t i, v;

	i = ib_icrc(m, off, len);
	v = ib_run_mbuf(&poly_vcrc, UINT16_MAX, m, off, len);
	*icrc = i;
	i = rte_cpu_to_le_32(i);
	memcpy(wire, &i, sizeof(wire));
	*vcrc = (uint16_t)~ib_table_run(&poly_vcrc, v, wire, sizeof(wire));
}

uint32_t
ib_icrc_buf(const void *lrh, uint32_t len)
{
	uint32_t head = ib_masked_len(len);
	uint32_t crc = ib_run_header(lrh, len);

	return ~crc_run(&poly_icrc, crc, (const uint8_t *)lrh + head, len - head);
}

uint16_t
ib_vcrc_buf(const void *lrh, uint32_t len)
{
	return (uint16_t)~crc_run(&poly_vcrc, UINT16_MAX, lrh, len);
}
