#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ps and verify: containers of all engines side by side, each confined in its own way.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=test/e2e/engines.sh
. "$HERE/engines.sh"

KEY=io.oci-seccomp.profile
CAPS=CAP_CHOWN,CAP_KILL
deny_profile chmod.json chmod 99
deny_profile fchmod.json fchmod 99
# Of the same meaning as no profile that is known.
mkdir "$TMP/elsewhere"
printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["fchown"],
	"action": "SCMP_ACT_ERRNO", "errnoRet": 98}]}\n' >"$TMP/elsewhere/foreign.json"

# list [OPTION]...: the table as JSON. Sets STATUS.
list() {
	STATUS=0
	"$OCI_SECCOMP" ps --config "$CONFIG" --root "$STATE" --format json "$@" \
		>"$TMP/ps.json" 2>"$TMP/ps.err" || STATUS=$?
}

# row PID KEY...: values of the container with that first process.
row() {
	"$PYTHON" - "$TMP/ps.json" "$@" <<-'END'
		import json, sys
		rows = json.load(open(sys.argv[1]))["containers"]
		found = [row for row in rows if row["pid"] == int(sys.argv[2] or 0)]
		print(" ".join(str(row[key]) for row in found for key in sys.argv[3:]))
	END
}

# verify PROFILE OPTION...: sets STATUS and SAID.
verify() {
	profile=$1
	shift
	STATUS=0
	SAID=$("$OCI_SECCOMP" verify "$@" --root "$STATE" "$profile" 2>&1) || STATUS=$?
}

state_of() {
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status"
}

is_stopped() {
	[ "$(state_of "$1")" = T ]
}

is_sleeping() {
	[ "$(state_of "$1")" = S ]
}

script_clean_up() {
	stop_engines
}

# By hand: the hook, RuntimeDefault, a native profile, none, both, and one that nobody knows.

confined --capabilities "$CAPS" --annotation "$KEY=Localhost/chmod.json" -- /probe ready sleep:300
run_until_ready
HOOKED=$ID HOOKED_PID=$PID
confined --capabilities "$CAPS" --no-new-privileges -- /probe ready sleep:300
run_until_ready
DEFAULT=$ID DEFAULT_PID=$PID
bundle --seccomp "$TEST_DATA/deny-ptrace.json" -- /probe ready sleep:300
run_until_ready
NATIVE_PID=$PID
bundle -- /probe ready sleep:300
run_until_ready
FREE=$ID FREE_PID=$PID
confined --seccomp "$PROFILES/fchmod.json" --annotation "$KEY=Localhost/chmod.json" -- \
	/probe ready sleep:300
run_until_ready
STACKED=$ID STACKED_PID=$PID
bundle --seccomp "$TMP/elsewhere/foreign.json" -- /probe ready sleep:300
run_until_ready
FOREIGN=$ID FOREIGN_PID=$PID
rm "$BUNDLE/config.json" # nothing tells what the engine wanted

list
is "ps: all could be read" "$STATUS $(cat "$TMP/ps.err")" "0 "
is "the hook's container" "$(row "$HOOKED_PID" engine id mode filters flags nnp loader profile)" \
	"$RUNTIME $HOOKED filter 1 None 0 hook Localhost/chmod.json"
is "RuntimeDefault at the container's capabilities" \
	"$(row "$DEFAULT_PID" engine id mode filters nnp profile)" \
	"$RUNTIME $DEFAULT filter 1 1 RuntimeDefault"
like "a native profile" "$(row "$NATIVE_PID" mode filters loader profile)" \
	"filter 1 runtime *config.json"
is "no profile" "$(row "$FREE_PID" id mode filters instructions loader profile)" \
	"$FREE none 0 None None unconfined"
like "a native profile beside the hook's" "$(row "$STACKED_PID" id filters loader profile)" \
	"$STACKED 2 hook+runtime Localhost/chmod.json+*Localhost/fchmod.json"
is "a profile that nobody knows" "$(row "$FOREIGN_PID" id mode filters profile)" \
	"$FOREIGN filter 1 unknown"

# An exec session has what the runtime loads, and no hook.
runtime exec --detach "$HOOKED" /probe sleep:300 >/dev/null 2>&1
fewer() {
	list
	[ "$(row "$HOOKED_PID" fewer)" = 1 ]
}
if until_true 10 fewer; then
	ok "an exec session without the hook's filter is counted"
else
	not_ok "an exec session without the hook's filter is counted" "$TMP/ps.json"
fi

verify none.json --pid "$HOOKED_PID"
like "verify: a profile that is not there" "$STATUS $SAID" "1 oci-seccomp: none.json: cannot open*"
verify "$PROFILES/chmod.json" --pid "$HOOKED_PID"
is "verify: the process is as the profile says" "$STATUS $SAID" "0 same"
verify "$PROFILES/chmod.json" --container "$HOOKED"
like "verify: the planted exec session is found" "$STATUS $SAID" \
	"1 *: same*looser: chmod(...) on *: ALLOW against ERRNO(*"
