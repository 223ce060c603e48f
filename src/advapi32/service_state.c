/*
 * Services as all programs of the machine see them. What a service is stands in the registry,
 * below …\Services; that its driver runs shows in the object name space. Two things are kept
 * besides, as no service process is there to remember them:
 *
 *   \BaseNamedObjects\SC_Service_NAME   an event, of which every open handle of the service has a
 *                                       handle: while it exists the service is in use
 *   …\Control\ServiceCurrent\NAME       a volatile key: the state and the exit code of a service
 *                                       that was stopped, or did not start
 *
 * Programs that change this exclude each other by a mutant. A program that ends without closing
 * its handles leaves a service to be deleted behind, which the next that looks for it deletes.
 * See advapi32.h.
 */
#include "advapi32.h"

#define CONTROL_SET L"\\Registry\\Machine\\System\\CurrentControlSet\\"
#define SERVICES_PATH CONTROL_SET L"Services"
#define RECORDS_PATH CONTROL_SET L"Control\\ServiceCurrent"
#define OBJECTS_PATH L"\\BaseNamedObjects\\SC_"
#define PATH_LIMIT (80 + SERVICE_NAME_LIMIT)

static HANDLE database_lock;

void service_lock(void)
{
    UNICODE_STRING name;

    if (database_lock == NULL) {
        HANDLE mutant = NULL;

        RtlInitUnicodeString(&name, OBJECTS_PATH L"Database");
        OBJECT_ATTRIBUTES attributes = user_attributes(&name, NULL, OBJ_OPENIF);

        NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, &attributes, FALSE);
        if (InterlockedCompareExchangePointer(&database_lock, mutant, NULL) != NULL)
            NtClose(mutant);
    }
    NtWaitForSingleObject(database_lock, FALSE, NULL);
}

void service_unlock(void)
{
    NtReleaseMutant(database_lock, NULL);
}

static NTSTATUS open_or_create(HANDLE root, const WCHAR *path, ULONG options, bool create,
                               HANDLE *key, bool *created)
{
    ULONG disposition = REG_OPENED_EXISTING_KEY;
    UNICODE_STRING string;
    NTSTATUS status;

    RtlInitUnicodeString(&string, path);
    OBJECT_ATTRIBUTES attributes = user_attributes(&string, root, OBJ_CASE_INSENSITIVE);

    if (create)
        status = NtCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, NULL, options, &disposition);
    else
        status = NtOpenKey(key, KEY_ALL_ACCESS, &attributes);
    if (created != NULL)
        *created = disposition == REG_CREATED_NEW_KEY;
    return status;
}

static NTSTATUS open_service_key(const WCHAR *name, bool create, HANDLE *key, bool *created)
{
    WCHAR path[PATH_LIMIT];

    _snwprintf(path, ARRAY_COUNT(path), SERVICES_PATH L"\\%ls", name);
    return open_or_create(NULL, path, REG_OPTION_NON_VOLATILE, create, key, created);
}

/* A key without a type is no service, but what drivers keep there. */
static bool is_service(HANDLE key)
{
    return service_read_dword(key, L"Type", 0) != 0;
}

DWORD service_open(const WCHAR *name, HANDLE *key)
{
    NTSTATUS status = open_service_key(name, false, key, NULL);

    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return ERROR_SERVICE_DOES_NOT_EXIST;
    if (!NT_SUCCESS(status))
        return RtlNtStatusToDosError(status);
    if (is_service(*key) && !service_purge(name, *key))
        return ERROR_SUCCESS;
    NtClose(*key);
    return ERROR_SERVICE_DOES_NOT_EXIST;
}

DWORD service_make_key(const WCHAR *name, HANDLE *key)
{
    bool created;
    DWORD error = service_open(name, key);

    if (error == ERROR_SUCCESS) {
        error = service_is_marked(*key) ? ERROR_SERVICE_MARKED_FOR_DELETE : ERROR_SERVICE_EXISTS;
        NtClose(*key);
        return error;
    }
    if (error != ERROR_SERVICE_DOES_NOT_EXIST)
        return error;
    NTSTATUS status = open_service_key(name, true, key, &created);

    return NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
}

static void presence_name(const WCHAR *name, WCHAR path[PATH_LIMIT], UNICODE_STRING *string)
{
    _snwprintf(path, PATH_LIMIT, OBJECTS_PATH L"Service_%ls", name);
    RtlInitUnicodeString(string, path);
}

