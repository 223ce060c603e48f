#!/bin/bash
# Tests of `ringside run`, with a driver and a client of their own.
#
#   RINGSIDE=build/ringside tests/cli/run_test.sh

. "$(dirname "$0")/checks.sh"

# ---- what is run --------------------------------------------------------------------------------

# The driver Probe. -D chooses what is wrong with it; what is left out is right. Control codes:
# 0x800 gives the input back, 0x801 leaks a pool block, 0x802 writes to NULL, 0x803 never ends,
# 0x804 is pended for good, 0x805 calls a routine that does not exist, 0x806 prints an escape.
cat > Probe.c <<'END'
#include <ntddk.h>

#ifndef NAME
#define NAME L"Probe"
#endif
#define CODE(function) CTL_CODE(FILE_DEVICE_UNKNOWN, function, METHOD_BUFFERED, FILE_ANY_ACCESS)

NTSYSAPI VOID NTAPI KeFlyToTheMoon(VOID);
DRIVER_INITIALIZE DriverEntry;

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\" NAME);
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\??\\" NAME);
static volatile BOOLEAN spin = TRUE;

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI create_close(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI read_write(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    UCHAR *buffer = irp->AssociatedIrp.SystemBuffer;
    ULONG length = location->Parameters.Read.Length;

    (void)device;
    if (location->MajorFunction == IRP_MJ_WRITE)
        DbgPrint("Probe: %u bytes, first 0x%02x\n", length, length ? buffer[0] : 0);
    else
        for (ULONG i = 0; i < length; i++)
            buffer[i] = (UCHAR)('a' + i % 26);
    return complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG in = location->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = location->Parameters.DeviceIoControl.OutputBufferLength;

    (void)device;
    switch (location->Parameters.DeviceIoControl.IoControlCode) {
    case CODE(0x800):
        return complete(irp, STATUS_SUCCESS, in < out ? in : out);
    case CODE(0x801):
        ExAllocatePoolWithTag(NonPagedPool, 100, 'kaeL');
        return complete(irp, STATUS_SUCCESS, 0);
    case CODE(0x802):
        *(volatile int *)NULL = 1;
        return complete(irp, STATUS_SUCCESS, 0);
    case CODE(0x803):
        while (spin)
            ;
        return complete(irp, STATUS_SUCCESS, 0);
    case CODE(0x804):
        IoMarkIrpPending(irp);
        return STATUS_PENDING;
#ifdef MOON
    case CODE(0x805):
        KeFlyToTheMoon();
        return complete(irp, STATUS_SUCCESS, 0);
#endif
    case CODE(0x806):
        DbgPrint("Probe: \033[2Jgone\n");
        return complete(irp, STATUS_SUCCESS, 0);
    }
    return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
    DbgPrint("%ws: unloaded\n", NAME);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    DbgPrint("%ws: key %wZ\n", NAME, path);
#ifdef REFUSES
    return STATUS_DEVICE_BUSY;
#endif
#ifndef STAYS
    driver->DriverUnload = unload;
#else
    (void)unload;
#endif
    driver->MajorFunction[IRP_MJ_CREATE] = create_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_READ] = read_write;
    driver->MajorFunction[IRP_MJ_WRITE] = read_write;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    device->Flags |= DO_BUFFERED_IO;
    status = IoCreateSymbolicLink(&link_name, &device_name);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(device);
    return status;
}
END

# The client: prints its arguments and what it reads, and ends with the code of the first one.
cat > client.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    char line[100];

    for (int i = 1; i < argc; i++)
        printf("[%s]", argv[i]);
    printf("\n");
    fflush(stdout);
    if (argc > 1 && strcmp(argv[1], "crash") == 0)
        *(volatile int *)0 = 1;
    if (argc > 1 && strcmp(argv[1], "echo") == 0)
        while (fgets(line, sizeof line, stdin))
            printf("read %s", line);
    return argc > 1 ? (int)strtoul(argv[1], NULL, 0) : 0;
}
END

dlltool=
for name in llvm-dlltool-{21,20,19,18,17,16} llvm-dlltool; do
    command -v "$name" > /dev/null && { dlltool=$name; break; }
done

