/*
 * The clock and timers. Time is simulated: it advances by a fixed cost for each system call and
 * each export that polls, and jumps to the next timer when all threads wait. With the real clock
 * it follows the host's monotonic clock instead.
 *
 * As on NT the system time that drivers read advances in ticks of 15.625 ms, when the clock
 * interrupt updates KUSER_SHARED_DATA; timers expire at their exact due time.
 */
#include "ke/ke_internal.h"
#include "kd/trace.h"
#include "mm/mm.h"

ULONG64 ki_clock_now;
ULONG64 ki_clock_due = KI_TICK_100NS;

static void write_system_time(volatile KSYSTEM_TIME *field, ULONG64 value)
{
    field->High2Time = (LONG)(value >> 32);
    field->LowPart = (ULONG)value;
    field->High1Time = (LONG)(value >> 32);
}

/* Publish the time of the last tick in the shared page. */
static void publish_time(void)
{
    KUSER_SHARED_DATA *shared = mm_shared_data();
    ULONG64 now = ke.tick_count * KI_TICK_100NS;

    write_system_time(&shared->InterruptTime, now);
    write_system_time(&shared->SystemTime, ke.boot_time + now);
    write_system_time(&shared->TickCount, ke.tick_count);
}

void ki_clock_initialize(void)
{
    ke.boot_time = ke_parameters.start_time;
    ke.next_tick = KI_TICK_100NS;
    publish_time();
}

ULONG64 ki_next_timer(void)
{
    KTIMER *first;

    if (IsListEmpty(&ke.timer_list))
        return KI_NEVER;
    first = CONTAINING_RECORD(ke.timer_list.Flink, KTIMER, TimerListEntry);
    return first->DueTime.QuadPart;
}

static void update_due(void)
{
    ULONG64 timer = ki_next_timer();

    ki_clock_due = timer < ke.next_tick ? timer : ke.next_tick;
}

/* Follow the host's clock when the machine runs in real time. */
static void read_real_clock(void)
{
    ULONG64 now;

    if (ke_parameters.clock != MACHINE_CLOCK_REAL)
        return;
    now = ke_machine->clock_read();
    if (now > ki_clock_now)
        ki_clock_now = now;
}

/* All threads wait: let the time until `now` pass. */
void ki_clock_jump(ULONG64 now)
{
    if (now <= ki_clock_now)
        return;
    if (ke_parameters.clock == MACHINE_CLOCK_REAL) {
        int attention = ke_machine->clock_sleep(now - ki_clock_now);

        read_real_clock();
        if (attention) {
            ki_attention();
            return;
        }
    }
    if (now > ki_clock_now)
        ki_clock_now = now;
}

void ke_advance_time(ULONG64 cost_100ns)
{
    ki_clock_now += cost_100ns;
    read_real_clock();
    if (ki_clock_now >= ki_clock_due && ke_irql() < DISPATCH_LEVEL)
        ki_deliver_pending(ke_irql());
}

ULONG64 ke_interrupt_time(void)
{
    return ki_clock_now;
}

ULONG64 ke_system_time(void)
{
    return ke.boot_time + ki_clock_now;
}

/* Convert a relative or absolute due time to machine time. */
ULONG64 ki_due_time(LARGE_INTEGER due)
{
    ULONG64 absolute = (ULONG64)due.QuadPart;

    if (due.QuadPart < 0) {
        read_real_clock();
        return due.QuadPart == MINLONGLONG ? KI_NEVER : ki_clock_now + (0 - absolute);
    }
    return absolute <= ke.boot_time ? 0 : absolute - ke.boot_time;
}

void ki_timer_insert(PKTIMER timer, ULONG64 due)
{
    LIST_ENTRY *entry = ke.timer_list.Blink;

    /* From the end: new timers are mostly the latest, and equal due times keep their order. */
    while (entry != &ke.timer_list &&
           CONTAINING_RECORD(entry, KTIMER, TimerListEntry)->DueTime.QuadPart > due)
        entry = entry->Blink;
    timer->DueTime.QuadPart = due;
    timer->Header.Inserted = TRUE;
    InsertHeadList(entry, &timer->TimerListEntry);
    update_due();
}

BOOLEAN ki_timer_remove(PKTIMER timer)
{
    if (!timer->Header.Inserted)
        return FALSE;
    RemoveEntryList(&timer->TimerListEntry);
    timer->Header.Inserted = FALSE;
    update_due();
    return TRUE;
}

/* The time-out timer of a thread has no DPC; it ends that thread's wait. */
static PKTHREAD waiting_thread_of(PKTIMER timer)
{
    if (timer->Dpc != KI_WAIT_TIMER)
        return NULL;
    return CONTAINING_RECORD(timer, struct _KTHREAD, Timer);
}

static void expire(PKTIMER timer)
{
    PKTHREAD thread = waiting_thread_of(timer);

    if (thread) {
        ki_unwait(thread, STATUS_TIMEOUT, 0);
        return;
    }
    KD_TRACE(timer_expire(timer));
    timer->Header.SignalState = 1;
    ke_wait_test(&timer->Header, 0);
    if (timer->Period)
        ki_timer_insert(timer, ki_clock_now + (ULONG64)timer->Period * 10000);
    if (timer->Dpc)
        KeInsertQueueDpc(timer->Dpc, (PVOID)(ULONG_PTR)(ULONG)ke_system_time(),
                         (PVOID)(ULONG_PTR)(ULONG)(ke_system_time() >> 32));
}

