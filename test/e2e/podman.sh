#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# podman: through the shim, through its precreate stage, through hooks.d.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v podman >/dev/null || skip_all "podman is not installed"
: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
KEY=io.oci-seccomp.profile
REAL=$(command -v "$RUNTIME")

# podman keeps the environment from its runtime.
cat >"$TMP/shim" <<END
#!/bin/sh
export OCI_SECCOMP_CONFIG="$CONFIG" OCI_SECCOMP_RUNTIME="$REAL"
exec "$SHIM" "\$@"
END
chmod 755 "$TMP/shim"

# A call that neither runtime needs: what is loaded by it binds it as well.
deny_profile chmod.json chmod 99
deny_profile fchmod.json fchmod 99
mkdir "$TMP/precreate.d" "$TMP/hooks.d"

# hook_file DIRECTORY STAGE ARGUMENT
hook_file() {
	cat >"$TMP/$1/oci-seccomp.json" <<-END
		{"version": "1.0.0", "when": {"always": true}, "stages": ["$2"],
		 "hook": {"path": "$HOOK", "args": ["oci-seccomp-hook", "--config", "$CONFIG", "$3"]}}
	END
}
hook_file precreate.d precreate precreate
hook_file hooks.d createRuntime createRuntime

podman() {
	timeout -k 5 60 podman --root "$TMP/podman" --runroot "$TMP/podman.run" --tmpdir "$TMP/podman.tmp" \
		--storage-driver vfs --cgroup-manager cgroupfs "$@"
}

script_clean_up() {
	podman rm --all --force --time 0 >/dev/null 2>&1
}

# start [OPTION]... -- ARGUMENT...: a container of our root file system. Sets STATUS.
start() {
	global=
	while [ "$1" != -- ]; do
		case $1 in
		--runtime | --hooks-dir) global="$global $1 $2" && shift 2 ;;
		*) break ;;
		esac
	done
	OUT=$TMP/out ERR=$TMP/err STATUS=0
	# shellcheck disable=SC2086
	podman $global run --detach --name "$NAME" --network none --ulimit nofile=1024:1024 \
		--ulimit nproc=1000:1000 "$@" >"$OUT" 2>"$ERR" || STATUS=$?
}

# in_container ARGUMENT...: runs the probe in an exec session.
in_container() {
	podman exec "$NAME" /probe "$@" >"$OUT" 2>>"$ERR"
}

remove() {
	podman rm --force --time 0 "$NAME" >/dev/null 2>&1
}

run_probe() {
	podman logs "$NAME" >"$OUT" 2>>"$ERR"
}

ready() {
	podman logs "$NAME" 2>/dev/null | grep -q '^ready'
}

# check WAY EXEC OPTION...: the same set for each way. EXEC is what chmod gives in an exec session.
check() {
	way=$1 exec_result=$2
	shift 2
	NAME=e2e-$$-$(echo "$way" | tr -c 'a-z0-9\n' -)
	start "$@" --security-opt seccomp=unconfined --annotation "$KEY=Localhost/chmod.json" \
		--rootfs "$ROOTFS" /probe chmod file ready sleep:60
	is "$way: starts" "$STATUS" 0
	until_true 20 ready
	run_probe
	results "$way: the container is bound" chmod=EADDRNOTAVAIL file=ok
	in_container chmod
	results "$way: an exec session" "chmod=$exec_result"
	remove
	start "$@" --security-opt "seccomp=$PROFILES/fchmod.json" --annotation "$KEY=Unconfined" \
		--rootfs "$ROOTFS" /probe fchmod ready sleep:60
	until_true 20 ready
	run_probe
	results "$way: an annotation does not take the engine's profile away" fchmod=EADDRNOTAVAIL
	remove
	start "$@" --security-opt seccomp=unconfined --annotation "$KEY=Localhost/none.json" \
		--rootfs "$ROOTFS" /probe ready
	case $STATUS in
	0 | 124 | 137) not_ok "$way: a profile that is missing: no container" "status $STATUS" ;;
	*) ok "$way: a profile that is missing: no container" ;;
	esac
	remove
}

check shim EADDRNOTAVAIL --runtime "$TMP/shim"
like "shim: podman shows what it says" "$(cat "$ERR")" "*$PROFILES/none.json: there is no such profile*"
check precreate EADDRNOTAVAIL --runtime "$REAL" --hooks-dir "$TMP/precreate.d"
# Runtimes run no hooks for exec.
check hook ok --runtime "$REAL" --hooks-dir "$TMP/hooks.d"

nothing_left "nothing is left"
done_testing
