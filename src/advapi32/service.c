/*
 * The service control manager: handles, starting and stopping drivers, creating and deleting
 * services. Every check that a service process would make is made here. See advapi32.h.
 */
#include "advapi32.h"

#define LOAD_DRIVER_PRIVILEGE 10

static LIST_ENTRY service_handles;
static SRWLOCK handles_lock = SRWLOCK_INIT;

static void lock_handles(void)
{
    RtlAcquireSRWLockExclusive((PRTL_SRWLOCK)&handles_lock);
    if (service_handles.Flink == NULL)
        service_handles.Flink = service_handles.Blink = &service_handles;
}

static void unlock_handles(void)
{
    RtlReleaseSRWLockExclusive((PRTL_SRWLOCK)&handles_lock);
}

struct service_handle *service_require(SC_HANDLE handle, ULONG kind, ACCESS_MASK access)
{
    struct service_handle *record = (struct service_handle *)handle;

    if (record == NULL || (handle == INVALID_HANDLE_VALUE) || record->kind != kind) {
        security_error(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if ((record->access & access) != access) {
        security_error(ERROR_ACCESS_DENIED);
        return NULL;
    }
    return record;
}

/* Generic rights become the specific ones of their kind. */
static ACCESS_MASK map_access(ACCESS_MASK access, bool manager)
{
    ACCESS_MASK all = manager ? SC_MANAGER_ALL_ACCESS : SERVICE_ALL_ACCESS;

    if (access & (GENERIC_ALL | MAXIMUM_ALLOWED))
        return all;
    if (access & GENERIC_READ)
        access |= manager ? SC_MANAGER_ENUMERATE_SERVICE | SC_MANAGER_QUERY_LOCK_STATUS
                          : SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS | SERVICE_INTERROGATE |
                                SERVICE_ENUMERATE_DEPENDENTS;
    if (access & GENERIC_WRITE)
        access |= manager ? SC_MANAGER_CREATE_SERVICE | SC_MANAGER_MODIFY_BOOT_CONFIG
                          : SERVICE_CHANGE_CONFIG;
    if (access & GENERIC_EXECUTE)
        access |= manager ? SC_MANAGER_CONNECT | SC_MANAGER_LOCK
                          : SERVICE_START | SERVICE_STOP | SERVICE_PAUSE_CONTINUE |
                                SERVICE_USER_DEFINED_CONTROL;
    return access;
}

/* Opens the service control manager. */
SC_HANDLE WINAPI OpenSCManagerW(LPCWSTR machine, LPCWSTR database, DWORD access)
{
    if (machine != NULL && machine[0] != 0 && wcscmp(machine, L".") != 0 &&
        _wcsicmp(machine, L"localhost") != 0) {
        security_error(RPC_S_SERVER_UNAVAILABLE);
        return NULL;
    }
    if (database != NULL && _wcsicmp(database, SERVICES_ACTIVE_DATABASEW) != 0) {
        security_error(_wcsicmp(database, SERVICES_FAILED_DATABASEW) == 0
                           ? ERROR_DATABASE_DOES_NOT_EXIST
                           : ERROR_INVALID_NAME);
        return NULL;
    }
    struct service_handle *record = security_allocate(sizeof(*record));

    if (record != NULL) {
        record->kind = SERVICE_HANDLE_MANAGER;
        record->access = map_access(access, true) | SC_MANAGER_CONNECT;
    }
    return (SC_HANDLE)record;
}
NT_EXPORT(OpenSCManagerW, 0, "wwu");

/* Opens the service control manager. */
SC_HANDLE WINAPI OpenSCManagerA(LPCSTR machine, LPCSTR database, DWORD access)
{
    WCHAR *wide_machine = security_widen(machine), *wide_database = security_widen(database);
    SC_HANDLE manager = OpenSCManagerW(wide_machine, wide_database, access);

    security_free(wide_machine);
    security_free(wide_database);
    return manager;
}
NT_EXPORT(OpenSCManagerA, 0, "ssu");

static SC_HANDLE make_service_handle(const WCHAR *name, HANDLE key, ACCESS_MASK access)
{
    struct service_handle *record = security_allocate(sizeof(*record));

    if (record == NULL) {
        NtClose(key);
        return NULL;
    }
    record->kind = SERVICE_HANDLE_SERVICE;
    record->access = map_access(access, false);
    record->key = key;
    memcpy(record->name, name, (wcslen(name) + 1) * sizeof(WCHAR));
    lock_handles();
    record->link.Flink = &service_handles;
    record->link.Blink = service_handles.Blink;
    service_handles.Blink->Flink = &record->link;
    service_handles.Blink = &record->link;
    unlock_handles();
    return (SC_HANDLE)record;
}

static BOOL check_name(const WCHAR *name)
{
    if (name == NULL)
        return security_error(ERROR_INVALID_ADDRESS);
    size_t length = wcslen(name);

    if (length == 0 || length > SERVICE_NAME_LIMIT || wcschr(name, L'/') || wcschr(name, L'\\'))
        return security_error(ERROR_INVALID_NAME);
    return TRUE;
}

/* Opens a service. */
SC_HANDLE WINAPI OpenServiceW(SC_HANDLE manager, LPCWSTR name, DWORD access)
{
    HANDLE key;

    if (service_require(manager, SERVICE_HANDLE_MANAGER, 0) == NULL || !check_name(name))
        return NULL;
    NTSTATUS status = service_open_key(name, false, &key, NULL);

    if (!NT_SUCCESS(status)) {
        security_result(status);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND)
            security_error(ERROR_SERVICE_DOES_NOT_EXIST);
        return NULL;
    }
    return make_service_handle(name, key, access);
}
NT_EXPORT(OpenServiceW, 0, "pwu");

/* Opens a service. */
SC_HANDLE WINAPI OpenServiceA(SC_HANDLE manager, LPCSTR name, DWORD access)
{
    WCHAR *wide = security_widen(name);
    SC_HANDLE service = OpenServiceW(manager, wide, access);

    security_free(wide);
    return service;
}
NT_EXPORT(OpenServiceA, 0, "psu");

static BOOL check_configuration(DWORD type, DWORD start, DWORD error_control, LPCWSTR path)
{
    DWORD kind = type & ~(DWORD)SERVICE_INTERACTIVE_PROCESS;
    bool driver = kind == SERVICE_KERNEL_DRIVER || kind == SERVICE_FILE_SYSTEM_DRIVER;
    bool program = kind == SERVICE_WIN32_OWN_PROCESS || kind == SERVICE_WIN32_SHARE_PROCESS;

    if ((!driver && !program) || start > SERVICE_DISABLED ||
        error_control > SERVICE_ERROR_CRITICAL || (program && start < SERVICE_AUTO_START) ||
        path == NULL || path[0] == 0)
        return security_error(ERROR_INVALID_PARAMETER);
    return TRUE;
}

static NTSTATUS write_configuration(HANDLE key, LPCWSTR display_name, DWORD type, DWORD start,
                                    DWORD error_control, LPCWSTR path, LPCWSTR group)
{
    NTSTATUS status = service_write_dword(key, L"Type", type);

    if (NT_SUCCESS(status))
        status = service_write_dword(key, L"Start", start);
    if (NT_SUCCESS(status))
        status = service_write_dword(key, L"ErrorControl", error_control);
    if (NT_SUCCESS(status))
        status = service_write_image_path(key, path);
    if (NT_SUCCESS(status) && display_name != NULL)
        status = service_write_string(key, L"DisplayName", display_name, REG_SZ);
    if (NT_SUCCESS(status) && group != NULL && group[0] != 0)
        status = service_write_string(key, L"Group", group, REG_SZ);
    return status;
}

/* Creates a service. */
SC_HANDLE WINAPI CreateServiceW(SC_HANDLE manager, LPCWSTR name, LPCWSTR display_name, DWORD access,
                                DWORD type, DWORD start, DWORD error_control, LPCWSTR path,
                                LPCWSTR group, LPDWORD tag, LPCWSTR dependencies, LPCWSTR account,
                                LPCWSTR password)
{
    HANDLE key;
    bool created;

    (void)dependencies, (void)account, (void)password;
    if (service_require(manager, SERVICE_HANDLE_MANAGER, SC_MANAGER_CREATE_SERVICE) == NULL ||
        !check_name(name) || !check_configuration(type, start, error_control, path))
        return NULL;
    NTSTATUS status = service_open_key(name, true, &key, &created);

    if (!security_result(status))
        return NULL;
    if (!created) {
        security_error(service_is_marked(key) ? ERROR_SERVICE_MARKED_FOR_DELETE
                                              : ERROR_SERVICE_EXISTS);
        NtClose(key);
        return NULL;
    }
    status = write_configuration(key, display_name != NULL ? display_name : name, type, start,
                                 error_control, path, group);
    if (!security_result(status)) {
        NtDeleteKey(key);
        NtClose(key);
        return NULL;
    }
    if (tag != NULL)
        *tag = 0;
    return make_service_handle(name, key, access);
}
NT_EXPORT(CreateServiceW, 0, "pwwuuuuwwpwww");

/* Creates a service. */
SC_HANDLE WINAPI CreateServiceA(SC_HANDLE manager, LPCSTR name, LPCSTR display_name, DWORD access,
                                DWORD type, DWORD start, DWORD error_control, LPCSTR path,
                                LPCSTR group, LPDWORD tag, LPCSTR dependencies, LPCSTR account,
                                LPCSTR password)
{
    WCHAR *wide_name = security_widen(name), *wide_display = security_widen(display_name);
    WCHAR *wide_path = security_widen(path), *wide_group = security_widen(group);
    SC_HANDLE service = CreateServiceW(manager, wide_name, wide_display, access, type, start,
                                       error_control, wide_path, wide_group, tag, NULL, NULL, NULL);

    (void)dependencies, (void)account, (void)password;
    security_free(wide_name);
    security_free(wide_display);
    security_free(wide_path);
    security_free(wide_group);
    return service;
}
NT_EXPORT(CreateServiceA, 0, "pssuuuusspsss");

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

/* Starts a driver. Services that are programs are not supported, and say so. */
WINBOOL WINAPI StartServiceW(SC_HANDLE handle, DWORD count, LPCWSTR *arguments)
{
    struct service_handle *service = service_require(handle, SERVICE_HANDLE_SERVICE, SERVICE_START);

    (void)count, (void)arguments;
    if (service == NULL)
        return FALSE;
    DWORD type = service_read_dword(service->key, L"Type", SERVICE_KERNEL_DRIVER);

    if (service_is_marked(service->key))
        return security_error(ERROR_SERVICE_MARKED_FOR_DELETE);
    if (service_read_dword(service->key, L"Start", SERVICE_DEMAND_START) == SERVICE_DISABLED)
        return security_error(ERROR_SERVICE_DISABLED);
    if (!(type & (SERVICE_KERNEL_DRIVER | SERVICE_FILE_SYSTEM_DRIVER)))
        return security_error(ERROR_CALL_NOT_IMPLEMENTED);
    if (service_is_loaded(service->name, type))
        return security_error(ERROR_SERVICE_ALREADY_RUNNING);
    return security_result(load_or_unload(service->name, NtLoadDriver));
}
NT_EXPORT(StartServiceW, 0, "pup");

/* Starts a driver; drivers take no arguments. */
WINBOOL WINAPI StartServiceA(SC_HANDLE handle, DWORD count, LPCSTR *arguments)
{
    (void)count, (void)arguments;
    return StartServiceW(handle, 0, NULL);
}
NT_EXPORT(StartServiceA, 0, "pup");

static void report_status(const struct service_handle *service, LPSERVICE_STATUS status)
{
    SERVICE_STATUS_PROCESS full;

    service_fill_status(service->name, service->key, &full);
    if (status != NULL)
        memcpy(status, &full, sizeof(*status));
}

static BOOL stop(const struct service_handle *service, LPSERVICE_STATUS status)
{
    NTSTATUS result = load_or_unload(service->name, NtUnloadDriver);

    report_status(service, status);
    if (NT_SUCCESS(result)) {
        if (status != NULL && status->dwCurrentState == SERVICE_RUNNING)
            status->dwCurrentState = SERVICE_STOP_PENDING; /* somebody still has a handle open */
        return TRUE;
    }
    if (result == STATUS_INVALID_DEVICE_REQUEST || /* it has no DriverUnload */
        result == STATUS_PLUGPLAY_QUERY_VETOED)    /* it does not let a device go */
        return security_error(ERROR_INVALID_SERVICE_CONTROL);
    return security_result(result);
}

/* Controls a driver: it can be stopped and asked for its status. */
WINBOOL WINAPI ControlService(SC_HANDLE handle, DWORD control, LPSERVICE_STATUS status)
{
    ACCESS_MASK access = control == SERVICE_CONTROL_STOP          ? SERVICE_STOP
                         : control == SERVICE_CONTROL_INTERROGATE ? SERVICE_INTERROGATE
                         : control <= SERVICE_CONTROL_CONTINUE    ? SERVICE_PAUSE_CONTINUE
                                                                  : SERVICE_USER_DEFINED_CONTROL;
    struct service_handle *service = service_require(handle, SERVICE_HANDLE_SERVICE, access);

    if (service == NULL)
        return FALSE;
    if (control == 0 || control > 255)
        return security_error(ERROR_INVALID_PARAMETER);
    DWORD type = service_read_dword(service->key, L"Type", SERVICE_KERNEL_DRIVER);

    if (!service_is_loaded(service->name, type)) {
        report_status(service, status);
        return security_error(ERROR_SERVICE_NOT_ACTIVE);
    }
    if (control == SERVICE_CONTROL_STOP)
        return stop(service, status);
    report_status(service, status);
    if (control == SERVICE_CONTROL_INTERROGATE)
        return TRUE;
    return security_error(ERROR_INVALID_SERVICE_CONTROL);
}
NT_EXPORT(ControlService, 0, "pup");

/* Marks a service for deletion; see struct service_handle for when it goes. */
WINBOOL WINAPI DeleteService(SC_HANDLE handle)
{
    struct service_handle *service = service_require(handle, SERVICE_HANDLE_SERVICE, DELETE);

    if (service == NULL)
        return FALSE;
    if (service_is_marked(service->key))
        return security_error(ERROR_SERVICE_MARKED_FOR_DELETE);
    return security_result(service_write_dword(service->key, L"DeleteFlag", 1));
}
NT_EXPORT(DeleteService, 0, "p");

/* Is another handle of this service open in this process? Called with the handles locked. */
static bool is_last_handle(const struct service_handle *service)
{
    for (LIST_ENTRY *link = service_handles.Flink; link != &service_handles; link = link->Flink) {
        const struct service_handle *other = CONTAINING_RECORD(link, struct service_handle, link);

        if (other != service && _wcsicmp(other->name, service->name) == 0)
            return false;
    }
    return true;
}

static void close_service(struct service_handle *service)
{
    lock_handles();
    bool last = is_last_handle(service);

    service->link.Flink->Blink = service->link.Blink;
    service->link.Blink->Flink = service->link.Flink;
    unlock_handles();
    if (last && service_is_marked(service->key) &&
        !service_is_loaded(service->name, service_read_dword(service->key, L"Type", 0))) {
        RegDeleteTreeW(service->key, NULL);
        NtDeleteKey(service->key);
    }
    NtClose(service->key);
}

/* Closes a handle of the manager or of a service. */
WINBOOL WINAPI CloseServiceHandle(SC_HANDLE handle)
{
    struct service_handle *record = (struct service_handle *)handle;

    if (record == NULL || handle == INVALID_HANDLE_VALUE ||
        (record->kind != SERVICE_HANDLE_MANAGER && record->kind != SERVICE_HANDLE_SERVICE))
        return security_error(ERROR_INVALID_HANDLE);
    if (record->kind == SERVICE_HANDLE_SERVICE)
        close_service(record);
    record->kind = SERVICE_HANDLE_CLOSED;
    security_free(record);
    return TRUE;
}
NT_EXPORT(CloseServiceHandle, 0, "p");
