#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# Interoperability tests: boot the distribution's own kernel in QEMU and run one script in each
# guest. No hardware, no root file system image: the guest's root is this machine's, read-only, with
# the guest's memory over it, and $JOB is the one folder that both write to.
#
# run.sh [NAME...]	tests/interop/NAME.sh; without names all that do not start with _, those with
#			the longest timeout first
#
# A script is run by bash, as root, in the guest; it sources _guest.sh, which has check, skip and
# what starts fabrics. Optional lines near its top: "# timeout: SECONDS" of the whole guest (default
# 120), "# guest: QEMU OPTIONS" (default: -smp 2 -m 1024), "# accel: QEMU ACCELERATOR",
# "# before: COMMAND" (of the host, before any guest). The last line of this program: N passed, N failed, N skipped, where each check of a script is one.
#
# Environment: BUILD (build); INTEROP_JOBS, guests at a time (2); INTEROP_VERBOSE=1: all they print;
# INTEROP_ACCEL (tcg,thread=multi): QEMU's accelerator. Not kvm by itself: inside a virtual machine
# /dev/kvm may be there and hang.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export LC_ALL=C.UTF-8 PATH="$PATH:/usr/sbin:/sbin"

me=interop
# shellcheck source=SCRIPTDIR/../../devtools/dpdk-source.sh
. devtools/dpdk-source.sh

top=$PWD
build=$(realpath -m "${BUILD:-build}")
work=$build/interop
jobs=${INTEROP_JOBS:-2}

