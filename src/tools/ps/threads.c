/* The table of threads. See ps.h. */
#include "ps.h"

#define STATE_WAITING 5

static const struct tool_column columns[] = {
    {"pid", L"PID", TOOL_NUMBER},
    {"tid", L"TID", TOOL_NUMBER},
    {"process", L"PROCESS", TOOL_TEXT},
    {"base_priority", L"BASE", TOOL_NUMBER},
    {"priority", L"PRIO", TOOL_NUMBER},
    {"state", L"STATE", TOOL_TEXT},
    {"wait_reason", L"WAIT REASON", TOOL_TEXT},
    {"context_switches", L"SWITCHES", TOOL_NUMBER},
    {"kernel_time_100ns", NULL, TOOL_NUMBER},
    {"user_time_100ns", NULL, TOOL_NUMBER},
    {"start_address", NULL, TOOL_HEX64},
    {"teb", NULL, TOOL_HEX64},
    {"start", L"START", TOOL_TEXT},
};

struct tool_table *ps_thread_table(void)
{
    return tool_table_create(columns, TOOL_COUNT(columns));
}

/* Where the thread's own code starts: user threads all begin in ntdll. */
static ULONG_PTR start_of(const struct tool_thread *thread)
{
    return thread->win32_start_address ? thread->win32_start_address : thread->start_address;
}

static void add_thread(struct tool_table *table, const struct tool_process *process,
                       const struct tool_thread *thread, const struct tool_modules *modules,
                       HANDLE handle)
{
    UNICODE_STRING name = tool_process_name(process);
    wchar_t start[600];

    ps_describe_address(modules, handle, start_of(thread), start, TOOL_COUNT(start));
    tool_cell_number(table, process->process_id);
    tool_cell_number(table, thread->thread_id);
    tool_cell_string(table, &name);
    tool_cell_number(table, (ULONG)thread->base_priority);
    tool_cell_number(table, (ULONG)thread->priority);
    tool_cell_text(table, ps_state_name(thread->state));
    if (thread->state == STATE_WAITING)
        tool_cell_text(table, ps_wait_reason_name(thread->wait_reason));
    else
        tool_cell_none(table);
    tool_cell_number(table, thread->context_switches);
    tool_cell_number(table, (ULONG64)thread->kernel_time.QuadPart);
    tool_cell_number(table, (ULONG64)thread->user_time.QuadPart);
    tool_cell_number(table, start_of(thread));
    tool_cell_number(table, thread->teb);
    tool_cell_text(table, start);
}

static const struct tool_thread *next_thread(const struct tool_process *process,
                                             const struct tool_thread *previous)
{
    const struct tool_thread *next = NULL;

    for (ULONG i = 0; i < process->thread_count; i++) {
        const struct tool_thread *at = &process->threads[i];

        if ((!previous || at->thread_id > previous->thread_id) &&
            (!next || at->thread_id < next->thread_id))
            next = at;
    }
    return next;
}

void ps_add_threads(struct tool_table *table, const struct tool_process *process,
                    const struct tool_modules *modules)
{
    HANDLE handle = ps_open(process);
    const struct tool_thread *thread = NULL;

    /* The idle threads have no ids and start nowhere. */
    while (process->process_id != 0 && (thread = next_thread(process, thread)) != NULL)
        add_thread(table, process, thread, modules, handle);
    if (handle)
        CloseHandle(handle);
}
