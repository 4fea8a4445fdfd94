# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# For the end-to-end scripts: SCRIPT RUNTIME, where RUNTIME is runc or crun. Sourced first thing.
# Prints TAP. From the environment, with defaults for a build in ./build:
#
#   HOOK OCI_SECCOMP PROBE SECCOMP_SELF   the programs under test and the helpers
#   TEST_DATA RUNTIME_DEFAULT             the folder of profiles, the embedded default as a file
#   OCI_SECCOMP_MUST_RUN=1                what cannot run here fails instead of being skipped
#
# The script runs in a mount namespace of its own and below reaper.py.

set -u
umask 022
HERE=$(cd "$(dirname "$0")/../e2e" && pwd) # of test/bench too
TOP=$(cd "$HERE/../.." && pwd)
RUNTIME=${1:-runc}
: "${HOOK:=$TOP/build/hooks/oci-seccomp-hook}"
: "${OCI_SECCOMP:=$TOP/build/cmd/oci-seccomp/oci-seccomp}"
: "${PROBE:=$TOP/build/test/e2e/probe}"
: "${SECCOMP_SELF:=$TOP/build/test/e2e/seccomp_self}"
: "${TEST_DATA:=$TOP/test/data}"
: "${RUNTIME_DEFAULT:=$TOP/lib/profiles/runtime-default.json}"
CONTAINERS=0
# shellcheck source=test/tap.sh
. "$HERE/../tap.sh"

skip_all() {
	if [ "${OCI_SECCOMP_MUST_RUN:-0}" = 1 ]; then
		printf '1..1\nnot ok 1 - %s\n#   cannot run here: %s\n' "$RUNTIME" "$1"
		exit 1
	fi
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

# until SECONDS COMMAND...: whether the command succeeds before the time is over.
until_true() {
	tries=$(($1 * 50))
	shift
	while [ "$tries" -gt 0 ]; do
		"$@" && return 0
		tries=$((tries - 1))
		sleep 0.02
	done
	return 1
}

# The stage

if [ "$(id -u)" != 0 ]; then
	skip_all "needs root"
fi
for file in "$HOOK" "$OCI_SECCOMP" "$PROBE" "$SECCOMP_SELF"; do
	if [ ! -x "$file" ]; then
		printf 'Bail out! %s is not built\n' "$file"
		exit 1
	fi
done
for program in "$RUNTIME" python3 busybox unshare setpriv; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
if [ "${E2E_STAGE:-}" != set ]; then
	# A shim in front of python3 would cost more than all the work of the helpers.
	PYTHON=$(python3 -c 'import sys; print(sys.executable)')
	export E2E_STAGE=set PYTHON
	exec "$PYTHON" "$HERE/reaper.py" unshare --mount --propagation private "$0" "$@"
fi
# crun refuses hybrid cgroups, and makes directories in what lies below the mount.
if [ "$RUNTIME" = crun ] && mountpoint -q /sys/fs/cgroup/unified; then
	umount /sys/fs/cgroup/unified
	mount -t tmpfs tmpfs /sys/fs/cgroup/unified
fi

REAPER=$PPID
TMP=$(mktemp -d "${TMPDIR:-/tmp}/oci-seccomp-e2e.XXXXXX")
STATE=$TMP/state
ROOTFS=$TMP/rootfs
PROFILES=$TMP/profiles
CONFIG=$TMP/node.json

clean_up() {
	status=$?
	trap - EXIT
	for directory in "$STATE"/*/; do
		id=$(basename "$directory")
		[ "$id" = '*' ] || "$RUNTIME" --root "$STATE" delete --force "$id" >/dev/null 2>&1
	done
	command -v script_clean_up >/dev/null && script_clean_up
	rm -rf "$TMP"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Open to the user of a user namespace too.
chmod 755 "$TMP"
mkdir "$STATE" "$PROFILES" "$ROOTFS"
for directory in bin dev mnt proc sys tmp; do
	mkdir "$ROOTFS/$directory"
done
chmod 1777 "$ROOTFS/tmp"
cp "$PROBE" "$ROOTFS/probe"
cp "$(command -v busybox)" "$ROOTFS/bin/busybox"
# Debian's busybox is dynamic, busybox-static is not.
for library in $(ldd "$ROOTFS/bin/busybox" 2>/dev/null | grep -o '/[^ ]*'); do
	mkdir -p "$ROOTFS$(dirname "$library")"
	cp -L "$library" "$ROOTFS$library"
done
ln -s busybox "$ROOTFS/bin/sh"

# node_config [MEMBERS]: writes the node configuration, with the profile root of the test.
# shellcheck disable=SC2120
node_config() {
	printf '{"profileRoot": "%s", "cacheDir": "%s"%s}\n' "$PROFILES" "$TMP/cache" "${1:+, $1}" >"$CONFIG"
}
# shellcheck disable=SC2119
node_config

# deny_profile NAME SYSCALL ERRNO-NUMBER: a profile that denies one system call.
deny_profile() {
	printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["%s"],
		"action": "SCMP_ACT_ERRNO", "errnoRet": %s}]}\n' "$2" "$3" >"$PROFILES/$1"
}

# Containers

# bundle [OPTION]... -- PROBE...: a bundle of the probe without our hook; see bundle.py. Sets ID,
# BUNDLE, OUT, ERR.
bundle() {
	CONTAINERS=$((CONTAINERS + 1))
	ID=oci-seccomp-e2e-${RUNTIME##*/}-$$-$CONTAINERS
	BUNDLE=$TMP/$ID
	OUT=$BUNDLE/out
	ERR=$BUNDLE/err
	mkdir "$BUNDLE"
	: >"$OUT"
	"$PYTHON" "$HERE/bundle.py" "$BUNDLE" --rootfs "$ROOTFS" --id "$ID" "$@"
}

