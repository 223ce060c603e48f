#!/bin/bash
# Faults around a machine that stays up: its folder, its disk, its sockets, commands that misbehave,
# and a machine's process that attacks its server. One clear line each, nothing hangs, nothing is
# lost, no memory without limit.
#
#   RINGSIDE=build/ringside tests/cli/machine_fault_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

sources=$top/tests/cli/machine
MEMORY=100000 # KiB that a server may ever need

build() {
    local name
    for name in Flood Hang; do "$ringside" cc "$sources/$name.c" -o $name.sys || return; done
    for name in keeper console stubborn; do
        "$ringside" cc "$sources/$name.c" -o $name.exe || return
    done
    cc -Wall -O1 -I"$top/src" -I"$top/include" -o hostile_machine "$sources/hostile_machine.c" \
        "$top"/src/server/{server,session,child,folder,channel,log,keep,text,debug_line,findings_form}.c \
        "$top"/src/hive/*.c -lcjson -lz
}
ok 'what the tests need is built' build

# pid server|process [MACHINE]
pid() { "$ringside" status --json ${2+"$2"} |
    python3 -c 'import json, sys; print(json.loads(input())[sys.argv[1]])' "$1"; }
gone() { ! kill -0 "$1"; }
# says CODE PATTERN ARGUMENTS...: that exit code, and one line on standard error that matches.
says() {
    local wanted=$1 pattern=$2
    shift 2
    exits "$wanted" "$@" || return
    [ "$(wc -l < err)" = 1 ] || { echo 'not one line:'; cat err; return 1; }
    match err "$pattern"
}
# small PID: the process never needed much memory.
small() {
    local peak
    peak=$(awk '/VmHWM/ {print $2}' "/proc/$1/status")
    [ "$peak" -lt $MEMORY ] || { echo "$peak KiB"; return 1; }
}
up() { exits 0 status; }

# ---- the folder ----

touch a_file
in_file() { RINGSIDE_HOME=$PWD/a_file "$@"; }
ok 'the home is a file' in_file says 101 'a_file/default/C: Not a directory' boot
ok 'and no machine is there' in_file says 100 'is not running' status
ok 'a folder that is a file' says 101 'a_file/C: Not a directory' boot ./a_file
read_only() {
    mkdir -p closed && chmod 555 closed
    says 101 'closed/lab/C: Permission denied' boot ./closed/lab
}
if [ "$(id -u)" = 0 ]; then
    skip 1 'root may write everywhere'
else
    ok 'a folder that cannot be written' read_only
fi
ok 'a folder of the system' says 101 '/proc/lab/C: No such file or directory' boot /proc/lab
no_home() { env -u RINGSIDE_HOME -u HOME -u XDG_DATA_HOME "$ringside" "$@" > out 2> err; }
homeless() { no_home boot; [ $? = 100 ] && match err 'no place for machines: set HOME or RINGSIDE_HOME'; }
ok 'no home' homeless
long=$(printf 'long_%.0s' {1..40})
long_path() {
    up_and_down "./$long/$long/$long/" && [ -e "./$long/$long/$long/C" ]
}
up_and_down() {
    exits 0 boot "$1" && exits 0 exec --machine "$1" sc.exe query && exits 0 status "$1" &&
        match out "^$(basename "$1") is up" && exits 0 shutdown "$1"
}
ok 'a path that is longer than the address of a socket' long_path
too_long() { says 100 'the path of the machine is too long' boot "./$(printf "$long/%.0s" {1..25})"; }
ok 'a path that is longer than any' too_long
no_logs() { mkdir -p nologs && touch nologs/logs && says 101 'nologs/logs: Not a directory' boot ./nologs; }
ok 'logs that is a file' no_logs
bad_log() { mkdir -p badlog/logs/debug.log && says 101 'badlog/logs: Is a directory' boot ./badlog; }
ok 'a log that is a folder' bad_log
bad_hive() { mkdir -p hive/registry && head -c 5000 /dev/zero | tr '\0' x > hive/registry/SYSTEM &&
    cp hive/registry/SYSTEM before && says 101 'hive/registry/SYSTEM: ' boot ./hive && cmp before hive/registry/SYSTEM; }
ok 'a damaged hive is refused, and left as it is' bad_hive
bad_journal() { mkdir -p journal/registry && head -c 5000 /dev/zero | tr '\0' x > journal/registry/journal &&
    says 101 'journal/registry/journal: damaged' boot ./journal && [ "$(stat -c %s journal/registry/journal)" = 5000 ]; }
ok 'a damaged journal, too' bad_journal

# ---- starting ----

raced() {
    local i jobs=()
    for i in 1 2 3 4 5 6; do
        "$ringside" boot > "race$i" 2>&1 &
        jobs+=($!)
    done
    wait "${jobs[@]}"
    cat race?
    [ "$(cat race? | grep -c '^default is up')" = 1 ] &&
        [ "$(cat race? | grep -cE 'is running already|being started')" = 5 ]
}
ok 'six boots at once: one machine' raced
inherited() { # nothing of the caller stays open: who waits for the end of a pipe is not held up
    exits 0 shutdown && [ "$( (exec 9>&1; "$ringside" boot >&2) 2>&1 | wc -l)" = 1 ]
}
ok 'boot in a pipe' timeout 20 bash -c "$(declare -f inherited exits call); ringside=$ringside; inherited"
foreground() { # Ctrl-C is a shutdown in order
    setsid --wait "$ringside" boot --foreground ./front > front.out 2> front.err &
    local command=$!
    eventually exits 0 status ./front || return
    kill -INT -- "-$(pid server ./front)"
    wait $command && match front/logs/machine.log 'the machine was shut down' &&
        lacks front/logs/machine.log signal && [ ! -s front.err ]
}
ok 'Ctrl-C at a machine in the foreground' foreground
front_error() { says 101 'a_file/C: Not a directory' boot --foreground ./a_file &&
    says 101 'hive/registry/SYSTEM: ' boot --foreground ./hive; }
ok 'a machine in the foreground that cannot start' front_error
terminated() {
    local server
    server=$(pid server)
    kill -TERM "$server"
    eventually gone "$server" && match "$RINGSIDE_HOME/default/logs/machine.log" 'the machine was shut down' &&
        [ ! -e "$RINGSIDE_HOME/default/control" ]
}
ok 'SIGTERM shuts it down in order' terminated
interrupted() { # while a driver holds the boot up
    exits 0 boot && cp Flood.sys "$drive/" &&
        exits 0 exec sc.exe create flood type= kernel start= auto binPath= 'C:\Flood.sys' && exits 0 shutdown || return
    timeout -s INT 0.05 "$ringside" boot
    eventually not_running && match "$RINGSIDE_HOME/default/logs/machine.log" 'command that boots was interrupted'
}
not_running() { says 100 'is not running' status; }
ok 'Ctrl-C at a boot ends the machine' interrupted
booted() { timeout 60 "$ringside" boot && exits 0 exec sc.exe delete flood && exits 0 reboot; }
ok 'the next boot' booted

# ---- the registry and the disk ----

show() { "$ringside" exec keeper.exe | sort > "$1"; }
full() { # no file of the server may become larger, and later they may again
    local server
    server=$(pid server)
    watch || return
    timeout -s INT 0.3 "$ringside" exec keeper.exe 0 > sooner
    prlimit --pid "$server" --fsize="$(stat -c %s "$RINGSIDE_HOME/default/registry/journal"):unlimited" || return
    timeout -s INT 0.3 "$ringside" exec keeper.exe 1000000 > later
    eventually match states 'changes of the registry are not kept: .*/journal: cannot be written: File too large' &&
        [ "$(grep -c 'not kept' states)" = 1 ] && up && show full.before
    local result=$?
    prlimit --pid "$server" --fsize=unlimited:unlimited
    [ $result = 0 ] && eventually match states 'the registry is kept again' &&
        kill -9 "$server" && eventually gone "$server" && eventually exits 0 boot &&
        show full.after && cmp full.before full.after && match full.after 'value v0 1[0-9]{6}'
}
ok 'a full disk: told, and nothing is lost when there is room again' full
# What a mount can do, in a name space of its own.
namespace() { timeout 60 unshare -rm bash -c "$(declare -f exits call match full_boot says); ringside=$ringside; $1"; }
full_boot() {
    mkdir -p tiny && mount -t tmpfs -o size=48k tiny tiny && mkdir -p tiny/lab &&
        head -c 100000 /dev/zero > tiny/lab/filler
    exits 101 boot ./tiny/lab && match err 'No space left on device' && [ "$(wc -l < err)" = 1 ]
}
if unshare -rm mount -t tmpfs none /mnt 2> unshare.log; then
    ok 'a full disk at boot' namespace full_boot
