/* Listing services. See advapi32.h. */
#include "advapi32.h"

#define TEXT_LIMIT 260

/* One listing: fixed records grow from the front of the buffer, strings from its end. */
struct listing {
    char *buffer;
    DWORD size;
    DWORD front;  /* bytes of records */
    DWORD back;   /* bytes of strings */
    DWORD needed; /* bytes that what did not fit would take */
    DWORD count;
    bool wide;
    bool process; /* records are ENUM_SERVICE_STATUS_PROCESS */
};

static void *push_string(struct listing *list, const WCHAR *text)
{
    DWORD length = (DWORD)wcslen(text) + 1;
    DWORD bytes = length * (list->wide ? sizeof(WCHAR) : 1);

    list->back += bytes;
    char *at = list->buffer + list->size - list->back;

    if (list->wide)
        memcpy(at, text, bytes);
    else
        WideCharToMultiByte(CP_ACP, 0, text, (int)length, at, (int)bytes, NULL, NULL);
    return at;
}

static DWORD record_bytes(const struct listing *list)
{
    return list->process ? sizeof(ENUM_SERVICE_STATUS_PROCESSW) : sizeof(ENUM_SERVICE_STATUSW);
}

static void add_record(struct listing *list, const WCHAR *name, const WCHAR *display_name,
                       const SERVICE_STATUS_PROCESS *status)
{
    size_t characters = wcslen(name) + wcslen(display_name) + 2;
    DWORD bytes = record_bytes(list) + (DWORD)(characters * (list->wide ? sizeof(WCHAR) : 1));

    if (list->needed != 0 || list->front + list->back + bytes + sizeof(WCHAR) > list->size) {
        list->needed += bytes + sizeof(WCHAR);
        return;
    }
    ENUM_SERVICE_STATUS_PROCESSW *record = (void *)(list->buffer + list->front);

    list->back = (list->back + 1) & ~1u;
    record->lpServiceName = push_string(list, name);
    list->back = (list->back + 1) & ~1u;
    record->lpDisplayName = push_string(list, display_name);
    memcpy(&record->ServiceStatusProcess, status,
           list->process ? sizeof(*status) : sizeof(SERVICE_STATUS));
    list->front += record_bytes(list);
    list->count++;
}

static void add_service(struct listing *list, const WCHAR *name, DWORD type, DWORD state)
{
    SERVICE_STATUS_PROCESS status;
    WCHAR display_name[TEXT_LIMIT];
    HANDLE key;

    if (!NT_SUCCESS(service_open_key(name, false, &key, NULL)))
        return;
    service_fill_status(name, key, &status);
    service_read_string(key, L"DisplayName", display_name, TEXT_LIMIT);
    bool is_service = service_read_dword(key, L"Type", 0) != 0;

    NtClose(key);
    bool stopped = status.dwCurrentState == SERVICE_STOPPED;

    if (is_service && (status.dwServiceType & type) &&
        (state & (stopped ? SERVICE_INACTIVE : SERVICE_ACTIVE)))
        add_record(list, name, display_name[0] != 0 ? display_name : name, &status);
}

static BOOL list_services(SC_HANDLE manager, DWORD type, DWORD state, struct listing *list,
                          LPDWORD resume)
{
    WCHAR name[SERVICE_NAME_LIMIT];
    HKEY services;

    if (service_require(manager, SERVICE_HANDLE_MANAGER, SC_MANAGER_ENUMERATE_SERVICE) == NULL)
        return FALSE;
    if ((type & ~(DWORD)(SERVICE_DRIVER | SERVICE_WIN32)) || type == 0 || state == 0 ||
        state > SERVICE_STATE_ALL)
        return security_error(ERROR_INVALID_PARAMETER);
    LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"System\\CurrentControlSet\\Services", 0,
                                  KEY_ENUMERATE_SUB_KEYS, &services);

    if (error != ERROR_SUCCESS)
        return security_error((DWORD)error);
    DWORD index = resume != NULL ? *resume : 0, size = ARRAY_COUNT(name);

    while (RegEnumKeyExW(services, index, name, &size, NULL, NULL, NULL, NULL) == ERROR_SUCCESS) {
        add_service(list, name, type, state);
        if (list->needed == 0 && resume != NULL)
            *resume = index + 1;
        index++;
        size = ARRAY_COUNT(name);
    }
    RegCloseKey(services);
    if (list->needed != 0)
        return security_error(ERROR_MORE_DATA);
    if (resume != NULL)
        *resume = 0;
    return TRUE;
}

static BOOL enumerate(SC_HANDLE manager, DWORD type, DWORD state, void *buffer, DWORD size,
                      LPDWORD needed, LPDWORD count, LPDWORD resume, bool wide, bool process)
{
    struct listing list = {.buffer = buffer, .size = size, .wide = wide, .process = process};
    BOOL result = list_services(manager, type, state, &list, resume);

    *needed = list.needed;
    *count = list.count;
    return result;
}

/* Lists services with their state. */
WINBOOL WINAPI EnumServicesStatusW(SC_HANDLE manager, DWORD type, DWORD state,
                                   LPENUM_SERVICE_STATUSW buffer, DWORD size, LPDWORD needed,
                                   LPDWORD count, LPDWORD resume)
{
    return enumerate(manager, type, state, buffer, size, needed, count, resume, true, false);
}
NT_EXPORT(EnumServicesStatusW, 0, "puupuppp");

/* Lists services with their state. */
WINBOOL WINAPI EnumServicesStatusA(SC_HANDLE manager, DWORD type, DWORD state,
                                   LPENUM_SERVICE_STATUSA buffer, DWORD size, LPDWORD needed,
                                   LPDWORD count, LPDWORD resume)
{
    return enumerate(manager, type, state, buffer, size, needed, count, resume, false, false);
}
NT_EXPORT(EnumServicesStatusA, 0, "puupuppp");

/* Lists services with their state and process. */
WINBOOL WINAPI EnumServicesStatusExW(SC_HANDLE manager, SC_ENUM_TYPE level, DWORD type, DWORD state,
                                     LPBYTE buffer, DWORD size, LPDWORD needed, LPDWORD count,
                                     LPDWORD resume, LPCWSTR group)
{
    if (level != SC_ENUM_PROCESS_INFO)
        return security_error(ERROR_INVALID_LEVEL);
    if (group != NULL)
        return security_error(ERROR_NOT_SUPPORTED);
    return enumerate(manager, type, state, buffer, size, needed, count, resume, true, true);
}
NT_EXPORT(EnumServicesStatusExW, 0, "puuupupppw");

/* Lists services with their state and process. */
WINBOOL WINAPI EnumServicesStatusExA(SC_HANDLE manager, SC_ENUM_TYPE level, DWORD type, DWORD state,
                                     LPBYTE buffer, DWORD size, LPDWORD needed, LPDWORD count,
                                     LPDWORD resume, LPCSTR group)
{
    if (level != SC_ENUM_PROCESS_INFO)
        return security_error(ERROR_INVALID_LEVEL);
    if (group != NULL)
        return security_error(ERROR_NOT_SUPPORTED);
    return enumerate(manager, type, state, buffer, size, needed, count, resume, false, true);
}
NT_EXPORT(EnumServicesStatusExA, 0, "puuupuppps");
