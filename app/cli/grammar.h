/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#ifndef GRAMMAR_H
#define GRAMMAR_H

/**
 * @file
 * What a command consists of. The table of commands is generated; rte_cmdline
 * parses and completes by its tokens, and grammar_resolve() says what is wrong
 * with a line. Command thread only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ether.h>

#include <cmdline.h>
#include <cmdline_parse.h>
#include <cmdline_parse_string.h>

#include "dp.h"
#include "ipoib_proto.h"

struct cli;

/** ADDR/LEN. */
struct cli_prefix {
	struct dp_ip ip;
	uint8_t len;
};

/** Is an address in the prefix? Families differ. */
bool cli_prefix_has(const struct cli_prefix *p, const struct dp_ip *ip);

/** A port, or all. */
struct cli_ports {
	bool all;
	uint16_t port;
};

/** A link-layer address of either kind. */
struct cli_hwaddr {
	bool is_ipoib;
	struct dp_adj lladdr;
};

/** A prefix of either family, or any of both. */
struct cli_nets {
	struct dp_ip ip;
	uint8_t bits; /**< leading ones that count: 0 any; IPv4: 96 more than the prefix length */
};

/** UDP or TCP ports, first and last. */
struct cli_range {
	uint16_t port[2];
};

/** Any word. */
struct cli_string {
	char text[STR_TOKEN_SIZE];
};

/** Type of an argument. */
struct cli_type {
	const char *allowed;			    /**< "a port number", for messages */
	size_t size;				    /**< of the field in the parsed structure */
	int (*read)(const char *word, void *field); /**< @return 0 or -errno, field untouched */
};

extern const struct cli_type cli_type_addr, cli_type_addr4, cli_type_prefix, cli_type_net,
		cli_type_port, cli_type_ports, cli_type_uint, cli_type_mac, cli_type_lladdr,
		cli_type_hwaddr, cli_type_gid, cli_type_nets, cli_type_proto, cli_type_range,
		cli_type_string;

/** Token of an argument for rte_cmdline. */
struct cli_token {
	struct cmdline_token_hdr hdr;
	const struct cli_type *type;
};

extern struct cmdline_token_ops cli_token_ops;

#define CLI_TOKEN(structure, field, argtype) \
	{ \
		.hdr = { .ops = &cli_token_ops, .offset = offsetof(structure, field) }, \
		.type = &argtype, \
	}

/** One word of a command. */
struct cli_word {
	const char *name;	     /**< keyword, or keywords with '#' between, or argument */
	const struct cli_type *type; /**< NULL: keyword */
	const char *field;	     /**< name in undo; NULL: a plain keyword */
	bool starts;		     /**< a group of optional words */
};

/** A command, in one of its forms. */
struct cli_command {
	const char *section;
	const char *usage;
	const char *help;
	const struct cli_word *words;
	unsigned int nb_words;
	int (*run)(struct cli *cli, const void *args); /**< 0, or negative after one line */
	size_t args_size;
	const char *undo;      /**< takes it back; see cmdline-gen.py; '=' in front: so does another
			    *   command of the kind. NULL: nothing does */
	bool json;	       /**< output is to be JSON */
	bool first;	       /**< of a command's forms, with and without its optional words */
	unsigned int nb_fixed; /**< words that are not optional; the others may come in any order,
				*   group by group */
};

extern const struct cli_command cli_commands[];
extern const unsigned int cli_nb_commands;
extern cmdline_parse_ctx_t cli_ctx[];

/** rte_cmdline's callback of every command: remembers it and its arguments. */
void cli_take(void *args, struct cmdline *cl, void *command);

/** A blank inside of a quoted word, on its way through rte_cmdline. */
#define CLI_BLANK '\x1f'

/** Longest line, and most words of one. */
#define GRAMMAR_LINE_MAX 480
#define GRAMMAR_WORDS_MAX 24
/** Most commands; the generated table is checked against it. */
#define GRAMMAR_COMMANDS_MAX 1024

/**
 * Check a line and complete its keywords, which may be shortened as long as
 * they are unique.
 * @param out the line with whole keywords, GRAMMAR_LINE_MAX + 1 octets
 * @param why what is wrong, in one line that names the word
 * @return 1; 0 nothing but blanks or a comment; -EINVAL with @p why
 */
int grammar_resolve(const char *line, char *out, char *why, size_t why_len);

/**
 * The command that takes back a right one.
 * @param line with whole keywords, of grammar_resolve()
 * @param undo GRAMMAR_LINE_MAX + 1 octets
 * @param reset another command of the kind takes it back, too
 * @return whether there is one
 */
bool grammar_undo(const char *line, char *undo, bool *reset);

/**
 * What may stand at the end of an unfinished line, each once: keywords that begin with its last
 * word, and what arguments are allowed.
 * @param state how many of them were given before; 0: the letters that all have in common come
 *   first, if there are any; counted up
 * @return 2 @p dst is to be put behind the line; 1 it is one more choice; 0 no more
 */
int grammar_complete(const char *line, int *state, char *dst, size_t len);

#endif /* GRAMMAR_H */
