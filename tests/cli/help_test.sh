#!/bin/bash
# Tests of help, version, man pages and of command lines that are refused.
#
#   RINGSIDE=build/ringside tests/cli/help_test.sh

. "$(dirname "$0")/checks.sh"

mapfile -t verbs < <("$ringside" --help | sed -nE '/^To begin/q; s/^  ([a-z]+) +[a-z].*/\1/p')

help_lists_verbs() {
    local verb
    exits 0 "$@" || return
    for verb in "${verbs[@]}"; do
        match out "^  $verb +[a-z]" || return
    done
}

version_is_one_line() {
    exits 0 "$@" && match out '^ringside [0-9]+\.[0-9]+\.[0-9]+$' && [ "$(wc -l < out)" = 1 ]
}

fits_80_columns() {
    exits 0 "$1" --help && match out "^ringside $1: " '^usage: ringside' '^Options$' || return
    awk 'length > 100 { print; bad = 1 } END { exit bad }' out
}

# Every option of the help text is in the man page, and the page is clean roff.
man_page_agrees() {
    local option
    exits 0 "$1" --help || return
    grep -oE '^  +--[a-z-]+' out | sort -u > options
    exits 0 help --man "$1" || return
    match out '^\.TH RINGSIDE' '^\.SH NAME' '^\.SH SYNOPSIS' '^\.SH OPTIONS' '^\.SH EXIT STATUS' ||
        return
    sed 's/\\-/-/g' out > page
    while read -r option; do
        grep -qF -- "\\fB$option\\fR" page || { echo "$option is not in the man page"; return 1; }
    done < options
    command -v groff > /dev/null || return 0
    groff -man -Tutf8 -ww -z out 2> warnings
    [ ! -s warnings ] || { cat warnings; return 1; }
}

# What SEE ALSO names is built and installed: the list in cmake/Cli.cmake has every verb.
pages_are_built() {
    local verb
    for verb in "${verbs[@]}"; do
        [ -s "$(dirname "$ringside")/man/ringside-$verb.1" ] || { echo "no page of $verb"; return 1; }
    done
}

colours_on_terminal() {
    on_terminal "$ringside" run --help && match screen $'\033\[1m' || return
    on_terminal env NO_COLOR=1 "$ringside" run --help && lacks screen $'\033' || return
    on_terminal env TERM=dumb "$ringside" run --help && lacks screen $'\033' || return
    exits 0 run --help && lacks out $'\033'
}

ok '--help lists the verbs' help_lists_verbs --help
ok 'help lists the verbs' help_lists_verbs help
ok '--version' version_is_one_line --version
ok 'version' version_is_one_line version
for verb in "${verbs[@]}"; do
    [ "$verb" = cc ] || ok "$verb --help" fits_80_columns "$verb"
done
ok 'cc --help' exits 0 cc --help
for verb in "${verbs[@]}"; do
    ok "help $verb is a text" exits 0 help "$verb"
    ok "man page of $verb agrees with its help" man_page_agrees "$verb"
done
ok 'man page of the command' exits 0 help --man
ok 'each verb has a man page' pages_are_built
ok 'there are verbs' [ ${#verbs[@]} -gt 25 ]
ok 'colours only on a terminal' colours_on_terminal

ok 'no verb' refused 'a verb is missing'
ok 'mistyped verb' refused 'did you mean `ringside run`' rnu
ok 'unlike any verb' refused 'see `ringside --help`' frobnicate
ok 'a driver as the verb' refused 'did you mean `ringside run X.sys`' X.sys
ok 'help of an unknown verb' refused 'there is no verb frob' help frob
ok 'version with arguments' refused 'takes no arguments' version now
ok 'mistyped option' refused 'did you mean --seed' run --sed 1 X.sys
ok 'unlike any option' refused 'see ringside run --help' run --frobnicate X.sys
ok 'option without its value' refused 'needs a value' run --seed
ok 'value for an option without one' refused 'takes no value' run --quiet=1 X.sys
ok 'not a number' refused 'x1 is not a number' run --seed x1 X.sys
ok 'negative number' refused 'is not a number from 0' run --seed -1 X.sys
ok 'number too large' refused 'is not a number from 0' run --memory 99999999 X.sys
ok 'number too small' refused 'is less than' run --memory 1 X.sys
ok 'no such clock' refused 'virtual or real' run --clock sundial X.sys
ok 'nothing to run' refused 'nothing to run' run --quiet
ok 'service without a driver' refused 'not followed by a driver' run X.sys --service Y
ok 'service name with a backslash' refused 'no service name' run --service 'a\b' X.sys
ok 'two drivers of one file name' refused 'two drivers have the file name' run a/X.sys b/x.SYS
ok 'two drivers of one service' refused 'two drivers would be the service' \
    run X.sys --service x Y.sys
ok 'output that cannot be written' refused 'No such file' run --trace nowhere/trace X.sys

finish
