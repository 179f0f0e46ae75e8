#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Check style and order of the tracked files.
#
# lint.sh			all parts, one line each (LONG=1: also shadow, tidy and analyzer, many minutes)
# lint.sh --list		names of the parts
# lint.sh PART...		only these
# shellcheck disable=SC2317 # the parts are called by name
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C.UTF-8

words_ok=te,nd,ans,tha,inflight
parts=(format licence whitespace spelling scripts python sizes includes paths spec doc mutants cppcheck commits)

# Tracked files that exist, zero-terminated, less data that follows no text rules.
tracked() {
	git ls-files -z --cached -- "$@" ':!*.png' ':!*.svg' ':!*.pcap' ':!*.erf' ':!*.bin' \
		':!tests/fuzz/corpus/**' | while IFS= read -r -d '' f; do
		if [ -f "$f" ]; then
			printf '%s\0' "$f"
		fi
	done
}

part_format() {
	# shellcheck disable=SC2016 # for the inner shell
	tracked '*.c' '*.h' | xargs -0 -r -P 2 -n 8 sh -c 'bad=0
		for f; do
			clang-format "$f" | cmp -s - "$f" || { echo "$f: clang-format -i"; bad=1; }
		done
		exit $bad' sh
}

# First line, or second under #!; then the copyright. JSON and CSV have no comments. The test's
# kernel module can only have the kernel's licence.
part_licence() {
	local bad=0 f licence
	while IFS= read -r -d '' f; do
		licence=BSD-3-Clause
		case $f in tests/interop/softib/*.[ch] | tests/interop/softib/Kbuild) licence=GPL-2.0-only ;; esac
		if ! head -n 2 "$f" | grep -q "SPDX-License-Identifier: $licence\\b"; then
			echo "$f: no SPDX-License-Identifier: $licence in the first lines"
			bad=1
		elif ! head -n 4 "$f" | grep -q 'Copyright (c) 20'; then
			echo "$f: no copyright line under the licence"
			bad=1
		fi
	done < <(tracked ':!LICENSE' ':!LICENSES/*' ':!*.json' ':!*.csv' ':!*.hex' \
		':!debian/changelog' ':!debian/copyright' ':!debian/*.install' ':!debian/source/*' \
		':!debian/README.source')
	return "$bad"
}

part_whitespace() {
	local bad=0 f
	if tracked | xargs -0 -r grep -nIE '[[:blank:]]+$|'$'\r'; then
		bad=1
	fi
	while IFS= read -r -d '' f; do
		if [ -s "$f" ] && [ -n "$(tail -c 1 "$f")" ]; then
			echo "$f: no newline at the end"
			bad=1
		fi
	done < <(tracked)
	return "$bad"
}

part_spelling() {
	tracked ':!LICENSE' ':!LICENSES/*' |
		xargs -0 -r codespell -q 3 -L "$words_ok"
}

shell_files() {
	tracked | while IFS= read -r -d '' f; do
		if head -n 1 "$f" | grep -qE '^#!.*[/ ](ba)?sh( |$)' || [[ $f == *.sh ]]; then
			printf '%s\0' "$f"
		fi
	done
}

part_scripts() {
	shell_files | xargs -0 -r -P 2 -n 2 shellcheck -x -P SCRIPTDIR
}

part_python() {
	local bad=0 f
	local compile='import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")'
	while IFS= read -r -d '' f; do
		if [[ $f == *.py ]] || head -n 1 "$f" | grep -q '^#!.*python'; then
			/usr/bin/python3 -c "$compile" "$f" || bad=1
			if [ "$(head -c 2 "$f")" = '#!' ] && ! head -n 1 "$f" | grep -qx '#!/usr/bin/python3'; then
				echo "$f: the first line is not #!/usr/bin/python3 (Debian's modules belong to it)"
				bad=1
			fi
		fi
	done < <(tracked)
	return "$bad"
}

part_sizes() {
	devtools/check-sizes
}

part_includes() {
	devtools/check-includes
}

# Paths of one developer's machine.
part_paths() {
	! tracked ':!devtools/lint.sh' |
		xargs -0 -r grep -nIE '(^|[^A-Za-z0-9_./-])/(work|home|root)/[a-z]'
}

part_spec() {
	devtools/check-spec
}

part_doc() {
	devtools/check-doc
}

# Small errors that tests must notice are texts of the sources, which change.
part_mutants() {
	tests/mutation.sh --fit
}

# Errors that compilers do not see. Headers of DPDK and of the system are not read: cppcheck.h
# has the few macros of them that matter.
part_cppcheck() {
	local queue

	queue=$(${CC:-cc} -M -xc - <<<'#include <sys/queue.h>' | grep -o '/[^ ]*sys/queue.h')
	cppcheck -q -j 2 --std=c11 --language=c --enable=warning,portability,performance \
		--suppressions-list=devtools/cppcheck.supp --error-exitcode=1 \
		--template='{file}:{line}: {id}: {message}' \
		--include=devtools/cppcheck.h --include="$queue" \
		-Iapp -Iapp/cli -Iapp/common -Iapp/datapath -Iapp/control -Ilib/compat \
		-Ilib/ipoib_net -Ilib/ipoib_neigh -Ilib/ipoib_ctrl -Idrivers/net/ipoib \
		app lib drivers
}

# LONG=1, of what the folder BUILD (build) compiles: names that hide others, clang-tidy's short list
# (.clang-tidy), and what its static analyzer finds that is not explained (analyzer.supp).
compiled() {
	if [ ! -e "${BUILD:-build}/compile_commands.json" ]; then
		echo "no ${BUILD:-build}/compile_commands.json: make build"
		return 1
	fi
}

part_shadow() {
	compiled && devtools/check-shadow "${BUILD:-build}"
}

part_tidy() {
	compiled && tracked 'app/*.c' 'lib/*.c' 'drivers/*.c' | xargs -0 -r -P 2 -n 4 clang-tidy \
		-p "${BUILD:-build}" --quiet --extra-arg=-Wno-unknown-warning-option 2>/dev/null
}

part_analyzer() {
	compiled && devtools/check-analyzer "${BUILD:-build}"
}

part_commits() {
	local bad=0 range=HEAD subject
	if git rev-parse -q --verify origin/main >/dev/null; then
		range=origin/main..HEAD
	fi
	while IFS= read -r subject; do
		if [ "${#subject}" -gt 60 ]; then
			echo "more than 60 characters: $subject"
			bad=1
		elif ! [[ $subject =~ ^[a-z0-9][a-z0-9_./,\ -]*:\ ([a-z]|(IPv[46]|Linux\'s)\ ).*[^.]$ ]]; then
			echo "not of the form 'part: do something': $subject"
			bad=1
		fi
	done < <(git log --no-merges --format=%s "$range")
	return "$bad"
}

run_part() {
	local out ret=ok start=$EPOCHREALTIME
	out=$("part_$1" 2>&1) || ret=FAILED
	printf 'lint %-12s %-7s %6.1f s\n' "$1" "$ret" \
		"$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')"
	if [ "$ret" != ok ]; then
		printf '%s\n' "$out" | sed 's/^/    /'
		return 1
	fi
}

if [ "${LONG:-0}" != 0 ]; then
	parts+=(shadow tidy analyzer)
fi
if [ "${1:-}" = --list ]; then
	printf '%s\n' "${parts[@]}"
	exit 0
fi
if ! git rev-parse -q --verify HEAD >/dev/null 2>&1; then
	echo "lint: needs a git checkout: it looks at tracked files only"
	exit 77
fi
if [ $# -ne 0 ]; then
	for p in "$@"; do
		if [[ " ${parts[*]} shadow tidy analyzer " != *" $p "* ]]; then
			echo "lint: unknown part '$p', allowed: ${parts[*]}" >&2
			exit 2
		fi
	done
	parts=("$@")
fi
status=0
for p in "${parts[@]}"; do
	run_part "$p" || status=1
done
exit "$status"
