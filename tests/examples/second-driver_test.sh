#!/bin/bash
# The fifth tutorial: a thread-priority booster. See examples/second-driver/README.md.

. "$(dirname "$0")/../cli/checks.sh"
source=$top/examples/second-driver
ioctl='ioctl CTL_CODE(0x8000,0x800,METHOD_NEITHER,FILE_ANY_ACCESS)'

build() {
    "$ringside" cc "$source/SecondDriver.cpp" -o SecondDriver.sys &&
        "$ringside" cc "$source/SecondDriverClient.cpp" -o SecondDriverClient.exe &&
        "$ringside" cc "$source/Victim.cpp" -o Victim.exe
}

# Thread ids are the same in every run of the same programs, so a first run tells the id.
learn_id() {
    echo | "$ringside" run --quiet SecondDriver.sys --background Victim.exe \
        SecondDriverClient.exe 4 0 > out 2> err
    id=$(sed -n 's/^Thread \([0-9]*\): priority 10 .*/\1/p' out | head -n 1)
    [ -n "$id" ] || { cat out err; return 1; }
}

boost() { # PRIORITY
    echo | "$ringside" run --quiet SecondDriver.sys --background Victim.exe \
        SecondDriverClient.exe "$id" "$1" > out 2> err || return
    printf '%s\n' "Thread $id: priority 10 (GetThreadPriority 2)" 'Priority change succeeded!' \
        "Thread $id: priority $1 (GetThreadPriority 2)" | diff - out &&
        match err "^SecondDriver: priority of thread $id is now $1$" '^SecondDriver: unloaded$'
}

refuses() { # THREAD PRIORITY ERROR
    exits 1 run --quiet SecondDriver.sys SecondDriverClient.exe "$1" "$2" &&
        match out "^Priority change failed \\(error=$3\\)$"
}

statuses() {
    exits 0 run --quiet SecondDriver.sys --do "open \\\\.\\SecondDriver
        $ioctl in=zero:7 expect=STATUS_BUFFER_TOO_SMALL
        $ioctl in=hex:0400000000000000 expect=STATUS_INVALID_PARAMETER
        $ioctl in=hex:0400000020000000 expect=STATUS_INVALID_PARAMETER
        $ioctl in=hex:ffffff7f08000000 expect=STATUS_INVALID_PARAMETER
        ioctl 0x80002004 expect=STATUS_INVALID_DEVICE_REQUEST"
}

not_started() {
    exits 1 run --quiet SecondDriverClient.exe 4 31 && match out '^Failed to open device \(error=2\)$'
}

usage() {
    exits 0 run --quiet SecondDriverClient.exe && match out '^Usage: SecondDriverClient'
}

# Without ObDereferenceObject the thread object stays: a leaked object.
leak() {
    mkdir -p leak && grep -v 'ObDereferenceObject(thread)' "$source/SecondDriver.cpp" > leak/Leak.cpp &&
        cp "$source/SecondDriverCommon.h" leak/ && "$ringside" cc leak/Leak.cpp -o Leak.sys || return
    echo | "$ringside" run --service SecondDriver Leak.sys --background Victim.exe \
        SecondDriverClient.exe "$id" 31 > out 2> err || { cat err; return 1; }
    match err '^leaks .*[0-9]+ objects?'
}

no_leak() {
    echo | "$ringside" run SecondDriver.sys --background Victim.exe SecondDriverClient.exe "$id" 31 \
        > out 2> err || { cat err; return 1; }
    match err '^leaks +none$'
}

tour() {
    "$top/examples/second-driver/run.sh" > out 2> err < /dev/null || { cat out err; return 1; }
    match out '^\$ ringside run ' "^Thread $id: priority 31 "
}

ok 'driver and programs are built' build
ok 'the thread of the victim has priority 10' learn_id
ok 'the driver sets it to 31' boost 31
ok 'the driver sets it to 1' boost 1
ok 'statuses of bad requests' statuses
ok 'priority 0 is refused' refuses 4 0 87
ok 'priority 32 is refused' refuses 4 32 87
ok 'a thread that does not exist' refuses 99996 8 87
ok 'before the driver is started' not_started
ok 'usage' usage
ok 'nothing leaks' no_leak
ok 'a forgotten ObDereferenceObject is a leaked object' leak
ok 'examples/second-driver/run.sh' tour

finish
