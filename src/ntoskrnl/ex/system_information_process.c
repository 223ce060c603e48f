/*
 * NtQuerySystemInformation: processes and their threads. A record per process, followed by one per
 * thread and the image name; the first is the idle process, which has no name.
 */
#include "ex/system_information.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

struct process_information {
    ULONG NextEntryOffset;
    ULONG NumberOfThreads;
    LARGE_INTEGER WorkingSetPrivateSize;
    ULONG HardFaultCount;
    ULONG NumberOfThreadsHighWatermark;
    ULONG64 CycleTime;
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER KernelTime;
    UNICODE_STRING ImageName;
    LONG BasePriority;
    HANDLE UniqueProcessId;
    HANDLE InheritedFromUniqueProcessId;
    ULONG HandleCount;
    ULONG SessionId;
    ULONG_PTR UniqueProcessKey;
    SIZE_T PeakVirtualSize;
    SIZE_T VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaUsage[4];
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
    SIZE_T PrivatePageCount; /* bytes, whatever its name says */
    LARGE_INTEGER IoCounters[6];
};

struct thread_information {
    LARGE_INTEGER KernelTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    LONG Priority;
    LONG BasePriority;
    ULONG ContextSwitches;
    ULONG ThreadState;
    ULONG WaitReason;
};

struct extended_thread_information {
    struct thread_information thread;
    PVOID StackBase;
    PVOID StackLimit;
    PVOID Win32StartAddress;
    PVOID TebBase;
    ULONG_PTR Reserved[3];
};

C_ASSERT(FIELD_OFFSET(struct process_information, ImageName) == 0x38);
C_ASSERT(FIELD_OFFSET(struct process_information, UniqueProcessId) == 0x50);
C_ASSERT(FIELD_OFFSET(struct process_information, WorkingSetSize) == 0x90);
C_ASSERT(sizeof(struct process_information) == 0x100);
C_ASSERT(sizeof(struct thread_information) == 0x50);
C_ASSERT(sizeof(struct extended_thread_information) == 0x88);

static UNICODE_STRING image_name(PEPROCESS process)
{
    UNICODE_STRING name = process->ImagePath;
    USHORT units = name.Length / sizeof(WCHAR), start = units;

    while (start > 0 && name.Buffer[start - 1] != L'\\')
        start--;
    name.Buffer += start;
    name.Length = name.MaximumLength = (USHORT)((units - start) * sizeof(WCHAR));
    return name;
}

static ULONG record_size(PEPROCESS process, ULONG thread_size)
{
    ULONG size = sizeof(struct process_information) + process->ActiveThreads * thread_size +
                 image_name(process).Length + sizeof(WCHAR);

    return (size + 7) & ~7u;
}

static void fill_thread(struct thread_information *record, PETHREAD thread)
{
    record->KernelTime.QuadPart = (LONGLONG)(thread->Tcb.KernelTime * KI_TICK_100NS);
    record->CreateTime = thread->CreateTime;
    record->StartAddress = thread->StartAddress;
    record->ClientId = thread->Cid;
    record->Priority = *ke_priority_of(&thread->Tcb);
    record->BasePriority = thread->Tcb.BasePriority;
    record->ContextSwitches = thread->Tcb.ContextSwitches;
    record->ThreadState = thread->Tcb.State == KE_THREAD_WAITING ? 5 : thread->Tcb.State;
    record->WaitReason = thread->Tcb.WaitReason;
}

static void fill_extended(struct extended_thread_information *record, PETHREAD thread)
{
    record->StackBase = thread->Tcb.StackBase;
    record->StackLimit = (PVOID)thread->Tcb.StackLimit;
    record->Win32StartAddress = thread->Win32StartAddress;
    record->TebBase = thread->Tcb.Teb;
}

