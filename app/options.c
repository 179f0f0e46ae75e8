/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_version.h>

#include "nearest.h"
#include "options.h"
#include "options_read.h"
#include "parse.h"

#define PROGRAM "dpdk-ipoib"

/* Reads an argument. 0 or an error; the option's "allowed" says what is right. */
typedef int (*option_fn)(struct app_options *o, const char *arg);

struct option_row {
	const char *group;   /* heading in --help; NULL: as the one before */
	const char *name;    /* NULL ends the table */
	char letter;	     /* 0: none */
	const char *arg;     /* NULL: a flag */
	uint64_t min, max;   /* of a number */
	size_t offset;	     /* of a uint32_t in struct app_options */
	option_fn fn;	     /* NULL: a flag or a number */
	const char *allowed; /* with fn */
	const char *help;
	const char *standard; /* default in words; NULL: none worth a word */
};

#define ENGINES "route, io, mac, macswap, rxonly, txonly, flowgen or icmpecho"
#define EVENTS_ALLOWED \
	"unknown, intr_lsc, queue_state, intr_reset, vf_mbox, macsec, intr_rmv, dev_probed, " \
	"dev_released, ipsec, flow_aged, err_recovering, recovery_success, recovery_failed or all"

#define FLAG(field) .offset = offsetof(struct app_options, field)
#define NUMBER(field, lo, hi) .arg = "N", .min = lo, .max = hi, FLAG(field)