build_all() {
    "$ringside" cc Probe.c -o Probe.sys &&
        "$ringside" cc -DNAME='L"Other"' Probe.c -o Other.sys &&
        "$ringside" cc -DREFUSES Probe.c -o Refuses.sys &&
        "$ringside" cc -DSTAYS Probe.c -o Stays.sys &&
        printf 'LIBRARY ntoskrnl.exe\nEXPORTS\nKeFlyToTheMoon\n' > moon.def &&
        "$dlltool" -m i386:x86-64 -d moon.def -l libmoon.a &&
        "$ringside" cc -DMOON Probe.c libmoon.a -o Moon.sys &&
        "$ringside" cc client.c -o client.exe &&
        cp client.exe client.sys && head -c 700 Probe.sys > Cut.sys && : > Empty.sys
}

ioctl() { echo "open \\\\.\\Probe; ioctl CTL_CODE(0x22,0x$1,0,0) ${2-}"; }

# ---- checks -------------------------------------------------------------------------------------

one_driver() {
    exits 0 run Probe.sys && [ ! -s out ] &&
        match err '^Probe: key .*\\Services\\Probe$' '^Probe: unloaded$' '^ringside [0-9.]+: seed 0' \
            'summary' '^driver +Probe\.sys: started, unloaded$' '^leaks +none$' '^time .*seed 0$'
}

in_order() {
    exits 0 run Probe.sys Other.sys || return
    grep -E '^(Probe|Other):' err | sed 's/ .*//' | xargs > order
    match order '^Probe: Other: Other: Probe:$' && match err '^drivers +Probe' '^ +Other\.sys: started'
}

named_service() {
    exits 0 run --service Zeta Probe.sys Other.sys &&
        match err '^Probe: key .*\\Services\\Zeta$' '^Other: key .*\\Services\\Other$'
}

arguments() {
    exits 0 run Probe.sys client.exe 0 'two words' 'a"b' 'c\' '' --quiet || return
    match out '^\[0\]\[two words\]\[a"b\]\[c\\\]\[\]\[--quiet\]$' &&
        match err '^client +client\.exe exited with 0$' || return
    exits 0 run Probe.sys -- client.exe 0 && match out '^\[0\]$' || return
    exits 0 run client.exe && match err '^client +client\.exe exited with 0$' && lacks err '^driver'
}

standard_input() {
    printf 'one\ntwo\n' | "$ringside" run Probe.sys client.exe echo > out 2> err || return
    match out '^read one' '^read two' && lacks err '^read one'
}

exception() {
    exits 5 run Probe.sys client.exe crash &&
        match err '^ringside: client\.exe ended with exception 0xC0000005 \(STATUS_ACCESS_VIOLATION\)$' \
            '^client +client\.exe ended with exception' '^Probe: unloaded'
}

quiet() {
    exits 0 run --quiet Probe.sys || return
    lacks err '^[^P]' && match err '^Probe: unloaded$'
}

one_line_failure() { # PATTERN ARGUMENTS...
    local pattern=$1
    shift
    exits 101 run --quiet "$@" || return
    [ "$(grep -c '^ringside: ' err)" = 1 ] && match err "$pattern"
}

entry_fails() {
    one_line_failure '^ringside: Refuses\.sys: DriverEntry returned 0x80000011 \(STATUS_DEVICE_BUSY\)$' \
        Other.sys Refuses.sys client.exe && match err '^Other: unloaded$' && [ ! -s out ]
}

stays() {
    one_line_failure '^ringside: Stays\.sys: cannot be unloaded: it has no DriverUnload routine$' \
        Stays.sys || return
    exits 0 run --no-unload Stays.sys && match err 'still loaded' || return
    exits 9 run Stays.sys client.exe 9
}

bug_check() {
    exits 102 run --json Probe.sys --do "$(ioctl 802)" &&
        match err '\*\*\* STOP 0x000000(1E|3B|50|7E|8E|D1)' 'Probe\.sys.*Probe\.c:[0-9]+' &&
        has_json err 'it["result"] == "bug check" and it["exit_code"] == 102 and it["stop"]["name"]'
}

deadlock() {
    exits 102 run --json Probe.sys --do "$(ioctl 804)" && has_json err 'it["result"] == "deadlock"'
}

