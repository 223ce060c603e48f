#!/bin/bash
# Two clients and a driver crash in turn while dbgview and a program that runs on are attached: they
# hear of it, and after a reboot it goes on.
#
#   RINGSIDE=build/ringside tests/cli/machine_crash_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

sources=$top/tests/cli/machine

build() {
    "$ringside" cc -DIO_BUFFERED "$top/examples/example-io/Example.c" -o Example.sys &&
        "$ringside" cc "$top/examples/example-io/ExampleClient.c" -o ExampleClient.exe &&
        "$ringside" cc "$sources/Crash.c" -o Crash.sys &&
        "$ringside" cc "$sources/fault.c" -o fault.exe && "$ringside" cc "$sources/again.c" -o again.exe
}
ok 'what the tests need is built' build

# start_again / line WORD: the program that runs on, and what it hears.
start_again() {
    rm -f again.in again.code
    mkfifo again.in
    true > again.out
    { "$ringside" exec again.exe < again.in > again.out 2> again.err; echo $? > again.code; } &
    exec 7> again.in
    eventually match again.out '^running$'
}
line() {
    echo "$1" >&7
    eventually match again.out "^still here: $1\$"
}

begins() {
    exits 0 boot && cp Example.sys Crash.sys "$drive/" && watch || return
    exits 0 exec sc.exe create Example type= kernel binPath= 'C:\Example.sys' &&
        exits 0 exec sc.exe create Crash type= kernel binPath= 'C:\Crash.sys' &&
        exits 0 exec sc.exe start Example && start_again && line one
}
ok 'a driver, dbgview and a program that runs on' begins
client_crashes() { # 0xC0000005: STATUS_ACCESS_VIOLATION
    exits 5 exec fault.exe && match err 'STATUS_ACCESS_VIOLATION' && line "$1" && exits 0 exec ExampleClient.exe &&
        exits 0 status
}
ok 'a client crashes, the others go on' client_crashes two
ok 'and another' client_crashes three
two_at_once() {
    "$ringside" exec fault.exe > first 2>&1 &
    local first=$!
    exits 5 exec fault.exe
    wait $first
    [ $? = 5 ] && line four
}
ok 'two at once' two_at_once
driver_crashes() {
    exits 102 exec sc.exe start Crash && match err 'STOP 0x0000007E' && eventually match again.code '^102$' &&
        match again.err 'exec: .*STOP 0x0000007E' && eventually match states '-- default: .*STOP 0x0000007E' &&
        match lines 'Crash: going down'
    local result=$?
    exec 7>&-
    return $result
}
ok 'a driver crashes: all that are attached say so' driver_crashes
refuses() { exits 102 exec again.exe && match err 'ringside reboot'; }
ok 'nothing starts in a machine that has stopped' refuses
goes_on() {
    exits 0 reboot && eventually match states '-- default: up' && exits 0 exec sc.exe delete Crash &&
        exits 0 exec sc.exe start Example && start_again && line five &&
        exits 0 exec ExampleClient.exe && [ "$(grep -c 'Example: DriverEntry' lines)" = 2 ]
    local result=$?
    exec 7>&-
    eventually match again.code '^0$' && return $result
}
ok 'after a reboot dbgview goes on, services are there' goes_on
ends() { exits 0 shutdown && { wait $watcher; [ $? = 102 ]; } && match states 'its server ended'; }
ok 'shutdown' ends
finish