static const struct option_row rows[] = {
	{ "Running", "interactive", 'i', FLAG(interactive),
			.help = "prompt on standard input; start by command" },
	{ NULL, "auto-start", 'a', FLAG(auto_start),
			.help = "with -i: start forwarding before the first prompt" },
	{ NULL, "help", 'h', FLAG(help), .help = "this text" },
	{ NULL, "version", 0, FLAG(version), .help = "versions of the program and of DPDK" },
	{ NULL, "tx-first", 0, FLAG(tx_first),
			.help = "without -i: begin with a burst of txonly's packets to where each "
				"port's packets go" },
	{ NULL, "cmdline-file", 0, "FILE", .fn = read_file, .allowed = "the name of a file",
			.help = "commands to run before forwarding starts; SIGHUP makes of the "
				"program what the file says then" },
	{ NULL, "keep-going", 0, FLAG(keep_going),
			.help = "tell of wrong lines of command files and go on; else the first "
				"ends the program" },
	{ NULL, "user", 0, "NAME", .fn = read_user, .allowed = "the name of a user",
			.help = "as root: become this user once all devices are open" },
	{ NULL, "stats-period", 0, NUMBER(stats_period, 0, 86400),
			.help = "without -i: show port statistics every N seconds",
			.standard = "0: never" },
	{ NULL, "display-xstats", 0, "NAME,...", .fn = read_xstats,
			.allowed = "names of extended statistics, as rx_errors,tx_errors",
			.help = "show these, too, where port statistics are shown" },
	{ NULL, "record-core-cycles", 0, FLAG(record_cycles),
			.help = "show the CPU cycles of a packet" },
	{ NULL, "record-burst-stats", 0, FLAG(record_bursts), .help = "count the sizes of bursts" },
	{ NULL, "print-event", 0, "EVENT", .fn = read_print_event, .allowed = EVENTS_ALLOWED,
			.help = "show events of this kind of ports, as they come",
			.standard = "none" },
	{ NULL, "mask-event", 0, "EVENT", .fn = read_mask_event, .allowed = EVENTS_ALLOWED,
			.help = "do not show them" },
	{ NULL, "mlockall", 0, FLAG(mlockall), .help = "lock all memory" },
	{ "Cores", "nb-cores", 0, NUMBER(nb_cores, 1, DP_WORKERS_MAX), .help = "worker lcores",
			.standard = "all that are left" },
	{ NULL, "coremask", 0, "HEX", .fn = read_coremask,
			.allowed = "a hexadecimal mask with at least one bit, as 0x6",
			.help = "the worker lcores, others stay idle", .standard = "all" },
	{ NULL, "service-lcores", 0, NUMBER(service_lcores, 0, 1),
			.help = "lcores for the control core alone; 0: the main lcore runs it",
			.standard = "1 of three lcores or more, else 0" },
	{ NULL, "idle-sleep", 0, "US", .max = 100000, FLAG(idle_sleep),
			.help = "microseconds that idle workers and control sleep",
			.standard = "0: never" },
	{ "Ports", "portmask", 0, "HEX", .fn = read_portmask,
			.allowed = "a hexadecimal mask with at least one bit, as 0x3",
			.help = "ports to forward between", .standard = "all" },
	{ NULL, "portlist", 0, "LIST", .fn = read_portlist,
			.allowed = "numbers and ranges, each port once, as 0,2-4",
			.help = "the same as a list; io, mac and macswap pair in its order" },
	{ NULL, "port-topology", 0, "NAME", .fn = read_topology,
			.allowed = "paired, chained or loop",
			.help = "where io, mac and macswap send what a port receives",
			.standard = "paired" },
	{ NULL, "disable-link-check", 0, FLAG(no_link_check),
			.help = "do not wait for the link after 'port start'" },
	{ NULL, "no-lsc-interrupt", 0, FLAG(no_lsc),
			.help = "ask for the state of links instead of waiting for interrupts" },
	{ NULL, "no-flush-rx", 0, FLAG(no_flush_rx),
			.help = "nothing is ever flushed: taken for testpmd's sake" },
	{ NULL, "rxq", 0, NUMBER(rxq, 1, 64), .help = "RX queues of a port",
			.standard = "1; of an IPoIB port, queues= of its device" },
	{ NULL, "txq", 0, NUMBER(txq, 1, DP_WORKERS_MAX), .help = "TX queues of a port",
			.standard = "one per worker if the port has them" },
	{ NULL, "rxd", 0, NUMBER(rxd, 1, 65535), .help = "descriptors of an RX queue",
			.standard = "the driver's, else 1024" },
	{ NULL, "txd", 0, NUMBER(txd, 1, 65535), .help = "descriptors of a TX queue",
			.standard = "the driver's, else 1024" },
	{ NULL, "burst", 0, NUMBER(burst, 1, DP_BURST_MAX), .help = "packets of one burst",
			.standard = "32" },
	{ NULL, "mbuf-size", 0, NUMBER(mbuf_size, 512, 65535),
			.help = "octets of an mbuf's data, 128 of headroom included",
			.standard = "4224: takes af_packet's framesz=4096" },
	{ NULL, "total-num-mbufs", 0, NUMBER(total_num_mbufs, 1024, 16777216),
			.help = "mbufs of each pool; one pool per NUMA node",
			.standard = "worked out from the queues" },
	{ NULL, "mbcache", 0, NUMBER(mbcache, 0, 512), .help = "mbufs that an lcore keeps back",
			.standard = "256" },
	{ NULL, "max-pkt-len", 0, NUMBER(max_pkt_len, 64, 65535),
			.help = "longest frame to receive, FCS included",
			.standard = "as the MTU of the device says" },
	{ "Forwarding", "forward-mode", 0, "MODE", .fn = read_engine, .allowed = ENGINES,
			.help = ENGINES, .standard = "route" },
	{ NULL, "eth-peer", 0, "PORT,MAC", .fn = read_eth_peer,
			.allowed = "an Ethernet port and a MAC address, as 0,02:00:00:00:00:09",
			.help = "whom a port sends to with txonly, flowgen and mac",
			.standard = "02:00:00:00:00:PORT" },
	{ NULL, "txonly-multi-flow", 0, FLAG(multi_flow),
			.help = "txonly: source addresses that differ in their third octet" },
	{ NULL, "flowgen-flows", 0, NUMBER(flows, 1, INT32_MAX),
			.help = "flowgen: destination addresses", .standard = "1024" },
	{ NULL, "flowgen-clones", 0, NUMBER(clones, 0, DP_BURST_MAX),
			.help = "flowgen: each packet is sent so many times more",
			.standard = "0" },
	{ NULL, "tx-ip", 0, "SRC,DST", .fn = read_tx_ip,
			.allowed = "two IPv4 addresses, as 198.18.0.1,198.18.0.2",
			.help = "addresses that txonly and flowgen send",
			.standard = "198.18.0.1,198.18.0.2" },
	{ NULL, "tx-udp", 0, "SRC[,DST]", .fn = read_tx_udp,
			.allowed = "one or two ports from 1 to 65535, as 9,10",
			.help = "UDP ports that txonly and flowgen send", .standard = "9" },
	{ NULL, "txpkts", 0, "LEN", .fn = read_txpkts, .allowed = "an IP length from 28 to 65535",
			.help = "length of their IP packets", .standard = "64" },
	{ NULL, "tx-pps", 0, "N", .fn = read_tx_pps, .allowed = "a number from 0 to 4294967295",
			.help = "packets a second that they send in all",
			.standard = "0: as many as go" },
	{ "Neighbours", "gc-interval", 0, NUMBER(gc_interval, 1, 86400),
			.help = "seconds; who is idle for twice as long is forgotten",
			.standard = "30" },
	{ NULL, "gc-thresh1", 0, NUMBER(gc_thresh1, 0, 1 << 22),
			.help = "up to so many neighbours none is forgotten", .standard = "0" },
	{ NULL, "gc-thresh2", 0, NUMBER(gc_thresh2, 1, 1 << 22),
			.help = "above so many the longest idle go early",
			.standard = "3/4 of gc-thresh3" },
	{ NULL, "gc-thresh3", 0, NUMBER(gc_thresh3, 1, 1 << 22),
			.help = "most neighbours of a table", .standard = "16384" },
	{ NULL, "neigh-queue", 0, NUMBER(neigh_queue, 1, 1024),
			.help = "packets that wait for one neighbour", .standard = "16" },
	{ 0 },
};

