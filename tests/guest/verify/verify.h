/*
 * What the drivers of the verifier's tests share: a device \\.\Verify, made right.
 *
 * Each source of this folder breaks one rule, and keeps it when compiled with -DREPAIRED. Lines at
 * its top tell tests/cli/verify_test.sh how to show it:
 *
 *   // rule: RS-IRP-003          the rule that must be found; no other may be
 *   // also: RS-ONLY-001         but these, which see the same fault
 *   // do: STATEMENTS            the script; without it: open \\.\Verify; ioctl 0x222000; close
 *   // client: NAME.c            a program of this folder, instead of a script
 *   // options: OPTIONS          of `ringside run`
 *   // exit: N                   the exit code with the fault, if it is not 103
 *   // repaired-exit: N          the exit code without it, if it is not 0
 *
 * A driver defines `request`, which gets every request but CREATE, CLEANUP and CLOSE. With -DOWN_UNLOAD
 * or -DOWN_ENTRY set before the include it has a hook there, too. All are valid on Windows.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include <ntifs.h>

#define VERIFY_TAG 'yfrV'

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp);
#ifdef OWN_ENTRY
static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path); /* at the end of DriverEntry */
#endif
#ifdef OWN_UNLOAD
static void own_unload(PDRIVER_OBJECT driver); /* at the start of DriverUnload */
#endif

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Verify");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\??\\Verify");
static PDEVICE_OBJECT verify_device;

/* Complete a request and return the same status. */
static inline NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI verify_open_or_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI verify_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    /* Codes of other types are none of this device's, which the verifier tries out (RS-IRP-015). */
    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL &&
        DEVICE_TYPE_FROM_CTL_CODE(stack->Parameters.DeviceIoControl.IoControlCode) !=
            FILE_DEVICE_UNKNOWN)
        return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    return request(device, irp);
}

static VOID NTAPI verify_unload(PDRIVER_OBJECT driver)
{
#ifdef OWN_UNLOAD
    own_unload(driver);
#endif
    IoDeleteSymbolicLink(&link_name);
    UNREFERENCED_PARAMETER(driver);
    IoDeleteDevice(verify_device);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = verify_unload;
    driver->MajorFunction[IRP_MJ_CREATE] = verify_open_or_close;
    driver->MajorFunction[IRP_MJ_CLEANUP] = verify_open_or_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = verify_open_or_close;
    driver->MajorFunction[IRP_MJ_READ] = verify_dispatch;
    driver->MajorFunction[IRP_MJ_WRITE] = verify_dispatch;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = verify_dispatch;
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    verify_device = device;
    device->Flags |= DO_BUFFERED_IO;
    status = IoCreateSymbolicLink(&link_name, &device_name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
#ifdef OWN_ENTRY
    status = own_entry(driver, path);
    if (!NT_SUCCESS(status)) {
        IoDeleteSymbolicLink(&link_name);
        IoDeleteDevice(device);
    }
    return status;
#else
    return STATUS_SUCCESS;
#endif
}

#endif
