/* Commands that show how a service is configured. See sc.h. */
#include "sc.h"

static const struct sc_word start_names[] = {
    {L"BOOT_START", SERVICE_BOOT_START}, {L"SYSTEM_START", SERVICE_SYSTEM_START},
    {L"AUTO_START", SERVICE_AUTO_START}, {L"DEMAND_START", SERVICE_DEMAND_START},
    {L"DISABLED", SERVICE_DISABLED},     {NULL, 0},
};

static const struct sc_word error_names[] = {
    {L"IGNORE", SERVICE_ERROR_IGNORE},
    {L"NORMAL", SERVICE_ERROR_NORMAL},
    {L"SEVERE", SERVICE_ERROR_SEVERE},
    {L"CRITICAL", SERVICE_ERROR_CRITICAL},
    {NULL, 0},
};

static const WCHAR *name_or_error(const struct sc_word *words, DWORD value)
{
    const WCHAR *word = sc_word_of(words, value);

    return word != NULL ? word : L"ERROR";
}

static bool starts_late(SC_HANDLE service)
{
    SERVICE_DELAYED_AUTO_START_INFO late = {FALSE};
    DWORD needed;

    return QueryServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, (BYTE *)&late,
                                sizeof(late), &needed) &&
           late.fDelayedAutostart;
}

static void print_dependencies(const WCHAR *list)
{
    tool_print(L"        DEPENDENCIES       : %ls\n", list);
    if (*list == 0)
        return;
    for (list += wcslen(list) + 1; *list != 0; list += wcslen(list) + 1)
        tool_print(L"                           : %ls\n", list);
}

static void print_configuration(const WCHAR *name, SC_HANDLE service,
                                const QUERY_SERVICE_CONFIGW *config)
{
    sc_succeeded(L"QueryServiceConfig");
    tool_print(L"\nSERVICE_NAME: %ls\n", name);
    tool_print(L"        TYPE               : %lx  %ls %ls\n", config->dwServiceType,
               sc_type_name(config->dwServiceType),
               config->dwServiceType & SERVICE_INTERACTIVE_PROCESS ? L"(interactive)" : L"");
    tool_print(L"        START_TYPE         : %lx   %ls%ls\n", config->dwStartType,
               name_or_error(start_names, config->dwStartType),
               starts_late(service) ? L"  (DELAYED)" : L"");
    tool_print(L"        ERROR_CONTROL      : %lx   %ls\n", config->dwErrorControl,
               name_or_error(error_names, config->dwErrorControl));
    tool_print(L"        BINARY_PATH_NAME   : %ls\n", config->lpBinaryPathName);
    tool_print(L"        LOAD_ORDER_GROUP   : %ls\n", config->lpLoadOrderGroup);
    tool_print(L"        TAG                : %lu\n", config->dwTagId);
    tool_print(L"        DISPLAY_NAME       : %ls\n", config->lpDisplayName);
    print_dependencies(config->lpDependencies);
    tool_print(L"        SERVICE_START_NAME : %ls\n", config->lpServiceStartName);
}

/* A size that the caller gives is used as it is; else the buffer grows. False: the usage is due. */
static bool first_buffer(const struct sc_call *call, struct sc_buffer *buffer, bool *fixed)
{
    WCHAR *end;

    *fixed = call->count > 1;
    buffer->size = *fixed ? wcstoul(call->arguments[1], &end, 0) : 0;
    if (*fixed && *end != 0)
        return false;
    buffer->bytes = malloc(buffer->size + 1);
    return true;
}

/* Says how large the buffer had to be, if that was it. */
static DWORD query_failed(const WCHAR *what, DWORD needed)
{
    DWORD error = sc_failed(what);

    if (error == ERROR_INSUFFICIENT_BUFFER)
        tool_print(L"[SC] %ls needs %lu bytes\n", what, needed);
    return error;
}

