#!/bin/bash
# Device access: the section of `ringside run --verify` and the `devices` of --json.
#
#   RINGSIDE=build/ringside tests/cli/access_test.sh

. "$(dirname "$0")/checks.sh"

drivers=$top/tests/guest/verify
request='open \\.\Verify; ioctl 0x222000 in=hex:820000c0 out=8'
closed='opened by SYSTEM: all; Administrators: all'

build() { # DRIVER OPTIONS...
    local name=$1
    shift
    "$ringside" cc "$@" "$drivers/$name.c" -o driver.sys
}

secured() {
    build access_msr && exits 103 run --verify driver.sys --do "$request; ioctl 0x22c007 expect=STATUS_BUFFER_TOO_SMALL; close" &&
        match err '^── device access ─' '^.Device.Verify of .Driver.driver; links .\?\?.Verify$' \
            "^    $closed$" \
            '^    0x00222000  METHOD_BUFFERED +FILE_ANY_ACCESS, 1 request; input reaches model-specific registers$' \
            '^    0x0022c007  METHOD_NEITHER +FILE_READ_ACCESS . FILE_WRITE_ACCESS, 1 request$' &&
        lacks err 'FILE_DEVICE_SECURE_OPEN'
}

default_security() {
    build access_open_to_anyone && exits 103 run --verify driver.sys --do "$request; close" &&
        match err '^    opened by Everyone: read, write; SYSTEM: all; Administrators: all; Restricted: read \(the default' \
            '^RS-ACC-002 ' '^RS-ACC-006 ' '^2 findings'
}

names_behind() {
    build access_open_behind && exits 103 run --verify driver.sys --do "$request; close" &&
        match err "^    $closed$" '^    no FILE_DEVICE_SECURE_OPEN: anyone may open .Device.Verify.name$'
}

# A list of the driver's own: read for everyone, which a code that wants write access does not get.
own_list() {
    build access_msr '-DACCESS_SDDL=L"D:P(A;;GA;;;SY)(A;;GRGW;;;BA)(A;;GR;;;WD)"' &&
        exits 103 run --verify driver.sys --do 'open \\.\Verify; ioctl 0x22e000 in=hex:820000c0 out=8; close' &&
        match err '^    opened by SYSTEM: all; Administrators: read, write; Everyone: read$' '^1 finding' &&
        exits 103 run --verify driver.sys --do 'open \\.\Verify; ioctl 0x226000 in=hex:820000c0 out=8; close' &&
        match err '^RS-ACC-006 ' '^2 findings'
}

untouched() {
    exits 0 run --verify driver.sys --do 'sleep 1' &&
        match err '^.Device.Verify of' '^    no control codes were sent$'
}

# The machine has stopped, the table is still there; a driver that is still loaded, too.
stopped() {
    build access_kernel_read &&
        exits 102 run --verify driver.sys --do 'open \\.\Verify; ioctl 0x222000 in=hex:0030a80005f8ffff out=8' &&
        match err "^    $closed$" 'input reaches kernel addresses$' \
            '^    input bytes 0\.\.7 = 0xFFFFF80500A83000 reach a read\(user-chosen pointer\) as 0xFFFFF80500A83008; '
}

json() {
    build access_msr && exits 103 run --verify --json driver.sys --do "$request; close" &&
        has_json err '[(d["name"], d["links"], d["default_security"], d["secure_open"], d["exclusive"],
                         d["opens"] > 0, d["anyone"]) for d in it["devices"]] ==
                      [("\\Device\\Verify", ["\\??\\Verify"], False, True, False, True, "0x00000000")]' &&
        has_json err 'it["devices"][0]["codes"] == [{"code": "0x00222000", "method": "METHOD_BUFFERED",
                       "access": "FILE_ANY_ACCESS", "requests": 1, "reached": ["msr"]}]'
}

# The field of eight bytes counts, not its lower half; an address below the first page says nothing.
fields() {
    build access_physical_memory &&
        exits 103 run --verify driver.sys --do 'open \\.\Verify; ioctl 0x222000 in=hex:01000000000000003412e0fe00000000 out=4; close' &&
        match err 'input bytes 8\.\.15 = 0xFEE01234 reach MmMapIoSpace\(PhysicalAddress\); control code 0x00222000 to .Device.Verify$' &&
        exits 0 run --verify driver.sys --do 'open \\.\Verify; ioctl 0x222000 in=hex:01000000000000003402000000000000 out=4; close'
}

off() {
    build access_msr && exits 0 run --verify=RS-IRP driver.sys --do "$request; close" &&
        lacks err 'device access' && exits 0 run driver.sys --do "$request; close" &&
        lacks err 'device access' && exits 103 run --quiet --verify driver.sys --do "$request; close" &&
        lacks err 'device access'
}

explored() {
    build access_msr && exits 103 run --verify --explore 3 driver.sys --do "$request; close"
}

ok "a device with a list of its own" secured
ok "the default security" default_security
ok "names behind the device" names_behind
ok "rights of everyone and of the code" own_list
ok "a device to which nothing was sent" untouched
ok "after a bug check" stopped
ok "json" json
ok "fields of the input" fields
ok "off" off
ok "explored" explored
finish
