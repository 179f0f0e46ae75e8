#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Make the Debian packages and the tarball of what is committed, and try them where nothing else of
# this tree is. By hand, a quarter of an hour, root, network.
#
# package.sh [PART...]		without arguments all, in this order
#
# build	packages in build/package, by dpkg-buildpackage; lintian has nothing to say
# clean	a bare Debian of this release (debootstrap), in build/package/clean: apt installs the
#	packages there, the installed program with its installed start files and tools runs the
#	demo, an example is compiled with the installed library, and purging leaves nothing
# dist	the tarball of meson dist, unpacked: it builds and passes its unit tests without git
#
# DEMO_SECONDS=1: as demo/demo.sh has it. The bare Debian and what apt fetched stay in the cache.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
me=package
# shellcheck source-path=SCRIPTDIR source=dpdk-source.sh
. devtools/dpdk-source.sh

out=$PWD/build/package
root=$out/clean
version=$(sed -n "s/^ *version: '\(.*\)',$/\1/p" meson.build | head -n 1)
said=()

say() {
	said+=("package: $*")
	printf 'package: %s\n' "$*"
}

run_logged() {
	local log=$out/$1.log
	shift
	if ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "$*" "all of it: $log"
	fi
}

need() {
	local missing=() p
	for p in "$@"; do
		dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed ||
			missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] || run_logged need env DEBIAN_FRONTEND=noninteractive apt-get \
		install -qq -y --no-install-recommends "${missing[@]}"
}