spins() {
    exits 102 run --json --timeout 1 Probe.sys --do "$(ioctl 803)" &&
        has_json err 'it["exit_code"] == 102'
}

unimplemented() {
    exits 104 run --json Moon.sys --do "$(ioctl 805)" &&
        match err 'ntoskrnl\.exe!KeFlyToTheMoon, called from Moon\.sys' &&
        has_json err 'it["result"] == "not implemented"' || return
    exits 0 run Moon.sys # the import alone does no harm
}

leaks() {
    exits 0 run Probe.sys --do "$(ioctl 801); $(ioctl 801)" && match err '^leaks +2 pool blocks$' || return
    exits 0 run --json Probe.sys --do "$(ioctl 801)" && has_json err 'it["leaks"]["pool_blocks"] == 1'
}

script_requests() {
    printf 'one\0two' > data
    exits 0 run --quiet Probe.sys --do "$(ioctl 800 'in=hex:00ff7E out=64 expect=hex:00ff7e')
        write wide:\"hé\" # a comment; not a statement
        read 3 expect=\"abc\"; ioctl 0x222000 in=file:data out=7 expect=text:\"one\\0two\"
        ioctl 0x222000 in=zero:40 out=2 expect=zero:2
        ioctl CTL_CODE(0x22,0x9,METHOD_BUFFERED,FILE_ANY_ACCESS) expect=STATUS_INVALID_DEVICE_REQUEST
        sleep 5; close; open \\\\.\\None expect=STATUS_OBJECT_NAME_NOT_FOUND" || return
    match out '^  0000  00 ff 7e  +\.\.~$' '^  STATUS_SUCCESS, 3 bytes$' '^  STATUS_SUCCESS, file 1$' \
        '^  STATUS_INVALID_DEVICE_REQUEST, 0 bytes$' && match err '^Probe: 4 bytes, first 0x68$'
}

script_files() {
    exits 1 run --quiet Probe.sys Other.sys --do 'open \\.\Probe; open \\.\Other ro; read 1; read 1 on=1
        close 1; read 1 on=1; read 1' && [ "$(grep -c STATUS_SUCCESS out)" = 6 ] &&
        match out '^  no such file is open$'
}

script_fails() {
    exits 1 run --json Probe.sys --do "$(ioctl 800 'out=1 expect=hex:01'); $(ioctl 9)
        $(ioctl 800 expect=STATUS_PENDING)" && match out '^  expected 1 byte$' \
        '^  expected 0x00000103 \(STATUS_PENDING\)$' &&
        has_json err 'it["result"] == "script" and it["script"] ==
            {"statements": 6, "done": 6, "failed": 3}'
}

script_from_file() {
    printf '# a script\nopen \\\\.\\Probe\n\nread 2\n' > good.script
    printf 'open \\\\.\\Probe\n  reed 2\n' > bad.script
    exits 0 run Probe.sys --script good.script --do 'read 3' &&
        match err '^script +3 of 3 statements, 0 failed' &&
        refused 'bad.script:2:3: reed is no statement; did you mean read\?' run Probe.sys \
            --script bad.script && refused 'none.script: No such file' run --script none.script
}

script_before_client() {
    exits 3 run Probe.sys --do 'open \\.\Probe' client.exe 3 && [ "$(head -n 1 out)" = 'open \\.\Probe' ] &&
        [ "$(tail -n 1 out)" = '[3]' ]
}

drive() {
    mkdir -p drive && echo hello > drive/greeting.txt && echo secret > secret.txt
    exits 0 run --c-drive drive --do 'open C:\greeting.txt ro; read 5 expect="hello"' || return
    exits 1 run --c-drive drive --do 'open C:\..\secret.txt ro' || return
    exits 100 run --c-drive nowhere Probe.sys
}

json() {
    exits 7 run --json --seed 18446744073709551615 --service Zeta Probe.sys client.exe 7 &&
        [ "$(grep -c '^{' err)" = 1 ] && lacks err summary || return
    has_json err 'it["result"] == "client" and it["exit_code"] == 7 and it["seed"] == 2**64 - 1' &&
        has_json err 'it["drivers"] ==
            [{"file": "Probe.sys", "service": "Zeta", "state": "unloaded"}]' &&
        has_json err 'it["client"] == {"file": "client.exe", "started": True, "exit_code": 7}' &&
        has_json err 'it["leaks"] == {"irps": 0, "handles": 0, "objects": 0, "pool_blocks": 0}' ||
        return
    exits 101 run --json=result.json None.sys && has_json result.json 'it["result"] == "load"' &&
        lacks err '^{'
}

