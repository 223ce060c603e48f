#!/bin/bash
# A machine that stays up: boot, commands of several terminals, a crash, a reboot, shutdown.
#
#   RINGSIDE=build/ringside tests/cli/machine_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

sources=$top/tests/cli/machine

build() {
    "$ringside" cc -DIO_BUFFERED "$top/examples/example-io/Example.c" -o Example.sys &&
        "$ringside" cc "$top/examples/example-io/ExampleClient.c" -o ExampleClient.exe &&
        "$ringside" cc "$top/examples/example-io/ExampleLoader.c" -o ExampleLoader.exe &&
        "$ringside" cc "$sources/console.c" -o console.exe &&
        "$ringside" cc "$sources/handler.c" -o handler.exe &&
        "$ringside" cc "$sources/Crash.c" -o Crash.sys
}
ok 'what the tests need is built' build

# ---- there is none ----

not_running() {
    local verb
    for verb in status shutdown reboot dbgview "exec console.exe" "sc query" "do close"; do
        refused 'default is not running; start it with `ringside boot`' $verb || return
    done
    refused 'lab is not running; start it with `ringside boot lab`' status lab
}
ok 'commands say how to start one' not_running
ok 'a bad name is refused' refused 'a b is no name of a machine' boot 'a b'

# ---- boot ----

boots() {
    exits 0 boot && match out '^default is up \([0-9.]+ ms\)\. C: is .*/default/C$' &&
        exits 0 status && match out '^default is up for ' "folder .*$RINGSIDE_HOME/default" &&
        [ "$(stat -c %a "$RINGSIDE_HOME/default/control")" = 600 ]
}
ok 'boot' boots
ok 'a second boot of the same folder' refused 'default is running already \(process [0-9]+\)' boot
ok 'and through a path' refused 'running already' boot "$RINGSIDE_HOME/./default"
lists() { exits 0 list && match out '^default +up ' && exits 0 list --json &&
    python3 -c 'import json, sys; assert [m["state"] for m in json.load(open("out"))] == ["up"]'; }
ok 'list' lists

# ---- programs ----

streams() {
    printf 'one\ntwo\n' | "$ringside" exec console.exe 'a b' '"c"' > out 2> err
    [ $? = 7 ] && match out '^1: a b$' '^2: "c"$' '^read one$' '^read two$' '^end of input$' &&
        match err '^an error$' && lacks out "an error"
}
ok 'arguments, input, output and exit code' streams
ok 'no such program' exits 101 exec nothing.exe
ok 'no such program in the machine' exits 101 exec 'C:\nothing.exe'
no_program() {
    echo text > text.exe
    exits 101 exec text.exe && match err 'text.exe: .*: it is no Windows program$' &&
        exits 101 exec nothing.exe && match err 'no such file here, nor such a program' &&
        head -c 600 console.exe > cut.exe && exits 101 exec cut.exe && match err 'it is damaged' &&
        exits 101 exec Crash.sys && match err 'is a driver; .ringside sc. makes a service'
}
ok 'what is no program is said to be none' no_program
named() {
    exits 0 ps System --machine default && exits 0 ps --machine=default System &&
        exits 0 status --machine default && match out '^  drive C +.*/default/C$' &&
        refused 'lab is not running' ps System --machine lab &&
        refused 'needs a value: NAME' ps --machine &&
        refused "start it with .ringside boot './a b'" status './a b'
}
ok '--machine stands anywhere' named
background() { # a job of a shell with job control: Linux must not stop it when keys are typed
    on_terminal bash -mc "'$ringside' exec console.exe > job.out & sleep 1; jobs -l; fg; cat job.out" &&
        lacks screen Stopped && match screen Running
}
ok 'a program in the background is not stopped' background
unread() {
    { timeout 9 "$ringside" dbgview 2> err; echo $? > code; } | true
    [ "$(cat code)" = 141 ]
}
ok 'dbgview ends when nobody reads' unread
loud() {
    "$ringside" exec console.exe flood < /dev/null > out 2> err
    [ $? = 7 ] && [ "$(grep -c '^line [0-9]* of the flood$' out)" = 20000 ]
}
ok 'all of much output arrives' loud
interrupted() {
    timeout -s INT 1 "$ringside" exec console.exe spin > out 2> err
    match err 'STATUS_CONTROL_C_EXIT'
}
ok 'Ctrl-C ends a program that computes' interrupted
handled() {
    timeout -s INT 1 "$ringside" exec handler.exe > out 2> err < <(sleep 3)
    match out '^handled event 0$' && match out '^done$'
}
ok 'Ctrl-C is given to a handler' handled
closed() { # the terminal goes away while the program waits for it
    true > out
    "$ringside" exec handler.exe < <(sleep 3) > out 2> err &
    local program=$!
    eventually match out '^waiting$' || return
    kill -HUP $program
    wait $program
    eventually has_no_programs
}
has_no_programs() { "$ringside" status --json | grep -qF '"programs":[]'; }
ok 'a program whose terminal goes away ends' closed
sleeper() { # sleeps for ever, and the machine with it
    echo '#include <windows.h>
int main(void) { Sleep(INFINITE); }' > sleeper.c && "$ringside" cc sleeper.c -o sleeper.exe || return
    timeout -s INT 1 "$ringside" exec sleeper.exe > out 2> err
    match err 'STATUS_CONTROL_C_EXIT' && exits 0 status
}
ok 'a program that sleeps for ever' sleeper
at_once() {
    local i jobs=()
    for i in 1 2 3 4 5 6; do
        echo "$i" | "$ringside" exec console.exe "n$i" > "out$i" &
        jobs+=($!)
    done
    wait "${jobs[@]}"
    for i in 1 2 3 4 5 6; do
        match "out$i" "^1: n$i$" "^read $i$" || return
    done
}
ok 'six programs at the same time' at_once

