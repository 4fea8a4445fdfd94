#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp denials without a file, where auditd keeps the records and where the journal does. The
# logs are in the mount namespace of the script; the journal is a real one.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

NOW=$(date +%s)
# body PID NUMBER
body() {
	printf 'auid=0 uid=0 gid=0 ses=1 pid=%s comm="a" exe="/a" sig=0 arch=c000003e syscall=%s compat=0 ip=0x7f code=0x50000' "$@"
}
# record SECONDS-AGO SERIAL
record() {
	printf 'type=SECCOMP msg=audit(%s.000:%s): %s\n' "$((NOW - $1))" "$2" "$(body "$2" 90)"
}
# pids ARGUMENT...: of the records that are shown, in their order
pids() {
	"$OCI_SECCOMP" denials --each "$@" 2>"$TMP/messages" | sed -n 's/.* a\[\([0-9]*\)\] .*/\1/p' | tr '\n' ' '
}

mkdir -p /var/log/journal
mount -t tmpfs tmpfs /var/log
mount -t tmpfs tmpfs /run
mkdir /var/log/audit /var/log/journal

# A journal of this boot.
JOURNAL=/var/log/journal/$(tr -d - </proc/sys/kernel/random/boot_id)
[ ! -s /etc/machine-id ] || JOURNAL=/var/log/journal/$(cat /etc/machine-id)
REMOTE=/lib/systemd/systemd-journal-remote
if [ -x "$REMOTE" ] && command -v journalctl >/dev/null; then
	mkdir "$JOURNAL"
	"$PYTHON" - "$NOW" "$(body 1 90)" "$(body 2 91)" "$(body 3 92)" >"$TMP/export" <<'END'
import struct
import sys

now, bodies = int(sys.argv[1]) - 10, sys.argv[2:]
boot = open("/proc/sys/kernel/random/boot_id").read().strip().replace("-", "")
count = 0


def entry(transport, facility, message, **more):
    global count
    count += 1
    stamp = now * 1000000 + 300000 + count
    fields = [("__CURSOR", "s=%032x;i=%x;b=%s;m=%x;t=%x;x=%x" % (1, count, boot, count, stamp, count)),
              ("__REALTIME_TIMESTAMP", stamp), ("__MONOTONIC_TIMESTAMP", count), ("_BOOT_ID", boot),
              ("_TRANSPORT", transport), ("SYSLOG_FACILITY", facility), *more.items()]
    out = "".join("%s=%s\n" % field for field in fields).encode()
    if "\n" in message:
        out += b"MESSAGE\n" + struct.pack("<Q", len(message)) + message.encode() + b"\n\n"
    else:
        out += b"MESSAGE=" + message.encode() + b"\n\n"
    sys.stdout.buffer.write(out)


def record(serial, body):
    return "audit: type=1326 audit(%d.123:%d): %s" % (now, serial, body)


entry("audit", 4, "SECCOMP " + bodies[0], _AUDIT_TYPE=1326, _AUDIT_ID=1,
      _SOURCE_REALTIME_TIMESTAMP=now * 1000000 + 123000)
entry("kernel", 0, record(1, bodies[0]))
entry("kernel", 0, record(2, bodies[1]))
entry("kernel", 1, record(3, bodies[2]))  # written to /dev/kmsg
entry("syslog", 0, record(3, bodies[2]))  # logger -t kernel -p kern.notice
entry("kernel", 0, "x\n\nMESSAGE=" + record(3, bodies[2]))
END
	"$REMOTE" -o "$JOURNAL/system.journal" - <"$TMP/export" >/dev/null 2>"$TMP/remote" ||
		not_ok "a journal is made" "$TMP/remote"
	is "the journal: each event once, and nobody but the kernel" "$(pids)" "1 2 "
	is "the journal: --since" "$(pids --since '1 min ago'), $(pids --since now)" "1 2 , "
	is "the journal: --follow" "$(pids --follow --until "@$(($(date +%s) + 3))")" "1 2 "
	is "no message" "$(cat "$TMP/messages")" ""
else
	skip "the journal" "systemd-journal-remote is not installed"
fi

record 300 11 >/var/log/audit/audit.log.2
record 200 12 >/var/log/audit/audit.log.1
record 100 13 >/var/log/audit/audit.log
echo $$ >/run/auditd.pid
is "the audit log" "$(pids)" "13 "
is "with what was rotated, the oldest first" "$(pids --since '1 hour ago')" "11 12 13 "
is "as far as is asked for" "$(pids --since '250 sec ago')" "12 13 "
touch -d '1 day ago' /var/log/audit/audit.log.2
is "files that are older are not read" "$(pids --since '1 hour ago')" "12 13 "

"$OCI_SECCOMP" denials --follow >"$TMP/follow" 2>&1 &
FOLLOWER=$!
until_true 5 grep -q 'a\[13\]' "$TMP/follow" || not_ok "--follow starts" "$TMP/follow"
record 0 14 >>/var/log/audit/audit.log
until_true 5 grep -q 'a\[14\]' "$TMP/follow" || not_ok "--follow goes on" "$TMP/follow"
mv /var/log/audit/audit.log /var/log/audit/audit.log.1
record 0 15 >/var/log/audit/audit.log
if until_true 5 grep -q 'a\[15\]' "$TMP/follow"; then
	ok "--follow goes on in the next file"
else
	not_ok "--follow goes on in the next file" "$TMP/follow"
fi
kill "$FOLLOWER"
wait "$FOLLOWER" 2>/dev/null
is "every record once" "$(wc -l <"$TMP/follow")" 3

nothing_left "nothing is left"
done_testing
