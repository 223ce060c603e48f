/*
 * Which thread runs: 32 priorities with a first-in first-out ready queue each, quantum and dynamic
 * priority. There is one processor; a switch happens only here.
 *
 *   INITIALIZED ── ke_thread_ready ──▶ READY ── ki_swap_thread ──▶ RUNNING
 *                                       ▲  ▲                        │   │ │
 *                 ki_unwait ────────────┘  └── ke_reschedule ───────┘   │ │
 *                    ▲                                                  │ │
 *                 WAITING ◀───────────── ki_swap_thread (wait.c) ───────┘ │
 *                 TERMINATED ◀────────── ke_thread_terminate ─────────────┘
 */
#include "ke/ke_internal.h"
#include "kd/trace.h"
#include "mm/mm.h"
#include "ob/ob.h"
#include "ps/ps.h"

#define HIGHEST_DYNAMIC 15

static void insert_ready(PKTHREAD thread, BOOLEAN at_front)
{
    struct ke_prcb *prcb = ke_prcb();
    int priority = *ke_priority_of(thread);

    kassert(priority >= 0 && priority < KE_PRIORITIES);
    thread->State = KE_THREAD_READY;
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
    struct ke_prcb *prcb = ke_prcb();
    int priority = *ke_priority_of(thread);

    kassert(thread->State == KE_THREAD_READY);
    RemoveEntryList(&thread->WaitListEntry);
    if (IsListEmpty(&prcb->ReadyListHead[priority]))
        prcb->ReadySummary &= ~(1u << priority);
}

PKTHREAD ki_best_ready(void)
{
    struct ke_prcb *prcb = ke_prcb();
    ULONG priority;

    if (prcb->ReadySummary == 0)
        return NULL;
    priority = 31 - (ULONG)__builtin_clz(prcb->ReadySummary);
    return CONTAINING_RECORD(prcb->ReadyListHead[priority].Flink, struct _KTHREAD, WaitListEntry);
}

/* All threads wait: run DPCs, or let time pass until a timer makes somebody ready. */
static void idle(void)
{
    while (ke_prcb()->ReadySummary == 0) {
        ULONG64 next;

        if (ke_prcb()->DpcInterruptRequested) {
            ki_drain_dpcs();
            continue;
        }
        next = ki_next_timer();
        if (next == KI_NEVER)
            ke_report_deadlock();
        ki_clock_jump(next);
        ki_expire_timers();
    }
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

void ki_swap_thread(void)
{
    PKTHREAD current = ke_current_thread();
    PKTHREAD next;
    KIRQL irql = ke_irql();

    kassert(current->State != KE_THREAD_RUNNING);
    ke_pcr()->Irql = DISPATCH_LEVEL;
    ke.progress++;
    idle();
    next = ki_best_ready();
    ki_remove_ready(next);
    next->State = KE_THREAD_RUNNING;
    ke_prcb()->QuantumEnd = FALSE;
    ki_exit_work = kd_tracing || ps_exit_work_pending(next);
    if (next != current) {
        next->ContextSwitches++;
        ke_prcb()->ContextSwitches++;
        KD_TRACE(thread_switch(current, next));
        ki_publish_thread(next);
        ki_switch_context(current, next);
        ki_pending = 1; /* this thread may have APCs from before */
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
    insert_ready(current, !quantum_end);
    ki_swap_thread();
}

/* One clock tick was spent in the current thread: a boost decays and the quantum runs down. */
void ki_quantum_tick(void)
{
    PKTHREAD thread = ke_current_thread();
    CHAR *priority = ke_priority_of(thread);

    thread->Quantum = (SCHAR)(thread->Quantum - 3);
    if (thread->Quantum > 0)
        return;
    thread->Quantum = KI_QUANTUM;
    if (*priority <= HIGHEST_DYNAMIC && *priority > thread->BasePriority)
        (*priority)--;
    ke_prcb()->QuantumEnd = TRUE;
    ki_pending = 1;
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
    ULONG64 switches = ke_prcb()->ContextSwitches;

    ke_prcb()->QuantumEnd = TRUE;
    ke_reschedule();
    return ke_prcb()->ContextSwitches == switches ? STATUS_NO_YIELD_PERFORMED : STATUS_SUCCESS;
}
NT_SERVICE(YieldExecution, 0, APC_LEVEL, "");
