#!/bin/bash
# Who may open a device: programs are those of an administrator, devices say who may use them.
#
#   RINGSIDE=build/ringside tests/cli/secure_test.sh

. "$(dirname "$0")/checks.sh"

builds() {
    "$ringside" cc "$top/tests/cli/secure_driver.c" -o Secure.sys &&
        "$ringside" cc "$top/tests/cli/secure_client.c" -o client.exe
}
ok 'driver and program are built' builds

# opens NAME LOOK READ WRITE: the errors.
opens() {
    exits 0 run --quiet Secure.sys client.exe '\\.\Secure'"$1" &&
        match out "look $2, read $3, write $4"
}
ok 'kernel only' opens Kernel 5 5 5
ok 'system only' opens System 5 5 5
ok 'administrators' opens Admins 0 0 0
ok 'to read' opens Reader 0 0 5
ok 'a group is denied writing' opens Denied 0 0 5
ok 'a name behind the device' opens 'System\name' 5 5 5
ok '... that leaves such names to the driver' opens 'Hole\name' 0 0 0
ok '... and not its own' opens Hole 5 5 5
hole() { # the report says what has just been done
    call run --verify=RS-LOAD-011,RS-ACC Secure.sys client.exe '\\.\SecureHole\name' '\\.\SecureSystem\name'
    [ "$code" = 103 ] && match err '^RS-LOAD-011 ' '^1 finding' \
        '^.Device.SecureHole of ' '^    no FILE_DEVICE_SECURE_OPEN: anyone may open .Device.SecureHole.name$' \
        '^    opened by nobody' '^    opened by Administrators: read$'
}
ok 'the report of the verifier agrees' hole
finish
