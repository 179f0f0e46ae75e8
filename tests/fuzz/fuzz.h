/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef FUZZ_H
#define FUZZ_H

/*
 * What fuzzers share. Each is a program of libFuzzer: LLVMFuzzerTestOneInput() gets octets; what a
 * sanitizer finds, and an assertion of the fixture that fails, ends it with the input kept.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An input, taken from its front. */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

/* The next octet, 0 at the end. */
static inline uint8_t
fuzz_u8(struct fuzz_input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

static inline uint16_t
fuzz_u16(struct fuzz_input *in)
{
	uint16_t high = fuzz_u8(in);

	return (uint16_t)(high << 8 | fuzz_u8(in));
}

/* The rest, at most @p max octets, into @p buf. @return how many */
static inline uint32_t
fuzz_rest(struct fuzz_input *in, void *buf, size_t max)
{
	size_t n = in->size < max ? in->size : max;

	memcpy(buf, in->data, n);
	return (uint32_t)n;
}

/* Every so many inputs a fixture is made anew, which checks that nothing is lost. */
#define FUZZ_ROUND 4096

#endif /* FUZZ_H */
