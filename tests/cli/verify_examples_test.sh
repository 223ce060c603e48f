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

# found RULE ARGUMENTS...: the rule is found.
found() {
    local rule=$1
    shift
    call run --verify "$@"
    match err "^$rule (error|warning): "
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

ok 'first-driver' first
ok 'my-driver' second
for kind in DIRECT BUFFERED NEITHER; do
    ok "example-io, $kind" third $kind
done
ok 'test-driver' fourth
ok 'driver-stack' stack
finish
