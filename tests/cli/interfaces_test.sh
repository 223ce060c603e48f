#!/bin/bash
# A Plug and Play driver registers a device interface; a program finds, opens and uses it with
# SetupDi… and CM_…; another driver hears of it, and may refuse its removal.
#
#   RINGSIDE=build/ringside tests/cli/interfaces_test.sh

. "$(dirname "$0")/checks.sh"

here=$top/tests/cli

ok "the device's driver builds" "$ringside" cc "$here/interfaces_device.c" -o interfaces_device.sys
ok "the watcher builds" "$ringside" cc "$here/interfaces_watcher.c" -o watcher.sys
ok "the client builds" "$ringside" cc "$here/interfaces_client.c" -o client.exe -lsetupapi -lcfgmgr32
timeout 60 "$ringside" run --quiet watcher.sys interfaces_device.sys client.exe > out 2> err < /dev/null
code=$?

ok "it runs" [ "$code" = 0 ]
name='ROOT#INTERFACES_DEVICE#0000#{5eed3000-1234-5678-0102-030405060708}'
lower=$(tr '[:upper:]' '[:lower:]' <<< "$name")
tr -d '\r' < out > shown
cat > wanted <<END
size only: 0, error 122
path: \\\\?\\$lower, active
id: ROOT\\INTERFACES_DEVICE\\0000
service: "interfaces_device", size right
enumerator: "ROOT", size right
friendly name: error 13
second interface: 0, error 259
the device says olleh
destroyed twice: 0, error 6
wide path: \\\\?\\$lower
wrong detail: 0, error 1784
wrong data: 0, error 1784
root device: ROOT\\INTERFACES_DEVICE\\0000, \\Device\\
end of the list: error 259
present: result 0, \\\\?\\$name, 1 paths, result 0
too small: result 26
devices of the service: result 0, "ROOT\\INTERFACES_DEVICE\\0000"
locate: result 0
status: result 0, started, problem 0
no status: 3, 3, 5, 4
parent: result 0, "HTREE\\ROOT\\0"
parent of the parent: result 13, ""
child of the parent: result 0, "ROOT\\INTERFACES_DEVICE\\0000"
sibling of the last: result 13, ""
child: result 13, ""
sibling of the root: result 13, ""
no relation: 3, 5, 4
not stopped
--- after a refusal
present: result 0, \\\\?\\$name, 1 paths, result 0
too small: result 26
stopped
--- after the removal
no interface, error 259
destroyed twice: 0, error 6
end of the list: error 259
present: result 0, 0 paths, result 0
devices of the service: result 0, ""
locate: result 13
all: result 0, \\\\?\\$name, 1 paths, result 0
too small: result 26
END
ok "what the program finds" diff -u wanted shown
grep -aE '^(device|watcher): ' err > heard
cat > wanted <<END
device: \\??\\$name
device: interface asked for, 0x00000000
watcher: arrival of \\??\\$name
watcher: opened, 0x00000000
watcher: registered for the device, 0x00000000
watcher: refuses the removal
watcher: removal cancelled
watcher: allows the removal
watcher: removal of \\??\\$name
watcher: removal complete
device: unloaded
END
ok "what the drivers hear" diff -u <(sort wanted) <(sort heard)
grep -a '^watcher: ' err > heard
grep '^watcher: ' wanted > order
ok "in that order" diff -u order heard
finish
