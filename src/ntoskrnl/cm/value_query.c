/*
 * Reading values: NtQueryValueKey, NtEnumerateValueKey, NtQueryMultipleValueKey.
 */
#include "cm/cm_internal.h"

NTSTATUS NTAPI NtQueryValueKey(HANDLE handle, PUNICODE_STRING name,
                               KEY_VALUE_INFORMATION_CLASS class, PVOID buffer, ULONG length,
                               PULONG result_length);
NTSTATUS NTAPI NtEnumerateValueKey(HANDLE handle, ULONG index, KEY_VALUE_INFORMATION_CLASS class,
                                   PVOID buffer, ULONG length, PULONG result_length);
NTSTATUS NTAPI NtQueryMultipleValueKey(HANDLE handle, PKEY_VALUE_ENTRY entries, ULONG count,
                                       PVOID buffer, PULONG length, PULONG required);

#define MAXIMUM_ENTRIES 0x10000u

static ULONG align_up(ULONG value, ULONG alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

static NTSTATUS reply_basic(const struct cm_value *value, PVOID buffer, ULONG length,
                            PULONG result_length)
{
    KEY_VALUE_BASIC_INFORMATION fixed = {.Type = value->type, .NameLength = value->name.Length};
    const ULONG head = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
    const struct cm_piece pieces[] = {{0, head, &fixed},
                                      {head, value->name.Length, value->name.Buffer}};

    return cm_reply(buffer, length, result_length, head, pieces, ARRAY_COUNT(pieces));
}

static NTSTATUS reply_full(const struct cm_value *value, ULONG alignment, PVOID buffer,
                           ULONG length, PULONG result_length)
{
    const ULONG head = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
    const ULONG data = align_up(head + value->name.Length, alignment);
    KEY_VALUE_FULL_INFORMATION fixed = {.Type = value->type,
                                        .DataOffset = value->size ? data : 0xFFFFFFFF,
                                        .DataLength = value->size,
                                        .NameLength = value->name.Length};
    const struct cm_piece pieces[] = {{0, head, &fixed},
                                      {head, value->name.Length, value->name.Buffer},
                                      {value->size ? data : 0, value->size, value->data}};

    return cm_reply(buffer, length, result_length, head, pieces, ARRAY_COUNT(pieces));
}

static NTSTATUS reply_partial(const struct cm_value *value, PVOID buffer, ULONG length,
                              PULONG result_length)
{
    KEY_VALUE_PARTIAL_INFORMATION fixed = {.Type = value->type, .DataLength = value->size};
    const ULONG head = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    const struct cm_piece pieces[] = {{0, head, &fixed}, {head, value->size, value->data}};

    return cm_reply(buffer, length, result_length, head, pieces, ARRAY_COUNT(pieces));
}

static NTSTATUS reply_partial_aligned(const struct cm_value *value, PVOID buffer, ULONG length,
                                      PULONG result_length)
{
    KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 fixed = {.Type = value->type, .DataLength = value->size};
    const ULONG head = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data);
    const struct cm_piece pieces[] = {{0, head, &fixed}, {head, value->size, value->data}};

    return cm_reply(buffer, length, result_length, head, pieces, ARRAY_COUNT(pieces));
}

