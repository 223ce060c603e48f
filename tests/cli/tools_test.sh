#!/bin/bash
# The programs that look into a machine: ps, kill, handles, winobj, drivers, beside a driver and a
# program in the background.
#
#   RINGSIDE=build/ringside tests/cli/tools_test.sh

. "$(dirname "$0")/checks.sh"

tools=$(dirname "$ringside")/tools

cat > Quiet.c <<'END'
#include <wdm.h>

static DRIVER_UNLOAD unload;
DRIVER_INITIALIZE DriverEntry;

static UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Quiet"),
                      evil = RTL_CONSTANT_STRING(L"\\Device\\Evil\x1b[2J");

static VOID unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link);
    while (driver->DeviceObject)
        IoDeleteDevice(driver->DeviceObject);
}

static NTSTATUS NTAPI create_close(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Quiet");
    PDEVICE_OBJECT device;

    (void)path;
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    IoCreateDevice(driver, 0, &evil, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    return IoCreateSymbolicLink(&link, &name);
}
END
cat > Waiter.c <<'END'
#include <windows.h>

int main(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, L"WaiterEvent");

    SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS);
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL);
    WaitForSingleObject(event, INFINITE);
    return 0;
}
END
ok "the driver builds" "$ringside" cc Quiet.c -o Quiet.sys
ok "the program builds" "$ringside" cc Waiter.c -o Waiter.exe

# tool N NAME ARGUMENTS...: run a tool; its exit code is to be N.
tool() {
    local wanted=$1 name=$2
    shift 2
    timeout 60 "$ringside" run --quiet --background Waiter.exe Quiet.sys "$tools/$name.exe" "$@" \
        > out 2> err < /dev/null
    code=$?
    [ "$code" = "$wanted" ] && return
    echo "exit code $code instead of $wanted"
    cat out err
    return 1
}

# shows PATTERN... : the tool just run printed lines like these, with aligned columns.
shows() {
    match out "$@"
}

# json EXPRESSION: its output is JSON, and the expression over the list `it` is true.
json() {
    python3 -c '
import json, sys
it = json.load(open("out", encoding="utf-8"))
if not eval("(" + sys.argv[1] + ")"):
    sys.exit(f"not true of {it}: {sys.argv[1]}")' "$1"
}

# fails CODE TEXT NAME ARGUMENTS...: that exit code, and one line of error.
fails() {
    local wanted=$1 text=$2
    shift 2
    tool "$wanted" "$@" || return
    [ "$(cat err)" = "$text" ] || { echo "said:"; cat err; return 1; }
    [ ! -s out ] || { echo "printed:"; cat out; return 1; }
}

# ---- ps, kill
ok "ps" tool 0 ps
ok "processes" shows '^PID +PPID +NAME +SESSION +THREADS +HANDLES +CLASS +BASE +CPU ' \
    '^ *0 +0 +Idle +0 +[0-9]+ +0 +- +0 ' '^ *4 +0 +System +0 ' \
    '^ *[0-9]+ +[0-9]+ +Waiter.exe +1 +1 +[0-9]+ +high +13 +[0-9]+:[0-9]{2}:[0-9]{2}\.[0-9]{3} +[1-9]' \
    '^ *[0-9]+ +[0-9]+ +ps.exe +1 +1 +[0-9]+ +normal +8 '
ok "in the order of ids" bash -c "awk 'NR > 1 { print \$1 }' out | sort -nc"
cp out first
tool 0 ps
ok "the same twice" cmp out first
ok "threads of a process" tool 0 ps --threads waiter
ok "priorities, state, start" shows \
    '^ *[0-9]+ +[0-9]+ +Waiter.exe +12 +1[2-5] +waiting +UserRequest +[0-9]+ +Waiter.exe\+0x[0-9A-F]+$'
ok "ps --json" tool 0 ps --json
ok "is JSON" json '[p["name"] for p in it if p["priority_class"] == "high"] == ["Waiter.exe"] and
    all(p["working_set_bytes"] >= p["private_bytes"] > 0 for p in it if p["pid"] > 4)'
ok "ps --threads --json 4" tool 0 ps --threads --json 4
ok "threads as JSON" json 'len(it) > 4 and {t["process"] for t in it} == {"System"} and
    all(t["start"].startswith("ntoskrnl.exe+0x") for t in it)'
ok "no such process" fails 1 'ps: there is no process nobody' ps nobody
ok "an unknown option" fails 2 'ps: unknown option --tree; see ps --help' ps --tree
ok "kill" tool 0 kill Waiter --exit-code 7
ok "says whom" shows '^ended Waiter.exe \([0-9]+\)$'
ok "kill System" fails 1 'kill: cannot end System (4): Access is denied' kill System
ok "kill nobody" fails 1 'kill: there is no process 99999' kill 99999
ok "a bad exit code" fails 2 'kill: seven is no exit code; see kill --help' kill --exit-code seven 4

# ---- handles
ok "handles" tool 0 handles --process Waiter.exe --type event --name waiterevent
ok "the event" shows \
    '^PID +PROCESS +HANDLE +TYPE +ACCESS +INHERIT +PROTECTED +OBJECT +NAME +RIGHTS$' \
    '^ *[0-9]+ +Waiter.exe +0x[0-9A-F]+ +Event +0x001F0003 +no +no +0x[0-9A-F]{16} +\\.*WaiterEvent +EVENT_ALL_ACCESS$'
