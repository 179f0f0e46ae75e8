#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Make rte_cmdline's tokens from a table of commands.

cmdline-gen.py LIST HEADER SOURCE

A line of the table is a command and, after ' # ', its help:

    ip route add <PREFIX>prefix via <ADDR>gateway   # add a static route

Plain words are keywords, (a,b)name is a choice of keywords, <TYPE>name an argument. [heading]
starts a section. The handler of the line above is

    int cmd_ip_route_add(struct cli *cli, const struct cmd_ip_route_add *args);

with args->prefix and args->gateway; its name is the keywords in front of the first argument. A
later command that would get the same name is called by all of its keywords and choices, as in
cmd_ip_route_add_via_port.

Words at the end may be optional, each group in brackets:

    ip neigh show [port <PORT>port] [json]   # ...

args->has_port says whether the group that begins with the word "port" was given. [json] is for
the printing: it is in cli->json. After a second ' # ' follows the command that takes this one back,
with <name> for an argument or choice; after "reset: " if another one of the kind does so, too:

    ip route add <PREFIX>prefix via <ADDR>gateway # add one # undo: ip route del <prefix>
    ip set (ra)flag (on,off)state # ... # reset: ip set <flag> off
"""

import itertools
import re
import sys

# Type of an argument: (C type of its field, object of struct cli_type)
TYPES = {
    "ADDR": ("struct dp_ip", "cli_type_addr"),
    "ADDR4": ("uint32_t", "cli_type_addr4"),
    "PREFIX": ("struct cli_prefix", "cli_type_prefix"),
    "PORT": ("uint16_t", "cli_type_port"),
    "PORTS": ("struct cli_ports", "cli_type_ports"),
    "UINT": ("uint64_t", "cli_type_uint"),
    "NET": ("struct cli_prefix", "cli_type_net"),
    "MAC": ("struct rte_ether_addr", "cli_type_mac"),
    "LLADDR": ("struct ipoib_addr", "cli_type_lladdr"),
    "HWADDR": ("struct cli_hwaddr", "cli_type_hwaddr"),
    "GID": ("struct ib_gid", "cli_type_gid"),
    "NETS": ("struct cli_nets", "cli_type_nets"),
    "PROTO": ("uint16_t", "cli_type_proto"),
    "RANGE": ("struct cli_range", "cli_type_range"),
    "STRING": ("struct cli_string", "cli_type_string"),
}

NOTICE = """/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 *
 * Generated: change the table of commands instead.
 */