#define NB_ROWS (RTE_DIM(rows) - 1)

static const char usage_head[] =
		"Usage: " PROGRAM " [EAL options] -- [options]\n"
		"\n"
		"Routes IPv4 between Ethernet ports and IP-over-InfiniBand ports of DPDK.\n"
		"EAL options (lcores, memory, devices): " PROGRAM
		" -h lists them all. Often used:\n"
		"  -l 0-3                    lcores: the first is the main lcore\n"
		"  -a 0000:05:00.0           a PCI device\n"
		"  --vdev net_...,key=value  a virtual device\n"
		"  --no-huge -m 1024         ordinary memory, 1 GB of it, instead of hugepages\n"
		"  --file-prefix NAME        more than one program at a time\n";

static const char usage_tail[] =
		"\n"
		"One lcore runs all in turn. Two: control on the main lcore, one worker. Three or more:\n"
		"the main lcore waits, one lcore runs control, the others are workers.\n"
		"Memory: 230 MB for routes, 17 MB for each 4,096 mbufs of the default size.\n"
		"Without -i standard input is never read; SIGTERM or SIGINT ends the program.\n"
		"Signals: SIGTERM and SIGINT end the program (what was received is still sent), SIGHUP\n"
		"looks at the command file again. Exit status: 0 ended as asked; 1 failed at run time,\n"
		"also by a command file; 2 the command line is wrong.\n";

static void
print_row(const struct option_row *r)
{
	char left[64];

	snprintf(left, sizeof(left), "  %c%c%c--%s%s%s", r->letter != 0 ? '-' : ' ',
			r->letter != 0 ? r->letter : ' ', r->letter != 0 ? ' ' : ' ', r->name,
			r->arg != NULL ? "=" : "", r->arg != NULL ? r->arg : "");
	printf("%-32s%s%s%s%s\n", left, r->help, r->standard != NULL ? " [" : "",
			r->standard != NULL ? r->standard : "", r->standard != NULL ? "]" : "");
}