# Two tags are not for lintian to tell: a package for one's own use closes no bug of Debian's, and
# goes into no suite of its archive.
part_build() {
	need debhelper fakeroot lintian
	rm -rf "$out/src" "$out"/*dpdk-ipoib_* "$out"/libipoib-*
	mkdir -p "$out/src"
	git archive HEAD | tar -x -C "$out/src"
	git archive --prefix="dpdk-ipoib-$version/" HEAD ':!debian' |
		xz -1 >"$out/dpdk-ipoib_$version.orig.tar.xz"
	(
		cd "$out/src"
		DRIVER_SDK=$("$OLDPWD/devtools/driver-sdk.sh" --path) \
			DEB_BUILD_OPTIONS="parallel=2 noautodbgsym" \
			run_logged build dpkg-buildpackage -us -uc
	)
	lintian --fail-on error,warning --suppress-tags \
		bad-distribution-in-changes-file,initial-upload-closes-no-bugs \
		"$out"/dpdk-ipoib_*.changes || die "lintian has something to say"
	say "built $(cd "$out" && echo ./*.deb), lintian clean"
}

# The distribution's own package sources of this machine, one a line.
own_sources() {
	# shellcheck disable=SC2016 # apt's own words
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' |
		awk -v ok="^$codename(-updates|-security)?\$" '$2 ~ ok { print "deb", $0 }' | sort -u
}

# A bare Debian in $root, as debootstrap makes it.
bare_debian() {
	local base=$1/$codename.tar mirror
	if [ ! -e "$base" ]; then
		need debootstrap
		rm -rf "$root"
		mirror=$(own_sources | awk -v c="$codename" '$3 == c { print $2; exit }')
		run_logged debootstrap debootstrap --variant=minbase "$codename" "$root" "$mirror"
		mkdir -p "$1"
		tar -C "$root" -cf "$base.part" .
		mv "$base.part" "$base"
	fi
	rm -rf "$root"
	mkdir -p "$root"
	tar -C "$root" -xf "$base"
	own_sources >"$root/etc/apt/sources.list"
	cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
}

# The demo's and an example's scripts; all that they run and read is what the packages bring.
add_scripts() {
	local top=$root/src
	mkdir -p "$top/build/app"
	git archive HEAD demo examples tests/lab.sh tests/fabric.sh config/fabric |
		tar -x -C "$top"
	ln -s /usr/bin/dpdk-ipoib "$top/build/app/"
	ln -s /usr/share/dpdk-ipoib/usertools "$top/"
	ln -s /usr/share/doc/dpdk-ipoib/examples/gateway-{a,b}.cmd "$top/config/"
	cp "$out"/*.deb "$top/"
}

# Runs in the bare Debian.
try_packages() {
	cat <<'X'
set -eu
export DEBIAN_FRONTEND=noninteractive
cd /src
apt-get -qq update
install="apt-get -qq -y -o Dpkg::Options::=--force-unsafe-io install"
echo "+ installed alone"
$install ./dpdk-ipoib_*.deb
dpkg -L dpdk-ipoib >files
dpdk-ipoib --help >/dev/null
# It loads all drivers, and ends: there are no ports.
! dpdk-ipoib --no-pci --no-huge -m 64 </dev/null || exit 1
echo "+ installed with what the demo has beside it"
$install --no-install-recommends opensm ibsim-utils iproute2 iputils-ping iperf3 ethtool procps curl
BUILD=/src/build demo/demo.sh >demo.log 2>&1 || { cat demo.log; exit 1; }
tail -n 1 demo.log
echo "+ an example with the installed library"
$install --no-install-recommends ./libipoib-neigh-dev_*.deb gcc libc6-dev pkgconf
# shellcheck disable=SC2046 # words are meant
gcc -o example examples/neigh/neigh.c $(pkg-config --cflags --libs libipoib_neigh)
./example --no-huge -m 64 --no-pci >example.log 2>&1 || { cat example.log; exit 1; }
echo "+ purged"
apt-get -qq -y purge dpdk-ipoib libipoib-neigh-dev
while read -r f; do
	if [ -e "$f" ] && [ ! -d "$f" ]; then
		echo "left behind: $f"
		exit 1
	fi
done <files
X
}

part_clean() {
	local cache
	[ "$(id -u)" -eq 0 ] || die "only root can go into another root"
	ls "$out"/*.deb >/dev/null 2>&1 || die "no packages in $out" "devtools/package.sh build"
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	cache=$(own_cache)/clean
	bare_debian "$cache"
	add_scripts
	mkdir -p "$cache/archives/partial"
	# What is mounted here is gone when the last process is.
	# shellcheck disable=SC2016 # for the inner shell
	run_logged clean unshare --mount --pid --fork --kill-child bash -c '
		set -e
		mount --bind "$2" "$1/var/cache/apt/archives"
		mount -t proc none "$1/proc"
		mount --rbind /sys "$1/sys"
		mount --rbind /dev "$1/dev"
		mount -t tmpfs none "$1/run"
		mkdir "$1/run/lock"
		exec chroot "$1" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
			DEMO_SECONDS="$3" sh -c "$4"' bash "$root" "$cache/archives" \
		"${DEMO_SECONDS:-1}" "$(try_packages)"
	if grep -r 'the driver is there already' "$out/clean.log"; then
		die "the installed program speaks of its own driver"
	fi
	say "in a bare Debian $codename: installed, $(grep '^demo: ok' "$out/clean.log"), purged"
	rm -rf "$root"
}

part_dist() {
	local dir=$out/dist tree
	rm -rf "$dir"
	mkdir -p "$dir"
	run_logged dist-setup meson setup -Dtests=disabled "$dir/build"
	run_logged dist-make meson dist -C "$dir/build" --no-tests --allow-dirty
	tar -C "$dir" -xf "$dir/build/meson-dist/dpdk-ipoib-$version.tar.xz"
	tree=$dir/dpdk-ipoib-$version
	# Git must not find the tree around it.
	export GIT_CEILING_DIRECTORIES=$dir
	run_logged dist-build meson setup -Dwerror=true "$tree/build" "$tree"
	run_logged dist-build ninja -C "$tree/build"
	run_logged dist-test meson test -C "$tree/build" --num-processes 2 --no-suite bench
	(cd "$tree" && devtools/lint.sh >"$out/dist-lint.log" 2>&1) && die "lint looks at a tree without git"
	grep -q 'needs a git checkout' "$out/dist-lint.log" || die "lint does not say that it needs git"
	say "dpdk-ipoib-$version.tar.xz builds, $(sed -n 's/^Ok: *//p' "$out/dist-test.log") unit tests pass," \
		"lint says that it needs git"
	rm -rf "$dir/build" "$tree"
}

[ $# -ne 0 ] || set -- build clean dist
for part; do
	case $part in
	build | clean | dist) ;;
	*)
		echo "usage: package.sh [build|clean|dist]..." >&2
		exit 2
		;;
	esac
done
mkdir -p "$out"
for part; do
	"part_$part"
done
printf '%s\n' '' "${said[@]}"
