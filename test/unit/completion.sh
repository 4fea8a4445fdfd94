#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Completion in bash, zsh and fish, and that nothing of the usage lines and of the manual pages is missing
# there. Prints TAP.
# From the environment: OCI_SECCOMP (the program) and TEST_DATA (the folder of profiles).
set -u
# shellcheck source=test/tap.sh
. "$(dirname "$0")/../tap.sh"

SCRIPTS=$(cd "$TEST_DATA/../../cmd/oci-seccomp/completion" && pwd)
MANUALS=$(cd "$TEST_DATA/../../docs" && pwd)
PATH=$(dirname "$OCI_SECCOMP"):$PATH
enter_scratch
mkdir -p home here/folder
touch here/file.json
cd here || exit 1
export HOME=$TMP/home LC_ALL=C
# shellcheck source=cmd/oci-seccomp/completion/oci-seccomp.bash
. "$SCRIPTS/oci-seccomp.bash"

# in_bash WORD...: what bash offers for the last word, in one line.
in_bash() {
	COMP_WORDS=(oci-seccomp "$@")
	COMP_CWORD=$#
	_oci_seccomp oci-seccomp
	printf '%s\n' "${COMPREPLY[@]}" | awk '!seen[$0]++' | paste -sd' '
}

# The usage line of a verb, as words without brackets and dots.
usage() {
	"$OCI_SECCOMP" "$1" --help | sed -n "1s/^Usage: oci-seccomp $1 //p" | tr -d '[]()' | sed 's/\.\.\.//g'
}

# The options that the manual page of a verb explains, but the long name of -o: usage lines have the short
# one.
explained() {
	for manual in "$MANUALS/oci-seccomp-$1".[18].scd; do
		[ ! -e "$manual" ] || grep '^\*-' "$manual" | grep -oE '\*--?[a-z][a-z-]*\*' | tr -d '*' |
			grep -vx -- --output
	done
}

# missing WORD... -- OFFERED...: those that are not offered.
missing() {
	local wanted=()

	while [ "$1" != -- ]; do
		wanted+=("$1")
		shift
	done
	for word in "${wanted[@]}"; do
		[[ " $* " == *" $word "* ]] || echo "$word"
	done
}

mapfile -t verbs < <("$OCI_SECCOMP" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
is 'there are verbs' "$((${#verbs[@]} > 5))" 1
# shellcheck disable=SC2046
is 'every verb' "$(missing "${verbs[@]}" -- $(in_bash ''))" ''
for verb in "${verbs[@]}"; do
	for option in $(explained "$verb"); do
		# shellcheck disable=SC2046
		is "$verb: $option of its manual page" "$(missing "$option" -- $(in_bash "$verb" -))" ''
	done
	previous=
	for word in $(usage "$verb"); do
		for option in ${word//|/ }; do
			[[ $option == -* && $option != -- ]] || continue
			# shellcheck disable=SC2046
			is "$verb: $option" "$(missing "$option" -- $(in_bash "$verb" -))" ''
		done
		if [[ $previous == --* && $previous != *'|'* && $word == [a-z]*'|'* ]]; then
			is "$verb: values of $previous" "$(in_bash "$verb" "$previous" '')" "${word//|/ }"
		fi
		previous=$word
	done
done

is 'an option' "$(in_bash prove --ar)" '--arch'
is 'its value' "$(in_bash prove --arch a)" 'amd64 arm64 arm'
is 'its value behind =' "$(in_bash prove --arch = am)" 'amd64'
is 'nothing behind = yet' "$(in_bash prove --caps =)" 'all default none'
is 'the name of a capability' "$(in_bash query --cap CAP_SYS_PT)" 'CAP_SYS_PTRACE'
is 'a profile' "$(in_bash prove '' | tr ' ' '\n' | sort | paste -sd' ')" \
	'RuntimeDefault file.json folder'
is 'a call behind it' "$(in_bash query --caps none RuntimeDefault fchmod)" 'fchmod fchmodat fchmodat2'
is 'one of two options' "$(in_bash verify --p)" '--pid'
is 'the other' "$(in_bash verify --con)" '--container'
is 'no value of theirs is known' "$(in_bash verify --container '')$(in_bash verify --pid '')" ''
is 'behind their values' "$(in_bash verify --container c1 --root '')" 'folder'
is 'in place of calls' "$(in_bash query RuntimeDefault --al)" '--all'
is 'directories alone' "$(in_bash sync f)" 'folder'
is 'a word of a verb' "$(in_bash cache l)" 'list'
is 'what stands for an engine' "$(in_bash install --dry-run '')" 'containerd crio docker podman bundle'
is 'a command' "$(in_bash run RuntimeDefault -- setpri)" 'setpriv'
is 'options end at --' "$(in_bash run RuntimeDefault -- ls --c)" ''
is 'a verb that is none' "$(in_bash none '')" ''

# in_fish LINE
in_fish() {
	fish --no-config -c "source $SCRIPTS/oci-seccomp.fish; complete -C '$1'" | cut -f1 | tr '\n' ' '
}

if command -v fish >/dev/null; then
	is 'fish: verbs' "$(in_fish 'oci-seccomp pro')" 'prove '
	is 'fish: values' "$(in_fish 'oci-seccomp prove --caps ')" 'all default none '
	is 'fish: behind =' "$(in_fish 'oci-seccomp prove --caps=d')" '--caps=default '
	is 'fish: files' "$(in_fish 'oci-seccomp prove file')" 'file.json '
	is 'fish: directories' "$(in_fish 'oci-seccomp sync f')" 'folder/ '
	is 'fish: a command' "$(in_fish 'oci-seccomp run RuntimeDefault -- setpri')" 'setpriv '
else
	skip 'fish' 'not installed'
fi

# in_zsh WORD...: the completion function itself, with what it calls replaced by printing.
in_zsh() {
	zsh -f -c '
		_describe() { print -rn -- "${(P)2[*]} " }
		_files() { print -rn -- "files$* " }
		_command_names() { print -rn -- "commands " }
		script=$1
		shift
		words=(oci-seccomp "$@")
		CURRENT=$#words
		PREFIX=$words[CURRENT]
		source $script' zsh "$SCRIPTS/oci-seccomp.zsh" "$@"
}

if command -v zsh >/dev/null; then
	is 'zsh: verbs' "$(in_zsh resol)" 'resolve:say which profile a container gets, and why '
	is 'zsh: values' "$(in_zsh prove --caps '')" 'all default none '
	is 'zsh: files' "$(in_zsh prove '')" 'files RuntimeDefault:the built-in profile '
	is 'zsh: directories' "$(in_zsh sync f)" 'files-/ '
	is 'zsh: a command' "$(in_zsh run RuntimeDefault -- '')" 'commands '
else
	skip 'zsh' 'not installed'
fi

done_testing
