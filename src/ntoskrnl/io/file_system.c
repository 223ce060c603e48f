/*
 * Registered file systems, and the filters that want to hear of them. The volume of C: is not
 * among them: nothing is ever mounted on it.
 */
#include "io/io_internal.h"
#include "vf/owned.h"

#define REGISTRATION_TAG MM_POOL_TAG('I', 'o', 'F', 's')

struct registration {
    LIST_ENTRY links;
    PVOID object; /* device of a file system, or driver of a filter */
    PDRIVER_FS_NOTIFICATION notify;
};

static NTSTATUS add(LIST_ENTRY *list, PVOID object, PDRIVER_FS_NOTIFICATION notify)
{
    struct registration *entry = ExAllocatePoolWithTag(PagedPool, sizeof(*entry), REGISTRATION_TAG);

    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry->object = object;
    entry->notify = notify;
    ObReferenceObject(object);
    InsertTailList(list, &entry->links);
    return STATUS_SUCCESS;
}

static BOOLEAN take_away(LIST_ENTRY *list, PVOID object, PDRIVER_FS_NOTIFICATION notify)
{
    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink) {
        struct registration *entry = CONTAINING_RECORD(link, struct registration, links);

        if (entry->object != object || entry->notify != notify)
            continue;
        RemoveEntryList(link);
        ExFreePoolWithTag(entry, REGISTRATION_TAG);
        ObDereferenceObject(object);
        return TRUE;
    }
    return FALSE;
}

static void tell_filters(PDEVICE_OBJECT device, BOOLEAN active)
{
    LIST_ENTRY *list = &io.file_system_changes;

    for (LIST_ENTRY *link = list->Flink, *next; link != list; link = next) {
        next = link->Flink;
        CONTAINING_RECORD(link, struct registration, links)->notify(device, active);
    }
}

/*
 * A file system is there: filters are told.
 * @param device  its control device
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoRegisterFileSystem.
 */
VOID NTAPI IoRegisterFileSystem(PDEVICE_OBJECT device)
{
    if (NT_SUCCESS(add(&io.file_systems, device, NULL)))
        tell_filters(device, TRUE);
}
NT_EXPORT(IoRegisterFileSystem, PASSIVE_LEVEL, "D");

/* It goes. Source: Windows driver documentation, IoUnregisterFileSystem. */
VOID NTAPI IoUnregisterFileSystem(PDEVICE_OBJECT device)
{
    if (take_away(&io.file_systems, device, NULL))
        tell_filters(device, FALSE);
}
NT_EXPORT(IoUnregisterFileSystem, PASSIVE_LEVEL, "D");

/*
 * Be told of file systems: at once of those that are there, then of each that comes or goes.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_DEVICE_ALREADY_ATTACHED when the routine is registered,
 * STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoRegisterFsRegistrationChange.
 */
NTSTATUS NTAPI IoRegisterFsRegistrationChange(PDRIVER_OBJECT driver, PDRIVER_FS_NOTIFICATION notify)
{
    LIST_ENTRY *list = &io.file_system_changes;
    NTSTATUS status;

    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink) {
        struct registration *entry = CONTAINING_RECORD(link, struct registration, links);

        if (entry->object == driver && entry->notify == notify)
            return STATUS_DEVICE_ALREADY_ATTACHED;
    }
    status = add(list, driver, notify);
    if (!NT_SUCCESS(status))
        return status;
    VF(load_kept(VF_CALLBACK, (ULONG64)notify));
    list = &io.file_systems;
    for (LIST_ENTRY *link = list->Flink, *next; link != list; link = next) {
        next = link->Flink;
        notify(CONTAINING_RECORD(link, struct registration, links)->object, TRUE);
    }
    return STATUS_SUCCESS;
}
NT_EXPORT(IoRegisterFsRegistrationChange, PASSIVE_LEVEL, "Op");

VOID NTAPI IoUnregisterFsRegistrationChange(PDRIVER_OBJECT driver, PDRIVER_FS_NOTIFICATION notify)
{
    take_away(&io.file_system_changes, driver, notify);
}
NT_EXPORT(IoUnregisterFsRegistrationChange, PASSIVE_LEVEL, "Op");

/*
 * Drivers that are registered for that, each with a reference.
 * @param list  room for them  @param size  of the list, bytes  @param count  receives how many
 * IRQL: PASSIVE_LEVEL. Returns STATUS_BUFFER_TOO_SMALL.
 * Source: Windows driver documentation, IoEnumerateRegisteredFiltersList.
 */
NTSTATUS NTAPI IoEnumerateRegisteredFiltersList(PDRIVER_OBJECT *list, ULONG size, PULONG count)
{
    ULONG room = list ? size / sizeof(*list) : 0, found = 0;
    LIST_ENTRY *head = &io.file_system_changes;

    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        if (found < room) {
            list[found] = CONTAINING_RECORD(link, struct registration, links)->object;
            ObReferenceObject(list[found]);
        }
        found++;
    }
    *count = found;
    return found > room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}
NT_EXPORT(IoEnumerateRegisteredFiltersList, PASSIVE_LEVEL, "pup");

/* The lock of all volume parameter blocks. IRQL: <= DISPATCH_LEVEL. */
VOID NTAPI IoAcquireVpbSpinLock(PKIRQL irql)
{
    KeAcquireSpinLock(&io.vpb_lock, irql);
}
NT_EXPORT(IoAcquireVpbSpinLock, DISPATCH_LEVEL, "p");

VOID NTAPI IoReleaseVpbSpinLock(KIRQL irql)
{
    KeReleaseSpinLock(&io.vpb_lock, irql);
}
NT_EXPORT(IoReleaseVpbSpinLock, DISPATCH_LEVEL, "i");
