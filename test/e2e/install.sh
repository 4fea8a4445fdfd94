#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp install and uninstall: beneath a root, then with the engines themselves.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
: "${INSTALLED_HOOK:=/usr/local/libexec/oci-seccomp/oci-seccomp-hook}"
: "${INSTALLED_SHIM:=/usr/local/bin/oci-seccomp-runtime}"
KEY=io.oci-seccomp.profile
ROOT=$TMP/root
OUT=$TMP/out ERR=$TMP/err
mkdir "$ROOT"

script_clean_up() {
	[ -z "${PODMAN:-}" ] || podman rm --all --force --time 0 >/dev/null 2>&1
	[ -z "${DAEMON:-}" ] || stop_daemon
	umount -l "$TMP/layers" 2>/dev/null
}

# command_in_root VERB ARGUMENT...: sets STATUS.
command_in_root() {
	STATUS=0
	"$OCI_SECCOMP" "$@" --root "$ROOT" >"$OUT" 2>"$ERR" || STATUS=$?
}

# Every file with its mode, owner and bytes; the programs do not change.
snapshot() {
	find "$ROOT" -path "$ROOT/usr" -prune -o -type l -printf '%p %l\n' \
		-o -type f -printf '%p %m %u ' -exec cksum {} \; | sort
}

# cycle DESCRIPTION FILE ENGINE...: all that holds for every engine.
cycle() {
	what=$1 file=$ROOT$2
	shift 2
	before=$(snapshot)
	command_in_root install "$@" --dry-run
	like "$what: a dry run says what it would write" "$STATUS $(cat "$OUT")" "0 would write $file?@@ *"
	is "$what: a dry run changes nothing" "$(snapshot)" "$before"
	command_in_root install "$@"
	like "$what: install" "$STATUS $(cat "$OUT" "$ERR")" "0 wrote $file*"
	after=$(snapshot)
	cp "$file" "$TMP/installed"
	command_in_root install "$@"
	like "$what: a second time" "$STATUS $(cat "$OUT" "$ERR")" "0 unchanged $file*"
	command_in_root uninstall "$@" --dry-run
	like "$what: a dry run of uninstall" "$STATUS $(cat "$OUT")" "0 would * $file?@@ *"
	is "$what: neither changes anything" "$(snapshot)" "$after"
	command_in_root uninstall "$@"
	is "$what: uninstall" "$STATUS" 0
	is "$what: every byte is as before" "$(snapshot)" "$before"
	command_in_root uninstall "$@"
	like "$what: uninstall a second time" "$STATUS $(cat "$OUT" "$ERR")" "0 unchanged $file*"
}

# refused DESCRIPTION PATTERN VERB ENGINE...: and nothing is changed.
refused() {
	what=$1 pattern=$2
	shift 2
	before=$(snapshot)
	command_in_root "$@"
	# shellcheck disable=SC2254
	like "$what" "$STATUS $(cat "$ERR")" "1 oci-seccomp: $pattern"
	is "$what: nothing is changed" "$(snapshot)" "$before"
}

for engine in podman crio docker; do
	refused "$engine: the programs are not there" "$ROOT/*: there is no such program; *" install "$engine"
done
mkdir -p "$ROOT$(dirname "$INSTALLED_HOOK")" "$ROOT$(dirname "$INSTALLED_SHIM")"
cp "$HOOK" "$ROOT$INSTALLED_HOOK"
cp "$SHIM" "$ROOT$INSTALLED_SHIM"

# podman
PODMAN_FILE=/etc/containers/oci/hooks.d/oci-seccomp-precreate.json
cycle podman "$PODMAN_FILE" podman
is "podman: the file" "$("$PYTHON" -c 'import json, sys
hook = json.load(open(sys.argv[1]))
print(hook["hook"]["path"], *hook["hook"]["args"], *hook["stages"])' "$TMP/installed")" \
	"$INSTALLED_HOOK oci-seccomp-hook precreate precreate"
