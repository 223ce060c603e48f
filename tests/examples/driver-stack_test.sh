#!/bin/bash
# A stack of four drivers: the path of a request down and up. See examples/driver-stack/README.md.

. "$(dirname "$0")/../cli/checks.sh"
source=$top/examples/driver-stack
stack=(Bus.sys FilterBelow.sys Function.sys FilterAbove.sys)

build() {
    "$ringside" cc "$source/Bus.c" -o Bus.sys &&
        "$ringside" cc -DFILTER_BELOW "$source/Layer.c" -o FilterBelow.sys &&
        "$ringside" cc -DFUNCTION "$source/Layer.c" -o Function.sys &&
        "$ringside" cc -DFILTER_ABOVE "$source/Layer.c" -o FilterAbove.sys &&
        "$ringside" cc "$source/StackClient.c" -o StackClient.exe
}

# goes CODE ANSWER REQUEST LINE...: the client ends so, and the drivers print these lines. When a
# request pends, the moment at which IoCallDriver returns is not fixed: those lines are not compared.
goes() {
    local number=$1 answer=$2 request=$3
    shift 3
    exits "$number" run --quiet "${stack[@]}" StackClient.exe "$request" || return
    echo "$answer" | diff - out || return
    if [ "$request" = later ]; then
        [ "$(grep -c ': IoCallDriver returned 0x00000103$' err)" = 2 ] || { cat err; return 1; }
        sed -i '/: IoCallDriver returned /d' err
    fi
    printf '%s\n' "$@" | diff - <(grep -v ': StackSize ' err)
}

sizes() {
    printf '%s\n' 'Bus: StackSize 1' 'FilterBelow: StackSize 2' 'Function: StackSize 3' \
        'FilterAbove: StackSize 4' | diff - <(grep ': StackSize ' err)
}

# Without the upper filter the request that it fails comes down to the bus, which does not know it.
shorter() {
    exits 1 run --quiet "${stack[@]:0:3}" StackClient.exe deny &&
        echo 'deny: failed with error 1' | diff - out &&
        match err '^Function: down, location 3 of 3$' '^Bus: completes it, location 1 of 3$' \
            '^Function: up, status 0xC0000010$'
}

no_bus() {
    exits 101 run --quiet Function.sys && match err 'DriverEntry returned 0xC0000034'
}

# Nothing of the stack is left when all are unloaded.
clean() {
    call run --json "${stack[@]}" StackClient.exe plain
    [ "$code" = 0 ] && has_json err 'all(count == 0 for count in it["leaks"].values())'
}

ok 'drivers and client are built' build
ok 'a request goes down to the bus and up again' goes 0 'plain: done, 4 bytes, request 1 of the bus' \
    plain 'FilterAbove: down, location 4 of 4' 'Function: down, location 3 of 4' \
    'FilterBelow: down, location 2 of 4' 'Bus: completes it, location 1 of 4' \
    'FilterBelow: up, status 0x00000000' 'Function: up, status 0x00000000' \
    'FilterAbove: up, status 0x00000000' 'FilterBelow: IoCallDriver returned 0x00000000' \
    'Function: IoCallDriver returned 0x00000000' 'FilterAbove: IoCallDriver returned 0x00000000'
ok 'each driver makes the stack one higher' sizes
ok 'a filter keeps a request and completes it later' goes 0 'later: done, 0 bytes' later \
    'FilterAbove: down, location 4 of 4' 'Function: down, location 3 of 4' \
    'FilterBelow: keeps it, location 2 of 4' 'FilterBelow: completes it on a worker thread' \
    'Function: up, status 0x00000000, pending' 'FilterAbove: up, status 0x00000000, pending'
ok 'a filter fails a request' goes 1 'deny: failed with error 5' deny \
    'FilterAbove: fails it, location 4 of 4'
ok 'without that filter the bus sees it' shorter
ok 'a driver without the device below' no_bus
ok 'nothing is left over' clean

finish