# ---- drivers and their output ----

driver() {
    cp Example.sys "$drive/example.sys"
    watch || return
    exec 7> >("$ringside" exec ExampleLoader.exe > loader.out 2>&1)
    eventually match loader.out 'Driver started' && exits 0 exec ExampleClient.exe &&
        exits 1 'do' 'open \\.\Example; write hex:00; write "not terminated"' &&
        match out 'STATUS_SUCCESS, 1 byte$' 'STATUS_INVALID_PARAMETER'
    local result=$?
    echo >&7
    exec 7>&-
    eventually match loader.out 'Driver stopped' && return $result
}
ok 'a driver serves programs of several terminals' driver
saw() {
    eventually match lines 'Example: unloaded' &&
        match lines '^[0-9:.]{15} +4 System +default/info +Example: DriverEntry' \
            '^[0-9:.]{15} +[0-9]+ ExampleClient\. +default/info +Example: Hello from user mode!$' &&
        cmp <(sed 's/^[^ ]*//' lines) <(sed 's/^[^ ]*//' "$RINGSIDE_HOME/default/logs/debug.log")
}
ok 'dbgview shows what it printed, and the log has it' saw
kill $watcher

options() {
    watch --filter 'create;*un*ed' --exclude 'loader;DriverEntry' --log shown --max-lines 1 --duration 9 || return
    echo | "$ringside" exec ExampleLoader.exe > /dev/null
    wait $watcher || return
    [ "$(wc -l < lines)" = 1 ] && cmp lines shown && lacks lines 'DriverEntry'
}
ok 'dbgview --filter --exclude --log --max-lines' options
waits() {
    watch --wait-for 'DRIVERENTRY (buff*I/O)' --duration 9 || return
    echo | "$ringside" exec ExampleLoader.exe > /dev/null
    wait $watcher
}
ok 'dbgview --wait-for' waits
ok 'dbgview --wait-for --duration in vain' exits 1 dbgview --wait-for nothing --duration 1
several_lines() { # the second line cannot look as if another driver had printed it
    printf '#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) {
    (void)d; (void)p; DbgPrint("first\\nsecond\\x1b\\n"); return STATUS_UNSUCCESSFUL; }\n' > Lines.c &&
        "$ringside" cc Lines.c -o "$drive/Lines.sys" &&
        exits 0 sc create Lines type= kernel binPath= 'C:\Lines.sys' || return
    watch --max-lines 1 --duration 9 || return
    exits 31 sc start Lines && wait $watcher && exits 0 sc delete Lines &&
        match lines ' first$' '^ {40,}second.x1B$'
}
ok 'dbgview shows a print of several lines' several_lines
as_json() {
    watch --json --max-lines 1 --duration 9 || return
    echo | "$ringside" exec ExampleLoader.exe > /dev/null
    wait $watcher
    has_json lines 'it["name"] == "System" and it["text"].startswith("Example: DriverEntry")'
}
ok 'dbgview --json' as_json

