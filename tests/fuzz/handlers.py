#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Print C: for each handler that commands.h declares, one that does nothing."""

import re
import sys

print('#include "commands.h"')
with open(sys.argv[1], encoding="utf-8") as f:
    for name in re.findall(r"^int (cmd_\w+)\(", f.read(), re.MULTILINE):
        print(f"\nint\n{name}(struct cli *cli, const struct {name} *args)\n"
              "{\n\t(void)cli;\n\t(void)args;\n\treturn 0;\n}")
