#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp denials: the examples of its man page as they are written there, and what must not get
# through. Prints TAP. From the environment: OCI_SECCOMP (the program) and TEST_DATA (the folder).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
export TZ=UTC
enter_scratch

# record SECONDS SERIAL PID COMM EXE NUMBER CODE
record() {
	printf 'type=SECCOMP msg=audit(%s:%s): auid=0 uid=0 gid=0 ses=1 pid=%s comm=%s exe=%s sig=0 arch=c000003e syscall=%s compat=0 ip=0x7f code=%s\n' "$@"
}
{
	record 1795517605.100 1 71 '"app"' '"/srv/app"' 90 0x50000
	record 1795517606.000 2 71 '"app"' '"/srv/app"' 101 0x50000
	record 1795517607.000 3 80 '"cron"' '"/usr/sbin/cron"' 169 0x80000000
} >audit.log
cat >app.json <<'END'
{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [{
    "names": [
      "exit_group",
      "read",
      "write"
    ],
    "action": "SCMP_ACT_ALLOW"
  }]
}
END
cp app.json first.json

mkdir bin
ln -s "$OCI_SECCOMP" bin/oci-seccomp
PATH=$TMP/bin:$PATH
# `$ ` begins a command, what follows it up to the next one is its output.
command='' wanted=''
run_example() {
	[ -z "$command" ] || is "$command" "$(sh -c "$command" 2>&1)" "$wanted"
	command='' wanted=''
}
while IFS= read -r line; do
	case $line in
	'$ '*)
		run_example
		command=${line#'$ '}
		;;
	'```') run_example ;;
	*) [ -z "$command" ] || wanted=$wanted${wanted:+
}$line ;;
	esac
done <"$TEST_DATA/../../docs/oci-seccomp-denials.1.scd"
is 'the examples were found' "$TESTS" 3

oci-seccomp denials --suggest app.json --apply audit.log >/dev/null 2>&1
is 'dangerous calls are added too, when asked for' "$(grep -c reboot app.json)" 1
is 'the mode of the profile stays' "$(stat -c %a app.json)" "$(stat -c %a first.json)"

deny='{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["chmod"], "action": "SCMP_ACT_KILL"}]}'
printf '%s' "$deny" >deny.json
oci-seccomp denials --process 71 --suggest deny.json --apply audit.log >/dev/null 2>&1
is 'a call that a rule denies stays denied: exit status' "$?" 1
is 'the others are added' "$(cat deny.json)" \
	"${deny%]\}},{\"names\": [\"ptrace\"], \"action\": \"SCMP_ACT_ALLOW\"}]}"

{
	record 1795517605.100 1 71 "$(printf 'x\ntype=SECCOM' | od -An -tx1 | tr -d ' \n' | tr a-f A-F)" \
		"$(printf '/\033[2J\n5,1,1,-;audit: type=1326' | od -An -tx1 | tr -d ' \n' | tr a-f A-F)" 90 0x50000
} >hostile.log
is 'one record' "$(oci-seccomp denials --each hostile.log | wc -l)" 1
for format in table json; do
	for each in '' --each --follow; do
		# shellcheck disable=SC2086
		is "nothing but text: $format $each" "$(oci-seccomp denials --until now --format $format $each hostile.log |
			tr -d '\n' | tr -d ' -~' | wc -c)" 0
	done
done

oci-seccomp denials --each audit.log >/dev/full 2>full
is 'a full disk: exit status' "$?" 1
is 'a full disk: message' "$(cat full)" 'oci-seccomp: standard output: cannot write'
oci-seccomp denials --since sometimes audit.log >/dev/null 2>&1
is 'a time that is none' "$?" 2
oci-seccomp denials --apply audit.log >/dev/null 2>&1
is '--apply alone' "$?" 2
is 'between two times' "$(oci-seccomp denials --each --since @1795517606 --until @1795517606.5 audit.log | grep -c ptrace)" 1
is 'JSON of no record' "$(oci-seccomp denials --each --format json /dev/null)" '{"denials": []}'

done_testing
