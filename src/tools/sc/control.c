/* Commands that change the state of a service. See sc.h. */
#include "sc.h"

/* The status before a service control manager that knows only the short form. */
static void print_short(const WCHAR *name, const SERVICE_STATUS *status)
{
    SERVICE_STATUS_PROCESS full;

    memcpy(&full, status, sizeof(*status));
    full.dwProcessId = full.dwServiceFlags = 0;
    sc_print_service(name, &full, false);
}

DWORD sc_start(const struct sc_call *call)
{
    struct sc_service opened;
    SERVICE_STATUS_PROCESS status;
    DWORD needed, error;

    error =
        sc_open(call, SERVICE_START | SERVICE_QUERY_STATUS, L"StartService: OpenService", &opened);
    if (error != ERROR_SUCCESS)
        return error;
    if (!StartServiceW(opened.service, (DWORD)call->count - 1,
                       (const WCHAR **)(call->arguments + 1)))
        error = sc_failed(L"StartService");
    else if (!QueryServiceStatusEx(opened.service, SC_STATUS_PROCESS_INFO, (BYTE *)&status,
                                   sizeof(status), &needed))
        error = sc_failed(L"QueryServiceStatus");
    else
        sc_print_service(call->arguments[0], &status, true);
    sc_close(&opened);
    return error;
}

DWORD sc_delete(const struct sc_call *call)
{
    struct sc_service opened;
    DWORD error = sc_open(call, DELETE, L"OpenService", &opened);

    if (error != ERROR_SUCCESS)
        return error;
    error = DeleteService(opened.service) ? sc_succeeded(L"DeleteService")
                                          : sc_failed(L"DeleteService");
    sc_close(&opened);
    return error;
}

static DWORD send_control(const struct sc_call *call, DWORD control, DWORD access)
{
    struct sc_service opened;
    SERVICE_STATUS status;
    DWORD error = sc_open(call, access, L"OpenService", &opened);

    if (error != ERROR_SUCCESS)
        return error;
    if (ControlService(opened.service, control, &status))
        print_short(call->arguments[0], &status);
    else
        error = sc_failed(L"ControlService");
    sc_close(&opened);
    return error;
}

DWORD sc_simple_control(const struct sc_call *call)
{
    static const struct {
        const WCHAR *command;
        DWORD control, access;
    } controls[] = {
        {L"stop", SERVICE_CONTROL_STOP, SERVICE_STOP},
        {L"pause", SERVICE_CONTROL_PAUSE, SERVICE_PAUSE_CONTINUE},
        {L"continue", SERVICE_CONTROL_CONTINUE, SERVICE_PAUSE_CONTINUE},
        {L"interrogate", SERVICE_CONTROL_INTERROGATE, SERVICE_INTERROGATE},
    };
    size_t i = 0;

    while (_wcsicmp(controls[i].command, call->command) != 0)
        i++;
    return send_control(call, controls[i].control, controls[i].access);
}

DWORD sc_control(const struct sc_call *call)
{
    static const struct sc_word names[] = {
        {L"paramchange", SERVICE_CONTROL_PARAMCHANGE},
        {L"netbindadd", SERVICE_CONTROL_NETBINDADD},
        {L"netbindremove", SERVICE_CONTROL_NETBINDREMOVE},
        {L"netbindenable", SERVICE_CONTROL_NETBINDENABLE},
        {L"netbinddisable", SERVICE_CONTROL_NETBINDDISABLE},
        {NULL, 0},
    };
    WCHAR *end;
    DWORD control;

    if (sc_find_word(names, call->arguments[1], &control))
        return send_control(call, control, SERVICE_PAUSE_CONTINUE);
    control = wcstoul(call->arguments[1], &end, 0);
    if (*end != 0 || end == call->arguments[1])
        return sc_usage(call->command);
    return send_control(call, control, SERVICE_USER_DEFINED_CONTROL);
}
