#!/bin/bash
# The rules about user memory and texts with whole programs: drivers that are right give no finding
# under any schedule, the tutorials' faulty ones are found out.

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

example_io() { # IO_DIRECT …
    local source=$top/examples/example-io
    "$ringside" cc "-D$1" "$source/Example.c" -o Example.sys &&
        "$ringside" cc "$source/ExampleClient.c" -o ExampleClient.exe || return
    found '' --verify Example.sys ExampleClient.exe
}

original_faults() {
    "$ringside" cc "$top/examples/example-io/original-faults/Example.c" -o Original.sys || return
    found 'RS-STR-001 ' --verify=RS-USER,RS-STR --timeout 1 Original.sys ExampleClient.exe
}

second_driver() {
    local source=$top/examples/second-driver
    "$ringside" cc "$source/SecondDriver.cpp" -o SecondDriver.sys &&
        "$ringside" cc "$source/SecondDriverClient.cpp" -o SecondDriverClient.exe || return
    found 'RS-USER-001 RS-USER-002 RS-USER-006 ' --verify SecondDriver.sys SecondDriverClient.exe 8 31
}

# As its README repairs it: one copy, inside __try, after a probe.
second_driver_repaired() {
    local source=$top/examples/second-driver
    cp "$source/SecondDriverCommon.h" . &&
        sed '/if (data->Priority < 1/i\
        ThreadData copy;\
        __try {\
            ProbeForRead(data, sizeof(copy), 1);\
            RtlCopyMemory(\&copy, data, sizeof(copy));\
        } __except (EXCEPTION_EXECUTE_HANDLER) {\
            status = GetExceptionCode();\
            break;\
        }\
        data = \&copy;' "$source/SecondDriver.cpp" > Repaired.cpp &&
        "$ringside" cc Repaired.cpp -o Repaired.sys || return
    found '' --verify --service SecondDriver Repaired.sys SecondDriverClient.exe 8 31 && [ "$code" = 0 ]
}

ok 'drivers and programs build' build
ok 'user memory handled right: no finding' right
ok 'the same under 20 schedules' explored
ok 'the same without probes: each way is found' probes_removed
ok 'example-io, direct' example_io IO_DIRECT
ok 'example-io, buffered' example_io IO_BUFFERED
ok 'example-io, neither' example_io IO_NEITHER
ok 'example-io, original faults' original_faults
ok 'second-driver' second_driver
ok 'second-driver, repaired' second_driver_repaired
finish
