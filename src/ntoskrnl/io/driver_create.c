/*
 * Driver objects that code makes by itself, and the routines that drivers ask to be called again
 * after their DriverEntry.
 */
#include "io/io_internal.h"
#include "kd/kd.h"

static NTSTATUS generate_name(WCHAR text[24], PUNICODE_STRING name)
{
    UNICODE_STRING digits = {.Buffer = text + 8, .MaximumLength = 20};

    RtlCopyMemory(text, L"\\Driver\\", 8 * sizeof(WCHAR));
    RtlIntegerToUnicodeString(0x10000000 + ++io.driver_number, 16, &digits);
    text[8] = L'0';
    name->Buffer = text;
    name->Length = name->MaximumLength = (USHORT)(8 * sizeof(WCHAR) + digits.Length);
    return STATUS_SUCCESS;
}

/*
 * Make a driver object and call its initialization routine in the current thread.
 * @param name        \Driver\Name or \FileSystem\Name, or NULL for a generated one
 * @param initialize  called as a DriverEntry; the registry path is that of a service of this name
 * IRQL: PASSIVE_LEVEL. Returns the routine's status, after undoing when it is an error;
 * STATUS_OBJECT_NAME_COLLISION.
 * Source: not documented; by its use in public drivers and the names of its parameters.
 */
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize)
{
    UNICODE_STRING generated;
    WCHAR text[24];
    PDRIVER_OBJECT driver;
    NTSTATUS status;

    if (!name) {
        generate_name(text, &generated);
        name = &generated;
    }
    status = io_driver_create(name, &driver);
    if (!NT_SUCCESS(status))
        return status;
    driver->DriverInit = initialize;
    status = initialize(driver, io_driver_registry_path(driver));
    if (NT_SUCCESS(status))
        io_driver_devices_initialized(driver);
    io_driver_reinitialize(driver, NT_SUCCESS(status));
    if (!NT_SUCCESS(status))
        io_driver_forget(driver);
    return status;
}
NT_EXPORT(IoCreateDriver, PASSIVE_LEVEL, "Up");

/* A routine that a driver wants to be called after its DriverEntry. */
struct reinitialization {
    LIST_ENTRY links;
    PDRIVER_OBJECT driver;
    PDRIVER_REINITIALIZE routine;
    PVOID context;
    BOOLEAN boot; /* IoRegisterBootDriverReinitialization */
};

static void queue(PDRIVER_OBJECT driver, PDRIVER_REINITIALIZE routine, PVOID context, BOOLEAN boot)
{
    struct reinitialization *entry =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*entry), IO_TAG_NAME);

    if (!entry)
        return;
    *entry = (struct reinitialization){
        .driver = driver, .routine = routine, .context = context, .boot = boot};
    InsertTailList(&io.reinitializations, &entry->links);
    driver->Flags |= DRVO_REINIT_REGISTERED;
}

/*
 * Call a routine again after DriverEntry, and after that again if it asks so. The routines of
 * drivers that start with the system (start_drivers.c) are called when all of those have started.
 * @param routine  is called with how often the driver was called back, from 1
 * IRQL: PASSIVE_LEVEL, in DriverEntry or in the routine itself.
 * Source: Windows driver documentation, IoRegisterDriverReinitialization.
 */
VOID NTAPI IoRegisterDriverReinitialization(PDRIVER_OBJECT driver, PDRIVER_REINITIALIZE routine,
                                            PVOID context)
{
    queue(driver, routine, context, FALSE);
}
NT_EXPORT(IoRegisterDriverReinitialization, PASSIVE_LEVEL, "Opp");

/*
 * The same for boot-start drivers, whose routines are called before the first system-start driver
 * is loaded.
 * Differs from NT: the routine of a driver that is loaded later is called after its DriverEntry; NT
 * does not call it at all.
 * Source: Windows driver documentation, IoRegisterBootDriverReinitialization.
 */
VOID NTAPI IoRegisterBootDriverReinitialization(PDRIVER_OBJECT driver, PDRIVER_REINITIALIZE routine,
                                                PVOID context)
{
    queue(driver, routine, context, TRUE);
}
NT_EXPORT(IoRegisterBootDriverReinitialization, PASSIVE_LEVEL, "Opp");

/* The first routine of a driver, NULL = of any; or only of those for boot-start drivers. */
static struct reinitialization *next_of(const DRIVER_OBJECT *driver, BOOLEAN boot)
{
    LIST_ENTRY *head = &io.reinitializations;

    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct reinitialization *entry = CONTAINING_RECORD(link, struct reinitialization, links);

        if ((!driver || entry->driver == driver) && (!boot || entry->boot))
            return entry;
    }
    return NULL;
}

static void take(struct reinitialization *entry, BOOLEAN call)
{
    struct reinitialization copy = *entry;

    RemoveEntryList(&entry->links);
    ExFreePoolWithTag(entry, IO_TAG_NAME);
    if (!next_of(copy.driver, FALSE))
        copy.driver->Flags &= ~(ULONG)DRVO_REINIT_REGISTERED;
    if (call)
        copy.routine(copy.driver, copy.context, ++copy.driver->DriverExtension->Count);
}

void io_driver_reinitialize(PDRIVER_OBJECT driver, BOOLEAN call)
{
    struct reinitialization *entry;

    while ((entry = next_of(driver, FALSE)) != NULL)
        take(entry, call);
}

void io_drivers_reinitialize(BOOLEAN boot)
{
    struct reinitialization *entry;

    while ((entry = next_of(NULL, boot)) != NULL)
        take(entry, TRUE);
}

/* Give up a driver object that IoCreateDriver made. IRQL: PASSIVE_LEVEL. */
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT driver)
{
    io_driver_forget(driver);
}
NT_EXPORT(IoDeleteDriver, PASSIVE_LEVEL, "O");
