#!/bin/bash
# What a WDM driver gets from the PnP manager: which requests, in which order, when its device is
# added, removed, pulled out, refused. pnp_driver.c prints them; most checks compare all of it.
#
#   RINGSIDE=build/ringside tests/cli/pnp_test.sh

. "$(dirname "$0")/checks.sh"

# driver NAME OPTIONS...: build NAME.sys.
driver() {
    local name=$1
    shift
    "$ringside" cc -Wno-everything "-DNAME=L\"$name\"" "$@" "$top/tests/cli/pnp_driver.c" \
        -o "$name.sys"
}

# requests LINES...: what the drivers printed.
requests() {
    grep -aE '^([A-Z][A-Za-z0-9]*: |PnP: )' err > found
    diff -u <(printf '%s\n' "$@") found
}

# started NAME NUMBER: the lines of a successful start.
started() {
    printf '%s\n' "$1: AddDevice at IRQL 0 in System" "$1$2: FILTER_RESOURCE_REQUIREMENTS" \
        "$1$2: START_DEVICE" "$1$2: QUERY_CAPABILITIES" "$1$2: QUERY_PNP_DEVICE_STATE" \
        "$1$2: QUERY_DEVICE_RELATIONS"
}

removed() {
    printf '%s\n' "$1: QUERY_DEVICE_RELATIONS" "$1: QUERY_REMOVE_DEVICE" "$1: REMOVE_DEVICE"
}

nothing_left() {
    has_json err 'all(count == 0 for count in it["leaks"].values())'
}

build() {
    driver Plain && driver NoAdd -DFAIL_ADD && driver NoStart -DFAIL_START && driver Veto -DVETO &&
        driver Broken -DFAIL_STATE && driver Filter -DNO_DEVICE_NAME &&
        driver Below -DNO_DEVICE_NAME && driver Filtered '-DUPPER=L"Filter"' '-DLOWER=L"Below"' &&
        driver Alone '-DUPPER=L"Missing"'
}

start_and_unload() {
    exits 0 run --json Plain.sys && nothing_left &&
        requests 'Plain: DriverEntry' "$(started Plain 0)" "$(removed Plain0)" 'Plain: Unload'
}

two_devices() {
    exits 0 run --json --do 'pnp add Plain; open \\.\Plain1; close; pnp remove Plain
        open \\.\Plain1 expect=STATUS_OBJECT_NAME_NOT_FOUND; open \\.\Plain0' Plain.sys &&
        nothing_left &&
        requests 'Plain: DriverEntry' "$(started Plain 0)" "$(started Plain 1)" \
            'Plain1: CREATE' 'Plain1: CLEANUP' 'Plain1: CLOSE' "$(removed Plain1)" \
            'Plain0: CREATE' 'Plain0: CLEANUP' 'Plain0: CLOSE' "$(removed Plain0)" 'Plain: Unload'
}

by_instance() {
    exits 0 run --json --do 'pnp add Plain; pnp remove root\plain\0000
        open \\.\Plain0 expect=STATUS_OBJECT_NAME_NOT_FOUND; open \\.\Plain1; close; pnp add Plain
        pnp remove ROOT\PLAIN\0000; pnp remove ROOT\PLAIN\0000 expect=STATUS_NO_SUCH_DEVICE
        pnp remove Nobody expect=STATUS_NO_SUCH_DEVICE' Plain.sys && nothing_left
}

open_handle() {
    exits 0 run --json --do 'open \\.\Plain0; pnp remove Plain expect=STATUS_PLUGPLAY_QUERY_VETOED
        read 1; close; pnp remove Plain' Plain.sys && nothing_left &&
        requests 'Plain: DriverEntry' "$(started Plain 0)" 'Plain0: CREATE' \
            'Plain0: QUERY_DEVICE_RELATIONS' 'Plain0: QUERY_REMOVE_DEVICE' \
            'Plain0: CANCEL_REMOVE_DEVICE' 'Plain0: CLEANUP' 'Plain0: CLOSE' \
            "$(removed Plain0)" 'Plain: Unload'
}

veto() {
    exits 101 run --json Veto.sys && match err 'cannot be unloaded: .*QUERY_VETOED' &&
        has_json err 'it["drivers"][0]["state"] == "stays"' &&
        requests 'Veto: DriverEntry' "$(started Veto 0)" 'Veto0: QUERY_DEVICE_RELATIONS' \
            'Veto0: QUERY_REMOVE_DEVICE' 'Veto0: CANCEL_REMOVE_DEVICE'
}

surprise() {
    exits 0 run --json --do 'pnp surprise Veto' Veto.sys && nothing_left &&
        requests 'Veto: DriverEntry' "$(started Veto 0)" 'Veto0: SURPRISE_REMOVAL' \
            'Veto0: REMOVE_DEVICE' 'Veto: Unload'
}

