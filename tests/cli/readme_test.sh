#!/bin/bash
# The README's session with a machine that stays up, typed line by line as it stands there.
#
#   RINGSIDE=build/ringside tests/cli/readme_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

# As in a fresh clone of somebody who has never used it.
export HOME=$work/home
unset RINGSIDE_HOME XDG_DATA_HOME
mkdir -p "$HOME"
ln -s "$(dirname "$ringside")" build
ln -s "$top/examples" examples
end_machine() {
    timeout 20 "$ringside" shutdown > /dev/null 2>&1
    rm -rf "$work"
}
trap end_machine EXIT

sed -n '/^build\/ringside boot$/,/^```$/{/^```$/!p}' "$top/README.md" > session
printed() { sed -nE "s/^.*\\bexec $1.*# (.*)$/\\1/p" session; } # what the README says it prints

# A person waits for what a command in the background prints before the next line is typed.
settled() {
    case $1 in
    *dbgview*) eventually match err 'watching default' ;;
    *Victim.exe*'&'*) eventually grep -qxF "$(printed Victim.exe)" out ;;
    esac
}

# With job control, as a terminal has it: else a command in the background has no input. Nobody
# types anything into it.
mkfifo keyboard
session() {
    local line
    exec 9<> keyboard
    set -m
    while read -r line <&8; do
        echo "\$ $line"
        eval "$line" >> out 2>> err <&9 || { cat out err; return 1; }
        settled "$line" || return
    done 8< session
}
ok 'the session is in the README' [ "$(wc -l < session)" -gt 10 ]
ok 'every line of it runs' session
ok 'the driver changes the priority' grep -qxF "$(printed SecondDriverClient.exe)" out
ok 'ps shows it' match out '^ *80 +88 +Victim.exe +10 +31 +waiting'
ok 'dbgview has shown it' match out 'SecondDriver: priority of thread 88 is now 31'
ok 'the namespace has the device' match out '^SecondDriver +SymbolicLink +\\Device\\SecondDriver'
ok 'the machine is off' exits 100 status
survives() { exits 0 boot && exits 0 sc query second && match out 'STATE +: 1  STOPPED'; }
ok 'its service is there after the next boot' survives

finish