ok "handles --json" tool 0 handles --json --type File
ok "files" json 'all(h["type"] == "File" for h in it) and
    "\\Device\\ConDrv\\Output" in [h["name"] for h in it] and
    "FILE_GENERIC_READ" in it[0]["rights"]'
ok "no process" fails 1 'handles: there is no process nobody' handles --process nobody
ok "no handle" fails 1 'handles: there is no such handle' handles --type Teapot
ok "no value" fails 2 'handles: missing value of --type; see handles --help' handles --type

# ---- winobj
ok "winobj" tool 0 winobj '\??'
ok "links" shows '^NAME +TYPE +TARGET$' '^Quiet +SymbolicLink +\\Device\\Quiet$' \
    '^C: +SymbolicLink +\\Device\\HarddiskVolume1$'
ok "a listing of devices" tool 0 winobj --long '\Device'
ok "control characters are spelled out" shows '^Evil\\x1B\[2J +Device ' \
    '^Quiet +Device +2 +0 +4 System +yes +no +- +-$'
ok "one object" tool 0 winobj --long '\\.\Quiet'
ok "in detail" shows '^Path +\\GLOBAL\?\?\\Quiet$' '^Type +SymbolicLink$' '^References +1$' \
    '^Target +\\Device\\Quiet$' '^Security +O:BAG:SYD:\(A;;[A-Z]+;;;BA\)'
ok "a device" tool 0 winobj --long '\Device\Quiet'
ok "with its security" shows \
    '^Security +O:BAG:SYD:\(A;;0x1201bf;;;WD\)\(A;;FA;;;SY\)\(A;;FA;;;BA\)\(A;;0x1200a9;;;RC\)$'
ok "the whole namespace" tool 0 winobj --recursive --long --json
ok "is JSON, too" json '{o["type"] for o in it} >= {"Device", "Driver", "Type", "Key", "Event"} and
    [o["path"] for o in it if o["name"].endswith("Quiet") and o["type"] == "Driver"] ==
    ["\\Driver\\Quiet"] and [o["handles"] for o in it if "WaiterEvent" in o["name"]] == [1] and
    [o["creator"].split()[1] for o in it if "WaiterEvent" in o["name"]] == ["Waiter.exe"]'
ok "no such object" fails 1 'winobj: \nope: there is no such object' winobj '\nope'
ok "no such entry" fails 1 'winobj: \Device\nope: there is no such object' winobj '\Device\nope'
ok "no directory" fails 1 'winobj: \Device\Quiet: this is no directory' winobj '\Device\Quiet\x'
ok "no path" fails 2 \
    'winobj: Device is no path of objects, which starts with \; see winobj --help' winobj Device

# ---- drivers
ok "drivers" tool 0 drivers
ok "modules" shows '^BASE +END +SIZE +NAME +SERVICE +TIMESTAMP +CHECKSUM +PATH$' \
    '^0x[0-9A-F]{16} +0x[0-9A-F]{16} +0x[0-9A-F]{8} +ntoskrnl.exe +- ' \
    ' Quiet.sys +Quiet +0x[0-9A-F]{8} +0x[0-9A-F]{8} +\\.*\\Quiet.sys$'
ok "drivers --json" tool 0 drivers --json quiet
ok "one module" json 'len(it) == 1 and it[0]["service"] == "Quiet" and
    int(it[0]["end"], 16) - int(it[0]["base"], 16) == it[0]["size"]'
ok "no module" fails 1 'drivers: there is no module other' drivers other

# ---- devtree
cat > Lame.c <<'END'
#include <wdm.h>

static DRIVER_UNLOAD unload;
static DRIVER_ADD_DEVICE add_device;
DRIVER_INITIALIZE DriverEntry;

static VOID unload(PDRIVER_OBJECT driver)
{
    (void)driver;
}

static NTSTATUS add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    (void)driver, (void)physical;
    return STATUS_DEVICE_CONFIGURATION_ERROR;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    driver->DriverUnload = unload;
    driver->DriverExtension->AddDevice = add_device;
    return STATUS_SUCCESS;
}
END
ok "a driver of devices builds" "$ringside" cc "$top/tests/cli/interfaces_device.c" -o Faced.sys
ok "one that fails builds" "$ringside" cc Lame.c -o Lame.sys

# tree ARGUMENTS...: devtree beside the two.
tree() {
    timeout 60 "$ringside" run --quiet Faced.sys Lame.sys "$tools/devtree.exe" "$@" \
        > out 2> err < /dev/null
}

ok "devtree" tree
ok "the tree" shows '^DEVICE +SERVICE +STATUS +PROBLEM +PDO +DESCRIPTION +INTERFACES$' \
    '^HTREE\\ROOT\\0 +- +started +- ' \
    '^  ROOT\\FACED\\0000 +Faced +started +- +\\Device\\[0-9a-f]{8} +Faced +\\\\\?\\ROOT#FACED#0000#\{' \
    '^  ROOT\\LAME\\0000 +Lame +problem +31 CM_PROB_FAILED_ADD '
ok "devtree --json" tree --json
ok "parents, problems, interfaces" json '[d["parent"] for d in it] ==
    [None, "HTREE\\ROOT\\0", "HTREE\\ROOT\\0"] and [d["problem_code"] for d in it] == [0, 0, 31] and
    [len(d["interfaces"]) for d in it] == [0, 1, 0]'

for name in ps kill handles winobj drivers devtree; do
    ok "$name --help" tool 0 "$name" --help
    ok "says how" shows "^usage: $name " '^Examples$' '^Exit codes: 0 '
done
finish