sed 's|"/[^"]*/oci-seccomp-hook"|"/elsewhere/oci-seccomp-hook"|' "$TMP/installed" >"$ROOT$PODMAN_FILE"
command_in_root install podman
is "podman: a file of another installation is brought up to date" "$(cat "$ROOT$PODMAN_FILE")" \
	"$(cat "$TMP/installed")"
sed 's/"hook": {/&"env": ["OCI_SECCOMP_CONFIG=\/etc\/strict.json"], /' "$TMP/installed" >"$ROOT$PODMAN_FILE"
is "podman: the file is changed" "$(grep -c strict.json "$ROOT$PODMAN_FILE")" 1
refused "podman: a file that was changed" "$ROOT$PODMAN_FILE: is not what oci-seccomp install writes; *" \
	install podman
sed 's/precreate/createRuntime/' "$TMP/installed" >"$ROOT$PODMAN_FILE"
refused "podman: somebody else's file" "$ROOT$PODMAN_FILE: is not what oci-seccomp install writes; *" \
	install podman
refused "podman: uninstall leaves it" "$ROOT$PODMAN_FILE: is not what *" uninstall podman
echo '{"version": ' >"$ROOT$PODMAN_FILE"
refused "podman: a file that is no JSON" "$ROOT$PODMAN_FILE:2:1: *" install podman
rm "$ROOT$PODMAN_FILE"

