#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp diff: its tables, JSON, exit statuses and messages. Prints TAP. From the environment:
# OCI_SECCOMP (the program).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
enter_scratch

# says DESCRIPTION STATUS OUTPUT ARGUMENT...: of both streams, on amd64; spaces are squeezed, `|` is
# a line's end in OUTPUT.
says() {
	description=$1
	wanted="$2: $3"
	shift 3
	output=$("$OCI_SECCOMP" diff --arch amd64 "$@" 2>&1)
	is "$description" "$?: $(printf '%s' "$output" | tr -s ' ' | sed 's/ $//' | tr '\n' '|')" \
		"$wanted"
}

# profile NAME DEFAULT RULE [ARCHITECTURES]
profile() {
	printf '{"defaultAction": "SCMP_ACT_%s", "architectures": ["SCMP_ARCH_X86_64"%s],
		"syscalls": [%s]}\n' "$2" "${4-}" "$3" >"$1.json"
}

HEAD='CALL CHANGE WAS IS ARCHITECTURES WHEN'
SUBS=', "SCMP_ARCH_X86", "SCMP_ARCH_X32"'
NEWNS='{"names": ["clone"], "action": "SCMP_ACT_ERRNO", "args":
	[{"index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 268435456, "valueTwo": 268435456}]}'
profile open ALLOW ''
profile open3 ALLOW '' "$SUBS"
profile userns ALLOW "$NEWNS" "$SUBS"
profile ptrace ALLOW '{"names": ["ptrace"], "action": "SCMP_ACT_ERRNO"}'
profile eacces ALLOW '{"names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}'
profile family ALLOW '{"names": ["socket"], "action": "SCMP_ACT_KILL_PROCESS", "args":
	[{"index": 0, "op": "SCMP_CMP_EQ", "value": 38}]},
	{"names": ["socket"], "action": "SCMP_ACT_KILL_PROCESS", "args":
	[{"index": 0, "op": "SCMP_CMP_EQ", "value": 40}]}'
# Little-endian: return ALLOW.
printf '\006\000\000\000\000\000\377\177' >allow.bpf

says 'the same' 0 'ptrace.json and ptrace.json mean the same' ptrace.json ptrace.json
says 'laxer' 1 "$HEAD|ptrace tightened ALLOW ERRNO(EPERM) x86_64|open.json is laxer than ptrace.json" \
	open.json ptrace.json
says 'stricter' 1 "$HEAD|ptrace loosened ERRNO(EPERM) ALLOW x86_64|ptrace.json is stricter than open.json" \
	ptrace.json open.json
says 'another errno' 1 "$HEAD|ptrace changed ERRNO(EPERM) ERRNO(EACCES) x86_64|\
ptrace.json and eacces.json are equally strict, with other errors or data" ptrace.json eacces.json
says 'a condition, the same on all architectures' 1 \
	"$HEAD|clone tightened ALLOW ERRNO(EPERM) x86_64, x32, x86 if (flags & CLONE_NEWUSER) != 0|\
open3.json is laxer than userns.json" open3.json userns.json
says 'incomparable' 1 "$HEAD|ptrace loosened ERRNO(EPERM) ALLOW x86_64|\
socket tightened ALLOW KILL_PROCESS x86_64 if family == AF_ALG or family == AF_VSOCK|\
ptrace.json and family.json are incomparable: neither is stricter" ptrace.json family.json
says 'a stack' 0 'ptrace.json+open.json and ptrace.json mean the same' ptrace.json+open.json ptrace.json
says 'a raw program' 1 "$HEAD|(every call) loosened KILL_THREAD ALLOW x32, x86|(every call) loosened KILL_THREAD ALLOW others|\
open.json is stricter than allow.bpf" open.json allow.bpf
says 'required: stricter' 0 \
	"$HEAD|ptrace loosened ERRNO(EPERM) ALLOW x86_64|ptrace.json is stricter than open.json" \
	--require stricter ptrace.json open.json
says 'required: stricter, and it is the same' 0 'open.json and open.json mean the same' \
	--require stricter open.json open.json
says 'required: stricter, and only the errno differs' 0 \
	"$HEAD|ptrace changed ERRNO(EACCES) ERRNO(EPERM) x86_64|\
eacces.json and ptrace.json are equally strict, with other errors or data" \
	--require stricter eacces.json ptrace.json
says 'required: stricter, and it is laxer' 1 \
	"$HEAD|ptrace tightened ALLOW ERRNO(EPERM) x86_64|open.json is laxer than ptrace.json" \
	--require stricter open.json ptrace.json
says 'required: the same' 1 \
	"$HEAD|ptrace loosened ERRNO(EPERM) ALLOW x86_64|ptrace.json is stricter than open.json" \
	--require same ptrace.json open.json
says 'JSON' 1 '{| "relation": "incomparable",| "changes": [| {"call": "ptrace", "change": "loosened", "was": "ERRNO(EPERM)", "is": "ALLOW", "condition": null, "example": null, "architectures": ["x86_64"]},| {"call": "socket", "change": "tightened", "was": "ALLOW", "is": "KILL_PROCESS", "condition": "family == AF_ALG or family == AF_VSOCK", "example": null, "architectures": ["x86_64"]}| ]|}' \
	--format json ptrace.json family.json
says 'JSON of nothing' 0 '{| "relation": "same",| "changes": []|}' --format json open.json open.json
says 'one side' 2 "oci-seccomp diff: two sides are needed|Usage: oci-seccomp diff [--arch ARCH] \
[--cap CAP]... [--caps all|default|none] [--kernel K.M] [--require stricter|same] [--format table|json|html] A B" \
	open.json
says 'another requirement' 2 'oci-seccomp: --require takes stricter or same, not "laxer"' \
	--require laxer open.json open.json
says 'another format' 2 'oci-seccomp: unknown format "yaml": this verb has table, html, json' \
	--format yaml open.json open.json
says 'no such file' 1 'oci-seccomp: none.json: cannot open: No such file or directory' \
	open.json none.json

"$OCI_SECCOMP" diff --arch amd64 open.json ptrace.json >/dev/full 2>full
is 'a full disk' "$?: $(cat full)" \
	'1: oci-seccomp: standard output: cannot write: No space left on device'


# On a page the rows are told from each other by their calls.
cp family.json '<b>.json'
"$OCI_SECCOMP" diff --arch amd64 --format html ptrace.json '<b>.json' >page
is 'a page' "$?: $(tail -n 1 page)" '1: </html>'
is 'its title' "$(grep -o '<title>.*</title>' page)" '<title>ptrace.json → &lt;b&gt;.json</title>'
is 'its sections' "$(grep '<h2>' page | tr '\n' '|')" \
	'<h2>Loosened <span>1</span></h2>|<h2>Tightened <span>1</span></h2>|'
is 'its rows' "$(sed -n 's/^<div class="row.*<code>\([a-z]*\)<\/code><div class="lines">.*/\1/p' page | tr '\n' ' ')" \
	'ptrace socket '
is 'a condition on it' "$(grep -c '<code>family == AF_ALG or family == AF_VSOCK</code>' page)" 1
is 'nothing from elsewhere' "$(grep -E 'https?:|src=|url\(|@import' page)" ''

done_testing
