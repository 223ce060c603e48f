/*
 * Interrupt service routines of drivers: IoConnectInterrupt…, IoDisconnectInterrupt…. The objects
 * behind them and their delivery are in ke/interrupt.c; which interrupts a device has been given,
 * in interrupt_resource.c.
 */
#include "io/interrupt.h"
#include "io/io_internal.h"
#include "ke/interrupt.h"

#define TAG_MESSAGES MM_POOL_TAG('I', 'o', 'M', 'i')
#define MESSAGE_ADDRESS 0xFEE00000 /* of the local interrupt controller */

/* Not in the headers in use. */
typedef struct _IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS {
    ULONG Version;
    union {
        PVOID Generic;
        PKINTERRUPT InterruptObject;
        PIO_INTERRUPT_MESSAGE_INFO InterruptMessageTable;
    } ConnectionContext;
} IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS, *PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS;

VOID NTAPI IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS parameters);
VOID NTAPI IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS parameters);

/*
 * Connect a service routine to a vector.
 * @param interrupt   receives the object
 * @param routine     runs at `synchronize_irql` with the lock held; returns whether the interrupt
 *                    was its device's
 * @param lock        NULL = the object's own
 * @param vector, irql  as the resources of the device say, or HalGetInterruptVector
 * @param synchronize_irql  >= irql: the highest of those that share `lock`
 * @param share       whether others may connect to the vector
 * @param processors  bit n = processor n may be interrupted
 * @param floating_save  FALSE on x64
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER when the IRQL is not that
 * of the vector, a value is out of range, or the vector is connected and not shared by all;
 * STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoConnectInterrupt.
 */
NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *interrupt, PKSERVICE_ROUTINE routine, PVOID context,
                                  PKSPIN_LOCK lock, ULONG vector, KIRQL irql,
                                  KIRQL synchronize_irql, KINTERRUPT_MODE mode, BOOLEAN share,
                                  KAFFINITY processors, BOOLEAN floating_save)
{
    struct ke_interrupt_source source = {.routine = routine,
                                         .context = context,
                                         .lock = lock,
                                         .vector = vector,
                                         .irql = irql,
                                         .synchronize_irql = synchronize_irql,
                                         .mode = mode,
                                         .shared = share,
                                         .processors = processors};

    *interrupt = NULL;
    if (floating_save)
        return STATUS_INVALID_PARAMETER;
    return ke_interrupt_connect(&source, interrupt);
}
NT_EXPORT(IoConnectInterrupt, PASSIVE_LEVEL, "pppppuiiubqb");

/*
 * Disconnect a service routine; it does not run any more when this returns.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoDisconnectInterrupt.
 */
VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT interrupt)
{
    ke_interrupt_disconnect(interrupt);
}
NT_EXPORT(IoDisconnectInterrupt, PASSIVE_LEVEL, "p");

static NTSTATUS
connect_fully_specified(const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *given, USHORT group)
{
    if (group != 0)
        return STATUS_INVALID_PARAMETER;
    return IoConnectInterrupt(given->InterruptObject, given->ServiceRoutine, given->ServiceContext,
                              given->SpinLock, given->Vector, given->Irql, given->SynchronizeIrql,
                              given->InterruptMode, given->ShareVector, given->ProcessorEnableMask,
                              given->FloatingSave);
}

/* The source that a line or a message describes, which look alike; the routine is still to be set.
 */
static struct ke_interrupt_source source_of(const CM_PARTIAL_RESOURCE_DESCRIPTOR *resource,
                                            PKSPIN_LOCK lock, KIRQL synchronize_irql)
{
    KIRQL irql = (KIRQL)resource->u.Interrupt.Level;

    return (struct ke_interrupt_source){
        .lock = lock,
        .vector = resource->u.Interrupt.Vector,
        .irql = irql,
        .synchronize_irql = synchronize_irql ? synchronize_irql : irql,
        .mode = resource->Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive,
        .shared = resource->ShareDisposition == CmResourceShareShared,
        .processors = resource->u.Interrupt.Affinity,
    };
}

