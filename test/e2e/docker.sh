#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docker, by a daemon of its own, through the shim.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in dockerd docker containerd; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
: "${SHIM:=$TOP/build/cmd/oci-seccomp-runtime/oci-seccomp-runtime}"
KEY=io.oci-seccomp.profile

# Calls that neither runtime needs: what is loaded by it binds it as well.
deny_profile chmod.json chmod 99
deny_profile fchmod.json fchmod 99
printf '{"defaultAction": "SCMP_ACT_DENY"}\n' >"$PROFILES/bad.json"

cat >"$TMP/shim" <<END
#!/bin/sh
export OCI_SECCOMP_CONFIG="$CONFIG" OCI_SECCOMP_RUNTIME="$(command -v "$RUNTIME")"
exec "$SHIM" "\$@"
END
chmod 755 "$TMP/shim"

CGROUP=/oci-seccomp-e2e-$$
# Neither the daemon nor the client is to read what the machine has in /etc or in the user's home.
export DOCKER_HOST="unix://$TMP/docker.sock" DOCKER_CONFIG="$TMP/docker.client"
printf '{"runtimes": {"oci-seccomp": {"path": "%s"}}}\n' "$TMP/shim" >"$TMP/daemon.json"
dockerd --config-file "$TMP/daemon.json" --host "$DOCKER_HOST" --data-root "$TMP/docker" \
	--exec-root "$TMP/docker.exec" --pidfile "$TMP/docker.pid" --storage-driver vfs \
	--cgroup-parent "$CGROUP" --iptables=false --bridge=none >"$TMP/docker.log" 2>&1 &
DOCKERD=$!

docker() {
	timeout -k 5 60 docker "$@"
}

remove_all() {
	docker ps --all --quiet | while read -r name; do
		docker rm --force "$name" >/dev/null 2>&1
	done
}

# The daemon ends its containerd, but leaves its root mounted on itself.
script_clean_up() {
	[ -n "$DOCKERD" ] || return
	remove_all
	kill "$DOCKERD" 2>/dev/null
	wait "$DOCKERD" 2>/dev/null
	DOCKERD=
	! mountpoint -q "$TMP/docker" || umount "$TMP/docker"
	rmdir "/sys/fs/cgroup$CGROUP" /sys/fs/cgroup/*"$CGROUP" 2>/dev/null
}

OUT=$TMP/out ERR=$TMP/err
until_true 30 docker version >/dev/null 2>&1 || {
	not_ok "docker answers" "$TMP/docker.log"
	done_testing
}
tar -C "$ROOTFS" -cf - . | docker import - e2e >"$OUT" 2>"$ERR" || not_ok "docker import" "$ERR"

# start [OPTION]... -- ARGUMENT...: a container of the probe. Sets NAME and STATUS.
start() {
	CONTAINERS=$((CONTAINERS + 1))
	NAME=e2e-$CONTAINERS
	STATUS=0
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086
	docker run --detach --name "$NAME" --runtime oci-seccomp --network none $options e2e \
		/probe "$@" >"$OUT" 2>"$ERR" || STATUS=$?
}

logged() {
	docker logs "$NAME" >"$OUT" 2>>"$ERR" && grep -q '^ready' "$OUT"
}

# everywhere DESCRIPTION NAME=WANTED...: in the container and in what is exec'ed into it.
everywhere() {
	description=$1
	shift
	until_true 20 logged
	results "$description" "$@"
	: >"$OUT"
	# shellcheck disable=SC2046
	docker exec "$NAME" /probe $(printf '%s\n' "$@" | sed 's/=.*//') >"$OUT" 2>>"$ERR"
	results "$description, exec" "$@"
}

remove() {
	docker rm --force "$NAME" >/dev/null 2>&1
}

