#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What hook and loader take for RuntimeDefault: the hook's time, system calls, page faults and memory
# with the program out of the cache and without, and the memory of the loader while it waits.
OCI_SECCOMP_MUST_RUN=1
export OCI_SECCOMP_MUST_RUN
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

: "${MEASURE:=$TOP/build/test/bench/measure}"
COUNT=${BENCH_ROUNDS:-20}
WAITING=8

# measured WHAT: a bundle whose hook is measured, see measure.c.
measured() {
	bundle --annotation io.oci-seccomp.profile=RuntimeDefault \
		--hook createRuntime "$MEASURE $TMP/$1 $2 $HOOK --config $CONFIG" -- /probe
}

# run_measured NAME WHAT RUNS
run_measured() {
	measured "$1" "$2"
	runs=$3
	while [ "$runs" -gt 0 ]; do
		runs=$((runs - 1))
		[ "${1%%.*}" = warm ] || rm -rf "$TMP/cache"
		run
		[ "$STATUS" = 0 ] || {
			cat "$ERR" >&2
			exit 1
		}
	done
}

# median FILE COLUMN
median() {
	awk -v column="$2" '{ print $column }' "$1" | sort -n |
		awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

for state in cold warm; do
	run_measured $state.time time "$COUNT"
	run_measured $state.calls calls 3
done
printf '\nThe hook alone: %s, medians of %s containers\n\n' \
	"$("$RUNTIME" --version | head -n 1)" "$COUNT"
echo "| hook | time | system calls | page faults | most memory (RSS) |"
echo "|---|---|---|---|---|"
for state in cold warm; do
	printf '| %s | %.2f ms | %s | %s | %s KiB |\n' $state "$(median "$TMP/$state.time" 1)" \
		"$(median "$TMP/$state.calls" 1)" "$(median "$TMP/$state.time" 2)" \
		"$(median "$TMP/$state.time" 3)"
done

# loader PID: the tracer of a container process
loader() {
	field "$1" TracerPid
}

# memory PID: private KiB in all, and of it what belongs to no file
memory() {
	awk '/^Private_(Clean|Dirty):/ { private += $2 } /^Anonymous:/ { anonymous = $2 }
		END { print private, anonymous }' "/proc/$1/smaps_rollup"
}

: >"$TMP/alone"
: >"$TMP/many"
CREATED=
for number in $(seq $WAITING); do
	confined --annotation io.oci-seccomp.profile=RuntimeDefault -- /probe
	# shellcheck disable=SC2119
	create
	[ "$STATUS" = 0 ] || {
		cat "$ERR" >&2
		exit 1
	}
	CREATED="$CREATED $PID"
	[ "$number" != 1 ] || sleep 1 # until it no longer expects the start at any moment
	[ "$number" != 1 ] || memory "$(loader "$PID")" >"$TMP/alone"
done
sleep 1
for pid in $CREATED; do
	memory "$(loader "$pid")" >>"$TMP/many"
done
printf '\nThe loader while it waits: private memory (smaps_rollup), of it anonymous\n\n'
echo "| loaders that wait | private (USS) | of it anonymous |"
echo "|---|---|---|"
printf '| 1 | %s KiB | %s KiB |\n' "$(median "$TMP/alone" 1)" "$(median "$TMP/alone" 2)"
printf '| %s, the median | %s KiB | %s KiB |\n' $WAITING "$(median "$TMP/many" 1)" \
	"$(median "$TMP/many" 2)"
