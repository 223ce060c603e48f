#!/bin/bash
# The second tutorial: dispatch routine, IRP, and a C++ client. See examples/my-driver/README.md.

. "$(dirname "$0")/../cli/checks.sh"
source=$top/examples/my-driver

build() {
    "$ringside" cc "$source/MyDriver.c" -o MyDriver.sys &&
        "$ringside" cc "$source/driverClient.cpp" -o driverClient.exe &&
        mkdir release && "$ringside" cc --release "$source/MyDriver.c" -o release/MyDriver.sys
}

before() {
    exits 1 run --quiet driverClient.exe && echo 'Failed to open device: 2' | diff - out
}

after() {
    exits 0 run --quiet MyDriver.sys driverClient.exe || return
    echo 'Device opened successfully.' | diff - out &&
        printf 'MyDriver: %s\n' DriverEntry create close unloaded | diff - err
}

silent() {
    exits 0 run --quiet release/MyDriver.sys driverClient.exe && [ ! -s err ]
}

ok 'driver and client are built' build
ok 'before the driver is started: ERROR_FILE_NOT_FOUND, exit code 1' before
ok 'with the driver: it opens, exit code 0' after
ok 'KdPrint of a release build is silent' silent

finish
