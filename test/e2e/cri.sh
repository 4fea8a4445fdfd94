#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kubernetes pods: containerd by its CRI socket, as the kubelet speaks to it, through the shim and
# through the hook.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in containerd ctr protoc; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
# The modules are packages of the distribution, and so for its own Python.
has_modules() {
	"$1" -c 'import google.protobuf.json_format; from grpc import insecure_channel' 2>/dev/null
}
has_modules "$PYTHON" || PYTHON=/usr/bin/python3
has_modules "$PYTHON" || skip_all "Python's grpc and protobuf modules are not installed"
: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
SHIPPED=$TOP/hooks/containerd
KEY=io.oci-seccomp.profile
ALPHA=container.seccomp.security.alpha.kubernetes.io
POD_ALPHA=seccomp.security.alpha.kubernetes.io/pod
IMAGE=localhost/e2e:1
CONTAINERD_ADDRESS=$TMP/containerd.sock CONTAINERD_NAMESPACE=k8s.io
export CONTAINERD_ADDRESS CONTAINERD_NAMESPACE
export OCI_SECCOMP_CONFIG="$CONFIG" # of the hook; the shim's comes with its wrapper
mkdir "$TMP/proto" "$TMP/logs"
protoc --proto_path "$HERE" --python_out "$TMP/proto" cri.proto || exit 1
export PYTHONPATH="$TMP/proto" PYTHONDONTWRITEBYTECODE=1

# Neither runtime needs these calls: what is loaded by it binds it as well.
deny_profile chmod.json chmod 99
deny_profile fchmod.json fchmod 99
printf '{"defaultAction": "SCMP_ACT_ALLOW",,}\n' >"$PROFILES/syntax.json"
printf '{"defaultAction": "SCMP_ACT_DENY"}\n' >"$PROFILES/action.json"

# containerd

# wrapper FILE PROGRAM: containerd hands down neither environment nor options of ours.
wrapper() {
	cat >"$1" <<-END
		#!/bin/sh
		export OCI_SECCOMP_CONFIG="$CONFIG" OCI_SECCOMP_RUNTIME="$(command -v "$RUNTIME")"
		exec "$2" "\$@"
	END
	chmod 755 "$1"
}
wrapper "$TMP/shim" "$SHIM"
wrapper "$TMP/hook" "$HOOK"
sed "s|@HOOK@|$TMP/hook|" "$SHIPPED/base-runtime-spec.json.in" >"$TMP/base.json"

case $(containerd --version) in
*' 1.'*)
	VERSION=2 PLUGIN=io.containerd.grpc.v1.cri IMAGES=$PLUGIN
	SANDBOX_IMAGE="sandbox_image = '$IMAGE'"
	;;
*)
	VERSION=3 PLUGIN=io.containerd.cri.v1.runtime IMAGES=io.containerd.cri.v1.images
	SANDBOX_IMAGE="pinned_images = {sandbox = '$IMAGE'}"
	;;
esac

# handler NAME RUNTIME [LINE]: takes the annotations that we ship.
handler() {
	cat <<-END
		[plugins.'$PLUGIN'.containerd.runtimes.$1]
		  runtime_type = 'io.containerd.runc.v2'
		  $(sed -n '/^ *pod_annotations = /,/]/p' "$SHIPPED/config-v$VERSION.toml")
		  ${3:-}
		[plugins.'$PLUGIN'.containerd.runtimes.$1.options]
		  BinaryName = '$2'
	END
}

# All that is written goes below $TMP; no network plugin is needed, as pods use the host's network.
cat >"$TMP/containerd.toml" <<END
version = $VERSION
root = '$TMP/containerd'
state = '$TMP/containerd.state'
[grpc]
  address = '$CONTAINERD_ADDRESS'
[plugins.'io.containerd.internal.v1.opt']
  path = '$TMP/opt'
[plugins.'$IMAGES']
  $SANDBOX_IMAGE
$([ "$IMAGES" = "$PLUGIN" ] || echo "[plugins.'$PLUGIN']")
  restrict_oom_score_adj = true
[plugins.'$PLUGIN'.cni]
  conf_dir = '$TMP/cni'
