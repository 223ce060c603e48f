/*
 * All IRPs that there are, for the question what a machine is waiting for. As a debugger on Windows
 * does it: IRPs are pool blocks with a tag of their own, so those that belong to no thread are
 * found, too. Freed ones that are kept for the next request have no type.
 *
 * Nothing is changed, and an IRP that a driver has spoiled is left out.
 */
#include "io/io_internal.h"
#include "ke/ke_internal.h"
#include "machine/control.h"
#include "ps/ps.h"
#include "vf/irp.h"

/* The thread at an address that may be stale: it is there if it is one of those that are known. */
static PETHREAD known_thread(PVOID address)
{
    ULONG_PTR id = 0;
    PETHREAD thread;

    while ((thread = ki_next_thread(&id)) != NULL)
        if (thread == address)
            return thread;
    return NULL;
}

static void add_sender(struct control_irp *row, const IRP *irp)
{
    PETHREAD thread = known_thread(irp->Tail.Overlay.Thread);
    PEPROCESS process = thread ? (PEPROCESS)thread->Tcb.Process : NULL;

    if (!process)
        return;
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

static void add_irp(PVOID context, PVOID block)
{
    struct control_irps *list = context;
    struct machine_request request;
    const IRP *irp = block;
    struct control_irp *row;

    if (!io_describe_irp((ULONG64)block, &request))
        return;
    if (list->count++ >= list->room)
        return;
    row = &list->irps[list->count - 1];
    RtlZeroMemory(row, sizeof(*row));
    row->request = request;
    add_sender(row, irp);
    if (irp->CurrentLocation > 0 && irp->CurrentLocation <= irp->StackCount)
        add_lengths(row, (const IO_STACK_LOCATION *)(irp + 1) + irp->CurrentLocation - 1);
}

void io_list_irps(struct control_irps *list)
{
    list->count = 0;
    mm_pool_visit(IO_TAG_IRP, add_irp, list);
    vf_irp_visit(add_irp, list);
}
