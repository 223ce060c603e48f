/* The two names of a service: that of its key, and the one that people see. See advapi32.h. */
#include "advapi32.h"

WCHAR *service_read_display_name(const WCHAR *name, HANDLE key)
{
    WCHAR *text = service_read_text(key, L"DisplayName");

    if (text == NULL || text[0] != 0)
        return text;
    security_free(text);
    text = security_allocate((wcslen(name) + 1) * sizeof(WCHAR));
    if (text != NULL)
        wcscpy(text, name);
    return text;
}

/* The display name of a service, for security_free; NULL with an error. */
static WCHAR *find_display_name(SC_HANDLE manager, const WCHAR *name)
{
    HANDLE key;

    if (service_require(manager, SERVICE_HANDLE_MANAGER, 0) == NULL || !service_check_name(name))
        return NULL;
    DWORD error = service_open(name, &key);

    if (error != ERROR_SUCCESS) {
        security_error(error);
        return NULL;
    }
    WCHAR *text = service_read_display_name(name, key);

    NtClose(key);
    return text;
}

/* The key name of the service with a display name, for security_free; NULL with an error. */
static WCHAR *find_key_name(SC_HANDLE manager, const WCHAR *display_name)
{
    struct service_walk walk;
    WCHAR *found = NULL;

    if (service_require(manager, SERVICE_HANDLE_MANAGER, 0) == NULL)
        return NULL;
    if (display_name == NULL || display_name[0] == 0 || wcslen(display_name) > SERVICE_NAME_LIMIT) {
        security_error(ERROR_INVALID_NAME);
        return NULL;
    }
    security_error(ERROR_SERVICE_DOES_NOT_EXIST);
    if (service_walk_begin(&walk) != ERROR_SUCCESS)
        return NULL;
    while (found == NULL && service_walk_next(&walk)) {
        WCHAR *text = service_read_display_name(walk.name, walk.key);

        if (text != NULL && _wcsicmp(text, display_name) == 0 &&
            (found = security_allocate((wcslen(walk.name) + 1) * sizeof(WCHAR))) != NULL)
            wcscpy(found, walk.name);
        security_free(text);
    }
    service_walk_end(&walk);
    return found;
}

/* Gives a name to the caller, and frees it. `size` becomes its length without the last zero. */
static BOOL give_wide(WCHAR *text, WCHAR *buffer, LPDWORD size)
{
    if (text == NULL)
        return FALSE;
    DWORD length = (DWORD)wcslen(text);
    bool fits = buffer != NULL && length < *size;

    if (fits)
        wcscpy(buffer, text);
    *size = length;
    security_free(text);
    return fits ? TRUE : security_error(ERROR_INSUFFICIENT_BUFFER);
}

static BOOL give_narrow(WCHAR *text, char *buffer, LPDWORD size)
{
    if (text == NULL)
        return FALSE;
    int length = (int)wcslen(text) + 1;
    bool fits = buffer != NULL && (DWORD)length <= *size;

    if (fits)
        WideCharToMultiByte(CP_ACP, 0, text, length, buffer, length, NULL, NULL);
    *size = (DWORD)length - 1;
    security_free(text);
    return fits ? TRUE : security_error(ERROR_INSUFFICIENT_BUFFER);
}

/* The name that people see, of a service that exists. */
WINBOOL WINAPI GetServiceDisplayNameW(SC_HANDLE manager, LPCWSTR name, LPWSTR buffer, LPDWORD size)
{
    return give_wide(find_display_name(manager, name), buffer, size);
}
NT_EXPORT(GetServiceDisplayNameW, 0, "pwpp");

/* The name that people see, of a service that exists. */
WINBOOL WINAPI GetServiceDisplayNameA(SC_HANDLE manager, LPCSTR name, LPSTR buffer, LPDWORD size)
{
    WCHAR *wide = security_widen(name);
    BOOL result = give_narrow(find_display_name(manager, wide), buffer, size);

    security_free(wide);
    return result;
}
NT_EXPORT(GetServiceDisplayNameA, 0, "pspp");

/* The key name of a service that people see under another. */
WINBOOL WINAPI GetServiceKeyNameW(SC_HANDLE manager, LPCWSTR display_name, LPWSTR buffer,
                                  LPDWORD size)
{
    return give_wide(find_key_name(manager, display_name), buffer, size);
}
NT_EXPORT(GetServiceKeyNameW, 0, "pwpp");

/* The key name of a service that people see under another. */
WINBOOL WINAPI GetServiceKeyNameA(SC_HANDLE manager, LPCSTR display_name, LPSTR buffer,
                                  LPDWORD size)
{
    WCHAR *wide = security_widen(display_name);
    BOOL result = give_narrow(find_key_name(manager, wide), buffer, size);

    security_free(wide);
    return result;
}
NT_EXPORT(GetServiceKeyNameA, 0, "pspp");
