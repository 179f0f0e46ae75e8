/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* MADs that arrive while questions to the SA are open: answers, lists, reports, and anything. */

#include <errno.h>

#include "fuzz.h"
#include "sa_fixture.h"
#include "sa_priv.h"

/* Where they are in a MAD. */
#define TID 8
#define DATA 56
#define PASS_US 20000

static struct sa_fixture *fx;
static uint8_t asked[IPOIB_MAD_LEN];
/* Questions that were taken; those of them whose answer nobody wants any more. */
static unsigned int questions, cancelled;
static ipoib_sa_req_t last_handle;

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

/* By GID, or by LID with SL and QoS class, as far as what says. */
static int
ask_path(uint8_t what, ipoib_sa_req_t *handle)
{
	struct ipoib_sa_path_req req = { .dgid = sa_dgid, .pkey = 0x0001 };

	if ((what & 8) != 0) {
		req.dgid = (struct ib_gid){ 0 };
		req.dlid = 9;
	}
	req.has_sl = (what & 16) != 0;
	req.sl = 3;
	req.has_qos_class = (what & 32) != 0;
	req.qos_class = 5;
	req.sgid = fx->fake->port.gid;
	return ipoib_sa_path_get(fx->sa, &req, sa_on_path, fx, handle);
}

static int
ask_group(uint8_t what, ipoib_sa_req_t *handle)
{
	static const struct ipoib_sa_mcast bcast = { .qkey = 0x0b1b, .mtu = 2048, .rate = 3 };

	switch (what % 8) {
	case 1:
		return ipoib_sa_mcast_get(fx->sa, &sa_mgid, &sa_dgid, sa_on_mcast, fx, handle);
	case 4:
		return ipoib_sa_mcast_join(fx->sa, &sa_mgid, &sa_dgid, 0x8001, IPOIB_SA_JOIN_FULL,
				NULL, sa_on_mcast, fx, handle);
	case 5:
		return ipoib_sa_mcast_join(fx->sa, &sa_mgid, &sa_dgid, 0x8001,
				IPOIB_SA_JOIN_SENDONLY_FULL, &bcast, sa_on_mcast, fx, handle);
	default:
		return ipoib_sa_mcast_leave(fx->sa, &sa_mgid, &sa_dgid, IPOIB_SA_JOIN_FULL,
				sa_on_mcast, fx, handle);
	}
}

static void
ask(uint8_t what)
{
	int ret;

	switch (what % 8) {
	case 0:
		ret = ask_path(what, &last_handle);
		break;
	case 2:
	case 3:
		ret = ipoib_sa_mcast_list(fx->sa, 0x8001, sa_on_list, fx, &last_handle);
		break;
	case 7:
		if ((what & 8) != 0)
			ret = ipoib_sa_info_get(fx->sa, sa_on_info, fx, &last_handle);
		else
			ret = ipoib_sa_inform(fx->sa, 66, true, sa_on_inform, fx, &last_handle);
		break;
	default:
		ret = ask_group(what, &last_handle);
	}
	questions += ret == 0;
	sa_step(fx);
}

static unsigned int
open_questions(void)
{
	struct ipoib_sa_stats st = sa_stats(fx);

	return (unsigned int)(st.queued + st.outstanding);
}

/* The transport, the SM or whoever asked changes his mind. */
static void
change(uint8_t what)
{
	unsigned int open = open_questions();

	switch (what % 4) {
	case 0:
		ipoib_sa_cancel(fx->sa, last_handle);
		cancelled += open - open_questions();
		break;
	case 1:
		fx->fake->port.sm_lid ^= 2;
		break;
	case 2:
		fx->fake->send_ret = what & 4 ? -EAGAIN : what & 8 ? -EIO : 0;
		break;
	default:
		fx->fake->port.state = what & 4 ? IPOIB_MAD_DOWN : IPOIB_MAD_ACTIVE;
	}
	sa_step(fx);
}

/* What an SA would answer to the last question. */
static void
good(uint8_t *mad)
{
	static const struct oracle_path path = { .dlid = 9, .pkey = 0x8001, .mtu = 0x84 };
	struct oracle_hdr hdr;

	memcpy(mad, asked, IPOIB_MAD_LEN);
	oracle_get_hdr(mad, &hdr);
	if (hdr.attr_id == 0x0035)
		oracle_answer_path(mad, &path);
	else if (hdr.attr_id == 0x0038)
		oracle_answer_member(mad, &sa_good_member);
	else if (hdr.attr_id == 0x0001)
		oracle_answer_info(mad, 0x2602, 0x1400, 18);
	else
		oracle_answer(mad, 0);
}

