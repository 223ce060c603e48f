/*
 * Changing values: NtSetValueKey and NtDeleteValueKey.
 */
#include "cm/cm_internal.h"

NTSTATUS NTAPI NtSetValueKey(HANDLE handle, PUNICODE_STRING name, ULONG title, ULONG type,
                             PVOID data, ULONG size);
NTSTATUS NTAPI NtDeleteValueKey(HANDLE handle, PUNICODE_STRING name);

#define MAXIMUM_DATA 0x7FFFFFFFu

/* A value's name, which may be empty: the default value. */
static NTSTATUS capture_name(PUNICODE_STRING name, PCUNICODE_STRING source)
{
    NTSTATUS status = ex_capture_string(name, source, ke_previous_mode());

    if (!NT_SUCCESS(status))
        return status;
    if (name->Length & 1 || name->Length > CM_VALUE_NAME_BYTES)
        status = STATUS_INVALID_PARAMETER;
    /* Some callers count the terminating NUL in; the name ends before it. */
    while (name->Length && name->Buffer[name->Length / sizeof(WCHAR) - 1] == 0)
        name->Length -= sizeof(WCHAR);
    if (!NT_SUCCESS(status))
        ExFreePool(name->Buffer);
    return status;
}

static void release_name(PUNICODE_STRING name)
{
    if (name->Buffer)
        ExFreePool(name->Buffer);
}

static NTSTATUS capture_data(PVOID *data, const void *source, ULONG size)
{
    NTSTATUS status;

    *data = NULL;
    if (size == 0)
        return STATUS_SUCCESS;
    *data = ExAllocatePoolWithTag(PagedPool, size, CM_TAG_VALUE);
    if (!*data)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = ex_read_input(*data, source, size, 1, ke_previous_mode());
    if (!NT_SUCCESS(status))
        ExFreePoolWithTag(*data, CM_TAG_VALUE);
    return status;
}

static BOOLEAN is_link_value(PCUNICODE_STRING name, ULONG type)
{
    static const UNICODE_STRING link = RTL_CONSTANT_STRING(L"SymbolicLinkValue");

    return type == REG_LINK && RtlEqualUnicodeString(name, &link, TRUE);
}

static NTSTATUS set_value(struct cm_key *key, PUNICODE_STRING name, ULONG type, PVOID data,
                          ULONG size)
{
    REG_SET_VALUE_KEY_INFORMATION information = {
        .Object = key, .ValueName = name, .Type = type, .Data = data, .DataSize = size};
    struct cm_operation operation;
    NTSTATUS status = CM_OPERATION_BEGIN(&operation, SetValueKey, information, key);

    if (status == STATUS_SUCCESS && !operation.bypassed) {
        if (key->node->is_deleted)
            status = STATUS_KEY_DELETED;
        else if (key->node->is_link && !is_link_value(name, type))
            status = STATUS_ACCESS_DENIED; /* a link key has no other value */
        else
            status = cm_node_set_value(key->node, name, type, data, size);
        if (NT_SUCCESS(status))
            cm_notify_change(key->node, REG_NOTIFY_CHANGE_LAST_SET);
    }
    return cm_operation_end(&operation, key, status);
}

/*
 * Create or replace a value.
 * @param name   empty or NULL buffer = the default value
 * @param title  ignored
 * @param type   REG_SZ, REG_DWORD …; any number is kept
 * @param size   of the data, bytes
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_ACCESS_DENIED; STATUS_KEY_DELETED; STATUS_INVALID_PARAMETER for a
 * name of more than 16383 characters; STATUS_INSUFFICIENT_RESOURCES; what a callback says.
 * Source: Windows driver documentation, ZwSetValueKey.
 */
NTSTATUS NTAPI NtSetValueKey(HANDLE handle, PUNICODE_STRING name, ULONG title, ULONG type,
                             PVOID data, ULONG size)
{
    struct cm_key *key;
    UNICODE_STRING captured_name;
    PVOID captured_data;
    NTSTATUS status;

    (void)title;
    if (size > MAXIMUM_DATA)
        return STATUS_INVALID_PARAMETER;
    status = cm_key_reference(handle, KEY_SET_VALUE, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = capture_name(&captured_name, name);
    if (NT_SUCCESS(status)) {
        status = capture_data(&captured_data, data, size);
        if (NT_SUCCESS(status)) {
            status = set_value(key, &captured_name, type, captured_data, size);
            if (captured_data)
                ExFreePoolWithTag(captured_data, CM_TAG_VALUE);
        }
        release_name(&captured_name);
    }
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(SetValueKey, 6, PASSIVE_LEVEL, "hUuupu");

static NTSTATUS delete_value(struct cm_key *key, PUNICODE_STRING name)
{
    REG_DELETE_VALUE_KEY_INFORMATION information = {.Object = key, .ValueName = name};
    struct cm_operation operation;
    NTSTATUS status = CM_OPERATION_BEGIN(&operation, DeleteValueKey, information, key);

    if (status == STATUS_SUCCESS && !operation.bypassed) {
        struct cm_value *value = cm_node_value(key->node, name);

        if (key->node->is_deleted) {
            status = STATUS_KEY_DELETED;
        } else if (!value) {
            status = STATUS_OBJECT_NAME_NOT_FOUND;
        } else {
            cm_node_delete_value(key->node, value);
            cm_notify_change(key->node, REG_NOTIFY_CHANGE_LAST_SET);
        }
    }
    return cm_operation_end(&operation, key, status);
}

/*
 * Delete a value.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND; STATUS_ACCESS_DENIED;
 * STATUS_KEY_DELETED; STATUS_INVALID_HANDLE; what a callback says.
 * Source: Windows driver documentation, ZwDeleteValueKey.
 */
NTSTATUS NTAPI NtDeleteValueKey(HANDLE handle, PUNICODE_STRING name)
{
    struct cm_key *key;
    UNICODE_STRING captured;
    NTSTATUS status = cm_key_reference(handle, KEY_SET_VALUE, &key);

    if (!NT_SUCCESS(status))
        return status;
    status = capture_name(&captured, name);
    if (NT_SUCCESS(status)) {
        status = delete_value(key, &captured);
        release_name(&captured);
    }
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(DeleteValueKey, 2, PASSIVE_LEVEL, "hU");
