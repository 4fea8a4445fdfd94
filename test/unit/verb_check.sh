#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp check: formats, exit statuses, bad input, and the examples of its manual page as written.
# Prints TAP. From the environment: OCI_SECCOMP (the program) and TEST_DATA (the folder of profiles).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

MANUAL=$TEST_DATA/../../docs/oci-seccomp-check.1.scd
enter_scratch
cp "$TEST_DATA"/*.json .
cp -r "$TEST_DATA/check" .

# says DESCRIPTION STATUS OUTPUT ARGUMENT...: of both streams, `|` is a line's end in OUTPUT.
says() {
	description=$1
	wanted="$2: $3"
	shift 3
	is "$description" "$(said "$OCI_SECCOMP" check "$@")" "$wanted"
}

# refused DESCRIPTION TEXT FILE: with exit status 1, nothing on standard output, and TEXT in the message.
refused() {
	output=$("$OCI_SECCOMP" check "$3" 2>errors)
	is "$1" "$?: $output $(grep -c "$2" errors) $(wc -l <errors)" "1:  1 1"
}

# python DESCRIPTION STATUS PROGRAM ARGUMENT...: what is printed is JSON in which PROGRAM finds no fault.
python() {
	description=$1
	wanted="$2: "
	program=$3
	shift 3
	"$OCI_SECCOMP" check --arch amd64 "$@" >output 2>errors
	is "$description" "$?: $(python3 -c "import json; d = json.load(open('output'))
$program" 2>&1)" "$wanted"
}

says 'a finding as compilers print it, with its remedy' 0 "check/dangerous-allowed.json:5:16: warning: keyctl is \
allowed: it reaches kernel keyrings, which no container has of its own [dangerous-allowed]|    remove the name, or give \
the rule \"includes\" so that it holds only where the call is needed" --only dangerous-allowed check/dangerous-allowed.json
printf '{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["TSYNC"],
 "syscalls": [{"names": ["raed"], "action": "SCMP_ACT_KILL"}]}' >errors.json
says 'every error in one run' 1 "errors.json:1:47: error: flags[0]: unknown flag \"TSYNC\"; did you mean \
SECCOMP_FILTER_FLAG_TSYNC? [invalid]|errors.json:2:26: error: syscalls[0].names[0]: unknown syscall \"raed\"; did you mean read? \
[unknown-name]" errors.json
says 'an error is not left out' 1 "$("$OCI_SECCOMP" check errors.json | tr '\n' '|' | sed 's/|$//')" \
	--only no-log --ignore unknown-name errors.json
says 'warnings do not fail' 0 "$("$OCI_SECCOMP" check --only mask-datum check/mask-datum.json)" \
	--only mask-datum check/mask-datum.json
says 'but with --strict' 1 "$("$OCI_SECCOMP" check --only mask-datum check/mask-datum.json)" \
	--only mask-datum --strict check/mask-datum.json
says 'notes do not' 0 "$("$OCI_SECCOMP" check --only unknown-name check/unknown-name.json)" \
	--only unknown-name --strict check/unknown-name.json
says 'what is ignored does not fail' 0 '' --strict --only mask-datum --ignore mask-datum check/mask-datum.json
says 'what a capability opens' 0 '' --arch amd64 --only dangerous-allowed --cap CAP_BPF check/dangerous-allowed-ok.json
is 'standard input' "$("$OCI_SECCOMP" check --only repeated-index - <check/repeated-index.json | cut -d: -f1-3 | head -n 1)" \
	'standard input:5:5'
is 'the name of a file is one printable line' "$(cp check/mask-datum.json "$(printf 'a\033b')" &&
	"$OCI_SECCOMP" check --only mask-datum "$(printf 'a\033b')" | cut -d: -f1)" 'a\x1bb'

says 'an unknown kind' 2 'oci-seccomp: unknown kind of finding "no-lag"; did you mean no-log?' --only no-lag check/no-log.json
says 'an unknown format' 2 'oci-seccomp: unknown format "table": this verb has text, json, sarif' --format table no-log.json
is 'no profile' "$("$OCI_SECCOMP" check 2>/dev/null; echo $?)" 2
is 'the built-in profile has no error' "$("$OCI_SECCOMP" check RuntimeDefault >/dev/null; echo $?)" 0

python 'JSON' 0 'assert set(d) == {"findings"}
assert len(d["findings"]) > 1
for f in d["findings"]:
    assert set(f) == {"file", "line", "column", "severity", "id", "text", "remedy"}, f
    assert isinstance(f["line"], int) and isinstance(f["column"], int) and f["severity"] in ("warning", "note")' \
	--format json block-chmod.json check/wide-compare.json
python 'JSON of nothing' 0 'assert d == {"findings": []}' --format json --only no-log check/no-log-ok.json
SARIF='assert d["version"] == "2.1.0" and d["$schema"].endswith("sarif-2.1.0.json")
[run] = d["runs"]
driver = run["tool"]["driver"]
assert driver["name"] == "oci-seccomp" and driver["version"]
rules = [r["id"] for r in driver["rules"]]
assert rules == sorted(set(rules)) and all(r["shortDescription"]["text"] for r in driver["rules"])
for r in run["results"]:
    assert r["ruleId"] == rules[r["ruleIndex"]] and r["level"] in ("error", "warning", "note")
    assert r["message"]["text"]
    [place] = r["locations"]
    place = place["physicalLocation"]
    assert place["region"]["startLine"] > 0 and place["region"]["startColumn"] > 0
uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]}
[invocation] = run["invocations"]'
cp block-chmod.json 'a b%.json'
python 'SARIF' 0 "$SARIF
assert uris == {'a%20b%25.json', 'check/no-log.json'}, uris
assert invocation['executionSuccessful'] is True" --format sarif 'a b%.json' check/no-log.json
python 'SARIF of errors, and of a file that cannot be read' 1 "$SARIF
assert [r['level'] for r in run['results']] == ['error', 'error']
assert invocation['executionSuccessful'] is False" --format sarif errors.json missing.json
is 'which is an error' "$(cat errors)" 'oci-seccomp: missing.json: cannot open: No such file or directory'
python 'SARIF of nothing' 0 "$SARIF
assert run['results'] == []" --format sarif --only no-log check/no-log-ok.json

truncate -s 100M huge
head -c 4096 /dev/urandom >garbage
printf '{"defaultAction": "SCMP_ACT_\377"}' >latin
python3 -c 'print("[" * 10000 + "]" * 10000)' >deep
: >empty
refused 'a directory' 'check: is a directory, not a regular file' check
refused 'a large file' 'huge: has 104857600 bytes' huge
refused 'garbage' 'garbage:1:[0-9]*: ' garbage
refused 'no UTF-8' 'latin:1:[0-9]*: ' latin
refused 'deep nesting' 'deep:1:[0-9]*: ' deep
refused 'an empty file' 'empty:' empty
for format in text json sarif; do
	"$OCI_SECCOMP" check --format "$format" RuntimeDefault 2>errors >/dev/full
	is "a full disk: $format" "$? $(sed 's/: No space left on device//' errors)" \
		'1 oci-seccomp: standard output: cannot write'
done

# The manual page: a line that starts with `$ ` is run, the lines up to the next one are its output.
awk '/^```/ { inside = !inside; command = 0; next }
	inside && /^\$ / { count++; print substr($0, 3) >("example-" count); command = 1; next }
	inside && command { print >("wanted-" count) }' "$MANUAL"
for example in example-*; do
	number=${example#example-}
	[ -e "wanted-$number" ] || : >"wanted-$number"
	oci_seccomp() { "$OCI_SECCOMP" "$@"; }
	command=$(sed 's/^oci-seccomp /oci_seccomp /' "$example")
	is "the manual page: $(cat "$example")" "$(eval "$command" 2>&1)" "$(cat "wanted-$number")"
done
is 'the manual page has examples' "$([ -e example-3 ] && echo yes)" yes
is 'the manual page explains every kind' \
	"$("$OCI_SECCOMP" check --format sarif --only no-log check/no-log-ok.json | sed -n 's/.*"id": "\([a-z-]*\)".*/\1/p')" \
	"$(sed -n 's/^\*\([a-z-]*\)\* (.*/\1/p' "$MANUAL")"

done_testing
