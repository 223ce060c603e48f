/* ps: command line and the table of processes. See ps.h. */
#include "ps.h"

#include <stdlib.h>

#define EXTENDED_PROCESSES 57 /* SystemExtendedProcessInformation */
#define MODULES 11            /* SystemModuleInformation */
#define TICKS_PER_SECOND 10000000ull

static const char help[] =
    "ps: processes of this machine, and their threads\n"
    "\n"
    "usage: ps [--threads] [--json] [NAME|PID]\n"
    "\n"
    "NAME is the name of a program, with or without .exe. Without a NAME all processes are\n"
    "listed, in the order of their ids.\n"
    "\n"
    "Options\n"
    "  --threads    a line for each thread: its priorities, what it does, where it started\n"
    "  --json       an array of objects; times in units of 100 ns, memory in bytes\n"
    "  --help       this text\n"
    "\n"
    "PPID is the process that started it. BASE is the base priority, PRIO the priority that the\n"
    "scheduler uses now. CPU is kernel and user time. CLASS is \"-\" when the process may not be\n"
    "opened.\n"
    "\n"
    "Exit codes: 0 something was listed, 1 there is no such process, 2 wrong command line\n"
    "\n"
    "Examples\n"
    "  ps\n"
    "  ps --threads Victim\n"
    "      watch how a driver changes the priority of a thread\n"
    "  ps --json | jq '.[] | select(.handles > 100) | .name'\n";

static struct {
    bool threads, json;
} options;

static const struct tool_option option_table[] = {
    {L"--threads", &options.threads, NULL},
    {L"--json", &options.json, NULL},
};

static const struct tool_program program = {L"ps", help, option_table, TOOL_COUNT(option_table),
                                            0,     1};

static const struct tool_column columns[] = {
    {"pid", L"PID", TOOL_NUMBER},
    {"parent_pid", L"PPID", TOOL_NUMBER},
    {"name", L"NAME", TOOL_TEXT},
    {"session", L"SESSION", TOOL_NUMBER},
    {"threads", L"THREADS", TOOL_NUMBER},
    {"handles", L"HANDLES", TOOL_NUMBER},
    {"priority_class", L"CLASS", TOOL_TEXT},
    {"base_priority", L"BASE", TOOL_NUMBER},
    {NULL, L"CPU", TOOL_TEXT},
    {"kernel_time_100ns", NULL, TOOL_NUMBER},
    {"user_time_100ns", NULL, TOOL_NUMBER},
    {NULL, L"PRIVATE KIB", TOOL_NUMBER},
    {NULL, L"WORKING SET KIB", TOOL_NUMBER},
    {"private_bytes", NULL, TOOL_NUMBER},
    {"working_set_bytes", NULL, TOOL_NUMBER},
    {"virtual_bytes", NULL, TOOL_NUMBER},
};

/* Hours, minutes, seconds and thousandths. */
static void add_time(struct tool_table *table, unsigned long long time)
{
    unsigned long long seconds = time / TICKS_PER_SECOND;

    tool_cell_format(table, L"%llu:%02llu:%02llu.%03llu", seconds / 3600, seconds / 60 % 60,
                     seconds % 60, time % TICKS_PER_SECOND / 10000);
}

static void add_process(struct tool_table *table, const struct tool_process *process)
{
    UNICODE_STRING name = tool_process_name(process);
    HANDLE handle = ps_open(process);
    const wchar_t *class_name = ps_class_name(handle);

    tool_cell_number(table, process->process_id);
    tool_cell_number(table, process->parent_id);
    tool_cell_string(table, &name);
    tool_cell_number(table, process->session_id);
    tool_cell_number(table, process->thread_count);
    tool_cell_number(table, process->handle_count);
    if (class_name)
        tool_cell_text(table, class_name);
    else
        tool_cell_none(table);
    tool_cell_number(table, (ULONG)process->base_priority);
    add_time(table, (ULONG64)(process->kernel_time.QuadPart + process->user_time.QuadPart));
    tool_cell_number(table, (ULONG64)process->kernel_time.QuadPart);
    tool_cell_number(table, (ULONG64)process->user_time.QuadPart);
    tool_cell_number(table, process->private_bytes / 1024);
    tool_cell_number(table, process->working_set / 1024);
    tool_cell_number(table, process->private_bytes);
    tool_cell_number(table, process->working_set);
    tool_cell_number(table, process->virtual_size);
    if (handle)
        CloseHandle(handle);
}

/* @param wanted  NULL = all */
static int list(const struct tool_process *processes, const struct tool_modules *modules,
                const wchar_t *wanted)
{
    struct tool_table *table =
        options.threads ? ps_thread_table() : tool_table_create(columns, TOOL_COUNT(columns));
    const struct tool_process *process = NULL;
    bool found = false;

    while ((process = tool_next_process(processes, process)) != NULL) {
        if (wanted && !tool_is_process(process, wanted))
            continue;
        found = true;
        if (options.threads)
            ps_add_threads(table, process, modules);
        else
            add_process(table, process);
    }
    if (!found)
        return tool_fail(L"there is no process %ls", wanted);
    tool_table_print(table, options.json);
    return TOOL_OK;
}

int wmain(int count, wchar_t **arguments)
{
    struct tool_process *processes;
    struct tool_modules *modules;
    int result = TOOL_FAILED;

    tool_options(&program, &count, arguments);
    modules = tool_query_system(MODULES);
    processes = tool_query_system(EXTENDED_PROCESSES);
    if (processes && modules)
        result = list(processes, modules, count > 1 ? arguments[1] : NULL);
    free(processes);
    free(modules);
    return result;
}
