#!/bin/bash
# Low memory (RS-ONLY-002): which calls fail and how, a failure repeated with --fail-at, a series
# that is stopped and goes on with --resume. Drivers that do not handle a failure are in
# tests/guest/verify/only_*.c.
#
#   RINGSIDE=build/ringside tests/cli/low_memory_test.sh

. "$(dirname "$0")/checks.sh"

guest=$top/tests/guest/verify
only=--verify=RS-ONLY-002

# fails_at N LINE: with failure point N, the driver says LINE, and else what it says without.
fails_at() {
    "$ringside" run --quiet $only --fail-at "$1" Fallible.sys > out 2> failing
    match failing "^$2\$" || return
    [ "$(grep -vxFf plain failing | grep -cv '^──\|^0 findings;')" = 1 ] && return
    echo 'more than that differs:'
    diff plain failing
    return 1
}

fallible() {
    "$ringside" cc "$top/tests/cli/fallible_driver.c" -o Fallible.sys &&
        "$ringside" run --quiet Fallible.sys 2> plain &&
        fails_at 1 'IoCreateDevice: C000009A, cleared' &&
        fails_at 2 'IoCreateSymbolicLink: C000009A, untouched' &&
        fails_at 3 'IoGetDeviceObjectPointer: C000009A, untouched' &&
        fails_at 4 'ZwOpenKey: C000009A, untouched' &&
        fails_at 5 'ObReferenceObjectByHandle: C000009A, cleared' &&
        fails_at 7 'PsLookupProcessByProcessId: C000000D, untouched' &&
        fails_at 8 'ObOpenObjectByPointer: C000009A, cleared' &&
        fails_at 9 'ExAllocatePoolWithTag: cleared' &&
        fails_at 10 'IoAllocateMdl: cleared' &&
        fails_at 11 'MmProbeAndLockPages: C00000A1, untouched' &&
        fails_at 12 'MmMapLockedPagesSpecifyCache: cleared' &&
        fails_at 13 'PsSetCreateProcessNotifyRoutine: C000009A, untouched' &&
        refused 'there are 13 failure points' run $only --fail-at 14 Fallible.sys
}

# A driver that goes on without its link is right, if it is of no use.
ignores() {
    cat > Ignores.c << 'END'
#include <ntddk.h>
DRIVER_INITIALIZE DriverEntry;
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Ignores");
static UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Ignores");
static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                     FALSE, &device);
    UNREFERENCED_PARAMETER(path);
    if (!NT_SUCCESS(status))
        return status;
    driver->DriverUnload = unload;
    IoCreateSymbolicLink(&link, &name);
    return STATUS_SUCCESS;
}
END
    "$ringside" cc Ignores.c -o Ignores.sys &&
        exits 0 run --verify Ignores.sys && match err '^0 findings; rules: all; 2 failure points$'
}

# ---- a driver with many stacks ----

# 64 ways lead to one allocation; at the 38th it is not checked. Each is taken twice.
cat > Tree.c << 'END'
#include <ntddk.h>
DRIVER_INITIALIZE DriverEntry;
static ULONG leaves;
static DECLSPEC_NOINLINE BOOLEAN descend(ULONG depth)
{
    ULONG *block;
    if (depth > 0) {
        BOOLEAN left = descend(depth - 1);
        BOOLEAN right = descend(depth - 1);
        return left && right;
    }
    block = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*block), 'eerT');
    leaves++;
    if (block == NULL && leaves != 38)
        return FALSE;
    *block = leaves;
    ExFreePoolWithTag(block, 'eerT');
    return TRUE;
}
static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    for (volatile ULONG i = 0; i < 2; i++)
        if (!descend(6))
            return STATUS_INSUFFICIENT_RESOURCES;
#ifdef STOPS
    KeBugCheck(MANUALLY_INITIATED_CRASH);
#endif
    return STATUS_SUCCESS;
}
END

# sweep NAME [OPTIONS...]: what it prints is in NAME.err, its reports in sarif and junit.
sweep() {
    local name=$1
    shift
    "$ringside" run --quiet --verify --sarif sarif --junit junit "$@" Tree.sys 2> "$name.err"
}

# finding FILE: from the finding of the rule on, to the empty line behind it.
finding() {
    sed -n '/^RS-ONLY-002/,/^$/p' "$1"
}

stacks() {
    "$ringside" cc Tree.c -o Tree.sys || return
    sweep whole
    [ $? = 103 ] && cp sarif whole.sarif && cp junit whole.junit &&
        match whole.err '^1 finding; rules: all; 64 failure points$' \
            'when ExAllocatePoolWithTag does not get memory \(failure point 38\): bug check, ' \
            '--fail-at 38 repeats it$'
}

replay() {
    exits 102 run --quiet --verify --fail-at 38 Tree.sys && match err '^\*\*\* STOP ' || return
    finding err > again
    finding whole.err | diff - again && [ -s again ]
}

# Points are counted though the machine is gone at the end; what happens without a failure, too, is
# not its fault.
stops() {
    exits 103 run --quiet --verify --no-unload Tree.sys &&
        match err '^1 finding; rules: all; 64 failure points$' || return
    "$ringside" cc -DSTOPS Tree.c -o Stops.sys && exits 102 run --quiet --verify Stops.sys &&
        match err '^1 finding; rules: all; 64 failure points$' 'failure point 38\): bug check'
}

