#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A profile of what a static program itself needs: no execve, no mmap, nothing for the runtime.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

KEY=io.oci-seccomp.profile

cp "$TEST_DATA/static-program.json" "$PROFILES/dozen.json"
cat >"$PROFILES/pair.json" <<'END'
{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 1,
  "syscalls": [{ "names": ["exit_group", "write"], "action": "SCMP_ACT_ALLOW" }]
}
END
cat >"$PROFILES/kill.json" <<'END'
{
  "defaultAction": "SCMP_ACT_KILL_PROCESS",
  "syscalls": [{ "names": ["exit_group", "write"], "action": "SCMP_ACT_ALLOW" }]
}
END

for privileges in "" --no-new-privileges; do
	case $privileges in
	"") with="noNewPrivileges false" ;;
	*) with="noNewPrivileges true" ;;
	esac

	# shellcheck disable=SC2086
	confined $privileges --annotation "$KEY=Localhost/dozen.json" \
		-- /probe getpid=1 getppid=EPERM execve=EPERM fork=EPERM umask=EPERM ready
	run
	is "a dozen system calls, $with: exit status" "$STATUS" 0
	results "a dozen system calls, $with: what the profile says" getpid=1 getppid=EPERM \
		execve=EPERM fork=EPERM umask=EPERM ready=ok

	# shellcheck disable=SC2086
	confined $privileges --annotation "$KEY=Localhost/pair.json" -- /probe getpid ready exit:7
	run
	is "two system calls, $with: exit status" "$STATUS" 7
	results "two system calls, $with: what the profile says" getpid=EPERM ready=ok

	# shellcheck disable=SC2086
	confined $privileges --annotation "$KEY=Localhost/kill.json" -- /probe ready exit:7
	run
	is "two system calls, the rest kills, $with: exit status" "$STATUS" 7
	# shellcheck disable=SC2086
	confined $privileges --annotation "$KEY=Localhost/kill.json" -- /probe ready getpid exit:7
	run
	is "two system calls, the rest kills, $with: it does kill" "$STATUS" 159

	# The runtime itself, with the same profile.
	for profile in dozen pair kill; do
		# shellcheck disable=SC2086
		bundle $privileges --seccomp "$PROFILES/$profile.json" -- /probe ready
		run
		if [ "$STATUS" != 0 ] && [ ! -s "$OUT" ]; then
			ok "$profile.json, $with: natively it cannot start"
		else
			not_ok "$profile.json, $with: natively it cannot start" "$STATUS" "$OUT"
		fi
		delete
	done
done

nothing_left "nothing is left"
done_testing
