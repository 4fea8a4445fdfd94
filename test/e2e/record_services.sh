#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What docs/RECORDING.md says, with nginx, redis and python3: a realistic load is recorded; under the
# profile the same load is denied nothing; with a recorded call less it is, and `denials` names it.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/e2e/kernel_log.sh
. "$HERE/kernel_log.sh"

KEY=io.oci-seccomp.profile
"$OCI_SECCOMP" record -o "$TMP/true.json" -- true 2>"$TMP/err" || skip_all "$(cat "$TMP/err")"
script_clean_up() {
	show_all_records_end
	umount "$TMP/host" 2>/dev/null
}
# The containers have the host's files.
mkdir "$TMP/host" "$TMP/www"
mount --bind / "$TMP/host"
ROOTFS=$TMP/host
ALL=CAP_CHOWN,CAP_DAC_OVERRIDE,CAP_SETGID,CAP_SETUID,CAP_KILL,CAP_NET_BIND_SERVICE

# until COMMAND...: in a workload, for ten seconds.
cat >"$TMP/until" <<'END'
#!/bin/sh
for _ in $(seq 100); do
	"$@" >/dev/null 2>&1 && exit 0
	sleep 0.1
done
exit 1
END
# What depends on the moment is done both ways, to have both recorded: a shell that waits calls
# rt_sigsuspend where the child is still there, and a client is refused where there is no server yet.
cat >"$TMP/waits" <<'END'
sleep 0.2 & wait
true & sleep 0.2
wait
END
cat >"$TMP/nginx" <<END
#!/bin/sh
. $TMP/waits
wrk -t 1 -c 1 -d 1s http://127.0.0.1:18080/
nginx -c $TMP/nginx.conf &
$TMP/until wrk -t 1 -c 1 -d 1s http://127.0.0.1:18080/ || exit 1
wrk -t 2 -c 8 -d 2s http://127.0.0.1:18080/big http://127.0.0.1:18080/none || exit 1
nginx -c $TMP/nginx.conf -s reload || exit 1
wrk -t 2 -c 8 -d 1s http://127.0.0.1:18080/ || exit 1
nginx -c $TMP/nginx.conf -s quit
wait
END
cat >"$TMP/nginx.conf" <<END
daemon off;
user root;
worker_processes 2;
pid $TMP/nginx.pid;
error_log $TMP/error.log;
events {}
http {
	access_log $TMP/access.log;
	client_body_temp_path $TMP/body;
	proxy_temp_path $TMP/proxy;
	fastcgi_temp_path $TMP/fastcgi;
	uwsgi_temp_path $TMP/uwsgi;
	scgi_temp_path $TMP/scgi;
	sendfile on;
	server {
		listen 127.0.0.1:18080;
		root $TMP/www;
	}
}
END
echo hello >"$TMP/www/index.html"
head -c 100000 /dev/zero >"$TMP/www/big"
cat >"$TMP/redis" <<END
#!/bin/sh
. $TMP/waits
redis-cli -p 16379 ping
redis-server --port 16379 --bind 127.0.0.1 --dir $TMP/data --save 1 1 --appendonly yes &
$TMP/until redis-cli -e -p 16379 ping || exit 1
redis-benchmark -p 16379 -q -n 2000 -c 20 -t set,get,lpush,lrange_100 || exit 1
redis-cli -p 16379 bgsave || exit 1
sleep 2
redis-cli -p 16379 shutdown save
wait
END
cat >"$TMP/python" <<END
#!/bin/sh
exec python3 -B $TMP/work.py
END
cat >"$TMP/work.py" <<END
import hashlib, json, os, socket, sqlite3, subprocess, tempfile, threading
def serve(server):
    with server.accept()[0] as peer:
        peer.sendall(hashlib.sha256(peer.recv(100)).digest())
server = socket.create_server(("127.0.0.1", 0))
thread = threading.Thread(target=serve, args=(server,))
thread.start()
with socket.create_connection(server.getsockname()) as client:
    client.sendall(b"x")
    assert len(client.recv(100)) == 32
