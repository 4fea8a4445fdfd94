#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp denials: real denials are found, and a profile converges by --suggest --apply.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=test/e2e/kernel_log.sh
. "$HERE/kernel_log.sh"
script_clean_up() {
	show_all_records_end
}

START=$(date +%s)
# A name of its own for this run, so that its records can be told from those of others.
NAME=probe-$$
cp "$PROBE" "$ROOTFS/$NAME"

found() {
	"$OCI_SECCOMP" denials --since "@$START" --process "/$NAME" --format json 2>/dev/null >"$TMP/found" &&
		grep -q "\"syscall\": *\"$1\"" "$TMP/found"
}
count() {
	grep -c "\"syscall\":" "$TMP/found"
}

deny_profile ppid.json getppid 1
deny_profile umask.json umask 1

confined --annotation io.oci-seccomp.profile=Localhost/ppid.json -- "/$NAME" getppid=EPERM ready
run
found getppid
is "without LOG a denial leaves no trace" "$(count)" 0

confined --annotation io.oci-seccomp.profile=Localhost/ppid.json \
	--annotation io.oci-seccomp.log=true -- "/$NAME" getppid=EPERM ready
run
is "the annotation io.oci-seccomp.log: exit status" "$STATUS" 0
if until_true 1 found getppid; then
	ok "its denial is found within a second"
else
	not_ok "its denial is found within a second" "$TMP/found"
fi
like "with executable, architecture and action" "$(tr -d '\n' <"$TMP/found")" \
	"*\"executable\": *\"/$NAME\"*\"arch\": *\"*\"action\": *\"ERRNO\"*\"count\": *1,*"

node_config '"logDenials": true'
confined --annotation io.oci-seccomp.profile=Localhost/umask.json -- "/$NAME" umask=EPERM ready
run
if until_true 1 found umask; then
	ok "logDenials: found as well"
else
	not_ok "logDenials: found as well" "$TMP/found"
fi

confined --annotation io.oci-seccomp.profile=Localhost/umask.json \
	--annotation io.oci-seccomp.log=yes -- "/$NAME" ready
run
is "a value that is none: not started" "$([ "$STATUS" != 0 ] && echo refused)" refused
# crun does not show what a hook says.
[ "${RUNTIME##*/}" = crun ] ||
	like "and the message names it" "$(cat "$ERR")" '*io.oci-seccomp.log=*yes*'
delete

# --follow sees what comes.
"$OCI_SECCOMP" denials --follow --since now --process "/$NAME" >"$TMP/follow" 2>/dev/null &
FOLLOWER=$!
confined --annotation io.oci-seccomp.profile=Localhost/ppid.json -- "/$NAME" getppid=EPERM ready
run
if until_true 1 grep -q getppid "$TMP/follow"; then
	ok "--follow prints a denial within a second"
else
	not_ok "--follow prints a denial within a second" "$TMP/follow"
fi
kill "$FOLLOWER"
wait "$FOLLOWER" 2>/dev/null

# A program under a profile that allows next to nothing.
cat >"$PROFILES/strict.json" <<'END'
{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    {
      "names": [
        "exit_group",
        "write"
      ],
      "action": "SCMP_ACT_ALLOW"
    }
  ]
}
END
works() {
	confined --annotation io.oci-seccomp.profile=Localhost/strict.json \
		-- "/$NAME" getpid getppid umask ready
	SINCE=$(date +%s.%N)
	run
	[ "$(result getppid)" != EPERM ] && [ "$(result umask)" != EPERM ] &&
		[ "$(result getpid)" != EPERM ]
}
rounds=0
while ! works && [ "$rounds" -lt 10 ]; do
	rounds=$((rounds + 1))
	"$OCI_SECCOMP" denials --since "@${SINCE%??????}" --process "/$NAME" \
		--suggest "$PROFILES/strict.json" --apply >"$TMP/diff" 2>"$TMP/messages"
	delete
done
if [ "$rounds" -gt 0 ] && [ "$rounds" -lt 10 ]; then
	ok "--suggest --apply converges"
else
	not_ok "--suggest --apply converges" "$rounds rounds" "$TMP/diff" "$TMP/messages" "$OUT"
fi
is "to a profile with what was asked for and nothing else" \
	"$(tr -d ' \n' <"$PROFILES/strict.json")" \
	'{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["exit_group","getpid","getppid","umask","write"],"action":"SCMP_ACT_ALLOW"}]}'

nothing_left "nothing is left"
done_testing