$(handler runc "$TMP/shim")
$(handler hook "$(command -v "$RUNTIME")" "base_runtime_spec = '$TMP/base.json'")
END

PODS='' IDS='' CONTAINERD=''
script_clean_up() {
	for pod in $PODS; do
		cri remove-pod "$pod" >/dev/null 2>&1
	done
	stop_containerd
}

stop_containerd() {
	[ -n "$CONTAINERD" ] || return 0
	kill "$CONTAINERD" 2>/dev/null
	wait "$CONTAINERD" 2>/dev/null
	CONTAINERD=
}

# Sockets, fifos and runtime states of containerd's own are there, wherever its root is.
mkdir -p /run/containerd
mount -t tmpfs none /run/containerd
# A session of its own: a signal to all of the test leaves it, for cleaning up.
setsid containerd --config "$TMP/containerd.toml" >"$TMP/containerd.log" 2>&1 &
CONTAINERD=$!

# Calls

OUT=$TMP/out ERR=$TMP/err
cri() {
	timeout -k 5 60 "$PYTHON" "$HERE/cri.py" "$CONTAINERD_ADDRESS" "$@"
}

ctr() {
	timeout -k 5 60 ctr "$@"
}

# pod HANDLER KEY=VALUE...: a pod with these annotations. FIELD is its seccomp field, "" for none. Sets
# POD and STATUS.
pod() {
	handler=$1 annotations=
	shift
	for pair; do
		annotations="$annotations${annotations:+, }\"${pair%%=*}\": \"${pair#*=}\""
	done
	NUMBER=$((${NUMBER:-0} + 1))
	POD_FILE=$TMP/pod-$NUMBER.json
	cat >"$POD_FILE" <<-END
		{"metadata": {"name": "pod-$NUMBER", "uid": "uid-$NUMBER", "namespace": "e2e"},
		 "log_directory": "$TMP/logs",
		 "annotations": {$annotations},
		 "linux": {"cgroup_parent": "/", "security_context": {${FIELD:+$FIELD,}
		           "namespace_options": {"network": "NODE", "pid": "CONTAINER"}}}}
	END
	STATUS=0
	POD=$(cri run-pod "$POD_FILE" "$handler" 2>"$ERR") || STATUS=$?
	PODS="$PODS $POD"
	[ "$STATUS" = 0 ] || not_ok "pod $NUMBER starts" "$ERR"
}

# try NAME: a container in the pod, with the security context's members $FIELD. Sets ID, LOG, STATUS.
try() {
	LOG=$TMP/logs/$NUMBER-$1.log
	cat >"$TMP/container.json" <<-END
		{"metadata": {"name": "$1"},
		 "image": {"image": "$IMAGE"},
		 "command": ["/probe", "chmod", "fchmod", "keyctl", "socket-vsock", "file", "ready", "sleep:600"],
		 "log_path": "$NUMBER-$1.log",
		 "linux": {"security_context": {${FIELD:+$FIELD,}
		           "namespace_options": {"network": "NODE", "pid": "${PID_MODE:-CONTAINER}"}}}}
	END
	STATUS=0
	: >"$ERR"
	ID=$(cri create "$POD" "$POD_FILE" "$TMP/container.json" 2>"$ERR") || STATUS=$?
	IDS="$IDS $ID"
	[ "$STATUS" != 0 ] || cri start "$ID" 2>"$ERR" || STATUS=$?
}

container() {
	try "$1"
	[ "$STATUS" = 0 ] || not_ok "container $1 of pod $NUMBER starts" "$ERR"
}

ready() {
	grep -qs ' ready ' "$LOG"
}

# in_container COMMAND...: an exec session. Sets STATUS. containerd may lose what a short command
# writes (its issue 5741), so no output is asked for again.
in_container() {
	for _ in 1 2 3; do
		STATUS=0
		cri exec "$ID" "$@" >"$OUT" 2>"$ERR" || STATUS=$?
		[ ! -s "$OUT" ] && [ ! -s "$ERR" ] || break
	done
}

# in_init DESCRIPTION NAME=WANTED...
in_init() {
	[ "$STATUS" != 0 ] || until_true 20 ready
	sed 's/^[^ ]* stdout F //' "$LOG" >"$OUT"
	results "$@"
}

