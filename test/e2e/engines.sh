# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# podman, containerd and docker with directories of their own, for scripts that run containers of all
# of them side by side. Sourced behind lib.sh, whose RUNTIME they use, by REAL, its path; stop_engines
# belongs into script_clean_up.

: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
REAL=$(command -v "$RUNTIME")
CGROUP=/oci-seccomp-e2e-$$
PODMAN='' CONTAINERD='' DOCKERD=''
OPERATIONS='ready sleep:300' # of the probe in every container

cat >"$TMP/shim" <<END
#!/bin/sh
export OCI_SECCOMP_CONFIG="$CONFIG" OCI_SECCOMP_RUNTIME="$REAL"
exec "$SHIM" "\$@"
END
chmod 755 "$TMP/shim"

stop_engines() {
	[ -z "$PODMAN" ] || podman rm --all --force --time 0 >/dev/null 2>&1
	if [ -n "$CONTAINERD" ]; then
		for name in $(ctr container ls -q 2>/dev/null); do
			ctr task kill --signal KILL "$name" >/dev/null 2>&1
			until_true 10 task_gone "$name"
			ctr container rm "$name" >/dev/null 2>&1
		done
		kill "$CONTAINERD"
		wait "$CONTAINERD" 2>/dev/null
	fi
	[ -n "$DOCKERD" ] || return
	# shellcheck disable=SC2046
	docker rm --force $(docker ps --all --quiet) >/dev/null 2>&1
	kill "$DOCKERD"
	wait "$DOCKERD" 2>/dev/null
	! mountpoint -q "$TMP/docker" || umount "$TMP/docker"
	rmdir "/sys/fs/cgroup$CGROUP" /sys/fs/cgroup/*"$CGROUP" 2>/dev/null
}

# podman

podman() {
	timeout -k 5 60 podman --root "$TMP/podman" --runroot "$TMP/podman.run" --tmpdir "$TMP/podman.tmp" \
		--storage-driver vfs --cgroup-manager cgroupfs --runtime "$REAL" "$@"
}

# podman_run NAME OPTION...: prints its first process, which does OPERATIONS.
podman_run() {
	name=$1
	shift
	# shellcheck disable=SC2086
	podman run --detach --name "$name" --network none --ulimit nofile=1024:1024 \
		--ulimit nproc=1000:1000 "$@" --rootfs "$ROOTFS" /probe $OPERATIONS \
		>>"$TMP/out" 2>>"$TMP/err"
	podman inspect --format '{{.State.Pid}}' "$name"
}

# start_podman: whether it is installed.
start_podman() {
	command -v podman >/dev/null && PODMAN=yes
}

# containerd

ctr() {
	timeout -k 5 60 ctr --address "$TMP/containerd.sock" "$@"
}

# ctr_run NAME OPTION...: prints its first process, which does OPERATIONS.
ctr_run() {
	name=$1
	shift
	# shellcheck disable=SC2086
	ctr run --detach --runc-binary "$TMP/shim" "$@" --rootfs "$ROOTFS" "$name" /probe $OPERATIONS \
		>>"$TMP/out" 2>>"$TMP/err"
	ctr task ls | awk -v name="$name" '$1 == name { print $2 }'
}

task_gone() {
	ctr task rm "$1" >/dev/null 2>&1 || ! ctr task ls -q 2>/dev/null | grep -qx "$1"
}

containerd_answers() {
	ctr version >/dev/null 2>&1
}

start_containerd() {
	command -v containerd >/dev/null && command -v ctr >/dev/null || return 1
	cat >"$TMP/containerd.toml" <<-END
		version = 2
		root = "$TMP/containerd"
		state = "$TMP/containerd.state"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		  address = "$TMP/containerd.sock"
	END
	containerd --config "$TMP/containerd.toml" >"$TMP/containerd.log" 2>&1 &
	CONTAINERD=$!
	until_true 30 containerd_answers
}

# docker

docker() {
	DOCKER_CONFIG="$TMP/docker.client" timeout -k 5 60 docker --host "unix://$TMP/docker.sock" "$@"
}

# docker_run NAME OPTION...: prints its first process, which does OPERATIONS.
docker_run() {
	name=$1
	shift
	# shellcheck disable=SC2086
	docker run --detach --name "$name" --runtime e2e --network none "$@" e2e /probe $OPERATIONS \
		>>"$TMP/out" 2>>"$TMP/err"
	docker inspect --format '{{.State.Pid}}' "$name"
}

docker_answers() {
	docker version >/dev/null 2>&1
}

start_docker() {
	command -v dockerd >/dev/null && command -v docker >/dev/null || return 1
	printf '{"runtimes": {"e2e": {"path": "%s"}}}\n' "$REAL" >"$TMP/daemon.json"
	dockerd --config-file "$TMP/daemon.json" --host "unix://$TMP/docker.sock" --data-root "$TMP/docker" \
		--exec-root "$TMP/docker.exec" --pidfile "$TMP/docker.pid" --storage-driver vfs \
		--cgroup-parent "$CGROUP" --iptables=false --bridge=none >"$TMP/docker.log" 2>&1 &
	DOCKERD=$!
	until_true 30 docker_answers || return 1
	tar -C "$ROOTFS" -cf - . | docker import - e2e >>"$TMP/out" 2>>"$TMP/err"
}
