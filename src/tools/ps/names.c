/* What the numbers of a process or thread mean. See ps.h. */
#include "ps.h"

#define MEMORY_MAPPED_FILE_NAME 2 /* of NtQueryVirtualMemory */
#define MODULE_UNITS 520

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE process, PVOID address, ULONG information_class,
                                    PVOID buffer, SIZE_T length, PSIZE_T return_length);

/* KTHREAD_STATE */
const wchar_t *ps_state_name(ULONG state)
{
    static const wchar_t *const names[] = {
        L"initialized", L"ready",      L"running",        L"standby",   L"terminated",
        L"waiting",     L"transition", L"deferred ready", L"gate wait", L"wait for process in swap",
    };

    return state < TOOL_COUNT(names) ? names[state] : L"?";
}

/* KWAIT_REASON, spelled as wdm.h does. */
const wchar_t *ps_wait_reason_name(ULONG reason)
{
    static const wchar_t *const names[] = {
        L"Executive",        L"FreePage",          L"PageIn",
        L"PoolAllocation",   L"DelayExecution",    L"Suspended",
        L"UserRequest",      L"WrExecutive",       L"WrFreePage",
        L"WrPageIn",         L"WrPoolAllocation",  L"WrDelayExecution",
        L"WrSuspended",      L"WrUserRequest",     L"WrEventPair",
        L"WrQueue",          L"WrLpcReceive",      L"WrLpcReply",
        L"WrVirtualMemory",  L"WrPageOut",         L"WrRendezvous",
        L"WrKeyedEvent",     L"WrTerminated",      L"WrProcessInSwap",
        L"WrCpuRateControl", L"WrCalloutStack",    L"WrKernel",
        L"WrResource",       L"WrPushLock",        L"WrMutex",
        L"WrQuantumEnd",     L"WrDispatchInt",     L"WrPreempted",
        L"WrYieldExecution", L"WrFastMutex",       L"WrGuardedMutex",
        L"WrRundown",        L"WrAlertByThreadId", L"WrDeferredPreempt",
    };

    return reason < TOOL_COUNT(names) ? names[reason] : L"?";
}

HANDLE ps_open(const struct tool_process *process)
{
    if (process->process_id == 0)
        return NULL;
    return OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)process->process_id);
}

const wchar_t *ps_class_name(HANDLE process)
{
    static const struct {
        DWORD number;
        const wchar_t *name;
    } classes[] = {
        {IDLE_PRIORITY_CLASS, L"idle"},     {BELOW_NORMAL_PRIORITY_CLASS, L"below normal"},
        {NORMAL_PRIORITY_CLASS, L"normal"}, {ABOVE_NORMAL_PRIORITY_CLASS, L"above normal"},
        {HIGH_PRIORITY_CLASS, L"high"},     {REALTIME_PRIORITY_CLASS, L"realtime"},
    };
    DWORD number = process ? GetPriorityClass(process) : 0;

    for (size_t i = 0; i < TOOL_COUNT(classes); i++)
        if (classes[i].number == number)
            return classes[i].name;
    return NULL;
}

/* The file that is mapped at an address of a process, and where the mapping starts. */
static bool find_mapping(HANDLE process, ULONG_PTR address, wchar_t *name, ULONG_PTR *base)
{
    struct {
        UNICODE_STRING name;
        wchar_t text[MODULE_UNITS];
    } file;
    MEMORY_BASIC_INFORMATION memory;
    const wchar_t *slash;

    if (!process || !NT_SUCCESS(NtQueryVirtualMemory(process, (PVOID)address, 0, &memory,
                                                     sizeof(memory), NULL)))
        return false;
    if (!NT_SUCCESS(NtQueryVirtualMemory(process, (PVOID)address, MEMORY_MAPPED_FILE_NAME, &file,
                                         sizeof(file), NULL)))
        return false;
    *base = (ULONG_PTR)memory.AllocationBase;
    slash = wcsrchr(file.name.Buffer, L'\\');
    wcscpy(name, slash ? slash + 1 : file.name.Buffer);
    return true;
}

void ps_describe_address(const struct tool_modules *modules, HANDLE process, ULONG_PTR address,
                         wchar_t *text, size_t size)
{
    const struct tool_module *module = tool_find_module(modules, address);
    wchar_t name[MODULE_UNITS];
    ULONG_PTR base;

    if (module)
        _snwprintf(text, size - 1, L"%hs+0x%llX", module->path + module->name_offset,
                   (unsigned long long)(address - module->base));
    else if (find_mapping(process, address, name, &base))
        _snwprintf(text, size - 1, L"%ls+0x%llX", name, (unsigned long long)(address - base));
    else
        _snwprintf(text, size - 1, L"0x%llX", (unsigned long long)address);
    text[size - 1] = 0;
}