/* A segment of a table, full of records; one goes on in the next segment. */
static void
segment(uint8_t *mad, struct fuzz_input *in, uint8_t flags, uint16_t seg)
{
	struct oracle_rmpp rmpp = { .version = 1, .type = 1, .flags = 1, .seg = seg };
	struct oracle_member member = sa_good_member;
	uint8_t records[5 * ORACLE_MEMBER_LEN];
	unsigned int i;

	memcpy(mad, asked, IPOIB_MAD_LEN);
	oracle_answer(mad, 0);
	memcpy(member.mgid, sa_mgid.raw, sizeof(member.mgid));
	for (i = 0; i < RTE_DIM(records) / ORACLE_MEMBER_LEN; i++)
		oracle_put_member(records + i * ORACLE_MEMBER_LEN, &member);
	rmpp.flags |= flags & 6; /* first, last */
	rmpp.len_or_last = (flags & 4) != 0 ? fuzz_u8(in) : 0;
	if ((flags & 8) != 0)
		rmpp.type = fuzz_u8(in);
	if ((flags & 16) != 0)
		rmpp.version = 0;
	oracle_put_rmpp(mad, &rmpp, (flags & 32) != 0 ? fuzz_u8(in) : ORACLE_MEMBER_LEN);
	/* As if there were 7 segments in front: after so many it begins anew. */
	memcpy(mad + DATA, records + (seg + 6u) * (IPOIB_MAD_LEN - DATA) % ORACLE_MEMBER_LEN,
			IPOIB_MAD_LEN - DATA);
	/* In one MAD as ibsim has it: so many records, then what was not sent. */
	if ((flags & 64) != 0)
		memset(mad + DATA + seg % 4 * ORACLE_MEMBER_LEN, 0,
				IPOIB_MAD_LEN - DATA - seg % 4 * ORACLE_MEMBER_LEN);
}

/* What arrives is answered by one MAD each at most, whatever it is. A poll takes only so much. */
static void
arrive(void)
{
	unsigned int pending;
	uint64_t sent;

	do {
		pending = fx->fake->pending;
		sent = fx->fake->sent;
		fake_mad_step(fx->fake, STEP_US);
		assert_in_range(fx->fake->sent - sent, 0, pending - fx->fake->pending);
		ipoib_sa_poll(fx->sa, fx->fake->now_us);
	} while (fx->fake->pending > 0);
}

/* Segments that follow each other. */
static void
run_of_segments(struct fuzz_input *in)
{
	uint8_t mad[IPOIB_MAD_LEN] = { 0 }, flags = fuzz_u8(in);
	uint16_t seg = fuzz_u16(in);
	unsigned int i, n = fuzz_u8(in) + 1u;

	for (i = 0; i < n; i++) {
		segment(mad, in, flags, (uint16_t)(seg + i));
		fake_mad_deliver(fx->fake, mad, 0, 0);
	}
	arrive();
}

static void
report(uint8_t *mad, struct fuzz_input *in)
{
	static const uint16_t traps[] = { 64, 65, 66, 67, 128, 144, 0, 65535 };
	struct oracle_notice n = { .generic = 1, .issuer_lid = 0x31, .lid = 0x42 };

	n.trap = traps[fuzz_u8(in) % RTE_DIM(traps)];
	memcpy(n.gid, sa_mgid.raw, sizeof(n.gid));
	memcpy(n.issuer_gid, sa_dgid.raw, sizeof(n.issuer_gid));
	oracle_report(mad, fuzz_u8(in), &n);
}

/* Some octets are others. */
static void
patch(uint8_t *mad, struct fuzz_input *in)
{
	uint8_t n = fuzz_u8(in) % 8;

	while (n-- > 0) {
		uint8_t at = fuzz_u8(in);

		mad[at] = fuzz_u8(in);
	}
}

/* Any octets, behind the head of the question or all of it. */
static void
octets(uint8_t *mad, struct fuzz_input *in, uint8_t flags)
{
	uint8_t len = fuzz_u8(in);
	size_t at = 0, n;

	if ((flags & 0x10) != 0) {
		at = (flags & 0x20) != 0 ? 24 : DATA;
		memcpy(mad, asked, IPOIB_MAD_LEN);
		mad[3] |= 0x80;
	}
	n = RTE_MIN(RTE_MIN(in->size, (size_t)len), IPOIB_MAD_LEN - at);
	memcpy(mad + at, in->data, n);
	in->data += n;
	in->size -= n;
	if ((flags & 0x40) != 0)
		memcpy(mad + TID, asked + TID, 8);
}

/* Time passes, in longer steps than sa_run()'s, which would take most of an input's time. */
static void
pass(unsigned int steps)
{
	while (steps-- > 0) {
		fake_mad_step(fx->fake, PASS_US);
		ipoib_sa_poll(fx->sa, fx->fake->now_us);
	}
}

static void
answer(struct fuzz_input *in)
{
	uint8_t mad[IPOIB_MAD_LEN] = { 0 }, flags = fuzz_u8(in), what;
	int status = 0;

	switch (flags % 8) {
	case 0:
		if ((flags & 8) != 0)
			change(fuzz_u8(in));
		else
			ask(fuzz_u8(in));
		return;
	case 1:
		pass(fuzz_u8(in));
		return;
	case 2:
		status = (flags & 0x80) != 0 ? -EHOSTUNREACH : -5;
		memcpy(mad, asked, sizeof(mad));
		break;
	case 3:
		good(mad);
		break;
	case 4:
		what = fuzz_u8(in);
		segment(mad, in, what, fuzz_u8(in));
		break;
	case 5:
		run_of_segments(in);
		return;
	case 6:
		report(mad, in);
		break;
	default:
		octets(mad, in, flags);
	}
	patch(mad, in);
	fake_mad_deliver(fx->fake, mad, status, 0);
	arrive();
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

/* Each question has had one answer, if only that it has none. */
static void
end(void)
{
	assert_int_equal(fx->calls + open_questions() + cancelled, questions);
	ipoib_sa_destroy(fx->sa);
	assert_int_equal(fx->calls + cancelled, questions);
	fake_mad_close(fx->fake);
	free(fx);
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
	questions = cancelled = 0;
	last_handle = 0;
	ask(fuzz_u8(&in));
	while (in.size > 2)
		answer(&in);
	pass(50);
	end();
	return 0;
}
