#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Do the suites and the configurations fit the real DTS?

load.py DPDK: a tree of DPDK 25.11 with its dts/. In a copy of that, beside DTS's own suites, the
framework finds all suites and cases, takes the YAML files, and mypy knows every name and argument
that the suites use. Needs what DTS imports, and mypy: Debian 13 has packages python3-aenum,
python3-fabric, python3-pydantic, python3-scapy, python3-yaml and mypy. Nothing is run.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent

INSIDE = """
from framework import settings
settings.SETTINGS = settings.get_settings()
from framework.config import ValidationContext, load_config
config = load_config(ValidationContext(settings=settings.SETTINGS))
total = 0
for suite, _, cases in config.test_run.filter_tests(config.tests_config):
    print(f"{suite.__name__}: {', '.join(c.name for c in cases)}")
    total += len(cases)
print(f"dts: the framework takes {total} cases")
"""


def copy(dpdk: pathlib.Path, to: pathlib.Path) -> pathlib.Path:
    """DTS with our suites in it; every suite is asked for."""
    shutil.copytree(dpdk / "dts", to / "dts")
    shutil.copytree(dpdk / "usertools", to / "usertools")
    for folder in ("tests", "configurations"):
        shutil.copytree(HERE / folder, to / "dts" / folder, dirs_exist_ok=True)
    run = to / "dts/configurations/test_run.ipoib.example.yaml"
    text = run.read_text().replace("  # - ipoib_", "  - ipoib_").replace("perf: false", "perf: true")
    text = text.replace("# perf_traffic", "perf_traffic").replace("#   ", "  ")
    run.write_text(text)
    return to / "dts"


def main() -> int:
    """Copy, load, look at types."""
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1], "dts/framework").is_dir():
        sys.exit("usage: load.py DPDK; DPDK is a tree with dts/framework")
    with tempfile.TemporaryDirectory() as folder:
        dts = copy(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder))
        files = [f"--{what}-config-file=configurations/{name}.ipoib.example.yaml" for what, name in
                 (("test-run", "test_run"), ("nodes", "nodes"), ("tests", "tests_config"))]
        loaded = subprocess.run([sys.executable, "-c", INSIDE, "--dpdk-tree", folder,
                                 f"--output-dir={folder}/output", *files],
                                cwd=dts, env={**os.environ, "PYTHONPATH": str(dts)}, check=False)
        ours = sorted(str(p.relative_to(dts)) for p in dts.glob("tests/*ipoib*.py"))
        types = subprocess.run(["mypy", "--explicit-package-bases", *ours],
                               cwd=dts, capture_output=True, text=True, check=False)
    bad = [line for line in types.stdout.splitlines() if line.startswith("tests/")]
    print("\n".join(bad or [f"dts: mypy has nothing to say of {len(ours)} files"]))
    return 1 if bad or loaded.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
