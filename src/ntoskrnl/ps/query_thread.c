/*
 * NtQueryInformationThread. A class is a row of a table, as in query_process.c; the thread's name
 * is a string.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

/* Classes that the DDK headers lack. */
enum {
    THREAD_CLASS_SUSPEND_COUNT = 35,
    THREAD_CLASS_NAME = 38,
    THREAD_CLASS_LIMIT = 51, /* of Windows 10 19041 */
};

#define SATURATED_INCREMENT 16

/* THREAD_BASIC_INFORMATION */
struct thread_basic_information {
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    KAFFINITY AffinityMask;
    KPRIORITY Priority;
    LONG BasePriority; /* relative to the process's */
};
C_ASSERT(sizeof(struct thread_basic_information) == 48);

union thread_answer {
    struct thread_basic_information basic;
    KERNEL_USER_TIMES times;
    GROUP_AFFINITY group;
    PVOID pointer;
    ULONG number;
    LONG priority;
    BOOLEAN flag;
};

struct thread_query {
    ULONG information_class;
    ULONG size;
    NTSTATUS (*read)(PETHREAD thread, union thread_answer *answer);
};

NTSTATUS NTAPI NtQueryInformationThread(HANDLE handle, ULONG information_class, PVOID buffer,
                                        ULONG length, PULONG return_length);

static BOOLEAN has_ended(PETHREAD thread)
{
    return thread->Tcb.Header.SignalState != 0;
}

/* A saturated increment reads as the extreme that was set, not as what the class allowed. */
static LONG priority_increment(PETHREAD thread)
{
    if (thread->Saturation)
        return thread->Saturation * SATURATED_INCREMENT;
    return thread->Tcb.BasePriority - thread->Tcb.Process->BasePriority;
}

static NTSTATUS read_basic(PETHREAD thread, union thread_answer *answer)
{
    answer->basic = (struct thread_basic_information){
        .ExitStatus = has_ended(thread) ? thread->ExitStatus : STATUS_PENDING,
        .TebBaseAddress = thread->Tcb.Teb,
        .ClientId = thread->Cid,
        .AffinityMask = thread->Tcb.Affinity,
        .Priority = KeQueryPriorityThread(&thread->Tcb),
        .BasePriority = priority_increment(thread),
    };
    return STATUS_SUCCESS;
}

static NTSTATUS read_times(PETHREAD thread, union thread_answer *answer)
{
    RtlZeroMemory(&answer->times, sizeof(answer->times));
    answer->times.CreateTime = thread->CreateTime;
    answer->times.ExitTime = thread->ExitTime;
    answer->times.KernelTime.QuadPart = (LONGLONG)(thread->Tcb.KernelTime * KI_TICK_100NS);
    return STATUS_SUCCESS;
}

static NTSTATUS read_start_address(PETHREAD thread, union thread_answer *answer)
{
    answer->pointer = thread->Win32StartAddress;
    return STATUS_SUCCESS;
}

static NTSTATUS read_last_thread(PETHREAD thread, union thread_answer *answer)
{
    answer->number = ((PEPROCESS)thread->Tcb.Process)->ActiveThreads == 1;
    return STATUS_SUCCESS;
}

static NTSTATUS read_boost(PETHREAD thread, union thread_answer *answer)
{
    answer->number = thread->BoostDisabled;
    return STATUS_SUCCESS;
}

static NTSTATUS read_io_pending(PETHREAD thread, union thread_answer *answer)
{
    answer->number = !IsListEmpty(&thread->IrpList);
    return STATUS_SUCCESS;
}

static NTSTATUS read_hidden(PETHREAD thread, union thread_answer *answer)
{
    answer->flag = thread->HideFromDebugger;
    return STATUS_SUCCESS;
}

static NTSTATUS read_critical(PETHREAD thread, union thread_answer *answer)
{
    answer->number = thread->BreakOnTermination;
    return STATUS_SUCCESS;
}

static NTSTATUS read_terminated(PETHREAD thread, union thread_answer *answer)
{
    answer->number = has_ended(thread);
    return STATUS_SUCCESS;
}

static NTSTATUS read_actual_base_priority(PETHREAD thread, union thread_answer *answer)
{
    answer->priority = thread->Tcb.BasePriority;
    return STATUS_SUCCESS;
}

static NTSTATUS read_group(PETHREAD thread, union thread_answer *answer)
{
    RtlZeroMemory(&answer->group, sizeof(answer->group));
    answer->group.Mask = thread->Tcb.Affinity;
    return STATUS_SUCCESS;
}

