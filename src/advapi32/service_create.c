/* Creating services. See advapi32.h. */
#include "advapi32.h"

static DWORD create(const WCHAR *name, const struct service_settings *settings, HANDLE *key)
{
    DWORD error = service_make_key(name, key);

    if (error != ERROR_SUCCESS)
        return error;
    error = service_check_settings(name, *key, settings);
    if (error == ERROR_SUCCESS) {
        NTSTATUS status = service_write_settings(*key, settings);

        if (NT_SUCCESS(status))
            return ERROR_SUCCESS;
        error = RtlNtStatusToDosError(status);
    }
    service_delete_key(*key);
    NtClose(*key);
    return error;
}

/*
 * Creates a service. A display name that is the service's own name is not written, as for NULL.
 * A driver has no password and, unless it is named, no account.
 */
SC_HANDLE WINAPI CreateServiceW(SC_HANDLE manager, LPCWSTR name, LPCWSTR display_name, DWORD access,
                                DWORD type, DWORD start, DWORD error_control, LPCWSTR path,
                                LPCWSTR group, LPDWORD tag, LPCWSTR dependencies, LPCWSTR account,
                                LPCWSTR password)
{
    struct service_settings settings = {.type = type,
                                        .start = start,
                                        .error_control = error_control,
                                        .path = path != NULL ? path : L"",
                                        .group = group != NULL ? group : L"",
                                        .tag = tag,
                                        .dependencies = dependencies,
                                        .account = account,
                                        .display_name = display_name};
    SC_HANDLE service = NULL;
    HANDLE key;

    (void)password;
    if (service_require(manager, SERVICE_HANDLE_MANAGER, SC_MANAGER_CREATE_SERVICE) == NULL ||
        !service_check_name(name))
        return NULL;
    if (account == NULL && !service_is_driver(type))
        settings.account = L"LocalSystem";
    if (display_name != NULL && _wcsicmp(display_name, name) == 0)
        settings.display_name = NULL;
    service_lock();
    DWORD error = create(name, &settings, &key);

    if (error == ERROR_SUCCESS)
        service = service_make_handle(name, key, access);
    else
        security_error(error);
    service_unlock();
    return service;
}
NT_EXPORT(CreateServiceW, 0, "pwwuuuuwwpwww");

/* Creates a service. */
SC_HANDLE WINAPI CreateServiceA(SC_HANDLE manager, LPCSTR name, LPCSTR display_name, DWORD access,
                                DWORD type, DWORD start, DWORD error_control, LPCSTR path,
                                LPCSTR group, LPDWORD tag, LPCSTR dependencies, LPCSTR account,
                                LPCSTR password)
{
    struct service_settings_text text;
    WCHAR *wide_name = security_widen(name);

    (void)password;
    service_widen_settings(&text, path, group, dependencies, account, display_name);
    SC_HANDLE service =
        CreateServiceW(manager, wide_name, text.display_name, access, type, start, error_control,
                       text.path, text.group, tag, text.dependencies, text.account, NULL);

    security_free(wide_name);
    service_free_settings(&text);
    return service;
}
NT_EXPORT(CreateServiceA, 0, "pssuuuusspsss");
