/* States of services: one, those that options choose, those that depend on one. See sc.h. */
#include "sc.h"

static const struct sc_word type_names[] = {
    {L"KERNEL_DRIVER", SERVICE_KERNEL_DRIVER},
    {L"FILE_SYSTEM_DRIVER", SERVICE_FILE_SYSTEM_DRIVER},
    {L"ADAPTER", SERVICE_ADAPTER},
    {L"RECOGNIZER_DRIVER", SERVICE_RECOGNIZER_DRIVER},
    {L"WIN32_OWN_PROCESS", SERVICE_WIN32_OWN_PROCESS},
    {L"WIN32_SHARE_PROCESS", SERVICE_WIN32_SHARE_PROCESS},
    {L"WIN32", SERVICE_WIN32},
    {NULL, 0},
};

static const struct sc_word state_names[] = {
    {L"STOPPED", SERVICE_STOPPED},
    {L"START_PENDING", SERVICE_START_PENDING},
    {L"STOP_PENDING", SERVICE_STOP_PENDING},
    {L"RUNNING", SERVICE_RUNNING},
    {L"CONTINUE_PENDING", SERVICE_CONTINUE_PENDING},
    {L"PAUSE_PENDING", SERVICE_PAUSE_PENDING},
    {L"PAUSED", SERVICE_PAUSED},
    {NULL, 0},
};

const WCHAR *sc_type_name(DWORD type)
{
    const WCHAR *name = sc_word_of(type_names, type & ~(DWORD)SERVICE_INTERACTIVE_PROCESS);

    return name != NULL ? name : L"ERROR";
}

void sc_print_status(const SERVICE_STATUS_PROCESS *status, bool process)
{
    const WCHAR *state = sc_word_of(state_names, status->dwCurrentState);
    DWORD accepted = status->dwControlsAccepted;

    tool_print(L"        TYPE               : %lx  %ls  %ls\n", status->dwServiceType,
               sc_type_name(status->dwServiceType),
               status->dwServiceType & SERVICE_INTERACTIVE_PROCESS ? L"(interactive)" : L"");
    tool_print(L"        STATE              : %lx  %ls \n", status->dwCurrentState,
               state != NULL ? state : L"");
    if (status->dwCurrentState != SERVICE_STOPPED)
        tool_print(L"                                (%ls, %ls, %ls)\n",
                   accepted & SERVICE_ACCEPT_STOP ? L"STOPPABLE" : L"NOT_STOPPABLE",
                   accepted & SERVICE_ACCEPT_PAUSE_CONTINUE ? L"PAUSABLE" : L"NOT_PAUSABLE",
                   accepted & SERVICE_ACCEPT_PRESHUTDOWN ? L"ACCEPTS_PRESHUTDOWN"
                   : accepted & SERVICE_ACCEPT_SHUTDOWN  ? L"ACCEPTS_SHUTDOWN"
                                                         : L"IGNORES_SHUTDOWN");
    tool_print(L"        WIN32_EXIT_CODE    : %lu  (0x%lx)\n", status->dwWin32ExitCode,
               status->dwWin32ExitCode);
    tool_print(L"        SERVICE_EXIT_CODE  : %lu  (0x%lx)\n", status->dwServiceSpecificExitCode,
               status->dwServiceSpecificExitCode);
    tool_print(L"        CHECKPOINT         : 0x%lx\n", status->dwCheckPoint);
    tool_print(L"        WAIT_HINT          : 0x%lx\n", status->dwWaitHint);
    if (process)
        tool_print(L"        PID                : %lu\n        FLAGS              : %ls\n",
                   status->dwProcessId,
                   status->dwServiceFlags & SERVICE_RUNS_IN_SYSTEM_PROCESS
                       ? L"RUNS_IN_SYSTEM_PROCESS"
                       : L"");
}

void sc_print_service(const WCHAR *name, const SERVICE_STATUS_PROCESS *status, bool process)
{
    tool_print(L"\nSERVICE_NAME: %ls \n", name);
    sc_print_status(status, process);
}

static void print_listed(const WCHAR *name, const WCHAR *display_name,
                         const SERVICE_STATUS_PROCESS *status, bool process)
{
    tool_print(L"\nSERVICE_NAME: %ls\nDISPLAY_NAME: %ls\n", name, display_name);
    sc_print_status(status, process);
}

/* What the options of a query choose. */
struct selection {
    DWORD type, state, buffer_size, resume;
    const WCHAR *group;
    bool process; /* queryex */
};

static bool read_number(const WCHAR *text, DWORD *number)
{
    WCHAR *end;

    *number = wcstoul(text, &end, 0);
    return *end == 0 && end != text;
}

/* The second `type=` narrows what the first has chosen, so each replaces the one before. */
static bool read_option(const WCHAR *name, const WCHAR *value, struct selection *selection)
{
    static const struct sc_word types[] = {
        {L"driver", SERVICE_DRIVER},
        {L"service", SERVICE_WIN32},
        {L"all", SERVICE_TYPE_ALL & (SERVICE_DRIVER | SERVICE_ADAPTER | SERVICE_WIN32 |
                                     SERVICE_INTERACTIVE_PROCESS)},
        {L"own", SERVICE_WIN32_OWN_PROCESS},
        {L"share", SERVICE_WIN32_SHARE_PROCESS},
        {L"interact", SERVICE_INTERACTIVE_PROCESS},
        {L"kernel", SERVICE_KERNEL_DRIVER},
        {L"filesys", SERVICE_FILE_SYSTEM_DRIVER},
        {L"rec", SERVICE_RECOGNIZER_DRIVER},
        {L"adapter", SERVICE_ADAPTER},
        {NULL, 0},
    };
    static const struct sc_word states[] = {
        {L"active", SERVICE_ACTIVE},
        {L"inactive", SERVICE_INACTIVE},
        {L"all", SERVICE_STATE_ALL},
        {NULL, 0},
    };

    if (_wcsicmp(name, L"type") == 0)
        return sc_find_word(types, value, &selection->type);
    if (_wcsicmp(name, L"state") == 0)
        return sc_find_word(states, value, &selection->state);
    if (_wcsicmp(name, L"bufsize") == 0)
        return read_number(value, &selection->buffer_size);
    if (_wcsicmp(name, L"ri") == 0 || _wcsicmp(name, L"resume") == 0)
        return read_number(value, &selection->resume);
    if (_wcsicmp(name, L"group") != 0)
        return false;
    selection->group = value;
    return true;
}

