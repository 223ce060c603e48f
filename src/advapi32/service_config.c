/* The status and the configuration of services. See advapi32.h. */
#include "advapi32.h"

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

/* The texts of a configuration, in the order in which they follow the structure. */
enum { PATH, GROUP, ACCOUNT, DISPLAY_NAME, DEPENDENCIES, TEXTS };

static bool read_texts(const struct service_handle *service, WCHAR *texts[TEXTS])
{
    texts[PATH] = service_read_text(service->key, L"ImagePath");
    texts[GROUP] = service_read_text(service->key, L"Group");
    texts[ACCOUNT] = service_read_text(service->key, L"ObjectName");
    texts[DISPLAY_NAME] = service_read_display_name(service->name, service->key);
    texts[DEPENDENCIES] = service_read_dependencies(service->key);
    for (int i = 0; i < TEXTS; i++) {
        if (texts[i] == NULL)
            return security_error(ERROR_NOT_ENOUGH_MEMORY);
    }
    return true;
}

/* Characters of a text, or of the list, with what ends it. */
static size_t length_of(WCHAR *texts[TEXTS], int index)
{
    return index == DEPENDENCIES ? service_list_length(texts[index]) : wcslen(texts[index]) + 1;
}

/* Appends a text behind the structure. Returns: where it is. */
static void *append(const WCHAR *text, size_t length, bool wide, char **at)
{
    char *start = *at;

    if (wide)
        memcpy(start, text, length * sizeof(WCHAR));
    else
        WideCharToMultiByte(CP_ACP, 0, text, (int)length, start, (int)length, NULL, NULL);
    *at += length * (wide ? sizeof(WCHAR) : 1);
    return start;
}

_Static_assert(sizeof(QUERY_SERVICE_CONFIGW) == sizeof(QUERY_SERVICE_CONFIGA),
               "one function fills both");

static BOOL fill_configuration(const struct service_handle *service, WCHAR *texts[TEXTS],
                               QUERY_SERVICE_CONFIGW *config, DWORD size, LPDWORD needed, bool wide)
{
    size_t characters = 0;
    void *places[TEXTS];
    char *at = (char *)(config + 1);

    for (int i = 0; i < TEXTS; i++)
        characters += length_of(texts, i);
    *needed = (DWORD)(sizeof(*config) + characters * (wide ? sizeof(WCHAR) : 1));
    if (size < *needed)
        return security_error(ERROR_INSUFFICIENT_BUFFER);
    for (int i = 0; i < TEXTS; i++)
        places[i] = append(texts[i], length_of(texts, i), wide, &at);
    config->dwServiceType = service_read_dword(service->key, L"Type", SERVICE_KERNEL_DRIVER);
    config->dwStartType = service_read_dword(service->key, L"Start", SERVICE_DEMAND_START);
    config->dwErrorControl =
        service_read_dword(service->key, L"ErrorControl", SERVICE_ERROR_NORMAL);
    config->dwTagId = service_read_dword(service->key, L"Tag", 0);
    config->lpBinaryPathName = places[PATH];
    config->lpLoadOrderGroup = places[GROUP];
    config->lpServiceStartName = places[ACCOUNT];
    config->lpDisplayName = places[DISPLAY_NAME];
    config->lpDependencies = places[DEPENDENCIES];
    return TRUE;
}

static BOOL query_configuration(SC_HANDLE handle, QUERY_SERVICE_CONFIGW *config, DWORD size,
                                LPDWORD needed, bool wide)
{
    struct service_handle *service =
        service_require(handle, SERVICE_HANDLE_SERVICE, SERVICE_QUERY_CONFIG);
    WCHAR *texts[TEXTS];

    if (service == NULL)
        return FALSE;
    BOOL result = read_texts(service, texts) &&
                  fill_configuration(service, texts, config, size, needed, wide);

    for (int i = 0; i < TEXTS; i++)
        security_free(texts[i]);
    return result;
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

/* Changes the configuration of a service. The empty display name is that of the key. */
WINBOOL WINAPI ChangeServiceConfigW(SC_HANDLE handle, DWORD type, DWORD start, DWORD error_control,
                                    LPCWSTR path, LPCWSTR group, LPDWORD tag, LPCWSTR dependencies,
                                    LPCWSTR account, LPCWSTR password, LPCWSTR display_name)
{
    struct service_handle *service =
        service_require(handle, SERVICE_HANDLE_SERVICE, SERVICE_CHANGE_CONFIG);
    struct service_settings settings = {.type = type,
                                        .start = start,
                                        .error_control = error_control,
                                        .path = path,
                                        .group = group,
                                        .tag = tag,
                                        .dependencies = dependencies,
                                        .account = account,
                                        .display_name = display_name};

    (void)password;
    if (service == NULL)
        return FALSE;
    if (service_is_marked(service->key))
        return security_error(ERROR_SERVICE_MARKED_FOR_DELETE);
    service_lock();
    DWORD error = service_check_settings(service->name, service->key, &settings);

    if (error == ERROR_SUCCESS) {
        NTSTATUS status = service_write_settings(service->key, &settings);

        if (!NT_SUCCESS(status))
            error = RtlNtStatusToDosError(status);
    }
    service_unlock();
    return error == ERROR_SUCCESS ? TRUE : security_error(error);
}
NT_EXPORT(ChangeServiceConfigW, 0, "puuuwwpwwww");

/* Changes the configuration of a service. */
WINBOOL WINAPI ChangeServiceConfigA(SC_HANDLE handle, DWORD type, DWORD start, DWORD error_control,
                                    LPCSTR path, LPCSTR group, LPDWORD tag, LPCSTR dependencies,
                                    LPCSTR account, LPCSTR password, LPCSTR display_name)
{
    struct service_settings_text text;

    (void)password;
    service_widen_settings(&text, path, group, dependencies, account, display_name);
    BOOL result =
        ChangeServiceConfigW(handle, type, start, error_control, text.path, text.group, tag,
                             text.dependencies, text.account, NULL, text.display_name);

    service_free_settings(&text);
    return result;
}
NT_EXPORT(ChangeServiceConfigA, 0, "puuusspssss");
