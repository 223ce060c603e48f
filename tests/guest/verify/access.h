/*
 * What the tests of RS-ACC-… share: as verify.h, but only the system and administrators may open
 * \\.\Verify, so that RS-ACC-006 has nothing to say. A driver defines `request`, which gets every
 * device control with its METHOD_BUFFERED buffer and returns the status and the bytes of output.
 * With ACCESS_LATER it defines `later`, which gets the IRPs and gives them to `serve`; with
 * ACCESS_FAST a fast I/O routine `fast_control`.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include <ntifs.h>
#include <wdmsec.h>

#ifndef ACCESS_SDDL
#define ACCESS_SDDL L"D:P(A;;GA;;;SY)(A;;GA;;;BA)"
#endif
#ifndef ACCESS_CHARACTERISTICS
#define ACCESS_CHARACTERISTICS FILE_DEVICE_SECURE_OPEN
#endif

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned);
#ifdef ACCESS_LATER
static NTSTATUS later(PDEVICE_OBJECT device, PIRP irp);
#endif
#ifdef ACCESS_FAST
static FAST_IO_DEVICE_CONTROL fast_control;
static FAST_IO_DISPATCH fast_io = {.SizeOfFastIoDispatch = sizeof(fast_io),
                                   .FastIoDeviceControl = fast_control};
#endif

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Verify");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\??\\Verify");

static inline NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI access_open_or_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}

/* Do the request and complete it. */
static NTSTATUS serve(PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG_PTR returned = 0;
    NTSTATUS status;

    status = request(irp->AssociatedIrp.SystemBuffer,
                     location->Parameters.DeviceIoControl.InputBufferLength, &returned);
    return finish(irp, status, returned);
}

static NTSTATUS NTAPI access_control(PDEVICE_OBJECT device, PIRP irp)
{
#ifdef ACCESS_LATER
    return later(device, irp);
#else
    UNREFERENCED_PARAMETER(device);
    return serve(irp);
#endif
}

static VOID NTAPI access_unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;
#ifndef ACCESS_NO_SECURITY
    static const GUID class = {0x5e7bb4a1, 0x7c1f, 0x4c0c, {0x9c, 1, 2, 3, 4, 5, 6, 7}};
    UNICODE_STRING sddl = RTL_CONSTANT_STRING(ACCESS_SDDL);
#endif

    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = access_unload;
#ifdef ACCESS_FAST
    driver->FastIoDispatch = &fast_io;
#endif
    driver->MajorFunction[IRP_MJ_CREATE] = access_open_or_close;
    driver->MajorFunction[IRP_MJ_CLEANUP] = access_open_or_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = access_open_or_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = access_control;
#ifdef ACCESS_NO_SECURITY
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, ACCESS_CHARACTERISTICS,
                            FALSE, &device);
#else
    status = IoCreateDeviceSecure(driver, 0, &device_name, FILE_DEVICE_UNKNOWN,
                                  ACCESS_CHARACTERISTICS, FALSE, &sddl, &class, &device);
#endif
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link_name, &device_name);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(device);
    return status;
}

#endif