# everywhere DESCRIPTION NAME=WANTED...: in the container and in an exec session.
everywhere() {
	in_init "$@"
	description=$1
	shift
	# shellcheck disable=SC2046
	in_container /probe $(printf '%s\n' "$@" | sed 's/=.*//')
	results "$description, exec" "$@"
}

# chmod_in DESCRIPTION STATUS [TEXT]: of chmod 777 /tmp by ExecSync
chmod_in() {
	in_container chmod 777 /tmp
	is "$1: chmod 777 /tmp by ExecSync" "$STATUS $(cat "$ERR")" "$2 ${3:-}"
}

# fails DESCRIPTION NAME TEXT: the container does not start, and the engine's error has the text.
fails() {
	try "$2"
	like "$1" "$STATUS $(cat "$ERR")" "125 *container \"$2\" ($ID): $3*"
}

is_filtered() {
	[ "$(field "$1" Seccomp)" = 2 ]
}

# Some runtimes load theirs after the container counts as started.
filters() {
	until_true 5 is_filtered "$1"
	"$PYTHON" "$HERE/filters.py" "$1"
}

# differs DESCRIPTION FILTERS OTHERS
differs() {
	case $2 in
	'' | "$3") not_ok "$1" "got: $2" ;;
	*) ok "$1" ;;
	esac
}

image_is_there() {
	cri image "$IMAGE" 2>"$ERR"
}

ln -s busybox "$ROOTFS/bin/chmod"
"$PYTHON" "$HERE/image.py" "$ROOTFS" "$IMAGE" "$TMP/image.tar" /probe sleep:600
if ! until_true 30 ctr version >/dev/null 2>&1 || ! ctr images import "$TMP/image.tar" >"$OUT" ||
	! until_true 5 image_is_there; then
	not_ok "containerd answers and has the image" "$ERR" "$TMP/containerd.log"
	done_testing
fi
DENIED='chmod: /tmp: Cannot assign requested address'
DEFAULT='"seccomp": {"profile_type": "RuntimeDefault"}'
LOCALHOST="\"seccomp\": {\"profile_type\": \"Localhost\", \"localhost_ref\": \"$PROFILES/fchmod.json\"}"

# The shim: profiles by annotation

FIELD=
pod runc "$ALPHA/web=runtime/default" "$KEY/app=Localhost/chmod.json" \
	"$KEY/syntax=Localhost/syntax.json" "$KEY/action=Localhost/action.json" \
	"$ALPHA/none=localhost/none.json"
SANDBOX_PID=$(cri pod-pid "$POD")
SANDBOX=$(filters "$SANDBOX_PID")
container web
everywhere "RuntimeDefault by annotation" keyctl=EPERM socket-vsock=EPERM chmod=passed fchmod=passed file=ok
chmod_in "RuntimeDefault by annotation" 0
like "ps: the containers of a pod" "$("$OCI_SECCOMP" ps --config "$CONFIG")" \
	"*containerd *pod-1 *RuntimeDefault*containerd *web *pod-1 *RuntimeDefault*"
is "the sandbox has the filter of RuntimeDefault" "$(field "$SANDBOX_PID" Seccomp) $SANDBOX" \
	"2 $(filters "$(cri pid "$ID")")"
container app
everywhere "Localhost by annotation" chmod=EADDRNOTAVAIL fchmod=passed keyctl=passed file=ok
chmod_in "Localhost by annotation" 1 "$DENIED"
differs "Localhost has a filter of its own" "$(filters "$(cri pid "$ID")")" "$SANDBOX"

fails "a profile that is no JSON" syntax \
	"annotation $KEY/syntax=\"Localhost/syntax.json\": $PROFILES/syntax.json:1:36: not valid JSON: *"
UNKNOWN_ACTION="annotation $KEY/action=\"Localhost/action.json\": $PROFILES/action.json:1:19: defaultAction: unknown action \"SCMP_ACT_DENY\"*"
fails "an unknown action" action "$UNKNOWN_ACTION"
fails "a profile that is missing" none \
	"annotation $ALPHA/none=\"localhost/none.json\": $PROFILES/none.json: there is no such profile*"

# The shim: a pod's profile, a container's, an engine's

