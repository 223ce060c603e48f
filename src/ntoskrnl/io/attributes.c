/*
 * Services that take a name instead of a handle: they open, ask and close.
 */
#include "ex/ex.h"
#include "io/io_internal.h"

/* Copies of the caller's attributes and name, which the caller cannot change any more. */
struct captured_name {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
};

static NTSTATUS capture(POBJECT_ATTRIBUTES given, KPROCESSOR_MODE mode, struct captured_name *to)
{
    PWCH buffer;
    NTSTATUS status =
        ex_read_input(&to->attributes, given, sizeof(to->attributes), sizeof(ULONG), mode);

    to->name.Buffer = NULL;
    if (!NT_SUCCESS(status))
        return status;
    if (!to->attributes.ObjectName)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    status =
        ex_read_input(&to->name, to->attributes.ObjectName, sizeof(to->name), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    buffer = ExAllocatePoolWithTag(PagedPool, to->name.Length + sizeof(WCHAR), IO_TAG_NAME);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = ex_read_input(buffer, to->name.Buffer, to->name.Length, sizeof(WCHAR), mode);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(buffer, IO_TAG_NAME);
        return status;
    }
    to->name.Buffer = buffer;
    to->name.MaximumLength = to->name.Length;
    to->attributes.ObjectName = &to->name;
    to->attributes.Attributes |= OBJ_KERNEL_HANDLE;
    to->attributes.SecurityDescriptor = to->attributes.SecurityQualityOfService = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS io_open_for_kernel(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                            ULONG share, ULONG options)
{
    struct captured_name name;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = capture(attributes, ke_previous_mode(), &name);

    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateFile(handle, access | SYNCHRONIZE, &name.attributes, &iosb, NULL, 0, share,
                          FILE_OPEN, options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0,
                          CreateFileTypeNone, NULL, IO_NO_PARAMETER_CHECKING);
    ExFreePoolWithTag(name.name.Buffer, IO_TAG_NAME);
    return status;
}

static NTSTATUS query_by_name(POBJECT_ATTRIBUTES attributes, PVOID information, ULONG length,
                              FILE_INFORMATION_CLASS class)
{
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status = io_open_for_kernel(&handle, FILE_READ_ATTRIBUTES, attributes,
                                         FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                         FILE_OPEN_REPARSE_POINT | FILE_OPEN_FOR_BACKUP_INTENT);

    if (!NT_SUCCESS(status))
        return status;
    status = ZwQueryInformationFile(handle, &iosb, information, length, class);
    ZwClose(handle);
    return status;
}

NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES attributes, PFILE_BASIC_INFORMATION basic);
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES attributes,
                                         PFILE_NETWORK_OPEN_INFORMATION information);
NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES attributes);

/*
 * Times and attributes of a file by its name.
 * IRQL: PASSIVE_LEVEL. Source: Windows documentation, NtQueryAttributesFile.
 */
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES attributes, PFILE_BASIC_INFORMATION basic)
{
    FILE_BASIC_INFORMATION information;
    NTSTATUS status =
        query_by_name(attributes, &information, sizeof(information), FileBasicInformation);

    if (!NT_SUCCESS(status))
        return status;
    return ex_write_output(basic, &information, sizeof(information), ke_previous_mode());
}
NT_SERVICE(QueryAttributesFile, 2, PASSIVE_LEVEL, "pp");

/*
 * The same with sizes.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, ZwQueryFullAttributesFile.
 */
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES attributes,
                                         PFILE_NETWORK_OPEN_INFORMATION network)
{
    FILE_NETWORK_OPEN_INFORMATION information;
    NTSTATUS status =
        query_by_name(attributes, &information, sizeof(information), FileNetworkOpenInformation);

    if (!NT_SUCCESS(status))
        return status;
    return ex_write_output(network, &information, sizeof(information), ke_previous_mode());
}
NT_SERVICE(QueryFullAttributesFile, 2, PASSIVE_LEVEL, "pp");

/*
 * Delete a file: it goes when the last handle to it is closed.
 * IRQL: PASSIVE_LEVEL. Returns what opening it for DELETE returns; STATUS_CANNOT_DELETE.
 * Source: Windows driver documentation, ZwDeleteFile.
 */
NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES attributes)
{
    FILE_DISPOSITION_INFORMATION disposition = {.DeleteFile = TRUE};
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status = io_open_for_kernel(&handle, DELETE, attributes,
                                         FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                         FILE_OPEN_REPARSE_POINT | FILE_OPEN_FOR_BACKUP_INTENT);

    if (!NT_SUCCESS(status))
        return status;
    status = ZwSetInformationFile(handle, &iosb, &disposition, sizeof(disposition),
                                  FileDispositionInformation);
    ZwClose(handle);
    return status;
}
NT_SERVICE(DeleteFile, 1, PASSIVE_LEVEL, "p");