mkdir -p "$ROOT/etc/containers/containers.conf.d"
# hooks_dir MISSING NAME=TEXT...: whether install says that podman does not read the directory.
hooks_dir() {
	missing=$1
	shift
	for pair; do
		printf '%b' "${pair#*=}" >"$ROOT/etc/containers/${pair%%=*}"
	done
	command_in_root install podman --dry-run
	is "podman: hooks_dir: $*" "$(grep -c '^Left to do: podman' "$OUT")" "$missing"
	rm -f "$ROOT/etc/containers/containers.conf" "$ROOT/etc/containers/containers.conf.d"/*
}
OURS='"/etc/containers/oci/hooks.d"'
hooks_dir 1 containers.conf='[engine]\n#hooks_dir = [\n'
hooks_dir 0 containers.conf="[engine]\nhooks_dir = [\n '/x', $OURS ]\n"
hooks_dir 1 containers.conf="[network]\nhooks_dir = [$OURS]\n"
hooks_dir 0 containers.conf.d/a.conf="engine.hooks_dir = [$OURS]"
hooks_dir 1 containers.conf="[engine]\nhooks_dir = [$OURS]" containers.conf.d/a.conf='[engine]\nhooks_dir = []'
hooks_dir 0 containers.conf="[engine]\nhooks_dir = [$OURS]" \
	containers.conf.d/a.conf='[engine]\nhooks_dir = ["/x", {append=true}]'
hooks_dir 1 containers.conf.d/a.conf="[engine]\nhooks_dir = [$OURS]" \
	containers.conf.d/b.conf='[engine]\nhooks_dir = ["/x"]'
echo '[engine' >"$ROOT/etc/containers/containers.conf"
refused "podman: a containers.conf that is no TOML" "$ROOT/etc/containers/containers.conf:1: *" \
	install podman
rm "$ROOT/etc/containers/containers.conf"

mkdir -p "$ROOT/etc/crio/crio.conf.d"
printf '[crio.runtime]\nhooks_dir = [%s]\n' "$OURS" >"$ROOT/etc/crio/crio.conf.d/x.conf"
refused "podman: CRI-O would not start" "$ROOT/etc/containers/oci/hooks.d: CRI-O is configured *" \
	install podman
rm "$ROOT/etc/crio/crio.conf.d/x.conf"

# CRI-O
CRIO_FILE=/etc/crio/crio.conf.d/20-oci-seccomp.conf
cycle crio "$CRIO_FILE" crio
is "crio: the file is TOML and names the shim" "$("$PYTHON" -c 'import sys, tomllib
print(tomllib.load(open(sys.argv[1], "rb"))["crio"]["runtime"]["runtimes"])' "$TMP/installed")" \
	"{'oci-seccomp': {'runtime_path': '$INSTALLED_SHIM', 'runtime_type': 'oci'}}"
echo '[crio]' >"$ROOT$CRIO_FILE"
refused "crio: somebody else's file" "$ROOT$CRIO_FILE: is not what *" install crio
rm "$ROOT$CRIO_FILE"

# docker
DOCKER_FILE=/etc/docker/daemon.json
cycle "docker, no file" "$DOCKER_FILE" docker
for text in '{}' '{}\n' '{ "runtimes" : { } }' '{"runtimes":null,"a":18446744073709551616}' \
	'{\r\n\t"debug": true,\r\n\t"runtimes": {\r\n\t\t"x": {"path": "/x"}\r\n\t}\r\n}\r\n'; do
	# shellcheck disable=SC2059
	printf "$text" >"$ROOT$DOCKER_FILE"
	chmod 640 "$ROOT$DOCKER_FILE"
	cycle "docker, $text" "$DOCKER_FILE" docker
done
is "docker: what was there is kept" "$("$PYTHON" -c 'import json, sys
print(json.load(open(sys.argv[1])))' "$TMP/installed")" \
	"{'debug': True, 'runtimes': {'x': {'path': '/x'}, 'oci-seccomp': {'path': '$INSTALLED_SHIM'}}}"
echo '{"runtimes": {"oci-seccomp": {"path": "/usr/bin/runc"}}}' >"$ROOT$DOCKER_FILE"
refused "docker: somebody else's runtime of that name" "$ROOT$DOCKER_FILE:1:30: *" install docker
refused "docker: uninstall leaves it" "$ROOT$DOCKER_FILE:1:30: *" uninstall docker
printf '{"runtimes": {"oci-seccomp": {"path": "%s"}},\n "default-runtime": "oci-seccomp"}\n' \
	"$INSTALLED_SHIM" >"$ROOT$DOCKER_FILE"
refused "docker: uninstall of the default" "$ROOT$DOCKER_FILE:2:21: default-runtime is oci-seccomp*" \
	uninstall docker
printf '{\n "a": 1, // no comments\n}\n' >"$ROOT$DOCKER_FILE"
refused "docker: a file that is no JSON" "$ROOT$DOCKER_FILE:2:10: not valid JSON: *" install docker
rm "$ROOT$DOCKER_FILE"
ln -s /etc/other.json "$ROOT$DOCKER_FILE"
refused "docker: a symbolic link" "$ROOT$DOCKER_FILE: is a symbolic link*" install docker
rm "$ROOT$DOCKER_FILE"
rmdir "$ROOT/etc/docker"
mkdir "$TMP/outside" "$ROOT/inside"
ln -s "$TMP/outside" "$ROOT/etc/docker"
command_in_root install docker
is "a directory that leads out of the root" "$STATUS $(ls "$TMP/outside")" "1 "
ln -sfn /inside "$ROOT/etc/docker"
command_in_root install docker
is "a directory that leads to another beneath the root" "$STATUS $(ls "$ROOT/inside")" "0 daemon.json"

# containerd
MAIN=$ROOT/etc/containerd/config.toml
refused "containerd: no configuration, no version" "$MAIN: there is no such file*" install containerd
mkdir -p "$ROOT/etc/containerd"
for version in 2 3; do
	printf 'version = %s\nimports = ["/etc/containerd/conf.d/*.toml"]\n' $version >"$MAIN"
	cycle "containerd, version $version" /etc/containerd/conf.d/oci-seccomp.toml containerd
	plugin=io.containerd.grpc.v1.cri
	[ $version = 2 ] || plugin=io.containerd.cri.v1.runtime
	is "containerd, version $version: the file" "$("$PYTHON" -c 'import sys, tomllib
file = tomllib.load(open(sys.argv[1], "rb"))
runtime = file["plugins"][sys.argv[2]]["containerd"]["runtimes"]["oci-seccomp"]
print(file["version"], runtime["runtime_type"], runtime["options"], len(runtime["pod_annotations"]))' \
		"$TMP/installed" $plugin)" "$version io.containerd.runc.v2 {'BinaryName': '$INSTALLED_SHIM'} 7"
done
echo 'version = 3' >"$MAIN"
command_in_root install containerd --dry-run
like "containerd: the line that is missing" "$(cat "$OUT")" \
	"*Left to do: add this line to $MAIN, above its first table:*imports = \[\"/etc/containerd/conf.d/\*.toml\"\]*"
printf 'version = 3\nimports = ["/etc/containerd/extra/*"]\n' >"$MAIN"
cycle "containerd: another folder" /etc/containerd/extra/oci-seccomp.toml containerd
printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n' >"$MAIN"
refused "containerd: version 2 with a section of its own" "$MAIN:2: has settings of the CRI plugin*" \
	install containerd
# What it prints is what makes it good, wherever it is.
sed -n '/^\[plugins/,$p' "$OUT" >>"$MAIN"
before=$(snapshot)
command_in_root install containerd
like "containerd: the lines added by hand" "$STATUS $(cat "$OUT")" "0 unchanged $MAIN*"
is "containerd: the lines added by hand stay" "$(snapshot)" "$before"
refused "containerd: uninstall leaves them" "$MAIN:*: has the runtime handler oci-seccomp*" \
	uninstall containerd
printf 'version = 2\nimports = ["/etc/containerd/extra/*"]\n' >"$MAIN"
printf '[plugins."io.containerd.grpc.v1.cri".cni]\n' >"$ROOT/etc/containerd/extra/cni.toml"
refused "containerd: version 2 with a section in another file" "$ROOT/etc/containerd/extra/cni.toml:1: *" \
	install containerd
like "containerd: it is the file to add to" "$(cat "$OUT")" \
	"Left to do: add these lines to $ROOT/etc/containerd/extra/cni.toml, *"
printf 'version = 2\n[plugins\n' >"$MAIN"
refused "containerd: a file that is no TOML" "$MAIN:2: *" install containerd
refused "containerd: uninstall, too" "$MAIN:2: *" uninstall containerd

# Bundles
mkdir "$ROOT/bundle"
for text in '{}' '{"hooks":{}}' '{"hooks" : null }\n' '{"hooks":{"createRuntime":[ ]}}' \
	'{"hooks":{"createRuntime":[{"path":"/bin/x"}]},"n":1e400}' '{\r\n "a": 1\r\n}\r\n'; do
	# shellcheck disable=SC2059
	printf "$text" >"$ROOT/bundle/config.json"
	chmod 600 "$ROOT/bundle/config.json"
	cycle "bundle, $text" /bundle/config.json bundle /bundle
done
printf '{\n "a": 1,\n "hooks": null\n}\n' >"$ROOT/bundle/config.json"
command_in_root install bundle bundle
sed -i 's/"a": 1/"b": [], "a": 2/' "$ROOT/bundle/config.json"
command_in_root uninstall bundle bundle
is "bundle: what others changed meanwhile stays" "$(cat "$ROOT/bundle/config.json")" \
	"$(printf '{\n "b": [], "a": 2,\n "hooks": null\n}')"
refused "bundle: none" "$ROOT/none/config.json: there is no such file*" install bundle /none
printf '{"hooks":{"prestart":[{"path":"/x/oci-seccomp-hook"}]}}' >"$ROOT/bundle/config.json"
refused "bundle: another hook" "$ROOT/bundle/config.json:1:23: starts an oci-seccomp-hook already*" \
	install bundle bundle
printf '{"hooks":{"createRuntime":{}}}' >"$ROOT/bundle/config.json"
refused "bundle: hooks of another shape" \
	"$ROOT/bundle/config.json:1:27: hooks.createRuntime: must be an array*" install bundle bundle

# The usage
for arguments in '' 'rkt' 'bundle' 'podman docker' '--what podman'; do
	STATUS=0
	# shellcheck disable=SC2086
	"$OCI_SECCOMP" install $arguments >"$OUT" 2>"$ERR" || STATUS=$?
	like "wrong usage: \"$arguments\"" "$STATUS $(cat "$ERR")" "2 *Usage: oci-seccomp install *"
done

# From here on this machine's own /etc and prefix, as this script sees them: with layers above.
mkdir "$TMP/layers"
mount -t tmpfs none "$TMP/layers"
layer() {
	mkdir -p "$TMP/layers$1/upper" "$TMP/layers$1/work"
	mount -t overlay -o "lowerdir=$1,upperdir=$TMP/layers$1/upper,workdir=$TMP/layers$1/work" none "$1"
}
PREFIX=$(dirname "$(dirname "$INSTALLED_SHIM")")
if ! layer /etc || ! layer "$PREFIX"; then
	skip "the engines with what is installed" "no overlay can be mounted"
	done_testing
fi
mkdir -p "$(dirname "$INSTALLED_HOOK")" "$(dirname "$INSTALLED_SHIM")" /etc/oci-seccomp
cp "$HOOK" "$INSTALLED_HOOK"
cp "$SHIM" "$INSTALLED_SHIM"
cp "$CONFIG" /etc/oci-seccomp/config.json
rm -rf /etc/containerd /etc/docker /etc/containers/oci
# A call that neither runtime needs: what is loaded by it binds it as well.
deny_profile chmod.json chmod 99

# on_host VERB ENGINE...
on_host() {
	STATUS=0
	"$OCI_SECCOMP" "$@" >"$TMP/out" 2>"$TMP/err" || STATUS=$?
}

# A bundle by hand
bundle --annotation "$KEY=Localhost/chmod.json" -- /probe chmod file ready
cp "$BUNDLE/config.json" "$TMP/config.json"
on_host install bundle "$BUNDLE"
run
results "a bundle after install is confined" chmod=EADDRNOTAVAIL file=ok ready=ok
on_host uninstall bundle "$BUNDLE"
cmp -s "$BUNDLE/config.json" "$TMP/config.json"
is "a bundle after uninstall is what it was" $? 0
run
results "a bundle after uninstall is not confined" chmod=ok

# podman, which looks into /etc by itself
PODMAN=$(command -v podman)
podman() {
	timeout -k 5 60 "$PODMAN" --root "$TMP/podman" --runroot "$TMP/podman.run" --tmpdir "$TMP/podman.tmp" \
		--storage-driver vfs --cgroup-manager cgroupfs --runtime "$(command -v "$RUNTIME")" "$@"
}
# podman_probe OPTION...
podman_probe() {
	podman run --detach --name "e2e-$$" --network none --ulimit nofile=1024:1024 \
		--ulimit nproc=1000:1000 --security-opt seccomp=unconfined \
		--annotation "$KEY=Localhost/chmod.json" --rootfs "$ROOTFS" /probe sleep:60 >"$TMP/id" 2>"$ERR"
	podman exec "e2e-$$" /probe chmod file >"$OUT" 2>>"$ERR"
	SECCOMP=$(field "$(podman inspect --format '{{.State.Pid}}' "e2e-$$" 2>>"$ERR")" Seccomp)
	podman rm --force --time 0 "e2e-$$" >/dev/null 2>&1
}
stop_daemon() {
	kill "$DAEMON" 2>/dev/null
	wait "$DAEMON" 2>/dev/null
	DAEMON=
}
OUT=$TMP/out ERR=$TMP/err
if [ -n "$PODMAN" ]; then
	rm -f /etc/containers/containers.conf.d/*
	echo '# empty' >/etc/containers/containers.conf
	on_host install podman
	like "podman: what is missing is said" "$(cat "$TMP/out")" "*Left to do: *hooks_dir = *"
	sed -n '/^\[engine\]/,/^hooks_dir/p' "$TMP/out" >>/etc/containers/containers.conf
	on_host install podman
	is "podman: once it is there, no more" "$(grep 'Left to do' "$TMP/out")" ""
	podman_probe
	is "podman after install: the container is confined" "$SECCOMP" 2
	results "podman after install: so is an exec session" chmod=EADDRNOTAVAIL file=ok
	on_host uninstall podman
	podman_probe
	is "podman after uninstall: the container is not" "$SECCOMP" 0
	results "podman after uninstall: nor is an exec session" chmod=ok
else
	skip "podman with what is installed" "podman is not installed"
fi

# containerd
if command -v containerd >/dev/null && command -v ctr >/dev/null; then
	case $(containerd --version) in
	*' 1.'* | *' v1.'*) version=2 plugin=io.containerd.grpc.v1.cri ;;
	*) version=3 plugin=io.containerd.cri.v1.runtime ;;
	esac
	on_host install containerd --dry-run
	like "containerd itself says its version" "$STATUS $(cat "$OUT")" "0 *version = $version*"
	mkdir -p /etc/containerd
	cat >/etc/containerd/config.toml <<-END
		version = $version
		imports = ["/etc/containerd/conf.d/*.toml"]
		root = "$TMP/containerd"
		state = "$TMP/containerd.state"
		oom_score = -7
		[grpc]
		  address = "$TMP/containerd.sock"
	END
	on_host install containerd
	containerd config dump >"$TMP/dump" 2>"$ERR"
	is "containerd after install: its whole configuration" "$("$PYTHON" -c 'import sys, tomllib
dump = tomllib.load(open(sys.argv[1], "rb"))
containerd = dump["plugins"][sys.argv[2]]["containerd"]
runtimes = containerd["runtimes"]
print(dump["oom_score"], containerd["default_runtime_name"], *sorted(runtimes))
print(runtimes["oci-seccomp"]["options"]["BinaryName"], runtimes["runc"]["runtime_type"])
' "$TMP/dump" $plugin 2>&1)" "-7 runc oci-seccomp runc
$INSTALLED_SHIM io.containerd.runc.v2"
	containerd >"$TMP/log" 2>&1 &
	DAEMON=$!
	until_true 30 ctr --address "$TMP/containerd.sock" version >/dev/null 2>&1
	ctr --address "$TMP/containerd.sock" plugins ls >"$OUT" 2>"$ERR"
	stop_daemon
	is "containerd after install: its CRI plugin runs" "$(awk '$1 ~ /grpc/ && $2 == "cri" { print $NF }' "$OUT")" ok
	on_host uninstall containerd
	is "containerd after uninstall" "$(containerd config dump 2>/dev/null | grep -c 'runtimes.oci-seccomp')" 0
else
	skip "containerd with what is installed" "containerd is not installed"
fi

# docker
if command -v dockerd >/dev/null && command -v docker >/dev/null; then
	mkdir /etc/docker
	cat >/etc/docker/daemon.json <<-END
		{
		  "data-root": "$TMP/docker", "exec-root": "$TMP/docker.exec",
		  "pidfile": "$TMP/docker.pid", "hosts": ["unix://$TMP/docker.sock"],
		  "bridge": "none", "iptables": false, "storage-driver": "vfs",
		  "labels": ["kept=yes"]
		}
	END
	cp /etc/docker/daemon.json "$TMP/daemon.json"
	on_host install docker
	dockerd >"$TMP/log" 2>&1 &
	DAEMON=$!
	until_true 30 docker --host "unix://$TMP/docker.sock" version >/dev/null 2>&1
	docker --host "unix://$TMP/docker.sock" info --format \
		'{{(index .Runtimes "oci-seccomp").Path}} {{.Labels}}' >"$OUT" 2>&1
	stop_daemon
	is "docker after install knows the runtime" "$(cat "$OUT")" "$INSTALLED_SHIM [kept=yes]"
	on_host uninstall docker
	cmp -s /etc/docker/daemon.json "$TMP/daemon.json"
	is "docker after uninstall: daemon.json is what it was" $? 0
else
	skip "docker with what is installed" "docker is not installed"
fi

nothing_left "nothing is left"
done_testing
