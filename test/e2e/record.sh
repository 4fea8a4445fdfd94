#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp record: the calls that strace sees too, of commands and of containers.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v strace >/dev/null || skip_all "strace is not installed"
"$OCI_SECCOMP" record -o "$TMP/true.json" -- true 2>"$TMP/err" || skip_all "$(cat "$TMP/err")"

# names FILE: of a profile, but execve: strace sees the one by which the command starts.
names() {
	sed -n 's/^ *"\([a-z0-9_]*\)",\{0,1\}$/\1/p' "$1" | sort -u | grep -vx execve
}
allows() {
	grep -qx " *\"$2\",\{0,1\}" "$1"
}

# same_as_strace NAME COMMAND...
same_as_strace() {
	name=$1
	shift
	strace -f -qq -o "$TMP/strace.log" "$@" >/dev/null 2>&1 </dev/null
	wanted=$?
	"$OCI_SECCOMP" import strace "$TMP/strace.log" -o "$TMP/strace.json" 2>"$TMP/import.err"
	"$OCI_SECCOMP" record -o "$TMP/record.json" -- "$@" >/dev/null 2>"$TMP/record.err" </dev/null
	status=$?
	names "$TMP/strace.json" >"$TMP/strace.names"
	names "$TMP/record.json" >"$TMP/record.names"
	if [ "$status" != "$wanted" ]; then
		not_ok "$name" "exit status $status, not $wanted" "$TMP/record.err"
	elif grep -q warning "$TMP/import.err" "$TMP/record.err"; then
		not_ok "$name" "$TMP/import.err" "$TMP/record.err"
	else
		is "$name" "$(cat "$TMP/record.names")" "$(cat "$TMP/strace.names")"
	fi
}

cat >"$TMP/threads.py" <<'END'
import os, socket, threading
def work(number):
    os.getppid()
    with open("/dev/null", "w") as file:
        file.write(str(number))
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
END
cat >"$TMP/fork.py" <<'END'
import os
for _ in range(4):
    if os.fork() == 0:
        if os.fork() == 0:
            os.umask(0)
            os._exit(0)
        os.wait()
        os._exit(0)
    os.wait()
END
cat >"$TMP/exec.py" <<'END'
import os, threading
# A thread, not the leader, executes the program.
threading.Thread(target=lambda: os.execv("/bin/ls", ["ls", "/"])).start()
threading.Event().wait()
END
mkdir "$TMP/work"
same_as_strace "true" true
same_as_strace "an exit status" sh -c 'exit 7'
same_as_strace "an end by a signal" sh -c 'kill -TERM $$'
same_as_strace "a static program" "$PROBE" getuid umask getpid
same_as_strace "ls" ls -l /
same_as_strace "cat" cat /etc/passwd
same_as_strace "a pipe" sh -c 'cat /etc/passwd | sort | uniq -c'
same_as_strace "a background job" sh -c 'sleep 0.2 & wait'
same_as_strace "a subshell" sh -c '(umask 022; cd /; ls) >/dev/null'
same_as_strace "exec" sh -c 'exec ls /'
same_as_strace "an exec that fails" sh -c '/nonexistent; true'
same_as_strace "find" find /etc -maxdepth 1 -name 'p*'
same_as_strace "tar" tar -cf "$TMP/work/x.tar" -C /etc passwd group
same_as_strace "files" sh -c "cd $TMP/work && touch a && chmod 600 a && ln -s a b && mv a c && rm -f b c && mkdir d && rmdir d"
same_as_strace "dd" dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none
same_as_strace "a new session" setsid --wait true
same_as_strace "namespaces" unshare --mount --pid --fork sh -c 'mount -t tmpfs none /mnt; ls /mnt'
same_as_strace "threads" python3 "$TMP/threads.py"
same_as_strace "children of children" python3 "$TMP/fork.py"
same_as_strace "a thread that executes a program" python3 "$TMP/exec.py"
same_as_strace "timeout" timeout 5 id

# A program that leaves another one behind.
"$OCI_SECCOMP" record -o "$TMP/daemon.json" -- \
	sh -c 'setsid sh -c "sleep 0.3; umask 077" >/dev/null 2>&1 & exit 3' 2>"$TMP/err"
STATUS=$?
is "a daemon is waited for, and the status is the command's" \
	"$STATUS $(allows "$TMP/daemon.json" umask && echo umask)" "3 umask"

"$OCI_SECCOMP" record -o "$TMP/none.json" -- /nonexistent/program 2>"$TMP/err"
is "a command that is not there" "$? $(cat "$TMP/err")" \
	"1 oci-seccomp: /nonexistent/program: cannot execute: No such file or directory"
like "no command" "$(said "$OCI_SECCOMP" record)" "2: oci-seccomp record: say what to record*"
like "two of them" "$(said "$OCI_SECCOMP" record --pid 1 -- true)" "2: oci-seccomp record: say what to record*"
like "no duration" "$(said "$OCI_SECCOMP" record --duration soon -- true)" '2: *"soon" is no duration*'
like "no runtime" "$(said "$OCI_SECCOMP" record --for kata -- true)" '2: *"kata" is neither runc nor crun*'
like "a process that is not there" "$(said "$OCI_SECCOMP" record --pid 4194303)" "1: *4194303*"
like "without privilege" "$(said setpriv --reuid 65534 --clear-groups --inh-caps -all "$OCI_SECCOMP" record -- true)" \
	"1: oci-seccomp: recording needs CAP_BPF and CAP_PERFMON*run as root*"

