#!/bin/bash
# The rules about user memory and texts with a whole program: a driver that is right gives no finding
# under any schedule, and without its probes each way to touch memory is found.

. "$(dirname "$0")/checks.sh"

rules() { # the rules of the last run, each once
    grep -oE '^RS-[A-Z]+-[0-9]+' err | sort -u | tr '\n' ' '
}

# found "RULES" ARGUMENTS...: a run that finds these and no other.
found() {
    local wanted=$1
    shift
    call run --quiet "$@"
    [ "$(rules)" = "$wanted" ] && return
    echo "exit code $code, found: $(rules)"
    cat out err
    return 1
}

build() {
    "$ringside" cc "$top/tests/cli/verify_user_driver.c" -o driver.sys &&
        "$ringside" cc "$top/tests/cli/verify_user_client.c" -o client.exe
}

right() {
    exits 0 run --quiet --verify driver.sys client.exe && [ -z "$(rules)" ]
}

explored() {
    exits 0 run --quiet --verify --explore 20 --timeout 20 driver.sys client.exe && [ -z "$(rules)" ]
}

# The same driver without its probes.
probes_removed() {
    sed 's/ProbeForRead(.*);//; s/ProbeForWrite(.*);//' "$top/tests/cli/verify_user_driver.c" > bare.c &&
        "$ringside" cc bare.c -o bare.sys || return
    found 'RS-USER-002 ' --verify bare.sys client.exe &&
        match err 'reads 1 byte ' 'writes 1 byte ' 'reads 64 bytes ' 'writes 64 bytes ' \
            'reads 4 bytes ' 'reads 16 bytes ' 'writes 16 bytes ' \
            'at  bare.sys.* copy_vectors ' 'at  bare.sys.* straight ' 'at  bare.sys.* copy_loop ' \
            'at  bare.sys.* copy_string ' 'at  bare.sys.* echo ' 'at  bare.sys.* answer_later '
}

ok 'drivers and programs build' build
ok 'user memory handled right: no finding' right
ok 'the same under 20 schedules' explored
ok 'the same without probes: each way is found' probes_removed
finish
