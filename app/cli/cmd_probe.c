/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/* ping, arping and traceroute: control does it, here it is shown. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "control_probe.h"
#include "parse.h"

#define POLL_MS 20
#define COUNT_DEFAULT 5
#define COUNT_MAX 1000000
#define SIZE_DEFAULT 56
#define SIZE_MAX_ICMP 65000
#define HOPS_MAX 30

/* What the lines say at the end. */
struct sums {
	bool verbose;
	uint8_t hop; /* traceroute: whose line is begun */
	struct dp_ip from;
	uint32_t received;
	uint64_t min, max, total; /* microseconds */
};

static int
start_fn(struct control *c, void *arg)
{
	return control_probe_start(c, arg);
}

static int
poll_fn(struct control *c, void *arg)
{
	return control_probe_poll(c, arg);
}

static int
stop_fn(struct control *c, void *arg __rte_unused)
{
	control_probe_stop(c);
	return 0;
}

static const char *
error_text(const struct control_probe_event *e)
{
	static const char *const unreachable4[] = { "network unreachable", "host unreachable",
		"protocol unreachable", "port unreachable", "too big" };
	static const char *const unreachable6[] = { "no route", "prohibited", "beyond scope",
		"address unreachable", "port unreachable" };

	if (dp_ip_is4(&e->from)) {
		if (e->type == 11)
			return "time to live exceeded";
		if (e->type == 3 && e->code < RTE_DIM(unreachable4))
			return unreachable4[e->code];
		return e->type == 3 && e->code == 13 ? "prohibited" : "ICMP error";
	}
	if (e->type == 3)
		return "hop limit exceeded";
	if (e->type == 1 && e->code < RTE_DIM(unreachable6))
		return unreachable6[e->code];
	return e->type == 2 ? "too big" : "ICMPv6 error";
}

/* What is below IP. */
static void
print_below(FILE *out, const struct control_probe_event *e, bool verbose)
{
	char gid[IB_GID_STRLEN];

	if (!verbose || !e->ipoib)
		return;
	fprintf(out, " SLID %u QPN 0x%06" PRIx32, e->slid, e->qpn);
	if (e->grh)
		fprintf(out, " GRH SGID %s", ib_gid_format(&e->sgid, gid, sizeof(gid)));
	else
		fputs(" no GRH", out);
}

static void
print_lladdr(FILE *out, const struct control_probe_event *e)
{
	char buf[IPOIB_ADDR_STRLEN];

	if (e->ipoib)
		fprintf(out, " [%s]", ipoib_addr_format(&e->lladdr.lladdr, buf, sizeof(buf)));
	else
		fprintf(out, " [%02x:%02x:%02x:%02x:%02x:%02x]",
				RTE_ETHER_ADDR_BYTES(&e->lladdr.mac));
}

static void
show_event(FILE *out, const struct control_probe_event *e, struct sums *s)
{
	char ip[PARSE_IP_STRLEN];

	format_ip(e->from.b, ip);
	if (e->what == CONTROL_PROBE_LOST) {
		fprintf(out, "no answer: seq=%" PRIu32 "\n", e->seq);
		return;
	}
	if (e->what == CONTROL_PROBE_ERROR) {
		fprintf(out, "from %s: seq=%" PRIu32 " %s", ip, e->seq, error_text(e));
	} else if (e->has_lladdr) {
		fprintf(out, "answer of %s", ip);
		print_lladdr(out, e);
		fprintf(out, ": seq=%" PRIu32 " time=%.3f ms", e->seq, e->rtt_us / 1000.0);
	} else {
		fprintf(out, "%u octets from %s: seq=%" PRIu32 " ttl=%u time=%.3f ms", e->size, ip,
				e->seq, e->ttl, e->rtt_us / 1000.0);
	}
	print_below(out, e, s->verbose);
	fputc('\n', out);
	if (e->what != CONTROL_PROBE_REPLY)
		return;
	s->min = s->received == 0 ? e->rtt_us : RTE_MIN(s->min, (uint64_t)e->rtt_us);
	s->max = RTE_MAX(s->max, (uint64_t)e->rtt_us);
	s->total += e->rtt_us;
	s->received++;
}

/* All of a hop is one line. */
static void
show_hop(FILE *out, const struct control_probe_event *e, struct sums *s)
{
	char ip[PARSE_IP_STRLEN];

	if (e->hop != s->hop) {
		fprintf(out, "%2u ", e->hop);
		s->hop = e->hop;
		s->from = (struct dp_ip){ .b = { 0 } };
	}
	if (e->what == CONTROL_PROBE_HOP) {
		fputc('\n', out);
		return;
	}
	if (e->what == CONTROL_PROBE_LOST) {
		fputs(" *", out);
		return;
	}
	if (!dp_ip_equal(&e->from, &s->from)) {
		fprintf(out, " %s", format_ip(e->from.b, ip));
		print_below(out, e, s->verbose);
		s->from = e->from;
	}
	fprintf(out, "  %.3f ms", e->rtt_us / 1000.0);
	if (e->what == CONTROL_PROBE_ERROR && e->type != (dp_ip_is4(&e->from) ? 11 : 3))
		fprintf(out, " (%s)", error_text(e));
}

static void
show_sums(FILE *out, const struct control_probe_poll *poll, const struct sums *s)
{
	uint32_t lost = poll->sent - RTE_MIN(poll->received, poll->sent);

	fprintf(out, "%" PRIu32 " sent, %" PRIu32 " answered, %.0f %% lost\n", poll->sent,
			poll->received, poll->sent == 0 ? 0 : 100.0 * lost / poll->sent);
	if (s->received != 0)
		fprintf(out, "round trip min/avg/max = %.3f/%.3f/%.3f ms\n",
				(double)s->min / 1000.0, (double)s->total / 1000.0 / s->received,
				(double)s->max / 1000.0);
}

