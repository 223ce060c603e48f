/*
 * The system error log of drivers: entries are printed as debug output, and freed. And hard
 * errors, which would show a box to the user: there is nobody to ask.
 */
#include "io/io_internal.h"
#include "kd/kd.h"

#define ENTRY_TAG MM_POOL_TAG('I', 'o', 'E', 'r')

/* What stands before the driver's packet. */
struct error_log_entry {
    PVOID object; /* the device or driver */
    ULONG size;
    ULONG reserved;
    UCHAR packet[];
};

static struct error_log_entry *entry_of(PVOID packet)
{
    return CONTAINING_RECORD(packet, struct error_log_entry, packet);
}

/*
 * @param object  the device or driver object that reports
 * @param size    of the packet with its dump data and strings, bytes: sizeof(IO_ERROR_LOG_PACKET)
 *                to ERROR_LOG_MAXIMUM_SIZE
 * Returns NULL for another size or without memory.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoAllocateErrorLogEntry.
 */
PVOID NTAPI IoAllocateErrorLogEntry(PVOID object, UCHAR size)
{
    struct error_log_entry *entry;

    if (!object || size < sizeof(IO_ERROR_LOG_PACKET) || size > ERROR_LOG_MAXIMUM_SIZE)
        return NULL;
    entry = ExAllocatePoolWithTag(NonPagedPool, sizeof(*entry) + size, ENTRY_TAG);
    if (!entry)
        return NULL;
    RtlZeroMemory(entry, sizeof(*entry) + size);
    ObReferenceObject(object);
    entry->object = object;
    entry->size = size;
    return entry->packet;
}
NT_EXPORT(IoAllocateErrorLogEntry, DISPATCH_LEVEL, "pu");

/* Give up an entry that is not written. */
VOID NTAPI IoFreeErrorLogEntry(PVOID packet)
{
    struct error_log_entry *entry = entry_of(packet);

    ObDereferenceObject(entry->object);
    ExFreePoolWithTag(entry, ENTRY_TAG);
}
NT_EXPORT(IoFreeErrorLogEntry, DISPATCH_LEVEL, "p");

static PCUNICODE_STRING driver_name(PVOID object)
{
    static const UNICODE_STRING unknown = RTL_CONSTANT_STRING(L"a driver");

    if (ob_type_of(object) == IoDriverObjectTypeObject)
        return &((PDRIVER_OBJECT)object)->DriverName;
    if (ob_type_of(object) == IoDeviceObjectTypeObject)
        return &((PDEVICE_OBJECT)object)->DriverObject->DriverName;
    return &unknown;
}

/*
 * Write an entry; it is freed.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoWriteErrorLogEntry.
 */
VOID NTAPI IoWriteErrorLogEntry(PVOID packet)
{
    const IO_ERROR_LOG_PACKET *error = packet;

    DbgPrint("error log: %wZ: code 0x%08x, final status 0x%08x, unique value %u\n",
             driver_name(entry_of(packet)->object), error->ErrorCode, error->FinalStatus,
             error->UniqueErrorValue);
    IoFreeErrorLogEntry(packet);
}
NT_EXPORT(IoWriteErrorLogEntry, DISPATCH_LEVEL, "p");

/*
 * Tell the user of an error of his request: it is completed, as after "Cancel".
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, IoRaiseHardError.
 */
VOID NTAPI IoRaiseHardError(PIRP irp, PVPB vpb, PDEVICE_OBJECT device)
{
    (void)vpb, (void)device;
    DbgPrint("hard error: status 0x%08x\n", irp->IoStatus.Status);
    IofCompleteRequest(irp, IO_DISK_INCREMENT);
}
NT_EXPORT(IoRaiseHardError, APC_LEVEL, "IpD");

/* Returns FALSE: no message was shown. */
BOOLEAN NTAPI IoRaiseInformationalHardError(NTSTATUS status, PUNICODE_STRING text, PKTHREAD thread)
{
    (void)text, (void)thread;
    DbgPrint("informational hard error: status 0x%08x\n", status);
    return FALSE;
}
NT_EXPORT(IoRaiseInformationalHardError, PASSIVE_LEVEL, "uUp");

/* Hard errors are off for every thread. Returns whether they were on. */
BOOLEAN NTAPI IoSetThreadHardErrorMode(BOOLEAN enable)
{
    (void)enable;
    return FALSE;
}
NT_EXPORT(IoSetThreadHardErrorMode, APC_LEVEL, "b");
