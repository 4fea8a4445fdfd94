#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Other hooks of the container: the filter binds those of the image, not those of the host.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

KEY=io.oci-seccomp.profile
deny_profile ppid.json getppid 99

for stage in createRuntime prestart; do
	bundle --hook "$stage" "$HOOK --config $CONFIG" -- /probe socket-vsock ready
	run
	is "$stage, told by the state: exit status" "$STATUS" 0
	results "$stage, told by the state: verdicts" socket-vsock=EPERM ready=ok
	bundle --hook "$stage" "$HOOK --config $CONFIG $stage" -- /probe socket-vsock ready
	run
	is "$stage, told by an argument: exit status" "$STATUS" 0
	results "$stage, told by an argument: verdicts" socket-vsock=EPERM ready=ok
done

# A program of the host that prepares the image, as the NVIDIA one does. RuntimeDefault denies it
# mount, and pair.json nearly everything.
cat >"$PROFILES/pair.json" <<'END'
{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [{ "names": ["exit_group", "faccessat", "write"], "action": "SCMP_ACT_ALLOW" }]
}
END
cat >"$TMP/prepare" <<END
#!/bin/sh
exec >"$TMP/prepare.log" 2>&1
cat >/dev/null
mount -t tmpfs none "$ROOTFS/mnt" || exit 1
echo mounted >"$ROOTFS/mnt/mounted"
sed -n 's/^\(Seccomp\|TracerPid\):[[:space:]]*/\1 /p' /proc/self/status
END
chmod 755 "$TMP/prepare"
for profile in RuntimeDefault Localhost/pair.json; do
	confined --hook createContainer "$TMP/prepare" --annotation "$KEY=$profile" \
		-- /probe exists:/mnt/mounted umask mount
	run
	is "createContainer hook that mounts, $profile: exit status" "$STATUS" 0
	results "createContainer hook that mounts, $profile: the container sees it" \
		exists:/mnt/mounted=ok mount=EPERM
	is "createContainer hook that mounts, $profile: nothing of it on the host" \
		"$(ls "$ROOTFS/mnt")" ""
done

# A program of the image, executed below the image's root by a hook of the host: bound.
cat >"$TMP/enter" <<END
#!/bin/sh
cat >/dev/null
exec chroot "$ROOTFS" /probe getppid >"$TMP/entered" 2>&1
END
chmod 755 "$TMP/enter"
confined --hook createContainer "$TMP/enter" --annotation "$KEY=Localhost/ppid.json" \
	-- /probe getppid ready
run
is "createContainer hook that enters the image: exit status" "$STATUS" 0
cp "$TMP/entered" "$OUT"
results "createContainer hook that enters the image: what it executes is bound" \
	getppid=EADDRNOTAVAIL

# A startContainer hook is a program of the image. crun fails where a hook does not read the state.
READ='while read -r line; do :; done'
confined --hook startContainer "/bin/sh -c '$READ; /probe getppid mount getpid >/tmp/hook'" \
	--annotation "$KEY=Localhost/ppid.json" -- /probe getppid ready
run
is "startContainer hook: exit status" "$STATUS" 0
results "startContainer hook: the program is bound" getppid=EADDRNOTAVAIL
cp "$ROOTFS/tmp/hook" "$OUT"
results "startContainer hook: the hook is bound as well" getppid=EADDRNOTAVAIL getpid=passed
rm "$ROOTFS/tmp/hook"

confined --hook startContainer "/bin/sh -c '$READ; /probe unshare mount socket-vsock >/tmp/hook'" \
	-- /probe ready
run
cp "$ROOTFS/tmp/hook" "$OUT"
results "startContainer hook under RuntimeDefault: bound" unshare=EPERM mount=EPERM \
	socket-vsock=EPERM
rm "$ROOTFS/tmp/hook"

# What a hook of the image leaves behind is bound, and does not keep the loader.
confined --hook startContainer \
	"/bin/sh -c '$READ; /probe ready sleep:1 getppid >/tmp/hook </dev/null &'" \
	--annotation "$KEY=Localhost/ppid.json" -- /probe getppid ready sleep:60
if run_until_ready; then
	until_true 10 grep -q getppid "$ROOTFS/tmp/hook"
	cp "$ROOTFS/tmp/hook" "$OUT"
	results "startContainer hook: what it leaves in the background is bound" \
		getppid=EADDRNOTAVAIL
else
	not_ok "startContainer hook: what it leaves in the background is bound" "$ERR"
fi
delete
rm -f "$ROOTFS/tmp/hook"

# The other hooks of the host.
cat >"$TMP/note" <<END
#!/bin/sh
cat >/dev/null
printf '%s %s\n' "\$1" "\$(sed -n 's/^Seccomp:[[:space:]]*//p' /proc/self/status)" >>"$TMP/notes"
END
chmod 755 "$TMP/note"
confined --hook poststart "$TMP/note poststart" --hook poststop "$TMP/note poststop" \
	-- /probe ready
run
delete
is "poststart and poststop run on the host as ever" "$(cat "$TMP/notes")" "poststart 0
poststop 0"

# One that fails after ours.
confined --hook createRuntime /bin/false -- /probe ready
run
if [ "$STATUS" != 0 ] && [ ! -s "$OUT" ]; then
	ok "a hook that fails after ours still stops the container"
else
	not_ok "a hook that fails after ours still stops the container" "$STATUS" "$OUT"
fi

nothing_left "nothing is left"
done_testing
