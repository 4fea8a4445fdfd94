#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs real containers under `runc run` with the hook, each confined in another way, and prints what
# the kernel answered in each. Fails when an answer is not what the profile says.
OCI_SECCOMP_MUST_RUN=1
export OCI_SECCOMP_MUST_RUN
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

CAPABILITIES=CAP_CHOWN,CAP_FOWNER,CAP_KILL,CAP_SETUID

# A row: the probe, what it does, the calls by which the profile decides.
rows() {
	cat <<-'EOF'
		ptrace|ptrace|ptrace
		chmod|chmod|chmod
		unshare|unshare(CLONE_NEWUSER)|unshare(0x10000000)
		mount|mount|mount
		keyctl|keyctl|keyctl
		personality|personality(ADDR_NO_RANDOMIZE)|personality(0x40000)
		socket-vsock|socket(AF_VSOCK)|socket(40,1,0)
		socket-vsock-bit32|socket(AF_VSOCK + 2^32)|socket(0x100000028,1,0)
		file|write, read, remove a file|openat write lseek read close unlinkat
	EOF
}

# After unshare the probe is in another user namespace; after ptrace(PTRACE_TRACEME) any signal stops
# it, which runc takes for its end.
PROBES='chmod mount keyctl personality socket-vsock socket-vsock-bit32 file unshare ptrace'

# run_column FILE ANNOTATION: runs the probes in a container.
run_column() {
	# shellcheck disable=SC2086
	confined --capabilities "$CAPABILITIES" --annotation "io.oci-seccomp.profile=$2" \
		-- /probe $PROBES
	# shellcheck disable=SC2119
	run
	if [ "$STATUS" != 0 ] && [ ! -s "$OUT" ]; then
		cat "$ERR" >&2
		exit 1
	fi
	tr -d '\r' <"$OUT" >"$TMP/$1"
}

answer() {
	sed -n "s/^$2 //p" "$TMP/$1"
}

# verdict PROFILE CALL...: ALLOW, or the first other verdict.
verdict() {
	# shellcheck disable=SC2046,SC2086
	"$OCI_SECCOMP" query $(printf -- '--cap %s ' $(echo "$CAPABILITIES" | tr , ' ')) "$@" |
		awk '$2 != "ALLOW" { print $2; found = 1; exit } END { if (!found) print "ALLOW" }'
}

# expected COLUMN PROBE CALL...: what a profile that allows the calls lets the kernel answer is what
# it answers unconfined.
expected() {
	column=$1 probe=$2
	shift 2
	case $column in
	1) word=ALLOW ;;
	2) word=$(verdict RuntimeDefault "$@") ;;
	3) word=$(verdict "$PROFILES/deny-ptrace.json" "$@") ;;
	4) word=$(verdict "$PROFILES/static-program.json" "$@") ;;
	esac
	case $word in
	ALLOW) answer 1 "$probe" ;;
	ERRNO*) echo "$word" | sed 's/ERRNO(\(.*\))/\1/' ;;
	*) echo "$word" ;;
	esac
}

cp "$TEST_DATA/deny-ptrace.json" "$TEST_DATA/static-program.json" "$PROFILES"
run_column 1 Unconfined
run_column 2 RuntimeDefault
run_column 3 Localhost/deny-ptrace.json
run_column 4 Localhost/static-program.json

printf '\nWhat the kernel (%s) answered inside of four containers of %s, confined by oci-seccomp-hook:\n\n' \
	"$(uname -r)" "$(runc --version | head -n 1)"
printf '%-32s %-14s %-14s %-14s %-14s\n' '' Unconfined RuntimeDefault Localhost Localhost
printf '%-32s %-14s %-14s %-14s %-14s\n' 'system call' '' '' deny-ptrace static-program
rows >"$TMP/rows"
wrong=0 cells=0
while IFS='|' read -r probe title calls; do
	printf '%-32s' "$title"
	for column in 1 2 3 4; do
		got=$(answer "$column" "$probe")
		# shellcheck disable=SC2086
		want=$(expected "$column" "$probe" $calls)
		cells=$((cells + 1))
		mark=
		if [ -z "$got" ] || [ "$got" != "$want" ]; then
			wrong=$((wrong + 1))
			mark="!=$want"
		fi
		printf ' %-14s' "${got:-none}$mark"
	done
	printf '\n'
done <"$TMP/rows"
if [ "$wrong" != 0 ]; then
	printf '\n%s of %s answers are not what the profile says.\n' "$wrong" "$cells"
	exit 1
fi
printf '\nAll %s answers are what the profiles say (oci-seccomp query).\n' "$cells"
