#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where the hook cannot confine a container, there is no container, and one message that says what
# is wrong, where, and what to do.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

KEY=io.oci-seccomp.profile
deny_profile good.json getppid 99

# The hook of every case: runs $TMP/command, which calls ours, and notes what came of it.
cat >"$TMP/hook" <<END
#!/bin/sh
sh "$TMP/command" 2>"$TMP/message"
status=\$?
echo "\$status" >"$TMP/status"
cat "$TMP/message" >&2
exit "\$status"
END
chmod 755 "$TMP/hook"

# The command of the next case, with our hook as "$HOOK --config ...".
command_is() {
	printf '%s\n' "$1" >"$TMP/command"
}
PLAIN="$HOOK --config $CONFIG"
command_is "$PLAIN"

# refused DESCRIPTION PATTERN... -- OPTION...: the container is not created; the message is one line
# that matches every pattern.
refused() {
	description=$1
	shift
	patterns=
	while [ "$1" != -- ]; do
		patterns="$patterns$1
"
		shift
	done
	shift
	rm -f "$TMP/message" "$TMP/status"
	bundle --hook createRuntime "$TMP/hook" "$@" -- /probe ready
	run
	wrong=
	[ "$STATUS" != 0 ] || wrong="the runtime reports success; "
	[ ! -s "$OUT" ] || wrong="${wrong}the program ran; "
	runtime state "$ID" >/dev/null 2>&1 && wrong="${wrong}the container exists; "
	[ "$(cat "$TMP/status")" = 1 ] || wrong="${wrong}exit status $(cat "$TMP/status"); "
	[ "$(wc -l <"$TMP/message")" = 1 ] || wrong="${wrong}not one line; "
	case $(cat "$TMP/message") in
	"oci-seccomp-hook: "*) ;;
	*) wrong="${wrong}no name of the program; " ;;
	esac
	while read -r pattern; do
		grep -qF -e "$pattern" "$TMP/message" || wrong="${wrong}no \"$pattern\"; "
	done <<-END
		${patterns%?}
	END
	if [ -z "$wrong" ]; then
		ok "$description"
	else
		not_ok "$description" "$wrong" "$TMP/message" "$ERR"
	fi
	delete
}

# What the operator of the runtime sees. crun drops what hooks say unless this annotation is there.
bundle --hook createRuntime "$PLAIN" --annotation "$KEY=Localhost/missing.json" \
	--annotation "run.oci.hooks.stderr=$TMP/hooks.log" -- /probe ready
run
like "the runtime passes the message on" "$(cat "$ERR" "$TMP/hooks.log" 2>/dev/null)" \
	'*oci-seccomp-hook: *missing.json*'
delete

# A host on which it cannot work.
SHIM=oci-seccomp-runtime
command_is "setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace $PLAIN"
refused "no CAP_SYS_PTRACE" CAP_SYS_PTRACE "$SHIM" --
command_is "setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin $PLAIN"
refused "no CAP_SYS_ADMIN" CAP_SYS_ADMIN "$SHIM" --
command_is "$SECCOMP_SELF $PLAIN"
refused "under a seccomp filter itself" "seccomp filter" "$SHIM" --
command_is "unshare --user --map-root-user $PLAIN"
refused "in a user namespace" "user namespace" "$SHIM" --
command_is "setpriv --reuid=65534 --clear-groups $PLAIN"
refused "an unprivileged user" "$SHIM" --

# Profiles.
command_is "$PLAIN"
refused "a profile that is missing" "annotation $KEY=\"Localhost/none.json\"" \
	"$PROFILES/none.json" "put the file there" -- --annotation "$KEY=Localhost/none.json"
printf '{\n  "defaultAction": "SCMP_ACT_ALLOW",,\n}\n' >"$PROFILES/bad.json"
refused "bad JSON" "annotation $KEY=\"Localhost/bad.json\"" "$PROFILES/bad.json:2:" -- \
	--annotation "$KEY=Localhost/bad.json"
printf '{\n  "defaultAction": "SCMP_ACT_DENY"\n}\n' >"$PROFILES/action.json"
refused "an unknown action" "$PROFILES/action.json:2:" SCMP_ACT_DENY "did you mean" -- \
	--annotation "$KEY=Localhost/action.json"
: >"$PROFILES/empty.json"
refused "an empty file" "$PROFILES/empty.json" -- --annotation "$KEY=Localhost/empty.json"
refused "../" "annotation $KEY=\"Localhost/../good.json\"" '".."' "below $PROFILES" -- \
	--annotation "$KEY=Localhost/../good.json"
