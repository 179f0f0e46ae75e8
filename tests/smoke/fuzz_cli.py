#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Give random command lines to a prompt: of the grammar with good and bad arguments, and of bytes.

fuzz_cli.py LIST INPUT LOG gentle|any LINES SEED

"gentle": nothing that changes how packets are forwarded that are not for 10.0.0.0/8. Every line
must be answered, and the lines behind it, too.
"""

import importlib.util
import random
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What "gentle" may run. "ip route flush" and the like would take routes of others away.
GENTLE = re.compile(
    r"^(show |help|ip \S+ show|ip route (get|add|append|del)|ip neigh (add|replace|del) |"
    r"ipoib show|ipoib \S+ show|ip filter (add|del|show)|set log|ping |arping |traceroute |dump_)")
# These take their time: they are interrupted.
LONG = re.compile(r"^(ping|arping|traceroute|show top)")
BAD = ["", "x", "-1", "1.2.3", "300.1.1.1", "10.0.0.0/33", "::1::", "99999999999999999999", "all",
       "\u00e4", "'", "%s%n", "0x", "/", "a" * 130, "10.0.0.0/8/8", "02:00", "none"]


def quits(line):
    """What a terminal's editing leaves may be "quit", or short for it."""
    for part in re.split(rb"[\x00-\x1f\x7f]", line):
        word = re.split(rb"[ #]", bytes(b for b in part if b < 127).lstrip())[0]
        if word and b"quit".startswith(word):
            return True
    return False


class Fuzz:
    def __init__(self, commands, gentle, seed):
        self.commands, self.gentle = commands, gentle
        self.random = random.Random(seed)

    def number(self, *ranges):
        return self.random.randint(*self.random.choice(ranges))

    def address4(self):
        return f"10.{self.number((0, 255))}.{self.number((0, 3))}.{self.number((0, 255))}"

    def address6(self):
        return self.random.choice(["2001:db8:f::1", "fe80::1", "2001:db8:f:1::", "ff02::1"])

    def address(self):
        return self.address4() if self.random.random() < 0.7 else self.address6()

    def prefix(self):
        if self.random.random() < 0.3:
            return self.random.choice(["2001:db8:f::/48", "2001:db8:f:2::7/64"])
        return self.random.choice(["10.0.0.0/8", "10.1.0.0/16", self.address4() + "/24",
                                   self.address4() + "/32"])

    def argument(self, kind):
        r = self.random
        if r.random() < 0.15:
            return r.choice(BAD)
        lladdr = ":".join(f"{r.getrandbits(8):02x}" for _ in range(20))
        mac = "02:" + ":".join(f"{r.getrandbits(8):02x}" for _ in range(5))
        makers = {
            "ADDR": self.address, "ADDR4": self.address4, "PREFIX": self.prefix,
            "NET": lambda: r.choice([self.prefix(), self.address()]),
            "NETS": lambda: self.prefix() if self.gentle else r.choice(["any", self.prefix()]),
            "PORT": lambda: str(r.choice([0, 1, 0, 1, 2, 32, 63, 64])),
            "PORTS": lambda: r.choice(["all", "0", "1", "7"]),
            "UINT": lambda: str(self.number((0, 4), (0, 100), (0, 70000), (0, 2**64))),
            "MAC": lambda: mac, "LLADDR": lambda: lladdr,
            "HWADDR": lambda: r.choice([mac, lladdr]),
            "GID": lambda: r.choice(["fe80::10:4", "0x2c90300001234", "ff12::1"]),
            "PROTO": lambda: r.choice(["tcp", "udp", "icmp", "89"]),
            "RANGE": lambda: r.choice(["80", "1-65535", "5-4"]),
        }
        words = ["bond0", "x", "0,1", "file.cmd", "/nonexistent", "ip", "net_null7"]
        return makers.get(kind, lambda: r.choice(words))()

    def grammar(self):
        r = self.random
        command = r.choice(self.commands)
        words = []
        for i in r.choice(command.variants).places:
            w = command.words[i]
            word = self.argument(w.type) if w.type else r.choice(w.keywords)
            words.append(word[:r.randint(1, len(word))] if not w.type and r.random() < 0.1 else word)
        if r.random() < 0.1:
            del words[r.randrange(len(words))]
        if r.random() < 0.1:
            words.insert(r.randint(0, len(words)), self.argument("STRING"))
        return " ".join(words).encode()

    def allowed(self, line):
        """Shortened words may mean anything: only whole ones are looked at."""
        text = line.decode(errors="replace")
        if text.startswith("q") or quits(line):
            return False
        return not self.gentle or bool(GENTLE.match(text))

    def grammar_allowed(self):
        while True:
            line = self.grammar()
            if self.allowed(line):
                return line

    def octets(self):
        """No end of line, and no Ctrl-D, which ends a prompt."""
        r = self.random
        if r.random() < 0.5:
            line = bytearray(self.grammar_allowed() or b"x")
            for _ in range(r.randint(1, 4)):
                line[r.randrange(len(line))] = r.randint(32, 255)
            return bytes(line) if self.allowed(bytes(line)) else b"show \xff"
        line = bytes(r.choice([b for b in range(256) if b not in (4, 10, 13)])
                     for _ in range(r.randint(0, 300)))
        return b"show \xff" if quits(line) else line

    def line(self):
        line = self.grammar_allowed() if self.random.random() < 0.7 else self.octets()
        return line + b"\n" + (b"\x03\n" if LONG.match(line.decode(errors="replace")) else b"")


def read_commands(path):
    spec = importlib.util.spec_from_file_location("gen", ROOT / "buildtools" / "cmdline-gen.py")
    gen = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(gen)
    return gen.read(path)


def wait_for(log, mark, last):
    end = time.monotonic() + 60
    while mark not in Path(log).read_bytes():
        if time.monotonic() > end:
            sys.exit(f"FAILED: no answer after 60 s; the last lines were {last}")
        time.sleep(0.01)


def main():
    path, where, log, what, lines, seed = sys.argv[1:7]
    fuzz = Fuzz(read_commands(path), what == "gentle", int(seed))
    last = []
    with open(where, "wb", buffering=0) as out:
        for i in range(int(lines)):
            line = fuzz.line()
            last = [*last[-19:], line]
            out.write(line)
            if i % 20 == 19 or i == int(lines) - 1:
                mark = f"# {what} {seed} {i}".encode()
                # Ctrl-C first: it ends what bytes may have begun on the line. Once is not enough: an
                # escape sequence without its last octet takes the next ones, 8 in all.
                out.write(b"\x03" * 9 + mark + b"\n")
                wait_for(log, mark, last)
    print(f"fuzz: {lines} {what} lines, seed {seed}")


if __name__ == "__main__":
    main()
