/*
 * A probe: before a driver is unloaded, each of its devices that anybody may open gets one control
 * code that no driver has. A driver that answers it with success answers every code that it does
 * not know so.
 *
 * The driver sees IRP_MJ_CREATE, the request, IRP_MJ_CLEANUP and IRP_MJ_CLOSE, from kernel mode.
 * The request has neither input nor output. It is cancelled when it is not answered within a
 * second.
 */
#include "io/io.h"
#include "vf/irp.h"
#include "vf/vf.h"

#define PROBE_CODE CTL_CODE(0xF1F1, 0xF1F, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define PROBE_WAIT_100NS 10000000ll /* a second */
#define NAME_BYTES 512

VF_RULE(unknown_code_succeeds) = {
    .id = "RS-IRP-015",
    .title = "unknown control code answered with success",
    .severity = VF_WARNING,
    .bug_check = NULL,
    .advice = "complete a control code that the driver does not know with "
              "STATUS_INVALID_DEVICE_REQUEST: set it in the default: of the switch",
    .rationale =
        "A program cannot tell whether the driver did what it asked for; one that was made "
        "for a later version of the driver relies on something that never happened.",
    .reference = "Windows driver documentation, DispatchDeviceControl in Lower-Level Drivers",
};

/* By its name, as a program would; a device without one cannot be opened. */
static NTSTATUS open(PDEVICE_OBJECT device, PFILE_OBJECT *file, PHANDLE handle)
{
    struct {
        OBJECT_NAME_INFORMATION information;
        UCHAR text[NAME_BYTES];
    } name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    ULONG length;
    NTSTATUS status = ObQueryNameString(device, &name.information, sizeof(name), &length);

    if (!NT_SUCCESS(status) || name.information.Name.Length == 0)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    InitializeObjectAttributes(&attributes, &name.information.Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwOpenFile(handle, GENERIC_READ | GENERIC_WRITE, &attributes, &iosb,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(*handle, 0, IoFileObjectTypeObject, KernelMode,
                                       (PVOID *)file, NULL);
    if (!NT_SUCCESS(status))
        ZwClose(*handle);
    return status;
}

/* The status it was completed with. One that is never completed is not: its thread takes it. */
static NTSTATUS send(PFILE_OBJECT file, PIO_STATUS_BLOCK iosb)
{
    LARGE_INTEGER timeout = {.QuadPart = -PROBE_WAIT_100NS};
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    KEVENT done;
    NTSTATUS status;
    PIRP irp;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(PROBE_CODE, device, NULL, 0, NULL, 0, FALSE, &done, iosb);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoGetNextIrpStackLocation(irp)->FileObject = file;
    status = IofCallDriver(device, irp);
    if (status != STATUS_PENDING)
        return status;
    if (KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, &timeout) == STATUS_TIMEOUT) {
        IoCancelIrp(irp);
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    }
    return iosb->Status;
}

static void probe(PDEVICE_OBJECT device)
{
    PDRIVER_DISPATCH routine = device->DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL];
    IO_STATUS_BLOCK iosb = {.Information = 0};
    struct vf_place place;
    PFILE_OBJECT file;
    HANDLE handle;
    NTSTATUS status;

    if (io_device_is_exclusive(device) || !NT_SUCCESS(open(device, &file, &handle)))
        return;
    status = send(file, &iosb);
    ObDereferenceObject(file);
    ZwClose(handle);
    if (status != STATUS_SUCCESS || iosb.Information != 0)
        return;
    vf_place_of_routine(&place, (const void *)routine);
    vf_report_at(&unknown_code_succeeds, &place, NULL, NULL,
                 "control code 0x%08x, which the verifier made up, was completed with "
                 "STATUS_SUCCESS",
                 (ULONG)PROBE_CODE);
}

void vf_irp_probe_driver(PDRIVER_OBJECT driver)
{
    if (!unknown_code_succeeds.enabled)
        return;
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        probe(device);
}
