#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Many containers created at the same time, through the hook and through the shim.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
KEY=io.oci-seccomp.profile
COUNT=50
export OCI_SECCOMP_CONFIG="$CONFIG" OCI_SECCOMP_RUNTIME="$RUNTIME"

# A call that neither runtime needs: what the shim gives it binds it as well.
deny_profile chmod.json chmod 99

# create_all MAKER PROGRAM: the bundles by MAKER, `bundle` or `confined`; then all of the containers
# at once by PROGRAM.
create_all() {
	FIRST=$((CONTAINERS + 1))
	for number in $(seq $COUNT); do
		"$1" --annotation "$KEY=Localhost/chmod.json" -- /probe chmod ready sleep:60
	done
	for number in $(seq "$FIRST" "$CONTAINERS"); do
		name=$(nth "$number")
		timeout -k 5 60 "$2" --root "$STATE" create --bundle "$TMP/$name" \
			--pid-file "$TMP/$name/pid" "$name" >"$TMP/$name/out" 2>"$TMP/$name/err" \
			</dev/null &
	done
	wait
}

nth() {
	echo "oci-seccomp-e2e-$RUNTIME-$$-$1"
}

# Starts them one by one. Prints how many are confined.
count_confined() {
	confined_count=0
	for number in $(seq "$FIRST" "$CONTAINERS"); do
		ID=$(nth "$number")
		BUNDLE=$TMP/$ID
		OUT=$BUNDLE/out
		ERR=$BUNDLE/err
		start
		until_true 20 grep -q '^ready' "$OUT" || sed 's/^/# /' "$ERR" >&2
		[ "$(result chmod)" = EADDRNOTAVAIL ] &&
			[ "$(field "$(cat "$BUNDLE/pid")" Seccomp)" = 2 ] &&
			confined_count=$((confined_count + 1))
		delete
	done
	echo "$confined_count"
}

create_all confined "$RUNTIME"
is "$COUNT at once through the hook: all are confined" "$(count_confined)" "$COUNT"
nothing_left "$COUNT at once through the hook: nothing is left"
create_all bundle "$SHIM"
is "$COUNT at once through the shim: all are confined" "$(count_confined)" "$COUNT"
nothing_left "$COUNT at once through the shim: nothing is left"
is "no temporary file is left" "$(find "$TMP" -name '.*.oci-seccomp')" ""
done_testing
