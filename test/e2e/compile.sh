#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp compile: bubblewrap confines a program with what it writes, as the profile says.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1

if ! command -v bwrap >/dev/null || ! bwrap --bind / / true 2>/dev/null; then
	skip_all "bwrap is not installed, or has no namespaces here"
fi

# bubblewrap FILE COMMAND...
bubblewrap() {
	file=$1
	shift
	timeout -k 5 20 bwrap --bind / / --dev-bind /dev /dev --seccomp 9 "$@" 9<"$file"
}

# under FILE COMMAND...: what the command says and how it ends.
under() {
	STATUS=0
	OUTPUT=$(bubblewrap "$@" 2>&1) || STATUS=$?
}

"$OCI_SECCOMP" compile "$TEST_DATA/block-chmod.json" -o chmod.bpf
is "a profile is compiled" "$?" 0
echo before >file
chmod 600 file
under chmod.bpf busybox chmod 644 "$TMP/file"
like "bubblewrap: what the profile denies" "$STATUS:$OUTPUT" "1:*not permitted*"
is "bubblewrap: and it did not happen" "$(stat -c %a file)" 600
under chmod.bpf busybox cat "$TMP/file"
is "bubblewrap: what it allows" "$STATUS:$OUTPUT" 0:before

"$OCI_SECCOMP" compile --caps none RuntimeDefault -o default.bpf
is "RuntimeDefault is compiled" "$?" 0
under default.bpf busybox sh -c 'echo fine'
is "bubblewrap: a shell runs under RuntimeDefault" "$STATUS:$OUTPUT" 0:fine
under default.bpf busybox unshare -U true
like "bubblewrap: where it cannot make a namespace" "$STATUS:$OUTPUT" "1:*not permitted*"
under default.bpf busybox chmod 640 "$TMP/file"
is "bubblewrap: but change a mode" "$STATUS:$(stat -c %a file)" 0:640

# What is written is as good as any program.
"$OCI_SECCOMP" optimize chmod.bpf -o small.bpf 2>message
is "what is written is a program for optimize" "$?" 0
"$OCI_SECCOMP" prove small.bpf "$TEST_DATA/block-chmod.json" >answer
is "and for prove" "$?:$(cat answer)" 0:same
"$OCI_SECCOMP" disasm small.bpf >words
like "and for disasm" "$?:$(cat words)" "0:*chmod*ERRNO(EPERM)*"

cp "$TEST_DATA/block-chmod.json" .
echo before >notes
if [ "$(uname -m)" = x86_64 ]; then
	is "the examples of the man page" "$("$PYTHON" "$HERE/../unit/man_examples.py" \
		"$OCI_SECCOMP" "$TOP/docs/oci-seccomp-compile.1.scd")" "as written"
fi

nothing_left "no process is left"
done_testing
