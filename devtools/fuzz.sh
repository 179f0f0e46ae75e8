#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Build the fuzzers of tests/fuzz with clang and sanitizers, and run each for a while, two at a time.
# First each takes all inputs that are kept: tests/fuzz/corpus/NAME. What it finds is in the build
# folder, and makes this a failure. The last line: N passed, N failed, N skipped.
#
# fuzz.sh [FOLDER [NAME...]]	build folder (build-fuzz), fuzzers (all)
# FUZZ_SECONDS (20): of each.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

dir=${1:-build-fuzz}
shift || true
names=("$@")
seconds=${FUZZ_SECONDS:-20}
if ! [[ $seconds =~ ^[1-9][0-9]{0,5}$ ]]; then
	echo "fuzz.sh: FUZZ_SECONDS '$seconds': a number of seconds from 1 is expected" >&2
	exit 2
fi
if [ "${#names[@]}" -eq 0 ]; then
	mapfile -t names < <(basename -s .c -a tests/fuzz/fuzz_*.c)
fi
for name in "${names[@]}"; do
	if [ ! -e "tests/fuzz/$name.c" ]; then
		echo "fuzz.sh: no fuzzer '$name'; there are: $(cd tests/fuzz && echo fuzz_*.c)" >&2
		exit 2
	fi
done

flags=-fsanitize=fuzzer-no-link
if [ ! -e "$dir/build.ninja" ]; then
	# Leaks are the fixtures' to find, when they count what is left; EAL keeps its own memory.
	CC=clang CFLAGS=$flags meson setup -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 -Dwerror=true "$dir"
fi
ninja -C "$dir" "${names[@]/#/tests/fuzz/}"
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

# one NAME: its kept inputs, then new ones. Prints one line.
one() {
	local name=$1 kept=tests/fuzz/corpus/$1 work=$dir/fuzz/$1 log=$dir/fuzz/$1.log args=()

	mkdir -p "$work"
	[ -d "$kept" ] || kept=
	args=(-artifact_prefix="$work." -timeout=20 -rss_limit_mb=3000 -max_len=2200 -print_final_stats=1)
	if ! "$dir/tests/fuzz/$name" "${args[@]}" -max_total_time="$seconds" "$work" ${kept:+"$kept"} >"$log" 2>&1; then
		printf '%s FAILED, all of it: %s\n' "$name" "$log"
		grep -E 'ERROR|SUMMARY|runtime error|error: Failure|Test unit written' "$log" | head -n 20
		return 1
	fi
	printf '%-16s ok %9s inputs, %5s edges of code reached\n' "$name" \
		"$(awk '/number_of_executed_units/ { print $2 }' "$log")" \
		"$(awk '/cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") c = $(i + 1) } END { print c }' "$log")"
}

passed=0 failed=0
declare -A running=()
reap() {
	local pid
	wait -n -p pid "${!running[@]}" && passed=$((passed + 1)) || failed=$((failed + 1))
	unset "running[$pid]"
}
for name in "${names[@]}"; do
	one "$name" &
	running[$!]=$name
	if [ "${#running[@]}" -ge 2 ]; then
		reap
	fi
done
while [ "${#running[@]}" -gt 0 ]; do
	reap
done

printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
