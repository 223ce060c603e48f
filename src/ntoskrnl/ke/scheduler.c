/*
 * Which thread runs: for each processor 32 priorities with a first-in first-out ready queue each,
 * quantum and dynamic priority. Threads change only here; processors take turns in processor.c.
 *
 *   INITIALIZED ── ke_thread_ready ──▶ READY ── ki_swap_thread ──▶ RUNNING
 *                                       ▲  ▲                        │   │ │
 *                 ki_unwait ────────────┘  └── ke_reschedule ───────┘   │ │
 *                    ▲                                                  │ │
 *                 WAITING ◀───────────── ki_swap_thread (wait.c) ───────┘ │
 *                 TERMINATED ◀────────── ke_thread_terminate ─────────────┘
 *
 * A processor without a thread to run runs its idle thread, which is never in a queue.
 */
#include "ke/ke_internal.h"
#include "kd/trace.h"
#include "mm/mm.h"
#include "ob/ob.h"
#include "ps/ps.h"

#define HIGHEST_DYNAMIC 15

static struct ke_prcb *processor_of(PKTHREAD thread)
{
    return ke.processors[thread->NextProcessor];
}

PVOID ki_saved_stack(PKTHREAD thread)
{
    const struct ke_prcb *prcb = processor_of(thread);

    return prcb->CurrentThread == thread ? prcb->SwitchFrame : thread->KernelStack;
}

/* How little a processor would lose by running another thread; larger is better. */
static int vacancy(const struct ke_prcb *prcb, PKTHREAD thread)
{
    int rank = prcb->CurrentThread == prcb->IdleThread && prcb->ReadySummary == 0
                   ? KE_PRIORITIES
                   : KE_PRIORITIES - 1 - *ke_priority_of(prcb->CurrentThread);

    return 4 * rank + 2 * (prcb->Number == thread->NextProcessor) +
           (prcb->Number == thread->IdealProcessor);
}

/*
 * Where a thread that became ready is to run. One that is still some processor's current thread has
 * its context on the stack there, so it goes on there.
 */
static struct ke_prcb *choose_processor(PKTHREAD thread)
{
    struct ke_prcb *best = processor_of(thread);
    int most = -1;

    if (ke.processor_count == 1 || best->CurrentThread == thread)
        return best;
    for (ULONG i = 0; i < ke.processor_count; i++) {
        struct ke_prcb *prcb = ke.processors[i];

        if (thread->Affinity >> i & 1 && vacancy(prcb, thread) > most) {
            most = vacancy(prcb, thread);
            best = prcb;
        }
    }
    return best;
}

static void insert_ready(PKTHREAD thread, BOOLEAN at_front)
{
    struct ke_prcb *prcb = choose_processor(thread);
    int priority = *ke_priority_of(thread);

    kassert(priority >= 0 && priority < KE_PRIORITIES);
    thread->State = KE_THREAD_READY;
    thread->NextProcessor = (UCHAR)prcb->Number;
    if (at_front)
        InsertHeadList(&prcb->ReadyListHead[priority], &thread->WaitListEntry);
    else
        InsertTailList(&prcb->ReadyListHead[priority], &thread->WaitListEntry);
    prcb->ReadySummary |= 1u << priority;
    ki_pending = 1;
}

void ke_thread_ready(PKTHREAD thread)
{
    ke.progress++;
    insert_ready(thread, FALSE);
}

void ki_remove_ready(PKTHREAD thread)
{
    struct ke_prcb *prcb = processor_of(thread);
    int priority = *ke_priority_of(thread);

    kassert(thread->State == KE_THREAD_READY);
    RemoveEntryList(&thread->WaitListEntry);
    if (IsListEmpty(&prcb->ReadyListHead[priority]))
        prcb->ReadySummary &= ~(1u << priority);
}

static PKTHREAD best_ready(const struct ke_prcb *prcb)
{
    ULONG priority;

    if (prcb->ReadySummary == 0)
        return NULL;
    priority = 31 - (ULONG)__builtin_clz(prcb->ReadySummary);
    return CONTAINING_RECORD(prcb->ReadyListHead[priority].Flink, struct _KTHREAD, WaitListEntry);
}

