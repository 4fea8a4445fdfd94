#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Profiles that ask an agent, through the hook and through the shim.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

: "${AGENT:=$TOP/build/test/e2e/agent}"
: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
for file in "$AGENT" "$SHIM"; do
	if [ ! -x "$file" ]; then
		printf 'Bail out! %s is not built\n' "$file"
		exit 1
	fi
done
KEY=io.oci-seccomp.profile
SOCKET=$TMP/agent.socket
TOLD=$TMP/told
AGENT_PID=

# notify_profile NAME CALLS [MEMBERS]: a profile that asks about these calls.
notify_profile() {
	printf '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "%s"%s,
		"syscalls": [{"names": [%s], "action": "SCMP_ACT_NOTIFY"}]}\n' \
		"$SOCKET" "${3:+, $3}" "$2" >"$PROFILES/$1"
}

# agent ARGUMENT...: it writes what it is told to $TOLD.
agent() {
	"$AGENT" "$@" >"$TOLD" 2>&1 &
	AGENT_PID=$!
	until_true 5 test -S "$SOCKET" || printf 'Bail out! the agent does not start\n'
}

kill_agent() {
	[ -z "$AGENT_PID" ] || kill -KILL "$AGENT_PID" 2>/dev/null
	wait "$AGENT_PID" 2>/dev/null
	AGENT_PID=
	rm -f "$SOCKET"
}

script_clean_up() {
	kill_agent
}

# told INDEX EXPRESSION: of the container process state on that line, from 0 or -1 on, as `it`.
told() {
	"$PYTHON" -c 'import json, sys
it = json.loads(open(sys.argv[1]).readlines()[int(sys.argv[2])])
print(eval(sys.argv[3]))' "$TOLD" "$@" 2>&1
}

holds_listener() {
	find "/proc/$1/fd" -type l -printf '%l\n' 2>/dev/null | grep -c 'seccomp notify'
}

notify_profile calls.json '"chmod", "getppid", "umask"' '"listenerMetadata": "a \"b\"\n"'
RULES="chmod=errno:99 getppid=value:4711 mount=value:0 umask=continue"

# agent_for_calls [OPTION]...
agent_for_calls() {
	# shellcheck disable=SC2086
	agent "$@" "$SOCKET" $RULES
}

# Through the hook

for privileges in "" --no-new-privileges; do
	with="hook${privileges:+, no new privileges}"
	agent_for_calls
	# shellcheck disable=SC2086
	confined $privileges --annotation "$KEY=Localhost/calls.json" --annotation "some.key=some ä" \
		-- /probe chmod getppid umask file threads ready sleep:60
	create
	is "$with: created" "$STATUS" 0
	is "$with: the container process does not hold the listener" "$(holds_listener "$PID")" 0
	start
	until_true 20 grep -q '^ready' "$OUT"
	results "$with: the agent decides" chmod=EADDRNOTAVAIL getppid=4711 umask=ok file=ok threads=ok
	is "$with: nor does the program hold it" "$(holds_listener "$PID")" 0
	is "$with: one state is told" "$(wc -l <"$TOLD")" 1
	is "$with: members" "$(told 0 'sorted(it), it["fds"]')" \
		"(['fds', 'metadata', 'ociVersion', 'pid', 'state'], ['seccompFd'])"
	is "$with: metadata" "$(told 0 'ascii(it["metadata"])')" "'a \"b\"\\n'"
	is "$with: pid" "$(told 0 'it["pid"], it["state"]["pid"]')" "($PID, $PID)"
	is "$with: id, bundle, status" \
		"$(told 0 '[it["state"][key] for key in ("id", "bundle", "status")]')" \
		"['$ID', '$BUNDLE', 'creating']"
	is "$with: annotations" "$(told 0 'ascii(it["state"]["annotations"]["some.key"])')" \
		"'some \\xe4'"
	delete
	kill_agent
done

