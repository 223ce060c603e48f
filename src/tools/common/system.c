/* Lists of the system, by NtQuerySystemInformation. See tool.h. */
#include "tool.h"

#include <stdlib.h>

#define STATUS_TOO_SMALL ((NTSTATUS)0xC0000004) /* STATUS_INFO_LENGTH_MISMATCH */
#define LARGEST (256u << 20)

_Static_assert(sizeof(struct tool_thread) == 0x88, "SYSTEM_EXTENDED_THREAD_INFORMATION");
_Static_assert(offsetof(struct tool_process, threads) == 0x100, "SYSTEM_PROCESS_INFORMATION");
_Static_assert(offsetof(struct tool_process, working_set) == 0x90, "VM_COUNTERS");
_Static_assert(sizeof(struct tool_module) == 0x128, "RTL_PROCESS_MODULE_INFORMATION");

NTSTATUS tool_ask_system(ULONG information_class, void **answer)
{
    NTSTATUS status = STATUS_TOO_SMALL;

    *answer = NULL;
    for (ULONG size = 0x10000; status == STATUS_TOO_SMALL && size <= LARGEST; size *= 2) {
        free(*answer);
        *answer = tool_allocate(size);
        status = NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)information_class, *answer,
                                          size, NULL);
    }
    if (!NT_SUCCESS(status)) {
        free(*answer);
        *answer = NULL;
    }
    return status;
}

void *tool_query_system(ULONG information_class)
{
    void *answer;
    NTSTATUS status = tool_ask_system(information_class, &answer);

    if (!NT_SUCCESS(status))
        tool_fail(L"the system does not answer class %lu: %ls", information_class,
                  tool_status_text(status));
    return answer;
}

const struct tool_process *tool_next_process(const struct tool_process *list,
                                             const struct tool_process *previous)
{
    const struct tool_process *next = NULL;

    for (const struct tool_process *at = list;;
         at = (const struct tool_process *)((const char *)at + at->next_offset)) {
        if ((!previous || at->process_id > previous->process_id) &&
            (!next || at->process_id < next->process_id))
            next = at;
        if (at->next_offset == 0)
            return next;
    }
}

const struct tool_process *tool_find_process(const struct tool_process *list, ULONG_PTR id)
{
    const struct tool_process *process = NULL;

    while ((process = tool_next_process(list, process)) != NULL)
        if (process->process_id == id)
            return process;
    return NULL;
}

UNICODE_STRING tool_process_name(const struct tool_process *process)
{
    static wchar_t idle[] = L"Idle";

    if (process->name.Buffer)
        return process->name;
    return (UNICODE_STRING){sizeof(idle) - sizeof(wchar_t), sizeof(idle), idle};
}

bool tool_is_process(const struct tool_process *process, const wchar_t *argument)
{
    UNICODE_STRING name = tool_process_name(process);
    size_t length = wcslen(argument), units = name.Length / sizeof(wchar_t);
    unsigned long long id;

    if (tool_number(argument, &id))
        return process->process_id == id;
    return units >= length && _wcsnicmp(name.Buffer, argument, length) == 0 &&
           (units == length ||
            (units == length + 4 && _wcsnicmp(name.Buffer + length, L".exe", 4) == 0));
}

const struct tool_module *tool_find_module(const struct tool_modules *modules, ULONG_PTR address)
{
    for (ULONG i = 0; i < modules->count; i++)
        if (address - modules->modules[i].base < modules->modules[i].size)
            return &modules->modules[i];
    return NULL;
}
