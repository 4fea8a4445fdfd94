#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What confinement adds to the start of a container: `runc run` of a static program without seccomp,
# with RuntimeDefault as the runtime's own linux.seccomp, and with it through the hook; medians side
# by side. START_ROUNDS sets the number of rounds, of five runs each.
OCI_SECCOMP_MUST_RUN=1
export OCI_SECCOMP_MUST_RUN
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

command -v hyperfine >/dev/null || skip_all "hyperfine is not installed"

bundle_command() {
	printf '%s --root %s run --bundle %s %s' "$RUNTIME" "$STATE" "$BUNDLE" "$ID"
}

bundle -- /probe
none=$(bundle_command)
bundle --seccomp "$RUNTIME_DEFAULT" -- /probe
native=$(bundle_command)
confined --annotation io.oci-seccomp.profile=RuntimeDefault -- /probe
hook=$(bundle_command)

# In rounds, so that a busy moment of the machine falls on all three.
round=0
while [ "$round" -lt "${START_ROUNDS:-20}" ]; do
	round=$((round + 1))
	hyperfine --shell=none --warmup 1 --runs 5 --export-json "$TMP/times.$round.json" \
		"$none" "$native" "$hook" >/dev/null 2>"$TMP/hyperfine.err" || {
		cat "$TMP/hyperfine.err" >&2
		exit 1
	}
done
"$PYTHON" - "$("$RUNTIME" --version | head -n 1)" "$TMP"/times.*.json <<'EOF'
import json
import platform
import statistics
import sys

rounds = [json.load(open(path, encoding="utf-8"))["results"] for path in sys.argv[2:]]
names = "no seccomp", "RuntimeDefault, native", "RuntimeDefault, hook"
times = [sorted(t for results in rounds for t in results[i]["times"]) for i in range(len(names))]
added = [statistics.median(results[i]["median"] - results[0]["median"] for results in rounds)
         for i in range(len(names))]
print(f"\n{sys.argv[1]}, Linux {platform.release()}, {len(times[0])} runs each\n")
print("| container start | median | added, median of the rounds | 10th to 90th percentile |")
print("|---|---|---|---|")
for name, row, more in zip(names, times, added):
    low, high = row[len(row) // 10], row[len(row) * 9 // 10]
    print(f"| {name} | {statistics.median(row) * 1e3:.1f} ms | {more * 1e3:+.1f} ms "
          f"| {low * 1e3:.1f} to {high * 1e3:.1f} ms |")
EOF