/* This processor has nothing to run: the best thread that another one keeps waiting. */
static PKTHREAD steal(const struct ke_prcb *thief)
{
    for (ULONG i = 0; i < ke.processor_count; i++) {
        struct ke_prcb *prcb = ke.processors[i];
        PKTHREAD thread = prcb != thief ? best_ready(prcb) : NULL;

        if (thread && thread != prcb->CurrentThread && thread->Affinity >> thief->Number & 1)
            return thread;
    }
    return NULL;
}

static PKTHREAD take_next(struct ke_prcb *prcb)
{
    PKTHREAD next = best_ready(prcb);

    if (!next && !(next = steal(prcb)))
        return prcb->IdleThread;
    ki_remove_ready(next);
    return next;
}

/* Free what threads that have ended left behind; runs on another thread's stack. */
static void reap(void)
{
    while (!IsListEmpty(&ke.dead_threads)) {
        LIST_ENTRY *entry = RemoveHeadList(&ke.dead_threads);
        PKTHREAD thread = CONTAINING_RECORD(entry, struct _KTHREAD, QueueListEntry);

        mm_free_kernel_stack(thread->KernelStackAllocation);
        thread->KernelStackAllocation = 0;
        ObDereferenceObject(thread);
    }
}

/* The first thing on the new thread's stack. */
void ki_finish_switch(void)
{
    struct ke_prcb *prcb = ke_prcb();
    PKTHREAD migrating = prcb->Migrating;

    ki_pending = 1; /* the new thread may have APCs from before */
    prcb->Migrating = NULL;
    if (migrating)
        insert_ready(migrating, FALSE);
}

void ki_swap_thread(void)
{
    struct ke_prcb *prcb = ke_prcb();
    PKTHREAD current = prcb->CurrentThread;
    PKTHREAD next;
    KIRQL irql = ke_irql();

    kassert(current->State != KE_THREAD_RUNNING || current == prcb->IdleThread);
    ke_pcr()->Irql = DISPATCH_LEVEL;
    ke.progress++;
    if (prcb->ReadySummary == 0 && prcb->DpcInterruptRequested)
        ki_drain_dpcs();
    next = take_next(prcb);
    next->State = KE_THREAD_RUNNING;
    next->NextProcessor = (UCHAR)prcb->Number;
    prcb->QuantumEnd = FALSE;
    ki_exit_work = kd_tracing || ke_interleaving || ps_exit_work_pending(next);
    if (next != current) {
        next->ContextSwitches++;
        prcb->ContextSwitches++;
        KD_TRACE(thread_switch(current, next));
        ki_publish_thread(next);
        ki_switch_stack(&current->KernelStack, next->KernelStack);
        ki_finish_switch();
    }
    ke_pcr()->Irql = irql;
    if (!IsListEmpty(&ke.dead_threads) && irql < DISPATCH_LEVEL)
        reap();
}

/*
 * Let a better thread run: one of higher priority now, one of equal priority when the quantum is
 * used up.
 */
void ke_reschedule(void)
{
    struct ke_prcb *prcb = ke_prcb();
    PKTHREAD current = prcb->CurrentThread;
    int priority = *ke_priority_of(current);
    BOOLEAN quantum_end = prcb->QuantumEnd;

    kassert(ke_irql() < DISPATCH_LEVEL);
    prcb->QuantumEnd = FALSE;
    if (!(prcb->ReadySummary >> (quantum_end ? priority : priority + 1)))
        return;
    if (current != prcb->IdleThread)
        insert_ready(current, !quantum_end);
    ki_swap_thread();
}

void ki_leave_processor(void)
{
    PKTHREAD current = ke_current_thread();
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL);

    current->State = KE_THREAD_READY;
    ke_prcb()->Migrating = current;
    ki_swap_thread();
    ke_lower_irql(irql);
}

/* A running thread moves when it is next looked at (ki_deliver_pending), this one at once. */
void ke_thread_set_affinity(PKTHREAD thread, KAFFINITY affinity)
{
    BOOLEAN ready = thread->State == KE_THREAD_READY;

    if (ready)
        ki_remove_ready(thread);
    thread->Affinity = affinity;
    if (ready)
        insert_ready(thread, FALSE);
    ki_pending = 1;
    if (ke_irql() < DISPATCH_LEVEL)
        ki_deliver_pending(ke_irql());
}

