#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

# A private InfiniBand fabric: ibsim's switches and HCAs, managed by a real
# OpenSM. No root needed; everything lies under one folder, any number of
# fabrics run side by side.
#
# As a command (the folder says which fabric):
#	fabric.sh start DIR TOPO [OPENSM ARGS]	both, up to "SUBNET UP"
#	fabric.sh stop DIR			both; the files stay for reading
#	fabric.sh con DIR WORDS...		a command for ibsim's console
#	fabric.sh sm-start DIR [OPENSM ARGS]	... up to "SUBNET UP"
#	fabric.sh sm-stop|sm-kill|sm-freeze|sm-thaw DIR
#	fabric.sh ibsim-start|ibsim-stop DIR	the fabric without its SM
#	fabric.sh name DIR			its IBSIM_SOCKNAME
#	fabric.sh lid DIR GUID			LID that OpenSM gave (decimal)
#	fabric.sh on DIR HCA CMD...		run an umad program on an HCA
#
# Sourced: the same as functions fabric_start, fabric_stop, fabric_con,
# sm_start, sm_stop, sm_kill, sm_freeze, sm_thaw, ibsim_start, ibsim_stop,
# fabric_lid and fabric_on. fabric_start sets FABRIC_DIR, which the others use,
# and exports IBSIM_SOCKNAME.
#
# Read from the environment by start, sm-start and on:
#	FABRIC_SMHOST		HCA on which OpenSM runs (Hca1)
#	FABRIC_PARTITIONS	partitions file (one partition with IPoIB)
#	FABRIC_OSM_CONF		more lines for OpenSM's configuration
#	FABRIC_NO_SM		not empty: start leaves OpenSM out
#	FABRIC_SM		a word: the sm-... verbs then mean another OpenSM of
#				that name, which becomes master or standby; its
#				files are in DIR/WORD. stop ends all of them
#	FABRIC_IBSIM		more options of ibsim, for a large topology
#	FABRIC_TIMEOUT		seconds to wait for SUBNET UP (30)
#	FABRIC_UMAD2SIM		libumad2sim.so
#	FABRIC_SM_PRELOAD	one more library for OpenSM, before that
#	FABRIC_PRELOAD		what "on" loads before that (a sanitizer's library)
#	FABRIC_NETNS		not empty: the network namespace was made for this
#				fabric; its socket queues may be lengthened
#
# In DIR: ibsim.out, ibsim.err, con (FIFO), osm/opensm.log, osm/guid2lid.
# Abstract sockets: a fabric is seen in its network namespace only.

_fabric_fail() {
	echo "fabric: $*" >&2
	return 1
}

