#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp sync: a directory as the kubelet mounts a ConfigMap, watched while it changes, and
# containers confined by what it put into the profile root.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

KEY=io.oci-seccomp.profile
SOURCE=$TMP/source
LOG=$TMP/log
GENERATION=0
mkdir "$SOURCE"

# denies SYSCALL ERRNO-NUMBER: the text of a profile
denies() {
	printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["%s"],
		"action": "SCMP_ACT_ERRNO", "errnoRet": %s}]}\n' "$1" "$2"
}

# A new generation of the ConfigMap is made in $NEXT, which `swap` puts in place of the old one.
generation() {
	GENERATION=$((GENERATION + 1))
	NEXT=$SOURCE/..2026_$GENERATION
	mkdir "$NEXT"
}
swap() {
	ln -s "..2026_$GENERATION" "$SOURCE/..data_tmp"
	mv -T "$SOURCE/..data_tmp" "$SOURCE/..data"
	for file in "$NEXT"/*; do
		ln -sf "..data/${file##*/}" "$SOURCE/${file##*/}"
	done
	for link in "$SOURCE"/*; do
		[ -e "$link" ] || rm -f "$link"
	done
}

# One round

generation
denies chmod 99 >"$NEXT/a.json"
denies ptrace 99 >"$NEXT/b.json"
swap
STATUS=0
"$OCI_SECCOMP" sync --config "$CONFIG" "$SOURCE" >"$TMP/stdout" 2>&1 || STATUS=$?
is "into the profile root of the node configuration" "$STATUS $(cat "$TMP/stdout")" "0 installed a.json
installed b.json
$SOURCE: 2 installed, 0 updated, 0 removed, 0 unchanged, 0 refused, 0 ignored"
is "the manifest is what sha256sum reads" \
	"$(cd "$PROFILES" && sha256sum --check .oci-seccomp-sync 2>&1)" "a.json: OK
b.json: OK"

confined --annotation "$KEY=Localhost/a.json" -- /probe chmod ptrace
# shellcheck disable=SC2119
run
results "a container under a profile that was synced" chmod=EADDRNOTAVAIL ptrace=passed

generation
denies chmod 1 >"$NEXT/a.json"
printf '{"defaultAction": "SCMP_ACT_DENY"}\n' >"$NEXT/b.json"
swap
STATUS=0
"$OCI_SECCOMP" sync --config "$CONFIG" "$SOURCE" >"$TMP/stdout" 2>"$TMP/stderr" || STATUS=$?
is "a bad profile: exit status" "$STATUS" 1
is "a bad profile: what is said" "$(cat "$TMP/stderr")" \
	"refused b.json: $SOURCE/b.json:1:19: defaultAction: unknown action \"SCMP_ACT_DENY\"; did you mean SCMP_ACT_ERRNO?"
is "a bad profile: the others go through" "$(cat "$TMP/stdout")" "updated a.json
$SOURCE: 0 installed, 1 updated, 0 removed, 0 unchanged, 1 refused, 0 ignored"
confined --annotation "$KEY=Localhost/a.json" -- /probe chmod
run
results "a container under the new profile" chmod=EPERM
confined --annotation "$KEY=Localhost/b.json" -- /probe ptrace
run
results "a container under the one that was kept" ptrace=EADDRNOTAVAIL

# Watching, as pid 1 of a container would

# watch: sets UNSHARE and WATCHER
watch() {
	: >"$LOG"
	unshare --pid --fork "$OCI_SECCOMP" sync --config "$CONFIG" --watch "$SOURCE" >"$LOG" 2>&1 &
	UNSHARE=$!
	until_true 10 watching
}
watching() {
	grep -q 'T..:..:..Z ' "$LOG" &&
		WATCHER=$(tr -d ' ' <"/proc/$UNSHARE/task/$UNSHARE/children")
}
script_clean_up() {
	[ -z "${WATCHER:-}" ] || kill -KILL "$WATCHER" 2>/dev/null
}
# said TEXT: a line of the log
said() {
	grep -qxF "$1" "$LOG"
}
# says DESCRIPTION TEXT [SECONDS]
says() {
	if until_true "${3:-10}" said "$2"; then
		ok "$1"
	else
		not_ok "$1" "wanted: $2" "$LOG"
	fi
}
# A line with the time ends each round that changed something.
counted() {
	grep -cE '^[0-9-]{10}T[0-9:]{8}Z .*: [0-9]+ installed, .* ignored$' "$LOG"
}
stop() {
	kill "-$1" "$WATCHER"
	STATUS=0
	wait "$UNSHARE" || STATUS=$?
	WATCHER=
}

watch
says "the first round says what is refused" "$(cat "$TMP/stderr")"
generation
denies chmod 99 >"$NEXT/a.json"
denies ptrace 1 >"$NEXT/b.json"
swap
says "a swap of ..data: updated" "updated a.json"
says "a swap of ..data: repaired" "updated b.json"
is "the profile root has it" "$(cat "$PROFILES/a.json")" "$(denies chmod 99)"
generation
denies chmod 99 >"$NEXT/a.json"
denies getpid 1 >"$NEXT/c.json"
swap
says "a swap of ..data: installed" "installed c.json"
says "a swap of ..data: removed" "removed b.json"
is "the profile root has lost it" "$(ls "$PROFILES")" "a.json
c.json"
generation
printf '{"defaultAction": }\n' >"$NEXT/a.json"
denies getpid 1 >"$NEXT/c.json"
swap
until_true 10 grep -q '^refused a.json: ' "$LOG"
like "a bad profile is refused" "$(tail -n 2 "$LOG")" "refused a.json: $SOURCE/a.json:1:19: *"
is "a bad profile: the old one is kept" "$(cat "$PROFILES/a.json")" "$(denies chmod 99)"

rm "$SOURCE"/*
mkdir "$SOURCE/team"
sleep 0.5
denies getpid 1 >"$SOURCE/team/.x.swp"
mv "$SOURCE/team/.x.swp" "$SOURCE/team/x.json"
says "a new directory, a file renamed into it" "installed team/x.json"
is "all others are removed" "$(find "$PROFILES" -name '*.json')" "$PROFILES/team/x.json"

mv "$SOURCE" "$SOURCE.away"
says "the source vanishes" "oci-seccomp: source directory $SOURCE: cannot open: No such file or directory"
sleep 1.5
is "the source vanishes: said once" "$(grep -c 'No such file' "$LOG")" 1
is "the source vanishes: nothing is removed" "$(ls "$PROFILES/team")" x.json
denies getpid 13 >"$SOURCE.away/team/y.json"
mv "$SOURCE.away" "$SOURCE"
says "the source is back" "installed team/y.json"

sleep 1
BEFORE=$(field "$WATCHER" voluntary_ctxt_switches) LINES=$(counted)
sleep 1.5
is "it sleeps while nothing happens" "$(field "$WATCHER" voluntary_ctxt_switches)" "${BEFORE:?}"
is "it is silent while nothing happens" "$(counted)" "$LINES"
stop TERM
is "SIGTERM: exit status" "$STATUS" 0
watch
stop INT
is "SIGINT: exit status" "$STATUS" 0

# Kills

mkdir "$TMP/kill"
got=$("$PYTHON" -B "$HERE/kill_sync.py" "$TMP/kill" "$OCI_SECCOMP" 2>&1)
printf '# %s\n' "$got"
like "killed at every system call" "$got" "rounds=[1-9]* old=[1-9]* new=[1-9]*"

"$OCI_SECCOMP" sync >"$TMP/stdout" 2>&1
is "wrong usage" "$? $(head -n 1 "$TMP/stdout")" "2 oci-seccomp sync: one source directory is needed"
nothing_left "nothing is left"
done_testing
