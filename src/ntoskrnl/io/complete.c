/*
 * Completion: the way of an IRP back up its stack, and to the thread that sent it.
 */
#include "io/io_internal.h"
#include "vf/event.h"
#include "vf/irp.h"

/* Which completion routine runs: by status, and by cancel. */
static BOOLEAN wants_call(const IO_STACK_LOCATION *location, PIRP irp)
{
    UCHAR control = location->Control;

    if (irp->Cancel && control & SL_INVOKE_ON_CANCEL)
        return TRUE;
    return NT_SUCCESS(irp->IoStatus.Status) ? (control & SL_INVOKE_ON_SUCCESS) != 0
                                            : (control & SL_INVOKE_ON_ERROR) != 0;
}

/* Clear what the lower driver's location held, so that nobody relies on it. */
static void clear_location(PIO_STACK_LOCATION location)
{
    location->MinorFunction = 0;
    location->Flags = 0;
    location->Control &= SL_ERROR_RETURNED;
    location->Parameters.Others.Argument1 = NULL;
    location->Parameters.Others.Argument2 = NULL;
    location->Parameters.Others.Argument3 = NULL;
    location->FileObject = NULL;
}

/* The routine is its setter's, who has the location above it; the sender has none. */
static DECLSPEC_NOINLINE NTSTATUS call_routine(PIRP irp, PIO_STACK_LOCATION location)
{
    PIO_COMPLETION_ROUTINE routine = location->CompletionRoutine;
    PVOID context = location->Context;
    PDEVICE_OBJECT device = irp->CurrentLocation <= irp->StackCount
                                ? IoGetCurrentIrpStackLocation(irp)->DeviceObject
                                : NULL;
    NTSTATUS status;

    clear_location(location);
    ke_interleave_before((const void *)routine);
    KD_TRACE(irp_up(irp, device, (const void *)routine));
    status = __builtin_expect(vf_on, 0) ? vf_request_routine(routine, device, irp, context)
                                        : routine(device, irp, context);
    KD_TRACE(irp_up_returned(irp, device, (const void *)routine, status));
    return status;
}

/* FALSE when a completion routine took the IRP back. */
static BOOLEAN run_up_the_stack(PIRP irp)
{
    while (irp->CurrentLocation <= irp->StackCount) {
        PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);

        irp->PendingReturned = (location->Control & SL_PENDING_RETURNED) != 0;
        irp->CurrentLocation++;
        irp->Tail.Overlay.CurrentStackLocation++;
        VF(irp_came_up(irp));
        if (wants_call(location, irp)) {
            if (call_routine(irp, location) == STATUS_MORE_PROCESSING_REQUIRED)
                return FALSE;
        } else {
            clear_location(location);
            if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount)
                IoMarkIrpPending(irp);
        }
    }
    irp->CurrentLocation = (CHAR)(irp->StackCount + 2);
    return TRUE;
}

/* An associated IRP goes with its MDLs; the last one completes its master. */
static void complete_associated(PIRP irp, CCHAR boost)
{
    PIRP master = irp->AssociatedIrp.MasterIrp;
    LONG left = InterlockedDecrement(&master->AssociatedIrp.IrpCount);

    for (PMDL mdl = irp->MdlAddress, next; mdl; mdl = next) {
        next = mdl->Next;
        IoFreeMdl(mdl);
    }
    IoFreeIrp(irp);
    if (left == 0)
        IofCompleteRequest(master, boost);
}

/*
 * Paging I/O of a file system: its thread waits below APC delivery, so the results go out here and
 * now, and no handle or buffer is to be looked after.
 */
static void complete_paging(PIRP irp, CCHAR boost)
{
    PKEVENT event = irp->UserEvent;

    if (!(irp->Flags & IRP_SYNCHRONOUS_PAGING_IO))
        NOT_IMPLEMENTED("the end of an asynchronous page write");
    *irp->UserIosb = irp->IoStatus;
    irp->AllocationFlags &= (UCHAR)~IO_IRP_THREADED;
    RemoveEntryList(&irp->ThreadListEntry);
    IoFreeIrp(irp);
    KeSetEvent(event, boost, FALSE);
}

/* The APC overlays what the IRP keeps for the end of the request: put it back, then end it. */
static void finish(PIRP irp, PETHREAD thread, PVOID auxiliary, PVOID file)
{
    irp->Tail.Overlay.Thread = thread;
    irp->Tail.Overlay.AuxiliaryBuffer = auxiliary;
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->AllocationFlags &= (UCHAR)~IO_IRP_THREADED;
    io_request_finish(irp);
}

/*
 * The thread is gone: nobody is told, the resources go back. This may be at DISPATCH_LEVEL, where
 * the file cannot be closed at once. An IRP that never had a thread is its driver's, whose
 * completion routine had to keep it; on NT the APC then faults on the thread that is NULL.
 */