surprise_open() {
    exits 0 run --json --do 'open \\.\Plain0; pnp surprise Plain
        read 1 expect=STATUS_NO_SUCH_DEVICE; open \\.\Plain0 expect=STATUS_NO_SUCH_DEVICE
        pnp surprise Plain expect=STATUS_NO_SUCH_DEVICE; close 1' Plain.sys && nothing_left &&
        requests 'Plain: DriverEntry' "$(started Plain 0)" 'Plain0: CREATE' \
            'Plain0: SURPRISE_REMOVAL' 'Plain0: CLEANUP' 'Plain0: CLOSE' 'Plain0: REMOVE_DEVICE' \
            'Plain: Unload'
}

failing_add() {
    exits 0 run --json NoAdd.sys && nothing_left &&
        requests 'NoAdd: DriverEntry' 'NoAdd: AddDevice at IRQL 0 in System' \
            'PnP: ROOT\NOADD\0000 does not start: problem 31, status 0xC0000182' 'NoAdd: Unload'
}

failing_start() {
    exits 0 run --json --do 'open \\.\NoStart0 expect=STATUS_OBJECT_NAME_NOT_FOUND
        pnp add NoStart expect=STATUS_DEVICE_NOT_READY' NoStart.sys && nothing_left &&
        match err 'ROOT.NOSTART.0000 does not start: problem 10, status 0xC00000A3' \
            'ROOT.NOSTART.0001 does not start' && grep -a '^NoStart0' err > found &&
        diff - found <<< 'NoStart0: FILTER_RESOURCE_REQUIREMENTS
NoStart0: START_DEVICE
NoStart0: REMOVE_DEVICE'
}

failed_later() {
    exits 0 run --json --do 'open \\.\Broken0 expect=STATUS_OBJECT_NAME_NOT_FOUND' Broken.sys &&
        nothing_left && grep -a '^Broken0' err > found &&
        diff - found <<< 'Broken0: FILTER_RESOURCE_REQUIREMENTS
Broken0: START_DEVICE
Broken0: QUERY_CAPABILITIES
Broken0: QUERY_PNP_DEVICE_STATE
Broken0: SURPRISE_REMOVAL
Broken0: REMOVE_DEVICE'
}

# The filters are drivers of their own here, so each has a device of its own, number 0, as well.
filters() {
    exits 0 run --json Filter.sys Below.sys Filtered.sys && nothing_left || return
    sed -n '/^Filtered: DriverEntry/,/^Filtered: Unload/{ s/ at IRQL.*//; p }' err |
        grep -aE ': (AddDevice$|START|QUERY_REMOVE|REMOVE)' > found
    diff -u <(
        printf '%s: AddDevice\n' Below Filtered Filter
        for minor in START_DEVICE QUERY_REMOVE_DEVICE REMOVE_DEVICE; do
            printf "%s: $minor\n" Filter1 Filtered0 Below1
        done) found
}

missing_filter() {
    exits 0 run --json Alone.sys && nothing_left &&
        match err 'ROOT.ALONE.0000 does not start: problem 40, status 0xC0000034' &&
        match err '^Alone0: REMOVE_DEVICE' && lacks err 'Alone0: START'
}

legacy() {
    "$ringside" cc "$top/examples/first-driver/FirstDriver.c" -o FirstDriver.sys &&
        exits 0 run --json --do 'pnp add FirstDriver expect=STATUS_INVALID_DEVICE_REQUEST
            pnp add Nobody expect=STATUS_OBJECT_NAME_NOT_FOUND' FirstDriver.sys && nothing_left
}

bad_statements() {
    refused 'throw is not add, remove' run --do 'pnp throw Plain' Plain.sys &&
        refused 'name of a service is missing' run --do 'pnp add' Plain.sys &&
        refused 'add, remove.* is missing' run --do 'pnp' Plain.sys &&
        refused 'on=1 is not understood' run --do 'pnp add Plain on=1' Plain.sys
}

ok 'the drivers build' build
ok 'started and removed, in the order of Windows' start_and_unload
ok 'two devices of one driver' two_devices
ok 'devices by their instance' by_instance
ok 'an open handle keeps a device' open_handle
ok 'a driver refuses the removal' veto
ok 'a surprise is not refused' surprise
ok 'a surprise while a handle is open' surprise_open
ok 'AddDevice fails' failing_add
ok 'START_DEVICE fails' failing_start
ok 'a device fails after its start' failed_later
ok 'filters above and below' filters
ok 'a filter that is not there' missing_filter
ok 'a legacy driver has no device' legacy
ok 'statements that are wrong' bad_statements

finish