agent_for_calls
confined --user-namespace --annotation "$KEY=Localhost/calls.json" -- /probe chmod getppid ready
run
results "hook, user namespace: the agent decides" chmod=EADDRNOTAVAIL getppid=4711 ready=ok
delete
kill_agent

# What the runtime itself does until it executes the program.
RUNTIME_CALLS='"capset", "chdir", "clone", "close", "execve", "fcntl", "futex", "mmap", "openat", "prctl",
	"read", "rt_sigprocmask", "sendmsg", "sendto", "setgid", "setuid", "write"'
notify_profile runtime.json "$RUNTIME_CALLS"
agent "$SOCKET" write=continue
kill -STOP "$AGENT_PID"
confined --annotation "$KEY=Localhost/runtime.json" -- /probe ready execve fork file
create
start
is "calls of the runtime itself ask nobody: it starts without an answer" "$STATUS" 0
sleep 0.2
is "the program's do: it waits" "$(cat "$OUT")" ""
kill -CONT "$AGENT_PID"
until_true 20 grep -q '^file' "$OUT"
results "and goes on" ready=ok execve=ok fork=ok file=ok
delete
kill_agent

# An agent that dies.
agent_for_calls
confined --annotation "$KEY=Localhost/calls.json" -- /probe chmod ready sleep:1 chmod getppid umask
run_until_ready
results "while the agent lives" chmod=EADDRNOTAVAIL
kill_agent
until_true 20 grep -q '^umask' "$OUT"
results "when it is dead" chmod=ENOSYS getppid=ENOSYS umask=ENOSYS
delete
agent_for_calls --die-after 1
confined --annotation "$KEY=Localhost/calls.json" -- /probe chmod getppid umask ready
run
results "an agent that dies while it is asked" chmod=EADDRNOTAVAIL getppid=ENOSYS umask=ENOSYS
delete
kill_agent

# One that reads nothing: more than the socket's buffer holds cannot be sent, after the load.
BIG=$(head -c 100000 /dev/zero | tr '\0' x)
agent_for_calls
kill -STOP "$AGENT_PID"
confined --annotation "$KEY=Localhost/calls.json" --annotation "run.oci.hooks.stderr=$TMP/hooks.log" \
	--annotation "a=$BIG" --annotation "b=$BIG" --annotation "c=$BIG" --annotation "d=$BIG" \
	--annotation "e=$BIG" --annotation "f=$BIG" -- /probe ready
run
like "an agent that reads nothing: the message" "$(cat "$ERR" "$TMP/hooks.log" 2>/dev/null)" \
	"*$PROFILES/calls.json: *$SOCKET*: the agent read nothing for 5 seconds*"
is "an agent that reads nothing: no container" "$((STATUS != 0))$(cat "$OUT")" 1
delete
nothing_left "an agent that reads nothing: nothing is left"
kill -CONT "$AGENT_PID"
confined --annotation "$KEY=Localhost/calls.json" --annotation "a=$BIG" --annotation "b=$BIG" \
	--annotation "c=$BIG" --annotation "d=$BIG" --annotation "e=$BIG" --annotation "f=$BIG" \
	-- /probe chmod ready
run
results "one that reads gets a large state whole" chmod=EADDRNOTAVAIL ready=ok
is "one that reads gets a large state whole: its length" \
	"$(told -1 'sum(len(value) for key, value in it["state"]["annotations"].items() if len(key) == 1)')" \
	600000
delete
kill_agent

# Beside other filters.
deny_profile ptrace.json ptrace 99
notify_profile unused.json '"chmod"'
sed -i 's/SCMP_ACT_NOTIFY/SCMP_ACT_LOG/' "$PROFILES/unused.json"
confined --annotation "$KEY=Localhost/unused.json" -- /probe chmod seccomp=2 ready
run
results "a listenerPath without SCMP_ACT_NOTIFY asks for no agent" chmod=ok seccomp=2 ready=ok
delete
agent_for_calls
confined --seccomp "$PROFILES/ptrace.json" --annotation "$KEY=Localhost/calls.json" \
	-- /probe chmod ptrace ready
