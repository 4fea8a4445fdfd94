#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp optimize: files in, a file out, and what bubblewrap confines a program with is the same.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1

# filter NAME ERRNO CALL...: calls denied one after the other, the number loaded for each, as
# libseccomp does at the seams of its groups.
filter() {
	"$PYTHON" - "$@" <<'END'
import platform
import struct
import sys

ARCH, CALLS = {
    "x86_64": (0xC000003E, {"mkdir": 83, "mkdirat": 258, "rmdir": 84, "unlinkat": 263, "chmod": 90,
                            "fchmodat": 268, "sethostname": 170}),
    "aarch64": (0xC00000B7, {"mkdirat": 34, "unlinkat": 35, "fchmodat": 53, "sethostname": 161}),
}[platform.machine()]
code = [(0x20, 0, 0, 4), (0x15, 1, 0, ARCH), (0x06, 0, 0, 0)]
for name in sys.argv[3:]:
    if name in CALLS:
        code += [(0x20, 0, 0, 0), (0x15, 0, 1, CALLS[name]), (0x06, 0, 0, 0x50000 | int(sys.argv[2]))]
    elif name == "sum":  # an operation that optimize refuses
        code += [(0x20, 0, 0, 16), (0x04, 0, 0, 1), (0x15, 0, 1, 7), (0x06, 0, 0, 0x50001)]
code.append((0x06, 0, 0, 0x7FFF0000))
with open(sys.argv[1], "wb") as out:
    for instruction in code:
        out.write(struct.pack("=HBBI", *instruction))
END
}

# optimize ARGUMENT...: sets STATUS and MESSAGE.
optimize() {
	STATUS=0
	"$OCI_SECCOMP" optimize "$@" 2>message || STATUS=$?
	MESSAGE=$(cat message)
}

instructions() {
	echo $(($(wc -c <"$1") / 8))
}

filter in.bpf 1 mkdir mkdirat rmdir unlinkat chmod fchmodat
optimize in.bpf -o out.bpf
is "a program is optimised" "$STATUS" 0
like "the message has the sizes" "$MESSAGE" \
	"oci-seccomp optimize: $(instructions in.bpf) instructions became $(instructions out.bpf); *"
if [ "$(instructions out.bpf)" -lt "$(instructions in.bpf)" ]; then
	ok "it is smaller"
else
	not_ok "it is smaller" "$MESSAGE"
fi
is "the file may be read by all" "$(stat -c %a out.bpf)" 644

optimize in.bpf -o - >stdout.bpf
if cmp -s out.bpf stdout.bpf; then
	ok "standard output gets the same"
else
	not_ok "standard output gets the same"
fi

# bubblewrap loads such files.
# shellcheck disable=SC2317
bubblewrap() {
	file=$1
	shift
	timeout -k 5 20 bwrap --bind / / --dev-bind /dev /dev --seccomp 9 "$@" 9<"$file"
}

# answers FILE: what two commands under the filter say.
answers() {
	rm -rf "$TMP/directory"
	bubblewrap "$1" busybox mkdir "$TMP/directory" 2>&1
	bubblewrap "$1" busybox hostname >/dev/null && echo fine
}

if command -v bwrap >/dev/null && bwrap --bind / / true 2>/dev/null; then
	is "bubblewrap: under both the same is denied" "$(answers out.bpf)" "$(answers in.bpf)"
	like "bubblewrap: and something is" "$(answers out.bpf)" "*not permitted*fine"
	filter second.bpf 13 rmdir mkdir mkdirat sethostname
	optimize in.bpf second.bpf -o stack.bpf
	is "a stack is optimised" "$STATUS" 0
	like "bubblewrap: of the stack the newest's errno counts" "$(answers stack.bpf)" \
		"*Permission denied*fine"
else
	skip "bubblewrap" "bwrap is not installed, or has no namespaces here"
fi

# Weights: the last one of the list comes to the front.
echo "chmod 1000
fchmodat 1000 # as chmod(1) calls it" >weights
optimize --weights weights in.bpf -o weighted.bpf
is "with weights" "$STATUS" 0
echo "chmood 1000" >weights
optimize --weights weights in.bpf -o none.bpf
is "an error of the table" "$STATUS:$MESSAGE" \
	'1:oci-seccomp: weights:1: unknown syscall "chmood"; did you mean chmod?'

# Failures leave what is there.
filter sum.bpf 1 sum
echo before >kept
optimize sum.bpf -o kept
like "what cannot be expressed is refused" "$STATUS:$MESSAGE" \
	"1:oci-seccomp: sum.bpf: program 1 of 1, instruction 4 (opcode 0x4): computes *"
is "OUT is as before" "$(cat kept)" before
head -c 12 in.bpf >broken.bpf
optimize broken.bpf -o kept
like "a broken file is refused" "$STATUS:$MESSAGE" "1:oci-seccomp: broken.bpf: *"
is "OUT is still as before" "$(cat kept)" before
optimize in.bpf -o /dev/null
is "a device is not replaced" "$STATUS:$MESSAGE" \
	"1:oci-seccomp: /dev/null: not a regular file, so not replaced"
optimize in.bpf -o missing/out.bpf
like "a missing folder" "$STATUS:$MESSAGE" \
	"1:oci-seccomp: missing/out.bpf: cannot create: No such file or directory"
optimize in.bpf
like "no OUT is wrong usage" "$STATUS:$MESSAGE" "2:*-o OUT is needed*"
optimize -o out.bpf
like "no program is wrong usage" "$STATUS:$MESSAGE" "2:*no program is given*"
is "nothing is left beside the files" "$(find . -name '.*.bpf.*' -o -name '.kept.*')" ""

nothing_left "no process is left"
done_testing
