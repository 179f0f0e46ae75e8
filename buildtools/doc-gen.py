#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Make the source tree that Sphinx reads: the pages of doc/ and those that code knows.

doc-gen.py PROGRAM FOLDER

PROGRAM is the built dpdk-ipoib, whose --help is the reference of options. The reference of commands
comes from app/cli/commands.list, those of the tools from their own --help. In a page,
<!-- generated: NAME --> stands for one of those pieces: options, commands, tool TOOL.
"""

import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent


def commands():
    """One section for each of the list, a definition for each command."""
    path = TOP / "buildtools/cmdline-gen.py"
    spec = importlib.util.spec_from_file_location("cmdline_gen", path)
    gen = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(gen)
    out, section = [], None
    for c in gen.read(TOP / "app/cli/commands.list"):
        if c.section != section:
            section = c.section
            out.append(f"\n## {section}\n")
        out.append(f"`{c.usage}`\n\n> {escape(c.text)}"
                   + (f". Undone by `{c.undo}`" if c.undo else "") + "\n")
    return "\n".join(out)


def escape(text):
    """Words, not Markdown."""
    return re.sub(r"([\\`*_<>\[\]|])", r"\\\1", text)


def printed(argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "COLUMNS": "90", "LC_ALL": "C.UTF-8"}).stdout


def block(text):
    return "```\n" + text.strip("\n") + "\n```"


def options(program):
    """A table for each group of --help; what is no option stays as it is printed."""
    out = []
    for part in re.split(r"\n(?=[A-Z][A-Za-z ]*:\n  +-)", printed([program, "--help"])):
        title, _, rows = part.partition(":\n")
        if "\n" in title:
            out.append(block(part))
            continue
        rows, _, rest = rows.partition("\n\n")
        out.append(f"\n## {title}\n")
        out += option_rows(rows)
        if rest.strip():
            out.append("\n## Lcores, memory, signals\n\n" + block(rest))
    return "\n".join(out)


def option_rows(rows):
    out = []
    for line in re.sub(r"\n {20,}", " ", rows).splitlines():
        m = re.fullmatch(r" +(-\S+(?: +-\S+)*) +(.*?)(?: \[(.*)\])?", line)
        if m is None:
            sys.exit(f"doc-gen: --help: cannot read '{line}'")
        text = escape(m[2]) + (f". Default: {escape(m[3])}" if m[3] else "")
        out.append(f"`{', '.join(m[1].split())}`\n\n> {text}\n")
    return out


def fill(path, pieces):
    text = path.read_text(encoding="utf-8")

    def piece(m):
        kind, _, name = m[1].partition(" ")
        if kind not in pieces:
            sys.exit(f"doc-gen: {path.name}: nothing is called '{kind}'")
        return pieces[kind](name)

    new = re.sub(r"<!-- generated: ([^>]*?) -->", piece, text)
    if new != text:
        path.write_text(new, encoding="utf-8")


def rest_of_pages(folder):
    """Pages that index.md does not name come last."""
    named = re.findall(r"^([a-z0-9/-]+)$", (folder / "index.md").read_text(encoding="utf-8"), re.M)
    return "\n".join(p.stem for p in sorted(folder.glob("*.md")) if p.stem not in {*named, "index"})


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(TOP / "doc", folder, ignore=shutil.ignore_patterns("meson.build"))
    pieces = {
        "options": lambda _: options(program),
        "commands": lambda _: commands(),
        "tool": lambda name: block(printed([TOP / "usertools" / name, "--help"])),
        "pages": lambda _: rest_of_pages(folder),
    }
    for path in sorted(folder.rglob("*.md")):
        fill(path, pieces)


if __name__ == "__main__":
    main()
