/*
 * A driver whose requests end as their sender says: at once, later, never until cancelled. It logs
 * what happens to its files. See async.h.
 *
 * A request that waits is in a cancel-safe queue; if a timer is to end it, a struct delay belongs
 * to it, which the timer's DPC frees, or who cancels the timer before.
 */
#include <ntifs.h>
#include <ntstrsafe.h>

#include "async.h"

struct delay {
    KTIMER timer;
    KDPC dpc;
    IO_CSQ_IRP_CONTEXT csq;
    PIRP stubborn; /* the request when it is not in the queue */
};

struct work {
    PIO_WORKITEM item;
    PIRP irp;
};

/* What an open is; in FsContext. */
struct open {
    ULONG number; /* in the log; 0 = not logged */
    BOOLEAN shared;
};

static struct {
    IO_CSQ csq;
    LIST_ENTRY queue;
    KSPIN_LOCK lock;
    LONG pending, cancelled;
    ULONG opens;
    LONGLONG write_offset;
    SHARE_ACCESS share;
    ULONG shared_opens;
    char log[256];
} state;

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Async");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\??\\Async");

static void log_event(const char *what, ULONG number)
{
    size_t length;
    KIRQL irql;

    if (number == 0)
        return;
    KeAcquireSpinLock(&state.lock, &irql);
    length = strlen(state.log);
    RtlStringCbPrintfA(state.log + length, sizeof(state.log) - length, "%s%u ", what, number);
    KeReleaseSpinLock(&state.lock, irql);
}

static struct open *open_of(PIRP irp)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;

    return file->FsContext;
}

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* ---- the end of a request ----------------------------------------------------------------------
 */