thread.join()
with tempfile.TemporaryDirectory(dir="$TMP") as folder:
    with sqlite3.connect(folder + "/db") as base:
        base.execute("create table t (x)")
        base.executemany("insert into t values (?)", ((i,) for i in range(100)))
    json.dump(os.listdir(folder), open(folder + "/list", "w"))
assert subprocess.run(["/bin/echo", "x"], stdout=subprocess.PIPE).stdout == b"x\n"
END
chmod 755 "$TMP/until" "$TMP/nginx" "$TMP/redis" "$TMP/python"

names() {
	sed -n 's/^ *"\([a-z0-9_]*\)",\{0,1\}$/\1/p' "$1" | sort -u
}
names "$TMP/true.json" >"$TMP/base" # what is in every profile, and what `true` does

node_config "\"recorder\": \"$OCI_SECCOMP\", \"recordDir\": \"$TMP/records\""

# in_container SERVICE ANNOTATION...: runs its load, on no data of an earlier run. Sets STATUS.
in_container() {
	rm -rf "$TMP/data"
	mkdir "$TMP/data"
	SINCE=$(date +%s.%N)
	confined --capabilities "$ALL" --annotation "$2" --annotation "$3" ${4:+--annotation "$4"} -- "$TMP/$1"
	sed -i 's#"PATH=/bin"#"PATH=/usr/sbin:/usr/bin:/sbin:/bin"#' "$BUNDLE/config.json"
	run
}
# The calls that were denied since then, those of the load's processes alone: other tests are not run
# beside this one.
denied() {
	"$OCI_SECCOMP" denials --since "@${SINCE%??????}" --format json 2>/dev/null |
		sed -n 's/.*"syscall": *"\([^"]*\)".*/\1/p' | sort -u | tr '\n' ' '
}

for service in nginx redis python; do
	case $service in
	nginx) needs="nginx wrk" ;;
	redis) needs="redis-server redis-benchmark" ;;
	*) needs=python3 ;;
	esac
	missing=
	for program in $needs; do
		command -v "$program" >/dev/null || missing=$program
	done
	if [ -n "$missing" ]; then
		skip "$service" "$missing is not installed"
		continue
	fi
	in_container "$service" "$KEY=Unconfined" "io.oci-seccomp.record=$service"
	is "$service: the load runs, and is recorded" "$STATUS" 0
	until_true 5 test -e "$TMP/records/$service-$ID.json"
	cp "$TMP/records/$service-$ID.json" "$PROFILES/$service.json"
	delete
	in_container "$service" "$KEY=Localhost/$service.json" io.oci-seccomp.log=true \
		"io.oci-seccomp.record=again"
	until_true 5 test -e "$TMP/records/again-$ID.json"
	names "$TMP/records/again-$ID.json" >"$TMP/again"
	if [ "$STATUS" = 0 ]; then
		ok "$service: it runs under its profile"
	else
		not_ok "$service: it runs under its profile" "$OUT" "$ERR"
	fi
	is "$service: and nothing is denied" "$(denied)" ""
	delete
	# One that was recorded both times, at random, and that not everything needs.
	# Without rt_sigsuspend the shell asks for it without end.
	name=$(names "$PROFILES/$service.json" | grep -vxf "$TMP/base" | grep -xf "$TMP/again" |
		grep -vx rt_sigsuspend | shuf -n 1)
	grep -v "^ *\"$name\",\{0,1\}$" "$PROFILES/$service.json" >"$PROFILES/less.json"
	"$OCI_SECCOMP" check "$PROFILES/less.json" >"$TMP/out" 2>&1 || not_ok "the profile without $name" "$TMP/out"
	in_container "$service" "$KEY=Localhost/less.json" io.oci-seccomp.log=true
	delete
	like "$service: without $name" "$(denied)" "*$name *"
done
nothing_left "nothing is left"
done_testing
