#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shim in front of a runtime: what it does not touch arrives as it was sent, and containers are
# confined together with what is exec'ed into them.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
: "${FAKE_RUNTIME:=$TOP/build/test/e2e/fake_runtime}"
for file in "$SHIM" "$FAKE_RUNTIME"; do
	if [ ! -x "$file" ]; then
		printf 'Bail out! %s is not built\n' "$file"
		exit 1
	fi
done
KEY=io.oci-seccomp.profile
REAL=$(command -v "$RUNTIME")
export OCI_SECCOMP_CONFIG="$CONFIG"

# From here on the library's containers are made through the shim.
runtime() {
	OCI_SECCOMP_RUNTIME=$REAL timeout -k 5 60 "$SHIM" --root "$STATE" "$@"
}

# Calls that neither runtime needs: what is loaded by it binds it as well.
deny_profile chmod.json chmod 99
deny_profile ptrace.json ptrace 99
printf '{"defaultAction": "SCMP_ACT_DENY"}\n' >"$PROFILES/bad.json"

# What is passed on

mkdir "$TMP/fake" "$TMP/cwd"
cp "$FAKE_RUNTIME" "$TMP/fake/runc"
printf 'some input\n' >"$TMP/input"
bundle -- /probe ready
cp "$BUNDLE/config.json" "$TMP/config.json"

# record COMMAND...: how the fake runtime was started. Its parent is the same both times.
record() {
	RECORD=$TMP/record
	export RECORD
	(
		cd "$TMP/cwd" || exit 1
		umask 027
		trap '' USR1
		"$@" <"$TMP/input" >"$TMP/stdout" 2>"$TMP/stderr" 3<"$TMP/input" 7>>"$TMP/seven"
	)
	printf 'status %s\n' "$?" >>"$TMP/record"
	cat "$TMP/stdout" "$TMP/stderr" >>"$TMP/record"
}

# passes ARGUMENT...
passes() {
	record "$TMP/fake/runc" "$@"
	mv "$TMP/record" "$TMP/direct"
	record "$SHIM" "$@"
	if cmp -s "$TMP/direct" "$TMP/record"; then
		ok "passed on as it is: $*"
	else
		not_ok "passed on as it is: $*" "$(diff "$TMP/direct" "$TMP/record")"
	fi
}

export OCI_SECCOMP_RUNTIME="$TMP/fake/runc" _LIBCONTAINER_LOGLEVEL=4 LISTEN_FDS=1
passes
passes --version
passes -v
passes --help
passes --root /r --log "$TMP/log" --log-format json state c1
passes --root=/r --systemd-cgroup delete --force c1
passes exec c1 create --bundle "$BUNDLE"
passes exec -t c1 sh -c 'a  b "c"' ''
passes events --stats c1
passes list -f json -q
passes spec -b /nonexistent
passes create --help
passes of-tomorrow --bundle /nonexistent
passes run c1 -b "$BUNDLE"

tried=0
while read -r line; do
	case $line in
	'' | '#'*) continue ;;
	esac
	cp "$TMP/config.json" "$BUNDLE/config.json"
	eval "passes $line"
	case $line in
	*'"$BUNDLE"'*) is "linux.seccomp is set: $line" "$(grep -c '"seccomp"' "$BUNDLE/config.json")" 1 ;;
	esac
	tried=$((tried + 1))
done <"$TEST_DATA/argv.txt"
is "every recorded command line is tried" "$tried" "$(grep -c '^[^#]' "$TEST_DATA/argv.txt")"

(cd "$TMP/cwd" && sh -c 'echo $$ >"$0"; exec "$@"' "$TMP/pid" "$SHIM" state c1 </dev/null >/dev/null)
is "the pid stays the same" "$(cat "$TMP/record.pid")" "$(cat "$TMP/pid")"
(cd "$TMP/cwd" && "$SHIM" state c1 </dev/null >/dev/null 2>&1 2>&-)
is "a closed descriptor stays closed" "$(grep -c '^fd 2 ' "$TMP/record")" 0

# Which runtime

