#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Recordings that annotations ask for: by the hook on this runtime and on podman, by the shim.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/e2e/engines.sh
. "$HERE/engines.sh"

KEY=io.oci-seccomp.record
TRACE=io.containers.trace-syscall
RECORDS=$TMP/records
"$OCI_SECCOMP" record -o "$TMP/true.json" -- true 2>"$TMP/err" || skip_all "$(cat "$TMP/err")"
script_clean_up() {
	stop_engines
}
record_config() {
	node_config "\"recorder\": \"$OCI_SECCOMP\", \"defaultProfile\": \"Unconfined\"${1:+, $1}"
}
record_config "\"recordDir\": \"$RECORDS\""

allows() {
	grep -qx " *\"$2\",\{0,1\}" "$1"
}
# recorded FILE NAME...: whether the profile is there and allows these.
recorded() {
	[ -e "$1" ] || return 1
	file=$1
	shift
	for name; do
		allows "$file" "$name" || return 1
	done
}
# expect_recorded DESCRIPTION FILE NAME...
expect_recorded() {
	description=$1
	shift
	if until_true 5 recorded "$@"; then
		ok "$description"
	else
		not_ok "$description" "$*" "$1" "$ERR"
	fi
}
file_of() {
	printf '%s/%s-%s.json' "$RECORDS" "$1" "$2"
}

confined --annotation "$KEY=app" -- /probe umask keyctl
run
is "a container is recorded: exit status" "$STATUS" 0
FILE=$(file_of app "$ID")
expect_recorded "to its end" "$FILE" umask keyctl exit_group
like "the profile says of what" "$(grep comment "$FILE")" "*container $ID; *complete*"
is "and has no error" "$("$OCI_SECCOMP" check "$FILE" | grep -c ': error:')" 0
for name in pivot_root mount capset execve sethostname; do
	! allows "$FILE" "$name" || not_ok "what the runtime does is not in it: $name" "$FILE"
done
delete
cp "$FILE" "$PROFILES/app.json"
confined --annotation io.oci-seccomp.profile=Localhost/app.json -- /probe umask keyctl chmod
run
results "it is enough for the container, and for nothing else" umask=passed keyctl=passed chmod=EPERM
delete

# A hook of the container executes in its namespaces too, before its program.
confined --annotation "$KEY=hooked" --hook createContainer "/usr/bin/nice -n 1 /bin/true" -- /probe umask
run
is "with a createContainer hook: exit status" "$STATUS" 0
FILE=$(file_of hooked "$ID")
expect_recorded "with a createContainer hook: its program" "$FILE" umask
! allows "$FILE" setpriority || not_ok "what the hook does is not in it" "$FILE"
delete

# As short-lived as they come.
confined --annotation "$KEY=short" -- /probe
run
delete
expect_recorded "a container that does nothing" "$(file_of short "$ID")" exit_group

# Exec sessions, and two at once.
confined --annotation "$KEY=one" -- /probe ready sleep:2 umask
run_until_ready
ONE=$ID
confined --annotation "$KEY=two" -- /probe ready sleep:2 getuid
run_until_ready
TWO=$ID
runtime exec "$ONE" /probe keyctl getppid >/dev/null 2>&1
expect_recorded "an exec session is in it" "$(file_of one "$ONE")" umask keyctl getppid
expect_recorded "another one at the same time" "$(file_of two "$TWO")" getuid
if allows "$(file_of one "$ONE")" getuid || allows "$(file_of two "$TWO")" keyctl ||
	allows "$(file_of two "$TWO")" umask; then
	not_ok "they do not mix" "$(file_of one "$ONE")" "$(file_of two "$TWO")"
else
	ok "they do not mix"
fi
for id in "$ONE" "$TWO"; do
	ID=$id
	delete
done
"$OCI_SECCOMP" merge --union "$(file_of one "$ONE")" "$(file_of two "$TWO")" -o "$TMP/both.json" 2>"$TMP/err"
is "merge joins them" "$("$OCI_SECCOMP" query "$TMP/both.json" umask keyctl getuid chmod | awk '{ print $2 }' | tr '\n' ' ')" \
	"ALLOW ALLOW ALLOW ERRNO(EPERM) "

