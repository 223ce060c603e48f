/*
 * Completion: the way of an IRP back up its stack, and to the thread that sent it.
 */
#include "io/io_internal.h"
#include "kd/trace.h"
#include "vf/callback.h"
#include "vf/irp.h"
#include "vf/memory.h"
#include "vf/user.h"
#include "vf/vf.h"

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

/* FALSE when a completion routine took the IRP back. */
static BOOLEAN run_up_the_stack(PIRP irp)
{
    while (irp->CurrentLocation <= irp->StackCount) {
        PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
        PDEVICE_OBJECT device;

        irp->PendingReturned = (location->Control & SL_PENDING_RETURNED) != 0;
        irp->CurrentLocation++;
        irp->Tail.Overlay.CurrentStackLocation++;
        VF(irp_came_up(irp));
        if (wants_call(location, irp)) {
            PIO_COMPLETION_ROUTINE routine = location->CompletionRoutine;
            PVOID context = location->Context;
            struct vf_callback callback;
            NTSTATUS status;
            BOOLEAN pending = irp->PendingReturned;

            device = irp->CurrentLocation <= irp->StackCount
                         ? IoGetCurrentIrpStackLocation(irp)->DeviceObject
                         : NULL;
            clear_location(location);
            ke_interleave_before((const void *)routine);
            KD_TRACE(irp_up(irp, device, (const void *)routine));
            VF(irp_happens(irp, MACHINE_IRP_ROUTINE, NULL, (const void *)routine));
            VF(callback_enter(&callback, (const void *)routine, "completion routine"));
            status = routine(device, irp, context);
            VF(callback_leave(&callback));
            KD_TRACE(irp_up_returned(irp, device, (const void *)routine, status));
            VF(irp_routine_returned(irp, (const void *)routine, pending, status));
            if (status == STATUS_MORE_PROCESSING_REQUIRED)
                return FALSE;
        } else {
            clear_location(location);
            if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount)
                IoMarkIrpPending(irp);
        }
    }
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

/* The rest must run in the thread that sent the request: at once, or by a special kernel APC. */
static void hand_back(PIRP irp, CCHAR boost)
{
    PETHREAD thread = irp->Tail.Overlay.Thread;
    PVOID auxiliary = irp->Tail.Overlay.AuxiliaryBuffer;
    PFILE_OBJECT file = irp->Tail.Overlay.OriginalFileObject;

    if (!irp->PendingReturned && irp->Flags & IRP_DEFER_IO_COMPLETION)
        return; /* io_request_send is still on the stack and finishes it */
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
    VF(irp_completing(irp, __builtin_return_address(0)));
    if (irp->Type != IO_TYPE_IRP || irp->CurrentLocation > irp->StackCount + 1)
        ke_bugcheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 0, 0, 0);
    if (irp->CancelRoutine)
        ke_bugcheck(KE_IO_MANAGER_VIOLATION, 0x7, (ULONG_PTR)irp->CancelRoutine, (ULONG_PTR)irp, 0);
    if (irp->IoStatus.Status == STATUS_PENDING || irp->IoStatus.Status == -1)
        ke_bugcheck(KE_IO_MANAGER_VIOLATION, 0x6, (ULONG_PTR)irp->IoStatus.Status, (ULONG_PTR)irp,
                    0);
    KD_TRACE(irp_complete(irp));
    if (__builtin_expect(vf_on, 0)) {
        vf_irp_completed(irp);
        vf_memory_irp_completed(irp);
    }
    if (!run_up_the_stack(irp))
        return;
    irp->CurrentLocation = (CHAR)(irp->StackCount + 2);
    KD_TRACE(irp_end(irp));
    if (__builtin_expect(vf_on, 0)) {
        vf_user_completed(irp);
        irp = vf_irp_ended(irp);
    }
    if (irp->Flags & IRP_ASSOCIATED_IRP)
        complete_associated(irp, boost);
    else if (irp->Flags & IRP_PAGING_IO)
        complete_paging(irp, boost);
    else
        hand_back(irp, boost);
}
NT_EXPORT(IofCompleteRequest, DISPATCH_LEVEL, "Iu");
