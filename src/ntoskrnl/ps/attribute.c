/*
 * PS_ATTRIBUTE_LIST: what the caller of NtCreateThreadEx or NtCreateUserProcess says beside the
 * arguments, and what it wants to know.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

#define MAXIMUM_ATTRIBUTES 32
#define MAXIMUM_INHERITED 4096

/* The number is the low part; the rest says whom it concerns and in which direction it goes. */
enum attribute_number {
    ATTRIBUTE_PARENT_PROCESS = 0x60000,
    ATTRIBUTE_CLIENT_ID = 0x10003,
    ATTRIBUTE_TEB_ADDRESS = 0x10004,
    ATTRIBUTE_IMAGE_NAME = 0x20005,
    ATTRIBUTE_MEMORY_RESERVE = 0x20007,
    ATTRIBUTE_PRIORITY_CLASS = 0x20008,
    ATTRIBUTE_ERROR_MODE = 0x20009,
    ATTRIBUTE_STANDARD_HANDLES = 0x2000A, /* they are always copied: start.c */
    ATTRIBUTE_HANDLE_LIST = 0x2000B,
    ATTRIBUTE_PREFERRED_NODE = 0x2000D,
    ATTRIBUTE_IDEAL_PROCESSOR = 0x3000E,
    ATTRIBUTE_MITIGATION_OPTIONS = 0x20010,
    ATTRIBUTE_LAST_NUMBER = 0x20, /* numbers that some Windows has */
};

#define ATTRIBUTE_NUMBER_MASK 0xFFFF

struct attribute {
    ULONG_PTR Attribute;
    SIZE_T Size;
    union {
        ULONG_PTR Value;
        PVOID ValuePtr;
    };
    PSIZE_T ReturnLength;
};

static NTSTATUS capture_image_name(const struct attribute *attribute,
                                   struct ps_attributes *attributes)
{
    UNICODE_STRING name = {.Length = (USHORT)attribute->Size,
                           .MaximumLength = (USHORT)attribute->Size,
                           .Buffer = attribute->ValuePtr};