"$OCI_SECCOMP" record --duration 300ms -o "$TMP/x.json" -- sleep 60 2>"$TMP/err"
like "--duration ends the command" "$? $(cat "$TMP/err")" "143 *cut short by --duration*"
"$OCI_SECCOMP" record --stop-when-quiet 300ms -o "$TMP/x.json" -- sleep 60 2>"$TMP/err"
like "--stop-when-quiet too" "$? $(cat "$TMP/err")" "143 *ended by --stop-when-quiet*"
"$OCI_SECCOMP" record -o "$TMP/x.json" -- sleep 60 2>"$TMP/err" &
RECORDER=$!
sleep 0.5
kill -INT "$RECORDER"
wait "$RECORDER"
like "an interruption: the profile is written" "$(cat "$TMP/err") $(grep -c clock_nanosleep "$TMP/x.json")" \
	"*cut short by a signal*1"

# What was recorded is enough, and next to it is not.
"$OCI_SECCOMP" record -o "$TMP/ls.json" -- ls / >/dev/null 2>&1
is "the command runs under its profile" "$("$OCI_SECCOMP" run "$TMP/ls.json" -- ls /)" "$(ls /)"
is "which has no error" "$("$OCI_SECCOMP" check "$TMP/ls.json" | grep -c ': error:')" 0
grep -v '"getdents64"' "$TMP/ls.json" >"$TMP/less.json"
"$OCI_SECCOMP" run "$TMP/less.json" -- ls / >/dev/null 2>&1
is "and does not with a call less" "$?" 2
"$OCI_SECCOMP" record --for runc -o "$TMP/runc.json" -- true 2>/dev/null
allows "$TMP/runc.json" capset && ok "--for runc" || not_ok "--for runc" "$TMP/runc.json"

"$OCI_SECCOMP" record --args -o "$TMP/args.json" -- python3 -c '
import socket
socket.socket(socket.AF_UNIX).close()' 2>"$TMP/err"
"$OCI_SECCOMP" query "$TMP/args.json" 'socket(AF_UNIX, 0x80001)' 'socket(AF_ALG, 0x80001)' >"$TMP/query"
like "--args: socket as it was called" "$(cat "$TMP/query")" "*AF_UNIX*ALLOW*AF_ALG*ERRNO*"

# A profile is tried without harm.
printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["getdents64"], "action": "SCMP_ACT_KILL"},
	{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]}\n' \
	>"$TMP/try.json"
"$OCI_SECCOMP" record --try "$TMP/try.json" -- ls / >"$TMP/out" 2>"$TMP/err"
STATUS=$?
is "--try: the command runs" "$(grep -v getdents64 "$TMP/out" | grep -v ^SYSCALL)" "$(ls /)"
like "--try: what would be denied" "$STATUS $(grep getdents64 "$TMP/out")" "1 getdents64 *X86_64 *KILL_THREAD *try.json:1:*"
"$OCI_SECCOMP" record --try "$TMP/try.json" -- python3 -c '
import socket
socket.socket(socket.AF_INET).close()
socket.socket(socket.AF_UNIX).close()' >"$TMP/out" 2>"$TMP/err"
like "--try: by arguments" "$? $(grep socket "$TMP/out")" "1 socket *family=0x1 *ERRNO(EPERM) *"
is "--try: and those alone" "$(grep -c '^socket' "$TMP/out")" 1
"$OCI_SECCOMP" record --try "$TMP/ls.json" -- ls / >/dev/null 2>"$TMP/err"
is "--try: nothing would be denied" "$?" 0

# Containers. In one's own namespaces, exec sessions included, two at once, and nothing of the host.
in_container() {
	bundle -- /probe ready sleep:1 "$1" sleep:1 chmod
	create
	start
	until_true 20 grep -q '^ready' "$OUT"
}
in_container umask
FIRST=$ID
"$OCI_SECCOMP" record --root "$STATE" --container "$FIRST" -o "$TMP/first.json" 2>"$TMP/first.err" &
ONE=$!
in_container getuid
SECOND=$ID
"$OCI_SECCOMP" record --root "$STATE" --container "$SECOND" -o "$TMP/second.json" 2>"$TMP/second.err" &
TWO=$!
for number in first second; do
	until_true 5 grep -q recording "$TMP/$number.err"
done
runtime exec "$FIRST" /probe keyctl getppid >/dev/null 2>&1
wait "$ONE"
is "--container: to its end" "$?" 0
wait "$TWO"
like "its calls, and those of an exec session" "$(names "$TMP/first.json" | tr '\n' ' ')" "*chmod*getppid*keyctl*umask*"
like "another one's" "$(names "$TMP/second.json" | tr '\n' ' ')" "*chmod*getuid*"
if allows "$TMP/first.json" getuid || allows "$TMP/second.json" umask || allows "$TMP/second.json" keyctl ||
	allows "$TMP/first.json" clone; then
	not_ok "they do not mix" "$TMP/first.json" "$TMP/second.json"
else
	ok "they do not mix"
fi
like "no such container" "$(said "$OCI_SECCOMP" record --container nothing-of-that-name)" "1: *there is no running container*"
for id in "$FIRST" "$SECOND"; do
	ID=$id
	delete
done
nothing_left "nothing is left"
done_testing
