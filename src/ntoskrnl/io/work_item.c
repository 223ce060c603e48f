/*
 * Work items of drivers: as executive work items, but while one is queued or runs its device or
 * driver object is referenced, so the driver stays loaded.
 */
#include "io/io_internal.h"
#include "vf/callback.h"
#include "vf/owned.h"

#define IO_TAG_WORK MM_POOL_TAG('I', 'o', 'W', 'I')

struct _IO_WORKITEM {
    WORK_QUEUE_ITEM item;
    PVOID object;                 /* device or driver object */
    PIO_WORKITEM_ROUTINE routine; /* one of the two */
    PIO_WORKITEM_ROUTINE_EX routine_ex;
    PVOID context;
};

/* Not in the headers in use. */
BOOLEAN NTAPI IoTryQueueWorkItem(PIO_WORKITEM work, PIO_WORKITEM_ROUTINE_EX routine,
                                 WORK_QUEUE_TYPE type, PVOID context);

static VOID NTAPI run(PVOID parameter)
{
    PIO_WORKITEM work = parameter;
    PVOID object = work->object;
    struct vf_callback callback;

    /* The routine may free the work item or queue it again. */
    VF(callback_enter(
        &callback, work->routine_ex ? (const void *)work->routine_ex : (const void *)work->routine,
        "work item"));
    if (work->routine_ex)
        work->routine_ex(object, work->context, work);
    else
        work->routine(object, work->context);
    VF(callback_leave(&callback));
    ObDereferenceObject(object);
    io.work_items_in_flight--;
}

static void queue(PIO_WORKITEM work, WORK_QUEUE_TYPE type, PVOID context)
{
    work->context = context;
    ObReferenceObject(work->object);
    io.work_items_in_flight++;
    ExQueueWorkItem(&work->item, type);
}

ULONG io_work_items_in_flight(void)
{
    return io.work_items_in_flight;
}

/* Bytes that IoInitializeWorkItem needs. IRQL: any. */
ULONG NTAPI IoSizeofWorkItem(VOID)
{
    return sizeof(struct _IO_WORKITEM);
}
NT_EXPORT(IoSizeofWorkItem, HIGH_LEVEL, "");

/*
 * Initialise a work item in memory of the driver.
 * @param object  device or driver object
 * @param work    non-paged, IoSizeofWorkItem bytes
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoInitializeWorkItem.
 */
VOID NTAPI IoInitializeWorkItem(PVOID object, PIO_WORKITEM work)
{
    RtlZeroMemory(work, sizeof(*work));
    work->object = object;
    ExInitializeWorkItem(&work->item, run, work);
}
NT_EXPORT(IoInitializeWorkItem, DISPATCH_LEVEL, "pp");

/* The end of IoInitializeWorkItem; the work item may not be queued. IRQL: <= DISPATCH_LEVEL. */
VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM work)
{
    work->object = NULL;
}
NT_EXPORT(IoUninitializeWorkItem, DISPATCH_LEVEL, "p");

/*
 * Allocate a work item.
 * @param device  stays referenced while the item is queued or runs
 * IRQL: <= DISPATCH_LEVEL. Returns NULL without memory.
 * Source: Windows driver documentation, IoAllocateWorkItem.
 */
PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT device)
{
    PIO_WORKITEM work = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*work), IO_TAG_WORK);

    if (!work)
        return NULL;
    IoInitializeWorkItem(device, work);
    VF(load_kept(VF_IO_WORK_ITEM, (ULONG64)work));
    return work;
}
NT_EXPORT(IoAllocateWorkItem, DISPATCH_LEVEL, "D");

/* Free a work item that is not queued. IRQL: <= DISPATCH_LEVEL. */
VOID NTAPI IoFreeWorkItem(PIO_WORKITEM work)
{
    ExFreePoolWithTag(work, IO_TAG_WORK);
}
NT_EXPORT(IoFreeWorkItem, DISPATCH_LEVEL, "p");

/*
 * Have a worker thread call `routine(device, context)` at PASSIVE_LEVEL.
 * @param type  DelayedWorkQueue, CriticalWorkQueue …
 * IRQL: <= DISPATCH_LEVEL. A work item that is queued already is bug check 0x96.
 * Source: Windows driver documentation, IoQueueWorkItem.
 */
VOID NTAPI IoQueueWorkItem(PIO_WORKITEM work, PIO_WORKITEM_ROUTINE routine, WORK_QUEUE_TYPE type,
                           PVOID context)
{
    work->routine = routine;
    work->routine_ex = NULL;
    queue(work, type, context);
}
NT_EXPORT(IoQueueWorkItem, DISPATCH_LEVEL, "ppup");

/* The same for `routine(object, context, work item)`, of a device or a driver object. */
VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM work, PIO_WORKITEM_ROUTINE_EX routine,
                             WORK_QUEUE_TYPE type, PVOID context)
{
    work->routine = NULL;
    work->routine_ex = routine;
    queue(work, type, context);
}
NT_EXPORT(IoQueueWorkItemEx, DISPATCH_LEVEL, "ppup");

/*
 * IoQueueWorkItemEx, unless the work item is queued already.
 * IRQL: <= DISPATCH_LEVEL. Returns FALSE when it was queued; it then runs once, with the routine
 * and context of the call that queued it.
 * Source: Windows driver documentation, IoTryQueueWorkItem.
 */
BOOLEAN NTAPI IoTryQueueWorkItem(PIO_WORKITEM work, PIO_WORKITEM_ROUTINE_EX routine,
                                 WORK_QUEUE_TYPE type, PVOID context)
{
    if (work->item.List.Flink)
        return FALSE;
    IoQueueWorkItemEx(work, routine, type, context);
    return TRUE;
}
NT_EXPORT(IoTryQueueWorkItem, DISPATCH_LEVEL, "ppup");