verify RuntimeDefault --container "$DEFAULT"
is "verify: RuntimeDefault with the container's capabilities" "$STATUS $SAID" "0 same"
verify RuntimeDefault --container "$DEFAULT" --caps all
like "verify: with others" "$STATUS $SAID" "0 stricter: *"
verify "$PROFILES/chmod.json" --container "$FREE"
like "verify: a container without a profile" "$STATUS $SAID" "1 looser: chmod(...) on *"
verify "$PROFILES/chmod.json+$PROFILES/fchmod.json" --container "$STACKED"
is "verify: filters that are stacked" "$STATUS $SAID" "0 same"
verify "$PROFILES/chmod.json" --container "$STACKED"
like "verify: stricter than asked for" "$STATUS $SAID" "0 stricter: fchmod(...) on *"
verify "$PROFILES/chmod.json" --container "$FOREIGN"
like "verify: the planted wrong one" "$STATUS $SAID" \
	"1 looser: chmod(...) on *stricter: fchown(...) on *"
verify "$PROFILES/chmod.json" --container nothing-of-that-name
like "disasm: the filters of a process" "$("$OCI_SECCOMP" disasm --pid "$STACKED_PID")" \
	"; filter 0 of 2, the oldest*ERRNO(EADDRNOTAVAIL)*; filter 1 of 2*ret *"
is "disasm: one of them" "$("$OCI_SECCOMP" disasm --pid "$STACKED_PID" --index 1)" \
	"$("$OCI_SECCOMP" disasm --pid "$STACKED_PID" | sed -n '/filter 1 of 2/,$p' | tail -n +2)"
is "disasm: a file of the same program" "$("$OCI_SECCOMP" disasm --pid "$HOOKED_PID")" \
	"$("$OCI_SECCOMP" compile "$PROFILES/chmod.json" -o "$TMP/chmod.bpf" &&
		"$OCI_SECCOMP" disasm "$TMP/chmod.bpf")"
like "disasm: no such filter" "$("$OCI_SECCOMP" disasm --pid "$STACKED_PID" --index 2 2>&1)" \
	"oci-seccomp: process $STACKED_PID has 2 filters, the oldest being 0"
like "disasm: a graph of one of two" "$("$OCI_SECCOMP" disasm --pid "$STACKED_PID" --format dot 2>&1)" \
	"*say which one by --index*"
like "disasm: no filter" "$("$OCI_SECCOMP" disasm --pid "$FREE_PID" 2>&1)" "*$FREE_PID has no filter"
like "verify: no such container" "$STATUS $SAID" "1 *there is no running container*"

like "ps: no such root" "$("$OCI_SECCOMP" ps --root "$TMP/none" 2>&1)" \
	"oci-seccomp: $TMP/none: cannot open: No such file or directory"
like "ps: an argument" "$("$OCI_SECCOMP" ps app 2>&1)" "oci-seccomp ps: no argument is taken*"
like "verify: both" "$("$OCI_SECCOMP" verify --pid 1 --container app RuntimeDefault 2>&1)" \
	"oci-seccomp verify: say either --pid or --container*"
like "verify: no number" "$("$OCI_SECCOMP" verify --pid 1x RuntimeDefault 2>&1)" \
	'oci-seccomp: "1x" is no process number'
for verb in "ps --config $CONFIG --root $STATE" "verify --pid $HOOKED_PID RuntimeDefault"; do
	# shellcheck disable=SC2086
	like "${verb%% *}: a full disk" "$("$OCI_SECCOMP" $verb 2>&1 >/dev/full)" \
		"*standard output: cannot write: No space left on device"
done

# Killed at any moment: nothing is left stopped.
left=0
for moment in 0 200 400 600 800 1000 1200 1400 1600 1800 2000 2500 3000 3500 4000 5000 6000 8000; do
	"$PYTHON" "$HERE/kill_verify.py" "$moment" "$OCI_SECCOMP" verify --container "$HOOKED" \
		--root "$STATE" "$PROFILES/chmod.json" >>"$TMP/killed"
	until_true 2 is_sleeping "$HOOKED_PID" || left=$((left + 1))
	[ "$(field "$HOOKED_PID" TracerPid)" = 0 ] || left=$((left + 1))
done
is "verify, killed: nothing is left stopped or traced" "$left" 0
like "verify, killed: it was, at some moments" "$(cat "$TMP/killed")" "*killed*"

kill -STOP "$HOOKED_PID"
verify "$PROFILES/chmod.json" --pid "$HOOKED_PID"
is "verify: a stopped process" "$STATUS $SAID" "0 same"
until_true 2 is_stopped "$HOOKED_PID"
is "verify: it stays stopped" "$(state_of "$HOOKED_PID")" T
kill -CONT "$HOOKED_PID"

