/*
 * What the registry says of a service: its key below …\CurrentControlSet\Services, and the name of
 * its driver object.
 */
#include "cm/cm.h"
#include "ex/ex.h"
#include "io/io_internal.h"

#define IO_TAG_SERVICE MM_POOL_TAG('I', 'o', 'S', 'v')

static NTSTATUS concatenate(PCWSTR prefix, PCUNICODE_STRING rest, PUNICODE_STRING result)
{
    SIZE_T bytes = wcslen(prefix) * sizeof(WCHAR) + rest->Length + sizeof(WCHAR);

    if (bytes > MAXUSHORT)
        return STATUS_NAME_TOO_LONG;
    result->Buffer = ExAllocatePoolWithTag(PagedPool, bytes, IO_TAG_SERVICE);
    if (!result->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    result->Length = 0;
    result->MaximumLength = (USHORT)bytes;
    RtlAppendUnicodeToString(result, prefix);
    RtlAppendUnicodeStringToString(result, rest);
    result->Buffer[result->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS io_service_key(PCUNICODE_STRING service, PUNICODE_STRING key)
{
    return concatenate(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\", service, key);
}

ULONG io_service_number(PCUNICODE_STRING key, PCWSTR value, ULONG missing)
{
    ULONG number, size = sizeof(number), type;
    UNICODE_STRING name;
    NTSTATUS status;

    RtlInitUnicodeString(&name, value);
    status = cm_query_value(key, &name, &type, &number, &size);
    return NT_SUCCESS(status) && type == REG_DWORD && size == sizeof(number) ? number : missing;
}

PWSTR io_service_text(PCUNICODE_STRING key, PCWSTR value)
{
    ULONG size = 0, room, type;
    UNICODE_STRING name;
    NTSTATUS status;
    WCHAR *text;

    RtlInitUnicodeString(&name, value);
    status = cm_query_value(key, &name, &type, &size, &size);
    if (status != STATUS_BUFFER_OVERFLOW || type == REG_DWORD || type == REG_BINARY)
        return NULL;
    room = size;
    text = ExAllocatePoolWithTag(PagedPool, room + 3 * sizeof(WCHAR), IO_TAG_SERVICE);
    if (!text)
        return NULL;
    RtlZeroMemory(text, room + 3 * sizeof(WCHAR));
    status = cm_query_value(key, &name, NULL, text, &size);
    if (NT_SUCCESS(status))
        return text;
    ExFreePoolWithTag(text, IO_TAG_SERVICE);
    return NULL;
}

/* ObjectName, or else \FileSystem\NAME for a file system and \Driver\NAME for others. */
NTSTATUS io_service_object_name(PCUNICODE_STRING service, PUNICODE_STRING name)
{
    UNICODE_STRING key, given;
    NTSTATUS status = io_service_key(service, &key);
    ULONG type;
    PWSTR text;

    if (!NT_SUCCESS(status))
        return status;
    type = io_service_number(&key, L"Type", SERVICE_KERNEL_DRIVER);
    text = io_service_text(&key, L"ObjectName");
    RtlFreeUnicodeString(&key);
    RtlInitUnicodeString(&given, text);
    if (given.Length && given.Buffer[0] == L'\\')
        status = concatenate(L"", &given, name);
    else if (type & (SERVICE_FILE_SYSTEM_DRIVER | SERVICE_RECOGNIZER_DRIVER))
        status = concatenate(L"\\FileSystem\\", service, name);
    else
        status = concatenate(L"\\Driver\\", service, name);
    if (text)
        ExFreePoolWithTag(text, IO_TAG_SERVICE);
    return status;
}
