#!/bin/bash
# `ringside top` in a terminal of 80 columns and 24 lines, which tmux keeps.
#
#   RINGSIDE=build/ringside tests/cli/top_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

if ! command -v tmux > /dev/null; then
    skip 1 'no tmux'
    finish
    exit
fi

# Its server is this test's own, and so are its settings.
terminal() { tmux -S "$work/terminal" -f /dev/null "$@"; }
end_all() {
    terminal kill-server 2> /dev/null
    end_machines
}
trap end_all EXIT

# open: a new terminal with a shell, and top in it.
open() {
    terminal kill-server 2> /dev/null
    eventually starts_terminal && eventually shows 'shell>' || return
    type_keys "$(printf %q "$ringside") top" Enter
    eventually shows 'q quit'
}
starts_terminal() { # the server of the one before may still be about to end
    terminal new-session -d -x 80 -y 24 \
        "exec env LC_ALL=${locale:-C.UTF-8} PS1='shell> ' bash --norc --noprofile"
}
type_keys() { terminal send-keys "$@"; }
look() { terminal capture-pane -p > screen; }
# shows PATTERN...: each is in a line of the screen.
shows() { look && match screen "$@"; }
hides() { look && lacks screen "$1"; }
quits() {
    type_keys q
    eventually shows 'shell>'
}
# restored: the shell has its screen, its cursor and its echo.
restored() {
    type_keys 'clear; stty -a | grep -owE -e "-?(icanon|echo)" | sort | xargs' Enter
    eventually shows '^echo icanon$' && hides 'q quit' &&
        [ "$(terminal display-message -p '#{alternate_on}#{cursor_flag}')" = 01 ]
}
load() { cp "$1" "$drive/TopDriver.sys" && "$ringside" sc start TopDriver; }
unload() { "$ringside" sc stop TopDriver > /dev/null; }

build() {
    "$ringside" cc "$top/tests/cli/top/TopDriver.c" -o TopDriver.sys &&
        "$ringside" cc "$top/tests/cli/machine/Crash.c" -o Crash.sys &&
        "$ringside" cc "$top/tests/cli/machine/console.c" -o console.exe
}
ok 'what the tests need is built' build

ok 'no machine' refused 'default is not running; start it with' top
ok 'boot' exits 0 boot
ok 'not a terminal' refused 'needs a terminal' top
ok 'an argument too many' refused 'takes options only' top default
unknown_terminal() {
    on_terminal env TERM=no-such-terminal "$ringside" top
    match screen 'unknown type'
}
ok 'a terminal of unknown type' unknown_terminal

# ---- panes ----

has_tools() { "$ringside" exec ps.exe > /dev/null && "$ringside" exec winobj.exe > /dev/null; }
if ! has_tools 2> /dev/null; then
    skip 25 'no ps.exe and winobj.exe in this machine'
    finish
    exit
fi

opens() {
    open && eventually shows '^ default is up' ' 2 Processes .*3 Objects' '^ 1 Debug output' \
        '^ 4 IRPs in flight' '\+ +4 System' '\+ Device +Directory'
}
ok 'four panes on 80 columns' opens
fills() { look && [ "$(wc -l < screen)" = 24 ] && tail -n 1 screen | grep -q '? help.*q quit$'; }
ok 'on 24 lines' fills

process() {
    exec 7> >("$ringside" exec console.exe > /dev/null 2>&1)
    eventually shows '[0-9]+ console.exe +1 +[0-9]+ '
    local result=$?
    exec 7>&-
    [ $result = 0 ] && eventually hides 'console\.exe'
}
ok 'a process comes and goes' process
threads() {
    type_keys 2 Home Down Enter
    eventually shows '^- +4 System' '^ +[0-9]+ prio [0-9 ]+ WrQueue' || return
    type_keys Enter
    eventually hides 'WrQueue'
}
ok 'threads are opened and closed' threads
alone() {
    type_keys z
    eventually shows 'PID NAME' && hides 'Objects' || return
    type_keys z
    eventually shows '3 Objects'
}
ok 'a pane alone' alone
tree() {
    type_keys 3 Home / 'Device ' Enter
    type_keys Enter
    eventually shows '- Device +Directory' '  +ConDrv +Device' || return
    type_keys d
    eventually shows 'path +\\Device ' 'permanent +true' || return
    type_keys q
    eventually hides 'permanent +true' || return
    type_keys Left
    eventually shows '\+ Device ' && hides 'ConDrv'
}
ok 'the object tree is opened and closed, with details' tree
keys() {
    type_keys '?'
    eventually shows 'the pane alone, or all of them' || return
    type_keys x
    eventually hides 'the pane alone'
}
ok 'the list of keys' keys

# ---- debug output ----

"$ringside" sc create TopDriver type= kernel binPath= 'C:\TopDriver.sys' > /dev/null

