/*
 * Cancelling the requests of a file, of a thread's wait and of a thread that ends; and what io does
 * not have: mailslots.
 */
#include "ex/ex.h"
#include "io/io_internal.h"
#include "vf/irp.h"
#include "vf/vf.h"

#define POLL_100NS 10000          /* of NtCancelIoFile: 1 ms */
#define EXIT_POLL_100NS 1000000ll /* of a thread that ends: 100 ms */
#define EXIT_POLLS 3000           /* five minutes, as NT waits */

/* Whose requests to cancel, and which of them. NULL and FALSE = no condition. */
struct selection {
    PETHREAD thread; /* NULL = all threads of the current process */
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
    if ((selection->file && file != selection->file) ||
        (selection->iosb && irp->UserIosb != selection->iosb))
        return FALSE;
    return !selection->synchronous || irp->Flags & IRP_SYNCHRONOUS_API ||
           (file && file->Flags & FO_SYNCHRONOUS_IO);
}

/* While the verifier is on, an IRP that is complete can be reached at another address only. */
static LIST_ENTRY *usable(LIST_ENTRY *link)
{
    return vf_on ? vf_irp_usable(link) : link;
}

static LIST_ENTRY *first_of(PETHREAD thread)
{
    return usable(thread->IrpList.Flink);
}

static PIRP next_of_thread(PETHREAD thread, const struct selection *selection)
{
    for (LIST_ENTRY *link = first_of(thread); link != &thread->IrpList;
         link = usable(link->Flink)) {
        PIRP irp = CONTAINING_RECORD(link, IRP, ThreadListEntry);

        if (!(irp->AllocationFlags & IO_IRP_CANCEL_SENT) && is_selected(irp, selection))
            return irp;
    }
    return NULL;
}

static PIRP next_selected(const struct selection *selection)
{
    LIST_ENTRY *head = &ps_current_process()->ThreadListHead;

    if (selection->thread)
        return next_of_thread(selection->thread, selection);
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        PETHREAD thread = CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry);
        PIRP irp = next_of_thread(thread, selection);

        if (irp)
            return irp;
    }
    return NULL;
}

static void clear_marks(PETHREAD thread)
{
    for (LIST_ENTRY *link = first_of(thread); link != &thread->IrpList; link = usable(link->Flink))
        CONTAINING_RECORD(link, IRP, ThreadListEntry)->AllocationFlags &=
            (UCHAR)~IO_IRP_CANCEL_SENT;
}

static void clear_all_marks(const struct selection *selection)
{
    LIST_ENTRY *head = &ps_current_process()->ThreadListHead;

    if (selection->thread) {
        clear_marks(selection->thread);
        return;
    }
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        clear_marks(CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry));
}

/*
 * Cancel what is selected; returns how many there were. One cancel may end other requests too and
 * let other threads run, so the search starts anew after each; marks tell which had their turn.
 * At APC_LEVEL, as on NT: the thread's own requests stay in its list meanwhile.
 */
static ULONG cancel_selected(const struct selection *selection)
{
    KIRQL irql = ke_raise_irql(APC_LEVEL);
    ULONG count = 0;
    PIRP irp;

    clear_all_marks(selection);
    while ((irp = next_selected(selection)) != NULL) {
        irp->AllocationFlags |= IO_IRP_CANCEL_SENT;
        count++;
        IoCancelIrp(irp);
    }
    ke_lower_irql(irql);
    return count;
}

/* A driver holds the request although it was cancelled: the thread ends without it. */
static void disown(PIRP irp)
{
    VF(irp_orphaned(irp));
    RemoveEntryList(&irp->ThreadListEntry);
    InitializeListHead(&irp->ThreadListEntry);
    irp->Tail.Overlay.Thread = NULL;
}

void io_cancel_thread_requests(PETHREAD thread)
{
    LARGE_INTEGER interval = {.QuadPart = -EXIT_POLL_100NS};
    struct selection selection = {.thread = thread};

    cancel_selected(&selection);
    for (ULONG polls = 0; polls < EXIT_POLLS && !IsListEmpty(&thread->IrpList); polls++)
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
    while (!IsListEmpty(&thread->IrpList))
        disown(CONTAINING_RECORD(first_of(thread), IRP, ThreadListEntry));
}

static BOOLEAN is_any_left(PETHREAD thread, PFILE_OBJECT file)
{
    for (LIST_ENTRY *link = first_of(thread); link != &thread->IrpList;
         link = usable(link->Flink)) {
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
    LARGE_INTEGER interval = {.QuadPart = -POLL_100NS};
    struct selection selection = {.thread = ps_current_thread()};
    NTSTATUS status = ObReferenceObjectByHandle(handle, 0, IoFileObjectTypeObject,
                                                ke_previous_mode(), (PVOID *)&selection.file, NULL);

    if (!NT_SUCCESS(status))
        return status;
    if (cancel_selected(&selection)) {
        while (is_any_left(selection.thread, selection.file))
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
    count = cancel_selected(&selection);
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
    NTSTATUS status =
        ObReferenceObjectByHandle(handle, THREAD_TERMINATE, ps_thread_type, ke_previous_mode(),
                                  (PVOID *)&selection.thread, NULL);
    ULONG count;

    if (!NT_SUCCESS(status))
        return status;
    count = cancel_selected(&selection);
    ObDereferenceObject(selection.thread);
    return write_result(iosb, count ? STATUS_SUCCESS : STATUS_NOT_FOUND);
}
NT_SERVICE(CancelSynchronousIoFile, 3, PASSIVE_LEVEL, "hpp");

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
