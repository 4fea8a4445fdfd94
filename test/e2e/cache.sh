#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The hook's cache of programs: what is in it or wrong with it never changes what a container may do.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

CACHE=$TMP/cache
deny_profile chmod.json chmod 99
# As in `runc spec`: one of the usual sets.
CAPABILITIES=CAP_AUDIT_WRITE,CAP_KILL,CAP_NET_BIND_SERVICE

# starts DESCRIPTION: a container of each profile, with what it may do.
starts() {
	confined --capabilities $CAPABILITIES -- /probe socket-vsock socket-inet
	run
	results "$1: RuntimeDefault" socket-vsock=EPERM socket-inet=passed
	confined --capabilities $CAPABILITIES --annotation io.oci-seccomp.profile=Localhost/chmod.json \
		-- /probe chmod file
	run
	results "$1: a profile of the node" chmod=EADDRNOTAVAIL file=ok
}

# What identifies the files of the cache, written anew or not.
files() {
	stat -c '%n %i %Z' "$CACHE"/* 2>/dev/null
}

starts "empty"
is "two programs are kept" "$(files | wc -l)" 2
is "for root alone" "$(stat -c %a "$CACHE")" 700
before=$(files)
starts "full"
is "nothing is written again" "$(files)" "$before"
list=$("$OCI_SECCOMP" cache --config "$CONFIG" list)
like "they are listed" "$list" "PROFILE*$PROFILES/chmod.json *RuntimeDefault *"

for file in "$CACHE"/*; do
	truncate -s -9 "$file"
done
like "damage shows" "$("$OCI_SECCOMP" cache --config "$CONFIG" list)" "*(damaged; it will be replaced)*"
starts "damaged"
is "damage is repaired" "$("$OCI_SECCOMP" cache --config "$CONFIG" list | sed 's/  [^ ]* [^ ]*$//')" \
	"$(echo "$list" | sed 's/  [^ ]* [^ ]*$//')"

chown -R 65534 "$CACHE"
before=$(files)
starts "another user's"
is "another user's cache is left alone" "$(files)" "$before"
rm -r "$CACHE"
ln -s "$TMP" "$CACHE"
starts "a symbolic link"
rm "$CACHE"
: >"$CACHE"
starts "no directory"
rm "$CACHE"

deny_profile chmod.json fchmod 99
confined --annotation io.oci-seccomp.profile=Localhost/chmod.json -- /probe chmod fchmod
run
deny_profile chmod.json chmod 99
confined --annotation io.oci-seccomp.profile=Localhost/chmod.json -- /probe chmod fchmod
run
results "a profile that has changed, within the second" chmod=EADDRNOTAVAIL fchmod=passed

"$OCI_SECCOMP" cache --config "$CONFIG" clear >/dev/null
printf '{"defaultAction": "SCMP_ACT_DENY"}\n' >"$PROFILES/bad.json"
STATUS=0
"$OCI_SECCOMP" cache --config "$CONFIG" warm >"$TMP/out" 2>"$TMP/err" || STATUS=$?
is "warm, with a bad profile: exit status" "$STATUS" 1
like "warm, with a bad profile: what it says" "$(cat "$TMP/out" "$TMP/err")" \
	"2 profiles, each for 6 sets of capabilities, are in $CACHE*$PROFILES/bad.json:1:19: defaultAction: unknown *1 of 3 profiles cannot be used"
before=$(files)
starts "warm"
is "warm: nothing is missing" "$(files)" "$before"
is "clear" "$("$OCI_SECCOMP" cache --config "$CONFIG" clear)" "removed 12 entries from $CACHE"
nothing_left "nothing is left"
done_testing
