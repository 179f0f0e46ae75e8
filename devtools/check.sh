#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Run all tests on what is built in $BUILD. The last line: N passed, N failed, N skipped.
#
# check.sh [PART...]		parts: lint clang unit smoke mutation; without arguments all, mutation
#			only with LONG=1
#
# unit	every test of meson (tests/unit, tests/pmd, tests/fuzz); UNIT_SUITES="neigh dp": only these suites
# smoke	tests/smoke/*.sh without those that start with _; exit status 77 is a skip, and the last
#	line they print is the reason. SMOKE_TAG=asan: only scripts with a line "# tags: ... asan".
# LONG=1	longer forms (tests read it), and five times the time limits
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C.UTF-8

BUILD=$(realpath -m "${BUILD:-build}")
export BUILD LONG=${LONG:-0}
# The limits end what hangs; a machine with a load, or a sanitizer, is no hang.
limit_factor=2
if [ "$LONG" != 0 ]; then
	limit_factor=10
fi
logs=$BUILD/check
passed=0 failed=0 skipped=0
failures=()
child='' clang=''
started=$SECONDS

stop() {
	trap - INT TERM
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null
		wait "$child"
	fi
	if [ -n "$clang" ]; then
		kill -TERM "$clang" 2>/dev/null
	fi
	echo "check: interrupted" >&3
	exit 130
}
exec 3>&1 # a trap runs with the redirections of the command it interrupts
trap stop INT TERM

# In the background, so that a signal is acted on at once.
run_child() {
	"$@" &
	child=$!
	wait "$child"
	local status=$?
	child=
	return "$status"
}

count_pass() {
	passed=$((passed + 1))
}

count_fail() {
	failed=$((failed + 1))
	failures+=("$1")
}

count_skip() {
	skipped=$((skipped + 1))
}

part_lint() {
	local p status
	for p in $(devtools/lint.sh --list); do
		devtools/lint.sh "$p"
		status=$?
		case $status in
		0) count_pass ;;
		77) count_skip ;;
		*) count_fail "lint $p" ;;
		esac
	done
}

# The second compiler: everything must compile there without warnings too. Behind whatever else
# runs: lint and unit tests leave half of two CPUs.
clang_build() {
	local dir=$BUILD/clang

	if [ ! -e "$dir/build.ninja" ]; then
		CC=clang meson setup -Dwerror=true "$dir" || return
	fi
	exec nice -n 19 ninja -C "$dir"
}

clang_begin() {
	clang_build >"$logs/clang.log" 2>&1 &
	clang=$!
}

part_clang() {
	local log=$logs/clang.log begin=$SECONDS

	[ -n "$clang" ] || clang_begin
	printf 'build with clang '
	if wait "$clang"; then
		printf ' ok      %4d s\n' $((SECONDS - begin))
		count_pass
	else
		printf ' FAILED  %4d s, all of it: %s\n' $((SECONDS - begin)) "$log"
		grep -E -A 5 'error|FAILED|ERROR' "$log" | head -n 60
		count_fail "build with clang"
	fi
	clang=
}

# Counts from meson's own log: one JSON object a line.
part_unit() {
	local log=$BUILD/meson-logs/testlog.json kind name why
	rm -f "$log"
	local suites=() suite
	for suite in ${UNIT_SUITES:-}; do
		suites+=(--suite "$suite")
	done
	run_child meson test -C "$BUILD" --num-processes 2 --print-errorlogs --no-suite bench \
		"${suites[@]}" --timeout-multiplier "$limit_factor"
	if [ ! -e "$log" ]; then
		count_fail "meson test (did not run)"
		return
	fi
	while IFS=$'\t' read -r kind name why; do
		case $kind in
		pass) count_pass ;;
		skip)
			count_skip
			printf 'skipped: %s: %s\n' "$name" "$why"
			;;
		*) count_fail "$name" ;;
		esac
	done < <(devtools/meson-results "$log")
}

run_smoke() {
	local script=$1 name log status begin=$SECONDS limit
	name=$(basename "$script" .sh)
	log=$logs/smoke-$name.log
	limit=$(sed -n 's/^# timeout: \([0-9]*\)$/\1/p' "$script" | head -n 1)
	limit=$((${limit:-120} * limit_factor))
	printf 'smoke %-24s ' "$name"
	run_child timeout -k 20 "$limit" "$script" >"$log" 2>&1 </dev/null
	status=$?
	case $status in
	0)
		count_pass
		printf 'ok      %4d s\n' $((SECONDS - begin))
		;;
	77)
		count_skip
		printf 'SKIPPED %4d s: %s\n' $((SECONDS - begin)) "$(tail -n 1 "$log")"
		;;
	*)
		count_fail "smoke $name"
		printf 'FAILED  %4d s, all of it: %s\n' $((SECONDS - begin)) "$log"
		tail -n 100 "$log" | sed 's/^/    /'
		if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
			echo "    (stopped after the limit of $limit s)"
		fi
		;;
	esac
}

part_smoke() {
	local script
	for script in tests/smoke/[!_]*.sh; do
		if [ ! -e "$script" ]; then
			continue
		fi
		if [ -n "${SMOKE_TAG:-}" ] &&
			! grep -qE "^# tags:.*\b$SMOKE_TAG\b" "$script"; then
			continue
		fi
		run_smoke "$script"
	done
}

# That the tests bite.
part_mutation() {
	if run_child tests/mutation.sh --named; then
		count_pass
	else
		count_fail "mutation"
	fi
}

if [ $# -eq 0 ]; then
	set -- lint unit smoke clang
	if [ "$LONG" != 0 ]; then
		set -- "$@" mutation
	fi
fi
mkdir -p "$logs"
case " $* " in *" clang "*) clang_begin ;; esac
for part in "$@"; do
	case $part in
	lint | clang | unit | smoke | mutation) "part_$part" ;;
	*)
		echo "check: unknown part '$part', allowed: lint clang unit smoke mutation" >&2
		exit 2
		;;
	esac
done

took=$((SECONDS - started))
printf '\ncheck: took %d min %02d s\n' $((took / 60)) $((took % 60))
if [ "$failed" -ne 0 ]; then
	printf 'failed: %s\n' "${failures[@]}"
fi
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