debug_output() {
    load TopDriver.sys && eventually shows '^[0-9:.]{12} TopDriver: line 40 of 40'
}
ok 'debug output, the newest in sight' debug_output
device() {
    type_keys 3 z Home / 'Device ' Enter
    type_keys Enter
    eventually shows 'TopDevice +Device' || return
    type_keys Left z
}
ok 'a new device appears' device
scrolls() {
    type_keys 1 z Home
    eventually shows 'stands still' 'bell \\x07 escape \\x1B\[2J\\x1B\]0;title\\x07 end$' \
        'TopDriver: grüß 世界 wide$' \
        'no UTF-8 \\xFF\\xC3\( c1 \\u009B turn \\u202E end$' && hides 'line 40'
}
ok 'scrolling back; what terminals obey is spelled out' scrolls
searches() {
    type_keys / 'LINE*17' Enter
    eventually shows 'line 17' || return
    type_keys / 'no such' Enter
    eventually shows 'not found: no such' || return
    type_keys Home / 'line 3' Enter
    eventually shows 'line 30' || return
    type_keys G
    eventually hides 'stands still' && shows 'line 40'
}
ok 'search' searches
filters() {
    type_keys f 'line 03;GR*wide' Enter
    eventually shows 'filter: line 03;GR' 'grüß' 'line 03' && hides 'line 04' || return
    type_keys f
    type_keys -N 20 BSpace
    type_keys Enter
    eventually shows 'line 40'
}
ok 'filter' filters
details() {
    type_keys d
    eventually shows '─ details ─' 'System .*line 40' || return
    type_keys q
    eventually hides '─ details ─' || return
    type_keys z
}
ok 'a whole line' details

# ---- requests ----

irps() { # tests/cli/live has a driver that keeps requests until they are cancelled
    local sources=$top/tests/cli/live client
    "$ringside" cc "$sources/Keep.c" -o "$drive/Keep.sys" &&
        "$ringside" cc "$sources/keep_client.c" -o keep.exe &&
        exits 0 sc create keep type= kernel binPath= 'C:\Keep.sys' && exits 0 sc start keep ||
        return
    "$ringside" exec keep.exe keep > keep.out 2>&1 < /dev/null &
    client=$!
    eventually shows '^\+ DEVICE_CONTROL +0x222404 +5 +7 [0-9]+ keep.exe +.Driver.keep' || return
    type_keys 4 Home Enter
    eventually shows '^  >  1  .* of .Driver.keep  DEVICE_CONTROL, pending' || return
    kill $client
    eventually hides '0x222404' && shows '^none'
}
if "$ringside" help irps > /dev/null 2>&1; then
    ok 'a request that a driver keeps' irps
else
    skip 1 'this machine does not answer what requests there are'
fi

# ---- the terminal changes ----

sizes() {
    local size
    for size in 120x40 200x60 60x16 50x12 20x5 8x2 3x1 80x24; do
        terminal resize-window -x "${size%x*}" -y "${size#*x}" || return
        sleep 0.2
        [ "$(terminal display-message -p '#{alternate_on}')" = 1 ] || return
        [ "${size#*x}" -lt 5 ] || eventually shows '^ default is up' || return
    done
    eventually shows '2 Processes .*3 Objects' '^ 1 Debug output' '\+ +4 System' 'line 40' 'q quit$'
}
ok 'other sizes, and back' sizes
wide() {
    terminal resize-window -x 220 -y 50
    eventually shows 'PPID NAME .*PRIV KB' 'TYPE +REFS HANDLES' \
        '^[0-9:.]{15} +4 System +.*TopDriver: line 40' || return
    terminal resize-window -x 80 -y 24
    eventually shows ' 2 Processes .*3 Objects' 'q quit$'
}
ok 'more columns on a wide terminal' wide

suspended() {
    type_keys C-z
    eventually shows '^shell>' || return
    type_keys fg Enter
    eventually shows ' 2 Processes .*3 Objects' 'q quit$'
}
ok 'Ctrl-Z and fg' suspended

# ---- the machine stops ----

crashes() {
    unload
    load Crash.sys
    eventually shows '^ default stopped, r reboots: STOP 0x0000007E SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' 'going down' \
        '4 System' 'Device '
}
ok 'a bug check, and what was there stays' crashes
reboots() {
    type_keys r
    eventually shows '^ default is up' '-- default: up --' '4 System' || return
    load TopDriver.sys && eventually shows 'line 40 of 40'
}
ok 'r reboots it' reboots
again() {
    exits 0 reboot && eventually shows '^ default is up' || return
    type_keys r
    eventually shows 'r reboots a machine that has stopped'
}
ok 'a reboot by another command' again

# ---- the end ----

leaves() { quits && restored; }
ok 'q leaves, and the terminal is as it was' leaves
signalled() { # the process of top is the only child of the shell
    local name shell
    for name in TERM INT HUP; do
        open && shell=$(terminal display-message -p '#{pane_pid}') || return
        pkill -"$name" -P "$shell" && eventually shows 'shell>' && restored || return
    done
}
ok 'so do signals' signalled
interrupted() {
    open && type_keys C-c && eventually shows 'shell>' && restored
}
ok 'Ctrl-C' interrupted
plain() {
    locale=C open && load TopDriver.sys && type_keys 1 z && eventually shows 'line 40' &&
        type_keys Home && eventually shows 'gr\\xC3\\xBC\\xC3\\x9F' && quits
}
ok 'a terminal without UTF-8' plain
server_ends() {
    open && exits 0 shutdown && eventually shows '^ the server of default has ended; q leaves' &&
        quits
}
ok 'the server ends' server_ends
finish
