/*
 * NtQueryVolumeInformationFile and NtSetVolumeInformationFile.
 */
#include "ex/ex.h"
#include "io/io_internal.h"

struct volume_rule {
    ULONG class;
    ULONG length;
    ACCESS_MASK access;
};

static const struct volume_rule query_rules[] = {
    {FileFsVolumeInformation, sizeof(FILE_FS_VOLUME_INFORMATION), 0},
    {FileFsSizeInformation, sizeof(FILE_FS_SIZE_INFORMATION), 0},
    {FileFsDeviceInformation, sizeof(FILE_FS_DEVICE_INFORMATION), 0},
    {FileFsAttributeInformation, sizeof(FILE_FS_ATTRIBUTE_INFORMATION), 0},
    {FileFsControlInformation, sizeof(FILE_FS_CONTROL_INFORMATION), FILE_READ_DATA},
    {FileFsFullSizeInformation, sizeof(FILE_FS_FULL_SIZE_INFORMATION), 0},
    {FileFsObjectIdInformation, sizeof(FILE_FS_OBJECTID_INFORMATION), 0},
};

static const struct volume_rule set_rules[] = {
    {FileFsLabelInformation, sizeof(FILE_FS_LABEL_INFORMATION), FILE_WRITE_DATA},
    {FileFsControlInformation, sizeof(FILE_FS_CONTROL_INFORMATION), FILE_WRITE_DATA},
    {FileFsObjectIdInformation, sizeof(FILE_FS_OBJECTID_INFORMATION), FILE_WRITE_DATA},
};

static NTSTATUS check(const struct volume_rule *rules, ULONG count, ULONG class, ULONG length,
                      ACCESS_MASK *access)
{
    for (ULONG i = 0; i < count; i++) {
        if (rules[i].class != class)
            continue;
        *access = rules[i].access;
        return length >= rules[i].length ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
    }
    return STATUS_INVALID_INFO_CLASS;
}

/* What kind of device a handle leads to is known without asking its driver. */
static NTSTATUS answer_device(struct io_request *request, PVOID buffer, PIO_STATUS_BLOCK results)
{
    PDEVICE_OBJECT device = request->file->DeviceObject;
    FILE_FS_DEVICE_INFORMATION information = {.DeviceType = device->DeviceType,
                                              .Characteristics = device->Characteristics};

    io_request_abandon(request);
    results->Information = sizeof(information);
    return ex_write_output(buffer, &information, sizeof(information), request->mode);
}

static NTSTATUS ask_driver(struct io_request *request, UCHAR major, PVOID buffer, ULONG length,
                           ULONG class, PIO_STATUS_BLOCK results)
{
    BOOLEAN set = major == IRP_MJ_SET_VOLUME_INFORMATION;
    PIO_STACK_LOCATION location;
    NTSTATUS status;
    PIRP irp;

    io_request_results(request, results);
    irp = io_request_irp(request, major);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = io_prepare_buffer(irp, DO_BUFFERED_IO, buffer, length, set, request->mode);
    if (!NT_SUCCESS(status)) {
        io_request_discard_irp(irp);
        io_request_abandon(request);
        return status;
    }
    if (!set)
        RtlZeroMemory(irp->AssociatedIrp.SystemBuffer, length);
    location = IoGetNextIrpStackLocation(irp);
    location->Parameters.QueryVolume.Length = length;
    location->Parameters.QueryVolume.FsInformationClass = (FS_INFORMATION_CLASS) class;
    return io_request_send_and_wait(request, irp);
}

static NTSTATUS finish(PIO_STATUS_BLOCK iosb, IO_STATUS_BLOCK *results, NTSTATUS status)
{
    results->Status = status;
    if (NT_ERROR(status))
        return status;
    return NT_SUCCESS(ex_write_output(iosb, results, sizeof(*results), ke_previous_mode()))
               ? status
               : STATUS_ACCESS_VIOLATION;
}

/*
 * Query the volume or device of a handle.
 * @param length  of the buffer, bytes
 * Returns STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_BUFFER_OVERFLOW when a
 * text was cut. FileFsDeviceInformation works for every device.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, ZwQueryVolumeInformationFile.
 */
NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                            ULONG length, FS_INFORMATION_CLASS class)
{
    struct io_request request;
    IO_STATUS_BLOCK results = {.Status = STATUS_SUCCESS};
    ACCESS_MASK access;
    NTSTATUS status = check(query_rules, ARRAY_COUNT(query_rules), class, length, &access);

    if (NT_SUCCESS(status))
        status = io_request_open(&request, handle, access, NULL, NULL, NULL, iosb);
    if (!NT_SUCCESS(status))
        return status;
    if (class == FileFsDeviceInformation)
        status = answer_device(&request, buffer, &results);
    else
        status =
            ask_driver(&request, IRP_MJ_QUERY_VOLUME_INFORMATION, buffer, length, class, &results);
    return finish(iosb, &results, status);
}
NT_SERVICE(QueryVolumeInformationFile, 5, PASSIVE_LEVEL, "hppuu");

/*
 * Change a volume: its label and the like.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, ZwSetVolumeInformationFile.
 */
NTSTATUS NTAPI NtSetVolumeInformationFile(HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                          ULONG length, FS_INFORMATION_CLASS class)
{
    struct io_request request;
    IO_STATUS_BLOCK results = {.Status = STATUS_SUCCESS};
    ACCESS_MASK access;
    NTSTATUS status = check(set_rules, ARRAY_COUNT(set_rules), class, length, &access);

    if (NT_SUCCESS(status))
        status = io_request_open(&request, handle, access, NULL, NULL, NULL, iosb);
    if (!NT_SUCCESS(status))
        return status;
    status = ask_driver(&request, IRP_MJ_SET_VOLUME_INFORMATION, buffer, length, class, &results);
    return finish(iosb, &results, status);
}
NT_SERVICE(SetVolumeInformationFile, 5, PASSIVE_LEVEL, "hppuu");
