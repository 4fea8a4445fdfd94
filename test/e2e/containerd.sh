#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# containerd, by ctr, through the shim.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=test/e2e/engines.sh
. "$HERE/engines.sh"

for program in containerd ctr; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
KEY=io.oci-seccomp.profile

# A call that neither runtime needs: what is loaded by it binds it as well.
deny_profile chmod.json chmod 99

remove() {
	ctr task kill --signal KILL "$NAME" >/dev/null 2>&1
	until_true 10 task_gone "$NAME"
	ctr container rm "$NAME" >/dev/null 2>&1
}
script_clean_up() {
	stop_engines
}
start_containerd || not_ok "containerd answers" "$TMP/containerd.log"

OUT=$TMP/out ERR=$TMP/err
# run_task OPTION... -- ARGUMENT...: our root file system without an image. Sets STATUS.
run_task() {
	NAME=e2e-$$-$1
	shift
	STATUS=0
	ctr run --detach --runc-binary "$TMP/shim" "$@" >"$OUT" 2>"$ERR" || STATUS=$?
}

# containerd may lose what a short command writes (its issue 5741), so no output is asked for again.
in_container() {
	for _ in 1 2 3 4 5; do
		ctr task exec --exec-id "e$(date +%N)" "$NAME" /probe "$@" >"$OUT" 2>>"$ERR"
		[ ! -s "$OUT" ] || break
	done
}

run_task bound --annotation "$KEY=Localhost/chmod.json" --rootfs "$ROOTFS" "e2e-$$-bound" /probe sleep:60
is "the container starts" "$STATUS" 0
in_container chmod file
results "an exec session is bound" chmod=EADDRNOTAVAIL file=ok
remove

run_task default --rootfs "$ROOTFS" "e2e-$$-default" /probe sleep:60
in_container socket-vsock socket-vsock-bit32 socket-inet
results "RuntimeDefault of the node" socket-vsock=EPERM socket-vsock-bit32=EPERM socket-inet=passed
remove

run_task free --annotation "$KEY=Unconfined" --rootfs "$ROOTFS" "e2e-$$-free" /probe sleep:60
in_container socket-vsock
results "Unconfined" socket-vsock=passed
remove

run_task engine --seccomp --annotation "$KEY=Unconfined" --rootfs "$ROOTFS" "e2e-$$-engine" \
	/probe sleep:60
in_container keyctl file
results "an annotation does not take the engine's profile away" keyctl=EPERM file=ok
remove

run_task none --annotation "$KEY=Localhost/none.json" --rootfs "$ROOTFS" "e2e-$$-none" /probe ready
like "a profile that is missing: containerd shows what the shim says" "$STATUS $(cat "$ERR")" \
	"1 *oci-seccomp-runtime: *$PROFILES/none.json: there is no such profile*"
remove

done_testing
