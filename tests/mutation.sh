#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Show that the tests bite: apply small errors to a copy of the sources, one by one, and see that a
# test fails. See tests/mutation/run.py.
#
# mutation.sh			all of them, about an hour
# mutation.sh --named		those that every reviewer would try first, some minutes
# mutation.sh --table datapath	only what packets pass; ether: mode=ether; verbs: over libibverbs;
#				neigh: the neighbour table; control: the control core
# mutation.sh --list | --fit	names; only look whether all can still be applied
# mutation.sh NAME...
exec /usr/bin/python3 "$(dirname "$0")/mutation/run.py" "$@"
