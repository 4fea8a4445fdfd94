#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Many containers created at once, with RuntimeDefault natively, through the hook and through the shim:
# the time until all are there; then each is started, and must be confined. BENCH_CROWD sets their number.
OCI_SECCOMP_MUST_RUN=1
export OCI_SECCOMP_MUST_RUN
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
export OCI_SECCOMP_CONFIG="$CONFIG" OCI_SECCOMP_RUNTIME="$RUNTIME"
COUNT=${BENCH_CROWD:-200}

milliseconds() {
	echo $(($(date +%s%N) / 1000000))
}

# create_all PROGRAM: every bundle from FIRST on, at once. Sets TOOK.
create_all() {
	began=$(milliseconds)
	for number in $(seq "$FIRST" "$CONTAINERS"); do
		id=oci-seccomp-e2e-$RUNTIME-$$-$number
		timeout -k 5 120 "$1" --root "$STATE" create --bundle "$TMP/$id" \
			--pid-file "$TMP/$id/pid" "$id" >"$TMP/$id/out" 2>"$TMP/$id/err" \
			</dev/null &
	done
	wait
	TOOK=$(($(milliseconds) - began))
}

# Starts them one by one. Sets CONFINED: how many run under one filter or more.
start_all() {
	CONFINED=0
	for number in $(seq "$FIRST" "$CONTAINERS"); do
		ID=oci-seccomp-e2e-$RUNTIME-$$-$number
		BUNDLE=$TMP/$ID
		OUT=$BUNDLE/out
		ERR=$BUNDLE/err
		start
		until_true 20 grep -q '^ready' "$OUT" || cat "$ERR" >&2
		[ "$(field "$(cat "$BUNDLE/pid")" Seccomp)" = 2 ] && CONFINED=$((CONFINED + 1))
		delete
		rm -rf "$BUNDLE"
	done
}

# row NAME PROGRAM MAKER [OPTION]...: the bundles are made by the maker, `bundle` or `confined`.
row() {
	name=$1 program=$2
	shift 2
	FIRST=$((CONTAINERS + 1))
	for number in $(seq "$COUNT"); do
		"$@" -- /probe ready sleep:300
	done
	create_all "$program"
	start_all
	printf '| %s | %s ms | %s of %s |\n' "$name" "$TOOK" "$CONFINED" "$COUNT"
}

printf '\n%s containers created at once: %s\n\n' "$COUNT" "$("$RUNTIME" --version | head -n 1)"
echo "| | until all are created | confined once started |"
echo "|---|---|---|"
row "no seccomp" "$RUNTIME" bundle
row "RuntimeDefault, native" "$RUNTIME" bundle --seccomp "$RUNTIME_DEFAULT"
row "RuntimeDefault, hook" "$RUNTIME" confined --annotation io.oci-seccomp.profile=RuntimeDefault
row "RuntimeDefault, shim" "$SHIM" bundle --annotation io.oci-seccomp.profile=RuntimeDefault