refused "../ further down" '".."' "below $PROFILES" -- --annotation "$KEY=Localhost/a/../good.json"
refused "an absolute path" "absolute" "relative to $PROFILES" -- \
	--annotation "$KEY=Localhost/$PROFILES/good.json"
refused "no path" "annotation $KEY" "Localhost/<path" -- --annotation "$KEY=Localhost/"
cp "$PROFILES/good.json" "$TMP/outside.json"
ln -s ../outside.json "$PROFILES/relative.json"
ln -s "$TMP/outside.json" "$PROFILES/absolute.json"
ln -s .. "$PROFILES/up"
refused "a relative symbolic link out of the root" "$PROFILES/relative.json" "symbolic link" \
	"copy the profile below" -- --annotation "$KEY=Localhost/relative.json"
refused "an absolute symbolic link out of the root" "$PROFILES/absolute.json" "symbolic link" \
	"copy the profile below" -- --annotation "$KEY=Localhost/absolute.json"
refused "a folder that leads out of the root" "$PROFILES/up/outside.json" "symbolic link" \
	"copy the profile below" -- --annotation "$KEY=Localhost/up/outside.json"
mkfifo "$PROFILES/fifo.json"
refused "a FIFO" "$PROFILES/fifo.json" "regular file" -- --annotation "$KEY=Localhost/fifo.json"
mkdir "$PROFILES/folder.json"
refused "a folder" "$PROFILES/folder.json" "regular file" -- \
	--annotation "$KEY=Localhost/folder.json"
{
	cat "$PROFILES/good.json"
	head -c 2097152 /dev/zero | tr '\0' ' '
} >"$PROFILES/large.json"
refused "a profile of 2 MiB" "$PROFILES/large.json" "1024 KiB" -- \
	--annotation "$KEY=Localhost/large.json"
cp "$PROFILES/good.json" "$PROFILES/world.json"
chmod 646 "$PROFILES/world.json"
refused "a profile that others can write" "$PROFILES/world.json" chmod -- \
	--annotation "$KEY=Localhost/world.json"
cp "$PROFILES/good.json" "$PROFILES/group.json"
chmod 664 "$PROFILES/group.json"
refused "a profile that the group can write" "$PROFILES/group.json" chmod -- \
	--annotation "$KEY=Localhost/group.json"

# Profiles that ask an agent. notify_profile NAME LISTENER-MEMBER
notify_profile() {
	printf '{"defaultAction": "SCMP_ACT_ALLOW",%s
 "syscalls": [{ "names": ["mknod"], "action": "SCMP_ACT_NOTIFY" }]}\n' "$2" >"$PROFILES/$1"
}
notify_profile nowhere.json ""
notify_profile notify.json "\"listenerPath\": \"$TMP/agent.socket\","
notify_profile near.json '"listenerPath": "agent.socket",'
notify_profile long.json "\"listenerPath\": \"/$(printf '%0107d' 0)\","
refused "a profile that notifies without listenerPath" "$PROFILES/nowhere.json:1:1" listenerPath -- \
	--annotation "$KEY=Localhost/nowhere.json"
refused "a listenerPath that is relative" "$PROFILES/near.json" "not an absolute path" -- \
	--annotation "$KEY=Localhost/near.json"
refused "a listenerPath that is too long" "$PROFILES/long.json" "at most 107" -- \
	--annotation "$KEY=Localhost/long.json"
refused "an agent that is not there" "$PROFILES/notify.json" "$TMP/agent.socket" \
	"start the agent" -- --annotation "$KEY=Localhost/notify.json"
node_config '"baseline": "Localhost/notify.json"'
refused "profile and baseline both notify" "$PROFILES/near.json" "$PROFILES/notify.json" \
	"one listener" -- --annotation "$KEY=Localhost/near.json"
node_config

# Annotations.
refused "an unknown value" "annotation $KEY=\"RuntimeDefualt\"" RuntimeDefault "Localhost/<path" \
	Unconfined -- --annotation "$KEY=RuntimeDefualt"
refused "an empty value" "annotation $KEY=\"\"" RuntimeDefault "Localhost/<path" Unconfined -- \
	--annotation "$KEY="
refused "a named container: its profile is missing" 'container "app" (oci-seccomp-e2e-' \
	"annotation $KEY/app=\"Localhost/none.json\"" "$PROFILES/none.json" -- \
	--annotation io.kubernetes.cri.container-name=app \
	--annotation "$KEY/app=Localhost/none.json" --annotation "$KEY=RuntimeDefault"
