#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp denials: which container a denied call was in, on every engine, of processes that are
# there and that are gone, by the kernel's log and by a real auditd.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/e2e/engines.sh
. "$HERE/engines.sh"
# shellcheck source=test/e2e/kernel_log.sh
. "$HERE/kernel_log.sh"

# Records have the numbers of processes in the first pid namespace, and auditd runs nowhere else.
if [ "$(readlink /proc/self/ns/pid)" != 'pid:[4026531836]' ]; then
	echo '1..0 # SKIP not in the first pid namespace'
	exit 0
fi
KEY=io.oci-seccomp.profile
command -v auditd >/dev/null || skip_all "auditd is not installed"

AUDITD=
stop_auditd() {
	[ -n "$AUDITD" ] || return
	kill "$AUDITD"
	wait "$AUDITD" 2>/dev/null
	AUDITD=
}
script_clean_up() {
	show_all_records_end
	stop_auditd
	stop_engines
}

deny_profile umask.json umask 1
for action in LOG KILL_PROCESS; do
	printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["umask"],
		"action": "SCMP_ACT_%s"}]}\n' "$action" >"$PROFILES/$action.json"
done
OPERATIONS='umask sleep:300'
START=$(date +%s)

# denied [OPTION]...: the rows of umask, `container id engine pod namespace executable action`.
denied() {
	"$OCI_SECCOMP" denials --since "@$START" --root "$STATE" --format json "$@" \
		>"$TMP/found" 2>"$TMP/warned"
	"$PYTHON" - "$TMP/found" <<-'END'
		import json, sys
		for row in json.load(open(sys.argv[1]))["denials"]:
		    if row["syscall"] == "umask":
		        print(*(row[key] for key in ("container", "id", "engine", "pod", "namespace",
		                                     "executable", "action")))
	END
}
has_row() {
	denied >"$TMP/rows"
	grep -qE "^$1\$" "$TMP/rows"
}
# expect_row DESCRIPTION PATTERN
expect_row() {
	if until_true 1 has_row "$2"; then
		ok "$1"
	else
		not_ok "$1" "no row: $2" "$TMP/rows" "$TMP/warned"
	fi
}

# hooked [OPTION]... PROFILE: in the background, until its umask is answered.
hooked() {
	confined --annotation "$KEY=Localhost/$1" --annotation io.oci-seccomp.log=true \
		--annotation io.kubernetes.cri.container-name=app \
		--annotation io.kubernetes.cri.sandbox-name=web \
		--annotation io.kubernetes.cri.sandbox-namespace=shop -- /probe umask ready sleep:300
	run_until_ready
}

# everywhere SUFFIX FROM: a container of each engine whose call is denied or logged, and its row.
everywhere() {
	hooked umask.json
	expect_row "$2: by the hook" "app $ID $RUNTIME web shop /probe ERRNO"
	HOOKED=$ID
	if [ -n "$PODMAN" ]; then
		podman_run "e2e-podman$1" --security-opt "seccomp=$PROFILES/LOG.json" >/dev/null
		expect_row "$2: podman" "e2e-podman$1 [0-9a-f]{64} podman None None /probe LOG"
	else
		skip "$2: podman" "it is not installed"
	fi
	if [ -n "$CONTAINERD" ]; then
		ctr_run "e2e-ctr$1" --annotation "$KEY=Localhost/LOG.json" >/dev/null
		expect_row "$2: containerd" "None e2e-ctr$1 containerd None default /probe LOG"
	else
		skip "$2: containerd" "it is not installed"
	fi
	if [ -n "$DOCKERD" ]; then
		docker_run "e2e-docker$1" --security-opt "seccomp=$PROFILES/LOG.json" >/dev/null
		expect_row "$2: docker" "e2e-docker$1 [0-9a-f]{64} docker None None /probe LOG"
	else
		skip "$2: docker" "it is not installed"
	fi
}

start_podman
start_containerd
start_docker

everywhere "" "the kernel's log"