# The container is killed with all that is in its cgroup.
confined --annotation "$KEY=killed" -- /probe umask ready sleep:300
run_until_ready
runtime kill "$ID" KILL >/dev/null 2>&1
delete
expect_recorded "a container that is killed" "$(file_of killed "$ID")" umask

# In a pod: by the container's name, and not the sandbox.
confined --annotation io.kubernetes.cri.container-name=web --annotation "$KEY/web=web" \
	--annotation io.kubernetes.cri.image-name=registry/web:1 -- /probe umask
run
delete
expect_recorded "by the container's name" "$(file_of web "$ID")" umask
like "with its name and image" "$(grep comment "$(file_of web "$ID")")" "*container web $ID, image registry/web:1; *"
confined --annotation io.kubernetes.cri.container-type=sandbox --annotation "$KEY=pod" -- /probe umask
run
delete
confined --annotation "$KEY/other=other" -- /probe umask
run
delete
# What comes last is there when what came before is.
confined --annotation "$KEY=last" -- /probe
run
delete
expect_recorded "the last one" "$(file_of last "$ID")" exit_group
is "neither a sandbox nor another container" "$(find "$RECORDS" -name 'pod*' -o -name 'other*')" ""

# What must not be.
refused() {
	[ "$STATUS" != 0 ] || return 1
	# crun does not show what a hook says.
	[ "${RUNTIME##*/}" = crun ] || grep -q "$1" "$ERR"
}
for name in ../x /etc/x .x a/b ''; do
	confined --annotation "$KEY=$name" -- /probe
	run
	if refused "a recording is called by letters"; then
		ok "the name \"$name\" is refused"
	else
		not_ok "the name \"$name\" is refused" "$ERR"
	fi
	delete
done
confined --annotation "$TRACE=of:$TMP/trace.json" -- /probe umask
run
is "a path in an annotation is passed over" "$STATUS $([ -e "$TMP/trace.json" ] && echo there)" "0 "
delete
record_config
confined --annotation "$KEY=app" -- /probe
run
if refused 'names no .*recordDir'; then
	ok "without recordDir nothing is started"
else
	not_ok "without recordDir nothing is started" "$ERR"
fi
delete
node_config "\"recorder\": \"/bin/false\", \"recordDir\": \"$RECORDS\""
confined --annotation "$KEY=app" -- /probe
run
if refused "the recorder cannot record"; then
	ok "nor with a recorder that fails"
else
	not_ok "nor with a recorder that fails" "$ERR"
fi
delete

printf '#!/bin/sh\nsleep 60\n' >"$TMP/slow"
chmod 755 "$TMP/slow"
node_config "\"recorder\": \"$TMP/slow\", \"recordDir\": \"$RECORDS\""
confined --annotation "$KEY=app" -- /probe
run
if refused "did not begin within 10 seconds"; then
	ok "nor with one that hangs"
else
	not_ok "nor with one that hangs" "$ERR"
fi
delete
record_config "\"recordDir\": \"$RECORDS\""
for number in $(seq 0 15); do
	flock --no-fork "$RECORDS/.recording-$number" sleep 60 &
	HOLDERS="${HOLDERS:-} $!"
done
all_held() {
	for number in $(seq 0 15); do
		! flock --nonblock "$RECORDS/.recording-$number" true || return 1
	done
}
until_true 10 all_held
confined --annotation "$KEY=app" -- /probe
run
if refused "16 containers are recorded already"; then
	ok "there is a limit to recordings at once"
else
	not_ok "there is a limit to recordings at once" "$ERR"
fi
delete
for holder in $HOLDERS; do
	kill "$holder"
	wait "$holder" 2>/dev/null
done

# The annotation of oci-seccomp-bpf-hook, where the node allows it.
record_config '"traceSyscall": "allow"'
confined --annotation "$TRACE=of:$TMP/trace.json" -- /probe umask
run
delete
expect_recorded "io.containers.trace-syscall: of" "$TMP/trace.json" umask
printf '{\n  "defaultAction": "SCMP_ACT_ERRNO",\n  "syscalls": [\n    {"names": ["umask"], "action": "SCMP_ACT_ALLOW"}\n  ]\n}\n' \
	>"$TMP/base.json"
