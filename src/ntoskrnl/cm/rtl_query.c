/*
 * RtlQueryRegistryValues: a table that says which values of a key go where. Each value found, and
 * each default of a value that is missing, becomes one or more deliveries: a call of the caller's
 * routine, or with RTL_QUERY_REGISTRY_DIRECT a store to the caller's variable.
 */
#include "cm/cm_internal.h"

NTSTATUS NTAPI RtlQueryRegistryValuesEx(ULONG relative_to, PCWSTR path,
                                        PRTL_QUERY_REGISTRY_TABLE table, PVOID context,
                                        PVOID environment);

#ifndef RTL_QUERY_REGISTRY_TYPECHECK
#define RTL_QUERY_REGISTRY_TYPECHECK 0x00000100
#endif
#ifndef RTL_QUERY_REGISTRY_NOSTRING
#define RTL_QUERY_REGISTRY_NOSTRING 0x00000080
#endif
#define TYPECHECK_SHIFT 24 /* the expected type is in the high byte of DefaultType */
#define EXPANDED_CHARACTERS 1024

/* The walk through the caller's table. */
struct query {
    HANDLE top;
    HANDLE current; /* top, or the subkey that an entry opened */
    PVOID context;  /* of the caller's routines */
};

/* One value on its way to the caller. */
struct delivery {
    PCWSTR name;
    ULONG type;
    const void *data;
    ULONG length; /* bytes */
};

