#!/bin/bash
# The first tutorial: a driver that can be opened. See examples/first-driver/README.md.

. "$(dirname "$0")/../cli/checks.sh"
source=$top/examples/first-driver

build() {
    "$ringside" cc "$source/FirstDriver.c" -o FirstDriver.sys &&
        "$ringside" cc "$source/FirstDriverClient.c" -o FirstDriverClient.exe
}

# What the README has removed: without CREATE and CLOSE nothing can be opened.
build_closed() {
    grep -v 'MajorFunction\[' "$source/FirstDriver.c" > Closed.c &&
        "$ringside" cc -Wno-unused-function Closed.c -o Closed.sys
}

# A second driver of the same device: its DriverEntry fails, and its DriverUnload is not called.
build_twin() {
    sed 's/DbgPrint("FirstDriver:/DbgPrint("Twin:/' "$source/FirstDriver.c" > Twin.c &&
        "$ringside" cc Twin.c -o Twin.sys
}

opened() {
    exits 0 run FirstDriver.sys FirstDriverClient.exe || return
    printf 'Device opened.\nDevice closed.\n' | diff - out &&
        match err '^FirstDriver: DriverEntry$' '^FirstDriver: unloaded$'
}

not_started() {
    exits 1 run --quiet FirstDriverClient.exe && match out '^Failed to open device: 2$'
}

without_create() {
    exits 1 run Closed.sys FirstDriverClient.exe && match out '^Failed to open device: 1$'
}

entry_fails() {
    exits 101 run FirstDriver.sys Twin.sys &&
        match err '^Twin: IoCreateDevice failed \(0xC0000035\)$' '^FirstDriver: unloaded$' \
            'Twin\.sys: DriverEntry returned 0xC0000035 \(STATUS_OBJECT_NAME_COLLISION\)$' &&
        lacks err '^Twin: unloaded'
}

ok 'driver and client are built' build
ok 'the client opens and closes the device' opened
ok 'before the driver is started there is no device' not_started
ok 'a driver without CREATE and CLOSE is built' build_closed
ok 'it cannot be opened: ERROR_INVALID_FUNCTION' without_create
ok 'a driver whose DriverEntry fails is built' build_twin
ok 'its DriverUnload is not called' entry_fails

finish
