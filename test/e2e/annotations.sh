#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which profile a container gets: every form of annotation, the node configuration, the engine.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

CONTAINER=io.kubernetes.cri.container-name=app
KEY=io.oci-seccomp.profile
ALPHA=container.seccomp.security.alpha.kubernetes.io
POD_ALPHA=seccomp.security.alpha.kubernetes.io/pod

# RuntimeDefault denies socket-vsock; these deny one harmless call each with an errno of its own.
deny_profile ppid.json getppid 99
mkdir "$PROFILES/team"
deny_profile team/umask.json umask 99
deny_profile pid.json getpid 99

# expected PROFILE...: what the probe prints under them
expected() {
	vsock=passed ppid=passed mask=passed pid=passed
	for profile; do
		case $profile in
		RuntimeDefault) vsock=EPERM ;;
		ppid) ppid=EADDRNOTAVAIL ;;
		umask) mask=EADDRNOTAVAIL ;;
		pid) pid=EADDRNOTAVAIL ;;
		esac
	done
	printf 'socket-vsock=%s getppid=%s umask=%s getpid=%s' "$vsock" "$ppid" "$mask" "$pid"
}

# check DESCRIPTION PROFILES OPTION...: PROFILES are those in force, "" for none.
check() {
	description=$1 profiles=$2
	shift 2
	confined "$@" -- /probe socket-vsock getppid umask getpid file ready sleep:60
	if ! run_until_ready; then
		not_ok "$description" "the container did not start" "$ERR" "$OUT"
		delete
		return
	fi
	filters=0 mode=0
	for profile in $profiles; do
		filters=$((filters + 1)) mode=2
	done
	got="Seccomp $(field "$PID" Seccomp), filters $(field "$PID" Seccomp_filters)"
	if [ "$got" = "Seccomp $mode, filters $filters" ]; then
		# shellcheck disable=SC2046,SC2086
		results "$description" file=ok $(expected $profiles)
	else
		not_ok "$description" "got $got, wanted Seccomp $mode, filters $filters" "$ERR"
	fi
	delete
}

# Each value in each form.
for form in "$KEY/app" "$ALPHA/app" "$KEY" "$POD_ALPHA"; do
	for pair in RuntimeDefault=RuntimeDefault runtime/default=RuntimeDefault \
		docker/default=RuntimeDefault Localhost/ppid.json=ppid \
		localhost/team/umask.json=umask Unconfined= unconfined=; do
		check "$form=${pair%%=*}" "${pair#*=}" --annotation "$CONTAINER" \
			--annotation "$form=${pair%%=*}"
	done
done

# Which form wins: rows 2 to 6, each pair of neighbours.
check "container before container alpha" ppid --annotation "$CONTAINER" \
	--annotation "$KEY/app=Localhost/ppid.json" --annotation "$ALPHA/app=unconfined"
check "container alpha before pod" ppid --annotation "$CONTAINER" \
	--annotation "$ALPHA/app=localhost/ppid.json" --annotation "$KEY=Unconfined"
check "pod before pod alpha" ppid --annotation "$CONTAINER" \
	--annotation "$KEY=Localhost/ppid.json" --annotation "$POD_ALPHA=unconfined"
check "pod alpha before the node default" ppid --annotation "$POD_ALPHA=localhost/ppid.json"
check "container Unconfined before pod RuntimeDefault" "" --annotation "$CONTAINER" \
	--annotation "$KEY/app=Unconfined" --annotation "$KEY=RuntimeDefault"
check "another container's annotation does not count" umask --annotation "$CONTAINER" \
	--annotation "$KEY/web=Unconfined" --annotation "$KEY=Localhost/team/umask.json"
check "without a name no container's annotation counts" RuntimeDefault \
	--annotation "$KEY/app=Unconfined"
check "the kubelet's label names the container too" ppid \
	--annotation io.kubernetes.container.name=app --annotation "$KEY/app=Localhost/ppid.json"

# Sandboxes.
check "a sandbox takes RuntimeDefault (containerd)" RuntimeDefault \
	--annotation io.kubernetes.cri.container-type=sandbox --annotation "$KEY=Unconfined"
check "a sandbox takes RuntimeDefault (CRI-O)" RuntimeDefault \
	--annotation io.kubernetes.cri-o.ContainerType=sandbox --annotation "$POD_ALPHA=unconfined"
check "a container of a pod is no sandbox" "" \
	--annotation io.kubernetes.cri.container-type=container --annotation "$KEY=Unconfined"

# The node configuration.
check "node default as shipped" RuntimeDefault
node_config '"defaultProfile": "Localhost/ppid.json"'
check "node default: Localhost" ppid
node_config '"defaultProfile": "Unconfined"'
check "node default: Unconfined" ""
node_config "\"runtimeDefault\": \"$PROFILES/pid.json\""
check "RuntimeDefault from a file of the node" pid --annotation "$KEY=RuntimeDefault"
node_config '"baseline": "Localhost/pid.json"'
check "baseline and RuntimeDefault stacked" "RuntimeDefault pid"
check "baseline and Localhost stacked" "ppid pid" --annotation "$KEY=Localhost/ppid.json"
check "baseline under Unconfined" pid --annotation "$KEY=Unconfined"
check "baseline under a sandbox" "RuntimeDefault pid" \
	--annotation io.kubernetes.cri.container-type=sandbox
check "baseline beside the engine's profile" "umask pid" \
	--seccomp "$PROFILES/team/umask.json"
node_config '"baseline": "RuntimeDefault"'
check "a baseline that is the profile is loaded once" RuntimeDefault
node_config '"unconfined": "deny"'
check "Unconfined denied: others pass" ppid --annotation "$KEY=Localhost/ppid.json"

# The engine's own profile.
node_config
check "the engine's profile alone" umask --seccomp "$PROFILES/team/umask.json"
check "the engine's profile and an annotation" "umask ppid" \
	--seccomp "$PROFILES/team/umask.json" --annotation "$KEY=Localhost/ppid.json"
check "the engine's profile and RuntimeDefault" "umask RuntimeDefault" \
	--seccomp "$PROFILES/team/umask.json" --annotation "$KEY=RuntimeDefault"
check "an annotation cannot take the engine's profile away" umask \
	--seccomp "$PROFILES/team/umask.json" --annotation "$KEY=Unconfined"
check "a sandbox keeps the engine's profile" umask --seccomp "$PROFILES/team/umask.json" \
	--annotation io.kubernetes.cri.container-type=sandbox --annotation "$KEY=RuntimeDefault"
node_config '"override": "always"'
check "override: the node default beside the engine's profile" "umask RuntimeDefault" \
	--seccomp "$PROFILES/team/umask.json"

nothing_left "nothing is left"
done_testing