/* Until it is done, or Ctrl-C, or "stop". */
static int
follow(struct cli *cli, enum control_probe_kind kind, struct sums *s)
{
	struct control_probe_poll poll = { .done = false };
	int ret = 0;
	uint32_t i;

	while (!poll.done && !atomic_load(&cli->a->quit)) {
		ret = app_ask(cli->a, poll_fn, &poll, sizeof(poll), APP_ASK_MS);
		if (ret == -EBUSY)
			continue;
		if (ret != 0)
			break;
		for (i = 0; i < poll.nb; i++) {
			if (kind == CONTROL_TRACEROUTE)
				show_hop(cli->out, &poll.event[i], s);
			else
				show_event(cli->out, &poll.event[i], s);
		}
		fflush(cli->out);
		if (poll.nb == 0 && !poll.done && cli_stopped(cli, POLL_MS))
			break;
	}
	app_ask(cli->a, stop_fn, NULL, 0, APP_ASK_MS);
	if (ret == 0 && kind != CONTROL_TRACEROUTE)
		show_sums(cli->out, &poll, s);
	else if (ret == 0 && !poll.done && s->hop != 0)
		fputc('\n', cli->out);
	return ret;
}

static int
probe(struct cli *cli, struct control_probe_cfg *cfg, bool verbose)
{
	static const struct cli_error errors[] = {
		{ EADDRINUSE, "it is our own address" },
		{ EBUSY, "another ping, arping or traceroute is under way" },
		{ ENETUNREACH, "no route, or for arping it is on no link of ours" },
		{ EHOSTUNREACH, "routes lead there by another port ('ip route get')" },
		{ EADDRNOTAVAIL,
				"the source must be an address of ours, and the port that it leaves "
				"by must have one of the family ('ip address show')" },
		{ EDESTADDRREQ, "a link-local address needs its port: 'port P'" },
		{ EMSGSIZE, "the size is more than a packet buffer holds (--mbuf-size)" },
		{ ENODEV, "not a forwarding port" },
		{ 0 },
	};
	static const char *const verb[] = { "ping", "arping", "traceroute" };
	char dst[PARSE_IP_STRLEN], src[PARSE_IP_STRLEN];
	struct sums s = { .verbose = verbose };
	int ret = cfg->port == DP_PORT_NIL ? 0 : cli_check_port(cli, cfg->port);

	if (ret != 0)
		return ret;
	format_ip(cfg->dst.b, dst);
	ret = app_ask(cli->a, start_fn, cfg, sizeof(*cfg), APP_ASK_MS);
	if (ret != 0)
		return cli_result(cli, ret, dst, errors);
	fprintf(cli->out, "%s %s from %s by port %u\n", verb[cfg->kind], dst,
			format_ip(cfg->src.b, src), cfg->port);
	fflush(cli->out);
	return cli_result(cli, follow(cli, cfg->kind, &s), dst, errors);
}

/* @return 0, or negative after one line */
static int
check(struct cli *cli, const char *what, uint64_t n, uint64_t first, uint64_t last)
{
	if (n >= first && n <= last)
		return 0;
	return cli_fail(cli, "%s %" PRIu64 ": %" PRIu64 " to %" PRIu64 " are possible", what, n,
			first, last);
}

int
cmd_ping_address(struct cli *cli, const struct cmd_ping_address *args)
{
	struct control_probe_cfg cfg = { .kind = CONTROL_PING,
		.dst = args->address,
		.port = args->has_port ? args->port : DP_PORT_NIL,
		.count = args->has_count ? (uint32_t)args->count : COUNT_DEFAULT,
		.size = args->has_size ? (uint16_t)args->size : SIZE_DEFAULT,
		.interval_ms = args->has_interval ? (uint32_t)args->interval : 1000 };
	int ret;

	if (args->has_source)
		cfg.src = args->source;
	ret = check(cli, "count", args->count, 0, COUNT_MAX);
	if (ret == 0 && args->has_size)
		ret = check(cli, "size", args->size, 0, SIZE_MAX_ICMP);
	if (ret == 0 && args->has_interval)
		ret = check(cli, "interval", args->interval, 10, 60000);
	return ret != 0 ? ret : probe(cli, &cfg, args->has_verbose);
}

int
cmd_arping_address(struct cli *cli, const struct cmd_arping_address *args)
{
	struct control_probe_cfg cfg = { .kind = CONTROL_ARPING,
		.dst = args->address,
		.port = args->has_port ? args->port : DP_PORT_NIL,
		.count = args->has_count ? (uint32_t)args->count : COUNT_DEFAULT,
		.interval_ms = 1000 };
	int ret;

	ret = check(cli, "count", args->count, 0, COUNT_MAX);
	return ret != 0 ? ret : probe(cli, &cfg, args->has_verbose);
}

int
cmd_traceroute_address(struct cli *cli, const struct cmd_traceroute_address *args)
{
	struct control_probe_cfg cfg = { .kind = CONTROL_TRACEROUTE,
		.dst = args->address,
		.port = DP_PORT_NIL,
		.size = SIZE_DEFAULT,
		.hops = args->has_hops ? (uint8_t)args->hops : HOPS_MAX };
	int ret = 0;

	if (args->has_source)
		cfg.src = args->source;
	if (args->has_hops)
		ret = check(cli, "hops", args->hops, 1, 255);
	return ret != 0 ? ret : probe(cli, &cfg, args->has_verbose);
}