static void
print_usage(void)
{
	const struct option_row *r;

	fputs(usage_head, stdout);
	for (r = rows; r->name != NULL; r++) {
		if (r->group != NULL)
			printf("\n%s:\n", r->group);
		print_row(r);
	}
	fputs(usage_tail, stdout);
}

static enum options_next
bad(const struct option_row *r, const char *arg)
{
	fprintf(stderr, PROGRAM ": --%s%s%s%s: ", r->name, arg != NULL ? " '" : "",
			arg != NULL ? arg : "", arg != NULL ? "'" : "");
	if (arg == NULL)
		fputs("needs an argument: ", stderr);
	if (r->fn != NULL)
		fprintf(stderr, "allowed: %s\n", r->allowed);
	else
		fprintf(stderr, "allowed: a number from %ju to %ju\n", (uintmax_t)r->min,
				(uintmax_t)r->max);
	return OPTIONS_BAD;
}

/* An option that is not in the table, or one with something wrong before its argument. */
static enum options_next
bad_word(const char *word)
{
	char typed[NEAREST_WORD_MAX + 1];
	struct nearest n = { .word = typed };
	const struct option_row *r;

	snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(word, "="), word);
	for (r = rows; r->name != NULL; r++) {
		char name[NEAREST_WORD_MAX + 1];

		snprintf(name, sizeof(name), "--%s", r->name);
		if (r->arg == NULL && strcmp(name, typed) == 0) {
			fprintf(stderr, PROGRAM ": '%s': --%s takes no argument\n", word, r->name);
			return OPTIONS_BAD;
		}
	}
	n.word = typed + strspn(typed, "-");
	if (testpmd_option(n.word) != NULL) {
		fprintf(stderr, PROGRAM ": '%s' is testpmd's, and not here: %s\n", word,
				testpmd_option(n.word));
		return OPTIONS_BAD;
	}
	for (r = rows; r->name != NULL; r++)
		nearest_offer(&n, r->name);
	fprintf(stderr, PROGRAM ": unknown option '%s': ", word);
	if (n.best != NULL)
		fprintf(stderr, "the nearest is --%s; ", n.best);
	fputs("--help lists all\n", stderr);
	return OPTIONS_BAD;
}

static enum options_next
take(const struct option_row *r, struct app_options *o, const char *arg)
{
	uint32_t *field = RTE_PTR_ADD(o, r->offset);
	uint64_t n;

	if (r->arg == NULL) {
		*field = 1;
		return OPTIONS_RUN;
	}
	if (r->fn != NULL)
		return r->fn(o, arg) == 0 ? OPTIONS_RUN : bad(r, arg);
	if (parse_uint(arg, r->min, r->max, &n) != 0)
		return bad(r, arg);
	*field = (uint32_t)n;
	return OPTIONS_RUN;
}

static const struct option_row *
row_of(int c)
{
	const struct option_row *r;

	if (c >= 256 && c < 256 + (int)NB_ROWS)
		return &rows[c - 256];
	for (r = rows; r->name != NULL; r++) {
		if (r->letter != 0 && r->letter == c)
			return r;
	}
	return NULL;
}

static enum options_next
parse_own(int argc, char **argv, struct app_options *o)
{
	struct option table[NB_ROWS + 1] = { 0 };
	enum options_next next = OPTIONS_RUN;
	char letter[3] = "-?";
	unsigned int i;
	int c;

	for (i = 0; i < NB_ROWS; i++) {
		table[i].name = rows[i].name;
		table[i].has_arg = rows[i].arg != NULL ? required_argument : no_argument;
		table[i].val = 256 + (int)i;
	}
	optind = 1;
	opterr = 0;
	while (next == OPTIONS_RUN && (c = getopt_long(argc, argv, "+:iah", table, NULL)) != -1) {
		if (c == ':') {
			next = bad(row_of(optopt), NULL);
		} else if (c == '?') {
			letter[1] = (char)optopt;
			next = bad_word(optopt > 0 && optopt < 256 ? letter : argv[optind - 1]);
		} else {
			next = take(row_of(c), o, optarg);
		}
	}
	if (next == OPTIONS_RUN && optind < argc) {
		fprintf(stderr, PROGRAM ": unexpected word '%s': options begin with --\n",
				argv[optind]);
		next = OPTIONS_BAD;
	}
	optind = 1;
	return next;
}