confined --annotation "$TRACE=if: $TMP/base.json;of:$TMP/extended.json" -- /probe umask keyctl
run
delete
extended() {
	[ -e "$TMP/extended.json" ]
}
until_true 5 extended
is "if: the base is as it was, with what is new" \
	"$(head -n 4 "$TMP/extended.json" | tr -d ' ' | tr '\n' ' ' | sed 's/},/}/') $(grep -c '"keyctl"' "$TMP/extended.json") $(grep -o '"umask"' "$TMP/extended.json" | wc -l)" \
	"$(head -n 4 "$TMP/base.json" | tr -d ' ' | tr '\n' ' ') 1 1"
for value in "if:/x" "of:relative" "of:/a;of:/b" "of:/a;if:/b;if:/c" "/x"; do
	confined --annotation "$TRACE=$value" -- /probe
	run
	if refused "annotation $TRACE="; then
		ok "\"$value\" is refused"
	else
		not_ok "\"$value\" is refused" "$ERR"
	fi
	delete
done
confined --annotation "$TRACE=of:$TMP/x.json;if:/nonexistent" -- /probe
run
if refused "/nonexistent: cannot open"; then
	ok "a base that is not there"
else
	not_ok "a base that is not there" "$ERR"
fi
delete
record_config "\"recordDir\": \"$RECORDS\""

# By the shim, at start.
bundle --annotation "$KEY=shim" -- /probe umask keyctl
"$TMP/shim" --root "$STATE" create --bundle "$BUNDLE" "$ID" >"$OUT" 2>"$ERR" </dev/null
"$TMP/shim" --root "$STATE" start "$ID" >>"$OUT" 2>>"$ERR"
expect_recorded "by the shim" "$(file_of shim "$ID")" umask keyctl
! allows "$(file_of shim "$ID")" capset || not_ok "the shim's recording has none of the runtime's calls"
delete

# podman, with the hook in a hooks directory.
if start_podman; then
	mkdir "$TMP/hooks"
	cat >"$TMP/hooks/oci-seccomp.json" <<-END
		{"version": "1.0.0", "hook": {"path": "$HOOK", "args": ["oci-seccomp-hook", "--config", "$CONFIG"]},
		 "when": {"annotations": {"^io\\\\.oci-seccomp\\\\.record$": ".*"}}, "stages": ["createRuntime"]}
	END
	podman --hooks-dir "$TMP/hooks" run --rm --annotation "$KEY=podman" --security-opt seccomp=unconfined \
		--network none --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 --rootfs "$ROOTFS" \
		/probe umask keyctl >"$TMP/out" 2>"$ERR"
	podman_recorded() {
		recorded "$(ls "$RECORDS"/podman-*.json 2>/dev/null)" umask keyctl
	}
	if until_true 5 podman_recorded; then
		ok "podman run --rm"
	else
		not_ok "podman run --rm" "$ERR" "$TMP/out"
	fi
	# The recorder is a child of the container's monitor, and none of the container's processes.
	podman --hooks-dir "$TMP/hooks" run --detach --name "e2e-$$" --annotation "$KEY=detached" \
		--network none --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 --rootfs "$ROOTFS" \
		/probe ready sleep:300 >"$TMP/out" 2>"$ERR"
	"$OCI_SECCOMP" ps --config "$CONFIG" --format json >"$TMP/ps.json" 2>/dev/null
	is "a recorder is no process of the container" "$("$PYTHON" -c '
import json, sys
print([row["fewer"] for row in json.load(open(sys.argv[1]))["containers"] if row["name"] == sys.argv[2]])' \
		"$TMP/ps.json" "e2e-$$")" "[0]"
	podman rm --force --time 0 "e2e-$$" >/dev/null 2>&1
else
	skip "podman" "it is not installed"
fi
nothing_left "nothing is left"
done_testing