run
results "beside the engine's profile" chmod=EADDRNOTAVAIL ptrace=EADDRNOTAVAIL ready=ok
delete
# crun throws away what its hooks print unless it is told where.
confined --seccomp "$PROFILES/calls.json" --annotation "$KEY=Localhost/calls.json" \
	--annotation "run.oci.hooks.stderr=$TMP/hooks.log" -- /probe ready
run
like "the engine's profile asks an agent too: refused" "$(cat "$ERR" "$TMP/hooks.log" 2>/dev/null)" \
	"*$PROFILES/calls.json and linux.seccomp of config.json both notify*one listener*"
is "the engine's profile asks an agent too: no container" "$((STATUS != 0))$(cat "$OUT")" 1
delete
node_config '"baseline": "Localhost/calls.json"'
confined --annotation "$KEY=Localhost/ptrace.json" -- /probe chmod ptrace ready
run
results "as the baseline" chmod=EADDRNOTAVAIL ptrace=EADDRNOTAVAIL ready=ok
delete
node_config
kill_agent

# Through the shim the runtime loads the profile and tells the agent. Some of its own calls are asked
# about, too: runc checks by getppid that it has not been orphaned.
notify_profile shim.json '"chmod", "mount", "umask"' '"listenerMetadata": "a \"b\"\n"'

REAL=$(command -v "$RUNTIME")
export OCI_SECCOMP_CONFIG="$CONFIG"
runtime() {
	OCI_SECCOMP_RUNTIME=$REAL timeout -k 5 60 "$SHIM" --root "$STATE" "$@"
}

for privileges in "" --no-new-privileges; do
	for baseline in "" ptrace.json; do
		with="shim${privileges:+, no new privileges}${baseline:+, baseline}"
		node_config "${baseline:+\"baseline\": \"Localhost/$baseline\"}"
		agent_for_calls
		# shellcheck disable=SC2086
		bundle $privileges --annotation "$KEY=Localhost/shim.json" \
			-- /probe chmod mount umask ptrace ready sleep:60
		run_until_ready
		results "$with: the agent decides" chmod=EADDRNOTAVAIL mount=ok umask=ok \
			ptrace="$([ -z "$baseline" ] && echo passed || echo EADDRNOTAVAIL)"
		: >"$OUT"
		runtime exec "$ID" /probe chmod mount umask >"$OUT" 2>>"$ERR" </dev/null
		results "$with: exec" chmod=EADDRNOTAVAIL mount=ok umask=ok
		is "$with: metadata" "$(told 0 'ascii(it["metadata"])')" "'a \"b\"\\n'"
		is "$with: the states of both" \
			"$(told 0 'it["state"]["status"]') $(told 1 'it["state"]["status"]')" \
			"creating running"
		kill_agent
		: >"$OUT"
		runtime exec "$ID" /probe chmod >"$OUT" 2>"$ERR" </dev/null
		# runc 1.3 lets the session begin, and the call fails.
		is "$with: exec without an agent" "$(sed '/^chmod ENOSYS$/d' "$OUT")" ""
		delete
	done
done
node_config

bundle --annotation "$KEY=Localhost/shim.json" -- /probe ready
run
is "shim, no agent: no container" "$((STATUS != 0))$(cat "$OUT")" 1
delete

notify_profile write.json '"write"'
agent "$SOCKET"
bundle --annotation "$KEY=Localhost/write.json" -- /probe ready
run
if [ "$RUNTIME" = runc ]; then
	like "shim: runc refuses write" "$(cat "$ERR")" \
		'*SCMP_ACT_NOTIFY cannot be used for the write syscall*'
else
	results "shim: crun takes write" ready=ok
fi
delete
kill_agent

nothing_left "nothing is left"
done_testing
