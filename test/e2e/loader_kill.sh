#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGKILL of the loader, at many moments: the container is confined or dead, never free.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

KEY=io.oci-seccomp.profile
# In microseconds after the loader attached. The load takes about half a millisecond, the way to the
# container's program some more.
MOMENTS="0 0 0 0 10 20 30 40 50 60 75 90 100 110 125 150 175 200 225 250 275 300 350 400 450 500 550
	600 650 700 750 800 900 1000 1100 1200 1300 1400 1500 1600 1700 1800 1900 2000 2200 2400
	2600 2800 3000 3500 4000 5000 6000 8000 10000 13000 17000 22000 30000 50000"
deny_profile ppid.json getppid 99
mkdir "$TMP/hooks"
cat >"$TMP/hooks/tell" <<'END'
#!/bin/sh
cat >"$1.new" && mv "$1.new" "$1"
END
chmod 755 "$TMP/hooks/tell"

: >"$TMP/moments"
unconfined=0
unexplained=0
# attempt MOMENT
attempt() {
	moment=$1
	bundle --hook createRuntime "$TMP/hooks/tell $TMP/state-now" \
		--hook createRuntime "$HOOK --config $CONFIG" \
		--annotation "$KEY=Localhost/ppid.json" -- /probe getppid ready
	rm -f "$TMP/state-now" "$TMP/state-now.ready"
	"$PYTHON" "$HERE/kill_loader.py" "$TMP/state-now" "$moment" >"$BUNDLE/met" &
	killer=$!
	until_true 20 test -e "$TMP/state-now.ready"
	run
	wait "$killer" || not_ok "kill_loader.py at $moment" "$BUNDLE/met"
	printf '%s %s\n' "$(cat "$BUNDLE/met")" "$STATUS" >>"$TMP/moments"
	got=$(result getppid)
	case $got:$STATUS in
	EADDRNOTAVAIL:*) ;;
	:0) unexplained=$((unexplained + 1)) ;;
	:*) ;;
	*)
		unconfined=$((unconfined + 1))
		printf '# %s us: getppid %s, exit status %s\n' "$moment" "$got" "$STATUS"
		;;
	esac
	delete
}

met() {
	grep -c "^$1" "$TMP/moments"
}

for moment in $MOMENTS; do
	attempt "$moment"
done
# A fast loader, or a busy machine, may have had its filter there at most of these moments.
more=60
while [ "$(met killed-loading)" -lt 3 ] && [ "$more" -gt 0 ]; do
	attempt 0
	more=$((more - 1))
done
sort "$TMP/moments" | uniq -c | sed 's/^/#/'
is "no container ran free" "$unconfined" 0
is "no container ended well without a word" "$unexplained" 0
for kind in killed-loading killed-following; do
	count=$(met "$kind")
	if [ "$count" -ge 3 ]; then
		ok "enough loaders were met in the state $kind"
	else
		not_ok "enough loaders were met in the state $kind" "$count of at least 3"
	fi
done
is "a loader killed at work: the runtime never reports success" \
	"$(grep -c '^killed-loading 0$' "$TMP/moments")" 0

# Between create and start there is all the time of the world.
stopped() {
	case $(runtime state "$ID" 2>/dev/null) in
	*stopped*) return 0 ;;
	*) return 1 ;;
	esac
}
# signal_loader SIGNAL: to the tracer of the container process, when it is a loader.
signal_loader() {
	loader=$(field "$PID" TracerPid)
	if [ "$(field "${loader:-0}" Name)" = seccomp-loader ]; then
		ok "SIG$1: the tracer of the created container is the loader"
		kill -s "$1" "$loader"
	else
		not_ok "SIG$1: the tracer of the created container is the loader" "it is \"$loader\""
	fi
}
for number in 1 2 3; do
	confined --annotation "$KEY=Localhost/ppid.json" -- /probe getppid ready
	create
	signal_loader KILL
	if until_true 10 stopped; then
		ok "created, $number: without the loader the container stops"
	else
		not_ok "created, $number: without the loader the container stops" \
			"$(runtime state "$ID" 2>&1)"
	fi
	start
	is "created, $number: start fails" "$((STATUS != 0))" 1
	is "created, $number: nothing of the container ran" "$(cat "$OUT")" ""
	delete
done

ready_or_stopped() {
	grep -q ready "$OUT" || stopped
}

# SIGTERM and a hang-up are no way to free a container either.
for name in TERM HUP INT STOP; do
	confined --annotation "$KEY=Localhost/ppid.json" -- /probe getppid ready
	create
	signal_loader "$name"
	if [ "$name" = STOP ]; then
		# The stopped loader may hold up the start too, by a thread of the runtime's.
		runtime start "$ID" 2>>"$ERR" &
		starting=$!
		sleep 1
		is "SIG$name: nothing runs while the loader is stopped" "$(result getppid)" ""
		signal_loader CONT
		wait "$starting" || not_ok "SIG$name: the start comes" "$(cat "$ERR")"
		until_true 10 grep -q ready "$OUT"
		results "SIG$name: it goes on with the loader, confined" getppid=EADDRNOTAVAIL
	else
		start
		until_true 10 ready_or_stopped
		got=$(result getppid)
		case $got in
		"" | EADDRNOTAVAIL) ok "SIG$name to the loader: confined or dead" ;;
		*) not_ok "SIG$name to the loader: confined or dead" "getppid: $got" ;;
		esac
	fi
	delete
done

nothing_left "nothing is left"
done_testing
