#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# hooks/kubernetes: the manifests fit together, the DaemonSet's command does its work with the
# privileges that it has there, and the annotations of the example pods confine as they say. There is
# no cluster in this.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

MANIFESTS=$TOP/hooks/kubernetes
"$PYTHON" -c 'import yaml' 2>/dev/null || skip_all "python3-yaml is not installed"
manifests() {
	action=$1
	shift
	"$PYTHON" -B "$HERE/kubernetes.py" "$action" "$MANIFESTS" "$@"
}

is "the manifests fit together" "$(manifests problems 2>&1)" ""
mkdir "$TMP/map"
manifests profiles "$TMP/map"
for file in "$TMP"/map/*; do
	name=${file##*/}
	is "$name: no error" "$("$OCI_SECCOMP" check --only invalid "$file" 2>&1)" ""
	is "$name: as it is tested" "$(cat "$file")" "$(cat "$TEST_DATA/$name")"
done

# As root without capabilities, no new privileges.
command=$(manifests sync | sed "s| /profiles | $TMP/map |; s| /host/var/lib/kubelet/seccomp| $PROFILES|; s| --watch||")
STATUS=0
# shellcheck disable=SC2086
(cd "$TMP" && PATH=${OCI_SECCOMP%/*}:$PATH setpriv --bounding-set=-all --inh-caps=-all --no-new-privs \
	$command >"$TMP/stdout" 2>"$TMP/stderr") || STATUS=$?
is "the DaemonSet's command" "$STATUS $(cat "$TMP/stderr")" "0 "
is "the DaemonSet's command: all profiles" "$(ls "$PROFILES")" "$(ls "$TMP/map")"

# wanted POD/CONTAINER: what the probe prints there, and the Seccomp line
wanted() {
	case $1 in
	annotation-runtime-default/app) echo "2 socket-vsock=EPERM chmod=passed" ;;
	annotation-localhost/app) echo "2 chmod=EPERM socket-vsock=passed" ;;
	annotation-localhost/sidecar) echo "2 chmod=passed socket-vsock=EPERM" ;;
	annotation-old-keys/app) echo "2 ptrace=EPERM socket-vsock=passed" ;;
	annotation-unconfined/app) echo "0 chmod=passed socket-vsock=passed" ;;
	*) echo "? nothing=known" ;;
	esac
}
manifests annotated >"$TMP/annotated"
while read -r pod container annotations; do
	options=
	for annotation in $annotations; do
		options="$options --annotation $annotation"
	done
	# shellcheck disable=SC2046
	set -- $(wanted "$pod/$container")
	mode=$1
	shift
	# shellcheck disable=SC2086,SC2046
	confined --annotation "io.kubernetes.cri.container-name=$container" $options \
		-- /probe $(printf '%s\n' "$@" | sed 's/=.*//') ready sleep:60
	run_until_ready
	results "$pod: $container" "$@"
	is "$pod: $container: Seccomp" "$(field "$PID" Seccomp)" "$mode"
	delete
done <"$TMP/annotated"

# The handler is the one that is registered.
HANDLER=$(manifests handler)
if "$OCI_SECCOMP" install --help >/dev/null 2>&1; then
	like "the handler is the one that is registered" \
		"$(grep -rh 'runtimes\.' "$TOP/hooks/containerd")" "*runtimes.$HANDLER]*"
else
	skip "the handler is the one that is registered" "there is no oci-seccomp install"
fi
nothing_left "nothing is left"
done_testing
