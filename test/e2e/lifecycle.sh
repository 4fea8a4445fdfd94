#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Under the hook containers start, run and end as without it, and leave nothing behind.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

KEY=io.oci-seccomp.profile
deny_profile ppid.json getppid 99

# What the container process looks like while its program runs.
portrait() {
	printf 'seccomp %s, nnp %s, tracer %s, uid %s, effective %s, descriptors %s' \
		"$(field "$1" Seccomp)" "$(field "$1" NoNewPrivs)" "$(field "$1" TracerPid)" \
		"$(field "$1" Uid | cut -f 1)" "$(field "$1" CapEff)" \
		"$(find "/proc/$1/fd" -mindepth 1 -printf '%f ')"
}

loaders() {
	others | grep -c seccomp-loader
}

zombies() {
	grep -l '^State:[[:space:]]*Z' /proc/[0-9]*/status 2>/dev/null | while read -r status; do
		parent=$(sed -n 's/^PPid:[[:space:]]*//p' "$status" 2>/dev/null)
		[ "$parent" != "$1" ] && [ "$parent" != "$REAPER" ] || echo "$status"
	done
}

no_zombies() {
	[ -z "$(zombies "$PID")" ]
}

# kind DESCRIPTION OPTION...: one kind of container, with the hook and without.
kind() {
	description=$1
	shift
	bundle "$@" -- /probe ready sleep:60
	if ! run_until_ready; then
		skip "$description" "it does not even start without the hook: $(cat "$ERR")"
		delete
		return
	fi
	wanted=$(portrait "$PID" | sed 's/^seccomp 0/seccomp 2/')
	delete

	confined "$@" -- /probe socket-vsock file umask ready sleep:60
	if run_until_ready; then
		results "$description: verdicts" socket-vsock=EPERM file=ok umask=ok
		is "$description: the process, but for seccomp, is as without the hook" \
			"$(portrait "$PID")" "$wanted"
		is "$description: the loader is gone" "$(loaders)" 0
		until_true 5 no_zombies
		is "$description: no zombie" "$(zombies "$PID")" ""
	else
		not_ok "$description" "$ERR"
	fi
	delete

	confined "$@" -- /probe ready exit:7
	run
	is "$description: exit status" "$STATUS" 7
	nothing_left "$description: nothing is left"
}

kind "noNewPrivileges false"
kind "noNewPrivileges true" --no-new-privileges
kind "user 1000" --user 1000
kind "user 1000, noNewPrivileges true" --user 1000 --no-new-privileges
kind "no capability" --capabilities ""
kind "user 1000, no capability" --user 1000 --capabilities ""
kind "user namespace" --user-namespace
kind "user namespace, noNewPrivileges true" --user-namespace --no-new-privileges

# Terminals.
confined --terminal -- /probe terminal socket-vsock exit:7
if command -v script >/dev/null; then
	# A standard input that does not end: script would type the end of a file into the terminal.
	mkfifo "$TMP/keyboard"
	exec 9<>"$TMP/keyboard"
	STATUS=0
	timeout -k 5 60 script -qec "$RUNTIME --root $STATE run --bundle $BUNDLE $ID 2>$ERR" \
		/dev/null >"$OUT" <&9 9<&- || STATUS=$?
	exec 9<&-
	# crun now and then shows the terminal on its standard error.
	cat "$ERR" >>"$OUT"
	is "terminal: exit status" "$STATUS" 7
	results "terminal: verdicts" terminal=ok socket-vsock=EPERM
else
	skip "terminal: verdicts" "script is not installed"
fi
nothing_left "terminal: nothing is left"

confined --terminal -- /probe terminal socket-vsock ready
"$PYTHON" "$HERE/console.py" "$BUNDLE/console" >"$BUNDLE/shown" 2>&1 &
console=$!
until_true 10 [ -S "$BUNDLE/console" ]
create --console-socket "$BUNDLE/console"
is "terminal by console socket: created" "$STATUS" 0
start
until_true 10 grep -q ready "$BUNDLE/shown" || kill "$console"
wait "$console"
cp "$BUNDLE/shown" "$OUT"
results "terminal by console socket: verdicts" terminal=ok socket-vsock=EPERM
delete
nothing_left "terminal by console socket: nothing is left"