refused "a named container: an unknown value" 'container "app" (oci-seccomp-e2e-' \
	"annotation $KEY/app=\"no\"" -- --annotation io.kubernetes.cri.container-name=app \
	--annotation "$KEY/app=no" --annotation "$KEY=RuntimeDefault"
# With "compat" a crun that is built with WebAssembly fails before its hooks where wasmedge is missing.
refused "a container that the runtime runs without execve" module.wasm.image/variant "$SHIM" -- \
	--annotation module.wasm.image/variant=compat-smart
refused "a program that crun would load in place of the engine's profile" \
	"annotation run.oci.seccomp_bpf_data: crun would load this program" -- \
	--seccomp "$PROFILES/good.json" --annotation run.oci.seccomp_bpf_data=BgAAAAAA/38=

# crun takes a handler that runs the container itself from the name it is started by. runc has none,
# so that with it only the hook can stop this container.
if [ "$RUNTIME" = runc ]; then
	ln -s "$(command -v runc)" "$TMP/krun"
	RUNTIME=$TMP/krun
	refused "a runtime that is started as krun" 'started as "krun"' "$SHIM" --
	RUNTIME=runc
fi

# The node configuration.
node_config '"unconfined": "deny"'
refused "Unconfined where the node denies it" "annotation $KEY=\"Unconfined\"" "$CONFIG" -- \
	--annotation "$KEY=Unconfined"
node_config '"baseline": "Localhost/none.json"'
refused "a baseline that is missing, even under Unconfined" baseline "$PROFILES/none.json" -- \
	--annotation "$KEY=Unconfined"
node_config '"defaultProfil": "Unconfined"'
refused "an unknown key" "$CONFIG:1:" defaultProfil "did you mean" --
rm "$CONFIG"
refused "a node configuration that is missing" "$CONFIG" --
# Where none is named, the node's own need not be there; a link that leads nowhere is.
mkdir "$TMP/etc"
mount --bind "$TMP/etc" /etc
mkdir /etc/oci-seccomp
"$OCI_SECCOMP" cache list >"$OUT" 2>&1
is "no node configuration" "$?" 0
ln -s /gone/config.json /etc/oci-seccomp/config.json
like "a node configuration whose link leads nowhere" "$("$OCI_SECCOMP" cache list 2>&1; echo $?)" \
	"oci-seccomp: node configuration /etc/oci-seccomp/config.json: cannot open: No such file*1"
umount /etc
node_config
chmod 666 "$CONFIG"
refused "a node configuration that others can write" "$CONFIG" chmod --
node_config
chmod 644 "$CONFIG"

# What the runtime tells.
command_is "$PLAIN </dev/null"
refused "an empty standard input" "standard input" "state of the container" --
command_is "head -c 30 | $PLAIN"
refused "a truncated state" "standard input" --
command_is "echo null | $PLAIN"
refused "a state that is none" "standard input" --
# A number that no process has any more.
command_is "sed 's/\"pid\": *[0-9]*/\"pid\": '\"\$(sh -c 'echo \$\$')\"'/' | $PLAIN"
refused "a pid that is gone" process --
command_is "sed 's/\"pid\": *[0-9]*/\"pid\": '\"\$\$\"'/' | $PLAIN"
refused "the pid of a process that is no container" "no mount namespace of its own" "$SHIM" --
mkdir "$TMP/bare"
command_is "sed 's|\"bundle\": *\"[^\"]*\"|\"bundle\": \"$TMP/bare\"|' | $PLAIN"
refused "a bundle without config.json" "$TMP/bare/config.json" --
printf '{"ociVersion": "1.0.2", "annotations": {' >"$TMP/bare/config.json"
refused "a bundle with a broken config.json" "$TMP/bare/config.json" --
command_is "sed 's/\"status\": *\"[a-z]*\"/\"status\": \"running\"/' | $PLAIN"
refused "a container that runs already" running createRuntime prestart --
command_is "tee $TMP/kept | $PLAIN && $PLAIN <$TMP/kept"
refused "the hook registered twice" "already traces" --

# Wrong usage.
command_is "$PLAIN poststart"
rm -f "$TMP/status"
bundle --hook createRuntime "$TMP/hook" -- /probe ready
run
is "another stage: exit status" "$(cat "$TMP/status")" 2
is "another stage: the container is not created" "$((STATUS != 0))$(cat "$OUT")" 1
delete

nothing_left "nothing is left"
done_testing
