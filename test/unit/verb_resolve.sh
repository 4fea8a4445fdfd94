#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oci-seccomp resolve: the table, what decides, and what is refused. Prints TAP. From the environment:
# OCI_SECCOMP (the program) and TEST_DATA (the folder of profiles).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"
enter_scratch
umask 022
export OCI_SECCOMP_CONFIG="$TMP/node.json"
MANUAL=$TEST_DATA/../../docs/oci-seccomp-resolve.1.scd

node() {
	printf '{"profileRoot": "%s/root"%s}\n' "$TMP" "${1:+, $1}" >node.json
}

# bundle ANNOTATIONS [LINUX]
bundle() {
	printf '{"annotations": {%s}, "linux": {%s}}\n' "$1" "${2:-}" >bundle/config.json
}

# resolve ARGUMENT...: both streams, blanks as one, `|` is a line's end, then the status.
resolve() {
	output=$("$OCI_SECCOMP" resolve --bundle bundle "$@" 2>&1)
	status=$?
	printf '%s' "$output" | sed 's/ *$//' | tr -s ' ' | tr '\n' '|'
	printf ' %s' "$status"
}

# from_json EXPRESSION ARGUMENT...: of the document
from_json() {
	expression=$1
	shift
	"$OCI_SECCOMP" resolve --bundle bundle --format json "$@" 2>/dev/null |
		python3 -c "import json, sys; d = json.load(sys.stdin); print($expression)"
}

# example NUMBER: of the manual, without the commands
example() {
	awk -v wanted="$1" '/^```/ { block += open = !open; next }
		open && block == wanted && !/^\$ /' "$MANUAL" | tr -s ' ' | tr '\n' '|'
}

mkdir bundle root
cp "$TEST_DATA/deny-ptrace.json" root/app.json
cp "$TEST_DATA/block-chmod.json" root/floor.json
echo '{"defaultAction": "SCMP_ACT_ALOW"}' >root/broken.json
NAME='"io.kubernetes.cri.container-name": "app"'
ENGINE='"seccomp": {"defaultAction": "SCMP_ACT_ERRNO"}'
DECIDES='[s["source"] for s in d["sources"] if s["decides"]]'

node
printf '{}\n' >bundle/config.json
like 'the example of the manual' "$(resolve)" "$(example 1 | sed 's/|$//') 0"
like 'the second example' "$(from_json 'd["profile"]["name"]')" "$(example 2 | tr -d '|')"

bundle "$NAME, \"io.oci-seccomp.profile/app\": \"Localhost/app.json\",
	\"io.oci-seccomp.profile\": \"Unconfined\""
like 'the container comes before its pod' "$(resolve)" \
	"*|container io.oci-seccomp.profile/app Localhost/app.json yes|*|pod io.oci-seccomp.profile \
Unconfined|*|profile Localhost/app.json ($TMP/root/app.json)|baseline none|*|usable yes 0"
like 'the same as JSON' "$(from_json "$DECIDES, d['profile']['file'], d['container'], d['error']")" \
	"\['container'\] $TMP/root/app.json app None"

bundle '"io.oci-seccomp.profile": "Localhost/app.json"' "$ENGINE"
like 'hook: the annotation counts beside the profile of the engine' "$(resolve)" \
	'*|engine linux.seccomp set|*|pod io.oci-seccomp.profile Localhost/app.json yes|*|engine its profile: stays|*0'
like 'shim: the profile of the engine comes first' "$(resolve --for shim)" \
	"*|engine linux.seccomp set yes|*|profile the engine's|*|engine its profile: stays|usable yes 0"
node '"override": "always"'
like 'shim: unless the node says otherwise' "$(resolve --for shim)" \
	'*|engine linux.seccomp set|*|pod * yes|*|engine its profile: replaced|usable yes 0'

node '"baseline": "Localhost/floor.json"'
bundle '"io.kubernetes.cri.container-type": "sandbox", "io.oci-seccomp.profile": "Unconfined"'
like 'a sandbox, and the baseline' "$(resolve --for shim)" \
	"*|container without a name, a sandbox*|profile RuntimeDefault|baseline Localhost/floor.json \
($TMP/root/floor.json)|*|usable yes 0"

node
bundle '"io.oci-seccomp.profile": "Confined"'
like 'a word that is none: the table, and why' "$(resolve)" \
	'*|pod io.oci-seccomp.profile Confined yes|*|usable no|oci-seccomp: annotation io.oci-seccomp.profile="Confined": *1'
bundle '"io.oci-seccomp.profile": "Localhost/none.json"'
like 'no such file' "$(resolve --for shim)" \
	"*|usable no|oci-seccomp: annotation *: $TMP/root/none.json: there is no such profile on this node;*1"
like 'the same as JSON' "$(from_json 'd["error"]')" "annotation *no such profile*"
bundle '"io.oci-seccomp.profile": "Localhost/broken.json"'
like 'a profile with an error' "$(resolve)" '*|usable no|oci-seccomp: *broken.json:1:19: *SCMP_ACT_ALOW* 1'
bundle '"io.oci-seccomp.profile": "\u001b[31m\nengine"'
like 'an annotation forges no line' "$(resolve)" '*|pod io.oci-seccomp.profile *x1b\[31m*x0aengine yes|*1'
like 'nothing is changed' "$(ls -A bundle root | tr '\n' ' ')" 'bundle: config.json*broken.json floor.json '

like 'no bundle' "$("$OCI_SECCOMP" resolve 2>&1)" 'oci-seccomp resolve: --bundle DIR is needed*'
like 'an empty directory' "$(resolve --bundle root)" 'oci-seccomp: root/config.json: *1'
like 'an asker that is none' "$(resolve --for pod)" 'oci-seccomp: --for takes hook or shim, not "pod" 2'

done_testing
