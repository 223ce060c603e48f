/*
 * Handles of processes and threads: by id, one after the other, and for whoever creates them.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

NTSTATUS NTAPI NtOpenThread(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                            PCLIENT_ID id);
NTSTATUS NTAPI NtGetNextProcess(HANDLE handle, ACCESS_MASK access, ULONG attributes, ULONG flags,
                                PHANDLE next);
NTSTATUS NTAPI NtGetNextThread(HANDLE process, HANDLE handle, ACCESS_MASK access, ULONG attributes,
                               ULONG flags, PHANDLE next);
NTSTATUS NTAPI NtIsProcessInJob(HANDLE process, HANDLE job);

NTSTATUS ps_reference_process(HANDLE handle, ACCESS_MASK access, PEPROCESS *process)
{
    return ObReferenceObjectByHandle(handle, access, ps_process_type, ke_previous_mode(),
                                     (PVOID *)process, NULL);
}

NTSTATUS ps_reference_thread(HANDLE handle, ACCESS_MASK access, PETHREAD *thread)
{
    return ObReferenceObjectByHandle(handle, access, ps_thread_type, ke_previous_mode(),
                                     (PVOID *)thread, NULL);
}

/* The larger query right includes the limited one, which NT adds when the handle is made. */
NTSTATUS ps_reference_process_query(HANDLE handle, PEPROCESS *process)
{
    NTSTATUS status = ps_reference_process(handle, PROCESS_QUERY_LIMITED_INFORMATION, process);

    return status == STATUS_ACCESS_DENIED
               ? ps_reference_process(handle, PROCESS_QUERY_INFORMATION, process)
               : status;
}

NTSTATUS ps_reference_thread_query(HANDLE handle, PETHREAD *thread)
{
    NTSTATUS status = ps_reference_thread(handle, THREAD_QUERY_LIMITED_INFORMATION, thread);

    return status == STATUS_ACCESS_DENIED
               ? ps_reference_thread(handle, THREAD_QUERY_INFORMATION, thread)
               : status;
}

NTSTATUS ps_open_created(PVOID object, POBJECT_TYPE type, ACCESS_MASK access,
                         POBJECT_ATTRIBUTES attributes, PHANDLE handle)
{
    OBJECT_ATTRIBUTES captured = {0};
    ULONG flags;
    NTSTATUS status = STATUS_SUCCESS;

    if (attributes)
        status = ex_read_input(&captured, attributes, sizeof(captured), sizeof(ULONG_PTR),
                               ke_previous_mode());
    if (!NT_SUCCESS(status))
        return status;
    flags = captured.Attributes & OBJ_VALID_ATTRIBUTES;
    if (ke_previous_mode() == UserMode)
        flags &= ~(ULONG)OBJ_KERNEL_HANDLE;
    return ObOpenObjectByPointer(object, flags, NULL, access, type, KernelMode, handle);
}

/* What the callers of NtOpenProcess and NtOpenThread name. */
struct open_request {
    ULONG attributes;
    CLIENT_ID id;
};

static NTSTATUS capture_request(PHANDLE handle, POBJECT_ATTRIBUTES attributes, PCLIENT_ID id,
                                struct open_request *request)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    OBJECT_ATTRIBUTES captured;
    NTSTATUS status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), mode);

    if (NT_SUCCESS(status))
        status = ex_read_input(&captured, attributes, sizeof(captured), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    if (captured.ObjectName || !id)
        return STATUS_INVALID_PARAMETER_MIX;
    request->attributes = captured.Attributes & OBJ_VALID_ATTRIBUTES;
    if (mode == UserMode)
        request->attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    return ex_read_input(&request->id, id, sizeof(request->id), sizeof(ULONG), mode);
}

/* Open a referenced object, drop the reference and tell the caller the handle. */
static NTSTATUS open_and_tell(PVOID object, POBJECT_TYPE type, ACCESS_MASK access, ULONG attributes,
                              PHANDLE handle)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    HANDLE opened;
    NTSTATUS status = ObOpenObjectByPointer(object, attributes, NULL, access, type, mode, &opened);

    ObDereferenceObject(object);
    return NT_SUCCESS(status) ? ex_write_output(handle, &opened, sizeof(opened), mode) : status;
}

/*
 * Open a process by its id.
 * @param attributes  without a name; OBJ_INHERIT, OBJ_KERNEL_HANDLE
 * @param id          the process; with UniqueThread, the process of that thread
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_CID when there is none; STATUS_INVALID_PARAMETER_MIX for
 *   a name or no id; STATUS_ACCESS_DENIED.
 * Source: Windows driver documentation, ZwOpenProcess.
 */
NTSTATUS NTAPI NtOpenProcess(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             PCLIENT_ID id)
{
    struct open_request request;
    PEPROCESS process;
    PETHREAD thread;
    NTSTATUS status = capture_request(handle, attributes, id, &request);

    if (!NT_SUCCESS(status))
        return status;
    if (request.id.UniqueThread) {
        status = PsLookupProcessThreadByCid(&request.id, &process, &thread);
        if (NT_SUCCESS(status))
            ObDereferenceObject(thread);
    } else {
        status = PsLookupProcessByProcessId(request.id.UniqueProcess, &process);
    }
    if (!NT_SUCCESS(status))
        return STATUS_INVALID_CID;
    return open_and_tell(process, ps_process_type, access, request.attributes, handle);
}
NT_SERVICE(OpenProcess, 4, PASSIVE_LEVEL, "pupp");

/*
 * Open a thread by its id; with UniqueProcess it must belong to that process.
 * As NtOpenProcess. Source: Win32 documentation, OpenThread.
 */
