/*
 * From a device or file object to what a user calls it: C:, C:\folder\file; and queries of a file
 * by its object, without a handle.
 */
#include "ex/ex.h"
#include "io/io_internal.h"

#define NAME_BYTES 512

static NTSTATUS read_link(WCHAR letter, PUNICODE_STRING target)
{
    WCHAR text[] = L"\\GLOBAL??\\A:";
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    HANDLE handle;
    NTSTATUS status;

    text[10] = letter;
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    status = ZwOpenSymbolicLinkObject(&handle, SYMBOLIC_LINK_QUERY, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwQuerySymbolicLinkObject(handle, target, NULL);
    ZwClose(handle);
    return status;
}

/* The drive letter whose link leads to the device; 0 = none. */
static WCHAR drive_letter(PDEVICE_OBJECT device)
{
    PCUNICODE_STRING full;
    struct {
        OBJECT_NAME_INFORMATION information;
        WCHAR text[128];
    } name;
    WCHAR buffer[NAME_BYTES / sizeof(WCHAR)];
    ULONG length;

    while (io_extension(device)->AttachedTo)
        device = io_extension(device)->AttachedTo;
    if (!NT_SUCCESS(ObQueryNameString(device, &name.information, sizeof(name), &length)))
        return 0;
    full = &name.information.Name;
    for (WCHAR letter = L'A'; full->Length && letter <= L'Z'; letter++) {
        UNICODE_STRING target = {.Buffer = buffer, .MaximumLength = sizeof(buffer)};

        if (NT_SUCCESS(read_link(letter, &target)) && RtlEqualUnicodeString(&target, full, TRUE))
            return letter;
    }
    return 0;
}

/*
 * Replace the name in a file object; NT keeps the old one if there is no memory.
 * @param name    characters
 * @param length  of the name, bytes
 * IRQL: <= APC_LEVEL. Returns STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoReplaceFileObjectName (ntifs.h).
 */
NTSTATUS NTAPI IoReplaceFileObjectName(PFILE_OBJECT file, PWSTR name, USHORT length)
{
    PUNICODE_STRING old = &file->FileName;
    PWSTR buffer = old->Buffer;

    if (length > old->MaximumLength) {
        buffer = ExAllocatePoolWithTag(PagedPool, length, IO_TAG_NAME);
        if (!buffer)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (old->Buffer)
            ExFreePoolWithTag(old->Buffer, 0);
        old->Buffer = buffer;
        old->MaximumLength = length;
    }
    RtlCopyMemory(buffer, name, length);
    old->Length = length;
    return STATUS_SUCCESS;
}
NT_EXPORT(IoReplaceFileObjectName, APC_LEVEL, "Fwu");

/*
 * The DOS name of a volume.
 * @param device  the volume's device object
 * @param name    receives "C:" in paged pool, to be freed with ExFreePool
 * IRQL: PASSIVE_LEVEL. Returns STATUS_OBJECT_NAME_NOT_FOUND for a device without a drive letter,
 * STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoVolumeDeviceToDosName.
 */
NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID device, PUNICODE_STRING name)
{
    WCHAR letter = drive_letter(device);
    PWCH buffer;

    if (!letter)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    buffer = ExAllocatePoolWithTag(PagedPool, 3 * sizeof(WCHAR), IO_TAG_NAME);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    buffer[0] = letter;
    buffer[1] = L':';
    buffer[2] = 0;
    RtlInitUnicodeString(name, buffer);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoVolumeDeviceToDosName, PASSIVE_LEVEL, "pU");
NT_EXPORT_AS(RtlVolumeDeviceToDosName, IoVolumeDeviceToDosName, PASSIVE_LEVEL, "pU");

/*
 * The DOS path of an open file.
 * @param information  receives the name in paged pool, to be freed with ExFreePool
 * IRQL: PASSIVE_LEVEL. Returns STATUS_OBJECT_NAME_NOT_FOUND when its volume has no drive letter.
 * Source: Windows driver documentation, IoQueryFileDosDeviceName.
 */
NTSTATUS NTAPI IoQueryFileDosDeviceName(PFILE_OBJECT file, POBJECT_NAME_INFORMATION *information)
{
    WCHAR letter = drive_letter(file->DeviceObject);
    USHORT length = (USHORT)(2 * sizeof(WCHAR) + file->FileName.Length);
    POBJECT_NAME_INFORMATION result;

    if (!letter)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    result =
        ExAllocatePoolWithTag(PagedPool, sizeof(*result) + length + sizeof(WCHAR), IO_TAG_NAME);
    if (!result)
        return STATUS_INSUFFICIENT_RESOURCES;
    result->Name.Buffer = (PWCH)(result + 1);
    result->Name.Length = length;
    result->Name.MaximumLength = (USHORT)(length + sizeof(WCHAR));
    result->Name.Buffer[0] = letter;
    result->Name.Buffer[1] = L':';
    RtlCopyMemory(result->Name.Buffer + 2, file->FileName.Buffer, file->FileName.Length);
    result->Name.Buffer[length / sizeof(WCHAR)] = 0;
    *information = result;
    return STATUS_SUCCESS;
}
NT_EXPORT(IoQueryFileDosDeviceName, PASSIVE_LEVEL, "Fp");

static NTSTATUS query_object(PFILE_OBJECT file, UCHAR major, ULONG class, ULONG length,
                             PVOID buffer, PULONG returned)
{
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    PIO_STACK_LOCATION location;
    NTSTATUS status;

    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->Tail.Overlay.Thread = ps_current_thread();
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->RequestorMode = KernelMode;
    irp->Flags = IRP_BUFFERED_IO | IRP_SYNCHRONOUS_API;
    irp->AssociatedIrp.SystemBuffer = buffer;
    location = IoGetNextIrpStackLocation(irp);
    location->MajorFunction = major;
    location->FileObject = file;
    location->Parameters.QueryFile.Length = length;
    location->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS) class;
    status = io_call_and_wait(device, irp);
    *returned = (ULONG)irp->IoStatus.Information;
    IoFreeIrp(irp);
    return status;
}

/*
 * Ask a file's driver, as NtQueryInformationFile does, with a file object and a kernel buffer.
 * @param returned  receives the bytes that the driver wrote
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation (ntifs.h), IoQueryFileInformation.
 */
NTSTATUS NTAPI IoQueryFileInformation(PFILE_OBJECT file, FILE_INFORMATION_CLASS class, ULONG length,
                                      PVOID buffer, PULONG returned)
{
    return query_object(file, IRP_MJ_QUERY_INFORMATION, class, length, buffer, returned);
}
NT_EXPORT(IoQueryFileInformation, PASSIVE_LEVEL, "Fuupp");

/* The same for its volume. */
NTSTATUS NTAPI IoQueryVolumeInformation(PFILE_OBJECT file, FS_INFORMATION_CLASS class, ULONG length,
                                        PVOID buffer, PULONG returned)
{
    return query_object(file, IRP_MJ_QUERY_VOLUME_INFORMATION, class, length, buffer, returned);
}
NT_EXPORT(IoQueryVolumeInformation, PASSIVE_LEVEL, "Fuupp");