static NTSTATUS reply(const struct cm_value *value, KEY_VALUE_INFORMATION_CLASS class, PVOID buffer,
                      ULONG length, PULONG result_length)
{
    switch (class) {
    case KeyValueBasicInformation:
        return reply_basic(value, buffer, length, result_length);
    case KeyValueFullInformation:
        return reply_full(value, sizeof(ULONG), buffer, length, result_length);
    case KeyValueFullInformationAlign64:
        return reply_full(value, sizeof(ULONG64), buffer, length, result_length);
    case KeyValuePartialInformation:
        return reply_partial(value, buffer, length, result_length);
    case KeyValuePartialInformationAlign64:
        return reply_partial_aligned(value, buffer, length, result_length);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS query_value(struct cm_key *key, PUNICODE_STRING name,
                            KEY_VALUE_INFORMATION_CLASS class, PVOID buffer, ULONG length,
                            PULONG result_length)
{
    REG_QUERY_VALUE_KEY_INFORMATION information = {.Object = key,
                                                   .ValueName = name,
                                                   .KeyValueInformationClass = class,
                                                   .KeyValueInformation = buffer,
                                                   .Length = length,
                                                   .ResultLength = result_length};
    struct cm_operation operation;
    NTSTATUS status = CM_OPERATION_BEGIN(&operation, QueryValueKey, information, key);

    if (status == STATUS_SUCCESS && !operation.bypassed) {
        struct cm_value *value = cm_node_value(key->node, name);

        if (key->node->is_deleted)
            status = STATUS_KEY_DELETED;
        else if (!value)
            status = STATUS_OBJECT_NAME_NOT_FOUND;
        else
            status = reply(value, class, buffer, length, result_length);
    }
    return cm_operation_end(&operation, key, status);
}

/*
 * Read a value.
 * @param name           empty = the default value
 * @param class          KeyValueBasicInformation, …Full…, …Partial… or their Align64 kinds
 * @param length         room at `buffer`, bytes
 * @param result_length  receives what the full answer takes
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL when not even the fixed part fits;
 * STATUS_BUFFER_OVERFLOW when not all does; STATUS_OBJECT_NAME_NOT_FOUND; STATUS_KEY_DELETED;
 * STATUS_INVALID_PARAMETER for another class; STATUS_ACCESS_DENIED; what a callback says.
 * Source: Windows driver documentation, ZwQueryValueKey.
 */
NTSTATUS NTAPI NtQueryValueKey(HANDLE handle, PUNICODE_STRING name,
                               KEY_VALUE_INFORMATION_CLASS class, PVOID buffer, ULONG length,
                               PULONG result_length)
{
    struct cm_key *key;
    UNICODE_STRING captured;
    NTSTATUS status = cm_key_reference(handle, KEY_QUERY_VALUE, &key);

    if (!NT_SUCCESS(status))
        return status;
    status = ex_capture_string(&captured, name, ke_previous_mode());
    if (NT_SUCCESS(status)) {
        while (captured.Length && captured.Buffer[captured.Length / sizeof(WCHAR) - 1] == 0)
            captured.Length -= sizeof(WCHAR);
        status = query_value(key, &captured, class, buffer, length, result_length);
        if (captured.Buffer)
            ExFreePool(captured.Buffer);
    }
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(QueryValueKey, 6, PASSIVE_LEVEL, "hUupup");

/*
 * Read the value with a number, counted from 0 in order of creation.
 * IRQL: PASSIVE_LEVEL. Returns as NtQueryValueKey; STATUS_NO_MORE_ENTRIES beyond the last value.
 * Source: Windows driver documentation, ZwEnumerateValueKey.
 */
NTSTATUS NTAPI NtEnumerateValueKey(HANDLE handle, ULONG index, KEY_VALUE_INFORMATION_CLASS class,
                                   PVOID buffer, ULONG length, PULONG result_length)
{
    REG_ENUMERATE_VALUE_KEY_INFORMATION information = {.Index = index,
                                                       .KeyValueInformationClass = class,
                                                       .KeyValueInformation = buffer,
                                                       .Length = length,
                                                       .ResultLength = result_length};
    struct cm_operation operation;
    struct cm_key *key;
    NTSTATUS status = cm_key_reference(handle, KEY_QUERY_VALUE, &key);

    if (!NT_SUCCESS(status))
        return status;
    information.Object = key;
    status = CM_OPERATION_BEGIN(&operation, EnumerateValueKey, information, key);
    if (status == STATUS_SUCCESS && !operation.bypassed) {
        struct cm_value *value = cm_node_value_at(key->node, index);

        if (key->node->is_deleted)
            status = STATUS_KEY_DELETED;
        else if (!value)
            status = STATUS_NO_MORE_ENTRIES;
        else
            status = reply(value, class, buffer, length, result_length);
    }
    status = cm_operation_end(&operation, key, status);
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(EnumerateValueKey, 6, PASSIVE_LEVEL, "huupup");

/* Several values into one buffer, each aligned to 4 bytes. */
struct multiple {
    struct cm_key *key;
    PKEY_VALUE_ENTRY entries; /* the caller's */
    UCHAR *buffer;
    ULONG room;
    ULONG used;     /* what has been written */
    ULONG required; /* what all take */
};

static NTSTATUS query_entry(struct multiple *multiple, ULONG index)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    KEY_VALUE_ENTRY entry;
    UNICODE_STRING name;
    const struct cm_value *value;
    NTSTATUS status =
        ex_read_input(&entry, &multiple->entries[index], sizeof(entry), sizeof(ULONG), mode);

    if (NT_SUCCESS(status))
        status = ex_capture_string(&name, entry.ValueName, mode);
    if (!NT_SUCCESS(status))
        return status;
    value = cm_node_value(multiple->key->node, &name);
    if (name.Buffer)
        ExFreePool(name.Buffer);
    if (!value)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    entry.DataOffset = multiple->required = align_up(multiple->required, sizeof(ULONG));
    entry.DataLength = value->size;
    entry.Type = value->type;
    multiple->required += value->size;
    if (multiple->required > multiple->room)
        return STATUS_SUCCESS;
    multiple->used = multiple->required;
    status = ex_write_output(multiple->buffer + entry.DataOffset, value->data, value->size, mode);
    if (NT_SUCCESS(status))
        status = ex_write_output(&multiple->entries[index], &entry, sizeof(entry), mode);
    return status;
}

static NTSTATUS query_multiple(struct multiple *multiple, ULONG count, PULONG length,
                               PULONG required)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    NTSTATUS status = ex_read_input(&multiple->room, length, sizeof(ULONG), sizeof(ULONG), mode);

    if (multiple->key->node->is_deleted)
        return STATUS_KEY_DELETED;
    for (ULONG i = 0; NT_SUCCESS(status) && i < count; i++)
        status = query_entry(multiple, i);
    if (!NT_SUCCESS(status))
        return status;
    status = ex_write_output(length, &multiple->used, sizeof(ULONG), mode);
    if (NT_SUCCESS(status) && required)
        status = ex_write_output(required, &multiple->required, sizeof(ULONG), mode);
    if (NT_SUCCESS(status) && multiple->required > multiple->room)
        status = STATUS_BUFFER_OVERFLOW;
    return status;
}

/*
 * Read several values of a key.
 * @param entries   ValueName of each is given; DataOffset, DataLength and Type are filled
 * @param buffer    receives the data
 * @param length    in: room at `buffer`; out: bytes written
 * @param required  NULL or receives what all data take
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW;
 * STATUS_OBJECT_NAME_NOT_FOUND; STATUS_INSUFFICIENT_RESOURCES for more than 65536 entries; what a
 * callback says. Source: Win32 documentation, RegQueryMultipleValues.
 */
NTSTATUS NTAPI NtQueryMultipleValueKey(HANDLE handle, PKEY_VALUE_ENTRY entries, ULONG count,
                                       PVOID buffer, PULONG length, PULONG required)
{
    REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION information = {.ValueEntries = entries,
                                                            .EntryCount = count,
                                                            .ValueBuffer = buffer,
                                                            .BufferLength = length,
                                                            .RequiredBufferLength = required};
    struct multiple multiple = {.entries = entries, .buffer = buffer};
    struct cm_operation operation;
    NTSTATUS status;

    if (count > MAXIMUM_ENTRIES)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = cm_key_reference(handle, KEY_QUERY_VALUE, &multiple.key);
    if (!NT_SUCCESS(status))
        return status;
    information.Object = multiple.key;
    status = CM_OPERATION_BEGIN(&operation, QueryMultipleValueKey, information, multiple.key);
    if (status == STATUS_SUCCESS && !operation.bypassed)
        status = query_multiple(&multiple, count, length, required);
    status = cm_operation_end(&operation, multiple.key, status);
    ObDereferenceObject(multiple.key);
    return status;
}
NT_SERVICE(QueryMultipleValueKey, 6, PASSIVE_LEVEL, "hpuppp");
