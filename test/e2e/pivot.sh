#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The filter is in the container process before pivot_root: a hook listed after ours looks.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# Runs as a hook: writes what it sees of the container process into the file in $1.
cat >"$TMP/look" <<'END'
#!/bin/sh
pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
{
	sed -n 's/^\(Seccomp\|Seccomp_filters\|NoNewPrivs\):[[:space:]]*/\1 /p' "/proc/$pid/status"
	for thread in "/proc/$pid/task"/*; do
		sed -n 's/^Seccomp:[[:space:]]*/thread-seccomp /p' "$thread/status"
	done | sort -u
	printf 'root %s\n' "$(stat -L -c %d:%i "/proc/$pid/root/")"
	[ ! -e "/proc/$pid/root/probe" ] || echo "in the image"
} >"$1"
END
chmod 755 "$TMP/look"
HOST=$(stat -L -c %d:%i /)
saw() {
	sed -n "s/^$1 //p" "$TMP/$2"
}

for stage in createRuntime prestart; do
	bundle --hook "$stage" "$TMP/look $TMP/before" \
		--hook "$stage" "$HOOK --config $CONFIG $stage" \
		--hook "$stage" "$TMP/look $TMP/after" --no-new-privileges \
		-- /probe socket-vsock ready sleep:60
	if run_until_ready; then
		ok "$stage: the container starts"
	else
		not_ok "$stage: the container starts" "$ERR"
	fi
	is "$stage: no filter before our hook" "$(saw Seccomp before)" 0
	is "$stage: a filter after our hook" "$(saw Seccomp after)" 2
	is "$stage: one filter" "$(saw Seccomp_filters after)" 1
	is "$stage: on every thread" "$(saw thread-seccomp after)" 2
	is "$stage: no_new_privs is as before" "$(saw NoNewPrivs after)" "$(saw NoNewPrivs before)"
	is "$stage: the root is still the host's" "$(saw root after)" "$HOST"
	is "$stage: it is the root that the image is not in" "$(grep -c image "$TMP/after")" 0
	results "$stage: the filter is in force in the program" socket-vsock=EPERM
	"$TMP/look" "$TMP/running" <<-END
		{"pid": $PID}
	END
	is "$stage: by then the root is the image" "$(grep -c image "$TMP/running")" 1
	delete
done

nothing_left "nothing is left"
done_testing