/* Without a size the buffer grows as needed; with it, what does not fit is told. */
static DWORD list(SC_HANDLE manager, const struct selection *selection)
{
    struct sc_buffer buffer = {malloc(selection->buffer_size + 1), selection->buffer_size};
    DWORD needed, count, resume = selection->resume, error = ERROR_SUCCESS;

    while (!EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, selection->type, selection->state,
                                  buffer.bytes, buffer.size, &needed, &count, &resume,
                                  selection->group)) {
        error = GetLastError();
        resume =
            error == ERROR_MORE_DATA && selection->buffer_size != 0 ? resume : selection->resume;
        if (selection->buffer_size != 0 || !sc_grow(&buffer, buffer.size + needed))
            break;
        error = ERROR_SUCCESS;
    }
    if (error != ERROR_SUCCESS && error != ERROR_MORE_DATA) {
        SetLastError(error);
        error = sc_failed(L"EnumServicesStatus");
        count = 0;
    }
    const ENUM_SERVICE_STATUS_PROCESSW *services = buffer.bytes;

    for (DWORD i = 0; i < count; i++)
        print_listed(services[i].lpServiceName, services[i].lpDisplayName,
                     &services[i].ServiceStatusProcess, selection->process);
    if (error == ERROR_MORE_DATA)
        tool_print(L"Enum: more data, need %lu bytes start resume at index %lu\n", needed, resume);
    free(buffer.bytes);
    return error;
}

static DWORD query_one(const struct sc_call *call, bool process)
{
    struct sc_service opened;
    SERVICE_STATUS_PROCESS status;
    DWORD needed, error;

    error = sc_open(call, SERVICE_QUERY_STATUS, L"EnumQueryServicesStatus:OpenService", &opened);
    if (error != ERROR_SUCCESS)
        return error;
    if (QueryServiceStatusEx(opened.service, SC_STATUS_PROCESS_INFO, (BYTE *)&status,
                             sizeof(status), &needed))
        sc_print_service(call->arguments[0], &status, process);
    else
        error = sc_failed(L"QueryServiceStatus");
    sc_close(&opened);
    return error;
}

DWORD sc_query(const struct sc_call *call)
{
    struct selection selection = {.type = SERVICE_WIN32,
                                  .state = SERVICE_ACTIVE,
                                  .process = _wcsicmp(call->command, L"queryex") == 0};
    const WCHAR *value;
    WCHAR name[32];
    int index = 0;

    if (call->count == 1 && wcschr(call->arguments[0], L'=') == NULL)
        return query_one(call, selection.process);
    while (sc_next_option(call, &index, name, &value)) {
        if (!read_option(name, value, &selection))
            return sc_usage(L"query");
    }
    if (value == NULL)
        return sc_usage(L"query");
    SC_HANDLE manager = sc_open_manager(call, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);

    if (manager == NULL)
        return GetLastError();
    DWORD error = list(manager, &selection);

    CloseServiceHandle(manager);
    return error;
}

static void print_dependents(const ENUM_SERVICE_STATUSW *services, DWORD count)
{
    tool_print(L"[SC] EnumDependentServices: entriesread = %lu\n", count);
    for (DWORD i = 0; i < count; i++) {
        SERVICE_STATUS_PROCESS status = {0};

        memcpy(&status, &services[i].ServiceStatus, sizeof(services[i].ServiceStatus));
        print_listed(services[i].lpServiceName, services[i].lpDisplayName, &status, false);
    }
}

DWORD sc_enumdepend(const struct sc_call *call)
{
    struct sc_service opened;
    struct sc_buffer buffer = {NULL, 0};
    DWORD needed, count, fixed = 0;

    if (call->count > 1 && !read_number(call->arguments[1], &fixed))
        return sc_usage(call->command);
    DWORD error = sc_open(call, SERVICE_ENUMERATE_DEPENDENTS, L"OpenService", &opened);

    if (error != ERROR_SUCCESS)
        return error;
    buffer = (struct sc_buffer){malloc(fixed + 1), fixed};
    while (error == ERROR_SUCCESS &&
           !EnumDependentServicesW(opened.service, SERVICE_STATE_ALL, buffer.bytes, buffer.size,
                                   &needed, &count)) {
        if (fixed != 0 || !sc_grow(&buffer, buffer.size + needed))
            error = GetLastError();
    }
    if (error == ERROR_SUCCESS)
        print_dependents(buffer.bytes, count);
    else if (error == ERROR_MORE_DATA)
        tool_print(L"[SC] EnumDependentServices: more data, need %lu bytes\n", needed);
    else
        sc_failed(L"EnumDependentServices");
    free(buffer.bytes);
    sc_close(&opened);
    return error;
}
