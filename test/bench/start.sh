#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What confinement adds to the start of a container: `runc run` of a static program without seccomp,
# with RuntimeDefault as the runtime's own linux.seccomp, and with it through the hook; medians side
# by side in one run of hyperfine. START_RUNS sets how often each runs.
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

hyperfine --shell=none --warmup 5 --runs "${START_RUNS:-100}" --export-json "$TMP/times.json" \
	"$none" "$native" "$hook" >/dev/null 2>"$TMP/hyperfine.err" || {
	cat "$TMP/hyperfine.err" >&2
	exit 1
}
"$PYTHON" - "$TMP/times.json" "$("$RUNTIME" --version | head -n 1)" <<'EOF'
import json
import platform
import sys

results = json.load(open(sys.argv[1], encoding="utf-8"))["results"]
base = results[0]["median"]
print(f"\n{sys.argv[2]}, Linux {platform.release()}, {len(results[0]['times'])} runs each\n")
print("| container start | median | added | 10th to 90th percentile |")
print("|---|---|---|---|")
for name, result in zip(("no seccomp", "RuntimeDefault, native", "RuntimeDefault, hook"), results):
    times = sorted(result["times"])
    low, high = times[len(times) // 10], times[len(times) * 9 // 10]
    print(f"| {name} | {result['median'] * 1e3:.1f} ms | {(result['median'] - base) * 1e3:+.1f} ms "
          f"| {low * 1e3:.1f} to {high * 1e3:.1f} ms |")
EOF
