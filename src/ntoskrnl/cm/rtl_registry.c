/*
 * The registry routines of the run-time library: single values of keys that are named relative to
 * well-known places.
 */
#include "cm/cm_internal.h"

NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING path);
NTSTATUS NTAPI RtlOpenCurrentUser(ACCESS_MASK access, PHANDLE handle);

static const PCWSTR places[RTL_REGISTRY_MAXIMUM] = {
    [RTL_REGISTRY_ABSOLUTE] = L"",
    [RTL_REGISTRY_SERVICES] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
    [RTL_REGISTRY_CONTROL] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
    [RTL_REGISTRY_WINDOWS_NT] =
        L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    [RTL_REGISTRY_DEVICEMAP] = L"\\Registry\\Machine\\Hardware\\DeviceMap",
    [RTL_REGISTRY_USER] = L"",
};

NTSTATUS cm_user_path(PACCESS_TOKEN token, PUNICODE_STRING path)
{
    PTOKEN_USER user;
    UNICODE_STRING sid;
    NTSTATUS status = SeQueryInformationToken(token, TokenUser, (PVOID *)&user);

    if (!NT_SUCCESS(status))
        return status;
    status = RtlConvertSidToUnicodeString(&sid, user->User.Sid, TRUE);
    ExFreePool(user);
    if (!NT_SUCCESS(status))
        return status;
    path->Length = 0;
    path->MaximumLength = (USHORT)(sid.Length + sizeof(L"\\REGISTRY\\USER\\"));
    path->Buffer = ExAllocatePoolWithTag(PagedPool, path->MaximumLength, CM_TAG_NAME);
    if (path->Buffer) {
        RtlAppendUnicodeToString(path, L"\\REGISTRY\\USER\\");
        RtlAppendUnicodeStringToString(path, &sid);
    } else {
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlFreeUnicodeString(&sid);
    return status;
}

/*
 * The path of the current user's key.
 * @param path  receives the string; free it with RtlFreeUnicodeString
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS or STATUS_INSUFFICIENT_RESOURCES.
 * Source: ntifs.h, RtlFormatCurrentUserKeyPath.
 */
NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING path)
{
    SECURITY_SUBJECT_CONTEXT subject;
    NTSTATUS status;

    SeCaptureSubjectContext(&subject);
    status = cm_user_path(SeQuerySubjectContextToken(&subject), path);
    SeReleaseSubjectContext(&subject);
    return status;
}
NT_EXPORT(RtlFormatCurrentUserKeyPath, PASSIVE_LEVEL, "U");

/*
 * Open the current user's key; .DEFAULT when the user has none.
 * @param handle  receives a kernel handle in kernel mode
 * IRQL: PASSIVE_LEVEL. Returns what ZwOpenKey returns.
 */
NTSTATUS NTAPI RtlOpenCurrentUser(ACCESS_MASK access, PHANDLE handle)
{
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status = RtlFormatCurrentUserKeyPath(&path);

    if (NT_SUCCESS(status)) {
        InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                                   NULL, NULL);
        status = ZwOpenKey(handle, access, &attributes);
        RtlFreeUnicodeString(&path);
        if (NT_SUCCESS(status))
            return status;
    }
    RtlInitUnicodeString(&path, L"\\Registry\\User\\.Default");
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwOpenKey(handle, access, &attributes);
}
NT_EXPORT(RtlOpenCurrentUser, PASSIVE_LEVEL, "up");

