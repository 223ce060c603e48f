#!/bin/bash
# What a driver hears of programs through its notify routines, in which order; that it can refuse
# one; and that a client that crashes has its handles closed.
#
#   RINGSIDE=build/ringside tests/cli/process_notify_test.sh

. "$(dirname "$0")/checks.sh"

here=$top/tests/cli

# lines PATTERN EXPECTED: the lines of the debug output that match, one after the other.
lines() {
    grep -aoE "$1" err > found
    diff -u <(printf '%s\n' "$2") found
}

ok "the driver builds" "$ringside" cc "$here/process_notify.c" -o process_notify.sys
ok "the client builds" "$ringside" cc "$here/process_notify_client.c" -o client.exe
mkdir c && cp client.exe c/client.exe && cp client.exe c/refused.exe
timeout 60 "$ringside" run --quiet --c-drive c process_notify.sys client.exe > out 2> err < /dev/null
code=$?

ok "the client crashes, and only the client" [ "$code" = 5 ]
ok "processes" lines '^plain: .*' 'plain: client.exe created by System
plain: refused.exe created by client.exe
plain: refused.exe ended by client.exe
plain: client.exe created by client.exe
plain: client.exe ended by client.exe
plain: client.exe ended by System'
ok "processes with names" lines '^ex: .*' 'ex: \??\C:\client.exe created, command line C:\client.exe, file open
ex: \??\C:\refused.exe created, command line C:\refused.exe, file open
ex: refused.exe ended
ex: \??\C:\client.exe created, command line C:\client.exe child, file open
ex: client.exe ended
ex: client.exe ended'
ok "a refused process has no thread and no images" \
    [ -z "$(grep -aE '^(thread|start|image): .*refused' err)" ]
ok "threads begin in their own context, too" lines '^start: .*' 'start: of client.exe, in itself
start: of client.exe, in itself
start: of client.exe, in itself'
ok "all threads that began have ended" \
    [ "$(grep -ac '^thread: of client.exe created' err)" = "$(grep -ac '^thread: of client.exe ended' err)" ]
ok "the program comes first, then ntdll.dll" \
    [ "$(grep -a '^image: ' err | head -2)" = 'image: \Device\HarddiskVolume1\client.exe, client.exe, mapped
image: \Device\HarddiskVolume1\Windows\System32\ntdll.dll, client.exe, mapped' ]
ok "with their files" [ "$(grep -a '^file: ' err | head -2)" = 'file: \client.exe
file: \Windows\System32\ntdll.dll' ]
ok "then the DLLs" grep -aqi '^image: .*kernel32.dll, client.exe, mapped' err
ok "the crash closes the handle" lines '^device: .*' 'device: CREATE
device: CLEANUP
device: CLOSE'
finish