static NTSTATUS connect_line(const IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS *given)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *line;
    struct ke_interrupt_source source;

    *given->InterruptObject = NULL;
    if (!given->PhysicalDeviceObject || given->FloatingSave)
        return STATUS_INVALID_PARAMETER;
    line = io_interrupt_resource(given->PhysicalDeviceObject, FALSE, 0);
    if (!line)
        return STATUS_NOT_FOUND;
    source = source_of(line, given->SpinLock, given->SynchronizeIrql);
    source.routine = given->ServiceRoutine;
    source.context = given->ServiceContext;
    return ke_interrupt_connect(&source, given->InterruptObject);
}

/* Disconnect the first `count` messages and free the table. */
static void disconnect_messages(PIO_INTERRUPT_MESSAGE_INFO table, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        ke_interrupt_disconnect(table->MessageInfo[i].InterruptObject);
    ExFreePoolWithTag(table, TAG_MESSAGES);
}

/* All messages run at one IRQL: the highest of theirs and the caller's. */
static KIRQL unified_irql(PDEVICE_OBJECT device, KIRQL synchronize_irql)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *message;
    KIRQL irql = synchronize_irql;

    for (ULONG i = 0; (message = io_interrupt_resource(device, TRUE, i)) != NULL; i++)
        if (message->u.MessageInterrupt.Translated.Level > irql)
            irql = (KIRQL)message->u.MessageInterrupt.Translated.Level;
    return irql;
}

static NTSTATUS connect_message(const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *given,
                                ULONG index, KIRQL synchronize_irql,
                                PIO_INTERRUPT_MESSAGE_INFO_ENTRY entry)
{
    struct ke_interrupt_source source =
        source_of(io_interrupt_resource(given->PhysicalDeviceObject, TRUE, index), given->SpinLock,
                  synchronize_irql);

    source.message_routine = given->MessageServiceRoutine;
    source.message = index;
    source.context = given->ServiceContext;
    entry->MessageAddress.QuadPart = MESSAGE_ADDRESS;
    entry->MessageData = entry->Vector = source.vector;
    entry->TargetProcessorSet = source.processors;
    entry->Irql = source.irql;
    entry->Mode = source.mode;
    entry->Polarity = InterruptActiveHigh;
    return ke_interrupt_connect(&source, &entry->InterruptObject);
}

static NTSTATUS connect_messages(const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *given)
{
    PDEVICE_OBJECT device = given->PhysicalDeviceObject;
    ULONG count = io_interrupt_message_count(device);
    KIRQL irql = unified_irql(device, given->SynchronizeIrql);
    SIZE_T size = FIELD_OFFSET(IO_INTERRUPT_MESSAGE_INFO, MessageInfo) +
                  count * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY);
    PIO_INTERRUPT_MESSAGE_INFO table = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG_MESSAGES);

    if (!table)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(table, size);
    table->UnifiedIrql = irql;
    for (; table->MessageCount < count; table->MessageCount++) {
        NTSTATUS status = connect_message(given, table->MessageCount, irql,
                                          &table->MessageInfo[table->MessageCount]);

        if (!NT_SUCCESS(status)) {
            disconnect_messages(table, table->MessageCount);
            return status;
        }
    }
    *given->ConnectionContext.InterruptMessageTable = table;
    return STATUS_SUCCESS;
}

/* Without messages the fallback routine serves the device's line; Version then says so. */
static NTSTATUS connect_message_based(PIO_CONNECT_INTERRUPT_PARAMETERS parameters)
{
    const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *given = &parameters->MessageBased;
    IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS line = {
        .PhysicalDeviceObject = given->PhysicalDeviceObject,
        .InterruptObject = given->ConnectionContext.InterruptObject,
        .ServiceRoutine = given->FallBackServiceRoutine,
        .ServiceContext = given->ServiceContext,
        .SpinLock = given->SpinLock,
        .SynchronizeIrql = given->SynchronizeIrql,
        .FloatingSave = given->FloatingSave};
    NTSTATUS status;

    *given->ConnectionContext.Generic = NULL;
    if (!given->PhysicalDeviceObject || given->FloatingSave)
        return STATUS_INVALID_PARAMETER;
    if (io_interrupt_message_count(given->PhysicalDeviceObject))
        return connect_messages(given);
    if (!given->FallBackServiceRoutine)
        return STATUS_NOT_FOUND;
    status = connect_line(&line);
    if (NT_SUCCESS(status))
        parameters->Version = CONNECT_LINE_BASED;
    return status;
}