else
    skip 1 "no mount name space: $(cat unshare.log)"
fi
undermined() { # what is open goes on; what is not there is said
    rm -rf "$RINGSIDE_HOME/default/logs"
    exits 0 exec sc.exe query && exits 0 reboot && exits 0 exec sc.exe query
    local result=$?
    exits 0 shutdown && exits 0 boot && [ -e "$RINGSIDE_HOME/default/logs/machine.log" ] && return $result
}
ok 'the logs removed while it runs' undermined
no_drive() {
    mv "$drive" drive.away
    exits 0 exec sc.exe query && says 104 'default/C: No such file or directory' reboot
    local result=$?
    mv drive.away "$drive" && exits 0 reboot && return $result
}
ok 'the drive removed while it runs' no_drive

# ---- many commands ----

crowded() {
    exec 7> >(python3 "$sources/attack.py" "$RINGSIDE_HOME/default" crowd 64 > crowd)
    eventually match crowd '64 connected' && timeout 5 "$ringside" status > out 2> err
    [ $? = 104 ] && match err 'default serves 64 commands already; try again' && [ "$(wc -l < err)" = 1 ] &&
        { timeout 5 "$ringside" exec console.exe > out 2> err; [ $? = 101 ]; } && match err 'serves 64 commands' &&
        { timeout 5 "$ringside" dbgview > out 2> err; [ $? = 104 ]; } && match err 'serves 64 commands'
    local result=$?
    exec 7>&-
    [ $result = 0 ] && eventually up
}
ok 'one command too many' crowded
nonsense() { timeout 120 python3 "$sources/attack.py" "$RINGSIDE_HOME/default" nonsense &&
    exits 0 exec sc.exe query && small "$(pid server)"; }