/* The clock interrupt: ticks that have passed, then timers that are due. IRQL = DISPATCH_LEVEL. */
void ki_expire_timers(void)
{
    while (ki_clock_now >= ke.next_tick) {
        ULONG64 ticks = (ki_clock_now - ke.next_tick) / KI_TICK_100NS + 1;

        ke.tick_count += ticks;
        ke.next_tick += ticks * KI_TICK_100NS;
        publish_time();
        ki_quantum_tick((ULONG)ticks);
    }
    while (ki_next_timer() <= ki_clock_now) {
        KTIMER *timer = CONTAINING_RECORD(ke.timer_list.Flink, KTIMER, TimerListEntry);

        ki_timer_remove(timer);
        ke.progress++;
        expire(timer);
    }
    update_due();
}

/*
 * Initialise a timer; KeInitializeTimer makes a notification timer.
 * IRQL: any. Source: Windows driver documentation, KeInitializeTimerEx.
 */
VOID NTAPI KeInitializeTimerEx(PKTIMER timer, TIMER_TYPE type)
{
    RtlZeroMemory(timer, sizeof(*timer));
    timer->Header.Type =
        type == NotificationTimer ? TimerNotificationObject : TimerSynchronizationObject;
    timer->Header.Size = sizeof(*timer) / sizeof(LONG);
    InitializeListHead(&timer->Header.WaitListHead);
}
NT_EXPORT(KeInitializeTimerEx, HIGH_LEVEL, "Eu");

VOID NTAPI KeInitializeTimer(PKTIMER timer)
{
    KeInitializeTimerEx(timer, NotificationTimer);
}
NT_EXPORT(KeInitializeTimer, HIGH_LEVEL, "E");

/*
 * Arm a timer, first disarming it.
 * @param due     negative = relative, positive = absolute system time, in 100 ns
 * @param period  milliseconds between repetitions, 0 = once
 * @param dpc     queued at expiry, or NULL
 * Returns TRUE when it was armed already. IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, KeSetTimerEx.
 */
BOOLEAN NTAPI KeSetTimerEx(PKTIMER timer, LARGE_INTEGER due, LONG period, PKDPC dpc)
{
    BOOLEAN was_armed = ki_timer_remove(timer);

    timer->Header.SignalState = 0;
    timer->Dpc = dpc;
    timer->Period = (ULONG)period;
    ki_timer_insert(timer, ki_due_time(due));
    KD_TRACE(timer_set(timer));
    if (ki_clock_now >= ki_clock_due && ke_irql() < DISPATCH_LEVEL)
        ki_deliver_pending(ke_irql());
    return was_armed;
}
NT_EXPORT(KeSetTimerEx, DISPATCH_LEVEL, "Equp");

BOOLEAN NTAPI KeSetTimer(PKTIMER timer, LARGE_INTEGER due, PKDPC dpc)
{
    return KeSetTimerEx(timer, due, 0, dpc);
}
NT_EXPORT(KeSetTimer, DISPATCH_LEVEL, "Eqp");

/* As KeSetTimerEx; a coalescable timer may expire late, here it expires on time. */
BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER timer, LARGE_INTEGER due, ULONG period, ULONG delay,
                                    PKDPC dpc)
{
    (void)delay;
    return KeSetTimerEx(timer, due, (LONG)period, dpc);
}
NT_EXPORT(KeSetCoalescableTimer, DISPATCH_LEVEL, "Equup");

/* Disarm. Returns TRUE when the timer was armed. IRQL: <= DISPATCH_LEVEL. */
BOOLEAN NTAPI KeCancelTimer(PKTIMER timer)
{
    return ki_timer_remove(timer);
}
NT_EXPORT(KeCancelTimer, DISPATCH_LEVEL, "E");

BOOLEAN NTAPI KeReadStateTimer(PKTIMER timer)
{
    return timer->Header.SignalState != 0;
}
NT_EXPORT(KeReadStateTimer, DISPATCH_LEVEL, "E");

/* Parameter 1 of bug check 0xC7: what lies where it must not. */
#define INVALID_TIMER 0
#define INVALID_DPC 1
#define INVALID_DPC_ROUTINE 2

void ke_check_timers(ULONG64 start, ULONG64 end)
{
    for (LIST_ENTRY *link = ke.timer_list.Flink; link != &ke.timer_list; link = link->Flink) {
        ULONG64 timer = (ULONG64)CONTAINING_RECORD(link, KTIMER, TimerListEntry);
        ULONG64 dpc = (ULONG64)((PKTIMER)timer)->Dpc;
        ULONG64 routine = dpc > (ULONG64)KI_WAIT_TIMER ? (ULONG64)((PKDPC)dpc)->DeferredRoutine : 0;

        if (timer >= start && timer < end)
            ke_bugcheck(TIMER_OR_DPC_INVALID, INVALID_TIMER, timer, start, end);
        if (dpc >= start && dpc < end)
            ke_bugcheck(TIMER_OR_DPC_INVALID, INVALID_DPC, dpc, start, end);
        if (routine >= start && routine < end)
            ke_bugcheck(TIMER_OR_DPC_INVALID, INVALID_DPC_ROUTINE, routine, start, end);
    }
}
