#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kernel takes the low 32 bits of an int argument. A filter as the runtimes build it compares 64
# bits; the hook's compares what the kernel uses. Both side by side, from the same rules.
# shellcheck source=test/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

KEY=io.oci-seccomp.profile
BIT=4294967296

# RuntimeDefault and sockets.
confined --annotation "$KEY=RuntimeDefault" -- /probe socket-vsock socket-vsock-bit32 socket-alg \
	socket-alg-bit32 socket-inet
run
results "hook: RuntimeDefault denies AF_VSOCK and AF_ALG, and with bit 32 set too" \
	socket-vsock=EPERM socket-vsock-bit32=EPERM socket-alg=EPERM socket-alg-bit32=EPERM \
	socket-inet=ok
bundle --seccomp "$RUNTIME_DEFAULT" -- /probe socket-vsock socket-vsock-bit32 socket-alg \
	socket-alg-bit32 socket-inet
run
results "natively: the same rules let both through with bit 32 set" \
	socket-vsock=EPERM socket-vsock-bit32=passed socket-alg=EPERM socket-alg-bit32=passed \
	socket-inet=ok

# A profile with a rule for umask, whose argument is an int: deny ... or allow ... OPERATOR 64.
deny() {
	cat >"$PROFILES/rule.json" <<-END
		{
		  "defaultAction": "SCMP_ACT_ALLOW",
		  "syscalls": [
		    {
		      "names": ["umask"],
		      "action": "SCMP_ACT_ERRNO",
		      "errnoRet": 1,
		      "args": [{ "index": 0, "value": 64, "op": "SCMP_CMP_$1" }]
		    }
		  ]
		}
	END
}

# All that RuntimeDefault permits except umask, so that the runtimes can load it too.
allow() {
	"$PYTHON" - "$RUNTIME_DEFAULT" "$1" >"$PROFILES/rule.json" <<-'END'
		import json
		import sys

		with open(sys.argv[1], encoding="utf-8") as file:
		    profile = json.load(file)
		for rule in profile["syscalls"]:
		    rule["names"] = [name for name in rule["names"] if name != "umask"]
		profile["syscalls"] = [rule for rule in profile["syscalls"] if rule["names"]]
		condition = {"index": 0, "value": 64, "op": "SCMP_CMP_" + sys.argv[2]}
		profile["syscalls"].append(
		    {"names": ["umask"], "action": "SCMP_ACT_ALLOW", "args": [condition]})
		json.dump(profile, sys.stdout)
	END
}

# side_by_side RULE OPERATOR VALUE VERDICT OTHER: VERDICT for what the kernel takes as VALUE; OTHER
# is what the native filter says to VALUE with bit 32 set.
side_by_side() {
	"$1" "$2"
	wide=$(($3 + BIT))
	confined --annotation "$KEY=Localhost/rule.json" -- /probe "umask:$3" "umask:$wide"
	run
	results "hook: $1 umask $2 64: $3 and $3 with bit 32 alike" "umask:$3=$4" "umask:$wide=$4"
	bundle --seccomp "$PROFILES/rule.json" -- /probe "umask:$3" "umask:$wide"
	run
	results "natively: $1 umask $2 64: another verdict with bit 32" "umask:$3=$4" \
		"umask:$wide=$5"
}

# Natively a hole.
side_by_side deny EQ 64 EPERM ok
side_by_side deny LT 10 EPERM ok
side_by_side deny LE 64 EPERM ok
side_by_side allow NE 64 EPERM ok
side_by_side allow GT 10 EPERM ok
side_by_side allow GE 10 EPERM ok
# Natively denied although the profile permits it.
side_by_side deny NE 64 ok EPERM
side_by_side deny GT 10 ok EPERM
side_by_side deny GE 10 ok EPERM
side_by_side allow EQ 64 ok EPERM
side_by_side allow LT 10 ok EPERM
side_by_side allow LE 64 ok EPERM

nothing_left "nothing is left"
done_testing
