#!/bin/bash
# What bash and zsh complete: the scripts of `ringside help --completion`.
#
#   RINGSIDE=build/ringside tests/cli/completion_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

# The folders of machines, which are all that a name needs.
mkdir -p bin "$RINGSIDE_HOME"/{default,lab,lamp}/{C,registry,logs} 'sub folder'
ln -s "$ringside" bin/ringside
export PATH=$work/bin:$PATH
touch First.sys SECOND.SYS client.exe source.c 'with blank.sys' trace.jsonl notes.txt

scripts() {
    exits 0 help --completion bash && mv out bash.script && bash -n bash.script || return
    exits 0 help --completion zsh && mv out zsh.script && match zsh.script '^#compdef ringside$'
}
ok 'scripts for both shells' scripts
ok 'no other shell' refused 'for bash or zsh' help --completion fish
every_option() { # of the help text, which is made from the same tables
    local verb option
    exits 0 --help || return
    for verb in $(sed -n '/^Verbs/,/^$/s/^  \([a-z]*\) .*/\1/p' out); do
        exits 0 "$verb" --help || return
        for option in $(grep -oE '^  +--[a-z-]+' out); do
            grep -qE "^    \[$verb\]='.*$option( |')" bash.script ||
                { echo "$verb $option is not there"; return 1; }
        done
    done
}
ok 'every verb with all its options' every_option

# completes WORD...: what bash has for the last word, as its readline would ask; one in each line
# of the file out.
completes() {
    bash --norc -c '
        source bash.script
        entry=$(complete -p ringside)
        [[ $entry =~ -F\ ([^ ]+)\ ringside ]] || exit 1
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        "${BASH_REMATCH[1]}" "$1" "${@: -1}" "${@: -2:1}"
        [[ ${#COMPREPLY[@]} == 0 ]] || printf "%s\n" "${COMPREPLY[@]}"' bash "$@" > out.unsorted ||
        return
    LC_ALL=C sort out.unsorted > out
}
# is EXPECTED... -- WORD...: exactly those are the candidates.
is() {
    local expected=()
    while [ "$1" != -- ]; do
        expected+=("$1")
        shift
    done
    shift
    completes "$@" || return
    diff <(printf '%s\n' "${expected[@]}") out
}
none() { completes "$@" && [ ! -s out ] || { cat out; return 1; }; }

verbs() { completes ringside '' && match out '^run$' '^dbgview$' '^top$' '^--help$'; }
ok 'verbs' verbs
ok 'verbs that begin so' is status -- ringside stat
ok 'verbs as words' is help -- ringside help he
ok 'options of a verb' is --sarif --script --seed --service -- ringside run --s
ok 'and of another' is --duration -- ringside dbgview --du
ok 'drivers, programs and folders' is First.sys SECOND.SYS bin client.exe machines 'sub folder' \
    'with blank.sys' -- ringside run ''
ok 'programs' is client.exe -- ringside exec c
ok 'sources' is source.c -- ringside cc so
ok 'the view of a trace' is view -- ringside trace v
ok 'and its files' is trace.jsonl -- ringside trace tr
ok 'any file' is First.sys -- ringside imports F
ok 'values that are words' is real virtual -- ringside run --clock ''
ok 'values that are files' is notes.txt -- ringside run --dump n
ok 'values that are folders' is bin -- ringside run --c-drive b
ok 'a value behind =' is notes.txt -- ringside run --json = n
ok 'nothing typed behind =' is real virtual -- ringside run --clock =
ok 'an option that takes a value only behind =' is SECOND.SYS -- ringside run --json S
ok 'values that nobody can guess' none ringside run --seed ''
ok 'machines' is default lab lamp -- ringside status ''
ok 'machines that begin so' is lab lamp -- ringside reboot la
ok 'machines for programs in them' is lab -- ringside sc --machine lab
ok 'commands of sc' is start stop -- ringside sc st
ok 'no such verb' none ringside frobnicate ''

names() { exits 0 list --names && [ "$(xargs < out)" = 'default lab lamp' ]; }
ok 'list --names' names

# ---- zsh, in a terminal ----

if ! command -v zsh > /dev/null || ! command -v tmux > /dev/null; then
    skip 7 'no zsh or no tmux'
    finish
    exit
fi
terminal() { tmux -S "$work/terminal" -f /dev/null "$@"; }
end_all() {
    terminal kill-server 2> /dev/null
    end_machines
}
trap end_all EXIT

# shows PATTERN: the screen has a line like that.
shows() { terminal capture-pane -p > screen && match screen "$@"; }
# typed TEXT PATTERN...: with Tab behind the text, the screen has these lines.
typed() {
    terminal send-keys C-u C-l
    terminal send-keys -l "$1"
    terminal send-keys Tab
    shift
    eventually shows "$@"
}
zsh_starts() {
    terminal new-session -d -x 100 -y 40 \
        "exec env LC_ALL=C.UTF-8 PS1='zsh> ' zsh -f" && eventually shows '^zsh>' || return
    terminal send-keys 'autoload -Uz compinit && compinit -u -D && source ./zsh.script; echo read' Enter
    eventually shows '^read$'
}
ok 'zsh reads its script' zsh_starts
ok 'zsh: a verb' typed 'ringside stat' '^zsh> ringside status'
ok 'zsh: verbs are explained' typed 'ringside s' 'status +-- show how a machine is'
ok 'zsh: an option' typed 'ringside run --serv' '^zsh> ringside run --service'
ok 'zsh: a file, not in large letters' typed 'ringside run SEC' '^zsh> ringside run SECOND\.SYS'
ok 'zsh: a value behind =' typed 'ringside run --clock=v' '^zsh> ringside run --clock=virtual'
ok 'zsh: a machine' typed 'ringside reboot de' '^zsh> ringside reboot default'
finish
