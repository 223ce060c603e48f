/*
 * The parts that system services share: arguments in the caller's memory, new handles, answers of
 * fixed size.
 */
#include "ex/ex_internal.h"

NTSTATUS ex_probe_output(PVOID destination, SIZE_T size, ULONG alignment, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(destination, size, alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS ex_write_output(PVOID destination, const void *source, SIZE_T size, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode) {
        RtlCopyMemory(destination, source, size);
        return STATUS_SUCCESS;
    }
    __try {
        ProbeForWrite(destination, size, 1);
        RtlCopyMemory(destination, source, size);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS ex_read_input(void *destination, const void *source, SIZE_T size, ULONG alignment,
                       KPROCESSOR_MODE mode)
{
    if (mode == KernelMode) {
        RtlCopyMemory(destination, source, size);
        return STATUS_SUCCESS;
    }
    __try {
        ProbeForRead(source, size, alignment);
        RtlCopyMemory(destination, source, size);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS ex_capture_string(PUNICODE_STRING captured, PCUNICODE_STRING source, KPROCESSOR_MODE mode)
{
    UNICODE_STRING header;
    NTSTATUS status = ex_read_input(&header, source, sizeof(header), sizeof(ULONG), mode);

    captured->Buffer = NULL;
    captured->Length = captured->MaximumLength = 0;
    if (!NT_SUCCESS(status) || header.Length == 0)
        return status;
    captured->Buffer =
        ExAllocatePoolWithTag(PagedPool, header.Length + sizeof(WCHAR), EX_TAG_STRING);
    if (!captured->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = ex_read_input(captured->Buffer, header.Buffer, header.Length, sizeof(WCHAR), mode);
    if (!NT_SUCCESS(status)) {
        ExFreePool(captured->Buffer);
        captured->Buffer = NULL;
        return status;
    }
    captured->Length = header.Length;
    captured->MaximumLength = (USHORT)(header.Length + sizeof(WCHAR));
    captured->Buffer[header.Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS ex_object_publish(PVOID object, ACCESS_MASK access, PHANDLE handle, KPROCESSOR_MODE mode)
{
    HANDLE created;
    NTSTATUS status = ObInsertObject(object, NULL, access, 0, NULL, &created);
    NTSTATUS written;

    if (!NT_SUCCESS(status))
        return status;
    written = ex_write_output(handle, &created, sizeof(created), mode);
    return NT_SUCCESS(written) ? status : written;
}

NTSTATUS ex_object_open(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                        POBJECT_TYPE type)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    HANDLE opened;
    NTSTATUS status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), mode);

    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByName(attributes, type, mode, NULL, access, NULL, &opened);
    if (!NT_SUCCESS(status))
        return status;
    return ex_write_output(handle, &opened, sizeof(opened), mode);
}

NTSTATUS ex_answer(PVOID buffer, ULONG length, PULONG return_length, const void *answer, ULONG size,
                   KPROCESSOR_MODE mode)
{
    NTSTATUS status;

    if (length != size)
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ex_write_output(buffer, answer, size, mode);
    if (NT_SUCCESS(status) && return_length)
        status = ex_write_output(return_length, &size, sizeof(size), mode);
    return status;
}

NTSTATUS ex_capture_timeout(PLARGE_INTEGER *timeout, PLARGE_INTEGER storage, PLARGE_INTEGER source,
                            KPROCESSOR_MODE mode)
{
    NTSTATUS status;

    *timeout = NULL;
    if (!source)
        return STATUS_SUCCESS;
    status = ex_read_input(storage, source, sizeof(*storage), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        *timeout = storage;
    return status;
}
