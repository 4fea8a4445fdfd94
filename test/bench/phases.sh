#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Where the time goes that a hook adds to a start: the hook, with the program in its cache, beside one
# that does nothing. HOOK_BEFORE, another build of the hook, is measured beside them where it is set.
OCI_SECCOMP_MUST_RUN=1
export OCI_SECCOMP_MUST_RUN
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing

# hooked NAME HOOK COMMAND-LINE: one row.
hooked() {
	bundle --hook createRuntime "$3" --annotation io.oci-seccomp.profile=RuntimeDefault -- /probe
	set -- "$1" "$2" "$RUNTIME --root $STATE run --bundle $BUNDLE $ID"
	$3 # so that the program is in the cache
	ROW_NAME=$1 ROW_HOOK=$2 ROW_COMMAND=$3
}

set --
hooked "a hook that does nothing" "$PROBE" "$PROBE read-stdin"
set -- "$@" "$ROW_NAME" "$ROW_HOOK" "$ROW_COMMAND"
if [ -n "${HOOK_BEFORE:-}" ]; then
	hooked "before" "$HOOK_BEFORE" "$HOOK_BEFORE --config $CONFIG"
	set -- "$@" "$ROW_NAME" "$ROW_HOOK" "$ROW_COMMAND"
fi
hooked "the hook, warm" "$HOOK" "$HOOK --config $CONFIG"
set -- "$@" "$ROW_NAME" "$ROW_HOOK" "$ROW_COMMAND"
"$PYTHON" "$TOP/test/bench/phases.py" "$RUNTIME" "$@"
