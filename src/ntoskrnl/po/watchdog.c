/*
 * The power watchdog: a stack that keeps a QUERY_POWER or SET_POWER IRP for too long stops the
 * system with bug check 0x9F, because a transition of the whole system would hang on it. WAIT_WAKE
 * may take for ever.
 */
#include "po/po_internal.h"

#define WATCHDOG_SECONDS 120
#define DRIVER_POWER_STATE_FAILURE 0x9F
#define BLOCKED_IRP 3 /* parameter 1: a device object has been blocking an IRP for too long */

/* Whose device got it last? The parameters of the bug check do not tell. */
static void print_holder(PIRP irp)
{
    PDEVICE_OBJECT device = NULL;

    if (irp->CurrentLocation <= irp->StackCount)
        device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
    if (device)
        DbgPrint("Power: %wZ has kept a power IRP for %u seconds\n",
                 &device->DriverObject->DriverName, WATCHDOG_SECONDS);
}

/* Differs from NT: parameter 3, a structure for the debugger, is 0. */
static VOID NTAPI expire(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct po_irp *request = context;

    (void)dpc, (void)argument1, (void)argument2;
    print_holder(request->irp);
    ke_bugcheck(DRIVER_POWER_STATE_FAILURE, BLOCKED_IRP, (ULONG_PTR)request->bottom, 0,
                (ULONG_PTR)request->irp);
}

void po_watchdog_start(struct po_irp *request)
{
    LARGE_INTEGER due = {.QuadPart = -(LONGLONG)(WATCHDOG_SECONDS * PO_SECOND)};

    if (request->minor == IRP_MN_WAIT_WAKE)
        return;
    request->deadline = ke_interrupt_time() + WATCHDOG_SECONDS * PO_SECOND;
    KeInitializeTimer(&request->watchdog);
    KeInitializeDpc(&request->watchdog_dpc, expire, request);
    KeSetTimer(&request->watchdog, due, &request->watchdog_dpc);
}

void po_watchdog_stop(struct po_irp *request)
{
    if (!request->deadline)
        return;
    KeCancelTimer(&request->watchdog);
    KeRemoveQueueDpc(&request->watchdog_dpc);
}

/*
 * How long a device's stack may still take for the power IRP that it has.
 * @param physical  the stack's physical device object
 * @param seconds   receives the time that is left
 * Returns FALSE when the stack has no IRP that the watchdog looks at.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, PoQueryWatchdogTime.
 */
BOOLEAN NTAPI PoQueryWatchdogTime(PDEVICE_OBJECT physical, PULONG seconds)
{
    ULONG64 now = ke_interrupt_time(), first = ~0ull;
    KIRQL irql;

    KeAcquireSpinLock(&po.lock, &irql);
    for (LIST_ENTRY *link = po.irps.Flink; link != &po.irps; link = link->Flink) {
        struct po_irp *request = CONTAINING_RECORD(link, struct po_irp, link);

        if (request->bottom == physical && request->deadline && request->deadline < first)
            first = request->deadline;
    }
    KeReleaseSpinLock(&po.lock, irql);
    if (first == ~0ull)
        return FALSE;
    *seconds = first > now ? (ULONG)((first - now) / PO_SECOND) : 0;
    return TRUE;
}
NT_EXPORT(PoQueryWatchdogTime, DISPATCH_LEVEL, "Dp");
