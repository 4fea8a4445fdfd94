#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp show and query: answers, formats, exit statuses and messages. Prints TAP. From the
# environment: OCI_SECCOMP (the program) and TEST_DATA (the folder of profiles).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
enter_scratch

# says DESCRIPTION STATUS OUTPUT ARGUMENT...: of both streams, `|` is a line's end in OUTPUT.
says() {
	description=$1
	wanted="$2: $3"
	shift 3
	is "$description" "$(said "$OCI_SECCOMP" "$@")" "$wanted"
}

# python DESCRIPTION WANTED SCRIPT: what SCRIPT prints of the document on its standard input.
python() {
	is "$1" "$(python3 -c "import json, sys; d = json.load(sys.stdin); $3" 2>&1)" "$2"
}

cat >family.json <<-'END'
	{
	  "defaultAction": "SCMP_ACT_ERRNO",
	  "syscalls": [
	    {"names": ["read", "chmod"], "action": "SCMP_ACT_ALLOW"},
	    {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
	     "args": [{"index": 0, "op": "SCMP_CMP_LT", "value": 38}]},
	    {"names": ["kill"], "action": "SCMP_ACT_LOG"}
	  ]
	}
END

# query

says 'a call without arguments' 0 "read                     ALLOW            family.json:4:5" \
	query --arch amd64 family.json read
says 'a constant' 0 "socket(AF_ALG)           ERRNO(EPERM)     default action" \
	query --arch amd64 family.json 'socket(AF_ALG)'
says 'bits that the kernel does not use' 0 \
	"socket(0x100000002, 1)   ALLOW            family.json:5:5" \
	query --arch amd64 family.json 'socket(0x100000002, 1)'
says 'arguments that no rule tests' 0 "chmod(\"a\", S_IRWXU) = 0  ALLOW            family.json:4:5" \
	query --arch amd64 family.json 'chmod("a", S_IRWXU) = 0'
says 'an open argument that a rule tests' 0 \
	"socket(\"x\"...)           conditional      ALLOW if family <= 37; else ERRNO(EPERM)" \
	query --arch amd64 family.json 'socket("x"...)'
says 'an unknown constant that a rule tests' 1 \
	'oci-seccomp: "socket(AF_ALGE)": unknown constant "AF_ALGE"; did you mean AF_ALG?' \
	query --arch amd64 family.json read 'socket(AF_ALGE)'
says 'one of which nothing is near' 1 \
	'oci-seccomp: "socket(QQQQ)": unknown constant "QQQQ"; give its number instead' \
	query --arch amd64 family.json 'socket(QQQQ)'
says 'control characters' 1 'oci-seccomp: unknown syscall "a\x1bb"' \
	query --arch amd64 family.json "$(printf 'a\033b')"
says 'no call' 2 'oci-seccomp query: a profile and at least one call are needed|'"$("$OCI_SECCOMP" \
	query --help | head -n 1)" query family.json
says '--all and a call' 2 'oci-seccomp query: with --all a profile alone is needed|'"$("$OCI_SECCOMP" \
	query --help | head -n 1)" query --all family.json read
says 'a format that query has not' 2 \
	'oci-seccomp: unknown format "html": this verb has table, json' \
	query --format html family.json read
says 'an architecture without a table' 1 "oci-seccomp: SCMP_ARCH_MIPS: there is no table of its system \
calls here; oci-seccomp query answers for single calls" query --arch mips --all family.json
is '--all has every call once' "$("$OCI_SECCOMP" query --arch amd64 --all family.json | cut -d' ' -f1 |
	sort)" "$(grep -v '^#' "$TEST_DATA/../../lib/data/syscalls.csv" |
	awk -F, '$2 != "" && $1 != "syscall" { print $1 }' | sort)"
"$OCI_SECCOMP" query --arch amd64 --all --format json family.json >all.json
python '--all as JSON' "socket conditional [{'verdict': 'ALLOW', 'if': 'family <= 37', 'lines': [5]}, \
{'verdict': 'ERRNO(EPERM)', 'lines': []}]" \
	'print(*[(c["name"], c["verdict"], c["outcomes"]) for c in d["calls"] if c["number"] == 41][0])' \
	<all.json
"$OCI_SECCOMP" query --arch amd64 --format json family.json 'kill(1, "x\y")' >one.json
python 'a call as JSON' 'family.json kill(1, "x\y") kill 62 LOG [7]' \
	'c = d["calls"][0]; print(d["profile"], c["call"], c["name"], c["number"], c["verdict"],
	c["outcomes"][0]["lines"])' <one.json

# show

is 'the head of the table' \
	"$("$OCI_SECCOMP" show --arch amd64 --kernel 6.12 family.json | head -n 2 | tr '\n' '|')" \
	'family.json on x86_64, Linux 6.12, 0 capabilities|2 allowed, 1 conditional, 381 denied, 1 watched|'
"$OCI_SECCOMP" show --arch amd64 family.json >table
is 'a conditional call' "$(grep '^  socket ' table)" \
	'  socket             ALLOW if family <= 37; else ERRNO(EPERM)'
is 'lines are not too long' "$(awk 'length > 96' table)" ''
"$OCI_SECCOMP" show --arch amd64 --cap CAP_CHOWN --format json family.json >show.json
python 'JSON: counts are those of the calls' True 'import collections
t = collections.Counter("conditional" if c["verdict"] == "conditional" else "allowed" if c["verdict"] == "ALLOW"
	else "watched" if c["verdict"] == "LOG" else "denied" for c in d["calls"])
print(dict(t) == d["counts"])' <show.json
python 'JSON: the target' "x86_64 ['x86_64'] 0000000000000001 ERRNO(EPERM)" \
	'print(d["architecture"], d["architectures"], d["capabilities"], d["default"])' <show.json
is 'JSON of show and of query agree' \
	"$(python3 -c 'import json; print([(c["name"], c["outcomes"]) for c in json.load(open("show.json"))["calls"]] ==
	[(c["name"], c["outcomes"]) for c in json.load(open("all.json"))["calls"]])')" True
says 'no profile' 2 'oci-seccomp show: one profile is needed|'"$("$OCI_SECCOMP" show --help | head -n 1)" \
	show
says 'a format that show has not' 2 \
	'oci-seccomp: unknown format "svg": this verb has table, html, json' show --format svg family.json

# Bad input, of both.

mkdir folder
head -c 104857600 /dev/zero >large.json
head -c 4096 /dev/urandom >garbage.json
{ printf '{"a":'; head -c 10000 /dev/zero | tr '\0' '['; } >deep.json
printf '{"defaultAction": "\377"}' >latin.json
for file in folder large garbage deep latin; do
	[ -d "$file" ] || file=$file.json
	for verb in 'show' 'show --format html' 'query --all'; do
		# shellcheck disable=SC2086
		output=$("$OCI_SECCOMP" $verb "$file" 2>error)
		is "$verb $file: refused" "$?: $output: $(cut -d: -f1,2 error)" \
			"1: : oci-seccomp: $file"
	done
done
is 'of 100 MiB few are read' "$(python3 -c 'import os, resource, subprocess
subprocess.run([os.environ["OCI_SECCOMP"], "show", "large.json"], stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 95000)')" True
for verb in 'show' 'show --format html' 'show --format json' 'query --all' 'query --all --format json'; do
	# shellcheck disable=SC2086
	"$OCI_SECCOMP" $verb family.json >/dev/full 2>error
	is "$verb to a full disk" "$?: $(sed "s/: No space left on device//" error)" \
		'1: oci-seccomp: standard output: cannot write'
done

done_testing
