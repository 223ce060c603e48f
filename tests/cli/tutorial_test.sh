#!/bin/bash
# The tutorials: every command of their transcripts is typed into a terminal, and what appears is
# compared. And that a transcript which is not true, or is not run, fails.
#
#   RINGSIDE=build/ringside tests/cli/tutorial_test.sh

. "$(dirname "$0")/checks.sh"

run=$top/tests/tutorials/run.py
export RINGSIDE=$ringside

tutorial() { timeout 150 python3 "$run" "$top/docs/tutorials/$1.md"; }

# page LINES...: a tutorial made of these lines; what its run says is in out.
page() {
    printf '%s\n' "$@" > page.md
    timeout 30 python3 "$run" page.md > out 2>&1
}

# differs PATTERN LINES...: the run of this tutorial fails, and says so.
differs() {
    local pattern=$1
    shift
    ! page "$@" && match out "$pattern"
}

forms() {
    page '```console' '$ printf "a 1\nb\nc\n"' 'a …' '…' 'c' '```' \
        '```console terminal=2' '$ cat' 'hello⏎' 'hello' '```' \
        '```console' '$ echo é' 'é' '```' \
        '```console terminal=2 continued' 'bye⏎' 'bye' '^C' '```' &&
        match out '^.*page\.md: 6 steps, 2 terminals$'
}

updates() {
    printf '%s\n' text '```console' '$ printf "a 1\nb\n"' 'a …' 'c' '```' '```console' '$ true' x '```' end > page.md
    timeout 30 python3 "$run" --update page.md &&
        printf '%s\n' text '```console' '$ printf "a 1\nb\n"' 'a …' 'b' '```' '```console' '$ true' '```' end |
        diff - page.md
}

ok 'several terminals, placeholders, input, Ctrl-C' forms
ok 'another line' differs '^-c$' '```console' '$ echo b' 'c' '```'
ok 'a line too many' differs '^\+b$' '```console' '$ echo b' '```'
ok 'a line too few' differs 'page\.md:2: the screen differs' '```console' '$ true' 'c' '```'
ok 'output that comes too late' differs '^\+x$' '```console' '$ (sleep 0.2; echo x) & true' '…' '```' \
    '```console' '$ wait' '```'
ok 'the steps after it are counted' differs '^2 steps after it were not run$' \
    '```console' '$ echo b' 'c' '$ true' '```' '```console' '$ true' '```'
ok 'a block of an unknown kind' differs 'page\.md:4: no such kind of block' \
    '```console' '$ true' '```' '```console terminal 2' '$ true' '```'
ok 'a block that is none' differs 'page\.md:5: a transcript that is not in a block' \
    '```console' '$ true' '```' '```' '$ true' '```'
ok 'a block that is not closed' differs 'page\.md:1: a block without an end' '```console' '$ true'
ok 'a block that continues nothing' differs 'nothing to continue' '```console terminal=2 continued' '```'
ok 'a step without an end' differs 'page\.md:2: the last line of what goes on' \
    '```console' '$ cat' '…' '```' '```console continued' '^C' '```'
ok 'a page without a transcript' differs 'no transcript' 'text'
ok 'its output is written back' updates

# The other two attach gdb to a machine, which Linux may allow to root only, or to nobody.
ok 'example-io' tutorial example-io
scope=$(cat /proc/sys/kernel/yama/ptrace_scope 2> /dev/null || echo 0)
if [ "$scope" = 0 ] || { [ "$(id -u)" = 0 ] && [ "$scope" -lt 3 ]; }; then
    ok 'test-driver' tutorial test-driver
    ok 'second-driver' tutorial second-driver
else
    skip 2 "kernel.yama.ptrace_scope is $scope: gdb may not attach to a process"
fi
finish
