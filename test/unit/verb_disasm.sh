#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp disasm and compile: what they print and write, exit statuses and messages. Prints TAP.
# From the environment: OCI_SECCOMP (the program), TEST_DATA (the folder of profiles), CC.
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
	is "$description" "$(said "$OCI_SECCOMP" "$@")" "$wanted"
}

compile() {
	"$OCI_SECCOMP" compile --arch amd64 "$@"
}

# Little-endian: return ALLOW; load beyond the end.
printf '\006\000\000\000\000\000\377\177' >allow.bpf
printf '\040\000\000\000\100\000\000\000\006\000\000\000\000\000\377\177' >beyond.bpf
head -c 1000 /dev/zero | tr '\000' '\377' >garbage.bpf
cp "$TEST_DATA/kill.json" "$TEST_DATA/flags.json" "$TEST_DATA/masked.json" "$TEST_DATA/mux.json" \
	"$TEST_DATA/multi-arg.json" .
cat >socket.json <<END
{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "syscalls": [
	{"names": ["chmod"], "action": "SCMP_ACT_ERRNO"},
	{"names": ["keyctl"], "action": "SCMP_ACT_ERRNO", "args":
		[{"index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 255, "valueTwo": 3}]},
	{"names": ["keyctl"], "action": "SCMP_ACT_KILL_PROCESS", "args":
		[{"index": 0, "op": "SCMP_CMP_EQ", "value": 3}]}]}
END

says 'a program of one instruction' 0 '    0         ret #0x7fff0000               ; ALLOW' \
	disasm allow.bpf
is 'from standard input' "$("$OCI_SECCOMP" disasm - <allow.bpf)" "$("$OCI_SECCOMP" disasm allow.bpf)"
says 'what the kernel refuses' 1 \
	'oci-seccomp: beyond.bpf: instruction 0 (code 0x20, k 0x40) loads from an offset that is no multiple of 4 below 64' \
	disasm beyond.bpf
says 'garbage' 1 \
	'oci-seccomp: garbage.bpf: instruction 0 (code 0xffff, k 0xffffffff) is none that seccomp allows' \
	disasm garbage.bpf
says 'a directory' 1 'oci-seccomp: .: is a directory, not a regular file' disasm .
truncate -s 100M large.bpf
says 'a large file' 1 'oci-seccomp: large.bpf: has 104857600 bytes; at most 32 KiB are read' disasm large.bpf
says 'an unknown format' 2 \
	'oci-seccomp: unknown format "pdf": this verb has text, dot, json' disasm --format pdf allow.bpf
is 'a full disk' "$("$OCI_SECCOMP" disasm allow.bpf 2>&1 >/dev/full; echo $?)" \
	"oci-seccomp: standard output: cannot write: No space left on device
1"

compile socket.json -o socket.bpf
is 'its JSON' "$("$OCI_SECCOMP" disasm --format json socket.bpf | python3 -c 'import json, struct, sys
rows = json.load(sys.stdin)["instructions"]
data = b"".join(struct.pack("=HBBI", r["code"], r["jt"], r["jf"], r["k"]) for r in rows)
targets = sum(r["target"] is True for r in rows)
print(data == open("socket.bpf", "rb").read(), rows[0]["meaning"], targets > 0, rows[-1]["offset"] + 1 == len(rows))')" \
	'True A = arch True True'
"$OCI_SECCOMP" disasm --format dot socket.bpf >socket.dot
is 'its graph: every edge ends in a node' "$(python3 -c 'import re
text = open("socket.dot").read()
nodes = set(re.findall(r"^\t(b\d+) \[label", text, re.M))
ends = set(re.findall(r"b\d+", " ".join(re.findall(r"^\tb\d+ -> b\d+", text, re.M))))
print(nodes == ends, len(nodes) > 3)')" 'True True'
if command -v dot >/dev/null; then
	is 'Graphviz takes it' "$(dot -Tsvg socket.dot 2>&1 | tail -n 1)" '</svg>'
elif [ "${OCI_SECCOMP_MUST_RUN:-0}" = 1 ]; then
	is 'Graphviz takes it' 'dot is not installed' 'cannot run here'
else
	is 'Graphviz takes it # SKIP dot is not installed' '' ''
fi

cp "$TEST_DATA/block-chmod.json" .
is 'the examples of the man page' \
	"$(python3 "$HERE/man_examples.py" "$OCI_SECCOMP" "$HERE/../../docs/oci-seccomp-disasm.1.scd")" \
	'as written'

# What compile writes.
for profile in RuntimeDefault socket.json kill.json masked.json mux.json multi-arg.json; do
	compile "$profile" -o out.bpf
	is "$profile: asm assembles to bpf" \
		"$(compile "$profile" --format asm -o - | python3 "$HERE/assemble.py" | cmp - out.bpf; echo $?)" 0
	{
		compile "$profile" --format c -o -
		printf '#include <stdio.h>\nint main(void)\n{\n'
		printf '\treturn fwrite(filter, sizeof(filter), 1, stdout) != 1;\n}\n'
	} >program.c
	is "$profile: c compiles to bpf" \
		"$("${CC:-cc}" -Wall -Werror -o program program.c && ./program | cmp - out.bpf; echo $?)" 0
	if [ "$profile" != mux.json ]; then # linux.seccomp cannot say that
		compile "$profile" --format oci -o out.json
		says "$profile: oci means the same" 0 same prove --arch amd64 out.json out.bpf
	fi
	is "$profile: pfc says the same" \
		"$(compile "$profile" --format pfc -o - |
			python3 "$HERE/evaluate.py" out.bpf 2>&1)" same
done
compile --native socket.json -o native.bpf
says 'native alone' 1 \
	'stricter: restart_syscall(...) on x86: KILL_THREAD against ALLOW|laxer: keyctl(option=3, ...) on x86: KILL_THREAD against KILL_PROCESS' \
	prove --arch amd64 native.bpf socket.bpf
is 'standard output gets the same' "$(compile socket.json -o - | cmp - socket.bpf; echo $?)" 0
is 'the file may be read by all' "$(stat -c %a socket.bpf)" 644

flag='oci-seccomp compile: warning: the result cannot say that it is to be loaded with SECCOMP_FILTER_FLAG'
says 'flags are told' 0 "${flag}_LOG|${flag}_SPEC_ALLOW" \
	compile flags.json -o flags.bpf
says 'not of an object, which has them' 0 '' compile --format oci flags.json -o flags.out
cat >notify.json <<END
{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/\\u001bagent.sock", "syscalls": [
	{"names": ["mount"], "action": "SCMP_ACT_NOTIFY"}]}
END
says 'an agent is told' 0 'oci-seccomp compile: warning: the result has to be loaded with SECCOMP_FILTER_FLAG_NEW_LISTENER, for the agent at /run/\x1bagent.sock' \
	compile notify.json -o notify.bpf

# Failures leave what is there.
echo before >kept
says 'no profile' 1 'oci-seccomp: none.json: cannot open: No such file or directory' \
	compile none.json -o kept
is 'a full disk' "$(compile socket.json -o - 2>&1 >/dev/full; echo $?)" \
	"oci-seccomp: standard output: cannot write: No space left on device
1"
says 'a device is not replaced' 1 'oci-seccomp: /dev/full: not a regular file, so not replaced' \
	compile socket.json -o /dev/full
is 'FILE is as before' "$(cat kept)" before
says 'another byte order' 2 "oci-seccomp compile: a raw program has the byte order of this host, which is not that of the target; --format c can be taken there|$("$OCI_SECCOMP" compile 2>&1 | tail -n 1)" \
	compile --arch s390x socket.json -o kept
says 'nowhere to write' 2 "oci-seccomp compile: -o FILE is needed: where the result is written|$("$OCI_SECCOMP" compile 2>&1 | tail -n 1)" \
	compile socket.json
is 'nothing is left beside the files' "$(find . -name '.*.*' -type f)" ''

done_testing