static NTSTATUS end_transfer(PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG length = location->Parameters.Read.Length;
    LARGE_INTEGER offset = location->Parameters.Read.ByteOffset;
    PFILE_OBJECT file = location->FileObject;

    if (location->MajorFunction == IRP_MJ_WRITE)
        state.write_offset = offset.QuadPart;
    else if (length != 0)
        memset(irp->AssociatedIrp.SystemBuffer, (int)offset.LowPart, length);
    if (file->Flags & FO_SYNCHRONOUS_IO)
        file->CurrentByteOffset.QuadPart = offset.QuadPart + length;
    return complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS end_request(PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    struct async_request request;
    ULONG size = 0;

    if (location->MajorFunction != IRP_MJ_DEVICE_CONTROL)
        return end_transfer(irp);
    request = *(struct async_request *)irp->AssociatedIrp.SystemBuffer;
    if (location->Parameters.DeviceIoControl.OutputBufferLength >= sizeof(request.value)) {
        size = sizeof(request.value);
        memcpy(irp->AssociatedIrp.SystemBuffer, &request.value, size);
    }
    return complete(irp, request.status, size);
}

/* ---- the queue ---------------------------------------------------------------------------------
 */

static VOID NTAPI csq_insert(PIO_CSQ csq, PIRP irp)
{
    UNREFERENCED_PARAMETER(csq);
    InsertTailList(&state.queue, &irp->Tail.Overlay.ListEntry);
    InterlockedIncrement(&state.pending);
}

static VOID NTAPI csq_remove(PIO_CSQ csq, PIRP irp)
{
    UNREFERENCED_PARAMETER(csq);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    InterlockedDecrement(&state.pending);
}

/* The next one of a file that is held, not delayed. NULL as context: of any file. */
static PIRP NTAPI csq_peek(PIO_CSQ csq, PIRP irp, PVOID context)
{
    LIST_ENTRY *entry = irp ? irp->Tail.Overlay.ListEntry.Flink : state.queue.Flink;

    UNREFERENCED_PARAMETER(csq);
    for (; entry != &state.queue; entry = entry->Flink) {
        PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        PFILE_OBJECT file = IoGetCurrentIrpStackLocation(next)->FileObject;

        if (context ? file == context : !next->Tail.Overlay.DriverContext[0])
            return next;
    }
    return NULL;
}

static VOID NTAPI csq_acquire(PIO_CSQ csq, PKIRQL irql)
{
    UNREFERENCED_PARAMETER(csq);
    KeAcquireSpinLock(&state.lock, irql);
}

static VOID NTAPI csq_release(PIO_CSQ csq, KIRQL irql)
{
    UNREFERENCED_PARAMETER(csq);
    KeReleaseSpinLock(&state.lock, irql);
}

/* A request that left the queue before its timer ran out. */
static void stop_timer(PIRP irp)
{
    struct delay *delay = irp->Tail.Overlay.DriverContext[0];

    if (delay && KeCancelTimer(&delay->timer))
        ExFreePoolWithTag(delay, 'nysA');
}

static VOID NTAPI csq_cancelled(PIO_CSQ csq, PIRP irp)
{
    struct open *open = open_of(irp);

    UNREFERENCED_PARAMETER(csq);
    InterlockedIncrement(&state.cancelled);
    if (open)
        log_event("cancel", open->number);
    stop_timer(irp);
    complete(irp, STATUS_CANCELLED, 0);
}

static VOID NTAPI delay_over(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct delay *delay = context;
    PIRP irp = delay->stubborn;

    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    if (irp)
        InterlockedDecrement(&state.pending);
    else
        irp = IoCsqRemoveIrp(&state.csq, &delay->csq);
    if (irp)
        end_request(irp);
    ExFreePoolWithTag(delay, 'nysA');
}

static NTSTATUS start_delay(PIRP irp, ULONG milliseconds, BOOLEAN stubborn)
{
    struct delay *delay = ExAllocatePoolWithTag(NonPagedPool, sizeof(*delay), 'nysA');
    LARGE_INTEGER due;

    if (!delay)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    due.QuadPart = -10000ll * milliseconds;
    KeInitializeTimer(&delay->timer);
    KeInitializeDpc(&delay->dpc, delay_over, delay);
    delay->stubborn = stubborn ? irp : NULL;
    irp->Tail.Overlay.DriverContext[0] = delay;
    if (stubborn) {
        IoMarkIrpPending(irp);
        InterlockedIncrement(&state.pending);
    } else {
        IoCsqInsertIrp(&state.csq, irp, &delay->csq);
    }
    KeSetTimer(&delay->timer, due, &delay->dpc); /* even if it was cancelled: the DPC frees */
    return STATUS_PENDING;
}

static VOID NTAPI run_work(PDEVICE_OBJECT device, PVOID context)
{
    struct work *work = context;

    UNREFERENCED_PARAMETER(device);
    IoFreeWorkItem(work->item);
    end_request(work->irp);
    ExFreePoolWithTag(work, 'nysA');
}

static NTSTATUS start_work(PDEVICE_OBJECT device, PIRP irp)
{
    struct work *work = ExAllocatePoolWithTag(NonPagedPool, sizeof(*work), 'nysA');

    if (!work)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    work->irp = irp;
    work->item = IoAllocateWorkItem(device);
    IoMarkIrpPending(irp);
    IoQueueWorkItem(work->item, run_work, DelayedWorkQueue, work);
    return STATUS_PENDING;
}

/* ---- requests ----------------------------------------------------------------------------------
 */

static NTSTATUS submit(PDEVICE_OBJECT device, PIRP irp)
{
    const struct async_request *request = irp->AssociatedIrp.SystemBuffer;

    irp->Tail.Overlay.DriverContext[0] = NULL;
    switch (request->how) {
    case ASYNC_NOW:
        return end_request(irp);
    case ASYNC_MARKED:
        IoMarkIrpPending(irp);
        end_request(irp);
        return STATUS_PENDING;
    case ASYNC_DELAY:
    case ASYNC_STUBBORN:
        return start_delay(irp, request->milliseconds, request->how == ASYNC_STUBBORN);
    case ASYNC_WORK:
        return start_work(device, irp);
    case ASYNC_HOLD:
        IoCsqInsertIrp(&state.csq, irp, NULL);
        return STATUS_PENDING;
    default:
        return complete(irp, STATUS_INVALID_PARAMETER, 0);
    }
}

static NTSTATUS report(PIRP irp)
{
    struct async_state *report = irp->AssociatedIrp.SystemBuffer;

    memset(report, 0, sizeof(*report));
    report->pending = (ULONG)state.pending;
    report->cancelled = (ULONG)state.cancelled;
    report->file = open_of(irp)->number;
    report->write_offset = state.write_offset;
    report->length = (ULONG)strlen(state.log);
    memcpy(report->log, state.log, sizeof(report->log));
    return complete(irp, STATUS_SUCCESS, sizeof(*report));
}

static NTSTATUS release(PIRP irp)
{
    PIRP held = IoCsqRemoveNextIrp(&state.csq, NULL);

    if (!held)
        return complete(irp, STATUS_NO_MORE_ENTRIES, 0);
    end_request(held);
    return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG in = location->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = location->Parameters.DeviceIoControl.OutputBufferLength;

    switch (location->Parameters.DeviceIoControl.IoControlCode) {
    case ASYNC_SUBMIT:
        return in >= sizeof(struct async_request) ? submit(device, irp)
                                                  : complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    case ASYNC_STATE:
        return out >= sizeof(struct async_state) ? report(irp)
                                                 : complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    case ASYNC_RELEASE:
        return release(irp);
    case ASYNC_RESET:
        state.log[0] = 0;
        state.cancelled = 0;
        state.opens = 0;
        return complete(irp, STATUS_SUCCESS, 0);
    default:
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS NTAPI transfer(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return start_delay(irp, READ_MS, FALSE);
}

/* ---- files -------------------------------------------------------------------------------------
 */

static BOOLEAN is_named(PFILE_OBJECT file, PCWSTR wanted)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, wanted);
    return RtlEqualUnicodeString(&file->FileName, &name, TRUE);
}

static NTSTATUS share(PIO_STACK_LOCATION location, struct open *open)
{
    ACCESS_MASK access = location->Parameters.Create.SecurityContext->DesiredAccess;
    ULONG allowed = location->Parameters.Create.ShareAccess;
    NTSTATUS status = STATUS_SUCCESS;

    if (state.shared_opens == 0)
        IoSetShareAccess(access, allowed, location->FileObject, &state.share);
    else
        status = IoCheckShareAccess(access, allowed, location->FileObject, &state.share, TRUE);
    open->shared = NT_SUCCESS(status);
    state.shared_opens += open->shared;
    return status;
}

static NTSTATUS NTAPI create(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = location->FileObject;
    NTSTATUS status = STATUS_SUCCESS;
    struct open *open;

    UNREFERENCED_PARAMETER(device);
    irp->Tail.Overlay.DriverContext[0] = NULL;
    if (is_named(file, L"\\slow")) {
        IoCsqInsertIrp(&state.csq, irp, NULL);
        return STATUS_PENDING;
    }
    open = ExAllocatePoolWithTag(NonPagedPool, sizeof(*open), 'nysA');
    if (!open)
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    open->shared = FALSE;
    open->number = is_named(file, L"\\control") ? 0 : ++state.opens;
    if (is_named(file, L"\\share"))
        status = share(location, open);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(open, 'nysA');
        return complete(irp, status, 0);
    }
    file->FsContext = open;
    log_event("create", open->number);
    return complete(irp, STATUS_SUCCESS, 0);
}

