#!/bin/bash
# The verifier on the tutorials: their correct versions give no finding, in the ordinary order and
# in twenty others; the faults that the originals have are found.
#
#   RINGSIDE=build/ringside tests/cli/verify_examples_test.sh

. "$(dirname "$0")/checks.sh"

examples=$top/examples

build() { # SOURCE OUTPUT [OPTIONS...]
    local source=$1 output=$2
    shift 2
    "$ringside" cc "$@" "$examples/$source" -o "$output"
}

# clean EXIT ARGUMENTS...: no finding; the client ends with EXIT, without one 0.
clean() {
    local wanted=$1
    shift
    exits "$wanted" run --verify "$@" && match err '^0 findings; rules: all' || return
    [ "$wanted" != 0 ] || exits 0 run --verify --explore 20 "$@"
}

# found "RULES" ARGUMENTS...: each of the rules is found.
found() {
    local rules=$1 rule
    shift
    call run --verify "$@"
    for rule in $rules; do
        match err "^$rule (error|warning): " || return
    done
}

first() {
    build first-driver/FirstDriver.c FirstDriver.sys &&
        build first-driver/FirstDriverClient.c FirstDriverClient.exe &&
        clean 0 FirstDriver.sys FirstDriverClient.exe
}

second() {
    build my-driver/MyDriver.c MyDriver.sys && build my-driver/driverClient.cpp driverClient.exe &&
        clean 0 MyDriver.sys driverClient.exe
}

third() { # KIND
    build example-io/Example.c Example.sys "-DIO_$1" &&
        build example-io/ExampleClient.c ExampleClient.exe &&
        build example-io/ExampleReader.c ExampleReader.exe &&
        clean 0 Example.sys ExampleClient.exe &&
        clean 0 Example.sys --background ExampleClient.exe ExampleReader.exe
}

fourth() {
    build test-driver/TestDriver.c TestDriver.sys &&
        build test-driver/TestDriverClient.c TestDriverClient.exe &&
        clean 0 TestDriver.sys TestDriverClient.exe
}

stack() {
    build driver-stack/Bus.c Bus.sys && build driver-stack/Layer.c FilterBelow.sys -DFILTER_BELOW &&
        build driver-stack/Layer.c Function.sys -DFUNCTION &&
        build driver-stack/Layer.c FilterAbove.sys -DFILTER_ABOVE &&
        build driver-stack/StackClient.c StackClient.exe || return
    for request in plain later; do
        clean 0 Bus.sys FilterBelow.sys Function.sys FilterAbove.sys StackClient.exe $request || return
    done
}

# The third tutorial's driver as it was: no request is completed, and the text is the format.
third_original() {
    build example-io/original-faults/Example.c Original.sys &&
        build example-io/ExampleClient.c ExampleClient.exe &&
        found 'RS-IRP-003 RS-STR-001' Original.sys ExampleClient.exe
}

fifth() {
    build second-driver/SecondDriver.cpp SecondDriver.sys &&
        build second-driver/SecondDriverClient.cpp SecondDriverClient.exe &&
        found 'RS-USER-001 RS-USER-002 RS-USER-006' SecondDriver.sys SecondDriverClient.exe 8 31
}

# As its README repairs it: one copy, inside __try, after a probe.
fifth_repaired() {
    cp "$examples/second-driver/SecondDriverCommon.h" . &&
        sed '/if (data->Priority < 1/i\
        ThreadData copy;\
        __try {\
            ProbeForRead(data, sizeof(copy), 1);\
            RtlCopyMemory(\&copy, data, sizeof(copy));\
        } __except (EXCEPTION_EXECUTE_HANDLER) {\
            status = GetExceptionCode();\
            break;\
        }\
        data = \&copy;' "$examples/second-driver/SecondDriver.cpp" > Repaired.cpp &&
        "$ringside" cc Repaired.cpp -o Repaired.sys &&
        clean 0 --service SecondDriver Repaired.sys SecondDriverClient.exe 8 31
}

ok 'first-driver' first
ok 'my-driver' second
for kind in DIRECT BUFFERED NEITHER; do
    ok "example-io, $kind" third $kind
done
ok 'example-io, original faults' third_original
ok 'test-driver' fourth
ok 'second-driver' fifth
ok 'second-driver, repaired' fifth_repaired
ok 'driver-stack' stack
finish