unset OCI_SECCOMP_RUNTIME _LIBCONTAINER_LOGLEVEL LISTEN_FDS
argument() {
	sed -n 's/^argument //p' "$TMP/record" | head -n 1
}
# chosen DESCRIPTION WANTED COMMAND...
chosen() {
	description=$1 wanted=$2
	shift 2
	rm -f "$TMP/record"
	"$@" </dev/null >"$TMP/stdout" 2>"$TMP/stderr"
	is "$description" "$(argument 2>/dev/null)$(cat "$TMP/stderr")" "$wanted"
}
mkdir "$TMP/first" "$TMP/second" "$TMP/third"
ln -s "$SHIM" "$TMP/first/runc"
cp "$FAKE_RUNTIME" "$TMP/second/crun"
cp "$FAKE_RUNTIME" "$TMP/third/runc"
chosen "the first runc in PATH that is not the shim" "$TMP/third/runc" \
	env "PATH=.::$TMP/first:$TMP/second:$TMP/third" "$TMP/first/runc" state c1
chosen "else the first crun" "$TMP/second/crun" \
	env "PATH=$TMP/first:$TMP/second" "$TMP/first/runc" state c1
# shellcheck disable=SC2016
chosen "no runtime is taken from the working directory" \
	"oci-seccomp-runtime: neither runc nor crun is in PATH; install one, or set \"runtime\" in the node configuration" \
	env "PATH=.::$TMP/first" /bin/sh -c 'cd "$0" && exec "$1" state c1' "$TMP/third" "$SHIM"
chosen "a name in OCI_SECCOMP_RUNTIME" "$TMP/second/crun" \
	env "PATH=$TMP/third:$TMP/second" OCI_SECCOMP_RUNTIME=crun "$SHIM" state c1
node_config "\"runtime\": \"$TMP/third/runc\""
chosen "the node configuration comes first" "$TMP/third/runc" \
	env OCI_SECCOMP_RUNTIME="$TMP/second/crun" "$SHIM" state c1
node_config
chosen "a runtime that is not there" \
	"oci-seccomp-runtime: \$OCI_SECCOMP_RUNTIME names the runtime \"/no/runc\": cannot stat: No such file or directory" \
	env OCI_SECCOMP_RUNTIME=/no/runc "$SHIM" state c1
chosen "the shim itself" \
	"oci-seccomp-runtime: \$OCI_SECCOMP_RUNTIME names \"$TMP/first/runc\", which is this shim; name runc or crun" \
	env OCI_SECCOMP_RUNTIME="$TMP/first/runc" "$SHIM" state c1
printf '#!/bin/sh\nexec "%s" "$@"\n' "$SHIM" >"$TMP/wrapper"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$TMP/third/runc" >"$TMP/runc"
chmod +x "$TMP/wrapper" "$TMP/runc"
chosen "a script that leads back" \
	"oci-seccomp-runtime: the runtime $TMP/wrapper leads back to this shim; name runc or crun itself as \"runtime\" in the node configuration" \
	env OCI_SECCOMP_RUNTIME="$TMP/wrapper" timeout 20 "$SHIM" state c1
chosen "a script that leads on" "$TMP/third/runc" \
	env OCI_SECCOMP_RUNTIME="$TMP/runc" "$SHIM" state c1
is "a compiled runc gets no variable" "$(grep -c DEPTH "$TMP/direct")" 0

# Containers

# started [OPTION]... -- PROBE...: through the shim, until it is ready.
started() {
	bundle "$@"
	cp "$BUNDLE/config.json" "$BUNDLE/before"
	run_until_ready
}

# everywhere DESCRIPTION SECCOMP NAME=WANTED...: in the container and in what is exec'ed into it.
everywhere() {
	description=$1 mode=$2
	shift 2
	results "$description" "$@"
	is "$description: Seccomp of the container" "$(field "$PID" Seccomp)" "$mode"
	: >"$OUT"
	# shellcheck disable=SC2046
	runtime exec "$ID" /probe $(printf '%s\n' "$@" | sed 's/=.*//') >"$OUT" 2>>"$ERR" </dev/null
	results "$description, exec" "$@"
	runtime exec "$ID" /bin/busybox grep Seccomp: /proc/self/status >"$OUT" 2>>"$ERR" </dev/null
	is "$description: Seccomp of exec" "$(tr -dc 0-9 <"$OUT")" "$mode"
}

