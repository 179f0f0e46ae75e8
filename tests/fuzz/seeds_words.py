# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Inputs of words, for seeds.py: of each option and each command, right ones and wrong ones."""

import os
import re

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LLADDR = "00:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:12:"
# One of each form that an option may ask for.
VALUES = ("", "0", "1", "64", "2048", "99999999999", "0x3", "0,2-4", "2-1", "paired", "loop", "route",
          "txonly", "0,02:00:00:00:00:09", "0,02:00", "198.18.0.1,198.18.0.2", "198.18.0.1,x", "9", "9,10", "9,x",
          "intr_lsc", "all", "nobody")
SAMPLES = {
    "ADDR": ("192.0.2.1", "2001:db8::1", "192.0.2"),
    "ADDR4": ("192.0.2.1", "198.51.100.255", "2001:db8::1"),
    "PREFIX": ("192.0.2.1/24", "2001:db8::1/61", "192.0.2.1/33"),
    "PORT": ("0", "1", "all"),
    "PORTS": ("all", "0", "some"),
    "UINT": ("1", "0x10", "-1"),
    "NET": ("192.0.2.0/23", "2001:db8::/33", "192.0.2.1"),
    "MAC": ("02:00:00:00:00:01", "02:00:00:00:00:fe", "02:00:00:00:00"),
    "LLADDR": (LLADDR + "34", LLADDR + "35", LLADDR),
    "HWADDR": ("02:00:00:00:00:01", LLADDR + "34", "02"),
    "GID": ("fe80::2:c903:0:1234", "0x2c90300001234", "0x"),
    "NETS": ("any", "192.0.2.0/24", "some"),
    "PROTO": ("tcp", "255", "256"),
    "RANGE": ("1024-65535", "80", "80-79"),
    "STRING": ("net_null0", "0,2-4", "x" * 200),
}
DEVICE = "device=mlx5_0,carrier=net_null0"
DEVARGS = (
    "hca=soft", "hca=verbs", "hca=rxe", "hca=verbs,device=mlx5_0,roce=on", "device=", "device=mlx5_0", "carrier=net_ipoib1",
    f"{DEVICE},port=255", f"{DEVICE},port=2", f"{DEVICE},pkey=0x8000", f"{DEVICE},pkey=0x8001,pkey=0x8001",
    f"{DEVICE},mad=umad", f"{DEVICE},mad=ibsim:x", f"{DEVICE},mad=ibsim:", f"{DEVICE},queues=17", f"{DEVICE},queues=4",
    f"{DEVICE},qpn=1", f"{DEVICE},qpn=0x123456", f"{DEVICE},qpn=0xfffffe,queues=2", f"{DEVICE},crc=off,grh=on,numa=0",
    f"{DEVICE},crc=maybe", f"{DEVICE},numa=x", f"{DEVICE},roce=on", f"{DEVICE},mode=native", f"{DEVICE},mode=x",
    f"{DEVICE},vlan=10:0x8001", f"{DEVICE},peer=02:00:00:00:00:01@{LLADDR}34", f"{DEVICE},nonsense=1", "[", "=,=",
    f"{DEVICE},mode=ether,vlan=10:0x8001,vlan=11:0x8002", f"{DEVICE},mode=ether,vlan=10:0x8001,vlan=10:0x8002",
    f"{DEVICE},mode=ether,vlan=4095:0x8001", f"{DEVICE},mode=ether,vlan=10", f"{DEVICE},mode=ether,pkey=0x8001,vlan=1:1",
    f"{DEVICE},mode=ether,peer=02:00:00:00:00:01@{LLADDR}34,peer=02:00:00:00:00:02@{LLADDR}35",
    f"{DEVICE},mode=ether,peer=02:00:00:00:00:01@{LLADDR}34,peer=02:00:00:00:00:01@{LLADDR}35",
    f"{DEVICE},mode=ether,peer=01:00:00:00:00:01@{LLADDR}34", f"{DEVICE},mode=ether,peer=x",
)
TOGETHER = ("--help", "--version", "-i\n--stats-period=1", "-i\n--tx-first", "--gc-thresh1=9\n--gc-thresh2=8", "word",
            "--tx-udp", "--help=1", "--fwd-mode=io", "--numa", "-x", "--eth-peer=0,02:00:00:00:00:09\n" * 40)


def source(*path):
    with open(os.path.join(TOP, *path)) as f:
        return f.read()


# What fuzz_args.c takes for telemetry's parameters and for devargs, too; a newline ends a word of the
# command line, and as the first octet says that there is no "--".
def args():
    for option in re.findall(r'{ (?:NULL|"\w+"), "([a-z0-9-]+)", ', source("app", "options.c")):
        for i, value in enumerate(VALUES):
            yield f"option_{option}_{i}", f"--{option}={value}".encode()
        yield f"front_{option}", f"\n--{option}".encode()
        yield f"bare_{option}", f"--{option}".encode()
    for i, text in enumerate(DEVARGS + TOGETHER + ("", "1", "1,2,3", "1,2,3,4", "x", "1,0,0")):
        yield f"text_{i}", text.encode()


def line(form, which, optional):
    """A line of @p form: the which-th sample of each argument, with or without what is optional."""
    form = re.sub(r"[][]", "", form) if optional else re.sub(r"\[.*", "", form)
    form = re.sub(r"<([A-Z0-9]+)>\w+", lambda m: SAMPLES[m[1]][which % 3], form)
    return re.sub(r"\(([^)]*)\)\w+", lambda m: m[1].split(",")[which % (m[1].count(",") + 1)], form).strip()


# Commands, and those that are not all there: the last word is missing, or all are cut to three letters.
def cli():
    forms = [f.split(" # ")[0].rstrip() for f in source("app", "cli", "commands.list").splitlines()]
    forms = [f for f in forms if f and f[0] not in "#["]
    for i, form in enumerate(forms):
        lines = [line(form, which, optional) for which in range(9) for optional in (False, True)]
        short = [" ".join(w[:3] for w in text.split()) for text in lines[:2]]
        less = [text.rpartition(" ")[0] for text in lines[:2]]
        yield f"command_{i}", "\n".join(dict.fromkeys(lines + short + less)).encode()
    protos = re.findall(r'{ "(\w+)", \d+ }', source("app", "cli", "types.c"))
    rule = "ip filter add 1 port 0 in deny from any to any proto "
    yield "protos", "\n".join(rule + p for p in protos).encode()
