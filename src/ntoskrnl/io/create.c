/*
 * Opening: NtCreateFile, NtOpenFile and their kernel callers. Options are validated and the name
 * captured here; the object manager then walks to the device, whose parse procedure (file.c) asks
 * the driver.
 */
#include "io/io_internal.h"

#define VALID_OPTIONS 0x00FFFFFFu

static NTSTATUS check_options(const struct io_open *open)
{
    ULONG synchronous = open->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);

    if (open->options & ~VALID_OPTIONS || open->disposition > FILE_MAXIMUM_DISPOSITION)
        return STATUS_INVALID_PARAMETER;
    if (synchronous && !(open->access & SYNCHRONIZE))
        return STATUS_INVALID_PARAMETER;
    if (synchronous == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT))
        return STATUS_INVALID_PARAMETER;
    if (open->options & FILE_DIRECTORY_FILE && open->options & FILE_NON_DIRECTORY_FILE)
        return STATUS_INVALID_PARAMETER;
    if (open->options & FILE_DIRECTORY_FILE && open->disposition != FILE_OPEN &&
        open->disposition != FILE_CREATE && open->disposition != FILE_OPEN_IF)
        return STATUS_INVALID_PARAMETER;
    if (open->options & FILE_DELETE_ON_CLOSE && !(open->access & DELETE))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static NTSTATUS capture_ea(struct io_open *open, PVOID ea, ULONG length, KPROCESSOR_MODE mode)
{
    if (!ea || length == 0)
        return STATUS_SUCCESS;
    open->ea = ExAllocatePoolWithTag(NonPagedPool, length, IO_TAG_BUFFER);
    if (!open->ea)
        return STATUS_INSUFFICIENT_RESOURCES;
    open->ea_length = length;
    __try {
        if (mode == UserMode)
            ProbeForRead(ea, length, sizeof(ULONG));
        RtlCopyMemory(open->ea, ea, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ExFreePoolWithTag(open->ea, IO_TAG_BUFFER);
        open->ea = NULL;
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS probe_results(PHANDLE handle, PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode)
{
    if (mode != UserMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(handle, sizeof(*handle), sizeof(ULONG));
        ProbeForWrite(iosb, sizeof(*iosb), sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS store_results(PHANDLE handle, HANDLE value, PIO_STATUS_BLOCK iosb,
                              const IO_STATUS_BLOCK *result)
{
    __try {
        *handle = value;
        *iosb = *result;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS create_file(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                            PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation, ULONG file_attributes,
                            ULONG share, ULONG disposition, ULONG create_options, PVOID ea,
                            ULONG ea_length, ULONG options, PDEVICE_OBJECT hint,
                            PNAMED_PIPE_CREATE_PARAMETERS pipe)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct io_open open = {.options = create_options,
                           .disposition = disposition,
                           .attributes = file_attributes,
                           .share = (USHORT)share,
                           .access = access,
                           .hint = hint,
                           .pipe = pipe,
                           .target_directory = (options & IO_OPEN_TARGET_DIRECTORY) != 0,
                           .force_access_check = (options & IO_FORCE_ACCESS_CHECK) != 0};
    HANDLE value = NULL;
    NTSTATUS status;

    RtlMapGenericMask(&open.access, IoGetFileObjectGenericMapping());
    if (options & IO_NO_PARAMETER_CHECKING)
        mode = KernelMode;
    status = probe_results(handle, iosb, mode);
    if (NT_SUCCESS(status))
        status = check_options(&open);
    if (NT_SUCCESS(status))
        status = capture_ea(&open, ea, ea_length, mode);
    if (!NT_SUCCESS(status))
        return status;
    __try {
        if (allocation)
            open.allocation = *allocation;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    if (NT_SUCCESS(status))
        status = ObOpenObjectByName(attributes, NULL, mode, NULL, access, &open, &value);
    if (open.ea)
        ExFreePoolWithTag(open.ea, IO_TAG_BUFFER);
    if (!NT_SUCCESS(status))
        return status;
    if (!open.parsed) { /* the name led to an object that is no device */
        ObCloseHandle(value, mode);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    return store_results(handle, value, iosb, &open.result);
}

/*
 * Open or create a file or device on behalf of anybody.
 * @param extra    NAMED_PIPE_CREATE_PARAMETERS for the type CreateFileTypeNamedPipe
 * @param options  IO_NO_PARAMETER_CHECKING, IO_FORCE_ACCESS_CHECK (NT's IoCreateFile options)
 * IRQL: PASSIVE_LEVEL. Returns STATUS_ACCESS_DENIED when the device's security descriptor does not
 * allow it (device_security.c). Source: Windows driver documentation, IoCreateFile.
 */
NTSTATUS NTAPI IoCreateFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                            PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation, ULONG file_attributes,
                            ULONG share, ULONG disposition, ULONG create_options, PVOID ea,
                            ULONG ea_length, CREATE_FILE_TYPE type, PVOID extra, ULONG options)
{
    return create_file(handle, access, attributes, iosb, allocation, file_attributes, share,
                       disposition, create_options, ea, ea_length, options, NULL,
                       type == CreateFileTypeNamedPipe ? extra : NULL);
}
NT_EXPORT(IoCreateFile, PASSIVE_LEVEL, "pupppuuuupuupu");

NTSTATUS NTAPI IoCreateFileEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                              PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation,
                              ULONG file_attributes, ULONG share, ULONG disposition,
                              ULONG create_options, PVOID ea, ULONG ea_length,
                              CREATE_FILE_TYPE type, PVOID extra, ULONG options,
                              PIO_DRIVER_CREATE_CONTEXT context)
{
    (void)context;
    return IoCreateFile(handle, access, attributes, iosb, allocation, file_attributes, share,
                        disposition, create_options, ea, ea_length, type, extra, options);
}
NT_EXPORT(IoCreateFileEx, PASSIVE_LEVEL, "pupppuuuupuupup");

/*
 * Open a file by sending its requests to a device of the stack other than the top.
 * @param device  a filter's device above the volume, or NULL
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INVALID_DEVICE_OBJECT_PARAMETER when the device is not in
 * the stack that the name leads to.
 * Source: Windows driver documentation, IoCreateFileSpecifyDeviceObjectHint.
 */
NTSTATUS NTAPI IoCreateFileSpecifyDeviceObjectHint(PHANDLE handle, ACCESS_MASK access,
                                                   POBJECT_ATTRIBUTES attributes,
                                                   PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation,
                                                   ULONG file_attributes, ULONG share,
                                                   ULONG disposition, ULONG create_options,
                                                   PVOID ea, ULONG ea_length, CREATE_FILE_TYPE type,
                                                   PVOID extra, ULONG options, PVOID device)
{
    (void)type, (void)extra;
    return create_file(handle, access, attributes, iosb, allocation, file_attributes, share,
                       disposition, create_options, ea, ea_length, options, device, NULL);
}
NT_EXPORT(IoCreateFileSpecifyDeviceObjectHint, PASSIVE_LEVEL, "pupppuuuupuupuD");

/*
 * Open or create a file, device, directory or volume.
 * Source: Windows driver documentation, ZwCreateFile.
 */
NTSTATUS NTAPI NtCreateFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                            PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation, ULONG file_attributes,
                            ULONG share, ULONG disposition, ULONG options, PVOID ea,
                            ULONG ea_length)
{
    return IoCreateFile(handle, access, attributes, iosb, allocation, file_attributes, share,
                        disposition, options, ea, ea_length, CreateFileTypeNone, NULL, 0);
}
NT_SERVICE(CreateFile, 11, PASSIVE_LEVEL, "pupppuuuupu");

/* Open an existing file. Source: Windows driver documentation, ZwOpenFile. */
NTSTATUS NTAPI NtOpenFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                          PIO_STATUS_BLOCK iosb, ULONG share, ULONG options)
{
    return IoCreateFile(handle, access, attributes, iosb, NULL, 0, share, FILE_OPEN, options, NULL,
                        0, CreateFileTypeNone, NULL, 0);
}
NT_SERVICE(OpenFile, 6, PASSIVE_LEVEL, "pupppuu");
