/*
 * NtQueryInformationProcess. A class is a row of a table: its size, and the function that fills
 * the answer. Names are strings of any length and have a path of their own.
 */
#include "ex/ex.h"
#include "ex/system_information.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

/* Classes that the DDK headers lack. */
enum {
    PROCESS_CLASS_COMMAND_LINE = 60,
    PROCESS_CLASS_PROTECTION = 61,
    PROCESS_CLASS_LIMIT = 105, /* of Windows 10 19041 */
};

union process_answer {
    PROCESS_BASIC_INFORMATION basic;
    PROCESS_EXTENDED_BASIC_INFORMATION extended;
    KERNEL_USER_TIMES times;
    VM_COUNTERS_EX memory;
    struct ps_priority_class_information priority_class;
    PVOID pointer;
    ULONG number;
    USHORT group;
    UCHAR byte;
};

struct process_query {
    ULONG information_class;
    ULONG size;
    NTSTATUS (*read)(PEPROCESS process, union process_answer *answer);
};

static NTSTATUS read_basic(PEPROCESS process, union process_answer *answer)
{
    answer->basic = (PROCESS_BASIC_INFORMATION){
        .ExitStatus = process->ExitStatus,
        .PebBaseAddress = process->Peb,
        .AffinityMask = process->Pcb.Affinity,
        .BasePriority = process->Pcb.BasePriority,
        .UniqueProcessId = (ULONG_PTR)process->UniqueProcessId,
        .InheritedFromUniqueProcessId = (ULONG_PTR)process->InheritedFromUniqueProcessId,
    };
    return STATUS_SUCCESS;
}

static NTSTATUS read_extended(PEPROCESS process, union process_answer *answer)
{
    union process_answer basic;

    read_basic(process, &basic);
    RtlZeroMemory(&answer->extended, sizeof(answer->extended));
    answer->extended.Size = sizeof(answer->extended);
    answer->extended.BasicInfo = basic.basic;
    answer->extended.IsProcessDeleting = process->Exiting;
    return STATUS_SUCCESS;
}

/* What was more, earlier, is not remembered. */
static NTSTATUS read_memory(PEPROCESS process, union process_answer *answer)
{
    struct mm_process_counts counts;

    mm_process_count(process, &counts);
    RtlZeroMemory(&answer->memory, sizeof(answer->memory));
    answer->memory.VirtualSize = answer->memory.PeakVirtualSize = counts.total;
    answer->memory.WorkingSetSize = answer->memory.PeakWorkingSetSize = counts.committed;
    answer->memory.PagefileUsage = answer->memory.PeakPagefileUsage = counts.private;
    answer->memory.PrivateUsage = counts.private;
    return STATUS_SUCCESS;
}

static NTSTATUS read_times(PEPROCESS process, union process_answer *answer)
{
    RtlZeroMemory(&answer->times, sizeof(answer->times));
    answer->times.CreateTime = process->CreateTime;
    answer->times.ExitTime = process->ExitTime;
    answer->times.KernelTime.QuadPart = (LONGLONG)(process->Pcb.KernelTime * KI_TICK_100NS);
    return STATUS_SUCCESS;
}

static NTSTATUS read_zero_pointer(PEPROCESS process, union process_answer *answer)
{
    (void)process;
    answer->pointer = NULL;
    return STATUS_SUCCESS;
}

static NTSTATUS read_debug_port(PEPROCESS process, union process_answer *answer)
{
    answer->pointer = process->DebugPort ? (PVOID)~0ull : NULL;
    return STATUS_SUCCESS;
}

static NTSTATUS read_debug_object(PEPROCESS process, union process_answer *answer)
{
    (void)process, (void)answer;
    return STATUS_PORT_NOT_SET;
}

