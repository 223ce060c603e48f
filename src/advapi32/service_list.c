/* Listing services. See advapi32.h. */
#include "advapi32.h"

static void *push_string(struct service_listing *list, const WCHAR *text)
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

static DWORD record_bytes(const struct service_listing *list)
{
    return list->process ? sizeof(ENUM_SERVICE_STATUS_PROCESSW) : sizeof(ENUM_SERVICE_STATUSW);
}

static void add_record(struct service_listing *list, const WCHAR *name, const WCHAR *display_name,
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

void service_list_add(struct service_listing *list, const WCHAR *name, HANDLE key, DWORD type,
                      DWORD state)
{
    SERVICE_STATUS_PROCESS status;

    service_fill_status(name, key, &status);
    bool stopped = status.dwCurrentState == SERVICE_STOPPED;

    if (!(status.dwServiceType & type) || !(state & (stopped ? SERVICE_INACTIVE : SERVICE_ACTIVE)))
        return;
    WCHAR *display_name = service_read_display_name(name, key);

    if (display_name != NULL)
        add_record(list, name, display_name, &status);
    security_free(display_name);
}

/* Is the service in the group? The empty group is that of the services without one. */
static bool is_in_group(HANDLE key, const WCHAR *group)
{
    WCHAR *its_group = service_read_text(key, L"Group");
    bool found = its_group != NULL && _wcsicmp(its_group, group) == 0;

    security_free(its_group);
    return found;
}

/* `group` may be NULL: services of all groups. */
static DWORD list_services(DWORD type, DWORD state, const WCHAR *group,
                           struct service_listing *list, LPDWORD resume)
{
    struct service_walk walk;
    DWORD error = service_walk_begin(&walk), last;
    bool group_exists = group == NULL || group[0] == 0;

    if (error != ERROR_SUCCESS)
        return error;
    last = walk.index = resume != NULL ? *resume : 0;
    while (service_walk_next(&walk)) {
        if (group == NULL || is_in_group(walk.key, group)) {
            group_exists = true;
            service_list_add(list, walk.name, walk.key, type, state);
        }
        if (list->needed == 0)
            last = walk.index;
    }
    service_walk_end(&walk);
    if (list->needed == 0)
        last = 0;
    if (resume != NULL)
        *resume = last;
    if (!group_exists)
        return ERROR_SERVICE_DOES_NOT_EXIST;
    return list->needed != 0 ? ERROR_MORE_DATA : ERROR_SUCCESS;
}

static BOOL enumerate(SC_HANDLE manager, DWORD type, DWORD state, const WCHAR *group,
                      struct service_listing *list, LPDWORD needed, LPDWORD count, LPDWORD resume)
{
    if (service_require(manager, SERVICE_HANDLE_MANAGER, SC_MANAGER_ENUMERATE_SERVICE) == NULL)
        return FALSE;
    if ((type & ~(DWORD)SERVICE_TYPE_ALL) || type == 0 || state == 0 || state > SERVICE_STATE_ALL)
        return security_error(ERROR_INVALID_PARAMETER);
    DWORD error = list_services(type, state, group, list, resume);

    *needed = list->needed;
    *count = list->count;
    return error == ERROR_SUCCESS ? TRUE : security_error(error);
}

/* Lists services with their state. */
WINBOOL WINAPI EnumServicesStatusW(SC_HANDLE manager, DWORD type, DWORD state,
                                   LPENUM_SERVICE_STATUSW buffer, DWORD size, LPDWORD needed,
                                   LPDWORD count, LPDWORD resume)
{
    struct service_listing list = {.buffer = (char *)buffer, .size = size, .wide = true};

    return enumerate(manager, type, state, NULL, &list, needed, count, resume);
}
NT_EXPORT(EnumServicesStatusW, 0, "puupuppp");

/* Lists services with their state. */
WINBOOL WINAPI EnumServicesStatusA(SC_HANDLE manager, DWORD type, DWORD state,
                                   LPENUM_SERVICE_STATUSA buffer, DWORD size, LPDWORD needed,
                                   LPDWORD count, LPDWORD resume)
{
    struct service_listing list = {.buffer = (char *)buffer, .size = size, .wide = false};

    return enumerate(manager, type, state, NULL, &list, needed, count, resume);
}
NT_EXPORT(EnumServicesStatusA, 0, "puupuppp");

/* Lists services with their state and process. */
WINBOOL WINAPI EnumServicesStatusExW(SC_HANDLE manager, SC_ENUM_TYPE level, DWORD type, DWORD state,
                                     LPBYTE buffer, DWORD size, LPDWORD needed, LPDWORD count,
                                     LPDWORD resume, LPCWSTR group)
{
    if (level != SC_ENUM_PROCESS_INFO)
        return security_error(ERROR_INVALID_LEVEL);
    struct service_listing list = {
        .buffer = (char *)buffer, .size = size, .wide = true, .process = true};

    return enumerate(manager, type, state, group, &list, needed, count, resume);
}
NT_EXPORT(EnumServicesStatusExW, 0, "puuupupppw");

/* Lists services with their state and process. */
WINBOOL WINAPI EnumServicesStatusExA(SC_HANDLE manager, SC_ENUM_TYPE level, DWORD type, DWORD state,
                                     LPBYTE buffer, DWORD size, LPDWORD needed, LPDWORD count,
                                     LPDWORD resume, LPCSTR group)
{
    if (level != SC_ENUM_PROCESS_INFO)
        return security_error(ERROR_INVALID_LEVEL);
    struct service_listing list = {.buffer = (char *)buffer, .size = size, .process = true};
    WCHAR *wide_group = security_widen(group);
    BOOL result = enumerate(manager, type, state, wide_group, &list, needed, count, resume);

    security_free(wide_group);
    return result;
}
NT_EXPORT(EnumServicesStatusExA, 0, "puuupuppps");

static BOOL list_dependents(SC_HANDLE handle, DWORD state, struct service_listing *list,
                            LPDWORD needed, LPDWORD count)
{
    struct service_handle *service =
        service_require(handle, SERVICE_HANDLE_SERVICE, SERVICE_ENUMERATE_DEPENDENTS);

    if (service == NULL)
        return FALSE;
    if (state == 0 || state > SERVICE_STATE_ALL)
        return security_error(ERROR_INVALID_PARAMETER);
    WCHAR *names = service_read_dependents(service->name);

    if (names == NULL)
        return security_error(ERROR_NOT_ENOUGH_MEMORY);
    for (const WCHAR *name = names; *name != 0; name += wcslen(name) + 1) {
        HANDLE key;

        if (service_open(name, &key) != ERROR_SUCCESS)
            continue;
        service_list_add(list, name, key, SERVICE_TYPE_ALL, state);
        NtClose(key);
    }
    security_free(names);
    *needed = list->needed;
    *count = list->count;
    return list->needed != 0 ? security_error(ERROR_MORE_DATA) : TRUE;
}

/*
 * Lists the services that depend on one, in the order in which they must be stopped. Services that
 * depend on its group only are not among them.
 */
WINBOOL WINAPI EnumDependentServicesW(SC_HANDLE handle, DWORD state, LPENUM_SERVICE_STATUSW buffer,
                                      DWORD size, LPDWORD needed, LPDWORD count)
{
    struct service_listing list = {.buffer = (char *)buffer, .size = size, .wide = true};

    return list_dependents(handle, state, &list, needed, count);
}
NT_EXPORT(EnumDependentServicesW, 0, "pupupp");

/* Lists the services that depend on one. */
WINBOOL WINAPI EnumDependentServicesA(SC_HANDLE handle, DWORD state, LPENUM_SERVICE_STATUSA buffer,
                                      DWORD size, LPDWORD needed, LPDWORD count)
{
    struct service_listing list = {.buffer = (char *)buffer, .size = size};

    return list_dependents(handle, state, &list, needed, count);
}
NT_EXPORT(EnumDependentServicesA, 0, "pupupp");
