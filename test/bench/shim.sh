#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the shim costs in front of a runtime that does nothing: a command that is passed on, and one
# whose config.json it rewrites.
OCI_SECCOMP_MUST_RUN=1
export OCI_SECCOMP_MUST_RUN
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
command -v hyperfine >/dev/null || skip_all "hyperfine is not installed"

bundle --annotation io.oci-seccomp.profile=RuntimeDefault -- /probe
cp "$BUNDLE/config.json" "$BUNDLE/original.json"
export OCI_SECCOMP_CONFIG="$CONFIG" OCI_SECCOMP_RUNTIME=/bin/true

"$PYTHON" "$TOP/test/bench/rounds.py" "The shim in front of /bin/true" \
	"the runtime alone" true "/bin/true state $ID" \
	"state, passed on" true "$SHIM state $ID" \
	"create, config.json rewritten" "cp $BUNDLE/original.json $BUNDLE/config.json" \
	"$SHIM create --bundle $BUNDLE $ID"
! cmp -s "$BUNDLE/original.json" "$BUNDLE/config.json"