static BOOLEAN is_string(ULONG type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/* To a UNICODE_STRING of the caller; a NULL buffer is allocated. */
static NTSTATUS store_string(const struct delivery *delivery, PUNICODE_STRING target)
{
    const WCHAR *data = delivery->data;
    ULONG length = delivery->length & ~1u;

    if (length && data[length / sizeof(WCHAR) - 1] == 0)
        length -= sizeof(WCHAR);
    length = min(length, (ULONG)(UNICODE_STRING_MAX_BYTES - sizeof(WCHAR)));
    if (!target->Buffer) {
        target->Buffer = ExAllocatePoolWithTag(PagedPool, length + sizeof(WCHAR), 'vqeR');
        if (!target->Buffer)
            return STATUS_NO_MEMORY;
        target->MaximumLength = (USHORT)(length + sizeof(WCHAR));
    } else if (target->MaximumLength < length + sizeof(WCHAR)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlCopyMemory(target->Buffer, data, length);
    target->Buffer[length / sizeof(WCHAR)] = 0;
    target->Length = (USHORT)length;
    return STATUS_SUCCESS;
}

/*
 * To a variable of the caller. Up to four bytes are stored plainly; for more the variable begins
 * with its size: negative = store just the data, positive = store length and type before it.
 */
static NTSTATUS store_binary(const struct delivery *delivery, PVOID target)
{
    LONG *room = target;

    if (delivery->length <= sizeof(ULONG)) {
        RtlCopyMemory(target, delivery->data, delivery->length);
        return STATUS_SUCCESS;
    }
    if (*room < 0) {
        if ((ULONG) - *room < delivery->length)
            return STATUS_BUFFER_TOO_SMALL;
        RtlCopyMemory(target, delivery->data, delivery->length);
        return STATUS_SUCCESS;
    }
    if ((ULONG)*room < 2 * sizeof(ULONG) + delivery->length)
        return STATUS_BUFFER_TOO_SMALL;
    room[0] = (LONG)delivery->length;
    room[1] = (LONG)delivery->type;
    RtlCopyMemory(room + 2, delivery->data, delivery->length);
    return STATUS_SUCCESS;
}

static NTSTATUS store(PRTL_QUERY_REGISTRY_TABLE entry, const struct delivery *delivery,
                      PVOID target)
{
    if (!is_string(delivery->type))
        return store_binary(delivery, target);
    if (entry->Flags & RTL_QUERY_REGISTRY_NOSTRING)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return store_string(delivery, target);
}

static NTSTATUS hand_over(const struct query *query, PRTL_QUERY_REGISTRY_TABLE entry,
                          const struct delivery *delivery, PVOID target)
{
    if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT)
        return store(entry, delivery, target);
    return entry->QueryRoutine((PWSTR)delivery->name, delivery->type, (PVOID)delivery->data,
                               delivery->length, query->context, entry->EntryContext);
}

/* Each string of a REG_MULTI_SZ by itself; with DIRECT into an array of UNICODE_STRINGs. */
static NTSTATUS deliver_multiple(const struct query *query, PRTL_QUERY_REGISTRY_TABLE entry,
                                 const struct delivery *delivery)
{
    const WCHAR *at = delivery->data;
    const WCHAR *end = at + delivery->length / sizeof(WCHAR);
    PUNICODE_STRING target = entry->EntryContext;

    while (at < end && *at) {
        const WCHAR *next = at;
        struct delivery single = {.name = delivery->name, .type = REG_SZ, .data = at};
        NTSTATUS status;

        while (next < end && *next)
            next++;
        if (next < end)
            next++; /* the NUL belongs to the string */
        single.length = (ULONG)((next - at) * sizeof(WCHAR));
        status = hand_over(query, entry, &single, target++);
        if (!NT_SUCCESS(status))
            return status;
        at = next;
    }
    return STATUS_SUCCESS;
}

/* What the kernel knows of the environment. */
static PCWSTR variable(const WCHAR *name, SIZE_T length)
{
    static const struct {
        PCWSTR name, text;
    } variables[] = {
        {L"SystemRoot", L"C:\\Windows"}, {L"windir", L"C:\\Windows"}, {L"SystemDrive", L"C:"}};

    for (ULONG i = 0; i < ARRAY_COUNT(variables); i++)
        if (wcslen(variables[i].name) == length && _wcsnicmp(variables[i].name, name, length) == 0)
            return variables[i].text;
    return NULL;
}

/* Replace %NAME%; what is unknown stays. Returns the characters written with a NUL. */
static ULONG expand(const WCHAR *at, const WCHAR *end, WCHAR *to, ULONG room)
{
    ULONG used = 0;

    while (at < end && *at && used + 1 < room) {
        const WCHAR *close = at + 1;
        PCWSTR text;

        while (*at == L'%' && close < end && *close && *close != L'%')
            close++;
        text = *at == L'%' && close < end && *close == L'%'
                   ? variable(at + 1, (SIZE_T)(close - at - 1))
                   : NULL;
        if (!text) {
            to[used++] = *at++;
            continue;
        }
        while (*text && used + 1 < room)
            to[used++] = *text++;
        at = close + 1;
    }
    to[used++] = 0;
    return used;
}

static NTSTATUS deliver_expanded(const struct query *query, PRTL_QUERY_REGISTRY_TABLE entry,
                                 const struct delivery *delivery)
{
    struct delivery expanded = {.name = delivery->name, .type = REG_SZ};
    ULONG room = delivery->length / sizeof(WCHAR) + EXPANDED_CHARACTERS;
    WCHAR *text = ExAllocatePoolWithTag(PagedPool, room * sizeof(WCHAR), 'vqeR');
    const WCHAR *data = delivery->data;
    NTSTATUS status;

    if (!text)
        return STATUS_NO_MEMORY;
    expanded.length =
        expand(data, data + delivery->length / sizeof(WCHAR), text, room) * sizeof(WCHAR);
    expanded.data = text;
    status = hand_over(query, entry, &expanded, entry->EntryContext);
    ExFreePoolWithTag(text, 'vqeR');
    return status;
}

static NTSTATUS deliver(const struct query *query, PRTL_QUERY_REGISTRY_TABLE entry,
                        const struct delivery *delivery)
{
    if (!(entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND)) {
        if (delivery->type == REG_MULTI_SZ)
            return deliver_multiple(query, entry, delivery);
        if (delivery->type == REG_EXPAND_SZ)
            return deliver_expanded(query, entry, delivery);
    }
    return hand_over(query, entry, delivery, entry->EntryContext);
}

/* The default of a value that is missing. Without a default nothing happens. */
static NTSTATUS deliver_default(const struct query *query, PRTL_QUERY_REGISTRY_TABLE entry)
{
    struct delivery delivery = {.name = entry->Name,
                                .type = entry->DefaultType & ((1u << TYPECHECK_SHIFT) - 1),
                                .data = entry->DefaultData,
                                .length = entry->DefaultLength};
    const WCHAR *text = entry->DefaultData;

    if (delivery.type == REG_NONE)
        return STATUS_SUCCESS;
    if (delivery.length == 0 && text && is_string(delivery.type)) {
        if (delivery.type == REG_MULTI_SZ)
            while (*text)
                text += wcslen(text) + 1;
        else
            text += wcslen(text);
        delivery.length = (ULONG)((text + 1 - (const WCHAR *)entry->DefaultData) * sizeof(WCHAR));
    }
    return deliver(query, entry, &delivery);
}

static NTSTATUS check_type(PRTL_QUERY_REGISTRY_TABLE entry, ULONG type)
{
    ULONG expected = entry->DefaultType >> TYPECHECK_SHIFT;

    if (!(entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) ||
        !(entry->Flags & RTL_QUERY_REGISTRY_DIRECT))
        return STATUS_SUCCESS;
    if (expected == REG_NONE)
        return STATUS_INVALID_PARAMETER;
    return expected == type ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

static NTSTATUS deliver_value(const struct query *query, PRTL_QUERY_REGISTRY_TABLE entry,
                              PCWSTR name, KEY_VALUE_FULL_INFORMATION *value)
{
    struct delivery delivery = {.name = name,
                                .type = value->Type,
                                .data = (UCHAR *)value + value->DataOffset,
                                .length = value->DataLength};
    NTSTATUS status = check_type(entry, value->Type);

    if (!NT_SUCCESS(status))
        return status;
    if (value->DataLength == 0) {
        if (value->Type == (entry->DefaultType & ((1u << TYPECHECK_SHIFT) - 1)))
            return deliver_default(query, entry);
        delivery.data = L"";
    }
    return deliver(query, entry, &delivery);
}

/* A value's full information, by name, or by index when name is NULL. Freed by the caller. */
static NTSTATUS read_value(HANDLE key, PUNICODE_STRING name, ULONG index,
                           KEY_VALUE_FULL_INFORMATION **value)
{
    ULONG length = 128;
    NTSTATUS status;

    do {
        *value = ExAllocatePoolWithTag(PagedPool, length, 'vqeR');
        if (!*value)
            return STATUS_NO_MEMORY;
        if (name)
            status = ZwQueryValueKey(key, name, KeyValueFullInformation, *value, length, &length);
        else
            status =
                ZwEnumerateValueKey(key, index, KeyValueFullInformation, *value, length, &length);
        if (!NT_SUCCESS(status))
            ExFreePoolWithTag(*value, 'vqeR');
    } while (status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL);
    return status;
}

static NTSTATUS query_named(const struct query *query, PRTL_QUERY_REGISTRY_TABLE entry)
{
    KEY_VALUE_FULL_INFORMATION *value;
    UNICODE_STRING name;
    NTSTATUS status;

    RtlInitUnicodeString(&name, entry->Name);
    status = read_value(query->current, &name, 0, &value);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return entry->Flags & RTL_QUERY_REGISTRY_REQUIRED ? status : deliver_default(query, entry);
    if (!NT_SUCCESS(status))
        return status;
    status = deliver_value(query, entry, entry->Name, value);
    ExFreePoolWithTag(value, 'vqeR');
    if (NT_SUCCESS(status) && entry->Flags & RTL_QUERY_REGISTRY_DELETE)
        ZwDeleteValueKey(query->current, &name);
    return status;
}

/* The name of an enumerated value as a string with a NUL, which the answer has no room for. */
static PWSTR copy_name(const KEY_VALUE_FULL_INFORMATION *value)
{
    PWSTR name = ExAllocatePoolWithTag(PagedPool, value->NameLength + sizeof(WCHAR), 'vqeR');

    if (name) {
        RtlCopyMemory(name, value->Name, value->NameLength);
        name[value->NameLength / sizeof(WCHAR)] = 0;
    }
    return name;
}

/* Every value of the current key. */
static NTSTATUS query_all(const struct query *query, PRTL_QUERY_REGISTRY_TABLE entry)
{
    KEY_VALUE_FULL_INFORMATION *value;
    ULONG index = 0;
    NTSTATUS status;

    while (NT_SUCCESS(status = read_value(query->current, NULL, index, &value))) {
        PWSTR name = copy_name(value);
        UNICODE_STRING string;

        RtlInitUnicodeString(&string, name);
        status = name ? deliver_value(query, entry, name, value) : STATUS_NO_MEMORY;
        if (NT_SUCCESS(status) && entry->Flags & RTL_QUERY_REGISTRY_DELETE)
            ZwDeleteValueKey(query->current, &string);
        else
            index++;
        if (name)
            ExFreePoolWithTag(name, 'vqeR');
        ExFreePoolWithTag(value, 'vqeR');
        if (!NT_SUCCESS(status))
            return status;
    }
    if (status != STATUS_NO_MORE_ENTRIES)
        return status;
    return index == 0 && entry->Flags & RTL_QUERY_REGISTRY_REQUIRED ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                    : STATUS_SUCCESS;
}

static void return_to_top(struct query *query)
{
    if (query->current != query->top)
        ZwClose(query->current);
    query->current = query->top;
}

static NTSTATUS enter_subkey(struct query *query, PRTL_QUERY_REGISTRY_TABLE entry)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;

    if (!entry->Name)
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&name, entry->Name);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               query->top, NULL);
    status = ZwOpenKey(&query->current, MAXIMUM_ALLOWED, &attributes);
    if (NT_SUCCESS(status))
        return entry->QueryRoutine ? query_all(query, entry) : STATUS_SUCCESS;
    query->current = query->top;
    return status;
}