/*
 * Connect a service routine by vector, or to the interrupts that a device was given.
 * @param parameters  Version says which:
 *   CONNECT_FULLY_SPECIFIED        as IoConnectInterrupt; …_GROUP names a processor group, which is
 * 0 CONNECT_LINE_BASED             the interrupt line of PhysicalDeviceObject CONNECT_MESSAGE_BASED
 * all its message-signaled interrupts; a device without them falls back to its line and
 * FallBackServiceRoutine, and Version becomes CONNECT_LINE_BASED An IRQL of PASSIVE_LEVEL (also as
 * SynchronizeIrql) makes the routine run in a thread. IRQL: PASSIVE_LEVEL. Returns as
 * IoConnectInterrupt; STATUS_NOT_FOUND when the device has no such interrupt;
 * STATUS_INVALID_PARAMETER for another Version. Source: Windows driver documentation,
 * IoConnectInterruptEx, IO_CONNECT_INTERRUPT_PARAMETERS.
 */
NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS parameters)
{
    switch (parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
        return connect_fully_specified(&parameters->FullySpecified, 0);
    case CONNECT_FULLY_SPECIFIED_GROUP:
        return connect_fully_specified(&parameters->FullySpecified,
                                       parameters->FullySpecified.Group);
    case CONNECT_LINE_BASED:
        return connect_line(&parameters->LineBased);
    case CONNECT_MESSAGE_BASED:
        return connect_message_based(parameters);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}
NT_EXPORT(IoConnectInterruptEx, PASSIVE_LEVEL, "p");

/*
 * Disconnect what IoConnectInterruptEx has connected.
 * @param parameters  Version as IoConnectInterruptEx left it, and the object or message table
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoDisconnectInterruptEx.
 */
VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS parameters)
{
    PIO_INTERRUPT_MESSAGE_INFO table = parameters->ConnectionContext.InterruptMessageTable;

    if (parameters->Version == CONNECT_MESSAGE_BASED)
        disconnect_messages(table, table->MessageCount);
    else
        ke_interrupt_disconnect(parameters->ConnectionContext.InterruptObject);
}
NT_EXPORT(IoDisconnectInterruptEx, PASSIVE_LEVEL, "p");

static void set_active(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS parameters, BOOLEAN active)
{
    PIO_INTERRUPT_MESSAGE_INFO table = parameters->ConnectionContext.InterruptMessageTable;

    if (parameters->Version != CONNECT_MESSAGE_BASED) {
        ke_interrupt_set_active(parameters->ConnectionContext.InterruptObject, active);
        return;
    }
    for (ULONG i = 0; i < table->MessageCount; i++)
        ke_interrupt_set_active(table->MessageInfo[i].InterruptObject, active);
}

/*
 * The device is powered and may interrupt again: its service routine is called from now on.
 * @param parameters  Version and connection as for IoDisconnectInterruptEx
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoReportInterruptActive.
 */
VOID NTAPI IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS parameters)
{
    set_active(parameters, TRUE);
}
NT_EXPORT(IoReportInterruptActive, DISPATCH_LEVEL, "p");

/*
 * The device will not interrupt until IoReportInterruptActive: its service routine is not called,
 * and a line that has no active routine is masked.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoReportInterruptInactive.
 */
VOID NTAPI IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS parameters)
{
    set_active(parameters, FALSE);
}
NT_EXPORT(IoReportInterruptInactive, DISPATCH_LEVEL, "p");