DWORD sc_qc(const struct sc_call *call)
{
    struct sc_service opened;
    struct sc_buffer buffer;
    DWORD needed = 0, error;
    bool fixed;

    if (!first_buffer(call, &buffer, &fixed))
        return sc_usage(call->command);
    error = sc_open(call, SERVICE_QUERY_CONFIG, L"OpenService", &opened);
    if (error != ERROR_SUCCESS)
        goto out;
    while (!QueryServiceConfigW(opened.service, buffer.bytes, buffer.size, &needed)) {
        if (!fixed && sc_grow(&buffer, needed))
            continue;
        error = query_failed(L"QueryServiceConfig", needed);
        break;
    }
    if (error == ERROR_SUCCESS)
        print_configuration(call->arguments[0], opened.service, buffer.bytes);
    sc_close(&opened);
out:
    free(buffer.bytes);
    return error;
}

/* Asks for a part of the optional configuration and prints it. */
static DWORD query2(const struct sc_call *call, DWORD level, void (*print)(const void *bytes))
{
    struct sc_service opened;
    struct sc_buffer buffer;
    DWORD needed = 0, error;
    bool fixed;

    if (!first_buffer(call, &buffer, &fixed))
        return sc_usage(call->command);
    error = sc_open(call, SERVICE_QUERY_CONFIG, L"OpenService", &opened);
    if (error != ERROR_SUCCESS)
        goto out;
    while (!QueryServiceConfig2W(opened.service, level, buffer.bytes, buffer.size, &needed)) {
        if (!fixed && sc_grow(&buffer, needed))
            continue;
        error = query_failed(L"QueryServiceConfig2", needed);
        break;
    }
    if (error == ERROR_SUCCESS) {
        sc_succeeded(L"QueryServiceConfig2");
        tool_print(L"\nSERVICE_NAME: %ls\n", call->arguments[0]);
        print(buffer.bytes);
    }
    sc_close(&opened);
out:
    free(buffer.bytes);
    return error;
}

static void print_description(const void *bytes)
{
    const SERVICE_DESCRIPTIONW *description = bytes;

    tool_print(L"DESCRIPTION:  %ls\n",
               description->lpDescription != NULL ? description->lpDescription : L"");
}

DWORD sc_qdescription(const struct sc_call *call)
{
    return query2(call, SERVICE_CONFIG_DESCRIPTION, print_description);
}

static const WCHAR *text_or_empty(const WCHAR *text)
{
    return text != NULL ? text : L"";
}

static void print_failure_actions(const void *bytes)
{
    static const WCHAR *const names[] = {L"", L"RESTART", L"REBOOT", L"RUN PROCESS"};
    const SERVICE_FAILURE_ACTIONSW *failure = bytes;

    tool_print(L"        RESET_PERIOD (in seconds)    : %lu\n", failure->dwResetPeriod);
    tool_print(L"        REBOOT_MESSAGE               : %ls\n",
               text_or_empty(failure->lpRebootMsg));
    tool_print(L"        COMMAND_LINE                 : %ls\n", text_or_empty(failure->lpCommand));
    for (DWORD i = 0; i < failure->cActions; i++)
        tool_print(L"        %-29ls: %ls -- Delay = %lu milliseconds.\n",
                   i == 0 ? L"FAILURE_ACTIONS" : L"", names[failure->lpsaActions[i].Type & 3],
                   failure->lpsaActions[i].Delay);
}

DWORD sc_qfailure(const struct sc_call *call)
{
    return query2(call, SERVICE_CONFIG_FAILURE_ACTIONS, print_failure_actions);
}

/* One name of a service from the other; the two functions are alike. */
static DWORD translate(const struct sc_call *call, const WCHAR *what,
                       BOOL(WINAPI *function)(SC_HANDLE, LPCWSTR, LPWSTR, LPDWORD))
{
    SC_HANDLE manager = sc_open_manager(call, SC_MANAGER_CONNECT);
    WCHAR text[257];
    DWORD size = COUNT(text), error = ERROR_SUCCESS;

    if (manager == NULL)
        return GetLastError();
    if (function(manager, call->arguments[0], text, &size)) {
        sc_succeeded(what);
        tool_print(L"Name = %ls\n", text);
    } else {
        error = sc_failed(what);
    }
    CloseServiceHandle(manager);
    return error;
}

DWORD sc_getdisplayname(const struct sc_call *call)
{
    return translate(call, L"GetServiceDisplayName", GetServiceDisplayNameW);
}

DWORD sc_getkeyname(const struct sc_call *call)
{
    return translate(call, L"GetServiceKeyName", GetServiceKeyNameW);
}
