/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* What programs and people hand over in words: options, devargs, telemetry's parameters. */

#include <getopt.h>
#include <stdio.h>

#include "fuzz.h"
#include "ipoib_pmd.h"
#include "options.h"
#include "telemetry_priv.h"

#define WORDS_MAX 16

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* One line about each wrong word. The fuzzer has its own of these. */
	stdout = fopen("/dev/null", "w");
	stderr = fopen("/dev/null", "w");
	assert_non_null(stdout);
	assert_non_null(stderr);
	rte_openlog_stream(stderr);
	return 0;
}

/* getopt_long() keeps a place in what it stopped in. */
static void
getopt_forget(void)
{
	char name[] = "x", *argv[] = { name, NULL };

	optind = 0;
	getopt(1, argv, "");
}

static void
options(char *text)
{
	static char name[] = "dpdk-ipoib", dash[] = "--";
	char *argv[WORDS_MAX + 3] = { name }, *save = NULL, *w;
	struct app_options o;
	int argc = 1;

	if (text[0] != '\n')
		argv[argc++] = dash;
	for (w = strtok_r(text, "\n", &save); w != NULL && argc < WORDS_MAX;
			w = strtok_r(NULL, "\n", &save))
		argv[argc++] = w;
	getopt_forget();
	if (options_parse(argc, argv, &o) != OPTIONS_RUN)
		return;
	assert_in_range(o.burst, 1, DP_BURST_MAX);
	assert_in_range(o.engine, 0, DP_ENGINE_MAX - 1);
	assert_in_range(o.mbuf_size, 512, 65535);
	assert_in_range(o.gen.pkt_len, APP_TXPKTS_MIN, APP_TXPKTS_MAX);
	assert_true(o.nb_portlist <= DP_PORTS_MAX);
	assert_true(o.nb_eth_peers <= RTE_DIM(o.eth_peer));
}

/* What is taken is written and read again. */
static void
devargs(const char *text)
{
	struct ipoib_devargs a, again;
	char out[512];

	if (ipoib_devargs_parse("net_ipoib0", text, &a) != 0)
		return;
	assert_in_range(a.port, 1, 254);
	assert_in_range(a.queues, 1, PMD_IPOIB_QUEUES_MAX);
	assert_int_equal(ipoib_devargs_format(&a, out, sizeof(out)), 0);
	if (a.qpn != 0 || a.ether || strpbrk(text, "[]\"") != NULL)
		return;
	assert_int_equal(ipoib_devargs_parse("net_ipoib0", out, &again), 0);
	assert_string_equal(a.device, again.device);
	assert_string_equal(a.carrier, again.carrier);
	assert_int_equal(a.pkey, again.pkey);
	assert_int_equal(a.numa, again.numa);
}

static void
parameters(const char *text, bool with_port)
{
	struct tel_question q;
	uint32_t end;

	if (tel_question(text, with_port, &q) != 0)
		return;
	assert_true(q.port < DP_PORTS_MAX);
	assert_true(q.count != 0);
	end = tel_page_end(&q, 1000, 32);
	assert_true(end >= q.offset && end - q.offset <= 32);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	assert_non_null(text);
	memcpy(text, data, size);
	text[size] = '\0';
	devargs(text);
	parameters(text, true);
	parameters(text, false);
	options(text);
	free(text);
	return 0;
}