handled() {
    exits 101 run --quiet --verify --fail-at 37 Tree.sys &&
        match err 'DriverEntry returned 0xC000009A' \
            '^0 findings; rules: all,-RS-ONLY-001 \(where something fails, .*\); failure point 37 of 64$'
}

refusals() {
    refused 'there are 64 failure points' run $only --fail-at 65 Tree.sys &&
        refused 'numbered from 1' run $only --fail-at 0 Tree.sys &&
        refused 'is not a number from 0 to 4096' run $only --fail-at 5000 Tree.sys &&
        refused '--fail-at is of the rule RS-ONLY-002; add --verify' run --fail-at 1 Tree.sys &&
        refused '--resume .* leaves out' run --verify=RS-IRP --resume file Tree.sys &&
        refused 'use --explore 1' run --verify --explore 2 --fail-at 1 Tree.sys &&
        refused 'tries one failure point' run --verify --resume file --fail-at 1 Tree.sys &&
        [ ! -e file ]
}

# ---- a series that is stopped ----

same_as_whole() {
    cmp part.err whole.err && cmp sarif whole.sarif && cmp junit whole.junit
}

# By Ctrl-C, which ends the runs that are under way, too.
interrupted() {
    local sweep lines
    setsid "$ringside" run --quiet --verify --sarif sarif --junit junit --resume part Tree.sys \
        2> stopped &
    sweep=$!
    until [ -e part ] && [ "$(wc -l < part)" -gt 8 ]; do
        kill -0 $sweep || return
        sleep 0.01
    done
    kill -INT -- -$sweep
    wait $sweep
    [ $? = 130 ] && lines=$(wc -l < part) && [ "$lines" -lt 65 ] &&
        match stopped "interrupted, $((lines - 1)) of 64 failure points are done; the same command"
}

goes_on() {
    local before
    before=$(stat -c %i part) && cp part prefix && printf '{"point":6' >> part || return
    sweep part --resume part
    [ $? = 103 ] && same_as_whole && [ "$(wc -l < part)" = 65 ] &&
        [ "$(stat -c %i part)" = "$before" ] && head -n "$(wc -l < prefix)" part | cmp - prefix &&
        [ "$(tail -n +2 part | grep -o '"point":[0-9]*' | sort -u | wc -l)" = 64 ]
}

# Its results are taken as they are, nothing is tried again.
complete() {
    cp part kept && sed -i 's/"came_to":"bug check, [A-Z_]*/&_AS_KEPT/' part || return
    sweep part --resume=part
    [ $? = 103 ] && match part.err 'bug check, [A-Z_]*_AS_KEPT in' && cp kept part
}

# SIGTERM ends trials where they are: that is no crash of theirs.
interrupted_json() {
    local sweep
    setsid "$ringside" run --json=result.json --verify --resume json Tree.sys 2> stopped &
    sweep=$!
    until [ -e json ] && [ "$(wc -l < json)" -gt 2 ]; do
        kill -0 $sweep || return
        sleep 0.01
    done
    kill -TERM -- -$sweep
    wait $sweep
    lacks json crashed && has_json result.json 'it["result"] == "interrupted" and it["exit_code"] == 130'
}

# other PATTERN COMMAND...: a file that COMMAND changed is refused.
other() {
    local pattern=$1
    shift
    cp part changed && "$@" &&
        refused "$pattern" run --quiet --verify --sarif sarif --junit junit --resume changed Tree.sys
}

foreign() {
    other 'no file of --resume' cp Tree.c changed &&
        other 'is of version 0.0.0 of Ringside' sed -i '1s/"ringside":"[^"]*"/"ringside":"0.0.0"/' changed &&
        other 'another command line: ringside run --quiet --verify=RS-MEM' \
            sed -i '1s/"--verify"/"--verify=RS-MEM"/' changed &&
        other 'Tree.sys has changed since changed was begun' \
            sed -i '1s/"Tree.sys":"[0-9A-F]*"/"Tree.sys":"0123456789ABCDEF"/' changed &&
        other 'has failure point 65, but now there are 64' sed -i '2s/"point":[0-9]*/"point":65/' changed &&
        other 'a line that is no failure point' sed -i '2s/.*/{}/' changed &&
        refused 'no-such-folder/file: No such file' run $only --resume no-such-folder/file Tree.sys
}

progress() {
    on_terminal "$ringside" run --verify Tree.sys
    grep -q 'failure point [0-9]* of 64' screen || { cat screen; return 1; }
    on_terminal "$ringside" run --quiet --verify Tree.sys
    ! grep -q 'failure point [0-9]* of 64' screen
}

ok 'each call fails as it is documented' fallible
ok 'a link that is done without' ignores
ok 'once for each stack of calls' stacks
ok '--fail-at repeats a finding' replay
ok 'the machine stops in any case' stops
ok '--fail-at with a failure that is handled' handled
ok 'what cannot be tried is refused' refusals
ok 'interrupted' interrupted
ok '--resume goes on, with the same result' goes_on
ok '--resume with all done' complete
ok 'interrupted, --json' interrupted_json
ok '--resume with a file of something else' foreign
ok 'progress on a terminal' progress
finish