/* Options of ours in front of "--", which EAL would not understand. */
static enum options_next
scan_front(int argc, char **argv, struct app_options *o)
{
	const struct option_row *r;
	int i;

	for (i = 1; i < argc; i++) {
		const char *word = argv[i];
		size_t len;

		if (strncmp(word, "--", 2) != 0)
			continue;
		len = strcspn(word + 2, "=");
		for (r = rows; r->name != NULL; r++) {
			if (strlen(r->name) == len && strncmp(word + 2, r->name, len) == 0)
				break;
		}
		if (r->name == NULL)
			continue;
		if (r->arg == NULL &&
				(strcmp(r->name, "help") == 0 || strcmp(r->name, "version") == 0))
			return take(r, o, NULL);
		fprintf(stderr,
				PROGRAM ": '%s' stands before '--': the program's own options "
					"follow '--'\n",
				word);
		return OPTIONS_BAD;
	}
	return OPTIONS_RUN;
}

/* The defaults of those that are not given are the library's. */
static bool
thresholds_ascend(const struct app_options *o)
{
	uint32_t third = o->gc_thresh3 != 0 ? o->gc_thresh3 : 16384;
	uint32_t second = o->gc_thresh2 != 0 ? o->gc_thresh2 : third / 4 * 3;

	return o->gc_thresh1 <= second && second <= third;
}

static enum options_next
check(const struct app_options *o)
{
	if (o->help) {
		print_usage();
		return OPTIONS_DONE;
	}
	if (o->version) {
		printf(PROGRAM " " APP_VERSION " (%s)\n", rte_version());
		return OPTIONS_DONE;
	}
	if (o->stats_period != 0 && o->interactive) {
		fputs(PROGRAM ": --stats-period: works without --interactive only; "
			      "at the prompt say 'show port stats all'\n",
				stderr);
		return OPTIONS_BAD;
	}
	if (o->tx_first && o->interactive) {
		fputs(PROGRAM ": --tx-first: works without --interactive only; at the prompt say "
			      "'start tx_first'\n",
				stderr);
		return OPTIONS_BAD;
	}
	if (!thresholds_ascend(o)) {
		fputs(PROGRAM ": --gc-thresh1, --gc-thresh2, --gc-thresh3: allowed: numbers that "
			      "ascend (what is not given counts with its default)\n",
				stderr);
		return OPTIONS_BAD;
	}
	return OPTIONS_RUN;
}

static const struct app_options defaults = {
	.service_lcores = UINT32_MAX,
	.burst = 32,
	.flows = APP_FLOWS_DEFAULT,
	.mbcache = APP_MBCACHE_DEFAULT,
	.mbuf_size = APP_MBUF_SIZE_DEFAULT,
	.engine = DP_ENGINE_ROUTE,
	.gen = {
		.src_ip = RTE_IPV4(198u, 18, 0, 1),
		.dst_ip = RTE_IPV4(198u, 18, 0, 2),
		.src_port = 9,
		.dst_port = 9,
		.pkt_len = 64,
	},
};

enum options_next
options_parse(int argc, char **argv, struct app_options *o)
{
	enum options_next next;
	int front;

	*o = defaults;
	for (front = 1; front < argc && strcmp(argv[front], "--") != 0; front++)
		;
	next = scan_front(front, argv, o);
	/* "--" takes the place of the program's name. */
	if (next == OPTIONS_RUN && front < argc)
		next = parse_own(argc - front, argv + front, o);
	return next == OPTIONS_RUN ? check(o) : next;
}