UNSET="--security-opt seccomp=unconfined"
LONG="ready sleep:60"
# shellcheck disable=SC2086
{
	start $UNSET -- socket-vsock socket-vsock-bit32 socket-inet $LONG
	is "a container starts" "$STATUS" 0
	everywhere "seccomp=unconfined: RuntimeDefault of the node" socket-vsock=EPERM \
		socket-vsock-bit32=EPERM socket-inet=passed
	remove

	node_config '"defaultProfile": "Localhost/chmod.json"'
	start -- chmod keyctl file $LONG
	everywhere "docker's own profile stays" chmod=passed keyctl=EPERM file=ok
	remove
	start $UNSET -- chmod keyctl file $LONG
	everywhere "seccomp=unconfined: a profile of the node" chmod=EADDRNOTAVAIL keyctl=passed file=ok
	docker restart --time 0 "$NAME" >/dev/null 2>>"$ERR"
	: >"$OUT"
	docker exec "$NAME" /probe chmod >"$OUT" 2>>"$ERR"
	results "restarted: an exec session" chmod=EADDRNOTAVAIL
	docker kill "$NAME" >/dev/null 2>>"$ERR"
	is "docker kill" "$(docker wait "$NAME")" 137
	docker logs "$NAME" >"$OUT" 2>>"$ERR"
	is "restarted: the container is bound both times" "$(grep -c '^chmod EADDRNOTAVAIL' "$OUT")" 2
	docker rm "$NAME" >"$OUT" 2>"$ERR"
	is "docker rm" "$(cat "$OUT")" "$NAME"

	start --security-opt "seccomp=$PROFILES/fchmod.json" -- chmod fchmod $LONG
	everywhere "seccomp=FILE stays" chmod=passed fchmod=EADDRNOTAVAIL
	remove

	node_config '"defaultProfile": "Localhost/chmod.json", "override": "always"'
	start -- chmod keyctl $LONG
	everywhere "override: docker's own profile is replaced" chmod=EADDRNOTAVAIL keyctl=passed
	remove
	start --security-opt "seccomp=$PROFILES/fchmod.json" -- chmod fchmod $LONG
	everywhere "override: seccomp=FILE is replaced" chmod=EADDRNOTAVAIL fchmod=passed
	remove

	node_config '"baseline": "Localhost/chmod.json"'
	start -- chmod keyctl socket-inet file $LONG
	everywhere "the baseline and docker's own profile" chmod=EADDRNOTAVAIL keyctl=EPERM \
		socket-inet=passed file=ok
	remove
	node_config '"baseline": "RuntimeDefault"'
	start -- keyctl socket-vsock socket-vsock-bit32 socket-inet chmod file $LONG
	everywhere "the baseline RuntimeDefault and docker's own profile" keyctl=EPERM \
		socket-vsock=EPERM socket-vsock-bit32=EPERM socket-inet=passed chmod=passed file=ok
	remove
}

# refused DESCRIPTION PATTERN OPTION...: docker shows what the shim says, and no container runs.
refused() {
	description=$1 pattern=$2
	shift 2
	start "$@" -- ready
	like "$description: the message" "$STATUS $(cat "$ERR")" "125 *oci-seccomp-runtime: container *$pattern"
	is "$description: no container runs" "$(docker ps --quiet)" ""
	remove
}

# shellcheck disable=SC2086
{
	node_config '"defaultProfile": "Localhost/none.json"'
	refused "a profile that is missing" "$PROFILES/none.json: there is no such profile*" $UNSET
	node_config '"defaultProfile": "Localhost/bad.json"'
	refused "a bad profile" "$PROFILES/bad.json:1:19: defaultAction: unknown action \"SCMP_ACT_DENY\"*" $UNSET
	node_config
}

# Since docker 24.
if printf '1.43\n%s\n' "$(docker version --format '{{.Server.APIVersion}}')" | sort -CV; then
	# shellcheck disable=SC2086
	start $UNSET --annotation "$KEY=Localhost/chmod.json" -- chmod file $LONG
	everywhere "a profile by annotation" chmod=EADDRNOTAVAIL file=ok
	remove
	# shellcheck disable=SC2086
	start --annotation "$KEY=Unconfined" -- keyctl file $LONG
	everywhere "an annotation does not take docker's profile away" keyctl=EPERM file=ok
	remove
	# shellcheck disable=SC2086
	refused "an annotation that names no profile" "annotation $KEY=\"Localhost/none.json\": *" \
		$UNSET --annotation "$KEY=Localhost/none.json"
fi

is "no container is left" "$(docker ps --all --quiet)" ""
script_clean_up
nothing_left "nothing is left"
done_testing