static NTSTATUS read_suspend_count(PETHREAD thread, union thread_answer *answer)
{
    if (has_ended(thread))
        return STATUS_THREAD_IS_TERMINATING;
    answer->number = (ULONG)thread->Tcb.SuspendCount;
    return STATUS_SUCCESS;
}

static const struct thread_query queries[] = {
    {ThreadBasicInformation, sizeof(struct thread_basic_information), read_basic},
    {ThreadTimes, sizeof(KERNEL_USER_TIMES), read_times},
    {ThreadQuerySetWin32StartAddress, sizeof(PVOID), read_start_address},
    {ThreadAmILastThread, sizeof(ULONG), read_last_thread},
    {ThreadPriorityBoost, sizeof(ULONG), read_boost},
    {ThreadIsIoPending, sizeof(ULONG), read_io_pending},
    {ThreadHideFromDebugger, sizeof(BOOLEAN), read_hidden},
    {ThreadBreakOnTermination, sizeof(ULONG), read_critical},
    {ThreadIsTerminated, sizeof(ULONG), read_terminated},
    {ThreadActualBasePriority, sizeof(LONG), read_actual_base_priority},
    {ThreadGroupInformation, sizeof(GROUP_AFFINITY), read_group},
    {THREAD_CLASS_SUSPEND_COUNT, sizeof(ULONG), read_suspend_count},
};

static NTSTATUS find_query(ULONG information_class, ULONG length, const struct thread_query **row)
{
    for (ULONG i = 0; i < ARRAY_COUNT(queries); i++) {
        if (queries[i].information_class != information_class)
            continue;
        *row = &queries[i];
        return queries[i].size == length ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
    }
    return information_class < THREAD_CLASS_LIMIT ? STATUS_NOT_IMPLEMENTED
                                                  : STATUS_INVALID_INFO_CLASS;
}

static NTSTATUS query_fixed(PETHREAD thread, const struct thread_query *row, PVOID buffer,
                            PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    union thread_answer answer;
    NTSTATUS status = row->read(thread, &answer);

    if (NT_SUCCESS(status))
        status = ex_write_output(buffer, &answer, row->size, mode);
    if (NT_SUCCESS(status) && return_length)
        status = ex_write_output(return_length, &row->size, sizeof(row->size), mode);
    return status;
}

/*
 * Ask about a thread.
 * @param handle             with THREAD_QUERY_INFORMATION or THREAD_QUERY_LIMITED_INFORMATION
 * @param information_class  THREADINFOCLASS
 * @param length             exactly the answer's size, or enough for the name
 * @param return_length      NULL or receives the size of the answer
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INFO_LENGTH_MISMATCH; STATUS_BUFFER_TOO_SMALL for the name;
 *   STATUS_INVALID_INFO_CLASS; what ObReferenceObjectByHandle returns.
 * Differs from NT: classes that are not supported are STATUS_NOT_IMPLEMENTED; all
 *   processor time is KernelTime, in clock ticks.
 * Source: Win32 documentation, NtQueryInformationThread.
 */
NTSTATUS NTAPI NtQueryInformationThread(HANDLE handle, ULONG information_class, PVOID buffer,
                                        ULONG length, PULONG return_length)
{
    const struct thread_query *row = NULL;
    PETHREAD thread;
    NTSTATUS status = STATUS_SUCCESS;

    if (information_class != THREAD_CLASS_NAME)
        status = find_query(information_class, length, &row);
    if (NT_SUCCESS(status))
        status = ex_probe_output(buffer, length, length < sizeof(ULONG) ? 1 : sizeof(ULONG),
                                 ke_previous_mode());
    if (NT_SUCCESS(status) && return_length)
        status = ex_probe_output(return_length, sizeof(ULONG), sizeof(ULONG), ke_previous_mode());
    if (NT_SUCCESS(status))
        status = ps_reference_thread_query(handle, &thread);
    if (!NT_SUCCESS(status))
        return status;
    status = row ? query_fixed(thread, row, buffer, return_length)
                 : ps_answer_string(&thread->Name, buffer, length, return_length,
                                    STATUS_BUFFER_TOO_SMALL);
    ObDereferenceObject(thread);
    return status;
}
NT_SERVICE(QueryInformationThread, 5, PASSIVE_LEVEL, "hupup");
