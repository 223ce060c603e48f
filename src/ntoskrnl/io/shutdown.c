/*
 * Shutdown notifications: devices that get an IRP_MJ_SHUTDOWN before the machine goes down. The
 * last one that registered is told first; the last-chance ones are told after all others.
 */
#include "io/io_internal.h"

#define SHUTDOWN_TAG MM_POOL_TAG('I', 'o', 'S', 'h')

struct shutdown_entry {
    LIST_ENTRY links;
    PDEVICE_OBJECT device; /* referenced */
};

static NTSTATUS add(LIST_ENTRY *list, PDEVICE_OBJECT device)
{
    struct shutdown_entry *entry =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*entry), SHUTDOWN_TAG);

    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(device);
    entry->device = device;
    InsertHeadList(list, &entry->links);
    device->Flags |= DO_SHUTDOWN_REGISTERED;
    return STATUS_SUCCESS;
}

static void remove_entry(struct shutdown_entry *entry)
{
    RemoveEntryList(&entry->links);
    ObDereferenceObject(entry->device);
    ExFreePoolWithTag(entry, SHUTDOWN_TAG);
}

static void remove_device(LIST_ENTRY *list, PDEVICE_OBJECT device)
{
    for (LIST_ENTRY *link = list->Flink, *next; link != list; link = next) {
        struct shutdown_entry *entry = CONTAINING_RECORD(link, struct shutdown_entry, links);

        next = link->Flink;
        if (entry->device == device)
            remove_entry(entry);
    }
}

/*
 * @param device  will get the IRP_MJ_SHUTDOWN
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoRegisterShutdownNotification.
 */
NTSTATUS NTAPI IoRegisterShutdownNotification(PDEVICE_OBJECT device)
{
    return add(&io.shutdown, device);
}
NT_EXPORT(IoRegisterShutdownNotification, PASSIVE_LEVEL, "D");

/* The same, for when the file systems have been flushed. */
NTSTATUS NTAPI IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT device)
{
    return add(&io.last_chance_shutdown, device);
}
NT_EXPORT(IoRegisterLastChanceShutdownNotification, PASSIVE_LEVEL, "D");

/* Source: Windows driver documentation, IoUnregisterShutdownNotification. */
VOID NTAPI IoUnregisterShutdownNotification(PDEVICE_OBJECT device)
{
    remove_device(&io.shutdown, device);
    remove_device(&io.last_chance_shutdown, device);
    device->Flags &= ~(ULONG)DO_SHUTDOWN_REGISTERED;
}
NT_EXPORT(IoUnregisterShutdownNotification, PASSIVE_LEVEL, "D");

/* It goes to the very device that registered: filters above it have not asked. */
static void tell(PDEVICE_OBJECT device)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);

    if (!irp)
        return;
    irp->Tail.Overlay.Thread = ps_current_thread();
    irp->RequestorMode = KernelMode;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_SHUTDOWN;
    io_call_and_wait(device, irp);
    IoFreeIrp(irp);
}

/* The driver may delete the device or end its registration meanwhile: so that goes first. */
static void tell_all(LIST_ENTRY *list)
{
    while (!IsListEmpty(list)) {
        PDEVICE_OBJECT device =
            CONTAINING_RECORD(list->Flink, struct shutdown_entry, links)->device;

        ObReferenceObject(device);
        remove_entry(CONTAINING_RECORD(list->Flink, struct shutdown_entry, links));
        tell(device);
        ObDereferenceObject(device);
    }
}

void io_shutdown(void)
{
    tell_all(&io.shutdown);
    tell_all(&io.last_chance_shutdown);
}