untouched() {
	if cmp -s "$BUNDLE/before" "$BUNDLE/config.json"; then
		ok "$1"
	else
		not_ok "$1" "$(diff "$BUNDLE/before" "$BUNDLE/config.json")"
	fi
}

LONG="ready sleep:60"
# shellcheck disable=SC2086
if started --annotation "$KEY=Localhost/chmod.json" -- /probe chmod ptrace file $LONG; then
	everywhere "a profile by annotation" 2 chmod=EADDRNOTAVAIL ptrace=passed file=ok
	is "only linux.seccomp is added" \
		"$("$PYTHON" -c 'import json, sys
runtime, before, after = sys.argv[1], *(json.load(open(name)) for name in sys.argv[2:])
if runtime == "crun":
    after["annotations"].pop("run.oci.seccomp_bpf_data")
print(sorted(after["linux"].pop("seccomp")), before == after)' \
			"$RUNTIME" "$BUNDLE/before" "$BUNDLE/config.json")" \
		"['architectures', 'defaultAction', 'syscalls'] True"
else
	not_ok "a profile by annotation" "$ERR"
fi
delete
INODE=$(stat -c %i "$BUNDLE/config.json")
run_until_ready
results "the same bundle again" chmod=EADDRNOTAVAIL
is "the same bundle again: it is not written again" "$(stat -c %i "$BUNDLE/config.json")" "$INODE"
delete

# shellcheck disable=SC2086
started -- /probe socket-vsock chmod file $LONG
everywhere "RuntimeDefault by default" 2 socket-vsock=EPERM chmod=passed file=ok
delete

# shellcheck disable=SC2086
started --seccomp "$PROFILES/ptrace.json" --annotation "$KEY=Localhost/chmod.json" \
	-- /probe chmod ptrace $LONG
everywhere "the engine's profile stays" 2 chmod=passed ptrace=EADDRNOTAVAIL
untouched "the engine's profile stays: config.json is untouched"
delete

# shellcheck disable=SC2086
started --annotation "$KEY=Unconfined" -- /probe chmod socket-vsock $LONG
everywhere "Unconfined" 0 chmod=passed socket-vsock=passed
untouched "Unconfined: config.json is untouched"
delete

node_config '"override": "always"'
# shellcheck disable=SC2086
started --seccomp "$PROFILES/ptrace.json" --annotation "$KEY=Unconfined" -- /probe ptrace $LONG
everywhere "override, Unconfined: the engine's profile is removed" 0 ptrace=passed
delete
# shellcheck disable=SC2086
started --seccomp "$PROFILES/ptrace.json" --annotation "$KEY=Localhost/chmod.json" \
	-- /probe chmod ptrace $LONG
everywhere "override: the engine's profile is replaced" 2 chmod=EADDRNOTAVAIL ptrace=passed
delete

node_config '"baseline": "Localhost/ptrace.json"'
# shellcheck disable=SC2086
started --annotation "$KEY=Localhost/chmod.json" -- /probe chmod ptrace getpid $LONG
everywhere "a profile and the baseline" 2 chmod=EADDRNOTAVAIL ptrace=EADDRNOTAVAIL getpid=passed
delete
# shellcheck disable=SC2086
started --annotation "$KEY=Unconfined" -- /probe chmod ptrace $LONG
everywhere "Unconfined means the baseline" 2 chmod=passed ptrace=EADDRNOTAVAIL
delete
# shellcheck disable=SC2086
started --seccomp "$PROFILES/chmod.json" -- /probe chmod ptrace getpid $LONG
everywhere "the engine's profile and the baseline" 2 chmod=EADDRNOTAVAIL ptrace=EADDRNOTAVAIL \
	getpid=passed
delete
node_config

if [ "$RUNTIME" = crun ]; then
	bundle --annotation "$KEY=Localhost/chmod.json" -- /probe chmod
	mv "$BUNDLE/config.json" "$BUNDLE/other.json"
	runtime run --bundle "$BUNDLE" --config "$BUNDLE/other.json" "$ID" >"$OUT" 2>"$ERR" </dev/null
	results "crun run --config FILE" chmod=EADDRNOTAVAIL

	# What crun loads is the program: an object that denies nothing makes no difference.
	# shellcheck disable=SC2086
	started --annotation "$KEY=Localhost/chmod.json" -- /probe chmod $LONG
	delete
	"$PYTHON" - "$BUNDLE/config.json" <<'END'
