/* The status and the configuration of services. See advapi32.h. */
#include "advapi32.h"

#define TEXT_LIMIT 520 /* characters of a configuration string */

/* The state of a service. */
WINBOOL WINAPI QueryServiceStatusEx(SC_HANDLE handle, SC_STATUS_TYPE level, LPBYTE buffer,
                                    DWORD size, LPDWORD needed)
{
    struct service_handle *service =
        service_require(handle, SERVICE_HANDLE_SERVICE, SERVICE_QUERY_STATUS);

    if (service == NULL)
        return FALSE;
    if (level != SC_STATUS_PROCESS_INFO)
        return security_error(ERROR_INVALID_LEVEL);
    *needed = sizeof(SERVICE_STATUS_PROCESS);
    if (size < sizeof(SERVICE_STATUS_PROCESS))
        return security_error(ERROR_INSUFFICIENT_BUFFER);
    service_fill_status(service->name, service->key, (SERVICE_STATUS_PROCESS *)buffer);
    return TRUE;
}
NT_EXPORT(QueryServiceStatusEx, 0, "pupup");

/* The state of a service. */
WINBOOL WINAPI QueryServiceStatus(SC_HANDLE handle, LPSERVICE_STATUS status)
{
    SERVICE_STATUS_PROCESS full;
    DWORD needed;

    if (!QueryServiceStatusEx(handle, SC_STATUS_PROCESS_INFO, (LPBYTE)&full, sizeof(full), &needed))
        return FALSE;
    memcpy(status, &full, sizeof(*status));
    return TRUE;
}
NT_EXPORT(QueryServiceStatus, 0, "pp");

/* The strings of a configuration, in the order in which they follow the structure. */
struct configuration_text {
    WCHAR path[TEXT_LIMIT];
    WCHAR group[TEXT_LIMIT];
    WCHAR dependencies[2];
    WCHAR account[TEXT_LIMIT];
    WCHAR display_name[TEXT_LIMIT];
};

static void read_text(const struct service_handle *service, struct configuration_text *text)
{
    service_read_string(service->key, L"ImagePath", text->path, TEXT_LIMIT);
    service_read_string(service->key, L"Group", text->group, TEXT_LIMIT);
    service_read_string(service->key, L"ObjectName", text->account, TEXT_LIMIT);
    service_read_string(service->key, L"DisplayName", text->display_name, TEXT_LIMIT);
    text->dependencies[0] = text->dependencies[1] = 0;
}

/* Appends a string behind the structure. Returns: where it is. */
static void *append(const WCHAR *text, bool wide, char **at)
{
    char *start = *at;
    int length = (int)wcslen(text) + 1;

    if (wide)
        memcpy(start, text, (size_t)length * sizeof(WCHAR));
    else
        WideCharToMultiByte(CP_ACP, 0, text, length, start, length, NULL, NULL);
    *at += (size_t)length * (wide ? sizeof(WCHAR) : 1);
    return start;
}

static DWORD needed_for(const struct configuration_text *text, bool wide)
{
    size_t characters = wcslen(text->path) + wcslen(text->group) + wcslen(text->account) +
                        wcslen(text->display_name) + 5;

    return (DWORD)(sizeof(QUERY_SERVICE_CONFIGW) + characters * (wide ? sizeof(WCHAR) : 1));
}

_Static_assert(sizeof(QUERY_SERVICE_CONFIGW) == sizeof(QUERY_SERVICE_CONFIGA),
               "one function fills both");

static BOOL query_configuration(SC_HANDLE handle, QUERY_SERVICE_CONFIGW *config, DWORD size,
                                LPDWORD needed, bool wide)
{
    struct service_handle *service =
        service_require(handle, SERVICE_HANDLE_SERVICE, SERVICE_QUERY_CONFIG);
    struct configuration_text *text;

    if (service == NULL || (text = security_allocate(sizeof(*text))) == NULL)
        return FALSE;
    read_text(service, text);
    *needed = needed_for(text, wide);
    if (size < *needed) {
        security_free(text);
        return security_error(ERROR_INSUFFICIENT_BUFFER);
    }
    char *at = (char *)(config + 1);

    config->dwServiceType = service_read_dword(service->key, L"Type", SERVICE_KERNEL_DRIVER);
    config->dwStartType = service_read_dword(service->key, L"Start", SERVICE_DEMAND_START);
    config->dwErrorControl =
        service_read_dword(service->key, L"ErrorControl", SERVICE_ERROR_NORMAL);
    config->dwTagId = service_read_dword(service->key, L"Tag", 0);
    config->lpBinaryPathName = append(text->path, wide, &at);
    config->lpLoadOrderGroup = append(text->group, wide, &at);
    config->lpServiceStartName = append(text->account, wide, &at);
    config->lpDisplayName = append(text->display_name, wide, &at);
    config->lpDependencies = append(text->dependencies, wide, &at);
    security_free(text);
    return TRUE;
}

/* The configuration of a service. */
WINBOOL WINAPI QueryServiceConfigW(SC_HANDLE handle, LPQUERY_SERVICE_CONFIGW config, DWORD size,
                                   LPDWORD needed)
{
    return query_configuration(handle, config, size, needed, true);
}
NT_EXPORT(QueryServiceConfigW, 0, "ppup");

/* The configuration of a service. */
WINBOOL WINAPI QueryServiceConfigA(SC_HANDLE handle, LPQUERY_SERVICE_CONFIGA config, DWORD size,
                                   LPDWORD needed)
{
    return query_configuration(handle, (QUERY_SERVICE_CONFIGW *)config, size, needed, false);
}
NT_EXPORT(QueryServiceConfigA, 0, "ppup");