# The kernel that the installed headers are for, whichever that is: sets kver, kernel.
find_kernel() {
	local package version
	package=$(dpkg-query -W -f '${Depends}' linux-headers-amd64 | grep -o 'linux-headers-[^ ,]*' |
		head -n 1)
	kver=${package#linux-headers-}
	if [ -z "$kver" ] || [ ! -d "/usr/src/linux-headers-$kver" ]; then
		die "linux-headers-amd64 does not say for which kernel it is"
	fi
	version=$(dpkg-query -W -f '${Version}' "$package")
	kernel=$(own_cache)/interop/linux-image-${kver}_$version
}

# Unpack its package into the cache; nothing is installed. Without what no guest has.
get_kernel() {
	local tmp left_out=() dir
	mkdir -p "$(dirname "$kernel")" || die "the cache cannot be written: $(dirname "$kernel")"
	exec 9>"$(dirname "$kernel")/.lock"
	flock 9
	if [ ! -e "$kernel/.complete" ]; then
		printf 'interop: fetching the kernel %s\n' "$kver"
		tmp=$(mktemp -d "$kernel.XXXXXX")
		chmod 755 "$tmp"
		(cd "$tmp" && apt-get -q download "linux-image-$kver" >apt.log 2>&1) || {
			tail -n 5 "$tmp/apt.log" >&2
			rm -rf "$tmp"
			die "no package linux-image-$kver" "If the archive has a newer kernel by now:" \
				"apt-get update && apt-get install linux-headers-amd64"
		}
		for dir in sound drivers/gpu drivers/media drivers/net/wireless drivers/staging \
			drivers/iio drivers/scsi drivers/usb; do
			left_out+=(--exclude="./lib/modules/$kver/kernel/$dir")
		done
		# shellcheck disable=SC2015 # die if either fails
		dpkg-deb --fsys-tarfile "$tmp"/*.deb | tar -x -C "$tmp" "${left_out[@]}" &&
			depmod -b "$tmp" "$kver" || die "linux-image-$kver cannot be unpacked"
		rm -f "$tmp"/*.deb
		touch "$tmp/.complete"
		rm -rf "$kernel"
		mv "$tmp" "$kernel"
	fi
	exec 9>&-
}

# softib.ko and the initramfs, which loads what reaches the root file system: sets $work/*.
build_guest() {
	local dir=$work/softib ird=$work/initramfs log=$work/softib.log
	mkdir -p "$dir"
	exec 9>"$work/.lock"
	flock 9
	cp -pu tests/interop/softib/*.[ch] tests/interop/softib/Kbuild "$dir/"
	make -C "/usr/src/linux-headers-$kver" M="$dir" modules >"$log" 2>&1 || {
		tail -n 30 "$log" >&2
		die "the kernel module softib does not build for $kver"
	}
	rm -rf "$ird" && mkdir -p "$ird"/{bin,dev,lower,upper,new,proc,sys,mods}
	cp "$(command -v busybox)" "$ird/bin/"
	modprobe -d "$kernel" -S "$kver" --show-depends -a virtio_pci 9p 9pnet_virtio overlay |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/order"
	xargs -a "$work/order" cp -t "$ird/mods"
	xargs -a "$work/order" -n 1 basename >"$ird/order"
	install -m 755 tests/interop/_init "$ird/init"
	(cd "$ird" && find . | cpio -o -H newc --quiet | gzip -1) >"$ird.gz.new" &&
		mv "$ird.gz.new" "$ird.gz"
	exec 9>&-
}

# One guest; what it prints goes to $run/NAME/log.
boot() {
	local script=$1 job=$2 limit options accel model=passthrough
	limit=$(sed -n 's/^# timeout: \([0-9]*\)$/\1/p' "$script" | head -n 1)
	options=$(sed -n 's/^# guest: \(.*\)$/\1/p' "$script" | head -n 1)
	accel=$(sed -n 's/^# accel: \(.*\)$/\1/p' "$script" | head -n 1)
	[ "$(id -u)" -eq 0 ] || model=none
	{
		printf 'export INTEROP_TOP=%q INTEROP_BUILD=%q\n' "$top" "$build"
		printf 'mkdir -p /lib/modules/%s; mount --bind %q /lib/modules/%s\n' "$kver" \
			"$kernel/lib/modules/$kver" "$kver"
		# shellcheck disable=SC2016 # the guest's $?
		printf 'cd /run; bash %q; echo $? >"$JOB/status"\n' "$top/$script"
	} >"$job/start"
	# Without erms and fsrm: TCG copies octet by octet what these make the kernel copy by rep movsb.
	# shellcheck disable=SC2086 # words are meant
	timeout -k 5 "${limit:-120}" qemu-system-x86_64 \
		-accel "${accel:-${INTEROP_ACCEL:-tcg,thread=multi}}" -cpu max,-erms,-fsrm \
		${options:--smp 2 -m 1024} -nodefaults -no-reboot -display none -serial stdio \
		-kernel "$kernel/boot/vmlinuz-$kver" -initrd "$work/initramfs.gz" \
		-append "console=ttyS0 panic=-1 quiet mitigations=off nokaslr job=$job" \
		-fsdev "local,id=root,path=/,security_model=$model,readonly=on,multidevs=remap" \
		-device virtio-9p-pci,bus=pci.0,fsdev=root,mount_tag=root \
		-fsdev "local,id=job,path=$job,security_model=$model" \
		-device virtio-9p-pci,bus=pci.0,fsdev=job,mount_tag=job </dev/null 2>&1 |
		sed -u 's/\r*$//; s/\x1b\[[0-9;?]*[a-zA-Z]//g; s/\x1bc//g' >"$job/log"
	echo "${PIPESTATUS[0]}" >"$job/qemu"
}

# Count what one guest said.
judge() {
	local name=$1 job=$run/$1 ok bad skips status
	ok=$(grep -c '^ok   ' "$job/log")
	bad=$(grep -c '^FAIL ' "$job/log")
	skips=$(grep -c '^skip ' "$job/log")
	status=$(cat "$job/status" 2>/dev/null) || status=none
	if [ "$status" != 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skips))
	if [ "$bad" -eq 0 ] && [ $((ok + skips)) -ne 0 ]; then
		printf 'interop %-16s ok      %4d s, %d checks\n' "$name" "$(cat "$job/seconds")" "$ok"
		grep '^skip ' "$job/log" | sed 's/^/    /'
		[ -z "${INTEROP_VERBOSE:-}" ] || sed 's/^/    /' "$job/log"
		return
	fi
	[ "$bad" -ne 0 ] || failed=$((failed + 1))
	printf 'interop %-16s FAILED  %4d s, all of it: %s\n' "$name" "$(cat "$job/seconds")" "$job/log"
	tail -n 100 "$job/log" | sed 's/^/    /'
	[ "$status" != none ] ||
		printf '    (the guest did not get to its end; QEMU ended with %s, 124 is the time limit)\n' \
			"$(cat "$job/qemu")"
}

run_one() {
	local begin=$SECONDS
	boot "tests/interop/$1.sh" "$run/$1"
	echo $((SECONDS - begin)) >"$run/$1/seconds"
}

stop() {
	trap - INT TERM
	# timeout(1) is a grandchild: it ends QEMU.
	pkill -TERM -P "$(jobs -p | paste -s -d ,)" 2>/dev/null
	wait
	echo "interop: interrupted"
	exit 130
}

if [ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ]; then
	echo "skipped: the guests are amd64 machines with Debian's kernel, and so must this one be"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
devtools/deps.sh --interop || exit 1
if [ $# -eq 0 ]; then
	# What takes long is not to begin last.
	mapfile -t names < <(grep -H '^# timeout: ' tests/interop/[!_]*.sh | sort -t : -k 3,3rn -s |
		sed 's|.*/||; s/\.sh:.*//')
	set -- "${names[@]}"
fi
for name in "$@"; do
	[ -e "tests/interop/$name.sh" ] || die "there is no test tests/interop/$name.sh"
done
passed=0 failed=0 skipped=0 started=$SECONDS
# What a script needs that the guest cannot make, which has no network.
for name in "$@"; do
	before=$(sed -n 's/^# before: \(.*\)$/\1/p' "tests/interop/$name.sh" | head -n 1)
	[ -z "$before" ] || bash -c "$before" >/dev/null || die "tests/interop/$name.sh needs '$before', which failed"
done
find_kernel
get_kernel
build_guest
run=$(mktemp -d "$work/run.XXXXXX")
ln -sfn "$run" "$work/last"
find "$work" -maxdepth 1 -name 'run.*' -mmin +1440 -exec rm -rf {} +
printf 'interop: kernel %s, logs in %s\n' "$kver" "$run"
trap stop INT TERM
running=0
for name in "$@"; do
	mkdir "$run/$name"
	if [ "$running" -ge "$jobs" ]; then
		wait -n
		running=$((running - 1))
	fi
	run_one "$name" &
	running=$((running + 1))
done
wait
for name in "$@"; do
	judge "$name"
done
printf 'interop: %d s\n' $((SECONDS - started))
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
