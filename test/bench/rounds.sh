# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# For the benchmarks that time commands side by side. Sourced behind lib.sh.

# compare TITLE NAME PREPARATION COMMAND...: three arguments a row, the first row is what the others
# are compared with. In rounds, so that a busy moment of the machine falls on all of them; before each
# run its preparation. BENCH_ROUNDS sets their number; each has BENCH_RUNS (5) runs.
compare() {
	title=$1
	shift
	names=$TMP/names
	: >"$names"
	rows=$#
	while [ "$rows" -gt 0 ]; do
		echo "$1" >>"$names"
		set -- "$@" --prepare "$2" "$3"
		shift 3
		rows=$((rows - 3))
	done
	round=0
	while [ "$round" -lt "${BENCH_ROUNDS:-20}" ]; do
		round=$((round + 1))
		hyperfine --shell=none --warmup 1 --runs "${BENCH_RUNS:-5}" \
			--export-json "$TMP/times.$round.json" "$@" \
			>/dev/null 2>"$TMP/hyperfine.err" || {
			cat "$TMP/hyperfine.err" >&2
			exit 1
		}
	done
	"$PYTHON" "$TOP/test/bench/rounds.py" "$title" "$names" "$TMP"/times.*.json
}
