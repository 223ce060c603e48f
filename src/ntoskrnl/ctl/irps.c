/*
 * The answer to the question what requests there are, and who sent them. Nothing is changed; an IRP
 * that a driver has spoiled is left out.
 */
#include "ctl/ctl_internal.h"
#include "io/io.h"
#include "ke/ke_internal.h"
#include "machine/control.h"

/* Is there a thread at an address, which may be stale? */
static BOOLEAN is_thread(PVOID address)
{
    BOOLEAN found = FALSE;
    ULONG_PTR id = 0;
    PETHREAD thread;

    while (!found && (thread = ki_next_thread(&id)) != NULL) {
        found = thread == address;
        ObDereferenceObject(thread);
    }
    return found;
}

static void add_sender(struct control_irp *row, PETHREAD thread)
{
    PEPROCESS process;

    if (!is_thread(thread))
        return;
    process = (PEPROCESS)thread->Tcb.Process;
    row->process = (ULONG)(ULONG_PTR)thread->Cid.UniqueProcess;
    row->thread = (ULONG)(ULONG_PTR)thread->Cid.UniqueThread;
    RtlCopyMemory(row->process_name, process->ImageFileName, sizeof(process->ImageFileName));
}

static void add_lengths(struct control_irp *row, const IO_STACK_LOCATION *location)
{
    switch (location->MajorFunction) {
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        row->input_length = location->Parameters.DeviceIoControl.InputBufferLength;
        row->output_length = location->Parameters.DeviceIoControl.OutputBufferLength;
        row->code = location->Parameters.DeviceIoControl.IoControlCode;
        break;
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: /* what its other parameters are depends on the code */
        row->code = location->Parameters.DeviceIoControl.IoControlCode;
        break;
    case IRP_MJ_READ:
        row->output_length = location->Parameters.Read.Length;
        break;
    case IRP_MJ_WRITE:
        row->input_length = location->Parameters.Write.Length;
        break;
    }
}

static void add_irp(PVOID context, PIRP irp)
{
    struct control_irps *list = context;
    struct control_irp *row = &list->irps[list->count];

    if (list->count++ >= list->room)
        return;
    RtlZeroMemory(row, sizeof(*row));
    if (!io_describe_irp((ULONG64)irp, &row->request)) {
        list->count--;
        return;
    }
    add_sender(row, irp->Tail.Overlay.Thread);
    if (irp->CurrentLocation > 0 && irp->CurrentLocation <= irp->StackCount)
        add_lengths(row, (const IO_STACK_LOCATION *)(irp + 1) + irp->CurrentLocation - 1);
}

NTSTATUS ctl_list_irps(void *arguments)
{
    struct control_irps *list = arguments;

    list->count = 0;
    io_visit_irps(add_irp, list);
    return STATUS_SUCCESS;
}