/* 1 = children of a debugged process are debugged, too. */
static NTSTATUS read_debug_flags(PEPROCESS process, union process_answer *answer)
{
    (void)process;
    answer->number = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS read_hard_error_mode(PEPROCESS process, union process_answer *answer)
{
    answer->number = process->HardErrorMode;
    return STATUS_SUCCESS;
}

static NTSTATUS read_priority_class(PEPROCESS process, union process_answer *answer)
{
    answer->priority_class.Foreground = FALSE;
    answer->priority_class.PriorityClass = process->PriorityClass;
    return STATUS_SUCCESS;
}

static NTSTATUS read_boost(PEPROCESS process, union process_answer *answer)
{
    answer->number = process->BoostDisabled;
    return STATUS_SUCCESS;
}

static NTSTATUS read_session(PEPROCESS process, union process_answer *answer)
{
    answer->number = process == PsInitialSystemProcess ? 0 : PS_SESSION_ID;
    return STATUS_SUCCESS;
}

static NTSTATUS read_critical(PEPROCESS process, union process_answer *answer)
{
    answer->number = process->BreakOnTermination;
    return STATUS_SUCCESS;
}

/* Nobody else may know it. */
static NTSTATUS read_cookie(PEPROCESS process, union process_answer *answer)
{
    if (process != ps_current_process())
        return STATUS_INVALID_PARAMETER;
    answer->number = process->Cookie;
    return STATUS_SUCCESS;
}

static NTSTATUS read_group(PEPROCESS process, union process_answer *answer)
{
    (void)process;
    answer->group = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS read_protection(PEPROCESS process, union process_answer *answer)
{
    answer->byte = process->Protection;
    return STATUS_SUCCESS;
}

static NTSTATUS read_handle_count(PEPROCESS process, union process_answer *answer)
{
    answer->number = ex_process_handle_count(process);
    return STATUS_SUCCESS;
}

static const struct process_query queries[] = {
    {ProcessBasicInformation, sizeof(PROCESS_BASIC_INFORMATION), read_basic},
    {ProcessBasicInformation, sizeof(PROCESS_EXTENDED_BASIC_INFORMATION), read_extended},
    {ProcessVmCounters, sizeof(VM_COUNTERS), read_memory},
    {ProcessVmCounters, sizeof(VM_COUNTERS_EX), read_memory},
    {ProcessTimes, sizeof(KERNEL_USER_TIMES), read_times},
    {ProcessDebugPort, sizeof(PVOID), read_debug_port},
    {ProcessDefaultHardErrorMode, sizeof(ULONG), read_hard_error_mode},
    {ProcessPriorityClass, sizeof(struct ps_priority_class_information), read_priority_class},
    {ProcessHandleCount, sizeof(ULONG), read_handle_count},
    {ProcessPriorityBoost, sizeof(ULONG), read_boost},
    {ProcessSessionInformation, sizeof(ULONG), read_session},
    {ProcessWow64Information, sizeof(PVOID), read_zero_pointer},
    {ProcessBreakOnTermination, sizeof(ULONG), read_critical},
    {ProcessDebugObjectHandle, sizeof(HANDLE), read_debug_object},
    {ProcessDebugFlags, sizeof(ULONG), read_debug_flags},
    {ProcessCookie, sizeof(ULONG), read_cookie},
    {ProcessGroupInformation, sizeof(USHORT), read_group},
    {PROCESS_CLASS_PROTECTION, sizeof(UCHAR), read_protection},
};

/* STATUS_SUCCESS and a row; a class with another size; a class that only NT has; none. */
static NTSTATUS find_query(ULONG information_class, ULONG length, const struct process_query **row)
{
    NTSTATUS status = information_class < PROCESS_CLASS_LIMIT ? STATUS_NOT_IMPLEMENTED
                                                              : STATUS_INVALID_INFO_CLASS;

    for (ULONG i = 0; i < ARRAY_COUNT(queries); i++) {
        if (queries[i].information_class != information_class)
            continue;
        *row = &queries[i];
        if (queries[i].size == length)
            return STATUS_SUCCESS;
        status = STATUS_INFO_LENGTH_MISMATCH;
    }
    return status;
}

NTSTATUS ps_answer_string(PCUNICODE_STRING text, PVOID buffer, ULONG length, PULONG return_length,
                          NTSTATUS too_small)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PUNICODE_STRING header = buffer;
    PWSTR characters = (PWSTR)(header + 1);
    ULONG needed = sizeof(*header) + text->Length + (text->Length ? sizeof(WCHAR) : 0);
    UNICODE_STRING answer = {text->Length, text->Length ? text->Length + sizeof(WCHAR) : 0,
                             text->Length ? characters : NULL};
    static const WCHAR end = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (length < needed)
        status = too_small;
    else
        status = ex_write_output(header, &answer, sizeof(answer), mode);
    if (NT_SUCCESS(status) && text->Length) {
        status = ex_write_output(characters, text->Buffer, text->Length, mode);
        if (NT_SUCCESS(status))
            status =
                ex_write_output(characters + text->Length / sizeof(WCHAR), &end, sizeof(end), mode);
    }
    if (return_length)
        ex_write_output(return_length, &needed, sizeof(needed), mode);
    return status;
}

/* The name of the program in its device, for programs, or its command line. */
static NTSTATUS query_string(PEPROCESS process, ULONG information_class, PVOID buffer, ULONG length,
                             PULONG return_length)
{
    UNICODE_STRING text = {0};
    NTSTATUS status = STATUS_SUCCESS;
    BOOLEAN allocated = FALSE;

    if (information_class == PROCESS_CLASS_COMMAND_LINE) {
        text = process->CommandLine;
    } else if (process->SectionBaseAddress && information_class == ProcessImageFileNameWin32) {
        text = ps_dos_path(&process->ImagePath);
    } else if (process->SectionBaseAddress) {
        status = ps_device_path(&process->ImagePath, &text);
        allocated = NT_SUCCESS(status);
    }
    if (NT_SUCCESS(status))
        status =
            ps_answer_string(&text, buffer, length, return_length, STATUS_INFO_LENGTH_MISMATCH);
    if (allocated)
        RtlFreeUnicodeString(&text);
    return status;
}

static BOOLEAN is_string(ULONG information_class)
{
    return information_class == ProcessImageFileName ||
           information_class == ProcessImageFileNameWin32 ||
           information_class == PROCESS_CLASS_COMMAND_LINE;
}

static NTSTATUS query_fixed(PEPROCESS process, const struct process_query *row, PVOID buffer,
                            PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    union process_answer answer;
    NTSTATUS status = row->read(process, &answer);

    if (NT_SUCCESS(status))
        status = ex_write_output(buffer, &answer, row->size, mode);
    if (NT_SUCCESS(status) && return_length)
        status = ex_write_output(return_length, &row->size, sizeof(row->size), mode);
    return status;
}

/*
 * Ask about a process.
 * @param handle             with PROCESS_QUERY_INFORMATION or PROCESS_QUERY_LIMITED_INFORMATION
 * @param information_class  PROCESSINFOCLASS
 * @param length             exactly the answer's size, or enough for a string
 * @param return_length      NULL or receives the size of the answer
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INFO_LENGTH_MISMATCH; STATUS_PORT_NOT_SET for the debug object;
 *   STATUS_INVALID_INFO_CLASS; what ObReferenceObjectByHandle returns.
 * Differs from NT: classes that are not supported are STATUS_NOT_IMPLEMENTED. All processor
 *   time is KernelTime, in clock ticks; peaks of memory are the current amounts.
 * Source: Win32 documentation, NtQueryInformationProcess.
 */
NTSTATUS NTAPI NtQueryInformationProcess(HANDLE handle, PROCESSINFOCLASS information_class,
                                         PVOID buffer, ULONG length, PULONG return_length)
{
    const struct process_query *row = NULL;
    PEPROCESS process;
    NTSTATUS status = STATUS_SUCCESS;

    if (!is_string(information_class))
        status = find_query(information_class, length, &row);
    if (NT_SUCCESS(status))
        status = ex_probe_output(buffer, length, length < sizeof(ULONG) ? 1 : sizeof(ULONG),
                                 ke_previous_mode());
    if (NT_SUCCESS(status) && return_length)
        status = ex_probe_output(return_length, sizeof(ULONG), sizeof(ULONG), ke_previous_mode());
    if (NT_SUCCESS(status))
        status = ps_reference_process_query(handle, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = row ? query_fixed(process, row, buffer, return_length)
                 : query_string(process, information_class, buffer, length, return_length);
    ObDereferenceObject(process);
    return status;
}
NT_SERVICE(QueryInformationProcess, 5, PASSIVE_LEVEL, "hupup");