static NTSTATUS run_entry(struct query *query, PRTL_QUERY_REGISTRY_TABLE entry)
{
    if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT &&
        (!entry->Name || entry->Flags & RTL_QUERY_REGISTRY_SUBKEY || entry->QueryRoutine))
        return STATUS_INVALID_PARAMETER;
    if (entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY))
        return_to_top(query);
    if (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY)
        return enter_subkey(query, entry);
    if (entry->Name)
        return query_named(query, entry);
    if (entry->Flags & RTL_QUERY_REGISTRY_NOVALUE)
        return entry->QueryRoutine(NULL, REG_NONE, NULL, 0, query->context, entry->EntryContext);
    return query_all(query, entry);
}

/*
 * Read several values of a key, as a table says.
 * @param relative_to  RTL_REGISTRY_…, with RTL_REGISTRY_OPTIONAL or RTL_REGISTRY_HANDLE
 * @param path         relative to that place
 * @param table        ends with an entry without routine and without SUBKEY or DIRECT
 * @param context      third-last argument of the routines
 * @param environment  not used: %SystemRoot%, %windir% and %SystemDrive% are known
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for a malformed table;
 * STATUS_OBJECT_NAME_NOT_FOUND for a missing key or required value; STATUS_OBJECT_TYPE_MISMATCH
 * (TYPECHECK, NOSTRING); STATUS_BUFFER_TOO_SMALL (DIRECT); what a routine returns.
 * Source: Windows driver documentation, RtlQueryRegistryValues.
 */