static NTSTATUS change_number(HANDLE key, const WCHAR *value, DWORD number)
{
    return number == SERVICE_NO_CHANGE ? STATUS_SUCCESS : service_write_dword(key, value, number);
}

static NTSTATUS change_string(HANDLE key, const WCHAR *value, const WCHAR *text)
{
    return text == NULL ? STATUS_SUCCESS : service_write_string(key, value, text, REG_SZ);
}

/* Changes the configuration of a service. */
WINBOOL WINAPI ChangeServiceConfigW(SC_HANDLE handle, DWORD type, DWORD start, DWORD error_control,
                                    LPCWSTR path, LPCWSTR group, LPDWORD tag, LPCWSTR dependencies,
                                    LPCWSTR account, LPCWSTR password, LPCWSTR display_name)
{
    struct service_handle *service =
        service_require(handle, SERVICE_HANDLE_SERVICE, SERVICE_CHANGE_CONFIG);

    (void)dependencies, (void)account, (void)password;
    if (service == NULL)
        return FALSE;
    if (service_is_marked(service->key))
        return security_error(ERROR_SERVICE_MARKED_FOR_DELETE);
    if ((start != SERVICE_NO_CHANGE && start > SERVICE_DISABLED) ||
        (error_control != SERVICE_NO_CHANGE && error_control > SERVICE_ERROR_CRITICAL))
        return security_error(ERROR_INVALID_PARAMETER);
    NTSTATUS status = change_number(service->key, L"Type", type);

    if (NT_SUCCESS(status))
        status = change_number(service->key, L"Start", start);
    if (NT_SUCCESS(status))
        status = change_number(service->key, L"ErrorControl", error_control);
    if (NT_SUCCESS(status) && path != NULL)
        status = service_write_image_path(service->key, path);
    if (NT_SUCCESS(status))
        status = change_string(service->key, L"Group", group);
    if (NT_SUCCESS(status))
        status = change_string(service->key, L"DisplayName", display_name);
    if (tag != NULL)
        *tag = 0;
    return security_result(status);
}
NT_EXPORT(ChangeServiceConfigW, 0, "puuuwwpwwww");

/* Changes the configuration of a service. */
WINBOOL WINAPI ChangeServiceConfigA(SC_HANDLE handle, DWORD type, DWORD start, DWORD error_control,
                                    LPCSTR path, LPCSTR group, LPDWORD tag, LPCSTR dependencies,
                                    LPCSTR account, LPCSTR password, LPCSTR display_name)
{
    WCHAR *wide_path = security_widen(path), *wide_group = security_widen(group);
    WCHAR *wide_display = security_widen(display_name);
    BOOL result = ChangeServiceConfigW(handle, type, start, error_control, wide_path, wide_group,
                                       tag, NULL, NULL, NULL, wide_display);

    (void)dependencies, (void)account, (void)password;
    security_free(wide_path);
    security_free(wide_group);
    security_free(wide_display);
    return result;
}
NT_EXPORT(ChangeServiceConfigA, 0, "puuusspssss");

/* Changes optional configuration: the description is kept, the rest is for programs. */
WINBOOL WINAPI ChangeServiceConfig2W(SC_HANDLE handle, DWORD level, LPVOID information)
{
    struct service_handle *service =
        service_require(handle, SERVICE_HANDLE_SERVICE, SERVICE_CHANGE_CONFIG);
    const SERVICE_DESCRIPTIONW *description = information;

    if (service == NULL)
        return FALSE;
    if (level != SERVICE_CONFIG_DESCRIPTION)
        return security_error(ERROR_INVALID_LEVEL);
    return security_result(change_string(service->key, L"Description", description->lpDescription));
}
NT_EXPORT(ChangeServiceConfig2W, 0, "pup");

/* Changes optional configuration. */
WINBOOL WINAPI ChangeServiceConfig2A(SC_HANDLE handle, DWORD level, LPVOID information)
{
    const SERVICE_DESCRIPTIONA *description = information;
    SERVICE_DESCRIPTIONW wide = {NULL};

    if (level == SERVICE_CONFIG_DESCRIPTION)
        wide.lpDescription = security_widen(description->lpDescription);
    BOOL result = ChangeServiceConfig2W(handle, level, &wide);

    security_free(wide.lpDescription);
    return result;
}
NT_EXPORT(ChangeServiceConfig2A, 0, "pup");

/* The name that people see, of a service that exists. */
WINBOOL WINAPI GetServiceDisplayNameW(SC_HANDLE manager, LPCWSTR name, LPWSTR buffer, LPDWORD size)
{
    WCHAR text[TEXT_LIMIT];
    HANDLE key;

    if (service_require(manager, SERVICE_HANDLE_MANAGER, 0) == NULL)
        return FALSE;
    if (!NT_SUCCESS(service_open_key(name, false, &key, NULL)))
        return security_error(ERROR_SERVICE_DOES_NOT_EXIST);
    service_read_string(key, L"DisplayName", text, TEXT_LIMIT);
    NtClose(key);
    DWORD length = (DWORD)wcslen(text);
    bool fits = length < *size;

    if (fits)
        memcpy(buffer, text, (length + 1) * sizeof(WCHAR));
    *size = length;
    return fits ? TRUE : security_error(ERROR_INSUFFICIENT_BUFFER);
}
NT_EXPORT(GetServiceDisplayNameW, 0, "pwpp");

/* No program is started as a service here. */
WINBOOL WINAPI StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *table)
{
    (void)table;
    return security_error(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
}
NT_EXPORT(StartServiceCtrlDispatcherW, 0, "p");

/* No program is started as a service here. */
WINBOOL WINAPI StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA *table)
{
    (void)table;
    return security_error(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
}
NT_EXPORT(StartServiceCtrlDispatcherA, 0, "p");
