#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command in this source tree on another Debian release, and so with other engines, another
# libseccomp and another compiler: in a root made by debootstrap, with mount and pid namespaces of its
# own, so that no mount and no process outlives it. The tree inside is a copy.
set -eu

usage() {
	cat <<-'EOF'
		Usage: in_debian.sh [--root DIR] RELEASE COMMAND [ARGUMENT]...

		For example: in_debian.sh sid ./bootstrap test --engines
		Needs root and debootstrap. With --root the root stays in DIR, and is used again the next
		time. $MIRROR is the Debian archive to take packages from; by default the one of apt here.
	EOF
}

fail() {
	echo "in_debian.sh: $*" >&2
	exit 1
}

mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
		'Label: Debian' | head -n 1
}

# The root appears whole or not at all.
make_root() {
	: "${MIRROR:=$(mirror)}"
	[ -n "$MIRROR" ] || fail "apt knows no Debian archive here; name one in \$MIRROR"
	echo "in_debian.sh: making a root of $RELEASE"
	rm -rf "$ROOT.new"
	debootstrap --variant=minbase "$RELEASE" "$ROOT.new" "$MIRROR" >"$ROOT.log" 2>&1 || {
		tail -n 20 "$ROOT.log" >&2
		fail "debootstrap failed"
	}
	rm "$ROOT.log"
	# An archive may be a snapshot of some day, and unstable is valid for a week only.
	echo 'Acquire::Check-Valid-Until "false";' >"$ROOT.new/etc/apt/apt.conf.d/snapshot"
	mv "$ROOT.new" "$ROOT"
}

copy_tree() {
	rm -rf "$ROOT/oci-seccomp"
	mkdir "$ROOT/oci-seccomp"
	tar -C "$TOP" --exclude=./.git --exclude='./build*' -cf - . |
		tar -C "$ROOT/oci-seccomp" --no-same-owner -xf -
}

# The first process of the namespaces. runc wants a root that was pivoted to, crun no hybrid cgroups.
# shellcheck disable=SC2016
ENTER='
	mount --bind "$0" "$0"
	cd "$0"
	mount -t proc proc proc
	mount --rbind /sys sys
	mount --rbind /dev dev
	mount -t tmpfs -o mode=755 tmpfs run
	if mountpoint -q sys/fs/cgroup/unified; then
		umount sys/fs/cgroup/unified
		mount -t tmpfs tmpfs sys/fs/cgroup/unified
	fi
	pivot_root . .
	umount -l .
	cd /oci-seccomp
	"$@"
'

enter() {
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		LC_ALL=C.UTF-8 OCI_SECCOMP_MUST_RUN="${OCI_SECCOMP_MUST_RUN:-0}" \
		${http_proxy:+http_proxy="$http_proxy"} \
		unshare --mount --propagation private --pid --kill-child /bin/sh -euc "$ENTER" "$ROOT" "$@" &
	child=$!
	result=0
	wait "$child" || result=$?
	child=
	return "$result"
}

# The first process of a pid namespace takes the others with it and is the last to go.
stop() {
	first=$(cat "/proc/$child/task/$child/children" 2>/dev/null) || :
	# shellcheck disable=SC2086
	kill -KILL ${first:-"$child"} 2>/dev/null || :
	wait "$child" || :
}

clean_up() {
	status=$?
	trap - EXIT
	[ -z "$child" ] || stop
	[ -n "$KEEP" ] || rm -rf --one-file-system "$(dirname "$ROOT")"
	exit "$status"
}

if [ "${1:-}" = --help ]; then
	usage
	exit 0
fi
child=
KEEP=
if [ "${1:-}" = --root ] && [ $# -ge 2 ]; then
	mkdir -p "$2"
	KEEP=$(cd "$2" && pwd)
	shift 2
fi
if [ $# -lt 2 ] || [ "$1" = --root ]; then
	usage >&2
	exit 2
fi
[ "$(id -u)" = 0 ] || fail "this needs root"
command -v debootstrap >/dev/null || fail "debootstrap is not installed"
TOP=$(cd "$(dirname "$0")/.." && pwd)
RELEASE=$1
shift
ROOT=${KEEP:-$(mktemp -d /var/tmp/oci-seccomp-root.XXXXXX)}/$RELEASE
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
[ -d "$ROOT" ] || make_root
copy_tree
enter "$@"
