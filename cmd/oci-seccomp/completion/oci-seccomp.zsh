#compdef oci-seccomp
# SPDX-License-Identifier: Apache-2.0
# Completion of oci-seccomp for zsh: the command itself says what may stand there.

_oci_seccomp() {
	local line
	local -a candidates

	for line in "${(@f)$("${words[1]}" --complete "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
		case $line in
		:files) _files ;;
		:directories) _files -/ ;;
		:command) _command_names -e ;;
		?*) candidates+=("${line/$'\t'/:}") ;;
		esac
	done
	if (( $#candidates )); then
		_describe 'oci-seccomp' candidates
	fi
}

_oci_seccomp "$@"
