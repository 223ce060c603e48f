/*
 * Services as the registry and the object name space know them. There is no service process: the
 * database is \Registry\Machine\System\CurrentControlSet\Services, and a driver runs if its driver
 * object exists. See advapi32.h.
 */
#include "advapi32.h"

#define SERVICES_PATH L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

NTSTATUS service_open_key(const WCHAR *name, bool create, HANDLE *key, bool *created)
{
    WCHAR path[ARRAY_COUNT(SERVICES_PATH) + SERVICE_NAME_LIMIT];
    ULONG disposition = REG_OPENED_EXISTING_KEY;
    UNICODE_STRING string;
    NTSTATUS status;

    _snwprintf(path, ARRAY_COUNT(path), L"%ls%ls", SERVICES_PATH, name);
    RtlInitUnicodeString(&string, path);
    OBJECT_ATTRIBUTES attributes = user_attributes(&string, NULL, OBJ_CASE_INSENSITIVE);

    if (create)
        status = NtCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, &disposition);
    else
        status = NtOpenKey(key, KEY_ALL_ACCESS, &attributes);
    if (created != NULL)
        *created = disposition == REG_CREATED_NEW_KEY;
    return status;
}

DWORD service_read_dword(HANDLE key, const WCHAR *value, DWORD missing)
{
    DWORD number, size = sizeof(number), type;
    LSTATUS error = RegQueryValueExW(key, value, NULL, &type, (LPBYTE)&number, &size);

    return error == ERROR_SUCCESS && type == REG_DWORD && size == sizeof(number) ? number : missing;
}

NTSTATUS service_write_dword(HANDLE key, const WCHAR *value, DWORD number)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, value);
    return NtSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof(number));
}

void service_read_string(HANDLE key, const WCHAR *value, WCHAR *text, size_t size)
{
    DWORD bytes = (DWORD)((size - 1) * sizeof(WCHAR));

    text[0] = 0;
    if (RegQueryValueExW(key, value, NULL, NULL, (LPBYTE)text, &bytes) != ERROR_SUCCESS)
        bytes = 0;
    text[bytes / sizeof(WCHAR)] = 0;
}

NTSTATUS service_write_string(HANDLE key, const WCHAR *value, const WCHAR *text, DWORD type)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, value);
    return NtSetValueKey(key, &name, 0, type, text, (ULONG)((wcslen(text) + 1) * sizeof(WCHAR)));
}

NTSTATUS service_write_image_path(HANDLE key, const WCHAR *path)
{
    WCHAR full[MAX_PATH + 8];

    if (path[0] != 0 && path[1] == L':' && wcslen(path) <= MAX_PATH) {
        _snwprintf(full, ARRAY_COUNT(full), L"\\??\\%ls", path);
        path = full;
    }
    return service_write_string(key, L"ImagePath", path, REG_EXPAND_SZ);
}

/* Does the object directory have an entry of that name? */
static bool directory_has(const WCHAR *directory, const WCHAR *name)
{
    __attribute__((aligned(8))) char buffer[1024];
    const OBJECT_DIRECTORY_INFORMATION *entry = (const void *)buffer;
    UNICODE_STRING path, wanted;
    HANDLE handle;
    ULONG context = 0;
    bool found = false;

    RtlInitUnicodeString(&path, directory);
    RtlInitUnicodeString(&wanted, name);
    OBJECT_ATTRIBUTES attributes = user_attributes(&path, NULL, OBJ_CASE_INSENSITIVE);

    if (!NT_SUCCESS(NtOpenDirectoryObject(&handle, 3, &attributes)))
        return false;
    while (!found && NT_SUCCESS(NtQueryDirectoryObject(handle, buffer, sizeof(buffer), TRUE,
                                                       context == 0, &context, NULL)))
        found = RtlEqualUnicodeString(&entry->Name, &wanted, TRUE);
    NtClose(handle);
    return found;
}

bool service_is_loaded(const WCHAR *name, DWORD type)
{
    return directory_has(type & SERVICE_FILE_SYSTEM_DRIVER ? L"\\FileSystem" : L"\\Driver", name);
}

bool service_is_marked(HANDLE key)
{
    return service_read_dword(key, L"DeleteFlag", 0) != 0;
}

void service_fill_status(const WCHAR *name, HANDLE key, SERVICE_STATUS_PROCESS *status)
{
    memset(status, 0, sizeof(*status));
    status->dwServiceType = service_read_dword(key, L"Type", SERVICE_KERNEL_DRIVER);
    status->dwCurrentState = SERVICE_STOPPED;
    if (service_is_loaded(name, status->dwServiceType)) {
        status->dwCurrentState = SERVICE_RUNNING;
        status->dwControlsAccepted = SERVICE_ACCEPT_STOP;
    }
}