ok 'connections that send nonsense' nonsense

# ---- slow readers ----

slow_watcher() {
    cp Flood.sys "$drive/" && exits 0 exec sc.exe create flood type= kernel binPath= 'C:\Flood.sys' && watch || return
    kill -STOP $watcher
    timeout 100 "$ringside" exec sc.exe start flood > started
    small "$(pid server)" && exits 0 exec sc.exe stop flood
    local result=$?
    kill -CONT $watcher
    [ $result = 0 ] && eventually match states '[0-9]+ lines are missing here: they came too fast' || return
    local lost
    lost=$(grep -oE '[0-9]+ lines are missing' states | awk '{n += $1} END {print n}')
    [ $((lost + $(grep -c flood lines))) = 200000 ] || { echo "$lost + $(grep -c flood lines)"; return 1; }
}
ok 'dbgview is stopped meanwhile: memory is bounded, and it says how many lines it lacks' slow_watcher
log_whole() {
    [ "$(cat "$RINGSIDE_HOME"/default/logs/debug.log{.old,} | grep -c 'flood [0-9]*:')" -ge 150000 ] &&
        [ "$(stat -c %s "$RINGSIDE_HOME/default/logs/debug.log")" -lt 40000000 ]
}
ok 'the log begins anew before it fills the disk' log_whole
stopped_printer() { # its terminal takes nothing for a while: the program waits, others go on
    true > printed
    "$ringside" exec stubborn.exe print > printed 2> printed.err &
    local command=$! server
    server=$(pid server)
    eventually grep -q 'line 1000 ' printed || return
    kill -STOP $command
    sleep 1
    small "$server" && exits 0 exec sc.exe query
    local result=$?
    kill -CONT $command || cat printed.err
    local before
    before=$(wc -l < printed)
    sleep 0.5
    [ "$(wc -l < printed)" -gt "$before" ] || result=1
    kill -9 $command || { wait $command; echo "it ended with $?"; cat printed.err; result=1; }
    wait $command 2> killed.log
    [ $result = 0 ] && sed '1d;$d' printed | awk '{if ($2 != NR - 1) exit 1}'
}
ok 'a program that prints without end at a stopped terminal' stopped_printer
reader() { printf 'one\ntwo\nthree\n' | { "$ringside" exec sc.exe query > out; read -r line; [ "$line" = one ]; }; }
ok 'a program that does not read leaves the input alone' reader
# ---- programs that do not end ----

lives_on() { [ -e "$drive/stubborn.txt" ]; }
unended() {
    eventually dead || eventually dead || return # that of the check before
    "$ringside" exec stubborn.exe > out 2>&1 &
    local command=$!
    eventually match out waiting && lives_on && kill -HUP $command || return
    wait $command
    sleep 4
    lives_on || { echo 'it ended too early'; return 1; }
    eventually dead
}
dead() { ! lives_on; }
ok 'a program that ignores the end of its console is ended after five seconds' unended

# ---- reboot and shutdown ----

