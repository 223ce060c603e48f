/*
 * ExAllocateTimer and its kin: timers that the system allocates. The timer starts with a KTIMER, so
 * drivers may wait on it.
 */
#include "ex/ex_internal.h"
#include "vf/owned.h"

#define UNITS_PER_MILLISECOND 10000

struct _EX_TIMER {
    KTIMER timer;
    KDPC dpc;
    PEXT_CALLBACK callback; /* NULL = none */
    PVOID context;
    BOOLEAN deleted; /* ExDeleteTimer was called */
    BOOLEAN busy;    /* the callback runs */
    PEXT_DELETE_CALLBACK delete_callback;
    PVOID delete_context;
};

static void finish_delete(PEX_TIMER timer)
{
    PEXT_DELETE_CALLBACK callback = timer->delete_callback;
    PVOID context = timer->delete_context;

    ExFreePoolWithTag(timer, EX_TAG_TIMER);
    if (callback)
        callback(context);
}

static VOID NTAPI expired(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    PEX_TIMER timer = context;

    (void)dpc, (void)argument1, (void)argument2;
    timer->busy = TRUE;
    if (timer->callback)
        timer->callback(timer, timer->context);
    timer->busy = FALSE;
    if (timer->deleted)
        finish_delete(timer);
}

/*
 * Allocate a timer.
 * @param callback    NULL or called at DISPATCH_LEVEL when it expires
 * @param attributes  EX_TIMER_HIGH_RESOLUTION, EX_TIMER_NO_WAKE, EX_TIMER_NOTIFICATION …
 * IRQL: <= DISPATCH_LEVEL. Returns NULL without memory or for unknown attributes.
 * Source: Windows driver documentation, ExAllocateTimer.
 */
PEX_TIMER NTAPI ExAllocateTimer(PEXT_CALLBACK callback, PVOID context, ULONG attributes)
{
    PEX_TIMER timer;

    if (attributes & ~(EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE | EX_TIMER_UNLIMITED_TOLERANCE |
                       EX_TIMER_NOTIFICATION))
        return NULL;
    timer = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*timer), EX_TAG_TIMER);
    if (!timer)
        return NULL;
    RtlZeroMemory(timer, sizeof(*timer));
    KeInitializeTimerEx(&timer->timer, attributes & EX_TIMER_NOTIFICATION ? NotificationTimer
                                                                          : SynchronizationTimer);
    KeInitializeDpc(&timer->dpc, expired, timer);
    timer->callback = callback;
    timer->context = context;
    VF(load_kept(VF_EX_TIMER, (ULONG64)timer));
    return timer;
}
NT_EXPORT(ExAllocateTimer, DISPATCH_LEVEL, "ppu");

/*
 * Arm a timer, first disarming it.
 * @param due         negative = relative, positive = absolute system time, in 100 ns
 * @param period      100 ns between repetitions, rounded up to milliseconds; 0 = once
 * @param parameters  NULL or EXT_SET_PARAMETERS: tolerance and wake-up, which change nothing here
 * IRQL: <= DISPATCH_LEVEL. Returns whether it was armed.
 * Source: Windows driver documentation, ExSetTimer.
 */
BOOLEAN NTAPI ExSetTimer(PEX_TIMER timer, LONGLONG due, LONGLONG period,
                         PEXT_SET_PARAMETERS parameters)
{
    LARGE_INTEGER due_time = {.QuadPart = due};
    LONG milliseconds = (LONG)((period + UNITS_PER_MILLISECOND - 1) / UNITS_PER_MILLISECOND);

    (void)parameters;
    return KeSetTimerEx(&timer->timer, due_time, milliseconds, &timer->dpc);
}
NT_EXPORT(ExSetTimer, DISPATCH_LEVEL, "pqqp");

/* Disarm a timer. IRQL: <= DISPATCH_LEVEL. Returns whether it was armed. */
BOOLEAN NTAPI ExCancelTimer(PEX_TIMER timer, PEXT_CANCEL_PARAMETERS parameters)
{
    (void)parameters;
    return KeCancelTimer(&timer->timer);
}
NT_EXPORT(ExCancelTimer, DISPATCH_LEVEL, "pp");

/*
 * Free a timer.
 * @param cancel      disarm it
 * @param wait        return after a callback in progress; needs `cancel`
 * @param parameters  NULL or a routine to call when the timer is gone; needs wait = FALSE
 * IRQL: <= APC_LEVEL with `wait`, else <= DISPATCH_LEVEL. Returns whether it was armed.
 * Source: Windows driver documentation, ExDeleteTimer.
 */
BOOLEAN NTAPI ExDeleteTimer(PEX_TIMER timer, BOOLEAN cancel, BOOLEAN wait,
                            PEXT_DELETE_PARAMETERS parameters)
{
    BOOLEAN was_armed = cancel ? KeCancelTimer(&timer->timer) : FALSE;

    if (parameters && !wait) {
        timer->delete_callback = parameters->DeleteCallback;
        timer->delete_context = parameters->DeleteContext;
    }
    timer->deleted = TRUE;
    if (wait)
        KeFlushQueuedDpcs();
    else if (timer->busy || timer->dpc.DpcData || timer->timer.Header.Inserted)
        return was_armed; /* its DPC is under way and frees it */
    finish_delete(timer);
    return was_armed;
}
NT_EXPORT(ExDeleteTimer, DISPATCH_LEVEL, "pbbp");