same_every_time() {
    local first
    for _ in 1 2 3; do
        exits 0 run --json --seed 5 Probe.sys client.exe 0 || return
        tail -n 1 err | sed 's/,"real_seconds".*//' > result
        first=${first-$(cat result)}
        [ "$first" = "$(cat result)" ] || { echo "$first"; cat result; return 1; }
    done
}

virtual_sleep() {
    exits 0 run --json Probe.sys --do 'sleep 60000' &&
        has_json err 'it["simulated_seconds"] >= 60 and it["real_seconds"] < 10'
}

interrupt() { # ARGUMENTS...
    local pid
    # An interactive child: a background one of a script would ignore SIGINT.
    "$BASH" -c 'trap - INT; exec "$@"' - python3 -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execv(sys.argv[1], sys.argv[1:])' "$ringside" run --json "$@" < /dev/zero > out 2> err &
    pid=$!
    sleep 1
    kill -INT "$pid"
    wait "$pid"
    [ $? = 130 ] || { echo "not 130"; cat err; return 1; }
    has_json err 'it["result"] == "interrupted" and it["exit_code"] == 130'
}

colours() {
    on_terminal "$ringside" run Probe.sys && match screen $'\033\[36mProbe: unloaded\033\[0m' || return
    on_terminal env NO_COLOR=1 "$ringside" run Probe.sys && lacks screen $'\033' &&
        exits 0 run Probe.sys && lacks err $'\033'
}

control_characters() {
    on_terminal env NO_COLOR=1 "$ringside" run Probe.sys --do "$(ioctl 806)" &&
        match screen '^Probe: \\x1B\[2Jgone' && lacks screen $'\033'
}

# ---- all of them --------------------------------------------------------------------------------

ok 'the files are built' build_all
ok 'one driver, no client' one_driver
ok 'drivers start in order and unload in reverse' in_order
ok '--service names the next driver' named_service
ok 'arguments of the client' arguments
ok 'standard input of the client' standard_input
ok 'exit code of the client' exits 7 run Probe.sys client.exe 7
ok 'exit code: the low byte' exits 2 run Probe.sys client.exe 0x102
ok 'exit code: never 0 by accident' exits 1 run Probe.sys client.exe 0x100
ok 'exception in the client' exception
ok '--quiet' quiet
ok 'no such driver' one_line_failure '^ringside: None\.sys: No such file' None.sys
ok 'no such client' one_line_failure '^ringside: none\.exe: No such file' Probe.sys none.exe
ok 'a driver cut short' one_line_failure '^ringside: Cut\.sys: .* file' Cut.sys
ok 'an empty driver' one_line_failure '^ringside: Empty\.sys: ' Empty.sys
ok 'a program as driver' one_line_failure '^ringside: client\.sys: a user-mode image' client.sys
ok 'DriverEntry fails' entry_fails
ok 'no DriverUnload routine' stays
ok 'bug check' bug_check
ok 'deadlock' deadlock
ok 'a driver that spins' spins
ok 'a routine that is missing' unimplemented
ok 'leaks' leaks
ok 'script: requests' script_requests
ok 'script: several files' script_files
ok 'script: failures' script_fails
ok 'script: from a file' script_from_file
ok 'script: before the client' script_before_client
ok 'script: place of a mistake' refused '^ringside: --do:2:8: hex:0 has half a byte' run Probe.sys \
    --do $'open x\n write hex:0'
ok 'script: access to a file' exits 1 run Probe.sys --do 'open C:\none ro'
ok '--c-drive' drive
ok '--json' json
ok 'the same run every time' same_every_time
ok 'virtual time' virtual_sleep
ok 'Ctrl-C while a driver spins' interrupt --timeout 60 Probe.sys --do "$(ioctl 803)"
ok 'Ctrl-C in real time' interrupt --clock real Probe.sys --do 'sleep 60000'
ok 'colours only on a terminal' colours
ok 'control characters of a driver do no harm' control_characters

finish
