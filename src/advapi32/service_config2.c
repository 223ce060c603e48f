/*
 * The optional configuration of services. Of a driver that is its description: what the service
 * control manager does when a program ends or fails to start does not concern drivers, and says so
 * as on Windows. See advapi32.h.
 */
#include "advapi32.h"

#ifndef ERROR_CANNOT_DETECT_DRIVER_FAILURE
#define ERROR_CANNOT_DETECT_DRIVER_FAILURE 1080
#endif

static DWORD type_of(const struct service_handle *service)
{
    return service_read_dword(service->key, L"Type", SERVICE_KERNEL_DRIVER);
}

/* Why this service has no settings of that level; ERROR_SUCCESS if it has. */
static DWORD check_level(const struct service_handle *service, DWORD level)
{
    bool driver = service_is_driver(type_of(service));

    switch (level) {
    case SERVICE_CONFIG_DESCRIPTION:
        return ERROR_SUCCESS;
    case SERVICE_CONFIG_DELAYED_AUTO_START_INFO:
        return driver ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
    case SERVICE_CONFIG_FAILURE_ACTIONS:
    case SERVICE_CONFIG_FAILURE_ACTIONS_FLAG:
        return driver ? ERROR_CANNOT_DETECT_DRIVER_FAILURE : ERROR_CALL_NOT_IMPLEMENTED;
    case SERVICE_CONFIG_SERVICE_SID_INFO:
    case SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO:
    case SERVICE_CONFIG_PRESHUTDOWN_INFO:
        return driver ? ERROR_INVALID_PARAMETER : ERROR_CALL_NOT_IMPLEMENTED;
    default:
        return ERROR_INVALID_LEVEL;
    }
}

/* The service behind a handle that grants the access, if it has settings of that level. */
static struct service_handle *require(SC_HANDLE handle, ACCESS_MASK access, DWORD level)
{
    struct service_handle *service = service_require(handle, SERVICE_HANDLE_SERVICE, access);

    if (service == NULL)
        return NULL;
    DWORD error = check_level(service, level);

    if (error == ERROR_SUCCESS)
        return service;
    security_error(error);
    return NULL;
}

/* Only a service that starts by itself can do so late. */
static BOOL set_delayed(const struct service_handle *service,
                        const SERVICE_DELAYED_AUTO_START_INFO *delayed)
{
    if (delayed->fDelayedAutostart &&
        service_read_dword(service->key, L"Start", SERVICE_DEMAND_START) != SERVICE_AUTO_START)
        return security_error(ERROR_INVALID_PARAMETER);
    return security_result(
        service_write_dword(service->key, L"DelayedAutostart", delayed->fDelayedAutostart != 0));
}

/* Changes optional configuration: the description, and whether a program starts late. */
WINBOOL WINAPI ChangeServiceConfig2W(SC_HANDLE handle, DWORD level, LPVOID information)
{
    struct service_handle *service = require(handle, SERVICE_CHANGE_CONFIG, level);

    if (service == NULL)
        return FALSE;
    if (service_is_marked(service->key))
        return security_error(ERROR_SERVICE_MARKED_FOR_DELETE);
    if (information == NULL)
        return TRUE; /* nothing is changed */
    if (level == SERVICE_CONFIG_DELAYED_AUTO_START_INFO)
        return set_delayed(service, information);
    const WCHAR *text = ((const SERVICE_DESCRIPTIONW *)information)->lpDescription;

    if (text == NULL)
        return TRUE;
    return security_result(service_write_text(service->key, L"Description", text, REG_SZ));
}
NT_EXPORT(ChangeServiceConfig2W, 0, "pup");

/* Changes optional configuration. */
WINBOOL WINAPI ChangeServiceConfig2A(SC_HANDLE handle, DWORD level, LPVOID information)
{
    const SERVICE_DESCRIPTIONA *description = information;
    SERVICE_DESCRIPTIONW wide = {NULL};

    if (level != SERVICE_CONFIG_DESCRIPTION || information == NULL)
        return ChangeServiceConfig2W(handle, level, information);
    wide.lpDescription = security_widen(description->lpDescription);
    BOOL result = ChangeServiceConfig2W(handle, level, &wide);

    security_free(wide.lpDescription);
    return result;
}
NT_EXPORT(ChangeServiceConfig2A, 0, "pup");

static BOOL query_description(const struct service_handle *service, LPBYTE buffer, DWORD size,
                              LPDWORD needed, bool wide)
{
    SERVICE_DESCRIPTIONW *description = (SERVICE_DESCRIPTIONW *)buffer;
    WCHAR *text = service_read_text(service->key, L"Description");

    if (text == NULL)
        return FALSE;
    DWORD length = (DWORD)wcslen(text) + 1;

    *needed = sizeof(*description) + length * (wide ? sizeof(WCHAR) : 1);
    if (size < *needed) {
        security_free(text);
        return security_error(ERROR_INSUFFICIENT_BUFFER);
    }
    description->lpDescription = (WCHAR *)(description + 1);
    if (text[0] == 0)
        description->lpDescription = NULL; /* it has none */
    else if (wide)
        memcpy(description + 1, text, length * sizeof(WCHAR));
    else
        WideCharToMultiByte(CP_ACP, 0, text, (int)length, (char *)(description + 1), (int)length,
                            NULL, NULL);
    security_free(text);
    return TRUE;
}

static BOOL query(SC_HANDLE handle, DWORD level, LPBYTE buffer, DWORD size, LPDWORD needed,
                  bool wide)
{
    struct service_handle *service = require(handle, SERVICE_QUERY_CONFIG, level);

    if (service == NULL)
        return FALSE;
    if (level == SERVICE_CONFIG_DESCRIPTION)
        return query_description(service, buffer, size, needed, wide);
    *needed = sizeof(SERVICE_DELAYED_AUTO_START_INFO);
    if (size < *needed)
        return security_error(ERROR_INSUFFICIENT_BUFFER);
    ((SERVICE_DELAYED_AUTO_START_INFO *)buffer)->fDelayedAutostart =
        service_read_dword(service->key, L"DelayedAutostart", 0) != 0;
    return TRUE;
}

/* The optional configuration of a service. */
WINBOOL WINAPI QueryServiceConfig2W(SC_HANDLE handle, DWORD level, LPBYTE buffer, DWORD size,
                                    LPDWORD needed)
{
    return query(handle, level, buffer, size, needed, true);
}
NT_EXPORT(QueryServiceConfig2W, 0, "pupup");

/* The optional configuration of a service. */
WINBOOL WINAPI QueryServiceConfig2A(SC_HANDLE handle, DWORD level, LPBYTE buffer, DWORD size,
                                    LPDWORD needed)
{
    return query(handle, level, buffer, size, needed, false);
}
NT_EXPORT(QueryServiceConfig2A, 0, "pupup");