    if (attribute->Size == 0 || attribute->Size > MAXUSHORT - 2 || attribute->Size % 2)
        return STATUS_OBJECT_NAME_INVALID;
    if (attributes->image_name.Buffer)
        return STATUS_INVALID_PARAMETER;
    /* The header of the string is ours, its text the caller's. */
    attributes->image_name.Buffer =
        ExAllocatePoolWithTag(PagedPool, name.Length + sizeof(WCHAR), PS_TAG);
    if (!attributes->image_name.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    attributes->image_name.Length = name.Length;
    attributes->image_name.MaximumLength = (USHORT)(name.Length + sizeof(WCHAR));
    attributes->image_name.Buffer[name.Length / sizeof(WCHAR)] = 0;
    return ex_read_input(attributes->image_name.Buffer, name.Buffer, name.Length, sizeof(WCHAR),
                         ke_previous_mode());
}

static NTSTATUS capture_output(const struct attribute *attribute, SIZE_T size, PVOID *output)
{
    if (attribute->Size < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    *output = attribute->ValuePtr;
    return ex_probe_output(attribute->ValuePtr, size, sizeof(ULONG), ke_previous_mode());
}

static NTSTATUS capture_priority_class(const struct attribute *attribute, UCHAR *value)
{
    NTSTATUS status;

    if (attribute->Size < sizeof(*value))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ex_read_input(value, attribute->ValuePtr, sizeof(*value), 1, ke_previous_mode());
    if (NT_SUCCESS(status) && (*value == 0 || *value > PS_PRIORITY_CLASS_LAST))
        return STATUS_INVALID_PARAMETER;
    return status;
}

static NTSTATUS capture_handle_list(const struct attribute *attribute,
                                    struct ps_attributes *attributes)
{
    ULONG count = (ULONG)(attribute->Size / sizeof(HANDLE));

    if (attributes->handle_list || attribute->Size == 0 || attribute->Size % sizeof(HANDLE) ||
        count > MAXIMUM_INHERITED)
        return STATUS_INVALID_PARAMETER;
    attributes->handle_list = ExAllocatePoolWithTag(PagedPool, attribute->Size, PS_TAG);
    if (!attributes->handle_list)
        return STATUS_INSUFFICIENT_RESOURCES;
    attributes->handle_count = count;
    return ex_read_input(attributes->handle_list, attribute->ValuePtr, attribute->Size,
                         sizeof(HANDLE), ke_previous_mode());
}

static NTSTATUS capture_one(const struct attribute *attribute, struct ps_attributes *attributes)
{
    switch (attribute->Attribute) {
    case ATTRIBUTE_PARENT_PROCESS:
        if (attributes->parent)
            return STATUS_INVALID_PARAMETER;
        return ps_reference_process((HANDLE)attribute->Value, PROCESS_CREATE_PROCESS,
                                    &attributes->parent);
    case ATTRIBUTE_CLIENT_ID:
        return capture_output(attribute, sizeof(CLIENT_ID), (PVOID *)&attributes->client_id);
    case ATTRIBUTE_TEB_ADDRESS:
        return capture_output(attribute, sizeof(PVOID), (PVOID *)&attributes->teb);
    case ATTRIBUTE_IMAGE_NAME:
        return capture_image_name(attribute, attributes);
    case ATTRIBUTE_PRIORITY_CLASS:
        return capture_priority_class(attribute, &attributes->priority_class);
    case ATTRIBUTE_HANDLE_LIST:
        return capture_handle_list(attribute, attributes);
    case ATTRIBUTE_MEMORY_RESERVE:
    case ATTRIBUTE_ERROR_MODE:
    case ATTRIBUTE_STANDARD_HANDLES:
    case ATTRIBUTE_PREFERRED_NODE:
    case ATTRIBUTE_IDEAL_PROCESSOR:
    case ATTRIBUTE_MITIGATION_OPTIONS:
        return STATUS_SUCCESS; /* hints that change nothing here */
    default:
        return (attribute->Attribute & ATTRIBUTE_NUMBER_MASK) < ATTRIBUTE_LAST_NUMBER
                   ? STATUS_NOT_SUPPORTED
                   : STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS ps_attributes_capture(const void *list, struct ps_attributes *attributes)
{
    const struct attribute *rows = (const struct attribute *)((const SIZE_T *)list + 1);
    struct attribute row;
    SIZE_T bytes;
    NTSTATUS status;

    RtlZeroMemory(attributes, sizeof(*attributes));
    if (!list)
        return STATUS_SUCCESS;
    status = ex_read_input(&bytes, list, sizeof(bytes), sizeof(ULONG_PTR), ke_previous_mode());
    if (!NT_SUCCESS(status))
        return status;
    bytes -= sizeof(bytes);
    if (bytes % sizeof(row) || bytes / sizeof(row) > MAXIMUM_ATTRIBUTES)
        return STATUS_INVALID_PARAMETER;
    for (SIZE_T i = 0; i < bytes / sizeof(row) && NT_SUCCESS(status); i++) {
        status = ex_read_input(&row, &rows[i], sizeof(row), sizeof(ULONG_PTR), ke_previous_mode());
        if (NT_SUCCESS(status))
            status = capture_one(&row, attributes);
    }
    if (!NT_SUCCESS(status))
        ps_attributes_release(attributes);
    return status;
}

/* The addresses were probed; if they are gone since, the caller does not learn it. */
void ps_attributes_report(const struct ps_attributes *attributes, PETHREAD thread)
{
    KPROCESSOR_MODE mode = ke_previous_mode();

    if (attributes->client_id)
        ex_write_output(attributes->client_id, &thread->Cid, sizeof(thread->Cid), mode);
    if (attributes->teb)
        ex_write_output(attributes->teb, &thread->Tcb.Teb, sizeof(thread->Tcb.Teb), mode);
}

void ps_attributes_release(struct ps_attributes *attributes)
{
    if (attributes->image_name.Buffer)
        ExFreePoolWithTag(attributes->image_name.Buffer, PS_TAG);
    if (attributes->handle_list)
        ExFreePoolWithTag(attributes->handle_list, PS_TAG);
    if (attributes->parent)
        ObDereferenceObject(attributes->parent);
    RtlZeroMemory(attributes, sizeof(*attributes));
}
