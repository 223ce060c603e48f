#!/bin/bash
# The fourth tutorial: the standard routines of a WDM driver. See examples/test-driver/README.md.

. "$(dirname "$0")/../cli/checks.sh"
source=$top/examples/test-driver

build() {
    "$ringside" cc "$source/TestDriver.c" -o TestDriver.sys &&
        "$ringside" cc "$source/TestDriverClient.c" -o TestDriverClient.exe
}

debug() {
    diff -u <(printf 'TestDriver: %s\n' "$@") err
}

entry='DriverEntry, \Registry\Machine\System\CurrentControlSet\Services\TestDriver'
start=('Pnp 0x0D' 'Pnp 0x00' 'SET_POWER D0' 'Pnp 0x09' 'Pnp 0x14' 'Pnp 0x07')

# The device is added and started, used by the client, and removed before the driver is unloaded.
device() {
    exits 0 run --quiet TestDriver.sys TestDriverClient.exe || return
    printf '%s\n' '4 bytes written.' '4 bytes read: TTTT' 'Power state D0.' | diff - out &&
        debug "$entry" AddDevice "${start[@]}" Create 'Write 4' 'Read 4' Close \
            'Pnp 0x07' 'Pnp 0x01' 'Pnp 0x02' Unload
}

surprise() {
    exits 0 run --quiet --do 'open \\.\TestDriver; pnp surprise TestDriver; close 1' TestDriver.sys &&
        debug "$entry" AddDevice "${start[@]}" Create 'Pnp 0x17' Close 'Pnp 0x02' Unload
}

# Its name is taken: a second device cannot be added, and the first one works on.
second() {
    exits 0 run --quiet --do 'pnp add TestDriver expect=STATUS_OBJECT_NAME_COLLISION
        open \\.\TestDriver; read 2 expect="TT"' TestDriver.sys &&
        match err 'ROOT.TESTDRIVER.0001 does not start: problem 31'
}

nothing_left() {
    exits 0 run --json --do 'pnp remove TestDriver; pnp add TestDriver' TestDriver.sys \
        TestDriverClient.exe &&
        has_json err 'all(count == 0 for count in it["leaks"].values())'
}

analysis() {
    exits 0 imports TestDriver.sys &&
        match out ', 0 missing$' 'IoAttachDeviceToDeviceStack' 'PoRequestPowerIrp'
}

ok 'driver and client are built' build
ok 'a device is added, started, used and removed' device
ok 'a device that is pulled out' surprise
ok 'a second device' second
ok 'nothing is left behind' nothing_left
ok 'what it imports' analysis

finish