# confined [OPTION]... -- ARGUMENT...: the same with our hook.
confined() {
	bundle --hook createRuntime "$HOOK --config $CONFIG" "$@"
}

# runtime VERB ARGUMENT...: a runtime that hangs is a failure, not a test that hangs.
runtime() {
	timeout -k 5 60 "$RUNTIME" --root "$STATE" "$@"
}

# Runs the container to its end. Sets STATUS.
run() {
	STATUS=0
	runtime run --bundle "$BUNDLE" "$ID" >"$OUT" 2>"$ERR" </dev/null || STATUS=$?
}

# create [OPTION]...: sets STATUS and PID.
# shellcheck disable=SC2034,SC2120
create() {
	STATUS=0
	runtime create --bundle "$BUNDLE" --pid-file "$BUNDLE/pid" "$@" "$ID" \
		>"$OUT" 2>"$ERR" </dev/null || STATUS=$?
	PID=
	[ "$STATUS" != 0 ] || PID=$(cat "$BUNDLE/pid")
}

start() {
	STATUS=0
	runtime start "$ID" 2>>"$ERR" || STATUS=$?
}

# Runs it in the background until its probe has come to "ready". Sets STATUS and PID.
run_until_ready() {
	# shellcheck disable=SC2119
	create
	[ "$STATUS" = 0 ] || return 1
	start
	[ "$STATUS" = 0 ] && until_true 20 grep -q '^ready' "$OUT"
}

delete() {
	runtime delete --force "$ID" >>"$ERR" 2>&1
}

# field PID NAME: of /proc/PID/status
field() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" 2>/dev/null
}

# result NAME: what the probe printed
result() {
	tr -d '\r' <"$OUT" | awk -v name="$1" '$1 == name { got = $2 } END { print got }'
}

# matches RESULT WANTED: "passed" means that the kernel itself answered.
matches() {
	case $2:$1 in
	passed: | passed:EPERM | passed:ENOSYS | passed:EADDRNOTAVAIL) return 1 ;;
	passed:*) return 0 ;;
	*) [ "$1" = "$2" ] ;;
	esac
}

# results DESCRIPTION NAME=WANTED...: one check of what the probe printed.
results() {
	description=$1
	shift
	wrong=
	for pair; do
		got=$(result "${pair%=*}")
		matches "$got" "${pair##*=}" ||
			wrong="$wrong${pair%=*} is \"$got\", not ${pair##*=}; "
	done
	if [ -z "$wrong" ]; then
		ok "$description"
	else
		not_ok "$description" "$wrong" "$ERR"
	fi
}

# Everything below the reaper except this script: the container process, the loader, ...
others() {
	# shellcheck disable=SC2013
	for pid in $(cat "/proc/$REAPER/task/$REAPER/children"); do
		[ "$pid" = $$ ] || printf '%s(%s) ' "$(field "$pid" Name)" "$pid"
	done
}

no_others() {
	[ -z "$(others)" ]
}

gone() {
	[ ! -d "/proc/$1" ]
}

# nothing_left DESCRIPTION: no process, zombies included, and no container.
nothing_left() {
	if ! until_true 10 no_others; then
		not_ok "$1" "left: $(others)"
	elif [ -n "$(ls "$STATE")" ]; then
		not_ok "$1" "containers left: $(ls "$STATE")"
	else
		ok "$1"
	fi
}
