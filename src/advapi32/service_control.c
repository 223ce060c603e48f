/* Starting and stopping services, which are drivers. See advapi32.h. */
#include "advapi32.h"

#define LOAD_DRIVER_PRIVILEGE 10

/* The service control manager of Windows has the privilege; here the program itself needs it. */
static void enable_load_privilege(void)
{
    TOKEN_PRIVILEGES privileges = {1, {{{LOAD_DRIVER_PRIVILEGE, 0}, SE_PRIVILEGE_ENABLED}}};
    HANDLE token;

    if (!NT_SUCCESS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token)))
        return;
    NtAdjustPrivilegesToken(token, FALSE, &privileges, sizeof(privileges), NULL, NULL);
    NtClose(token);
}

static NTSTATUS load_or_unload(const WCHAR *name, NTSTATUS(NTAPI *operation)(PUNICODE_STRING))
{
    WCHAR path[64 + SERVICE_NAME_LIMIT];
    UNICODE_STRING string;

    _snwprintf(path, ARRAY_COUNT(path),
               L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%ls", name);
    RtlInitUnicodeString(&string, path);
    enable_load_privilege();
    return operation(&string);
}

NTSTATUS service_load(const WCHAR *name)
{
    return load_or_unload(name, NtLoadDriver);
}

NTSTATUS service_unload(const WCHAR *name)
{
    return load_or_unload(name, NtUnloadDriver);
}

/* Starts a driver. Services that are programs are not supported, and say so. */
WINBOOL WINAPI StartServiceW(SC_HANDLE handle, DWORD count, LPCWSTR *arguments)
{
    struct service_handle *service = service_require(handle, SERVICE_HANDLE_SERVICE, SERVICE_START);

    (void)count, (void)arguments;
    if (service == NULL)
        return FALSE;
    DWORD error = service_start(service->name, service->key);

    return error == ERROR_SUCCESS ? TRUE : security_error(error);
}
NT_EXPORT(StartServiceW, 0, "pup");

/* Starts a driver; drivers take no arguments. */
WINBOOL WINAPI StartServiceA(SC_HANDLE handle, DWORD count, LPCSTR *arguments)
{
    (void)count, (void)arguments;
    return StartServiceW(handle, 0, NULL);
}
NT_EXPORT(StartServiceA, 0, "pup");

/* The right that a control needs; 0: there is no such control for programs to send. */
static ACCESS_MASK right_of(DWORD control)
{
    switch (control) {
    case SERVICE_CONTROL_STOP:
        return SERVICE_STOP;
    case SERVICE_CONTROL_INTERROGATE:
        return SERVICE_INTERROGATE;
    case SERVICE_CONTROL_PAUSE:
    case SERVICE_CONTROL_CONTINUE:
    case SERVICE_CONTROL_PARAMCHANGE:
    case SERVICE_CONTROL_NETBINDADD:
    case SERVICE_CONTROL_NETBINDREMOVE:
    case SERVICE_CONTROL_NETBINDENABLE:
    case SERVICE_CONTROL_NETBINDDISABLE:
        return SERVICE_PAUSE_CONTINUE;
    default:
        return control >= 128 && control <= 255 ? SERVICE_USER_DEFINED_CONTROL : 0;
    }
}

/* The driver goes now, or when the last handle of its devices is closed. */
static DWORD stop(const struct service_handle *service)
{
    if (service_has_running_dependents(service->name))
        return ERROR_DEPENDENT_SERVICES_RUNNING;
    NTSTATUS status = service_unload(service->name);

    if (status == STATUS_INVALID_DEVICE_REQUEST || /* it has no DriverUnload */
        status == STATUS_PLUGPLAY_QUERY_VETOED)    /* it does not let a device go */
        return ERROR_INVALID_SERVICE_CONTROL;
    if (!NT_SUCCESS(status))
        return RtlNtStatusToDosError(status);
    service_record(service->name,
                   service_is_loaded(service->name, service->key) ? SERVICE_STOP_PENDING
                                                                  : SERVICE_STOPPED,
                   ERROR_SUCCESS);
    return ERROR_SUCCESS;
}

static DWORD control_driver(const struct service_handle *service, DWORD control, DWORD state)
{
    if (state == SERVICE_STOPPED)
        return ERROR_SERVICE_NOT_ACTIVE;
    if (control == SERVICE_CONTROL_INTERROGATE)
        return ERROR_SUCCESS;
    if (control != SERVICE_CONTROL_STOP)
        return ERROR_INVALID_SERVICE_CONTROL;
    return state == SERVICE_STOP_PENDING ? ERROR_SERVICE_CANNOT_ACCEPT_CTRL : stop(service);
}

/* Controls a driver: it can be stopped and asked for its status. */
WINBOOL WINAPI ControlService(SC_HANDLE handle, DWORD control, LPSERVICE_STATUS status)
{
    ACCESS_MASK access = right_of(control);
    struct service_handle *service = service_require(handle, SERVICE_HANDLE_SERVICE, access);
    SERVICE_STATUS_PROCESS full;

    if (service == NULL)
        return FALSE;
    if (access == 0)
        return security_error(ERROR_INVALID_PARAMETER);
    service_fill_status(service->name, service->key, &full);
    DWORD error = control_driver(service, control, full.dwCurrentState);

    service_fill_status(service->name, service->key, &full);
    if (status != NULL)
        memcpy(status, &full, sizeof(*status));
    return error == ERROR_SUCCESS ? TRUE : security_error(error);
}
NT_EXPORT(ControlService, 0, "pup");

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
