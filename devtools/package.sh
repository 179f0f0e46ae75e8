#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Make the Debian packages of what is committed, and try them; by hand, some minutes, root.
#
# package.sh build		packages in build/package, looked at by lintian; then start
# package.sh start		the packaged program, unpacked, takes the demo's start file
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
out=$top/build/package
version=$(sed -n "s/^ *version: '\(.*\)',$/\1/p" meson.build | head -n 1)

need() {
	local missing=() p
	for p in "$@"; do
		dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed ||
			missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends "${missing[@]}"
}

build_packages() {
	local sdk
	need debhelper fakeroot lintian
	sdk=$(devtools/driver-sdk.sh --path)
	rm -rf "$out"
	mkdir -p "$out/src"
	git archive HEAD | tar -x -C "$out/src"
	git archive --prefix="dpdk-ipoib-$version/" HEAD ':!debian' |
		xz -1 >"$out/dpdk-ipoib_$version.orig.tar.xz"
	(cd "$out/src" && DRIVER_SDK=$sdk DEB_BUILD_OPTIONS="parallel=2 noautodbgsym" \
		dpkg-buildpackage -us -uc)
	lintian --fail-on error,warning --suppress-tags \
		bad-distribution-in-changes-file,initial-upload-closes-no-bugs \
		"$out"/dpdk-ipoib_*.changes
	ls -l "$out"/*.deb
}

# What is in the package starts with the demo's start file, between two ends of a veth.
start_program() {
	rm -rf "$out/root"
	dpkg-deb -x "$out"/dpdk-ipoib_*.deb "$out/root"
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --net --pid --fork --mount-proc bash -c '
		set -e
		mount -t tmpfs none /run
		ip link add ea type veth peer name eb
		ip link set ea up
		ip link set eb up
		printf "ip address show\nip route show\nquit\n" | timeout 60 "$1/usr/bin/dpdk-ipoib" \
			--lcores 0@0,1@0 --no-pci --no-huge -m 1024 --vdev net_af_packet0,iface=ea \
			--vdev net_af_packet1,iface=eb -- -i --idle-sleep 100 --cmdline-file \
			"$1/usr/share/doc/dpdk-ipoib/examples/gateway-a.cmd"' bash "$out/root" >"$out/start.log" 2>&1 ||
		{ tail -n 20 "$out/start.log" >&2; return 1; }
	grep -q "198.51.100.0/24" "$out/start.log" || { tail -n 20 "$out/start.log" >&2; return 1; }
	"$out/root/usr/share/dpdk-ipoib/usertools/dpdk-ipoib-query" --help >/dev/null
	echo "package: the packaged program takes the demo's start file"
}

case ${1:-} in
build)
	build_packages
	start_program
	;;
start) start_program ;;
*)
	echo "usage: package.sh build|start" >&2
	exit 2
	;;
esac
