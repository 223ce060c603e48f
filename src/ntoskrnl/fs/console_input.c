/*
 * Reads of consoles. Input that the host has is taken at once. When it has none yet, the request
 * waits in fs.console_reads until fs_console_input_ready, or until it is cancelled.
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
        return got == MACHINE_FILE_NO_INPUT ? STATUS_PENDING : STATUS_IO_DEVICE_ERROR;
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

/* Cancelled before it had a routine for that: nobody else will complete it. */
static NTSTATUS wait_for_input(PIRP irp)
{
    KIRQL irql;

    IoMarkIrpPending(irp);
    KeAcquireSpinLock(&fs.console_lock, &irql);
    InsertTailList(&fs.console_reads, &irp->Tail.Overlay.ListEntry);
    (void)IoSetCancelRoutine(irp, cancel);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL)) {
        RemoveEntryList(&irp->Tail.Overlay.ListEntry);
        KeReleaseSpinLock(&fs.console_lock, irql);
        fs_complete(irp, STATUS_CANCELLED, 0);
        return STATUS_PENDING;
    }
    KeReleaseSpinLock(&fs.console_lock, irql);
    return STATUS_PENDING;
}

/* The first request that waits for this console and is not being cancelled, taken out; or NULL. */
static PIRP next_reader(ULONG console)
{
    PIRP found = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&fs.console_lock, &irql);
    for (PLIST_ENTRY at = fs.console_reads.Flink; at != &fs.console_reads && !found;
         at = at->Flink) {
        PIRP irp = CONTAINING_RECORD(at, IRP, Tail.Overlay.ListEntry);

        if (open_of(irp)->console == console && IoSetCancelRoutine(irp, NULL)) {
            RemoveEntryList(at);
            found = irp;
            break;
        }
    }
    KeReleaseSpinLock(&fs.console_lock, irql);
    return found;
}

void fs_console_input_ready(ULONG console)
{
    PIRP irp;

    while ((irp = next_reader(console)) != NULL) {
        ULONG taken = 0;
        NTSTATUS status = take(irp, &taken);

        if (status == STATUS_PENDING) {
            wait_for_input(irp);
            return;
        }
        fs_complete(irp, status, taken);
    }
}

NTSTATUS NTAPI fs_console_read(PDEVICE_OBJECT device, PIRP irp)
{
    const struct console_open *open = open_of(irp);
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
    LARGE_INTEGER delay = {.QuadPart = -READ_DELAY_100NS};
    ULONG taken = 0;
    NTSTATUS status;

    (void)device;
    if (open->end != CONSOLE_INPUT && open->end != CONSOLE_BOTH)
        return fs_complete(irp, STATUS_ACCESS_DENIED, 0);
    if (length == 0)
        return fs_complete(irp, STATUS_SUCCESS, 0);
    if (open->console == 0 && !open->line_feed)
        KeDelayExecutionThread(KernelMode, FALSE, &delay);
    status = take(irp, &taken);
    return status == STATUS_PENDING ? wait_for_input(irp) : fs_complete(irp, status, taken);
}
