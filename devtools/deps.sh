#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Install what building, testing and the demo need, on Debian 12 (and its relatives).
# Does nothing, quickly, when all is there. Adds no package source to the system.
#
# deps.sh --interop: also what only the interoperability tests need.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

dpdk_packages=(libdpdk-dev dpdk dpdk-dev)
packages=(
	# build
	gcc libc6-dev make meson ninja-build pkg-config dpkg-dev git
	libibverbs-dev libibumad-dev libnuma-dev libmnl-dev libpcap-dev
	# fabric and traffic of the tests and the demo
	opensm ibsim-utils infiniband-diags iproute2 iputils-ping iperf3 ethtool curl procps
	util-linux tshark dnsmasq-base udhcpc tmux
	# tests and checks
	libcmocka-dev libopensm-dev liburcu-dev python3 python3-scapy python3-matplotlib
	python3-pyelftools python3-prometheus-client valgrind
	clang clang-format libclang-rt-dev codespell cppcheck shellcheck doxygen
	# documentation
	python3-sphinx python3-myst-parser
)
# What boots a guest, and what runs in it beside us.
interop_packages=(
	qemu-system-x86 busybox-static kmod cpio linux-headers-amd64
	ibverbs-providers ibverbs-utils perftest
)

say() {
	printf 'deps: %s\n' "$*"
}

die() {
	printf 'deps: FAILED: %s\n' "$1" >&2
	shift
	local line
	for line in "$@"; do
		printf '  %s\n' "$line" >&2
	done
	exit 1
}

# A DPDK that no package owns (built by hand) takes the place of the distribution's.
own_dpdk() {
	local pc
	pkg-config --exists 'libdpdk >= 22.11' 2>/dev/null || return 1
	pc=$(pkg-config --variable=pcfiledir libdpdk)/libdpdk.pc
	! dpkg-query -S "$pc" >/dev/null 2>&1
}

list_missing() {
	local -A have=()
	local name state
	while read -r name state; do
		if [ "$state" = installed ]; then
			have[$name]=1
		fi
	done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n')
	for name in "${packages[@]}"; do
		[ -n "${have[$name]:-}" ] || printf '%s\n' "$name"
	done
}

# The prefix that gives root's rights: nothing for root, else sudo.
find_root() {
	as_root=()
	if [ "$(id -u)" -eq 0 ]; then
		return
	fi
	command -v sudo >/dev/null || die "packages are missing and this is not root: $*" \
		"Run as root, or install sudo, or ask for: apt-get install --no-install-recommends $*"
	if [ ! -t 0 ] && ! sudo -n true 2>/dev/null; then
		die "packages are missing, and sudo wants a password: $*" "Run 'sudo -v' first."
	fi
	as_root=(sudo)
}

apt_run() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
		-o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-unsafe-io \
		-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# The package would start a subnet manager on every InfiniBand port it finds, now and at boot. This
# project starts its own, on simulated fabrics only, so the service is left off.
keep_opensm_off() {
	local conf=/etc/default/opensm
	if [[ " $* " == *" opensm "* ]] && [ ! -e "$conf" ]; then
		say "the opensm system service stays off (PORTS=NONE in $conf)"
		"${as_root[@]}" sh -c "echo 'PORTS=NONE' >$conf"
	fi
}

install_packages() {
	local unknown=() name log
	command -v apt-get >/dev/null || die "this is not Debian or one of its relatives" \
		"Install by hand what corresponds to: $*"
	find_root "$@"
	say "installing $# packages: $*"
	apt_run -qq update || say "apt-get update reported errors; trying with what it has"
	for name in "$@"; do
		apt-cache show --no-all-versions "$name" >/dev/null 2>&1 || unknown+=("$name")
	done
	if [ "${#unknown[@]}" -ne 0 ]; then
		die "packages not found: ${unknown[*]}" \
			"Debian 12 has them in 'main'. Look above for errors of apt-get update" \
			"(no network? proxy?), and at /etc/apt for the sources it uses."
	fi
	keep_opensm_off "$@"
	log=$(mktemp)
	if ! apt_run install -y --no-install-recommends "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		die "apt-get install stopped, its last lines are above" \
			"No network, a full disk, or a half-configured package ('dpkg --configure -a')." \
			"Then run 'make deps' again: it goes on where it stopped."
	fi
	rm -f "$log"
}

if [ ! -e /etc/os-release ] || ! command -v dpkg-query >/dev/null; then
	die "this is not Debian or one of its relatives" \
		"Needed: DPDK >= 22.11 and what this script lists."
fi
if [ "${1:-}" = --interop ]; then
	packages+=("${interop_packages[@]}")
fi
if ! own_dpdk; then
	packages+=("${dpdk_packages[@]}")
fi
mapfile -t missing < <(list_missing)
if [ "${#missing[@]}" -ne 0 ]; then
	install_packages "${missing[@]}"
fi
devtools/driver-sdk.sh --get
devtools/prometheus.sh --get
if [ "${#missing[@]}" -ne 0 ]; then
	say "complete"
fi
