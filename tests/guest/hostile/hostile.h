/*
 * What the hostile drivers share: a driver that is right but for its routine `misbehave`.
 *
 * Each file of this folder is one driver and defines that routine. It runs in DriverEntry; compiled
 * with -DON_REQUEST it runs in the dispatch routine of IRP_MJ_DEVICE_CONTROL of \\.\Hostile. The
 * line that the report must name ends in the comment "fault".
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;

/* Never inlined, so that the stack of the report has it as a function. `irp` is NULL in
 * DriverEntry. */
static __attribute__((noinline)) void misbehave(PIRP irp);

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Hostile");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\??\\Hostile");

static NTSTATUS NTAPI hostile_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
#ifdef ON_REQUEST
    if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_DEVICE_CONTROL)
        misbehave(irp);
#endif
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI hostile_unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
    DbgPrint("Hostile: unloaded\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    (void)path;
    driver->DriverUnload = hostile_unload;
    driver->MajorFunction[IRP_MJ_CREATE] = hostile_dispatch;
    driver->MajorFunction[IRP_MJ_CLOSE] = hostile_dispatch;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = hostile_dispatch;
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link_name, &device_name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
#ifndef ON_REQUEST
    misbehave(NULL);
#endif
    return STATUS_SUCCESS;
}

#endif