"""

WORD = re.compile(r"^[a-z][a-z0-9_-]*$")
ARGUMENT = re.compile(r"^<([A-Z0-9]+)>([a-z][a-z0-9_]*)$")
CHOICE = re.compile(r"^\(([a-z0-9,_-]+)\)([a-z][a-z0-9_]*)$")


class Word:
    """One word of a command: a keyword, a choice of keywords, or an argument."""

    def __init__(self, text):
        self.type = None
        self.keywords = None
        self.field = None
        argument, choice = ARGUMENT.match(text), CHOICE.match(text)
        if argument:
            if argument[1] not in TYPES:
                raise ValueError(f"unknown type <{argument[1]}>, known: {', '.join(TYPES)}")
            self.type, self.field = argument[1], argument[2]
            self.usage = self.field.upper()
        elif choice:
            self.keywords, self.field = choice[1].split(","), choice[2]
            self.usage = "|".join(self.keywords)
        elif WORD.match(text):
            self.keywords = [text]
            self.usage = text
        else:
            raise ValueError(f"'{text}' is no word, (a,b)name or <TYPE>name")

    def member(self):
        if self.type:
            return f"\t{TYPES[self.type][0]} {self.field};\n"
        return f"\tcmdline_fixed_string_t {self.field};\n" if self.field else ""


class Variant:
    """A command with some of its optional groups: what rte_cmdline knows as an instruction."""

    def __init__(self, command, number, groups):
        self.command, self.groups = command, groups
        self.name = command.name if number == 0 else f"{command.name}__{number}"
        self.places = command.places(groups)

    def json(self):
        return any(g[0].usage == "json" for g in self.groups)

    def grammar(self, index):
        c = self.command
        words = "".join(
            f"\t{{ .name = \"{w.field}\", .field = \"{w.field}\", "
            f".type = &{TYPES[w.type][1]}{c.starts(w)} }},\n" if w.type else
            f"\t{{ .name = \"{'#'.join(w.keywords)}\""
            f"{f', .field = {chr(34)}{w.field}{chr(34)}' if w.field else ''}{c.starts(w)} }},\n"
            for w in (c.words[i] for i in self.places))
        tokens = "".join(f"\t\t(void *)&{c.name}_{i},\n" for i in self.places)
        given = "".join(f"\tgiven.{c.has(g)} = true;\n" for g in self.groups if c.has(g))
        run = (f"\tstruct {c.name} given = *(const struct {c.name} *)args;\n\n{given}"
               f"\treturn {c.name}(cli, &given);\n" if given else
               f"\treturn {c.name}(cli, args);\n")
        return (f"static int\n{self.name}_run(struct cli *cli, const void *args)\n{{\n{run}}}\n\n"
                f"static const struct cli_word {self.name}_words[] = {{\n{words}}};\n\n"
                f"static cmdline_parse_inst_t {self.name}_inst = {{\n\t.f = cli_take,\n"
                f"\t.data = (void *)(uintptr_t)&cli_commands[{index}],\n"
                f"\t.help_str = \"{c.usage}: {c.text}\",\n"
                f"\t.tokens = {{\n{tokens}\t\tNULL,\n\t}},\n}};\n\n")

    def row(self):
        c = self.command
        fields = [f"\"{c.section}\"", f"\"{c.usage}\"", f"\"{c.text}\"", f"{self.name}_words",
                  str(len(self.places)), f"{self.name}_run", f"sizeof(struct {c.name})",
                  f"\"{c.undo}\"" if c.undo else "NULL", str(int(self.json())),
                  str(int(self is c.variants[0])), str(c.nb_fixed)]
        return f"\t{{ {', '.join(fields)} }},\n"


class Command:
    def __init__(self, section, words, text, undo, taken):
        self.section, self.text, self.undo = section, text, undo
        fixed, groups = self.split(words)
        self.words = [Word(w) for w in fixed]
        self.name = self.name_of(taken)
        self.usage = " ".join(w.usage for w in self.words)
        self.groups = []
        for g in groups:
            first = len(self.words)
            self.words += [Word(w) for w in g]
            self.groups.append(self.words[first:])
            self.usage += f" [{' '.join(w.usage for w in self.words[first:])}]"
        self.nb_fixed = len(fixed)
        chosen = (c for n in range(len(self.groups) + 1)
                  for c in itertools.combinations(self.groups, n))
        self.variants = [Variant(self, i, groups) for i, groups in enumerate(chosen)]
        self.check_undo()

    @staticmethod
    def split(words):
        """Words that must be there, and the optional groups."""
        fixed, groups, inside = [], [], False
        for word in words:
            if word.startswith("["):
                groups.append([])
                inside = True
            elif groups and not inside:
                raise ValueError(f"'{word}' follows an optional group")
            (groups[-1] if inside else fixed).append(word.strip("[]"))
            inside = inside and not word.endswith("]")
        if inside:
            raise ValueError("']' is missing")
        return fixed, groups

    def name_of(self, taken):
        # The keywords in front of the first argument; "help TOPIC" beside "help" needs more.
        fields = [w.field for w in self.words]
        first = next((i for i, f in enumerate(fields) if f), len(fields))
        names = [w.keywords[0] for w in self.words[:first]]
        if len(names) == 1 and first < len(fields):
            names.append(fields[first])
        if self.join(names) in taken:
            names = [w.field or w.keywords[0] for w in self.words if not w.type]
        return self.join(names)

    @staticmethod
    def join(names):
        return "cmd_" + "_".join(names).replace("-", "_")

    def places(self, groups):
        """Numbers of the words of a variant."""
        inside = [id(w) for g in groups for w in g]
        return [i for i, w in enumerate(self.words) if i < self.nb_fixed or id(w) in inside]

    def starts(self, word):
        return ", .starts = true" if any(word is g[0] for g in self.groups) else ""

    def check_undo(self):
        fields = [w.field for w in self.words]
        for name in re.findall(r"<([^>]*)>", self.undo):
            if name not in fields:
                raise ValueError(f"undo: there is no <{name}>")

    @staticmethod
    def has(group):
        name = group[0].field or group[0].keywords[0]
        return None if name == "json" else f"has_{name.replace('-', '_')}"

    def struct(self):
        members = "".join(w.member() for w in self.words)
        members += "".join(f"\tbool {self.has(g)};\n" for g in self.groups if self.has(g))
        # Keywords are matched and not kept; they share one place.
        return (f"struct {self.name} {{\n\tcmdline_fixed_string_t keyword;\n{members}}};\n"
                f"int {self.name}(struct cli *cli, const struct {self.name} *args);\n\n")

    def tokens(self):
        out = []
        for i, w in enumerate(self.words):
            name = f"{self.name}_{i}"
            if w.type:
                out.append(f"static struct cli_token {name} =\n\t\tCLI_TOKEN(struct {self.name}, "
                           f"{w.field}, {TYPES[w.type][1]});\n")
            else:
                field = w.field or "keyword"
                out.append(f"static cmdline_parse_token_string_t {name} =\n"
                           f"\t\tTOKEN_STRING_INITIALIZER(struct {self.name}, {field}, "
                           f"\"{'#'.join(w.keywords)}\");\n")
        return "".join(out)


def read(path):
    commands, section = [], ""
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            try:
                if re.fullmatch(r"\[[^]]+\]", line):
                    section = line.strip("[]")
                    continue
                words, mark, text = line.partition(" # ")
                if not mark or '"' in line or "\\" in line:
                    raise ValueError("needs ' # ' and a help text without quotes")
                text, _, undo = text.replace(" # reset: ", " # undo: =").partition(" # undo: ")
                taken = {c.name for c in commands}
                commands.append(
                    Command(section, words.split(), text.strip(), undo.strip(), taken))
            except ValueError as e:
                sys.exit(f"{path}:{number}: {e}")
    names = [c.name for c in commands]
    for name in names:
        if names.count(name) > 1:
            sys.exit(f"{path}: two commands are called {name}")
    return commands


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    commands = read(sys.argv[1])
    variants = [v for c in commands for v in c.variants]
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        f.write(NOTICE + "#ifndef COMMANDS_H\n#define COMMANDS_H\n\n#include \"grammar.h\"\n\n")
        f.write("".join(c.struct() for c in commands) + "#endif /* COMMANDS_H */\n")
    with open(sys.argv[3], "w", encoding="utf-8") as f:
        f.write(NOTICE + "#include <assert.h>\n\n#include \"commands.h\"\n\n")
        f.write("".join(c.tokens() for c in commands) + "\n")
        f.write("".join(v.grammar(i) for i, v in enumerate(variants)))
        f.write("const struct cli_command cli_commands[] = {\n")
        f.write("".join(v.row() for v in variants) + "};\n\n")
        f.write(f"const unsigned int cli_nb_commands = {len(variants)};\n")
        f.write(f"static_assert({len(variants)} <= GRAMMAR_COMMANDS_MAX, \"make room\");\n\n")
        f.write("cmdline_parse_ctx_t cli_ctx[] = {\n")
        f.write("".join(f"\t&{v.name}_inst,\n" for v in variants) + "\tNULL,\n};\n")


if __name__ == "__main__":
    main()