import json, sys
config = json.load(open(sys.argv[1]))
del config["linux"]["seccomp"]["syscalls"]
json.dump(config, open(sys.argv[1], "w"))
END
	runtime create --bundle "$BUNDLE" "$ID" 2>"$ERR"
	like "crun: a program that is not that of linux.seccomp" "$(cat "$ERR")" \
		"*annotation run.oci.seccomp_bpf_data: crun would load this program in place of *"
	REAL_SHIM=$SHIM SHIM=$REAL
	run_until_ready
	everywhere "crun loads the program" 2 chmod=EADDRNOTAVAIL
	delete
	SHIM=$REAL_SHIM
fi

# shellcheck disable=SC2086
bundle --annotation run.oci.seccomp_bpf_data=BgAAAAAA/38= -- /probe chmod $LONG
runtime create --bundle "$BUNDLE" "$ID" 2>"$ERR"
like "a program for crun from outside" "$(cat "$ERR")" \
	"*annotation run.oci.seccomp_bpf_data: crun would load this program in place of *"

# What cannot be done

bundle --annotation io.kubernetes.cri.container-name=app --annotation "$KEY=Localhost/bad.json" \
	-- /probe getpid
cp "$BUNDLE/config.json" "$BUNDLE/before"
TEXT="container \"app\" ($ID): annotation $KEY=\"Localhost/bad.json\": $PROFILES/bad.json:1:19: defaultAction: unknown action \"SCMP_ACT_DENY\"*"
STATUS=0
runtime --log "$BUNDLE/log" --log-format json create --bundle "$BUNDLE" "$ID" 2>"$ERR" || STATUS=$?
is "a bad profile: exit status" "$STATUS" 1
like "a bad profile: the message" "$(cat "$ERR")" "oci-seccomp-runtime: $TEXT"
is "a bad profile: no container" "$(ls "$STATE")" ""
untouched "a bad profile: config.json is untouched"
like "a bad profile: the last line of the log" \
	"$("$PYTHON" -c 'import datetime, json, sys
entry = json.loads(open(sys.argv[1]).readlines()[-1])
datetime.datetime.strptime(entry["time"], "%Y-%m-%dT%H:%M:%SZ")
print(entry["level"], entry["msg"])' "$BUNDLE/log")" "error oci-seccomp-runtime: $TEXT"
printf 'kept\n' >"$BUNDLE/log"
runtime --log="$BUNDLE/log" run -b "$BUNDLE" "$ID" 2>"$ERR"
like "a bad profile: the log as text" "$(tr '\n' ' ' <"$BUNDLE/log")" \
	'kept time="????-??-??T??:??:??Z" level=error msg="oci-seccomp-runtime: container \\"app\\" *'
runtime create --bundle /nonexistent "$ID" 2>"$ERR"
like "no bundle" "$(cat "$ERR")" \
	"oci-seccomp-runtime: container $ID: /nonexistent/config.json: cannot open: No such file*"
runtime --of-tomorrow x create --bundle "$BUNDLE" "$ID" 2>"$ERR"
like "an option that may hide the command" "$(cat "$ERR")" "oci-seccomp-runtime: the option --of-tomorrow *"

# Kills

bundle -- /probe getpid
got=$(OCI_SECCOMP_RUNTIME=$TMP/fake/runc RECORD=$TMP/record \
	"$PYTHON" "$HERE/kill_shim.py" "$BUNDLE" "$SHIM" create --bundle "$BUNDLE" "$ID" 2>&1)
printf '# %s\n' "$got"
like "killed at every system call: config.json is the old or the new one" "$got" \
	"rounds=[1-9]* old=[1-9]* new=[1-9]* left=[1-9]*"
is "killed at every system call: the next run removes what was left" \
	"$(ls -A "$BUNDLE")" "$(printf 'config.json\nout')"

nothing_left "nothing is left"
done_testing
