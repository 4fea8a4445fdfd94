#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The profiles of the seccomp course: each loads as written and does what it says. What that is, the
# operator's command says (oci-seccomp query); the kernel must answer the same.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

KEY=io.oci-seccomp.profile
for name in audit block-chmod deny-ptrace minimal structure; do
	cp "$TEST_DATA/$name.json" "$PROFILES/"
done

# queried PROFILE SYSCALL: what the probe must print for it
queried() {
	verdict=$("$OCI_SECCOMP" query "$PROFILES/$1.json" "$2" | awk '{ print $2 }')
	case $verdict in
	ALLOW | LOG) echo passed ;;
	"ERRNO("*) echo "$verdict" | sed 's/ERRNO(\(.*\))/\1/' ;;
	*) echo "no verdict" ;;
	esac
}

# as_written PROFILE SYSCALL=WANTED...: kernel, evaluator and the reader of the profile agree.
as_written() {
	profile=$1
	shift
	probes=
	for pair; do
		probes="$probes ${pair%=*}"
		is "$profile.json: oci-seccomp query ${pair%=*}" "$(queried "$profile" "${pair%=*}")" \
			"${pair#*=}"
	done
	# shellcheck disable=SC2086
	confined --annotation "$KEY=Localhost/$profile.json" -- /probe $probes ready
	run
	is "$profile.json: exit status" "$STATUS" 0
	results "$profile.json: the kernel's answers" "$@" ready=ok
}

# The program runs under every profile of the five except structure.json, which denies even its end.
for name in audit block-chmod deny-ptrace minimal structure; do
	if "$OCI_SECCOMP" check "$PROFILES/$name.json" >"$TMP/check" 2>&1; then
		ok "$name.json: no error"
	else
		not_ok "$name.json: no error" "$TMP/check"
	fi
done

as_written deny-ptrace ptrace=EPERM chmod=passed fchmod=passed mount=passed getpid=passed \
	personality=passed unshare=passed
as_written block-chmod chmod=EPERM fchmod=EPERM fchmodat=EPERM ptrace=passed mount=passed \
	umask=passed unshare=passed
as_written audit mount=EPERM umount2=EPERM pivot_root=EPERM ptrace=passed chmod=passed getpid=passed

if [ "$(uname -m)" = x86_64 ]; then
	as_written minimal getpid=EPERM getppid=EPERM execve=EPERM umask=EPERM ptrace=EPERM \
		personality=EPERM
	for privileges in "" --no-new-privileges; do
		# shellcheck disable=SC2086
		bundle $privileges --seccomp "$PROFILES/minimal.json" -- /probe ready
		run
		if [ "$STATUS" != 0 ] && [ ! -s "$OUT" ]; then
			ok "minimal.json natively ${privileges:-as well}: the program cannot start"
		else
			not_ok "minimal.json natively ${privileges:-as well}: the program cannot start" \
				"$STATUS" "$OUT"
		fi
		delete
	done
else
	skip "minimal.json" "its only architecture is x86_64"
fi

# structure.json permits neither write nor exit_group: the probe compares by itself and dies by
# SIGILL when everything was as expected, else by SIGSEGV. mount has a larger number than every name
# in the profile on x86_64, where its largest is arch_prctl.
case $(uname -m) in
x86_64) wanted="access=ok getpid=EPERM ptrace=EPERM umask=EPERM chmod=EPERM mount=ENOSYS" ;;
*) wanted="getpid=EPERM ptrace=EPERM umask=EPERM mount=EPERM" ;;
esac
for pair in $wanted; do
	case $pair in
	*=ok) verdict=passed ;;
	*) verdict=${pair#*=} ;;
	esac
	is "structure.json: oci-seccomp query ${pair%=*}" "$(queried structure "${pair%=*}")" "$verdict"
done
# shellcheck disable=SC2086
confined --annotation "$KEY=Localhost/structure.json" -- /probe $wanted
run
is "structure.json: the kernel's answers" "$STATUS" 132
is "structure.json: not a word" "$(cat "$OUT")" ""
confined --annotation "$KEY=Localhost/structure.json" -- /probe getpid=1
run
is "structure.json: another answer would show" "$STATUS" 139

# audit.json writes to the kernel's log, or to that of auditd where it runs. There the program has
# its number in the first pid namespace, which may not be ours, so a name tells it apart.
AUDITED=/probe-${TMP##*.}
records() {
	{
		dmesg 2>/dev/null || cat /dev/kmsg
		cat /var/log/audit/audit.log 2>/dev/null
	} | grep -E 'type=(1326|SECCOMP)' | grep -c "exe=\"$AUDITED\".*syscall=$1 "
}
recorded() {
	[ "$(records "$1")" -gt 0 ]
}
case $(uname -m) in
x86_64) ptrace=101 mount=165 ;;
*) ptrace=117 mount=40 ;;
esac
if grep -q log /proc/sys/kernel/seccomp/actions_logged 2>/dev/null; then
	# The kernel's log takes only so many lines in five seconds, from whomever.
	limit=$(cat /proc/sys/kernel/printk_ratelimit)
	script_clean_up() {
		echo "$limit" >/proc/sys/kernel/printk_ratelimit
	}
	echo 0 >/proc/sys/kernel/printk_ratelimit
	cp "$PROBE" "$ROOTFS$AUDITED"
	confined --annotation "$KEY=Localhost/audit.json" -- "$AUDITED" mount getpid ptrace ready sleep:60
	run_until_ready
	until_true 10 recorded "$ptrace"
	is "audit.json: a record of type 1326 for ptrace" "$(records "$ptrace")" 1
	is "audit.json: none for mount, which it denies" "$(records "$mount")" 0
	results "audit.json: ptrace works, mount is denied" ptrace=ok mount=EPERM
	delete
	script_clean_up
else
	skip "audit.json: records" "the kernel does not log this action"
fi

nothing_left "nothing is left"
done_testing