pod runc "$KEY=Localhost/chmod.json" "$KEY/other=Localhost/fchmod.json" \
	"$ALPHA/free=unconfined" "$ALPHA/refused=unconfined"
container one
everywhere "a pod's annotation" chmod=EADDRNOTAVAIL fchmod=passed
container two
everywhere "a pod's annotation, second container" chmod=EADDRNOTAVAIL fchmod=passed
container other
everywhere "a container's annotation comes first" chmod=passed fchmod=EADDRNOTAVAIL
container free
everywhere "Unconfined" chmod=passed fchmod=passed socket-vsock=passed
is "Unconfined: no filter" "$(field "$(cri pid "$ID")" Seccomp)" 0
node_config '"unconfined": "deny"'
fails "Unconfined, which the node denies" refused "annotation $ALPHA/refused=\"unconfined\": *"
node_config

FIELD=$DEFAULT # the kubelet asks for it
pod runc "$POD_ALPHA=unconfined"
differs "the sandbox with a field keeps the engine's profile" "$(filters "$(cri pod-pid "$POD")")" \
	"$SANDBOX"
container default
everywhere "the field RuntimeDefault, annotation unconfined" keyctl=EPERM chmod=passed file=ok
FIELD=$LOCALHOST
container local
everywhere "the field Localhost, annotation unconfined" fchmod=EADDRNOTAVAIL chmod=passed \
	socket-vsock=passed

# An engine sets no profile for a privileged container: annotations and the node count.
FIELD='"privileged": true'
pod runc "$KEY/app=Localhost/chmod.json"
container app
everywhere "privileged, Localhost by annotation" chmod=EADDRNOTAVAIL keyctl=passed
container web
everywhere "privileged, the node's default" keyctl=EPERM socket-vsock=EPERM chmod=passed

# The hook

FIELD=
pod hook "$KEY=Localhost/chmod.json" "$KEY/web=RuntimeDefault" "$KEY/action=Localhost/action.json" \
	io.oci-seccomp.log=true
is "hook: the sandbox is not made from the base spec" "$(field "$(cri pod-pid "$POD")" Seccomp)" 0
container app
in_init "hook: Localhost by annotation" chmod=EADDRNOTAVAIL fchmod=passed file=ok
like "hook: the pod's annotation has denials logged" \
	"$("$OCI_SECCOMP" ps --config "$CONFIG" | grep " pod-$NUMBER ")" "* LOG * hook *"
chmod_in "hook: an exec session is not bound" 0
container web
in_init "hook: RuntimeDefault by annotation" socket-vsock=EPERM chmod=passed file=ok
PID_MODE=POD
container shared
in_init "hook: a container in the pod's process namespace" chmod=EADDRNOTAVAIL fchmod=passed
PID_MODE=
# containerd shows what the runtime says, and crun does not say what its hooks do.
case $RUNTIME in
crun)
	try action
	like "hook: an unknown action" "$STATUS $(cat "$ERR")" "125 *error executing hook *"
	;;
*) fails "hook: an unknown action" action "$UNKNOWN_ACTION" ;;
esac
FIELD=$LOCALHOST
container both
in_init "hook: beside the engine's profile" chmod=EADDRNOTAVAIL fchmod=EADDRNOTAVAIL

# Nothing stays

control_groups() {
	for id in $PODS $IDS; do
		# shellcheck disable=SC2046
		find $(awk '$3 ~ /^cgroup/ { print $2 }' /proc/self/mounts) -maxdepth 1 -name "$id"
	done
}

for pod in $PODS; do
	cri remove-pod "$pod" 2>"$ERR" || not_ok "a pod is removed" "$ERR"
done
is "no container is left" "$(ctr containers list -q && ctr tasks list -q)" ""
is "no mount is left" "$(awk -v top="$TMP/" 'index($2, top) == 1 { print $2 }' /proc/self/mounts)" ""
is "no file of a container is left" "$(find "$TMP/containerd.state" /run/containerd \
	\( -name '*.oci-seccomp' -o -name config.json -o -name state.json -o -type s \))" ""
is "no control group is left" "$(control_groups)" ""
PODS=
stop_containerd
nothing_left "nothing is left"
done_testing
