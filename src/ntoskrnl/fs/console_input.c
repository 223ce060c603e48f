/*
 * Reads of consoles. Input that the host has is taken at once. When it has none yet, the request
 * waits in fs.console_waits until fs_console_input_ready, or until it is cancelled. A write waits
 * in the same way when nobody takes the output.
 *
 * Differs from NT: where the console is the host's own input, a read holds the whole machine until
 * there is some. To let the others do what they can before, it first waits a little; simulated time
 * makes that order the same each run.
 */
#include "fs/fs_internal.h"

#define READ_DELAY_100NS 100000 /* 10 ms */
#define READ_BYTES 1024 /* taken from the host at a time, so that CR fits in before each LF */

/* Insert a CR before each LF. Returns the new length; `text` has room for twice the old one. */
static ULONG expand_lines(char *text, ULONG length)
{
    ULONG lines = 0, result;

    for (ULONG i = 0; i < length; i++)
        lines += text[i] == '\n';
    result = length + lines;
    for (ULONG from = length, to = result; from > 0;) {
        text[--to] = text[--from];
        if (text[from] == '\n')
            text[--to] = '\r';
    }
    return result;
}

static struct console_open *open_of(PIRP irp)
{
    return IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext;
}

/* Fill the buffer with what there is. STATUS_PENDING: there is nothing yet. */
static NTSTATUS take(PIRP irp, ULONG *taken)
{
    struct console_open *open = open_of(irp);
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
    char *buffer = irp->AssociatedIrp.SystemBuffer;
    LONGLONG got;

    if (open->line_feed) {
        open->line_feed = FALSE;
        buffer[0] = '\n';
        *taken = 1;
        return STATUS_SUCCESS;
    }
    got = ke_machine->console_read(open->console, buffer,
                                   length == 1 ? 1 : min(length / 2, READ_BYTES));
    if (got < 0)
        return got == MACHINE_FILE_NOT_NOW ? STATUS_PENDING : STATUS_IO_DEVICE_ERROR;
    if (length == 1 && got == 1 && buffer[0] == '\n') {
        buffer[0] = '\r';
        open->line_feed = TRUE;
    }
    *taken = length == 1 ? (ULONG)got : expand_lines(buffer, (ULONG)got);
    return STATUS_SUCCESS;
}

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;

    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    KeAcquireSpinLock(&fs.console_lock, &irql);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&fs.console_lock, irql);
    fs_complete(irp, STATUS_CANCELLED, 0);
}

/* STATUS_PENDING: not now. */
static NTSTATUS attempt(PIRP irp, ULONG *done)
{
    BOOLEAN reads = IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_READ;

    return reads ? take(irp, done) : fs_console_put(irp, done);
}

/* With the lock held. False: cancelled before it had a routine for that, nobody else completes it.
 */
static BOOLEAN wait_in_list(PIRP irp)
{
    InsertTailList(&fs.console_waits, &irp->Tail.Overlay.ListEntry);
    (void)IoSetCancelRoutine(irp, cancel);
    if (!irp->Cancel || !IoSetCancelRoutine(irp, NULL))
        return TRUE;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    return FALSE;
}

/* The host's own console never lets a request wait, but holds the machine. */
NTSTATUS fs_console_transfer(PIRP irp)
{
    BOOLEAN waits = FALSE;
    ULONG done = 0;
    NTSTATUS status;
    KIRQL irql;

    if (open_of(irp)->console == 0) {
        status = attempt(irp, &done);
        return fs_complete(irp, status, done);
    }
    KeAcquireSpinLock(&fs.console_lock, &irql);
    status = attempt(irp, &done);
    if (status == STATUS_PENDING) {
        IoMarkIrpPending(irp);
        waits = wait_in_list(irp);
    }
    KeReleaseSpinLock(&fs.console_lock, irql);
    if (status != STATUS_PENDING)
        return fs_complete(irp, status, done);
    if (!waits)
        fs_complete(irp, STATUS_CANCELLED, 0);
    return STATUS_PENDING;
}

/*
 * With the lock held: what can be done now of the requests for this console goes to `ended`, with
 * its result in IoStatus.
 */
static void try_waiting(ULONG console, PLIST_ENTRY ended)
{
    PLIST_ENTRY next;

    for (PLIST_ENTRY at = fs.console_waits.Flink; at != &fs.console_waits; at = next) {
        PIRP irp = CONTAINING_RECORD(at, IRP, Tail.Overlay.ListEntry);
        ULONG done = 0;
        NTSTATUS status;

        next = at->Flink;
        if (open_of(irp)->console != console || !IoSetCancelRoutine(irp, NULL))
            continue;
        status = attempt(irp, &done);
        if (status == STATUS_PENDING) {
            (void)IoSetCancelRoutine(irp, cancel);
            if (!irp->Cancel || !IoSetCancelRoutine(irp, NULL))
                continue;
            status = STATUS_CANCELLED;
        }
        RemoveEntryList(at);
        InsertTailList(ended, at);
        irp->IoStatus.Status = status;
        irp->IoStatus.Information = done;
    }
}

void fs_console_input_ready(ULONG console)
{
    LIST_ENTRY ended;
    KIRQL irql;

    InitializeListHead(&ended);
    KeAcquireSpinLock(&fs.console_lock, &irql);
    try_waiting(console, &ended);
    KeReleaseSpinLock(&fs.console_lock, irql);
    while (!IsListEmpty(&ended)) {
        PIRP irp = CONTAINING_RECORD(RemoveHeadList(&ended), IRP, Tail.Overlay.ListEntry);

        fs_complete(irp, irp->IoStatus.Status, (ULONG)irp->IoStatus.Information);
    }
}

NTSTATUS NTAPI fs_console_read(PDEVICE_OBJECT device, PIRP irp)
{
    const struct console_open *open = open_of(irp);
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
    LARGE_INTEGER delay = {.QuadPart = -READ_DELAY_100NS};

    (void)device;
    if (open->end != CONSOLE_INPUT && open->end != CONSOLE_BOTH)
        return fs_complete(irp, STATUS_ACCESS_DENIED, 0);
    if (length == 0)
        return fs_complete(irp, STATUS_SUCCESS, 0);
    if (open->console == 0 && !open->line_feed)
        KeDelayExecutionThread(KernelMode, FALSE, &delay);
    return fs_console_transfer(irp);
}