debugger() {
    cp Example.sys "$drive/example.sys"
    exec 7> >("$ringside" exec ExampleLoader.exe > loader.out 2>&1)
    eventually match loader.out 'Driver started' || return
    timeout 60 "$ringside" gdb -batch -ex 'break Example_Create' -ex continue -ex bt -ex detach > gdb.log 2>&1 &
    local gdb=$!
    eventually match gdb.log 'Breakpoint 1 '
    timeout 20 "$ringside" exec ExampleClient.exe > client.out 2>&1 < /dev/null
    wait $gdb
    echo >&7
    exec 7>&-
    match gdb.log '^#0 .*Create.*Example\.c:[0-9]+' && match client.out 'bytes written' &&
        eventually match loader.out 'Driver stopped'
}
ok 'gdb attaches, stops in a driver, and goes' debugger

# ---- a crash ----

crash() {
    watch || return
    cp Crash.sys "$drive/example.sys"
    exec 7> >("$ringside" exec console.exe > waiting.out 2> waiting.err; echo $? > waiting.code)
    eventually match waiting.out '^waiting$' || return
    echo | "$ringside" exec ExampleLoader.exe > out 2> err
    [ $? = 102 ] && match err 'STOP 0x0000007E SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' &&
        eventually match waiting.code '^102$' && eventually match states 'STOP 0x0000007E'
    local result=$?
    exec 7>&-
    return $result
}
ok 'a bug check ends programs, and they say why' crash
stopped() {
    exits 102 status && match out '^default is stopped' 'Crash\.sys|DriverEntry  \(Crash\.c:' &&
        exits 102 exec console.exe && match err 'is stopped: .*STOP 0x0000007E.*ringside reboot'
}
ok 'the report is there afterwards' stopped
again() {
    exits 0 reboot && match out '^default is up again' && eventually match states 'default: up' &&
        cp Example.sys "$drive/example.sys" && echo | "$ringside" exec ExampleLoader.exe &&
        eventually match lines 'DriverEntry'
}
ok 'reboot, and dbgview goes on' again
killed() {
    kill -9 "$("$ringside" status --json | python3 -c 'import json; print(json.loads(input())["process"])')"
    eventually exits 102 status && match out 'ended by signal 9' && exits 0 reboot
}
ok 'the machine process killed' killed

# ---- the end ----

ends() {
    exits 0 shutdown && match out '^default is shut down$' && wait $watcher
    [ $? = 102 ] && [ ! -e "$RINGSIDE_HOME/default/control" ] &&
        refused 'default is not running' status
}
ok 'shutdown' ends
dead() { # the server is killed: its machine ends with it, its socket stays
    exits 0 boot || return
    local server process
    server=$("$ringside" status --json | python3 -c 'import json; print(json.loads(input())["server"])')
    process=$("$ringside" status --json | python3 -c 'import json; print(json.loads(input())["process"])')
    kill -9 "$server"
    eventually gone "$process" && refused 'ended without a shutdown; start it' status &&
        exits 0 boot && exits 0 shutdown
}
gone() { ! kill -0 "$1"; }
ok 'a dead server' dead
finish
