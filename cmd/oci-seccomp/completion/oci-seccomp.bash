# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Completion of oci-seccomp for bash: the command itself says what may stand there.

_oci_seccomp() {
	local line word words=()

	COMPREPLY=()
	# bash makes three words of --option=value.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		[[ $word == = ]] || words+=("$word")
	done
	[[ ${COMP_WORDS[COMP_CWORD]} != = ]] || words+=("")
	word=${words[${#words[@]} - 1]}
	while IFS= read -r line; do
		case $line in
		:files | :directories)
			compopt -o filenames 2>/dev/null
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < \
				<(if [[ $line == :files ]]; then compgen -f -- "$word"; else compgen -d -- "$word"; fi)
			;;
		:command)
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -c -- "$word")
			;;
		*)
			COMPREPLY+=("${line%%$'\t'*}")
			;;
		esac
	done < <("$1" --complete "${words[@]}" 2>/dev/null)
}

complete -F _oci_seccomp oci-seccomp
