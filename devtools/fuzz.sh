#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Build the fuzzers of tests/fuzz with clang and sanitizers, and run each for a while, two at a time.
# First each takes all inputs that are kept, tests/fuzz/corpus/NAME, and those of tests/fuzz/seeds.py.
# What it finds is in the build folder, and makes this a failure. The last line: N passed, N failed,
# N skipped.
#
# fuzz.sh [FOLDER [NAME...]]	build folder (build-fuzz), fuzzers (all)
# FUZZ_SECONDS (20): of each.
# COVERAGE=1: do not fuzz. Say how much of each parser (tests/fuzz/parsers) the inputs run, those
#	that are kept and those that FOLDER has found.
# KEEP=1: do not fuzz. Keep the smallest of all these inputs that between them reach what all do, up
#	to 6 KB for each fuzzer.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

dir=${1:-build-fuzz}
shift || true
names=("$@")
seconds=${FUZZ_SECONDS:-20}
keep_octets=6000
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

# build FOLDER CFLAGS LDFLAGS MESON_OPTION...: the fuzzers, and nothing else.
build() {
	local to=$1 cflags=$2 ldflags=$3

	shift 3
	if [ ! -e "$to/build.ninja" ]; then
		CC=clang CFLAGS=$cflags LDFLAGS=$ldflags meson setup -Dfuzz=true \
			-Db_lundef=false -Doptimization=1 -Dwerror=true "$@" "$to"
	fi
	ninja -C "$to" "${names[@]/#/tests/fuzz/}"
}

# Folders of inputs of a fuzzer that there are.
inputs() {
	local d
	for d in "tests/fuzz/corpus/$1" "$dir/fuzz/$1"; do
		if [ -d "$d" ]; then
			printf '%s\n' "$d"
		fi
	done
}

# Words that few random octets make: those of the grammar, and of options.
dictionary() {
	case $1 in
	fuzz_cli) grep -v '^#' app/cli/commands.list | sed 's/ # .*//' | grep -oE '[a-z0-9_-]{2,}' ;;
	fuzz_args)
		grep -ohE '"[a-z0-9_-]{2,}"' app/options.c app/options_read.c app/events.c \
			drivers/net/ipoib/ipoib_devargs.c | tr -d '"'
		;;
	esac | LC_ALL=C sort -u | sed 's/.*/"&"/'
}

limits=(-timeout=20 -rss_limit_mb=3000 -max_len=2200)

# one NAME: its kept inputs, then new ones. Prints one line.
one() {
	local name=$1 kept=tests/fuzz/corpus/$1 work=$dir/fuzz/$1 log=$dir/fuzz/$1.log
	local args=(-artifact_prefix="$work." -print_final_stats=1 -max_total_time="$seconds")

	mkdir -p "$work"
	[ -d "$kept" ] || kept=
	tests/fuzz/seeds.py "$name" "$work.seeds"
	dictionary "$name" >"$work.dict"
	if [ -s "$work.dict" ]; then
		args+=(-dict="$work.dict")
	fi
	if ! "$dir/tests/fuzz/$name" "${limits[@]}" "${args[@]}" "$work" "$work.seeds" ${kept:+"$kept"} >"$log" 2>&1; then
		printf '%s FAILED, all of it: %s\n' "$name" "$log"
		grep -E 'ERROR|SUMMARY|runtime error|error: Failure|Test unit written' "$log" | head -n 20
		return 1
	fi
	printf '%-16s ok %9s inputs, %5s edges of code reached\n' "$name" \
		"$(awk '/number_of_executed_units/ { print $2 }' "$log")" \
		"$(awk '/cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") c = $(i + 1) } END { print c }' "$log")"
}

# Lines of the parsers of a fuzzer that its inputs run: one line each, FILE LINES NOT_RUN PERCENT.
coverage_of() {
	local name=$1 to=$dir-cov log=$dir-cov/$1.log from files

	tests/fuzz/seeds.py "$name" "$dir/fuzz/$name.seeds"
	mapfile -t from < <(inputs "$name")
	from+=("$dir/fuzz/$name.seeds")
	read -ra files < <(sed -n "s/^$name: //p" tests/fuzz/parsers)
	if ! LLVM_PROFILE_FILE=$to/$name.profraw "$to/tests/fuzz/$name" "${limits[@]}" -runs=0 \
		"${from[@]}" >"$log" 2>&1; then
		printf '%s FAILED, all of it: %s\n' "$name" "$log" >&2
		return 1
	fi
	llvm-profdata merge -o "$to/$name.profdata" "$to/$name.profraw"
	llvm-cov export --summary-only --instr-profile="$to/$name.profdata" "$to/tests/fuzz/$name" |
		/usr/bin/python3 -c '
import json, os, sys
lines = {os.path.normpath(os.path.join(sys.argv[1], f["filename"])): f["summary"]["lines"]
         for f in json.load(sys.stdin)["data"][0]["files"]}
for name in sys.argv[2:]:
    n = lines[os.path.realpath(name)]
    print(name, n["count"], n["count"] - n["covered"], n["percent"])
' "$(realpath "$to")" "${files[@]}"
}

coverage() {
	local name out bad=0

	# Programs that meson runs leave no profile.
	if ! out=$(LLVM_PROFILE_FILE=/dev/null build "$dir-cov" \
		'-fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping' \
		-fprofile-instr-generate -Ddebug=false 2>&1); then
		printf '%s\n' "$out" >&2
		return 1
	fi
	printf '| fuzzer | parser | lines | run |\n|---|---|---|---|\n'
	for name in "${names[@]}"; do
		out=$(coverage_of "$name") || bad=1
		while read -r file lines left percent; do
			# shellcheck disable=SC2016 # for the reader, not the shell
			printf '| %s | `%s` | %d | %.1f %% |\n' "${name#fuzz_}" "$file" "$lines" "$percent"
			if [ "$(((lines - left) * 10))" -lt "$((lines * 9))" ]; then
				bad=1
			fi
		done <<<"$out"
	done
	return "$bad"
}

# The smallest first: they are what a run begins with, and what a reader can follow.
keep() {
	local name kept all from used f size

	for name in "${names[@]}"; do
		kept=tests/fuzz/corpus/$name
		all=$dir/fuzz/$name.all
		mapfile -t from < <(inputs "$name")
		rm -rf "$all"
		mkdir -p "$all"
		"$dir/tests/fuzz/$name" "${limits[@]}" -merge=1 "$all" "${from[@]}" >"$dir/fuzz/$name.log" 2>&1
		rm -rf "$kept"
		mkdir -p "$kept"
		used=0
		while read -r size f; do
			used=$((used + size))
			[ "$used" -le "$keep_octets" ] || break
			cp "$all/$f" "$kept/"
		done < <(find "$all" -type f -printf '%s %f\n' | sort -n -k 1,1 -k 2)
		printf '%-16s %d of %d inputs kept\n' "$name" "$(find "$kept" -type f | wc -l)" \
			"$(find "$all" -type f | wc -l)"
	done
}

if [ "${COVERAGE:-0}" != 0 ]; then
	coverage
	exit
fi
# Leaks are the fixtures' to find, when they count what is left; EAL keeps its own memory.
build "$dir" -fsanitize=fuzzer-no-link '' -Db_sanitize=address,undefined
# CMOCKA_TEST_ABORT: an assertion says where, and libFuzzer keeps the input.
export CMOCKA_TEST_ABORT=1 ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
if [ "${KEEP:-0}" != 0 ]; then
	keep
	exit
fi

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
