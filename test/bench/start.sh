#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What confinement adds to the start of a container: `run` of a static program without seccomp, with
# RuntimeDefault as the runtime's own linux.seccomp, and with it through the hook and the shim.
OCI_SECCOMP_MUST_RUN=1
export OCI_SECCOMP_MUST_RUN
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
command -v hyperfine >/dev/null || skip_all "hyperfine is not installed"

# run_with PROGRAM: the command that runs the last bundle.
run_with() {
	printf '%s --root %s run --bundle %s %s' "$1" "$STATE" "$BUNDLE" "$ID"
}

bundle -- /probe
none=$(run_with "$RUNTIME")
bundle --seccomp "$RUNTIME_DEFAULT" -- /probe
native=$(run_with "$RUNTIME")
bundle --hook createRuntime "$PROBE read-stdin" -- /probe # which does nothing else
empty=$(run_with "$RUNTIME")
confined --annotation io.oci-seccomp.profile=RuntimeDefault -- /probe
hook=$(run_with "$RUNTIME")
bundle --annotation io.oci-seccomp.profile=RuntimeDefault -- /probe
shim=$(run_with "$SHIM")
cp "$BUNDLE/config.json" "$BUNDLE/original.json"
export OCI_SECCOMP_CONFIG="$CONFIG" OCI_SECCOMP_RUNTIME="$RUNTIME"

"$PYTHON" "$TOP/test/bench/rounds.py" "Container start: $("$RUNTIME" --version | head -n 1)" \
	"no seccomp" true "$none" \
	"a hook that does nothing" true "$empty" \
	"RuntimeDefault, native" true "$native" \
	"RuntimeDefault, hook, cold" "rm -rf $TMP/cache" "$hook" \
	"RuntimeDefault, hook, warm" true "$hook" \
	"RuntimeDefault, shim" "cp $BUNDLE/original.json $BUNDLE/config.json" "$shim"
! cmp -s "$BUNDLE/original.json" "$BUNDLE/config.json"
