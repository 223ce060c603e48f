/*
 * Interrupts that are served at PASSIVE_LEVEL, as those of devices behind a slow bus are: the
 * interrupt queues a DPC, the DPC a real-time work item, and that calls the service routine.
 *
 *   request ── DPC ──▶ outstanding++ ── first: work item ──▶ routine, once for each ──▶ idle
 */
#include "ex/ex.h"
#include "ke/interrupt.h"
#include "ke/ke_internal.h"
#include "mm/mm.h"

#define TAG_PASSIVE MM_POOL_TAG('I', 'n', 't', 'P')

struct ke_passive_interrupt {
    KDPC dpc;
    WORK_QUEUE_ITEM item;
    KEVENT lock;               /* signaled while nobody holds the interrupt: PassiveEvent */
    KEVENT idle;               /* signaled while no work item is queued or runs */
    volatile LONG outstanding; /* calls of the routine still to be made */
};

static VOID NTAPI serve(PVOID context)
{
    PKINTERRUPT interrupt = context;
    struct ke_passive_interrupt *passive = interrupt->Passive;

    do {
        ki_interrupt_service(interrupt);
    } while (InterlockedDecrement(&passive->outstanding) > 0);
    KeSetEvent(&passive->idle, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI defer(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct ke_passive_interrupt *passive = ((PKINTERRUPT)context)->Passive;

    (void)dpc, (void)argument1, (void)argument2;
    if (InterlockedIncrement(&passive->outstanding) > 1)
        return;
    KeClearEvent(&passive->idle);
    ExQueueWorkItem(&passive->item, RealTimeWorkQueue);
}

BOOLEAN ki_passive_initialize(PKINTERRUPT interrupt)
{
    struct ke_passive_interrupt *passive =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*passive), TAG_PASSIVE);

    if (!passive)
        return FALSE;
    RtlZeroMemory(passive, sizeof(*passive));
    KeInitializeDpc(&passive->dpc, defer, interrupt);
    ExInitializeWorkItem(&passive->item, serve, interrupt);
    KeInitializeEvent(&passive->lock, SynchronizationEvent, TRUE);
    KeInitializeEvent(&passive->idle, NotificationEvent, TRUE);
    interrupt->Passive = passive;
    interrupt->PassiveEvent = &passive->lock;
    return TRUE;
}

/* IRQL: any. */
void ki_passive_request(PKINTERRUPT interrupt)
{
    KeInsertQueueDpc(&interrupt->Passive->dpc, NULL, NULL);
}

/* The interrupt is disconnected: wait for the calls that are under way. IRQL: PASSIVE_LEVEL. */
void ki_passive_run_down(PKINTERRUPT interrupt)
{
    KeFlushQueuedDpcs();
    KeWaitForSingleObject(&interrupt->Passive->idle, Executive, KernelMode, FALSE, NULL);
    ExFreePoolWithTag(interrupt->Passive, TAG_PASSIVE);
    interrupt->Passive = NULL;
    interrupt->PassiveEvent = NULL;
}