/* Peaks are the current amounts: what was more, earlier, is not remembered. */
static void fill_memory(struct process_information *record, PEPROCESS process)
{
    struct mm_process_counts counts;

    mm_process_count(process, &counts);
    record->VirtualSize = record->PeakVirtualSize = counts.total;
    record->WorkingSetSize = record->PeakWorkingSetSize = counts.committed;
    record->PagefileUsage = record->PeakPagefileUsage = counts.private;
    record->WorkingSetPrivateSize.QuadPart = (LONGLONG)counts.private;
    record->PrivatePageCount = counts.private;
}

static void fill_process(struct process_information *record, PEPROCESS process)
{
    record->NumberOfThreads = record->NumberOfThreadsHighWatermark = process->ActiveThreads;
    record->CreateTime = process->CreateTime;
    record->BasePriority = process->Pcb.BasePriority;
    record->UniqueProcessId = process->UniqueProcessId;
    record->InheritedFromUniqueProcessId = process->InheritedFromUniqueProcessId;
    record->HandleCount = ex_process_handle_count(process);
    record->SessionId = process == PsInitialSystemProcess ? 0 : PS_SESSION_ID;
    record->UniqueProcessKey = (ULONG_PTR)process;
    record->KernelTime.QuadPart = (LONGLONG)(process->Pcb.KernelTime * KI_TICK_100NS);
    fill_memory(record, process);
}

/* One record with its threads and its name; returns the bytes that it takes. */
static ULONG add_process(struct ex_information *information, ULONG offset, PEPROCESS process,
                         ULONG thread_size)
{
    struct process_information *record = (struct process_information *)(information->data + offset);
    UCHAR *at = (UCHAR *)(record + 1);
    UNICODE_STRING name = image_name(process);

    fill_process(record, process);
    for (LIST_ENTRY *link = process->ThreadListHead.Flink; link != &process->ThreadListHead;
         link = link->Flink) {
        PETHREAD thread = CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry);

        fill_thread((struct thread_information *)at, thread);
        if (thread_size == sizeof(struct extended_thread_information))
            fill_extended((struct extended_thread_information *)at, thread);
        at += thread_size;
    }
    RtlCopyMemory(at, name.Buffer, name.Length);
    record->ImageName.Buffer =
        (PWSTR)(information->destination + (ULONG64)(at - information->data));
    record->ImageName.Length = name.Length;
    record->ImageName.MaximumLength = (USHORT)(name.Length + sizeof(WCHAR));
    return record_size(process, thread_size);
}

static BOOLEAN is_listed(PEPROCESS process)
{
    return process->ActiveThreads != 0;
}

static ULONG idle_record_size(ULONG thread_size)
{
    return (ULONG)sizeof(struct process_information) + thread_size;
}

static ULONG total_size(ULONG thread_size)
{
    ULONG size = idle_record_size(thread_size);

    for (LIST_ENTRY *link = ps.processes.Flink; link != &ps.processes; link = link->Flink) {
        PEPROCESS process = CONTAINING_RECORD(link, struct _EPROCESS, ActiveProcessLinks);

        if (is_listed(process))
            size += record_size(process, thread_size);
    }
    return size;
}

static NTSTATUS list_processes(struct ex_information *information, ULONG thread_size)
{
    ULONG offset = idle_record_size(thread_size), last = 0;
    struct process_information *idle =
        ex_information_allocate(information, total_size(thread_size));

    if (!idle)
        return STATUS_INSUFFICIENT_RESOURCES;
    idle->NumberOfThreads = 1;
    for (LIST_ENTRY *link = ps.processes.Flink; link != &ps.processes; link = link->Flink) {
        PEPROCESS process = CONTAINING_RECORD(link, struct _EPROCESS, ActiveProcessLinks);

        if (!is_listed(process))
            continue;
        ((struct process_information *)(information->data + last))->NextEntryOffset = offset - last;
        last = offset;
        offset += add_process(information, offset, process, thread_size);
    }
    kassert(offset == information->size);
    return STATUS_SUCCESS;
}

NTSTATUS ex_query_processes(struct ex_information *information)
{
    return list_processes(information, sizeof(struct thread_information));
}

NTSTATUS ex_query_extended_processes(struct ex_information *information)
{
    return list_processes(information, sizeof(struct extended_thread_information));
}
