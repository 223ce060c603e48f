/*
 * NtCancelIoFile, NtCancelIoFileEx and NtCancelSynchronousIoFile; and what io does not have:
 * named pipes and mailslots.
 */
#include "ex/ex.h"
#include "io/io_internal.h"
#include "vf/irp.h"
#include "vf/vf.h"

#define POLL_INTERVAL_100NS 10000

/* What to cancel. NULL and FALSE = no condition. */
struct selection {
    PFILE_OBJECT file;
    PIO_STATUS_BLOCK iosb;
    BOOLEAN synchronous;
};

static BOOLEAN is_selected(PIRP irp, const struct selection *selection)
{
    PFILE_OBJECT file;

    if (irp->CurrentLocation > irp->StackCount + 1)
        return FALSE; /* complete: its results are on the way to the thread */
    file = irp->Tail.Overlay.OriginalFileObject;
    return (!selection->file || file == selection->file) &&
           (!selection->iosb || irp->UserIosb == selection->iosb) &&
           (!selection->synchronous || (file && file->Flags & FO_SYNCHRONOUS_IO));
}

/* Cancel what is selected among a thread's requests. Returns how many there are. */
static ULONG cancel_of_thread(PETHREAD thread, const struct selection *selection)
{
    ULONG count = 0;

    for (LIST_ENTRY *link = thread->IrpList.Flink, *next; link != &thread->IrpList; link = next) {
        PIRP irp;

        link = vf_on ? vf_irp_usable(link) : link;
        irp = CONTAINING_RECORD(link, IRP, ThreadListEntry);
        next = link->Flink;
        if (!is_selected(irp, selection))
            continue;
        count++;
        IoCancelIrp(irp);
    }
    return count;
}

static ULONG cancel_of_process(PEPROCESS process, const struct selection *selection)
{
    LIST_ENTRY *head = &process->ThreadListHead;
    ULONG count = 0;

    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        count +=
            cancel_of_thread(CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry), selection);
    return count;
}

static BOOLEAN is_any_left(PETHREAD thread, PFILE_OBJECT file)
{
    for (LIST_ENTRY *link = thread->IrpList.Flink; link != &thread->IrpList; link = link->Flink) {
        PIRP irp = CONTAINING_RECORD(link, IRP, ThreadListEntry);

        if (irp->Tail.Overlay.OriginalFileObject == file)
            return TRUE;
    }
    return FALSE;
}

static NTSTATUS write_result(PIO_STATUS_BLOCK iosb, NTSTATUS status)
{
    IO_STATUS_BLOCK result = {.Status = status};
    NTSTATUS written = ex_write_output(iosb, &result, sizeof(result), ke_previous_mode());

    return NT_SUCCESS(written) ? status : written;
}

NTSTATUS NTAPI NtCancelIoFile(HANDLE handle, PIO_STATUS_BLOCK iosb);
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE handle, PIO_STATUS_BLOCK which, PIO_STATUS_BLOCK iosb);
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE handle, PIO_STATUS_BLOCK which,
                                         PIO_STATUS_BLOCK iosb);
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE handle, ACCESS_MASK access,
                                     POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                                     ULONG share, ULONG disposition, ULONG options, ULONG type,
                                     ULONG read_mode, ULONG completion_mode,
                                     ULONG maximum_instances, ULONG inbound, ULONG outbound,
                                     PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtCreateMailslotFile(PHANDLE handle, ACCESS_MASK access,
                                    POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                                    ULONG options, ULONG quota, ULONG maximum_message,
                                    PLARGE_INTEGER timeout);

/*
 * Cancel the current thread's requests of a file and wait until they have ended.
 * IRQL: PASSIVE_LEVEL. Source: Windows documentation, CancelIo.
 */