HANDLE service_presence(const WCHAR *name)
{
    WCHAR path[PATH_LIMIT];
    UNICODE_STRING string;
    HANDLE event = NULL;

    presence_name(name, path, &string);
    OBJECT_ATTRIBUTES attributes =
        user_attributes(&string, NULL, OBJ_OPENIF | OBJ_CASE_INSENSITIVE);

    NtCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, 0 /* NotificationEvent */, FALSE);
    return event;
}

static bool is_open(const WCHAR *name)
{
    WCHAR path[PATH_LIMIT];
    UNICODE_STRING string;
    HANDLE event;

    presence_name(name, path, &string);
    OBJECT_ATTRIBUTES attributes = user_attributes(&string, NULL, OBJ_CASE_INSENSITIVE);

    if (!NT_SUCCESS(NtOpenEvent(&event, SYNCHRONIZE, &attributes)))
        return false;
    NtClose(event);
    return true;
}

static NTSTATUS open_record(const WCHAR *name, bool create, HANDLE *key)
{
    HANDLE records;
    NTSTATUS status =
        open_or_create(NULL, RECORDS_PATH, REG_OPTION_VOLATILE, create, &records, NULL);

    if (!NT_SUCCESS(status))
        return status;
    status = open_or_create(records, name, REG_OPTION_VOLATILE, create, key, NULL);
    NtClose(records);
    return status;
}

void service_delete_key(HANDLE key)
{
    RegDeleteTreeW(key, NULL);
    NtDeleteKey(key);
}

static bool is_leftover(const WCHAR *name, HANDLE key)
{
    return service_is_marked(key) && !is_open(name) && !service_is_loaded(name, key);
}

bool service_purge(const WCHAR *name, HANDLE key)
{
    HANDLE record;

    if (!is_leftover(name, key))
        return false;
    service_delete_key(key);
    if (NT_SUCCESS(open_record(name, false, &record))) {
        NtDeleteKey(record);
        NtClose(record);
    }
    return true;
}

DWORD service_read_dword(HANDLE key, const WCHAR *value, DWORD missing)
{
    DWORD number, size = sizeof(number), type;
    LSTATUS error = RegQueryValueExW(key, value, NULL, &type, (LPBYTE)&number, &size);

    return error == ERROR_SUCCESS && type == REG_DWORD && size == sizeof(number) ? number : missing;
}

NTSTATUS service_write_dword(HANDLE key, const WCHAR *value, DWORD number)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, value);
    return NtSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof(number));
}

WCHAR *service_read_text(HANDLE key, const WCHAR *value)
{
    DWORD bytes = 0;
    LSTATUS error = RegQueryValueExW(key, value, NULL, NULL, NULL, &bytes);
    WCHAR *text = security_allocate(bytes + 2 * sizeof(WCHAR));

    if (text != NULL && error == ERROR_SUCCESS)
        RegQueryValueExW(key, value, NULL, NULL, (LPBYTE)text, &bytes);
    return text;
}

size_t service_list_length(const WCHAR *list)
{
    const WCHAR *at = list;

    while (*at != 0)
        at += wcslen(at) + 1;
    return (size_t)(at - list) + 1;
}

NTSTATUS service_write_text(HANDLE key, const WCHAR *value, const WCHAR *text, DWORD type)
{
    UNICODE_STRING name;
    size_t length = type == REG_MULTI_SZ ? service_list_length(text) : wcslen(text) + 1;

    RtlInitUnicodeString(&name, value);
    if (text[0] != 0)
        return NtSetValueKey(key, &name, 0, type, (void *)text, (ULONG)(length * sizeof(WCHAR)));
    NTSTATUS status = NtDeleteValueKey(key, &name);

    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
}

