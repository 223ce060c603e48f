/*
 * A probe: before a driver is unloaded, each of its devices that anybody may open gets one control
 * code that no driver has, and one request that only file systems have. A driver that answers them
 * with success answers everything that it does not know so.
 *
 * The driver sees IRP_MJ_CREATE, the requests, IRP_MJ_CLEANUP and IRP_MJ_CLOSE, from kernel mode.
 * The requests have neither input nor output. They are cancelled when they are not answered within
 * a second.
 */
#include "io/io.h"
#include "vf/irp.h"
#include "vf/vf.h"

#define PROBE_CODE CTL_CODE(0xF1F1, 0xF1F, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define PROBE_CODE_TEXT "0xf1f13c7c"
C_ASSERT(PROBE_CODE == 0xf1f13c7c);
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

VF_RULE(unknown_function_succeeds) = {
    .id = "RS-IRP-020",
    .title = "unsupported MajorFunction answered with success",
    .severity = VF_WARNING,
    .bug_check = NULL,
    .advice = "leave the slots of MajorFunction alone that the driver has no routine for: the I/O "
              "manager's then completes the request with STATUS_INVALID_DEVICE_REQUEST; a routine "
              "for all slots must do so by default",
    .rationale = "The sender believes that the request was carried out: that data was flushed, "
                 "security set, or a query answered, whose buffer nobody has filled in.",
    .reference = "Windows driver documentation, DispatchXxx Routines; DRIVER_OBJECT",
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

static PIRP make_request(PFILE_OBJECT file, UCHAR major, PKEVENT done, PIO_STATUS_BLOCK iosb)
{
    PIRP irp = IoBuildDeviceIoControlRequest(PROBE_CODE, IoGetRelatedDeviceObject(file), NULL, 0,
                                             NULL, 0, FALSE, done, iosb);
    PIO_STACK_LOCATION location;

    if (!irp)
        return NULL;
    location = IoGetNextIrpStackLocation(irp);
    location->FileObject = file;
    location->MajorFunction = major;
    if (major != IRP_MJ_DEVICE_CONTROL)
        RtlZeroMemory(&location->Parameters, sizeof(location->Parameters));
    return irp;
}

/* Was it completed with success? One that is never completed is not: its thread takes it. */
static BOOLEAN succeeds(PFILE_OBJECT file, UCHAR major)
{
    LARGE_INTEGER timeout = {.QuadPart = -PROBE_WAIT_100NS};
    IO_STATUS_BLOCK iosb = {.Information = 0};
    KEVENT done;
    NTSTATUS status;
    PIRP irp;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = make_request(file, major, &done, &iosb);
    if (!irp)
        return FALSE;
    status = IofCallDriver(IoGetRelatedDeviceObject(file), irp);
    if (status == STATUS_PENDING) {
        if (KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, &timeout) ==
            STATUS_TIMEOUT) {
            IoCancelIrp(irp);
            KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        }
        status = iosb.Status;
    }
    return status == STATUS_SUCCESS && iosb.Information == 0;
}

static void report(const struct vf_rule *rule, PDEVICE_OBJECT device, UCHAR major, const char *what)
{
    struct vf_place place;

    vf_place_of_routine(&place, (const void *)device->DriverObject->MajorFunction[major]);
    vf_report_at(rule, &place, NULL, NULL, "%s was completed with STATUS_SUCCESS", what);
}

static BOOLEAN is_file_system(PDEVICE_OBJECT device)
{
    return device->DeviceType == FILE_DEVICE_DISK_FILE_SYSTEM ||
           device->DeviceType == FILE_DEVICE_CD_ROM_FILE_SYSTEM ||
           device->DeviceType == FILE_DEVICE_NETWORK_FILE_SYSTEM;
}

static void probe(PDEVICE_OBJECT device)
{
    PFILE_OBJECT file;
    HANDLE handle;

    if (io_device_is_exclusive(device) || !NT_SUCCESS(open(device, &file, &handle)))
        return;
    if (unknown_code_succeeds.enabled && succeeds(file, IRP_MJ_DEVICE_CONTROL))
        report(&unknown_code_succeeds, device, IRP_MJ_DEVICE_CONTROL,
               "control code " PROBE_CODE_TEXT ", which the verifier made up,");
    if (unknown_function_succeeds.enabled && !is_file_system(device) &&
        succeeds(file, IRP_MJ_QUERY_QUOTA))
        report(&unknown_function_succeeds, device, IRP_MJ_QUERY_QUOTA,
               "IRP_MJ_QUERY_QUOTA, which only file systems know,");
    ObDereferenceObject(file);
    ZwClose(handle);
}

void vf_irp_probe_driver(PDRIVER_OBJECT driver)
{
    if (!unknown_code_succeeds.enabled && !unknown_function_succeeds.enabled)
        return;
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        probe(device);
}
