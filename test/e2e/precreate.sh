#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The hook as podman's precreate stage: config.json in, config.json with linux.seccomp out.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

KEY=io.oci-seccomp.profile
# A call that neither runtime needs: what is loaded by it binds it as well.
deny_profile chmod.json chmod 99

# precreate: runs the hook on the bundle last made. Sets STATUS.
precreate() {
	STATUS=0
	"$HOOK" --config "$CONFIG" precreate <"$BUNDLE/config.json" >"$BUNDLE/new" 2>"$ERR" || STATUS=$?
}

bundle --annotation "$KEY=Localhost/chmod.json" -- /probe chmod file ready sleep:60
precreate
is "Localhost: the hook is done" "$STATUS" 0
cp "$BUNDLE/new" "$BUNDLE/config.json"
if run_until_ready; then
	is "Localhost: Seccomp of the container" "$(field "$PID" Seccomp)" 2
	results "Localhost: verdicts" chmod=EADDRNOTAVAIL file=ok
	runtime exec "$ID" /probe chmod >"$OUT" 2>>"$ERR"
	results "Localhost: an exec session is bound as well" chmod=EADDRNOTAVAIL
else
	not_ok "Localhost: the container starts" "$ERR"
fi
delete

bundle -- /probe socket-vsock socket-vsock-bit32 socket-inet file
precreate
cp "$BUNDLE/new" "$BUNDLE/config.json"
run
results "RuntimeDefault of the node: the runtime loads it by the kernel's width" socket-vsock=EPERM \
	socket-vsock-bit32=EPERM socket-inet=passed file=ok

bundle --seccomp "$PROFILES/chmod.json" --annotation "$KEY=Unconfined" -- /probe ready
precreate
if [ "$STATUS" = 0 ] && cmp -s "$BUNDLE/config.json" "$BUNDLE/new"; then
	ok "the engine's own profile stays, byte for byte"
else
	not_ok "the engine's own profile stays, byte for byte" "$ERR"
fi

bundle --annotation "$KEY=Localhost/none.json" -- /probe ready
precreate
is "a profile that is missing: exit status" "$STATUS" 1
is "a profile that is missing: nothing is written" "$(cat "$BUNDLE/new")" ""
like "a profile that is missing: one message" "$(cat "$ERR")" \
	"oci-seccomp-hook: annotation $KEY=\"Localhost/none.json\": $PROFILES/none.json: *"

nothing_left "nothing is left"
done_testing