/* The last handle is closed: nobody wants what the file still waits for. */
static NTSTATUS NTAPI cleanup(PDEVICE_OBJECT device, PIRP irp)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    struct open *open = file->FsContext;
    PIRP waiting;

    UNREFERENCED_PARAMETER(device);
    log_event("cleanup", open->number);
    if (open->shared) {
        IoRemoveShareAccess(file, &state.share);
        state.shared_opens--;
    }
    while ((waiting = IoCsqRemoveNextIrp(&state.csq, file)) != NULL) {
        stop_timer(waiting);
        complete(waiting, STATUS_CANCELLED, 0);
    }
    return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI close(PDEVICE_OBJECT device, PIRP irp)
{
    struct open *open = open_of(irp);

    UNREFERENCED_PARAMETER(device);
    log_event("close", open->number);
    ExFreePoolWithTag(open, 'nysA');
    return complete(irp, STATUS_SUCCESS, 0);
}

/* ---- begin and end -----------------------------------------------------------------------------
 */

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
    KeFlushQueuedDpcs();
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(registry_path);
    InitializeListHead(&state.queue);
    KeInitializeSpinLock(&state.lock);
    IoCsqInitialize(&state.csq, csq_insert, csq_remove, csq_peek, csq_acquire, csq_release,
                    csq_cancelled);
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    device->Flags |= DO_BUFFERED_IO;
    status = IoCreateSymbolicLink(&link_name, &device_name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    driver->MajorFunction[IRP_MJ_CREATE] = create;
    driver->MajorFunction[IRP_MJ_CLEANUP] = cleanup;
    driver->MajorFunction[IRP_MJ_CLOSE] = close;
    driver->MajorFunction[IRP_MJ_READ] = driver->MajorFunction[IRP_MJ_WRITE] = transfer;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}