static void drop(PIRP irp, PKEVENT event, PFILE_OBJECT file)
{
    if (!(irp->AllocationFlags & IO_IRP_THREADED) && !(irp->Flags & IRP_DEFER_IO_COMPLETION))
        ke_bugcheck(IRQL_NOT_LESS_OR_EQUAL, FIELD_OFFSET(struct _KTHREAD, ThreadLock),
                    DISPATCH_LEVEL, TRUE, (ULONG_PTR)KeInsertQueueApc);
    irp->AllocationFlags &= (UCHAR)~IO_IRP_THREADED;
    RemoveEntryList(&irp->ThreadListEntry);
    io_request_discard_irp(irp);
    if (!file)
        return;
    if (event)
        ObDereferenceObjectDeferDelete(event);
    ObDereferenceObjectDeferDelete(file);
}

static VOID NTAPI finish_apc(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context, PVOID *argument1,
                             PVOID *argument2)
{
    (void)normal, (void)context;
    finish(CONTAINING_RECORD(apc, IRP, Tail.Apc), ps_current_thread(), *argument1, *argument2);
}

/* The thread ends before its APC ran: nobody is left to tell, but the resources go back. */
static VOID NTAPI finish_rundown(PKAPC apc)
{
    finish(CONTAINING_RECORD(apc, IRP, Tail.Apc), (PETHREAD)apc->Thread, apc->SystemArgument1,
           apc->SystemArgument2);
}

/* The rest must run in the thread that sent the request: by a special kernel APC. */
static void queue_finish(PIRP irp, CCHAR boost)
{
    PETHREAD thread = irp->Tail.Overlay.Thread;
    PVOID auxiliary = irp->Tail.Overlay.AuxiliaryBuffer;
    PFILE_OBJECT file = irp->Tail.Overlay.OriginalFileObject;

    if (!thread) {
        drop(irp, irp->UserEvent, file);
        return;
    }
    KeInitializeApc(&irp->Tail.Apc, &thread->Tcb, (KAPC_ENVIRONMENT)irp->ApcEnvironment, finish_apc,
                    finish_rundown, NULL, KernelMode, NULL);
    if (!KeInsertQueueApc(&irp->Tail.Apc, auxiliary, file, boost)) {
        irp->Tail.Overlay.AuxiliaryBuffer = auxiliary; /* the thread takes no APCs any more */
        drop(irp, irp->UserEvent, file);
    }
}

static DECLSPEC_NOINLINE void hand_back(PIRP irp, CCHAR boost)
{
    if (irp->Flags & IRP_ASSOCIATED_IRP)
        complete_associated(irp, boost);
    else if (irp->Flags & IRP_PAGING_IO)
        complete_paging(irp, boost);
    else
        queue_finish(irp, boost);
}

/* io_request_send is still on the stack, and finishes it. */
static inline BOOLEAN is_awaited(PIRP irp)
{
    ULONG kind = irp->Flags & (IRP_DEFER_IO_COMPLETION | IRP_ASSOCIATED_IRP | IRP_PAGING_IO);

    return kind == IRP_DEFER_IO_COMPLETION && !irp->PendingReturned;
}

static void check_completion(PIRP irp)
{
    if (irp->Type != IO_TYPE_IRP || irp->CurrentLocation > irp->StackCount + 1)
        ke_bugcheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 0, 0, 0);
    if (irp->CancelRoutine)
        ke_bugcheck(KE_IO_MANAGER_VIOLATION, 0x7, (ULONG_PTR)irp->CancelRoutine, (ULONG_PTR)irp, 0);
    if (irp->IoStatus.Status == STATUS_PENDING || irp->IoStatus.Status == -1)
        ke_bugcheck(KE_IO_MANAGER_VIOLATION, 0x6, (ULONG_PTR)irp->IoStatus.Status, (ULONG_PTR)irp,
                    0);
}

static DECLSPEC_NOINLINE void complete_watched(PIRP irp, CCHAR boost, const void *caller)
{
    VF(irp_completing(irp, caller));
    check_completion(irp);
    KD_TRACE(irp_complete(irp));
    VF(request_completed(irp));
    if (!run_up_the_stack(irp))
        return;
    KD_TRACE(irp_end(irp));
    irp = vf_on ? vf_request_ended(irp) : irp;
    if (!is_awaited(irp))
        hand_back(irp, boost);
}

/*
 * Complete an IRP.
 * @param boost  priority boost of the thread that waits for it
 * Runs completion routines upward; then the result goes to the sender. Completing twice is bug
 * check 0x44 (MULTIPLE_IRP_COMPLETE_REQUESTS); with a cancel routine set, STATUS_PENDING or the
 * status -1 it is an I/O manager violation, 0xC9.
 * Differs from NT: there only Driver Verifier looks for the latter.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoCompleteRequest; bug check 0xC9.
 */
VOID FASTCALL IofCompleteRequest(PIRP irp, CCHAR boost)
{
    if (io_is_watched()) {
        complete_watched(irp, boost, __builtin_return_address(0));
        return;
    }
    check_completion(irp);
    if (run_up_the_stack(irp) && !is_awaited(irp))
        hand_back(irp, boost);
}
NT_EXPORT(IofCompleteRequest, DISPATCH_LEVEL, "Iu");