NTSTATUS NTAPI NtOpenThread(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                            PCLIENT_ID id)
{
    struct open_request request;
    PETHREAD thread;
    NTSTATUS status = capture_request(handle, attributes, id, &request);

    if (!NT_SUCCESS(status))
        return status;
    if (!NT_SUCCESS(PsLookupThreadByThreadId(request.id.UniqueThread, &thread)))
        return STATUS_INVALID_CID;
    if (request.id.UniqueProcess && request.id.UniqueProcess != thread->Cid.UniqueProcess) {
        ObDereferenceObject(thread);
        return STATUS_INVALID_CID;
    }
    return open_and_tell(thread, ps_thread_type, access, request.attributes, handle);
}
NT_SERVICE(OpenThread, 4, PASSIVE_LEVEL, "pupp");

/* The next object of a list that the caller may open; `link` is where the search starts. */
static NTSTATUS open_next(LIST_ENTRY *head, LIST_ENTRY *link, ULONG_PTR offset, POBJECT_TYPE type,
                          ACCESS_MASK access, ULONG attributes, PHANDLE handle)
{
    for (; link != head; link = link->Flink) {
        PVOID object = (UCHAR *)link - offset;
        NTSTATUS status;

        if (type == ps_process_type && ((PEPROCESS)object)->Exited)
            continue;
        ObReferenceObject(object);
        status = open_and_tell(object, type, access, attributes, handle);
        if (status != STATUS_ACCESS_DENIED)
            return status;
    }
    return STATUS_NO_MORE_ENTRIES;
}

static ULONG handle_attributes(ULONG attributes)
{
    return ke_previous_mode() == UserMode ? attributes & OBJ_INHERIT
                                          : attributes & (OBJ_INHERIT | OBJ_KERNEL_HANDLE);
}

/*
 * Open the process after a given one, in the order of their creation.
 * @param handle  NULL = the first
 * @param flags   0
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_NO_MORE_ENTRIES; STATUS_INVALID_PARAMETER.
 * Source: NtGetNextProcess, undocumented but widely used.
 */
NTSTATUS NTAPI NtGetNextProcess(HANDLE handle, ACCESS_MASK access, ULONG attributes, ULONG flags,
                                PHANDLE next)
{
    LIST_ENTRY *link = ps.processes.Flink;
    PEPROCESS process = NULL;
    NTSTATUS status = ex_probe_output(next, sizeof(*next), sizeof(ULONG), ke_previous_mode());

    if (!NT_SUCCESS(status))
        return status;
    if (flags)
        return STATUS_INVALID_PARAMETER;
    if (handle) {
        status = ps_reference_process(handle, 0, &process);
        if (!NT_SUCCESS(status))
            return status;
        link = process->ActiveProcessLinks.Flink;
    }
    status = open_next(&ps.processes, link, FIELD_OFFSET(struct _EPROCESS, ActiveProcessLinks),
                       ps_process_type, access, handle_attributes(attributes), next);
    if (process)
        ObDereferenceObject(process);
    return status;
}
NT_SERVICE(GetNextProcess, 5, PASSIVE_LEVEL, "huuup");

/* Where to go on after a thread; a thread that has ended is in no list, and ends the walk. */
static LIST_ENTRY *link_after(PEPROCESS process, PETHREAD thread)
{
    for (LIST_ENTRY *link = process->ThreadListHead.Flink; link != &process->ThreadListHead;
         link = link->Flink)
        if (link == &thread->ThreadListEntry)
            return link->Flink;
    return &process->ThreadListHead;
}

/*
 * Open the thread after a given one of a process, in the order of their creation.
 * @param process_handle  with PROCESS_QUERY_INFORMATION
 * @param handle          NULL = the first
 * As NtGetNextProcess.
 * Differs from NT: threads that have ended are not in the list.
 */
NTSTATUS NTAPI NtGetNextThread(HANDLE process_handle, HANDLE handle, ACCESS_MASK access,
                               ULONG attributes, ULONG flags, PHANDLE next)
{
    PEPROCESS process;
    PETHREAD thread = NULL;
    LIST_ENTRY *link;
    NTSTATUS status = ex_probe_output(next, sizeof(*next), sizeof(ULONG), ke_previous_mode());

    if (!NT_SUCCESS(status))
        return status;
    if (flags)
        return STATUS_INVALID_PARAMETER;
    status = ps_reference_process(process_handle, PROCESS_QUERY_INFORMATION, &process);
    if (!NT_SUCCESS(status))
        return status;
    if (handle)
        status = ps_reference_thread(handle, 0, &thread);
    if (NT_SUCCESS(status)) {
        link = thread ? link_after(process, thread) : process->ThreadListHead.Flink;
        status = open_next(&process->ThreadListHead, link,
                           FIELD_OFFSET(struct _ETHREAD, ThreadListEntry), ps_thread_type, access,
                           handle_attributes(attributes), next);
    }
    if (thread)
        ObDereferenceObject(thread);
    ObDereferenceObject(process);
    return status;
}
NT_SERVICE(GetNextThread, 6, PASSIVE_LEVEL, "hhuuup");

/*
 * Is a process in a job? There are no jobs.
 * @param job  NULL = any
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_PROCESS_NOT_IN_JOB; STATUS_INVALID_HANDLE.
 * Source: Win32 documentation, IsProcessInJob.
 */
NTSTATUS NTAPI NtIsProcessInJob(HANDLE handle, HANDLE job)
{
    PEPROCESS process;
    NTSTATUS status = ps_reference_process_query(handle, &process);

    if (!NT_SUCCESS(status))
        return status;
    ObDereferenceObject(process);
    return job ? STATUS_INVALID_HANDLE : STATUS_PROCESS_NOT_IN_JOB;
}
NT_SERVICE(IsProcessInJob, 2, PASSIVE_LEVEL, "hh");
