#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp prove: its answers, exit statuses and messages. Prints TAP. From the environment:
# OCI_SECCOMP (the program) and TEST_DATA (the folder of profiles).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

HERE=$(cd "$(dirname "$0")" && pwd)
enter_scratch

# says DESCRIPTION STATUS OUTPUT ARGUMENT...: of both streams, `|` is a line's end in OUTPUT.
says() {
	description=$1
	wanted="$2: $3"
	shift 3
	is "$description" "$(said "$OCI_SECCOMP" prove "$@")" "$wanted"
}

# profile NAME DEFAULT RULE
profile() {
	printf '{"defaultAction": "SCMP_ACT_%s", "syscalls": [%s]}\n' "$2" "$3" >"$1.json"
}

profile open ALLOW '{"names": ["ptrace"], "action": "SCMP_ACT_ALLOW"}'
profile ptrace ALLOW '{"names": ["ptrace"], "action": "SCMP_ACT_ERRNO"}'
profile trap ALLOW '{"names": ["ptrace"], "action": "SCMP_ACT_TRAP"}'
profile eacces ALLOW '{"names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}'
profile family ALLOW '{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args":
	[{"index": 0, "op": "SCMP_CMP_EQ", "value": 40}]}'
profile signal ALLOW '{"names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS", "args":
	[{"index": 1, "op": "SCMP_CMP_GE", "value": 4096}]}'
# Instructions: code (2 bytes), jt, jf, k (4 bytes), all of them the same in either byte order but
# for the code and k, so these are little-endian: return ALLOW; return nr.
printf '\006\000\000\000\000\000\377\177' >allow.bpf
printf '\040\000\000\000\000\000\000\000\026\000\000\000\000\000\000\000' >odd.bpf
printf '\040\000\000\000\000\000\000\000' >endless.bpf

for name in minimal args-int docker-format; do
	cp "$TEST_DATA/$name.json" .
	says "$name.json is itself" 0 same "$name.json" "$name.json"
done
says 'RuntimeDefault is itself' 0 same RuntimeDefault RuntimeDefault
says 'on another target' 0 same --arch arm64 --cap CAP_SYS_ADMIN RuntimeDefault RuntimeDefault
says 'stricter' 1 'stricter: ptrace(...) on x86_64: ERRNO(EPERM) against ALLOW' \
	--arch amd64 ptrace.json open.json
says 'laxer' 1 'laxer: ptrace(...) on x86_64: ALLOW against ERRNO(EPERM)' \
	--arch amd64 open.json ptrace.json
says 'another errno' 1 'different: ptrace(...) on x86_64: ERRNO(EACCES) against ERRNO(EPERM)' \
	--arch amd64 eacces.json ptrace.json
says 'an argument that matters' 1 \
	'stricter: socket(family=40, ...) on x86_64: ERRNO(EPERM) against ALLOW' \
	--arch amd64 family.json open.json
says 'a large number, and an argument before it' 1 \
	'stricter: kill(sig=0x1000, ...) on x86_64: KILL_PROCESS against ALLOW' \
	--arch amd64 signal.json open.json
says 'stricter and laxer' 1 \
	"stricter: socket(family=40, ...) on x86_64: ERRNO(EPERM) against ALLOW|\
laxer: ptrace(...) on x86_64: ALLOW against ERRNO(EPERM)" \
	--arch amd64 family.json ptrace.json
says 'another architecture' 1 'stricter: ptrace(...) on aarch64: ERRNO(EPERM) against ALLOW' \
	--arch arm64 ptrace.json open.json
says 'a stack with a profile that adds nothing' 0 same ptrace.json+open.json ptrace.json
says 'a stack takes the stricter verdict' 0 same ptrace.json+trap.json+eacces.json trap.json
says 'of equals the newest' 0 same ptrace.json+eacces.json eacces.json
says 'a raw program' 0 same allow.bpf allow.bpf
says 'a raw program below a profile' 0 same open.json+allow.bpf open.json
says 'calls of an architecture that nobody names' 1 \
	'laxer: read(...) on x32: ALLOW against KILL_THREAD' --arch amd64 allow.bpf open.json
says 'what cannot be told' 1 "cannot tell: odd.bpf+allow.bpf: filter 1 of 2: instruction 1 (code \
0x16) computes with words of the call in a way that is not followed" odd.bpf+allow.bpf open.json
says 'no program' 1 'oci-seccomp: endless.bpf: instruction 0 (code 0x20, k 0x0) is the last and no return' \
	open.json endless.bpf
says 'no such file' 1 'oci-seccomp: none.bpf: cannot open: No such file or directory' \
	none.bpf open.json
says 'no such file in a stack' 1 'oci-seccomp: none.json: cannot open: No such file or directory' \
	open.json+none.json open.json
says 'a stack that lacks a part' 1 \
	'oci-seccomp: "open.json+": a profile or program is missing beside a +' open.json+ open.json
says 'one side' 2 "oci-seccomp prove: two sides are needed|Usage: oci-seccomp prove [--arch ARCH] \
[--cap CAP]... [--caps all|default|none] [--kernel K.M] A B" open.json

cp "$TEST_DATA/deny-ptrace.json" .
if [ "$(uname -m)" != x86_64 ]; then
	ok 'the examples of the man page # SKIP they are of x86_64'
elif output=$(python3 "$HERE/man_examples.py" "$OCI_SECCOMP" \
	"$HERE/../../docs/oci-seccomp-prove.1.scd"); then
	ok 'the examples of the man page'
else
	not_ok 'the examples of the man page' "$output"
fi

done_testing
