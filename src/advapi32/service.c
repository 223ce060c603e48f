/*
 * The service control manager: handles, and deleting services. Every check that a service process
 * would make is made here. See advapi32.h.
 */
#include "advapi32.h"

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

SC_HANDLE service_make_handle(const WCHAR *name, HANDLE key, ACCESS_MASK access)
{
    struct service_handle *record = security_allocate(sizeof(*record));

    if (record == NULL || (record->presence = service_presence(name)) == NULL) {
        security_free(record);
        NtClose(key);
        security_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    record->kind = SERVICE_HANDLE_SERVICE;
    record->access = map_access(access, false);
    record->key = key;
    wcscpy(record->name, name);
    return (SC_HANDLE)record;
}

BOOL service_check_name(const WCHAR *name)
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
    SC_HANDLE service = NULL;
    HANDLE key;

    if (service_require(manager, SERVICE_HANDLE_MANAGER, 0) == NULL || !service_check_name(name))
        return NULL;
    service_lock();
    DWORD error = service_open(name, &key);

    if (error == ERROR_SUCCESS)
        service = service_make_handle(name, key, access);
    else
        security_error(error);
    service_unlock();
    return service;
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

/*
 * Marks a service for deletion; see struct service_handle for when it goes. Until then it cannot
 * be started: it is disabled, too.
 */
WINBOOL WINAPI DeleteService(SC_HANDLE handle)
{
    struct service_handle *service = service_require(handle, SERVICE_HANDLE_SERVICE, DELETE);

    if (service == NULL)
        return FALSE;
    if (service_is_marked(service->key))
        return security_error(ERROR_SERVICE_MARKED_FOR_DELETE);
    NTSTATUS status = service_write_dword(service->key, L"DeleteFlag", 1);

    if (NT_SUCCESS(status))
        status = service_write_dword(service->key, L"Start", SERVICE_DISABLED);
    return security_result(status);
}
NT_EXPORT(DeleteService, 0, "p");

/* Closes a handle of the manager or of a service. */
WINBOOL WINAPI CloseServiceHandle(SC_HANDLE handle)
{
    struct service_handle *record = (struct service_handle *)handle;

    if (record == NULL || handle == INVALID_HANDLE_VALUE ||
        (record->kind != SERVICE_HANDLE_MANAGER && record->kind != SERVICE_HANDLE_SERVICE))
        return security_error(ERROR_INVALID_HANDLE);
    if (record->kind == SERVICE_HANDLE_SERVICE) {
        service_lock();
        NtClose(record->presence);
        service_purge(record->name, record->key);
        NtClose(record->key);
        service_unlock();
    }
    record->kind = SERVICE_HANDLE_CLOSED;
    security_free(record);
    return TRUE;
}
NT_EXPORT(CloseServiceHandle, 0, "p");
