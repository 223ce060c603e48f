#!/bin/bash
# Source debugging with stock gdb: breakpoints by line in kernel, driver and client, call stacks,
# variables, and attaching to a machine that runs.
#
#   RINGSIDE=build/ringside tests/cli/gdb_jit_test.sh

. "$(dirname "$0")/checks.sh"

cat > Sample.c <<'END'
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS answer(PIRP irp, ULONG code)
{
    ULONG doubled = code * 2;

    DbgPrint("Sample: 0x%x\n", doubled); /* in the driver */
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return answer(irp, IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode);
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Sample");

    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Sample");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Sample");
    PDEVICE_OBJECT device;

    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = dispatch;
    driver->MajorFunction[IRP_MJ_CLOSE] = dispatch;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch;
    IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    return IoCreateSymbolicLink(&link, &name);
}
END
cat > client.c <<'END'
#include <windows.h>
#include <stdio.h>

static int request(HANDLE device, int code)
{
    DWORD returned = 0;
    BOOL sent = DeviceIoControl(device, code, NULL, 0, NULL, 0, &returned, NULL);

    printf("sent: %d\n", sent); /* in the client */
    return !sent;
}

int main(int argc, char **argv)
{
    HANDLE device = CreateFileA("\\\\.\\Sample", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);

    (void)argv;
    for (int i = 1; i < argc * 100; i++)
        Sleep(100);
    return request(device, 0x222000);
}
END

# The number of the line of FILE that has TEXT.
line() { grep -nF -- "$2" "$1" | head -n 1 | cut -d: -f1; }

signals='handle SIGSEGV SIGILL SIGBUS SIGFPE SIGSYS SIGVTALRM nostop noprint pass'
kernel_line=$(line "$top/src/ntoskrnl/io/control.c" 'status = io_request_open(&request, handle, ACCESS_OF')

# stop_at PLACE COMMAND...: run to a breakpoint, then the commands; the screen is in gdb.log.
stop_at() {
    local place=$1 command commands=()
    shift
    for command; do commands+=(-ex "$command"); done
    timeout 120 gdb -nx -batch -ex 'set breakpoint pending on' -ex 'set width 0' -ex "$signals" \
        -ex "break $place" -ex run "${commands[@]}" \
        --args "$ringside" run --quiet Sample.sys client.exe > gdb.log 2>&1 < /dev/null
}

kernel() {
    stop_at "io/control.c:$kernel_line" bt 'info locals' 'print/x code' &&
        match gdb.log "^#0 .*device_control .*io/control\.c:$kernel_line" \
            '^#[1-9] .*NtDeviceIoControlFile .*control\.c' '^status = ' '^\$1 = 0x222000'
}

driver() {
    stop_at "Sample.c:$(line Sample.c 'in the driver') if code == 0x222000" bt 'info locals' 'print *irp' \
        'print/x code' &&
        match gdb.log '^#0 .*answer .*Sample\.c:9' '^#1 .*dispatch .*Sample\.c' \
            '^#[2-9] .*NtDeviceIoControlFile .*control\.c' '^#[0-9]* .*DeviceIoControl \(' \
            '^#[0-9]* .*main .*client\.c' '^#[0-9]* .*RtlUserThreadStart' \
            '^doubled = ' 'CurrentStackLocation = 0x' \
            '^\$2 = 0x222000'
}

client() {
    stop_at "client.c:$(line client.c 'in the client')" bt 'info locals' 'print returned' &&
        match gdb.log '^#0 .*request .*client\.c' '^#[12] .*main .*client\.c' '^#[3-7] .*RtlUserThreadStart' \
            '^sent = 1' '^\$1 = 0'
}

steps() {
    stop_at "Sample.c:$(line Sample.c 'in the driver') if code == 0x222000" next 'delete' 'continue' &&
        match gdb.log 'irp->IoStatus.Status = STATUS_SUCCESS' 'Sample: 0x444000' '^sent: 1' \
            'exited normally'
}

# A debugger that comes later hears of the images at the next tick of the watchdog or clock.
attach() {
    local machine
    "$ringside" run --quiet --clock real Sample.sys -- client.exe late > /dev/null 2>&1 < /dev/null &
    machine=$!
    sleep 1
    timeout 60 gdb -nx -batch -ex 'set breakpoint pending on' -ex "$signals" \
        -ex 'break NtDelayExecution' -ex continue -ex bt -ex kill -p $machine > gdb.log 2>&1 < /dev/null
    kill $machine 2> /dev/null
    wait $machine 2> /dev/null
    match gdb.log '^#0 .*NtDelayExecution'
}

command -v gdb > /dev/null || { echo 'gdb is not installed'; exit 1; }
ok 'the driver compiles' "$ringside" cc -O0 Sample.c -o Sample.sys
ok 'the client compiles' "$ringside" cc -O0 client.c -o client.exe
ok 'a breakpoint in the kernel' kernel
ok 'a breakpoint in the driver' driver
ok 'a breakpoint in the client' client
ok 'a step, then on to the end' steps
ok 'attaching to a machine that runs' attach

finish
