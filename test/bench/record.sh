#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a recording costs: dd with a system call for each byte, recorded, and beside a recording of something
# else; strace -f -c on a hundredth of the calls.
OCI_SECCOMP_MUST_RUN=1
export OCI_SECCOMP_MUST_RUN
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=test/bench/rounds.sh
. "$TOP/test/bench/rounds.sh"

command -v hyperfine >/dev/null || skip_all "hyperfine is not installed"
command -v strace >/dev/null || skip_all "strace is not installed"

: "${BENCH_COUNT:=1000000}"
dd="dd if=/dev/zero of=/dev/null bs=1 status=none"
# What is recorded beside sleeps; it and its recording end with the command.
cat >"$TMP/beside" <<END
#!/bin/sh
sleep 1000 &
sleeper=\$!
"$OCI_SECCOMP" record --background --pid \$sleeper -o "$TMP/beside.json"
$dd count=$BENCH_COUNT
kill \$sleeper
END
cat >"$TMP/alone" <<END
#!/bin/sh
sleep 1000 &
sleeper=\$!
$dd count=$BENCH_COUNT
kill \$sleeper
END
chmod 755 "$TMP/beside" "$TMP/alone"

BENCH_RUNS=1
compare "A recording: dd of $BENCH_COUNT bytes, a read and a write each" \
	"alone" true "$TMP/alone" \
	"beside a recording" true "$TMP/beside" \
	"recorded" true "$OCI_SECCOMP record -o $TMP/dd.json -- $dd count=$BENCH_COUNT" \
	"recorded, with arguments" true "$OCI_SECCOMP record --args -o $TMP/dd.json -- $dd count=$BENCH_COUNT" \
	"strace -f -c, a hundredth of the bytes" true "strace -f -c -o $TMP/strace $dd count=$((BENCH_COUNT / 100))"
