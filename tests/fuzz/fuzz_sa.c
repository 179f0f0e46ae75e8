/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* MADs that arrive while questions to the SA are open: answers, lists, reports, and anything. */

#include "fuzz.h"
#include "sa_fixture.h"
#include "sa_priv.h"

#define TID 8 /* where it is in a MAD */

static struct sa_fixture *fx;
static uint8_t asked[IPOIB_MAD_LEN];

static void
take(struct sa_fixture *f, const uint8_t *mad)
{
	(void)f;
	memcpy(asked, mad, sizeof(asked));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void
ask(uint8_t what)
{
	ipoib_sa_req_t handle;

	switch (what % 4) {
	case 0:
		sa_ask_path(fx, &handle);
		break;
	case 1:
		ipoib_sa_mcast_get(fx->sa, &sa_mgid, &sa_dgid, sa_on_mcast, fx, &handle);
		break;
	case 2:
		ipoib_sa_mcast_list(fx->sa, 0x8001, sa_on_list, fx, &handle);
		break;
	default:
		ipoib_sa_info_get(fx->sa, sa_on_info, fx, &handle);
		break;
	}
	sa_step(fx);
}

/* The answer's head as the question's, but for the method. */
static void
answer(struct fuzz_input *in)
{
	uint8_t mad[IPOIB_MAD_LEN] = { 0 }, flags = fuzz_u8(in), len;
	size_t at = (flags & 2) != 0 ? 24 : 56, n;

	len = fuzz_u8(in);
	if ((flags & 1) != 0) {
		memcpy(mad, asked, sizeof(mad));
		mad[3] |= 0x80;
		n = RTE_MIN(in->size, (size_t)len);
		memcpy(mad + at, in->data, RTE_MIN(n, sizeof(mad) - at));
	} else {
		memcpy(mad, in->data, RTE_MIN(in->size, sizeof(mad)));
		if ((flags & 4) != 0)
			memcpy(mad + TID, asked + TID, 8);
	}
	if (in->size < len)
		len = (uint8_t)in->size;
	in->data += len;
	in->size -= len;
	fake_mad_deliver(fx->fake, mad, (flags & 0x60) == 0x60 ? -5 : 0, 0);
	sa_step(fx);
}

static void
decode(const uint8_t *data, size_t size)
{
	struct ipoib_sa_notice notice;
	struct ipoib_sa_mcast mcast;
	struct ipoib_sa_path path;
	uint8_t *copy = calloc(1, 200);

	assert_non_null(copy);
	memcpy(copy, data, RTE_MIN(size, (size_t)200));
	sa_decode_path(copy, &path);
	sa_decode_mcmember(copy, &mcast);
	sa_decode_notice(copy, &notice);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	void *state;

	decode(data, size);
	sa_setup(&state);
	fx = state;
	fx->s.take = take;
	ask(fuzz_u8(&in));
	while (in.size > 2)
		answer(&in);
	sa_run(fx, 1, 1000000);
	sa_teardown(&state);
	return 0;
}
