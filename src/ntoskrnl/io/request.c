/*
 * What all requests of a file handle share: checks on the way in, the data buffer, waiting, and
 * the results on the way out.
 */
#include "io/io_internal.h"
#include "vf/irp.h"
#include "vf/memory.h"
#include "vf/only.h"

static NTSTATUS check_caller_blocks(PIO_STATUS_BLOCK iosb)
{
    __try {
        ProbeForWrite(iosb, sizeof(*iosb), sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static DECLSPEC_NOINLINE NTSTATUS open_event(struct io_request *request, HANDLE handle)
{
    NTSTATUS status;

    status = ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType,
                                       request->mode, (PVOID *)&request->event, NULL);
    if (NT_SUCCESS(status))
        KeClearEvent(request->event);
    return status;
}

/*
 * One synchronous request at a time per file object; the others wait in turn. The end of the
 * thread ends the wait, and on an alertable file an alert or APC too: STATUS_CANCELLED then, where
 * NT says which.
 */
static DECLSPEC_NOINLINE NTSTATUS wait_for_file(PFILE_OBJECT file, KPROCESSOR_MODE mode)
{
    BOOLEAN alertable = (file->Flags & FO_ALERTABLE_IO) != 0;

    while (file->Busy) {
        NTSTATUS status;

        file->Waiters++;
        status = KeWaitForSingleObject(&file->Lock, Executive, mode, alertable, NULL);
        file->Waiters--;
        if (status != STATUS_SUCCESS)
            return STATUS_CANCELLED;
    }
    return STATUS_SUCCESS;
}

static inline NTSTATUS lock_file(PFILE_OBJECT file, KPROCESSOR_MODE mode)
{
    NTSTATUS status = file->Busy ? wait_for_file(file, mode) : STATUS_SUCCESS;

    if (NT_SUCCESS(status))
        file->Busy = TRUE;
    return status;
}

static void unlock_file(PFILE_OBJECT file)
{
    file->Busy = FALSE;
    if (file->Waiters)
        KeSetEvent(&file->Lock, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS reference_file(struct io_request *request, HANDLE handle, ACCESS_MASK access)
{
    OBJECT_HANDLE_INFORMATION information;
    NTSTATUS status;

    request->file =
        ob_handle_peek(handle, access, IoFileObjectTypeObject, request->mode, &request->granted);
    if (request->file) {
        ObReferenceObject(request->file);
        return STATUS_SUCCESS;
    }
    status = ObReferenceObjectByHandle(handle, access, IoFileObjectTypeObject, request->mode,
                                       (PVOID *)&request->file, &information);
    request->granted = NT_SUCCESS(status) ? information.GrantedAccess : 0;
    return status;
}

/* What must be true of the file, and its turn if it is synchronous. */
static NTSTATUS begin(struct io_request *request, HANDLE event)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (request->apc_routine && request->file->CompletionContext)
        return STATUS_INVALID_PARAMETER; /* the end of a request is told in one way only */
    if (event)
        status = open_event(request, event);
    if (!NT_SUCCESS(status))
        return status;
    request->synchronous = (request->file->Flags & FO_SYNCHRONOUS_IO) != 0;
    if (request->synchronous)
        status = lock_file(request->file, request->mode);
    if (!NT_SUCCESS(status) && request->event)
        ObDereferenceObject(request->event);
    return status;
}

NTSTATUS io_request_open(struct io_request *request, HANDLE handle, ACCESS_MASK access,
                         HANDLE event, PIO_APC_ROUTINE apc_routine, PVOID apc_context,
                         PIO_STATUS_BLOCK iosb)
{
    NTSTATUS status;

    request->mode = ke_previous_mode();
    request->event = NULL;
    request->iosb = iosb;
    request->apc_routine = apc_routine;
    request->apc_context = apc_context;
    if (request->mode == UserMode) {
        status = check_caller_blocks(iosb);
        if (!NT_SUCCESS(status))
            return status;
    }
    status = reference_file(request, handle, access);
    if (!NT_SUCCESS(status))
        return status;
    status = begin(request, event);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(request->file);
        return status;
    }
    request->device = IoGetRelatedDeviceObject(request->file);
    request->file->Event.Header.SignalState = 0;
    return STATUS_SUCCESS;
}

void io_request_abandon(struct io_request *request)
{
    if (request->synchronous)
        unlock_file(request->file);
    if (request->event)
        ObDereferenceObject(request->event);
    ObDereferenceObject(request->file);
}

PIRP io_request_irp(struct io_request *request, UCHAR major)
{
    PIRP irp = IoAllocateIrp(request->device->StackSize, TRUE);
    PIO_STACK_LOCATION location;

    if (!irp) {
        io_request_abandon(request);
        return NULL;
    }
    irp->Tail.Overlay.OriginalFileObject = request->file;
    irp->Tail.Overlay.Thread = ps_current_thread();
    irp->RequestorMode = request->mode;
    irp->UserIosb = request->iosb;
    irp->UserEvent = request->event;
    irp->Overlay.AsynchronousParameters.UserApcRoutine = request->apc_routine;
    irp->Overlay.AsynchronousParameters.UserApcContext = request->apc_context;
    irp->Flags = IRP_DEFER_IO_COMPLETION;
    location = IoGetNextIrpStackLocation(irp);
    location->MajorFunction = major;
    location->FileObject = request->file;
    return irp;
}

static NTSTATUS lock_user_buffer(PIRP irp, PVOID buffer, ULONG length, LOCK_OPERATION operation,
                                 KPROCESSOR_MODE mode)
{
    irp->MdlAddress = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);
    if (!irp->MdlAddress)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(irp->MdlAddress, mode, operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(irp->MdlAddress);
        irp->MdlAddress = NULL;
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS copy_in(PVOID to, const void *from, ULONG length, KPROCESSOR_MODE mode)
{
    __try {
        if (mode == UserMode)
            ProbeForRead(from, length, 1);
        RtlCopyMemory(to, from, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS probe_output(PVOID buffer, ULONG length, KPROCESSOR_MODE mode)
{
    if (mode != UserMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(buffer, length, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS buffer_data(PIRP irp, PVOID buffer, ULONG length, BOOLEAN device_reads,
                            KPROCESSOR_MODE mode)
{
    irp->AssociatedIrp.SystemBuffer = mm_pool_allocate_buffer(length, IO_TAG_BUFFER);
    if (!irp->AssociatedIrp.SystemBuffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (device_reads)
        return copy_in(irp->AssociatedIrp.SystemBuffer, buffer, length, mode);
    irp->Flags |= IRP_INPUT_OPERATION;
    return probe_output(buffer, length, mode);
}

NTSTATUS io_prepare_buffer(PIRP irp, ULONG device_flags, PVOID buffer, ULONG length,
                           BOOLEAN device_reads, KPROCESSOR_MODE mode)
{
    irp->UserBuffer = buffer;
    if (length == 0)
        return STATUS_SUCCESS;
    if (device_flags & DO_BUFFERED_IO)
        return buffer_data(irp, buffer, length, device_reads, mode);
    if (device_flags & DO_DIRECT_IO)
        return lock_user_buffer(irp, buffer, length, device_reads ? IoReadAccess : IoWriteAccess,
                                mode);
    return STATUS_SUCCESS;
}

static inline BOOLEAN has_buffers(PIRP irp)
{
    return irp->MdlAddress || irp->Flags & IRP_DEALLOCATE_BUFFER ||
           irp->Tail.Overlay.AuxiliaryBuffer;
}

/* Unlock and free the pages, and the system buffer after its data went to the caller. */
static DECLSPEC_NOINLINE void release_buffers(PIRP irp)
{
    for (PMDL mdl = irp->MdlAddress, next; mdl; mdl = next) {
        next = mdl->Next;
        if (mdl->MdlFlags & MDL_PAGES_LOCKED)
            MmUnlockPages(mdl);
        IoFreeMdl(mdl);
    }
    irp->MdlAddress = NULL;
    if (irp->Flags & IRP_DEALLOCATE_BUFFER)
        ExFreePoolWithTag(irp->AssociatedIrp.SystemBuffer, 0);
    irp->Flags &= ~(ULONG)IRP_DEALLOCATE_BUFFER;
    if (irp->Tail.Overlay.AuxiliaryBuffer)
        ExFreePoolWithTag(irp->Tail.Overlay.AuxiliaryBuffer, 0);
    irp->Tail.Overlay.AuxiliaryBuffer = NULL;
}

void io_request_discard_irp(PIRP irp)
{
    release_buffers(irp);
    IoFreeIrp(irp);
}

/* NT copies out unless the status is an error; a warning such as BUFFER_OVERFLOW carries data. */
static void copy_out(PIRP irp)
{
    if (NT_ERROR(irp->IoStatus.Status) || irp->IoStatus.Status == STATUS_VERIFY_REQUIRED)
        return;
    VF(request_output(irp));
    if (!(irp->Flags & IRP_BUFFERED_IO) || !(irp->Flags & IRP_INPUT_OPERATION))
        return;
    __try {
        RtlCopyMemory(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, irp->IoStatus.Information);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        irp->IoStatus.Status = GetExceptionCode();
    }
}

static void write_status_block(PIRP irp)
{
    if (!irp->UserIosb)
        return;
    __try {
        *irp->UserIosb = irp->IoStatus;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        /* The caller took its block away: there is nobody to tell. */
    }
}

static VOID NTAPI user_apc_done(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context,
                                PVOID *argument1, PVOID *argument2)
{
    (void)normal, (void)context, (void)argument1, (void)argument2;
    IoFreeIrp(CONTAINING_RECORD(apc, IRP, Tail.Apc));
}

static VOID NTAPI user_apc_rundown(PKAPC apc)
{
    IoFreeIrp(CONTAINING_RECORD(apc, IRP, Tail.Apc));
}

/* The caller's routine runs as a user APC; the IRP lives until it is delivered. */
static void queue_user_apc(PIRP irp, PFILE_OBJECT file)
{
    PETHREAD thread = irp->Tail.Overlay.Thread;
    PIO_STATUS_BLOCK iosb = irp->UserIosb;
    PKNORMAL_ROUTINE routine =
        (PKNORMAL_ROUTINE)(PVOID)irp->Overlay.AsynchronousParameters.UserApcRoutine;
    PVOID context = irp->Overlay.AsynchronousParameters.UserApcContext;

    (void)file;
    KeInitializeApc(&irp->Tail.Apc, &thread->Tcb, CurrentApcEnvironment, user_apc_done,
                    user_apc_rundown, routine, UserMode, context);
    if (!KeInsertQueueApc(&irp->Tail.Apc, iosb, NULL, 0))
        IoFreeIrp(irp);
}

/*
 * The caller's event or else the file itself becomes signaled; a synchronous file always, as its
 * sender waits for it. FILE_SKIP_SET_EVENT_ON_HANDLE spares the file.
 */
static void signal(PIRP irp, PFILE_OBJECT file)
{
    if (irp->UserEvent) {
        KeSetEvent(irp->UserEvent, IO_NO_INCREMENT, FALSE);
        if (file) /* the I/O manager's own requests have events that nobody referenced */
            ObDereferenceObject(irp->UserEvent);
    }
    if (!file)
        return;
    file->FinalStatus = irp->IoStatus.Status;
    if (file->Flags & FO_SYNCHRONOUS_IO || (!irp->UserEvent && !(file->Flags & FO_SKIP_SET_EVENT)))
        KeSetEvent(&file->Event, IO_NO_INCREMENT, FALSE);
}

/* A packet for the file's completion port, unless the sender or the file's mode is against it. */
static void queue_packet(PIRP irp, PFILE_OBJECT file)
{
    PVOID apc_context = irp->Overlay.AsynchronousParameters.UserApcContext;
    PIO_COMPLETION_CONTEXT port = file ? file->CompletionContext : NULL;

    if (!port || !apc_context || file->Flags & FO_SYNCHRONOUS_IO)
        return;
    if (irp->PendingReturned || !(file->Flags & FO_SKIP_COMPLETION_PORT))
        IoSetIoCompletion(port->Port, port->Key, apc_context, irp->IoStatus.Status,
                          irp->IoStatus.Information, FALSE);
}

static void notify(PIRP irp, PFILE_OBJECT file)
{
    signal(irp, file);
    if (irp->Overlay.AsynchronousParameters.UserApcRoutine) {
        queue_user_apc(irp, file);
        return;
    }
    queue_packet(irp, file);
    IoFreeIrp(irp);
}

/* Nobody is told: the request failed at once, or its thread is gone. */
static void drop(PIRP irp, PFILE_OBJECT file)
{
    if (file) {
        file->FinalStatus = irp->IoStatus.Status;
        if (irp->UserEvent)
            ObDereferenceObject(irp->UserEvent);
    }
    IoFreeIrp(irp);
}

/*
 * Results to the caller: data, status block, event, port, APC. An error that is returned directly
 * (not pended) is only returned: status block and event stay untouched, as on NT.
 */
void io_request_finish(PIRP irp)
{
    PFILE_OBJECT file = irp->Tail.Overlay.OriginalFileObject;
    BOOLEAN told =
        irp->Tail.Overlay.Thread && (!NT_ERROR(irp->IoStatus.Status) || irp->PendingReturned);

    VF(memory_output(irp));
    if (told)
        copy_out(irp);
    if (has_buffers(irp))
        release_buffers(irp);
    RemoveEntryList(&irp->ThreadListEntry);
    if (told) {
        write_status_block(irp);
        notify(irp, file);
    } else {
        drop(irp, file);
    }
    if (file)
        ObDereferenceObject(file);
}

/* At APC_LEVEL the request cannot end under our hands: its end is an APC to this thread. */
static void cancel_unless_done(PIRP irp, PKEVENT done)
{
    KIRQL irql = ke_raise_irql(APC_LEVEL);

    if (!KeReadStateEvent(done))
        IoCancelIrp(vf_on ? vf_irp_usable(irp) : irp);
    ke_lower_irql(irql);
}

void io_request_wait(PIRP irp, PKEVENT done, KPROCESSOR_MODE mode, BOOLEAN alertable)
{
    if (KeWaitForSingleObject(done, Executive, mode, alertable, NULL) == STATUS_SUCCESS)
        return;
    cancel_unless_done(irp, done);
    KeWaitForSingleObject(done, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS io_request_send(struct io_request *request, PIRP irp)
{
    PFILE_OBJECT file = request->file;
    BOOLEAN synchronous = request->synchronous;
    UCHAR major = IoGetNextIrpStackLocation(irp)->MajorFunction;
    NTSTATUS status;

    InsertHeadList(&ps_current_thread()->IrpList, &irp->ThreadListEntry);
    if (synchronous)
        ObReferenceObject(file); /* it is used below, after the IRP gave its reference back */
    status = IofCallDriver(request->device, irp);
    if (__builtin_expect(ke_irql() > APC_LEVEL, 0))
        ke_bugcheck(IRQL_GT_ZERO_AT_SYSTEM_SERVICE,
                    (ULONG_PTR)request->device->DriverObject->MajorFunction[major], ke_irql(), 0,
                    0);
    if (status != STATUS_PENDING) {
        irp = vf_on ? vf_irp_usable(irp) : irp;
        /* A driver that returns another status than it completed with: the IRP's is the truth. */
        if (irp->Type == IO_TYPE_IRP && irp->CurrentLocation == irp->StackCount + 2) {
            status = irp->IoStatus.Status;
            io_request_finish(irp);
        }
    } else if (synchronous) {
        io_request_wait(irp, &file->Event, request->mode, (file->Flags & FO_ALERTABLE_IO) != 0);
        status = file->FinalStatus;
    }
    if (synchronous) {
        unlock_file(file);
        ObDereferenceObject(file);
    }
    return status;
}