at_once() { # COMMAND: two of them
    local first
    "$ringside" "$1" > once1 2>&1 &
    first=$!
    "$ringside" "$1" > once2 2>&1
    echo $? >> once2
    wait $first
    echo $? >> once1
    cat once1 once2
}
reboots() { at_once reboot; [ "$(cat once1 once2 | grep -c '^default is up again')" = 2 ] && up; }
ok 'two reboots at once' reboots
both() { # a shutdown is the last word
    "$ringside" reboot > once1 2>&1 &
    local first=$!
    exits 0 shutdown
    wait $first
    cat once1
    match once1 'was shut down|is being shut down|is up again|not running' && not_running && exits 0 boot
}
ok 'a shutdown and a reboot' both
shut_programs() {
    exec 7> >("$ringside" exec console.exe > waiting 2> waiting.err; echo $? > waiting.code)
    eventually match waiting '^waiting$' && exits 0 shutdown && eventually match waiting.code '^102$' &&
        match waiting.err 'exec: the machine was shut down'
    local result=$?
    exec 7>&-
    return $result
}
ok 'shutdown while a program runs' shut_programs
shutdowns() { exits 0 boot && { at_once shutdown; grep -hE 'is shut down|is not running' once1 once2 | wc -l; } > shut &&
    match shut '^2$' && not_running; }
ok 'two shutdowns at once' shutdowns
hung() {
    exits 0 boot && cp Hang.sys "$drive/" &&
        exits 0 exec sc.exe create hang type= kernel binPath= 'C:\Hang.sys' && exits 0 exec sc.exe start hang || return
    says 102 'reboot: the machine did not shut down in time: it was ended' reboot && match out 'default is up again' &&
        exits 0 exec sc.exe delete hang && exits 0 shutdown
}
ok 'a driver whose shutdown hangs' hung

# ---- the socket and the lock ----

dead_socket() { exits 0 boot && kill -9 "$(pid server)" && eventually says 100 'default is not running: it ended without a shutdown' status &&
    eventually exits 0 boot && exits 0 shutdown; }
ok 'the socket of a dead machine' dead_socket
held() {
    exec 8> "$RINGSIDE_HOME/default/lock"
    flock 8 && echo 77777 >&8 && says 100 'running already \(process 77777\)' boot
    local result=$?
    exec 8>&-
    return $result
}
ok 'a lock that another process holds' held

# ---- a machine's process that attacks its server ----

# attacked WAY COMMAND...: the command succeeds while it does, and the server ends when it is told to.
attacked() {
    local way=$1 server result
    shift
    ./hostile_machine "$PWD/evil" "$way" > ready 2> evil.err &
    server=$!
    eventually grep -q u ready || return
    "$@" "$server"
    result=$?
    "$ringside" shutdown ./evil > evil.out 2>&1
    eventually gone $server || { kill -9 $server; return 1; }
    ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' evil/logs/*.log || { echo 'control characters in a log'; return 1; }
    rm -rf evil
    return $result
}
lives() { timeout 5 "$ringside" status ./evil && small "$1"; }
ok 'one that behaves, for comparison' attacked behaves lives
fallen() { sleep 0.3; says_stopped "$1" && exits 0 reboot ./evil; }
says_stopped() { eventually exits 102 status ./evil && match out "$2" && small "$1"; }
garbage() { says_stopped "$1" 'sent what is no message: it was ended'; }
ok 'garbage' attacked garbage garbage
closed() { says_stopped "$1" 'was ended by signal 9'; }
ok 'the channel closed, and it lives on' attacked closed closed
flooded() { timeout 20 "$ringside" dbgview --machine ./evil --duration 1 > lines 2> states; lives "$1" && lives "$1"; }
ok 'without end' attacked flood flooded
deaf() { head -c 40000000 /dev/zero > big.exe
    for i in 1 2 3; do timeout 2 "$ringside" exec --machine ./evil big.exe > out 2>&1; done
    timeout 5 "$ringside" status ./evil; }
ok 'it does not read' attacked deaf deaf
escaped() {
    timeout 5 "$ringside" dbgview --machine ./evil --duration 1 > lines 2> states
    match lines 'x1B' && match states 'x1B' && eventually exits 102 status ./evil && match out 'x1B' &&
        ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' lines states out
}
ok 'text that talks to terminals' attacked escapes escaped
confused() { timeout 60 "$ringside" status ./evil && timeout 5 "$ringside" status ./evil; }
ok 'messages without sense' attacked nonsense confused
finish
