#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every verb of oci-seccomp and bad input: an error that names the file, in bounded memory, and nothing
# is written. And a full disk. Prints TAP. From the environment: OCI_SECCOMP (the program), INSTALLED_HOOK
# (where it looks for the hook).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
enter_scratch
umask 022
printf '{"cacheDir": "%s/cache", "profileRoot": "%s/root"}\n' "$TMP" "$TMP" >node.json
export OCI_SECCOMP_CONFIG="$TMP/node.json"

# What each verb reads. @ is the bad file without its ending, @/ a directory with a config.json or a
# profile that is bad.
cat >readers <<'END'
cache --config @.json list
check @.json
check RuntimeDefault @.json
compile @.json -o out
denials --suggest @.json audit.log
diff @.json RuntimeDefault
diff RuntimeDefault @.bpf
disasm @.bpf
import strace @.txt -o out
import audit @.txt -o out
import sysdig @.txt -o out
install --root . bundle /@/
merge --union @.json RuntimeDefault -o out
merge --intersect RuntimeDefault @.json -o out
optimize @.bpf -o out
optimize allow.bpf @.bpf -o out
optimize --weights @.txt allow.bpf -o out
prove @.json RuntimeDefault
prove RuntimeDefault @.bpf
ps --config @.json
query @.json chmod
record --try @.json -o out -- true
record --base @.json -o out -- true
resolve --bundle @/
resolve --bundle good --config @.json
run @.json -- true
run @.bpf -- true
show @.json
sync --to root @/
uninstall bundle @/
verify --pid 1 @.json
END

# What prints enough to see that it cannot; and what writes a file.
cat >printers <<'END'
cache list
check typo.json
compile RuntimeDefault -o -
denials audit.log
diff allow.bpf RuntimeDefault
disasm allow.bpf
import audit audit.log
merge --union RuntimeDefault RuntimeDefault -o -
optimize allow.bpf -o -
prove allow.bpf RuntimeDefault
ps --all --format json
query RuntimeDefault chmod
resolve --bundle good
resolve --bundle good --format json
show RuntimeDefault
sync --to root good
verify --pid 1 RuntimeDefault
END
cat >writers <<'END'
compile RuntimeDefault -o full/out
import audit audit.log -o full/out
install --root . bundle /full/bundle
merge --union RuntimeDefault RuntimeDefault -o full/out
optimize allow.bpf -o full/out
sync --to full/root profiles
END

# Verbs without input of their own, or whose output is somebody else's.
WITHOUT_OUTPUT='install record run uninstall'

# The address space of sanitizers has no bound.
LIMIT='ulimit -v 262144'
! grep -q __asan_init "$OCI_SECCOMP" || LIMIT=:

# call ARGUMENT...: sets OUTPUT, of both streams, and STATUS.
call() {
	OUTPUT=$(
		$LIMIT
		timeout -k 5 30 "$OCI_SECCOMP" "$@" 2>&1 </dev/null
	)
	STATUS=$?
}

# has_verb VERB
has_verb() {
	case " $VERBS " in
	*" $1 "*) return 0 ;;
	*) return 1 ;;
	esac
}

files() {
	find . -name 'large*' -prune -o -type f -exec cksum {} + | sort
}

VERBS=$("$OCI_SECCOMP" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | tr '\n' ' ')

# One instruction: code (2 bytes), jt, jf, k (4 bytes), little-endian: return ALLOW.
printf '\006\000\000\000\000\000\377\177' >allow.bpf
echo '{"defaultAction": "SCMP_ACT_ALOW"}' >typo.json
mkdir -p good root profiles ".$(dirname "$INSTALLED_HOOK")"
printf '#!/bin/sh\n' >".$INSTALLED_HOOK"
chmod 755 ".$INSTALLED_HOOK"
echo '{}' >good/config.json
echo 'type=SECCOMP msg=audit(1613596317.899:6461): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=7 comm="app" exe="/app" sig=0 arch=c000003e syscall=90 compat=0 ip=0x7f code=0x50000' \
	>audit.log
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["ptrace"], "action": "SCMP_ACT_ERRNO"}]}' \
	>profiles/a.json

head -c 65536 /dev/urandom >garbage
truncate -s 100M large
printf '{"defaultAction": "SCMP_ACT_ALLOW", "linux": "\377\376"}\n' >utf8
awk 'BEGIN { for (i = 0; i < 10000; i++) printf "["; for (i = 0; i < 10000; i++) printf "]" }' >arrays
awk 'BEGIN { for (i = 0; i < 10000; i++) printf "{\"a\":"; printf 1; for (i = 0; i < 10000; i++) printf "}" }' >objects
for kind in garbage large utf8 arrays objects; do
	mkdir "$kind.d"
	ln "$kind" "$kind.d/config.json"
	for ending in bpf json txt; do
		ln "$kind" "$kind.$ending"
	done
done
mkdir -p directory.bpf directory.json directory.txt directory.d/config.json
before=$(files)

for verb in $VERBS; do
	if ! grep -q "^$verb " readers; then
		not_ok "$verb: has rows in this test" "add what it reads to $0"
	elif ! grep -q "^$verb " printers; then
		like "$verb: prints" " $WITHOUT_OUTPUT " "* $verb *"
	fi
done

while read -r verb arguments; do
	has_verb "$verb" || continue
	for kind in arrays directory garbage large objects utf8; do
		# A directory of that name is walked, and is no profile.
		[ "$verb $kind" != "sync directory" ] || continue
		words=$(printf '%s' "$arguments" | sed "s,@/,$kind.d,; s/@/$kind/")
		# shellcheck disable=SC2086
		call "$verb" $words
		like "$verb $words" "$STATUS: $OUTPUT" "1: *$kind.*"
	done
done <readers
like 'nothing was written' "$(files)" "$before"

if [ -w /dev/full ]; then
	while read -r verb arguments; do
		has_verb "$verb" || continue
		# shellcheck disable=SC2086
		OUTPUT=$("$OCI_SECCOMP" "$verb" $arguments 2>&1 >/dev/full)
		like "$verb $arguments, and standard output is full" "$?: $OUTPUT" \
			'1: *standard output: cannot write*'
	done <printers
fi

# full/ has room for a directory and nothing more.
fill() {
	mkdir -p full
	unshare --mount sh -c '
		mount -t tmpfs -o size=8k,mode=755 none full &&
		mkdir full/bundle && echo "{}" >full/bundle/config.json || exit 99
		head -c 4096 /dev/zero >full/rest 2>/dev/null
		"$@" 2>&1
		echo "$?: $(find full -type f -size +0 | sort | tr "\n" " ")"' sh "$@"
}

if [ "$(fill true)" = '0: full/bundle/config.json full/rest ' ]; then
	while read -r verb arguments; do
		has_verb "$verb" || continue
		# shellcheck disable=SC2086
		like "$verb $arguments, and the disk is full" "$(fill "$OCI_SECCOMP" "$verb" $arguments)" \
			'*No space left on device*1: full/bundle/config.json full/rest '
	done <writers
else
	skip 'a full disk' 'needs root'
fi

done_testing