NTSTATUS NTAPI NtCancelIoFile(HANDLE handle, PIO_STATUS_BLOCK iosb)
{
    LARGE_INTEGER interval = {.QuadPart = -POLL_INTERVAL_100NS};
    struct selection selection = {.file = NULL};
    NTSTATUS status = ObReferenceObjectByHandle(handle, 0, IoFileObjectTypeObject,
                                                ke_previous_mode(), (PVOID *)&selection.file, NULL);

    if (!NT_SUCCESS(status))
        return status;
    if (cancel_of_thread(ps_current_thread(), &selection)) {
        while (is_any_left(ps_current_thread(), selection.file))
            KeDelayExecutionThread(KernelMode, FALSE, &interval);
    }
    ObDereferenceObject(selection.file);
    return write_result(iosb, STATUS_SUCCESS);
}
NT_SERVICE(CancelIoFile, 2, PASSIVE_LEVEL, "hp");

/*
 * Cancel the process's requests of a file, without waiting.
 * @param which  the status block of the one to cancel, or NULL for all
 * Returns STATUS_NOT_FOUND when there is none.
 * IRQL: PASSIVE_LEVEL. Source: Windows documentation, CancelIoEx.
 */
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE handle, PIO_STATUS_BLOCK which, PIO_STATUS_BLOCK iosb)
{
    struct selection selection = {.iosb = which};
    NTSTATUS status = ObReferenceObjectByHandle(handle, 0, IoFileObjectTypeObject,
                                                ke_previous_mode(), (PVOID *)&selection.file, NULL);
    ULONG count;

    if (!NT_SUCCESS(status))
        return status;
    count = cancel_of_process(ps_current_process(), &selection);
    ObDereferenceObject(selection.file);
    return write_result(iosb, count ? STATUS_SUCCESS : STATUS_NOT_FOUND);
}
NT_SERVICE(CancelIoFileEx, 3, PASSIVE_LEVEL, "hpp");

/*
 * Cancel the synchronous requests that another thread waits for.
 * IRQL: PASSIVE_LEVEL. Source: Windows documentation, CancelSynchronousIo.
 */
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE handle, PIO_STATUS_BLOCK which,
                                         PIO_STATUS_BLOCK iosb)
{
    struct selection selection = {.iosb = which, .synchronous = TRUE};
    PETHREAD thread;
    NTSTATUS status = ObReferenceObjectByHandle(handle, THREAD_TERMINATE, ps_thread_type,
                                                ke_previous_mode(), (PVOID *)&thread, NULL);
    ULONG count;

    if (!NT_SUCCESS(status))
        return status;
    count = cancel_of_thread(thread, &selection);
    ObDereferenceObject(thread);
    return write_result(iosb, count ? STATUS_SUCCESS : STATUS_NOT_FOUND);
}
NT_SERVICE(CancelSynchronousIoFile, 3, PASSIVE_LEVEL, "hpp");

/* There is no named pipe file system. Returns STATUS_NOT_IMPLEMENTED. */
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE handle, ACCESS_MASK access,
                                     POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                                     ULONG share, ULONG disposition, ULONG options, ULONG type,
                                     ULONG read_mode, ULONG completion_mode,
                                     ULONG maximum_instances, ULONG inbound, ULONG outbound,
                                     PLARGE_INTEGER timeout)
{
    (void)handle, (void)access, (void)attributes, (void)iosb, (void)share, (void)disposition;
    (void)options, (void)type, (void)read_mode, (void)completion_mode, (void)maximum_instances;
    (void)inbound, (void)outbound, (void)timeout;
    return STATUS_NOT_IMPLEMENTED;
}
NT_SERVICE(CreateNamedPipeFile, 14, PASSIVE_LEVEL, "pupppuuuuuuuup");

/* There is no mailslot file system. Returns STATUS_NOT_IMPLEMENTED. */
NTSTATUS NTAPI NtCreateMailslotFile(PHANDLE handle, ACCESS_MASK access,
                                    POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                                    ULONG options, ULONG quota, ULONG maximum_message,
                                    PLARGE_INTEGER timeout)
{
    (void)handle, (void)access, (void)attributes, (void)iosb, (void)options, (void)quota;
    (void)maximum_message, (void)timeout;
    return STATUS_NOT_IMPLEMENTED;
}
NT_SERVICE(CreateMailslotFile, 8, PASSIVE_LEVEL, "pupppuup");