/* Does the object directory have an entry of that name? */
static bool directory_has(const WCHAR *directory, const WCHAR *name)
{
    __attribute__((aligned(8))) char buffer[1024];
    const OBJECT_DIRECTORY_INFORMATION *entry = (const void *)buffer;
    UNICODE_STRING path, wanted;
    HANDLE handle;
    ULONG context = 0;
    bool found = false;

    RtlInitUnicodeString(&path, directory);
    RtlInitUnicodeString(&wanted, name);
    OBJECT_ATTRIBUTES attributes = user_attributes(&path, NULL, OBJ_CASE_INSENSITIVE);

    if (!NT_SUCCESS(NtOpenDirectoryObject(&handle, 3, &attributes)))
        return false;
    while (!found && NT_SUCCESS(NtQueryDirectoryObject(handle, buffer, sizeof(buffer), TRUE,
                                                       context == 0, &context, NULL)))
        found = RtlEqualUnicodeString(&entry->Name, &wanted, TRUE);
    NtClose(handle);
    return found;
}

bool service_is_driver(DWORD type)
{
    return (type & SERVICE_DRIVER) != 0;
}

/* The driver object is called as ObjectName says, or else after the service and its type. */
bool service_is_loaded(const WCHAR *name, HANDLE key)
{
    DWORD type = service_read_dword(key, L"Type", SERVICE_KERNEL_DRIVER);
    bool file_system = type & (SERVICE_FILE_SYSTEM_DRIVER | SERVICE_RECOGNIZER_DRIVER);
    WCHAR *object = service_read_text(key, L"ObjectName");

    if (object == NULL || !service_is_driver(type)) {
        security_free(object);
        return false;
    }
    WCHAR *last = object[0] == L'\\' ? wcsrchr(object, L'\\') : NULL;
    bool found;

    if (last != NULL && last != object) {
        *last = 0;
        found = directory_has(object, last + 1);
    } else {
        found = directory_has(file_system ? L"\\FileSystem" : L"\\Driver", name);
    }
    security_free(object);
    return found;
}

bool service_is_marked(HANDLE key)
{
    return service_read_dword(key, L"DeleteFlag", 0) != 0;
}

void service_record(const WCHAR *name, DWORD state, DWORD exit_code)
{
    HANDLE key;

    if (!NT_SUCCESS(open_record(name, true, &key)))
        return;
    service_write_dword(key, L"State", state);
    service_write_dword(key, L"Win32ExitCode", exit_code);
    NtClose(key);
}

void service_fill_status(const WCHAR *name, HANDLE key, SERVICE_STATUS_PROCESS *status)
{
    DWORD exit_code = ERROR_SERVICE_NEVER_STARTED, state = SERVICE_STOPPED;
    HANDLE record;

    if (NT_SUCCESS(open_record(name, false, &record))) {
        exit_code = service_read_dword(record, L"Win32ExitCode", exit_code);
        state = service_read_dword(record, L"State", state);
        NtClose(record);
    }
    memset(status, 0, sizeof(*status));
    status->dwServiceType = service_read_dword(key, L"Type", SERVICE_KERNEL_DRIVER);
    if (!service_is_loaded(name, key)) {
        status->dwCurrentState = SERVICE_STOPPED;
        status->dwWin32ExitCode = exit_code;
    } else if (state == SERVICE_STOP_PENDING) {
        status->dwCurrentState = state;
    } else {
        status->dwCurrentState = SERVICE_RUNNING;
        status->dwControlsAccepted = SERVICE_ACCEPT_STOP;
    }
}

DWORD service_walk_begin(struct service_walk *walk)
{
    NTSTATUS status =
        open_or_create(NULL, SERVICES_PATH, REG_OPTION_NON_VOLATILE, false, &walk->services, NULL);

    walk->index = 0;
    walk->key = NULL;
    return NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
}

/* Keys that are no services are passed over, and services that only wait to be deleted. */
bool service_walk_next(struct service_walk *walk)
{
    DWORD size = ARRAY_COUNT(walk->name);

    for (;;) {
        if (walk->key != NULL)
            NtClose(walk->key);
        walk->key = NULL;
        if (RegEnumKeyExW(walk->services, walk->index, walk->name, &size, NULL, NULL, NULL, NULL) !=
            ERROR_SUCCESS)
            return false;
        walk->index++;
        size = ARRAY_COUNT(walk->name);
        if (NT_SUCCESS(open_or_create(walk->services, walk->name, 0, false, &walk->key, NULL)) &&
            is_service(walk->key) && !is_leftover(walk->name, walk->key))
            return true;
    }
}

void service_walk_end(struct service_walk *walk)
{
    if (walk->key != NULL)
        NtClose(walk->key);
    NtClose(walk->services);
}
