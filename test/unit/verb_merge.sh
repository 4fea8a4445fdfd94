#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp merge: what it writes, exit statuses and messages. Prints TAP. From the environment:
# OCI_SECCOMP (the program) and TEST_DATA (the folder of profiles).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
enter_scratch

# says DESCRIPTION STATUS OUTPUT ARGUMENT...: of both streams, on amd64; `|` is a line's end in OUTPUT.
says() {
	description=$1
	wanted="$2: $3"
	shift 3
	is "$description" "$(said "$OCI_SECCOMP" merge --arch amd64 "$@")" "$wanted"
}

# recording NAME SYSCALLS [FLAGS]
recording() {
	printf '{"defaultAction": "SCMP_ACT_ERRNO"%s, "syscalls":
		[{"names": [%s], "action": "SCMP_ACT_ALLOW"}]}\n' "${3-}" "$2" >"$1.json"
}

NATIVE='"architectures":["SCMP_ARCH_X86_64"]'
DEFAULT='"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1'
USAGE="Usage: oci-seccomp merge [--arch ARCH] [--cap CAP]... [--caps all|default|none] [--kernel K.M] \
--union|--intersect PROFILE PROFILE... -o OUT"
recording one '"write", "read"'
recording two '"close", "read"'
recording three '"openat"'
recording logged '"read"' ', "flags": ["SECCOMP_FILTER_FLAG_LOG"]'
printf '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
	"syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO"}]}\n' >x86.json

says 'union' 0 \
	"{$DEFAULT,$NATIVE,\"syscalls\":[{\"names\":[\"close\",\"openat\",\"read\",\"write\"],\
\"action\":\"SCMP_ACT_ALLOW\"}]}" --union one.json two.json three.json -o -
says 'intersection' 0 \
	"{$DEFAULT,$NATIVE,\"syscalls\":[{\"names\":[\"close\"],\"action\":\"SCMP_ACT_ERRNO\",\
\"errnoRet\":1},{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}" \
	--intersect one.json two.json -o -

for merge in --union --intersect; do
	"$OCI_SECCOMP" merge "$merge" RuntimeDefault "$TEST_DATA/docker-format.json" one.json -o a.json
	is "$merge is done" "$?" 0
	"$OCI_SECCOMP" merge "$merge" one.json RuntimeDefault "$TEST_DATA/docker-format.json" -o b.json
	is "$merge is done in another order" "$?" 0
	is "$merge gives the same bytes" "$(cmp a.json b.json 2>&1)" ''
done
"$OCI_SECCOMP" merge --intersect RuntimeDefault "$TEST_DATA/deny-ptrace.json" -o below.json
"$OCI_SECCOMP" prove "RuntimeDefault+$TEST_DATA/deny-ptrace.json" below.json >proof
is 'an intersection is the stack' "$?: $(cat proof)" '0: same'
"$OCI_SECCOMP" merge --union one.json two.json -o any.json
"$OCI_SECCOMP" diff --require stricter one.json any.json >/dev/null
is 'a part is stricter than the union' "$?" 0

says 'flags' 1 'oci-seccomp: one.json and logged.json have different flags; give them the same ones, or none' \
	--union one.json logged.json -o none.json
says 'what one object cannot say' 1 "oci-seccomp: one.json:2: linux.seccomp cannot say what the rules for \
read mean: libseccomp has one set of rules for all architectures, and they would have to differ" \
	--union one.json x86.json -o none.json
says 'no such file' 1 'oci-seccomp: gone.json: cannot open: No such file or directory' \
	--union one.json gone.json -o none.json
is 'nothing is written then' "$(ls none.json 2>/dev/null)" ''
says 'which?' 2 "oci-seccomp merge: --union or --intersect is needed|$USAGE" one.json two.json -o -
says 'both' 2 'oci-seccomp: one of --union and --intersect is enough' --union --intersect one.json \
	two.json -o -
says 'one profile' 2 "oci-seccomp merge: at least two profiles are needed|$USAGE" --union one.json -o -
says 'no output' 2 "oci-seccomp merge: -o OUT is needed: where the profile is written|$USAGE" --union \
	one.json two.json
says 'output to a directory that is not there' 1 \
	'oci-seccomp: gone/out.json: cannot create: No such file or directory' \
	--union one.json two.json -o gone/out.json
"$OCI_SECCOMP" merge --union one.json two.json -o - >/dev/full 2>full
is 'a full disk' "$?: $(cat full)" \
	'1: oci-seccomp: standard output: cannot write: No space left on device'

done_testing