/*
 * Clock ticks were spent in a processor's thread: they are charged to it, a boost decays and the
 * quantum runs down.
 */
static void tick(struct ke_prcb *prcb, ULONG ticks)
{
    PKTHREAD thread = prcb->CurrentThread;
    CHAR *priority = ke_priority_of(thread);

    if (thread == prcb->IdleThread)
        return;
    thread->KernelTime += ticks;
    thread->Process->KernelTime += ticks;
    thread->Quantum = (SCHAR)(thread->Quantum - 3);
    if (thread->Quantum > 0)
        return;
    thread->Quantum = KI_QUANTUM;
    if (*priority <= HIGHEST_DYNAMIC && *priority > thread->BasePriority)
        (*priority)--;
    prcb->QuantumEnd = TRUE;
    ki_pending = 1;
}

void ki_quantum_tick(ULONG ticks)
{
    for (ULONG i = 0; i < ke.processor_count; i++)
        tick(ke.processors[i], ticks);
}

/* Change the current priority, wherever the thread is. */
static void set_priority(PKTHREAD thread, KPRIORITY priority)
{
    if (thread->State == KE_THREAD_READY) {
        ki_remove_ready(thread);
        *ke_priority_of(thread) = (CHAR)priority;
        insert_ready(thread, FALSE);
    } else {
        *ke_priority_of(thread) = (CHAR)priority;
    }
    if (ke_irql() < DISPATCH_LEVEL)
        ki_deliver_pending(ke_irql());
}

/*
 * Set a thread's priority.
 * @param thread    a referenced thread
 * @param priority  1 … 31; 16 and above are real-time priorities
 * Returns the previous priority. Also ends a boost. A value outside the range is bug check 0x0A on
 * a checked build only; here it stops as a driver error.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, KeSetPriorityThread.
 */
KPRIORITY NTAPI KeSetPriorityThread(PKTHREAD thread, KPRIORITY priority)
{
    KPRIORITY old = *ke_priority_of(thread);

    if (priority <= 0 || priority >= KE_PRIORITIES)
        ke_bugcheck(KE_DRIVER_VIOLATION, 0, (ULONG_PTR)thread, (ULONG_PTR)priority, 0);
    thread->PriorityDecrement = 0;
    thread->Quantum = KI_QUANTUM;
    set_priority(thread, priority);
    return old;
}
NT_EXPORT(KeSetPriorityThread, PASSIVE_LEVEL, "pu");

/*
 * The current priority, boosts included.
 * IRQL: any. Source: Windows driver documentation, KeQueryPriorityThread.
 */
KPRIORITY NTAPI KeQueryPriorityThread(PKTHREAD thread)
{
    return *ke_priority_of(thread);
}
NT_EXPORT(KeQueryPriorityThread, HIGH_LEVEL, "p");

/*
 * Set the base priority to the process's base plus `increment`.
 * Returns the previous increment.
 * IRQL: PASSIVE_LEVEL.
 */
LONG NTAPI KeSetBasePriorityThread(PKTHREAD thread, LONG increment)
{
    LONG process_base = thread->Process->BasePriority;
    LONG old = thread->BasePriority - process_base;
    LONG base = process_base + increment;
    LONG low = process_base >= 16 ? 16 : 1;
    LONG high = process_base >= 16 ? 31 : HIGHEST_DYNAMIC;

    base = base < low ? low : base > high ? high : base;
    thread->BasePriority = (CHAR)base;
    thread->PriorityDecrement = 0;
    thread->Quantum = KI_QUANTUM;
    set_priority(thread, base);
    return old;
}
NT_EXPORT(KeSetBasePriorityThread, PASSIVE_LEVEL, "pu");

/* Let another ready thread of the same or higher priority run. */
NTSTATUS NTAPI NtYieldExecution(void);
NTSTATUS NTAPI NtYieldExecution(void)
{
    PKTHREAD thread = ke_current_thread();
    ULONG switches = thread->ContextSwitches;

    ke_prcb()->QuantumEnd = TRUE;
    ke_reschedule();
    return thread->ContextSwitches == switches ? STATUS_NO_YIELD_PERFORMED : STATUS_SUCCESS;
}
NT_SERVICE(YieldExecution, 0, APC_LEVEL, "");