# Of a process that is gone.
confined --annotation "$KEY=Localhost/KILL_PROCESS.json" -- /probe umask
run
delete
expect_row "killed, and the container deleted: the hook has noted it" \
	"None $ID (unknown|$RUNTIME) None None /probe KILL_PROCESS"
if [ -n "$CONTAINERD" ]; then
	ctr_run e2e-killed --annotation "$KEY=Localhost/KILL_PROCESS.json" >/dev/null
	until_true 10 task_gone e2e-killed
	ctr container rm e2e-killed >/dev/null 2>&1
	expect_row "the same by containerd: the shim has noted it" \
		"None e2e-killed [a-z]+ None None /probe KILL_PROCESS"
else
	skip "killed in containerd" "it is not installed"
fi

printf 'type=SECCOMP msg=audit(1795517605.100:%s): auid=0 uid=0 gid=0 ses=1 pid=71 comm="app" exe="/app" sig=0 arch=c000003e syscall=90 compat=0 ip=0x7f code=0x50000\n' \
	1 2 >"$TMP/old.log"
like "--container: records of processes that nobody knows" \
	"$("$OCI_SECCOMP" denials --local --container "$HOOKED" "$TMP/old.log" 2>&1)" \
	"oci-seccomp denials: warning: 2 records are left out: *"
is "--container" "$(denied --container "$HOOKED")" "app $HOOKED $RUNTIME web shop /probe ERRNO"
like "a table" "$("$OCI_SECCOMP" denials --since "@$START" --root "$STATE" 2>/dev/null)" \
	"CONTAINER *shop/web/app *probe*umask*"
like "--each" "$("$OCI_SECCOMP" denials --each --since "@$START" --root "$STATE" --container "$HOOKED" 2>/dev/null)" \
	"*  shop/web/app *probe*umask *ERRNO *"
dmesg >"$TMP/dmesg" 2>/dev/null || "$OCI_SECCOMP" denials --each >"$TMP/dmesg"
is "a file may be of another host" "$("$OCI_SECCOMP" denials --since "@$START" --format json "$TMP/dmesg" |
	grep -c '"id": *"')" 0

# Without LOG an errno leaves no record, and that is said.
confined --annotation "$KEY=Localhost/umask.json" -- /probe umask ready sleep:300
run_until_ready
denied >/dev/null
like "a container whose filter cannot log is warned of" "$(cat "$TMP/warned")" "*warning: *$ID*no LOG flag*"
case $(cat "$TMP/warned") in
*shop/web/app*) not_ok "and one that can is not" "$TMP/warned" ;;
*) ok "and one that can is not" ;;
esac

# --follow knows a process that is gone the moment after.
"$OCI_SECCOMP" denials --follow --since now --root "$STATE" >"$TMP/follow" 2>/dev/null &
FOLLOWER=$!
hooked umask.json
if until_true 1 grep -q "shop/web/app.*umask" "$TMP/follow"; then
	ok "--follow: with the container"
else
	not_ok "--follow: with the container" "$TMP/follow"
fi
kill "$FOLLOWER"
wait "$FOLLOWER" 2>/dev/null

# auditd takes the records to itself. Its files are those of this mount namespace.
mkdir "$TMP/audit" "$TMP/audit.conf" "$TMP/audit.conf/plugins.d"
[ -d /var/log/audit ] || mkdir /var/log/audit
mount --bind "$TMP/audit" /var/log/audit
sed "s#/etc/audit/plugins.d#$TMP/audit.conf/plugins.d#" /etc/audit/auditd.conf >"$TMP/audit.conf/auditd.conf"
auditd -n -c "$TMP/audit.conf" >"$TMP/auditd.log" 2>&1 &
AUDITD=$!
auditd_runs() {
	[ -e /run/auditd.pid ] && [ -s /var/log/audit/audit.log ]
}
if until_true 10 auditd_runs; then
	START=$(date +%s)
	everywhere -2 auditd
	like "auditd: the log has the records" "$(grep -c '^type=SECCOMP' /var/log/audit/audit.log)" "[1-9]*"
else
	not_ok "auditd starts" "$TMP/auditd.log"
fi
stop_auditd
done_testing
