#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp run: in force from the command's first instruction as root, before it without privilege;
# and the command notices nothing else. Prints TAP. From the environment: OCI_SECCOMP (the program),
# TRY_SYSCALL (the helper) and TEST_DATA (the folder of profiles).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

# LeakSanitizer does not work in a process that is traced, as is one whose command is not there.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
enter_scratch
chmod 755 .

# run ARGUMENT...: both streams, `|` is a line's end, then the status.
run() {
	output=$(timeout -k 5 30 "$OCI_SECCOMP" run "$@" 2>&1)
	status=$?
	printf '%s' "$output" | tr '\n' '|'
	printf ' %s' "$status"
}

unprivileged() {
	output=$(timeout -k 5 30 setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$OCI_SECCOMP" run "$@" 2>&1)
	status=$?
	printf '%s' "$output" | tr '\n' '|'
	printf ' %s' "$status"
}


cp "$TRY_SYSCALL" try
cp "$TEST_DATA/minimal.json" "$TEST_DATA/deny-ptrace.json" .
cat >handful.json <<'END'
{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13, "syscalls": [{"action": "SCMP_ACT_ALLOW",
	"names": ["arch_prctl", "brk", "exit_group", "mprotect", "set_tid_address", "write"]}]}
END
cat >notify.json <<'END'
{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/agent.sock", "syscalls": [
	{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}
END
# Instructions: code (2 bytes), jt, jf, k (4 bytes), little-endian: return ALLOW; return USER_NOTIF.
printf '\006\000\000\000\000\000\377\177' >allow.bpf
printf '\006\000\000\000\000\000\300\177' >notify.bpf

like 'the status is the command'\''s' "$(run RuntimeDefault -- sh -c 'exit 7')" ' 7'
like 'a signal kills the command itself' "$(run RuntimeDefault -- sh -c 'kill -SEGV $$')" '* 139'
like 'no such command' "$(run RuntimeDefault -- ./none)" \
	'oci-seccomp: ./none: cannot execute: No such file or directory 127'
like 'not a program' "$(run RuntimeDefault -- ./notify.json)" \
	'oci-seccomp: ./notify.json: cannot execute: Permission denied 126'
like 'standard input is the command'\''s' "$(echo text | run RuntimeDefault -- cat)" 'text 0'
like 'arguments stay as they are' "$(run RuntimeDefault -- printf '%s;' -- a 'b  c' '')" '--;a;b  c;; 0'
like 'a raw program' "$(run allow.bpf -- sed -n 's/^Seccomp:[[:space:]]*//p' /proc/self/status)" '2 0'

# Session, process group, terminal and its group: of the command as of any other.
like 'job control sees the command' \
	"$("$OCI_SECCOMP" run RuntimeDefault -- cut -d' ' -f5-8 /proc/self/stat)" \
	"$(cut -d' ' -f5-8 /proc/self/stat)"
"$OCI_SECCOMP" run RuntimeDefault -- sh -c 'echo $$ >pid; exec sleep 30' &
job=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -s pid ] && break
	sleep 0.1
done
like 'the command has the process id' "$(cat pid)" "$job"
kill -TERM "$job"
wait "$job"
like 'signals reach the command' "$?" 143
like 'no child that the command does not know' \
	"$(run RuntimeDefault -- sh -c 'read -r x </proc/$$/task/$$/children; echo "$x"')" ' 0'

like 'NOTIFY is refused' "$(run notify.json -- true)" \
	'oci-seccomp: notify.json: SCMP_ACT_NOTIFY asks an agent, and there is none*1'
like 'NOTIFY of a raw program is refused' "$(run notify.bpf -- true)" \
	'oci-seccomp: notify.bpf: SCMP_ACT_NOTIFY asks an agent*1'
like 'no such profile' "$(run none.json -- true)" \
	'oci-seccomp: none.json: cannot open: No such file or directory 1'
like 'no command' "$(run RuntimeDefault --)" 'oci-seccomp run: a profile, -- and a command are needed|*2'
like 'no --' "$(run RuntimeDefault true)" 'oci-seccomp run: a profile, -- and a command are needed|*2'
like 'an unknown capability' "$(run --cap CAP_SYS_ADMlN RuntimeDefault -- true)" \
	'*did you mean CAP_SYS_ADMIN?* 2'

if [ "$(id -u)" = 0 ] && "$OCI_SECCOMP" run handful.json -- ./try exit 0 2>/dev/null; then
	like 'the profile need not allow execve' "$(run handful.json -- ./try exit 5)" ' 5'
	like 'the filter is in force' "$(run handful.json -- ./try 39)" '-1 13 0'
	like 'a command that is not there is told under any profile' "$(run handful.json -- ./none)" \
		'oci-seccomp: ./none: cannot execute: No such file or directory 127'
	like 'no_new_privs is left alone' "$(run RuntimeDefault -- sh -c "$(cat <<'END'
sed -n 's/^\(NoNewPrivs\|TracerPid\|Seccomp\):[[:space:]]*//p' /proc/self/status
END
)")" '0|0|2 0'
	like 'the bounding set counts' "$(run RuntimeDefault -- unshare -m true)" ' 0'
	like 'unless --caps says otherwise' "$(run --caps none RuntimeDefault -- unshare -m true)" \
		'unshare: *Operation not permitted 1'
	like '--cap as well' "$(run --cap CAP_SYS_ADMIN RuntimeDefault -- unshare -m true)" ' 0'
	like 'unprivileged: in force' "$(unprivileged deny-ptrace.json -- sh -c "$(cat <<'END'
sed -n 's/^\(NoNewPrivs\|Seccomp\):[[:space:]]*//p' /proc/self/status
END
)")" '1|2 0'
	like 'unprivileged: execve must be allowed' "$(unprivileged handful.json -- ./try exit 5)" \
		'oci-seccomp: handful.json: execve is ERRNO(EACCES), so the command cannot be started*1'
else
	skip 'as root' 'needs root, outside of containers'
fi

done_testing