# podman

if start_podman; then
	podman_default=$(podman_run "e2e-default-$$")
	podman_foreign=$(podman_run "e2e-foreign-$$" --security-opt "seccomp=$TMP/elsewhere/foreign.json")
	podman_known=$(podman_run "e2e-known-$$" --security-opt "seccomp=$PROFILES/chmod.json")
	list
	like "podman's default" "$(row "$podman_default" engine name mode filters profile)" \
		"podman e2e-default-$$ filter 1 */usr/share/containers/seccomp.json"
	like "podman: a foreign profile" "$(row "$podman_foreign" engine name profile)" \
		"podman e2e-foreign-$$ *config.json"
	like "podman: a profile below the root" "$(row "$podman_known" engine name profile)" \
		"podman e2e-known-$$ *Localhost/chmod.json"
	verify "$PROFILES/chmod.json" --container "e2e-known-$$"
	is "podman: verify" "$STATUS $SAID" "0 same"
	verify "$PROFILES/chmod.json" --container "e2e-foreign-$$"
	like "podman: verify finds the wrong one" "$STATUS $SAID" "1 *looser: chmod*"
else
	skip "podman" "it is not installed"
fi

# containerd

if start_containerd; then
	ctr_default=$(ctr_run "e2e-ctr-$$")
	ctr_free=$(ctr_run "e2e-ctr-free-$$" --annotation "$KEY=Unconfined")
	list
	# Written for libseccomp so that it means the same.
	like "containerd: RuntimeDefault by the shim" \
		"$(row "$ctr_default" engine id namespace mode filters profile)" \
		"containerd e2e-ctr-$$ default filter 1 *RuntimeDefault"
	is "containerd: unconfined" "$(row "$ctr_free" engine id mode profile)" \
		"containerd e2e-ctr-free-$$ none unconfined"
	verify RuntimeDefault --container "e2e-ctr-$$"
	case $SAID in
	*looser*) not_ok "containerd: verify" "$SAID" ;;
	*) is "containerd: verify" "$STATUS" 0 ;;
	esac
else
	skip "containerd" "it is not installed"
fi

# docker

if start_docker; then
	docker_default=$(docker_run e2e-docker)
	docker_known=$(docker_run e2e-known --security-opt "seccomp=$PROFILES/chmod.json")
	docker_free=$(docker_run e2e-free --security-opt seccomp=unconfined)
	list
	like "docker's default" "$(row "$docker_default" engine name mode filters profile)" \
		"docker e2e-docker filter 1 *config.json"
	like "docker: a profile below the root" "$(row "$docker_known" engine name profile)" \
		"docker e2e-known *Localhost/chmod.json"
	is "docker: unconfined" "$(row "$docker_free" engine name mode profile)" \
		"docker e2e-free none unconfined"
	verify "$PROFILES/chmod.json" --container e2e-known
	is "docker: verify" "$STATUS $SAID" "0 same"
	verify "$PROFILES/fchmod.json" --container e2e-known
	like "docker: verify finds the wrong one" "$STATUS $SAID" \
		"1 looser: fchmod(...) on *stricter: chmod(...) on *"
else
	skip "docker" "it is not installed"
fi

# Side by side

is "every container is there" "$(row "$HOOKED_PID" id) $(row "$FREE_PID" id) $(row "$FOREIGN_PID" id)" \
	"$HOOKED $FREE $FOREIGN"
like "a table" "$("$OCI_SECCOMP" ps --config "$CONFIG" --root "$STATE")" \
	"ENGINE *NAME *ID *PROFILE*$HOOKED*Localhost/chmod.json*"
"$SECCOMP_SELF" /bin/sleep 300 &
OTHER=$!
other_listed() {
	list --all
	[ "$(row "$OTHER" name engine filters instructions)" = "sleep None 1 1" ]
}
if until_true 10 other_listed; then
	ok "--all: another process with a filter"
else
	not_ok "--all: another process with a filter" "$TMP/ps.json"
fi
kill "$OTHER"
wait "$OTHER" 2>/dev/null

# Its name is a command for terminals.
EVIL=$TMP/$(printf 'a\033[31mb')
cp "$(command -v sleep)" "$EVIL"
"$SECCOMP_SELF" "$EVIL" 300 &
OTHER=$!
evil_listed() {
	"$OCI_SECCOMP" ps --all --config "$CONFIG" >"$TMP/ps.txt" 2>/dev/null
	grep -q '1b\[31mb' "$TMP/ps.txt"
}
if until_true 10 evil_listed; then
	is "--all: names do not reach the terminal raw" "$(tr -dc '\033' <"$TMP/ps.txt" | wc -c)" 0
else
	not_ok "--all: names do not reach the terminal raw" "$TMP/ps.txt"
fi
kill "$OTHER"
wait "$OTHER" 2>/dev/null
done_testing