# create and start, later.
for seconds in 0 0.3 5; do
	confined -- /probe socket-vsock ready sleep:60
	create
	is "start $seconds s after create: created" "$STATUS" 0
	sleep "$seconds"
	start
	is "start $seconds s after create: started" "$STATUS" 0
	until_true 10 grep -q ready "$OUT"
	results "start $seconds s after create: verdicts" socket-vsock=EPERM
	delete
	nothing_left "start $seconds s after create: nothing is left"
done

# Between the two.
confined -- /probe ready
create
loader=$(field "$PID" TracerPid)
is "created: the loader holds no descriptor of the runtime" "$(find "/proc/$loader/fd" \
	-mindepth 1 ! -lname /dev/null ! -lname '*pidfd*' -printf '%f %l, ')" ""
is "created: nothing of the container has run" "$(cat "$OUT")" ""
runtime kill "$ID" KILL
if until_true 10 gone "$loader"; then
	ok "killed before start: the loader ends"
else
	not_ok "killed before start: the loader ends" "$(others)"
fi
runtime delete "$ID" 2>>"$ERR" || delete
nothing_left "killed and deleted before start: nothing is left"

confined -- /probe ready
create
delete
is "deleted before start: nothing of the container has run" "$(cat "$OUT")" ""
nothing_left "deleted before start: nothing is left"

in_state() {
	case $(field "$1" State) in
	[$2]*) return 0 ;;
	*) return 1 ;;
	esac
}
confined -- /probe socket-vsock ready
create
kill -s STOP "$PID"
if until_true 5 in_state "$PID" Tt; then
	ok "stopped before start: it stops"
else
	not_ok "stopped before start: it stops" "$(field "$PID" State)"
fi
kill -s CONT "$PID"
start
until_true 10 grep -q ready "$OUT"
results "stopped and continued before start: verdicts" socket-vsock=EPERM
delete

confined -- /probe socket-vsock ready
create
if runtime pause "$ID" 2>>"$ERR" && runtime resume "$ID" 2>>"$ERR"; then
	start
	until_true 10 grep -q ready "$OUT"
	results "paused and resumed before start: verdicts" socket-vsock=EPERM
else
	skip "paused and resumed before start: verdicts" "pause: $(cat "$ERR")"
fi
delete

# Threads and children of the program.
confined --annotation "$KEY=Localhost/ppid.json" -- /probe threads fork execve getppid ready
run
results "every thread, and the next program, is bound" threads=EADDRNOTAVAIL fork=ok execve=ok \
	getppid=EADDRNOTAVAIL ready=ok
confined -- /probe threads fork exit:7
run
is "threads and children under RuntimeDefault: exit status" "$STATUS" 7
results "threads and children under RuntimeDefault: they work" threads=ok fork=ok

# Exit status.
for status in 0 1 7 255; do
	confined -- /probe "exit:$status"
	run
	is "exit status $status" "$STATUS" "$status"
done
confined -- /probe ready crash
run
is "exit status of a program that dies by SIGILL" "$STATUS" 132
confined -- /probe ready sleep:60
runtime run --bundle "$BUNDLE" "$ID" >"$OUT" 2>"$ERR" </dev/null &
job=$!
until_true 10 grep -q ready "$OUT"
runtime kill "$ID" KILL
STATUS=0
wait "$job" || STATUS=$?
is "exit status of a program that is killed" "$STATUS" 137
confined -- /probe read-stdin
STATUS=0
echo twelve bytes | runtime run --bundle "$BUNDLE" "$ID" >"$OUT" 2>"$ERR" || STATUS=$?
results "standard input reaches the program" read-stdin=13
confined -- /no-such-program
run
is "a program that is not there: the runtime fails" "$((STATUS != 0))" 1
delete

# Many at once.
jobs=
for number in 1 2 3 4 5 6 7 8; do
	confined -- /probe socket-vsock ready "exit:$number"
	runtime run --bundle "$BUNDLE" "$ID" >"$OUT" 2>"$ERR" </dev/null &
	jobs="$jobs $!:$OUT"
done
ended=
answers=
for job in $jobs; do
	STATUS=0
	wait "${job%%:*}" || STATUS=$?
	ended="$ended$STATUS "
	OUT=${job#*:}
	answers="$answers$(result socket-vsock) "
done
is "eight at once: exit status" "$ended" "1 2 3 4 5 6 7 8 "
is "eight at once: verdicts" "$answers" "EPERM EPERM EPERM EPERM EPERM EPERM EPERM EPERM "

nothing_left "nothing is left"
done_testing