/* The full path of `path` relative to a place; Buffer is the caller's to free. */
static NTSTATUS complete_path(ULONG place, PCWSTR path, PUNICODE_STRING full)
{
    UNICODE_STRING base, relative;
    NTSTATUS status = STATUS_SUCCESS;

    RtlInitUnicodeString(&relative, path);
    RtlInitUnicodeString(&base, places[place]);
    if (place == RTL_REGISTRY_USER)
        status = RtlFormatCurrentUserKeyPath(&base);
    if (!NT_SUCCESS(status))
        return status;
    full->Length = 0;
    full->MaximumLength = (USHORT)(base.Length + relative.Length + 2 * sizeof(WCHAR));
    full->Buffer = ExAllocatePoolWithTag(PagedPool, full->MaximumLength, CM_TAG_NAME);
    if (full->Buffer) {
        RtlCopyUnicodeString(full, &base);
        if (base.Length && relative.Length)
            RtlAppendUnicodeToString(full, L"\\");
        RtlAppendUnicodeStringToString(full, &relative);
    } else {
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (place == RTL_REGISTRY_USER)
        RtlFreeUnicodeString(&base);
    return status;
}

/*
 * Open or create the key that `relative_to` and `path` name. With RTL_REGISTRY_HANDLE the path is
 * a handle, which is given back as it is: cm_rtl_close leaves it alone.
 */
NTSTATUS cm_rtl_open(ULONG relative_to, PCWSTR path, ACCESS_MASK access, BOOLEAN create,
                     PHANDLE handle)
{
    ULONG place = relative_to & ~(ULONG)(RTL_REGISTRY_HANDLE | RTL_REGISTRY_OPTIONAL);
    UNICODE_STRING full;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;

    if (relative_to & RTL_REGISTRY_HANDLE) {
        *handle = (HANDLE)path;
        return STATUS_SUCCESS;
    }
    if (place >= RTL_REGISTRY_MAXIMUM)
        return STATUS_INVALID_PARAMETER;
    status = complete_path(place, path, &full);
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, &full, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (create)
        status = ZwCreateKey(handle, access, &attributes, 0, NULL, 0, NULL);
    else
        status = ZwOpenKey(handle, access, &attributes);
    ExFreePoolWithTag(full.Buffer, CM_TAG_NAME);
    return status;
}

void cm_rtl_close(ULONG relative_to, HANDLE handle)
{
    if (!(relative_to & RTL_REGISTRY_HANDLE))
        ZwClose(handle);
}

/*
 * Does a key exist?
 * @param relative_to  RTL_REGISTRY_…
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS or what ZwOpenKey returns.
 * Source: Windows driver documentation, RtlCheckRegistryKey.
 */
NTSTATUS NTAPI RtlCheckRegistryKey(ULONG relative_to, PWSTR path)
{
    HANDLE handle;
    NTSTATUS status = cm_rtl_open(relative_to, path, KEY_READ, FALSE, &handle);

    if (NT_SUCCESS(status))
        cm_rtl_close(relative_to, handle);
    return status;
}
NT_EXPORT(RtlCheckRegistryKey, PASSIVE_LEVEL, "uw");

/*
 * Create a key; keys above it must exist.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS or what ZwCreateKey returns.
 * Source: Windows driver documentation, RtlCreateRegistryKey.
 */
NTSTATUS NTAPI RtlCreateRegistryKey(ULONG relative_to, PWSTR path)
{
    HANDLE handle;
    NTSTATUS status = cm_rtl_open(relative_to, path, KEY_WRITE, TRUE, &handle);

    if (NT_SUCCESS(status))
        cm_rtl_close(relative_to, handle);
    return status;
}
NT_EXPORT(RtlCreateRegistryKey, PASSIVE_LEVEL, "uw");

/*
 * Set a value; the key is created when it is missing.
 * @param length  of the data, bytes; for strings with the NUL
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS or what ZwCreateKey and ZwSetValueKey return.
 * Source: Windows driver documentation, RtlWriteRegistryValue.
 */
NTSTATUS NTAPI RtlWriteRegistryValue(ULONG relative_to, PCWSTR path, PCWSTR name, ULONG type,
                                     PVOID data, ULONG length)
{
    UNICODE_STRING value;
    HANDLE handle;
    NTSTATUS status = cm_rtl_open(relative_to, path, KEY_SET_VALUE, TRUE, &handle);

    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&value, name);
    status = ZwSetValueKey(handle, &value, 0, type, data, length);
    cm_rtl_close(relative_to, handle);
    return status;
}
NT_EXPORT(RtlWriteRegistryValue, PASSIVE_LEVEL, "uwwupu");

/*
 * Delete a value.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND for a key or value that
 * does not exist, or what ZwOpenKey returns.
 * Source: Windows driver documentation, RtlDeleteRegistryValue.
 */
NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG relative_to, PCWSTR path, PCWSTR name)
{
    UNICODE_STRING value;
    HANDLE handle;
    NTSTATUS status = cm_rtl_open(relative_to, path, KEY_SET_VALUE, FALSE, &handle);

    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&value, name);
    status = ZwDeleteValueKey(handle, &value);
    cm_rtl_close(relative_to, handle);
    return status;
}
NT_EXPORT(RtlDeleteRegistryValue, PASSIVE_LEVEL, "uww");