_fabric_umad2sim() {
	local f
	for f in "${FABRIC_UMAD2SIM:-}" /usr/lib/*/umad2sim/libumad2sim.so \
		/usr/lib64/umad2sim/libumad2sim.so /usr/lib/umad2sim/libumad2sim.so; do
		if [ -n "$f" ] && [ -e "$f" ]; then
			printf '%s\n' "$f"
			return 0
		fi
	done
	_fabric_fail "libumad2sim.so not found; install ibsim-utils or set FABRIC_UMAD2SIM"
}

# _fabric_use DIR: take that fabric for the functions below.
_fabric_use() {
	FABRIC_DIR=$(realpath -m "$1")
	IBSIM_SOCKNAME=f$(printf '%s' "$FABRIC_DIR" | cksum | cut -d ' ' -f 1)
	export IBSIM_SOCKNAME
	unset IBSIM_SERVER_NAME IBSIM_SERVER_PORT
}

# _fabric_pid NAME: its process id, only while it runs. An OpenSM has any name.
_fabric_pid() {
	local pid comm stat want=opensm
	[ "$1" = ibsim ] && want=ibsim
	pid=$(cat "$FABRIC_DIR/$1.pid" 2>/dev/null) || return 1
	comm=$(cat "/proc/$pid/comm" 2>/dev/null) || return 1
	stat=$(ps -o stat= -p "$pid" 2>/dev/null) || return 1
	[ "$comm" = "$want" ] || return 1
	case "$stat" in Z*) return 1 ;; esac
	printf '%s\n' "$pid"
}

# _fabric_until SECONDS CMD...: until CMD is true.
_fabric_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -le "$end" ] || return 1
		sleep 0.02
	done
}

_fabric_gone() {
	! _fabric_pid "$1" >/dev/null
}

# _fabric_end NAME SIGNAL: end it, by SIGKILL if the signal does not help.
_fabric_end() {
	local pid
	pid=$(_fabric_pid "$1") || return 0
	kill -CONT "$pid" 2>/dev/null
	kill "-$2" "$pid" 2>/dev/null
	if ! _fabric_until 3 _fabric_gone "$1"; then
		kill -KILL "$pid" 2>/dev/null
		_fabric_until 3 _fabric_gone "$1"
	fi
	rm -f "$FABRIC_DIR/$1.pid"
	return 0
}

# A datagram socket of a fresh namespace queues 10 packets only: ibsim and
# OpenSM can then wait for each other for ever. Sockets made from here on get
# more, but the machine's own namespace is left as it is.
_fabric_qlen() {
	local f=/proc/sys/net/unix/max_dgram_qlen ours theirs
	ours=$(readlink /proc/self/ns/net)
	theirs=$(readlink /proc/1/ns/net) || theirs=$ours
	if [ -n "${FABRIC_NETNS:-}" ] || [ "$ours" != "$theirs" ]; then
		[ "$(cat $f)" -ge 512 ] || echo 512 2>/dev/null >$f
	fi
	return 0
}

_ibsim_ready() {
	grep -qs "simulator ready" "$FABRIC_DIR/ibsim.out" || _fabric_gone ibsim
}

_sm_name() {
	printf '%s\n' "${FABRIC_SM:-opensm}"
}

_sm_dir() {
	printf '%s\n' "$FABRIC_DIR/${FABRIC_SM:-osm}"
}

_sm_is_up() {
	grep -qsE "SUBNET UP${FABRIC_SM:+|Entering STANDBY}" "$(_sm_dir)/opensm.log"
}

_sm_ready() {
	_sm_is_up || _fabric_gone "$(_sm_name)"
}

# A subshell: the caller keeps its working folder.
ibsim_start() (
	cd "$FABRIC_DIR" || return 1
	_fabric_gone ibsim || _fabric_fail "ibsim runs already in $FABRIC_DIR" || return 1
	_fabric_qlen
	rm -f con ibsim.out
	mkfifo con || return 1
	# Open for reading and writing: ibsim would spin at the end of its input.
	# shellcheck disable=SC2086 # words are meant
	ibsim -s ${FABRIC_IBSIM:-} topo 0<>con >ibsim.out 2>ibsim.err &
	echo $! >ibsim.pid
	_fabric_until 10 _ibsim_ready
	if _fabric_gone ibsim; then
		_fabric_fail "ibsim ended: $(tail -n 1 ibsim.err)"
		return 1
	fi
)

ibsim_stop() {
	_fabric_end ibsim TERM
}

# A subshell: the caller keeps its working folder.
sm_start() (
	local preload dir=$FABRIC_DIR name osm
	name=$(_sm_name)
	osm=$(_sm_dir)
	preload=$(_fabric_umad2sim) || return 1
	_fabric_gone "$name" || _fabric_fail "opensm runs already in $osm" || return 1
	mkdir -p "$osm" && cd "$osm" || return 1
	[ -z "${FABRIC_SM:-}" ] || _fabric_conf || return 1
	rm -rf opensm.log sys-*
	SIM_HOST=${FABRIC_SMHOST:-Hca1} OSM_CACHE_DIR=$osm OSM_TMP_DIR=$osm \
		LD_PRELOAD=${FABRIC_SM_PRELOAD:+$FABRIC_SM_PRELOAD:}$preload PATH=$PATH:/usr/sbin \
		opensm -F "$osm.conf" "$@" </dev/null >"$osm.out" 2>&1 &
	echo $! >"$dir/$name.pid"
	# The subshell must have become opensm before its name is asked for.
	_fabric_until 5 _sm_is_named "$!"
	_fabric_until "${FABRIC_TIMEOUT:-30}" _sm_ready
	if _fabric_gone "$name"; then
		_fabric_fail "opensm ended: $(tail -n 1 "$osm.out")"
		return 1
	fi
	_sm_is_up || _fabric_fail "no SUBNET UP"
)

_sm_is_named() {
	case "$(cat "/proc/$1/comm" 2>/dev/null)" in opensm | "") return 0 ;; esac
	return 1
}

sm_stop() {
	_fabric_end "$(_sm_name)" TERM
}

sm_kill() {
	_fabric_end "$(_sm_name)" KILL
}

sm_freeze() {
	kill -STOP "$(_fabric_pid "$(_sm_name)")"
}

sm_thaw() {
	kill -CONT "$(_fabric_pid "$(_sm_name)")"
}

# _fabric_conf: what OpenSM reads; nothing outside DIR.
_fabric_conf() {
	local dir=$FABRIC_DIR partitions=${FABRIC_PARTITIONS:-} osm
	osm=$(_sm_dir)
	if [ -n "$partitions" ]; then
		cp "$partitions" "$dir/partitions.conf" || return 1
	elif [ -z "${FABRIC_SM:-}" ]; then
		echo 'Default=0x7fff,ipoib:ALL=full;' >"$dir/partitions.conf"
	fi
	cat >"$osm.conf" <<-EOF
		force_log_flush TRUE
		accum_log_file FALSE
		log_file $osm/opensm.log
		dump_files_dir $osm
		partition_config_file $dir/partitions.conf
		per_module_logging_file $dir/none
		prefix_routes_file $dir/none
		qos_policy_file $dir/none
		torus_config $dir/none
		${FABRIC_OSM_CONF:-}
	EOF
}

fabric_start() {
	local topo
	_fabric_use "$1"
	topo=$(realpath -e "$2") || return 1
	shift 2
	mkdir -p "$FABRIC_DIR/osm" "$FABRIC_DIR/run" || return 1
	cp "$topo" "$FABRIC_DIR/topo" && _fabric_conf || return 1
	ibsim_start || return 1
	if [ -z "${FABRIC_NO_SM:-}" ] && ! sm_start "$@"; then
		fabric_stop
		return 1
	fi
}

fabric_stop() {
	local pid name
	for pid in "$FABRIC_DIR"/*.pid; do
		name=$(basename "$pid" .pid)
		[ "$name" = ibsim ] || [ ! -e "$pid" ] || _fabric_end "$name" TERM
	done
	ibsim_stop
	rm -rf "$FABRIC_DIR/con" "$FABRIC_DIR"/run/sys-* "$FABRIC_DIR"/osm/sys-*
}

fabric_con() {
	_fabric_gone ibsim && { _fabric_fail "ibsim does not run in $FABRIC_DIR"; return 1; }
	printf '%s\n' "$*" 1<>"$FABRIC_DIR/con"
}

fabric_lid() {
	local guid
	guid=$(printf '0x%016x' "$1") || return 1
	printf '%d\n' "$(awk -v g="$guid" '$1 == g { print $2 }' "$FABRIC_DIR/osm/guid2lid")"
}

fabric_on() {
	local preload hca=$1
	preload=$(_fabric_umad2sim) || return 1
	shift
	# umad2sim leaves its sys-PID folder in the working folder.
	(
		cd "$FABRIC_DIR/run" || exit 1
		SIM_HOST=$hca LD_PRELOAD="${FABRIC_PRELOAD:+$FABRIC_PRELOAD }$preload" exec "$@"
	)
}

_fabric_main() {
	local verb=${1:-} dir=${2:-}
	if [ -z "$dir" ]; then
		echo "usage: fabric.sh start|stop|con|sm-start|sm-stop|sm-kill|sm-freeze|sm-thaw|" \
			"ibsim-start|ibsim-stop|name|lid|on DIR ..." >&2
		return 2
	fi
	shift 2
	_fabric_use "$dir"
	case "$verb" in
	start) fabric_start "$dir" "$@" ;;
	stop | con | lid | on) "fabric_$verb" "$@" ;;
	sm-start | sm-stop | sm-kill | sm-freeze | sm-thaw | ibsim-start | ibsim-stop)
		"${verb//-/_}" "$@"
		;;
	name) echo "$IBSIM_SOCKNAME" ;;
	*)
		_fabric_fail "'$verb' is none of its commands"
		return 2
		;;
	esac
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	_fabric_main "$@"
fi
