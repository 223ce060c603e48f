/* The table of commands, and what they share. See sc.h. */
#include "sc.h"

static const struct {
    const WCHAR *name;
    DWORD (*run)(const struct sc_call *call);
    int minimum; /* arguments that must be there */
} commands[] = {
    {L"config", sc_config, 2},
    {L"continue", sc_simple_control, 1},
    {L"control", sc_control, 2},
    {L"create", sc_create, 2},
    {L"delete", sc_delete, 1},
    {L"description", sc_description, 1},
    {L"enumdepend", sc_enumdepend, 1},
    {L"failure", sc_failure, 2},
    {L"getdisplayname", sc_getdisplayname, 1},
    {L"getkeyname", sc_getkeyname, 1},
    {L"interrogate", sc_simple_control, 1},
    {L"pause", sc_simple_control, 1},
    {L"qc", sc_qc, 1},
    {L"qdescription", sc_qdescription, 1},
    {L"qfailure", sc_qfailure, 1},
    {L"query", sc_query, 0},
    {L"queryex", sc_query, 0},
    {L"start", sc_start, 1},
    {L"stop", sc_simple_control, 1},
};

DWORD sc_succeeded(const WCHAR *what)
{
    tool_print(L"[SC] %ls SUCCESS\n", what);
    return ERROR_SUCCESS;
}

DWORD sc_failed(const WCHAR *what)
{
    DWORD error = GetLastError(), length;
    WCHAR text[1024];

    length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error,
                            0, text, COUNT(text), NULL);
    while (length > 0 && (text[length - 1] == L'\n' || text[length - 1] == L'\r'))
        length--;
    text[length] = 0;
    tool_print(L"[SC] %ls FAILED %lu:\n\n%ls\n\n", what, error, text);
    return error;
}

SC_HANDLE sc_open_manager(const struct sc_call *call, DWORD access)
{
    SC_HANDLE manager = OpenSCManagerW(call->server, NULL, access);

    if (manager == NULL)
        sc_failed(L"OpenSCManager");
    return manager;
}

DWORD sc_open(const struct sc_call *call, DWORD access, const WCHAR *what,
              struct sc_service *opened)
{
    opened->manager = sc_open_manager(call, SC_MANAGER_CONNECT);
    if (opened->manager == NULL)
        return GetLastError();
    opened->service = OpenServiceW(opened->manager, call->arguments[0], access);
    if (opened->service != NULL)
        return ERROR_SUCCESS;
    DWORD error = sc_failed(what);

    CloseServiceHandle(opened->manager);
    return error;
}

void sc_close(struct sc_service *opened)
{
    CloseServiceHandle(opened->service);
    CloseServiceHandle(opened->manager);
}

bool sc_grow(struct sc_buffer *buffer, DWORD needed)
{
    DWORD error = GetLastError();

    if (error != ERROR_INSUFFICIENT_BUFFER && error != ERROR_MORE_DATA)
        return false;
    free(buffer->bytes);
    buffer->bytes = malloc(needed);
    buffer->size = needed;
    if (buffer->bytes == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return buffer->bytes != NULL;
}

static DWORD run(const struct sc_call *call)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (_wcsicmp(commands[i].name, call->command) != 0)
            continue;
        if (call->count < commands[i].minimum)
            return sc_usage(commands[i].name);
        return commands[i].run(call);
    }
    tool_print(L"\n*** Unrecognized Command ***\n");
    sc_help();
    return ERROR_INVALID_COMMAND_LINE;
}

int wmain(int count, WCHAR **arguments);
int wmain(int count, WCHAR **arguments)
{
    struct sc_call call = {NULL, NULL, 0, NULL};
    int next = 1;

    tool_start();
    if (next < count && arguments[next][0] == L'\\' && arguments[next][1] == L'\\')
        call.server = arguments[next++];
    if (next >= count || wcscmp(arguments[next], L"/?") == 0) {
        sc_help();
        return next >= count ? ERROR_INVALID_COMMAND_LINE : ERROR_SUCCESS;
    }
    call.command = arguments[next++];
    call.count = count - next;
    call.arguments = arguments + next;
    return (int)run(&call);
}