NTSTATUS NTAPI RtlQueryRegistryValues(ULONG relative_to, PCWSTR path,
                                      PRTL_QUERY_REGISTRY_TABLE table, PVOID context,
                                      PVOID environment)
{
    struct query query = {.context = context};
    NTSTATUS status = cm_rtl_open(relative_to, path, MAXIMUM_ALLOWED, FALSE, &query.top);

    (void)environment;
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && relative_to & RTL_REGISTRY_OPTIONAL)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    query.current = query.top;
    while (NT_SUCCESS(status) &&
           (table->QueryRoutine ||
            table->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)))
        status = run_entry(&query, table++);
    return_to_top(&query);
    cm_rtl_close(relative_to, query.top);
    return status;
}
NT_EXPORT(RtlQueryRegistryValues, PASSIVE_LEVEL, "uwppp");

/* As RtlQueryRegistryValues; the safe form for tables with DIRECT entries. */
NTSTATUS NTAPI RtlQueryRegistryValuesEx(ULONG relative_to, PCWSTR path,
                                        PRTL_QUERY_REGISTRY_TABLE table, PVOID context,
                                        PVOID environment)
{
    return RtlQueryRegistryValues(relative_to, path, table, context, environment);
}
NT_EXPORT(RtlQueryRegistryValuesEx, PASSIVE_LEVEL, "uwppp");
