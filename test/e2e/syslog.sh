#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One line to LOG_AUTHPRIV when a filter comes into force.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

: "${AGENT:=$TOP/build/test/e2e/agent}"

# A /dev of our own, so that nothing is left in the host's; the same devices.
mkdir "$TMP/dev"
mount -t tmpfs -o mode=755 tmpfs "$TMP/dev"
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty "$TMP/dev/"
for directory in pts shm; do
	mkdir "$TMP/dev/$directory"
	[ ! -d "/dev/$directory" ] || mount --bind "/dev/$directory" "$TMP/dev/$directory"
done
ln -s pts/ptmx "$TMP/dev/ptmx"
ln -s /proc/self/fd "$TMP/dev/fd"
mount --move "$TMP/dev" /dev

LOG=$TMP/log
: >"$LOG"
"$PYTHON" "$HERE/syslog_catcher.py" /dev/log "$LOG" &
CATCHER=$!
script_clean_up() {
	kill "$CATCHER" 2>/dev/null
}
until_true 10 [ -S /dev/log ] || not_ok "the catcher listens"

lines() {
	grep -c "($ID)" "$LOG"
}
logged() {
	[ "$(lines)" -gt 0 ]
}
line() {
	grep "($ID)" "$LOG"
}
deny_profile ppid.json getppid 99

# 86 is LOG_AUTHPRIV and LOG_INFO.
confined --annotation io.kubernetes.cri.container-name=app \
	--annotation io.oci-seccomp.profile/app=Localhost/ppid.json -- /probe getppid ready sleep:60
create
is "nothing is logged before the filter is in force" "$(lines)" 0
start
until_true 10 logged
is "one line" "$(lines)" 1
like "facility, severity, program" "$(line)" '<86>*oci-seccomp-hook\[[0-9]*\]: *'
like "it names the container" "$(line)" "*container \"app\" ($ID)*"
like "it names the profile and who asked" "$(line)" \
	'*Localhost/ppid.json*io.oci-seccomp.profile/app="Localhost/ppid.json"*'
like "it counts the instructions" "$(line)" '* 1 filter, [1-9]* instructions*'
like "it names the flags" "$(line)" '*SPEC_ALLOW*'
delete

node_config '"baseline": "Localhost/ppid.json", "logDenials": true'
confined -- /probe ready
run
until_true 10 logged
is "a container without a name: one line" "$(lines)" 1
like "it names the baseline" "$(line)" '*RuntimeDefault*2 filters*baseline Localhost/ppid.json*'
like "it names the flag of logDenials" "$(line)" '*, LOG*'

node_config
confined --seccomp "$PROFILES/ppid.json" --annotation io.oci-seccomp.profile=RuntimeDefault \
	-- /probe ready
run
until_true 10 logged
like "it says that the engine's profile applies too" "$(line)" '*engine*'

"$AGENT" "$TMP/agent.socket" >/dev/null &
AGENT_PID=$!
until_true 10 [ -S "$TMP/agent.socket" ] || not_ok "the agent listens"
printf '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "%s",
	"syscalls": [{"names": ["mknod"], "action": "SCMP_ACT_NOTIFY"}]}\n' "$TMP/agent.socket" \
	>"$PROFILES/notify.json"
confined --annotation io.oci-seccomp.profile=Localhost/notify.json -- /probe ready
run
until_true 10 logged
like "it names the listener" "$(line)" "*Localhost/notify.json*; listener \"$TMP/agent.socket\""
kill "$AGENT_PID"

confined -- /probe ready
create
runtime kill "$ID" KILL
delete
until_true 10 logged
like "a container that ends before its program" "$(line)" '<8[0-9]>*before its program*'

mkdir -p /run/oci-seccomp
mount -t tmpfs -o ro tmpfs /run/oci-seccomp
unnoted() {
	grep '<84>' "$LOG"
}
confined -- /probe ready
run
is "a container that cannot be noted runs" "$STATUS" 0
until_true 10 unnoted >/dev/null
like "which is told" "$(unnoted)" "*/run/oci-seccomp/*: cannot create: Read-only file system"
umount /run/oci-seccomp

# This one comes last: when its line were there, it would be behind the others.
confined --annotation io.oci-seccomp.profile=Unconfined -- /probe ready
run
is "Unconfined runs" "$STATUS" 0
is "Unconfined: no line" "$(lines)" 0

kill "$CATCHER"
wait "$CATCHER" 2>/dev/null

# A log daemon that does not read: the hook must not wait for it.
rm -f /dev/log
"$PYTHON" - >"$TMP/deaf" <<'END' &
import socket
import time

daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
daemon.bind("/dev/log")
client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
client.connect("/dev/log")
client.setblocking(False)
try:
    while True:
        client.send(b"x" * 1024)
except BlockingIOError:
    print("full", flush=True)
time.sleep(60)
END
CATCHER=$!
until_true 10 grep -q full "$TMP/deaf"
confined --annotation io.oci-seccomp.profile=Localhost/none.json -- /probe ready
run
case $STATUS in
0 | 124 | 137) not_ok "a failure is not held up by a log that is full" "status $STATUS" ;;
*) ok "a failure is not held up by a log that is full" ;;
esac
confined -- /probe ready
run
is "nor is a container" "$STATUS" 0
# Nor where there is more to say: here, that the container cannot be noted.
mkdir -p /run/oci-seccomp
mount -t tmpfs -o ro tmpfs /run/oci-seccomp
confined -- /probe ready
run
is "nor is one that cannot be noted" "$STATUS" 0
confined --annotation io.oci-seccomp.profile=Unconfined -- /probe ready
run
is "nor one without a profile" "$STATUS" 0
umount /run/oci-seccomp
kill "$CATCHER"
wait "$CATCHER" 2>/dev/null
nothing_left "nothing is left"
done_testing
