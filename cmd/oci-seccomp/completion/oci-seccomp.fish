# SPDX-License-Identifier: Apache-2.0
# Completion of oci-seccomp for fish: the command itself says what may stand there.

function __oci_seccomp_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in (command $words[1] --complete $words[2..-1] "$word" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$word"
            case :directories
                __fish_complete_directories "$word"
            case :command
                complete -C "$word"
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c oci-seccomp -f -a '(__oci_seccomp_complete)'
