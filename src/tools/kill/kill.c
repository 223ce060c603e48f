/* kill: end processes, as TerminateProcess does. */
#include "tools/common/tool.h"

#include <stdlib.h>

#define PROCESSES 57 /* SystemExtendedProcessInformation */

static const char help[] =
    "kill: end a process of this machine\n"
    "\n"
    "usage: kill [--exit-code N] PID|NAME\n"
    "\n"
    "NAME is the name of a program, with or without .exe; all processes of that name end, but not\n"
    "this one. The process gets no chance to clean up: its driver sees IRP_MJ_CLEANUP and\n"
    "IRP_MJ_CLOSE for what it had open.\n"
    "\n"
    "Options\n"
    "  --exit-code N    what the process ends with (default: 1); decimal or 0x...\n"
    "  --help           this text\n"
    "\n"
    "Exit codes: 0 ended, 1 no such process or not allowed, 2 wrong command line\n"
    "\n"
    "Examples\n"
    "  kill 1234\n"
    "  kill Victim\n"
    "  kill --exit-code 0xC000013A client.exe\n";

static const wchar_t *exit_code_text = L"1";

static const struct tool_option option_table[] = {
    {L"--exit-code", NULL, &exit_code_text},
};

static const struct tool_program program = {L"kill", help, option_table, TOOL_COUNT(option_table),
                                            1,       1};

static int end_process(const struct tool_process *process, UINT exit_code)
{
    UNICODE_STRING name = tool_process_name(process);
    HANDLE handle = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)process->process_id);
    BOOL ended = handle && TerminateProcess(handle, exit_code);
    DWORD error = ended ? ERROR_SUCCESS : GetLastError();

    if (handle)
        CloseHandle(handle);
    if (!ended)
        return tool_fail(L"cannot end %.*ls (%llu): %ls", (int)(name.Length / sizeof(wchar_t)),
                         name.Buffer, (unsigned long long)process->process_id,
                         tool_error_text(error));
    fputs("ended ", stdout);
    tool_write_text(stdout, name.Buffer, name.Length / sizeof(wchar_t));
    printf(" (%llu)\n", (unsigned long long)process->process_id);
    return TOOL_OK;
}

static int end_all(const struct tool_process *list, const wchar_t *wanted, UINT exit_code)
{
    const struct tool_process *process = NULL;
    unsigned long long id;
    bool by_id = tool_number(wanted, &id), found = false;
    int result = TOOL_OK;

    while ((process = tool_next_process(list, process)) != NULL) {
        if (!tool_is_process(process, wanted) ||
            (!by_id && process->process_id == GetCurrentProcessId()))
            continue;
        found = true;
        if (end_process(process, exit_code) != TOOL_OK)
            result = TOOL_FAILED;
    }
    return found ? result : tool_fail(L"there is no process %ls", wanted);
}

int wmain(int count, wchar_t **arguments)
{
    unsigned long long exit_code;
    struct tool_process *list;
    int result;

    tool_options(&program, &count, arguments);
    if (!tool_number(exit_code_text, &exit_code) || exit_code > 0xFFFFFFFF) {
        tool_fail(L"%ls is no exit code; see kill --help", exit_code_text);
        return TOOL_USAGE;
    }
    list = tool_query_system(PROCESSES);
    if (!list)
        return TOOL_FAILED;
    result = end_all(list, arguments[1], (UINT)exit_code);
    free(list);
    return result;
}
