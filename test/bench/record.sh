#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a recording costs: dd with a system call for each byte, recorded, and beside a recording of something
# else; strace -f -c on a hundredth of the calls.
OCI_SECCOMP_MUST_RUN=1
export OCI_SECCOMP_MUST_RUN
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

command -v hyperfine >/dev/null || skip_all "hyperfine is not installed"
command -v strace >/dev/null || skip_all "strace is not installed"

: "${BENCH_COUNT:=1000000}"
dd="dd if=/dev/zero of=/dev/null bs=1 status=none count"
# Often enough for the start of the recorder not to count.
compiler="for i in $(seq -s " " 20); do cc -O2 -D_GNU_SOURCE -I$TOP/lib -I/usr/include/yajl -c -o $TMP/json.o $TOP/lib/json.c; done"

# beside NAME RECORDING COMMAND: a script that runs it beside a process that sleeps, and with RECORDING
# beside a recording of that.
beside() {
	cat >"$TMP/$1" <<-END
		#!/bin/sh
		sleep 1000 &
		sleeper=\$!
		${2:+"$OCI_SECCOMP" record --background --pid \$sleeper -o "$TMP/beside.json"}
		$3
		kill \$sleeper
	END
	chmod 755 "$TMP/$1"
}
beside dd-alone "" "$dd=$BENCH_COUNT"
beside dd-beside recording "$dd=$BENCH_COUNT"
beside compiler-alone "" "$compiler"
beside compiler-beside recording "$compiler"

export BENCH_RUNS=1
"$PYTHON" "$TOP/test/bench/rounds.py" "A recording: dd of $BENCH_COUNT bytes, a read and a write each" \
	"alone" true "$TMP/dd-alone" \
	"beside a recording" true "$TMP/dd-beside" \
	"recorded" true "$OCI_SECCOMP record -o $TMP/dd.json -- $dd=$BENCH_COUNT" \
	"recorded, with arguments" true "$OCI_SECCOMP record --args -o $TMP/dd.json -- $dd=$BENCH_COUNT" \
	"strace -f -c, a hundredth of the bytes" true "strace -f -c -o $TMP/strace $dd=$((BENCH_COUNT / 100))"
"$PYTHON" "$TOP/test/bench/rounds.py" "Beside a recording: a compiler, 20 times" \
	"alone" true "$TMP/compiler-alone" \
	"beside a recording" true "$TMP/compiler-beside"
