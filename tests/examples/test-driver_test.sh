#!/bin/bash
# The fourth tutorial: the standard routines of a WDM driver. See examples/test-driver/README.md.

. "$(dirname "$0")/../cli/checks.sh"
source=$top/examples/test-driver

build() {
    "$ringside" cc "$source/TestDriver.c" -o TestDriver.sys &&
        "$ringside" cc "$source/TestDriverClient.c" -o TestDriverClient.exe
}

# A service without a device: DriverEntry sees its key, and nobody calls AddDevice.
service() {
    exits 1 run --quiet TestDriver.sys TestDriverClient.exe || return
    echo 'Failed to open device: 2' | diff - out && printf 'TestDriver: %s\n' \
        'DriverEntry, \Registry\Machine\System\CurrentControlSet\Services\TestDriver' Unload |
        diff - err
}

analysis() {
    exits 0 imports TestDriver.sys &&
        match out ', 0 missing$' 'IoAttachDeviceToDeviceStack' 'PoCallDriver'
}

ok 'driver and client are built' build
ok 'started as a service it has no device' service
ok 'what it imports' analysis

finish
