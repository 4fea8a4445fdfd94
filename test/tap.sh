# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# For scripts that print TAP. Sourced first thing; done_testing is the last.
#
#   OCI_SECCOMP_MUST_RUN=1                what cannot run here fails instead of being skipped

TESTS=0
FAILED=0

ok() {
	TESTS=$((TESTS + 1))
	printf 'ok %s - %s\n' "$TESTS" "$1"
}

# not_ok DESCRIPTION [FILE|TEXT]...
not_ok() {
	TESTS=$((TESTS + 1))
	FAILED=1
	printf 'not ok %s - %s\n' "$TESTS" "$1"
	shift
	for text; do
		if [ -f "$text" ]; then
			sed 's/^/#   /' "$text"
		else
			printf '%s\n' "$text" | sed 's/^/#   /'
		fi
	done
}

# skip DESCRIPTION REASON
skip() {
	if [ "${OCI_SECCOMP_MUST_RUN:-0}" = 1 ]; then
		not_ok "$1" "cannot run here: $2"
	else
		TESTS=$((TESTS + 1))
		printf 'ok %s - %s # SKIP %s\n' "$TESTS" "$1" "$2"
	fi
}

# is DESCRIPTION GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got:    $2" "wanted: $3"
	fi
}

# like DESCRIPTION TEXT PATTERN, a pattern of case
like() {
	# shellcheck disable=SC2254
	case $2 in
	$3) ok "$1" ;;
	*) not_ok "$1" "got:    $2" "wanted: $3" ;;
	esac
}

done_testing() {
	printf '1..%s\n' "$TESTS"
	exit "$FAILED"
}

# said COMMAND...: its exit status, and what it says on both streams; `|` is a line's end.
said() {
	output=$("$@" 2>&1)
	printf '%s: ' "$?"
	printf '%s' "$output" | tr '\n' '|'
}

# Makes a scratch directory that goes with the script, TMP, and the current one.
enter_scratch() {
	TMP=$(mktemp -d "${TMPDIR:-/tmp}/oci-seccomp-unit.XXXXXX")
	trap 'rm -rf "$TMP"' EXIT
	cd "$TMP" || exit 1
}
