/*
 * Waiting: wait blocks tie a thread to dispatcher objects. An object's signal state is tested here
 * and nowhere else, so every kind of object waits and wakes alike.
 *
 * A wait goes through this loop: deliver kernel APCs, test the objects, and if none satisfies the
 * wait, queue the wait blocks and swap. ki_unwait takes the blocks off again before the thread
 * runs, with the reason in WaitStatus; STATUS_KERNEL_APC means "deliver it and test again".
 */
#include "ke/ke_internal.h"

struct wait {
    ULONG count;
    PVOID *objects;
    WAIT_TYPE type;
    PKWAIT_BLOCK blocks;
    KPROCESSOR_MODE mode;
    BOOLEAN alertable;
    ULONG64 due;  /* KI_NEVER without a time-out */
    BOOLEAN poll; /* a time-out of zero */
};

BOOLEAN ki_is_signaled(const DISPATCHER_HEADER *header, PKTHREAD thread)
{
    if (header->SignalState > 0)
        return TRUE;
    return header->Type == MutantObject && ((const KMUTANT *)header)->OwnerThread == thread;
}

/* The side effect of a satisfied wait on the object. Returns the status it adds. */
static NTSTATUS consume(DISPATCHER_HEADER *header, PKTHREAD thread)
{
    switch (header->Type) {
    case EventSynchronizationObject:
    case TimerSynchronizationObject:
        header->SignalState = 0;
        break;
    case SemaphoreObject:
        header->SignalState--;
        break;
    case MutantObject:
        return ki_acquire_mutant((PKMUTANT)header, thread);
    default:
        break;
    }
    return STATUS_SUCCESS;
}

/* Wait blocks of a WaitAny or WaitAll: their objects, in the caller's order. */
static BOOLEAN all_signaled(PKTHREAD thread)
{
    for (ULONG i = 0; i < thread->WaitBlockCount; i++)
        if (!ki_is_signaled(thread->WaitBlockList[i].Object, thread))
            return FALSE;
    return TRUE;
}

void ki_unwait(PKTHREAD thread, LONG_PTR status, KPRIORITY increment)
{
    CHAR *priority = ke_priority_of(thread);

    kassert(thread->State == KE_THREAD_WAITING);
    for (ULONG i = 0; i < thread->WaitBlockCount; i++)
        RemoveEntryList(&thread->WaitBlockList[i].WaitListEntry);
    thread->WaitBlockCount = 0;
    if (thread->Queue) {
        RemoveEntryList(&thread->WaitBlock[0].WaitListEntry);
        thread->Queue = NULL;
    }
    ki_timer_remove(&thread->Timer);
    thread->WaitStatus = status;
    if (*priority < 16 && thread->BasePriority + increment > *priority)
        *priority =
            (CHAR)(thread->BasePriority + increment > 15 ? 15 : thread->BasePriority + increment);
    ke_thread_ready(thread);
}

/* Satisfy one waiter of `header`, if it can be. */
static BOOLEAN try_wake(PKWAIT_BLOCK block, KPRIORITY increment)
{
    PKTHREAD thread = block->Thread;
    LONG_PTR status = block->WaitKey;

    if (block->WaitType == WaitAll) {
        if (!all_signaled(thread))
            return FALSE;
        status = STATUS_WAIT_0;
        for (ULONG i = 0; i < thread->WaitBlockCount; i++)
            consume(thread->WaitBlockList[i].Object, thread);
    } else {
        NTSTATUS added = consume(block->Object, thread);

        if (added)
            status += added;
    }
    ki_unwait(thread, status, increment);
    return TRUE;
}

void ke_wait_test(DISPATCHER_HEADER *header, KPRIORITY increment)
{
    LIST_ENTRY *entry = header->WaitListHead.Flink;

    while (entry != &header->WaitListHead) {
        PKWAIT_BLOCK block = CONTAINING_RECORD(entry, KWAIT_BLOCK, WaitListEntry);

        entry = entry->Flink;
        if (!ki_is_signaled(header, block->Thread))
            continue;
        if (try_wake(block, increment))
            entry = header->WaitListHead.Flink; /* a WaitAll may have unlinked the next block too */
    }
}

/* Can the wait end now without blocking? Consumes and sets *status if so. */
static BOOLEAN try_satisfy(const struct wait *wait, PKTHREAD thread, NTSTATUS *status)
{
    if (wait->type == WaitAll) {
        for (ULONG i = 0; i < wait->count; i++)
            if (!ki_is_signaled(wait->objects[i], thread))
                return FALSE;
        for (ULONG i = 0; i < wait->count; i++)
            consume(wait->objects[i], thread);
        *status = STATUS_WAIT_0;
        return TRUE;
    }
    for (ULONG i = 0; i < wait->count; i++) {
        if (!ki_is_signaled(wait->objects[i], thread))
            continue;
        *status = (NTSTATUS)i + consume(wait->objects[i], thread);
        return TRUE;
    }
    return FALSE;
}

static BOOLEAN interrupted(const struct wait *wait, PKTHREAD thread, NTSTATUS *status)
{
    if (wait->alertable && thread->Alerted[(int)wait->mode]) {
        thread->Alerted[(int)wait->mode] = FALSE;
        *status = STATUS_ALERTED;
        return TRUE;
    }
    if (wait->mode == UserMode &&
        (thread->ApcState.UserApcPending ||
         (wait->alertable && !IsListEmpty(&thread->ApcState.ApcListHead[UserMode])))) {
        thread->ApcState.UserApcPending = TRUE;
        ki_exit_work = 1;
        *status = STATUS_USER_APC;
        return TRUE;
    }
    if (wait->poll || (wait->due != KI_NEVER && ki_clock_now >= wait->due)) {
        *status = STATUS_TIMEOUT;
        return TRUE;
    }
    return FALSE;
}

/* Queue the wait blocks and let others run until somebody calls ki_unwait. */
static LONG_PTR block(const struct wait *wait, PKTHREAD thread)
{
    for (ULONG i = 0; i < wait->count; i++) {
        PKWAIT_BLOCK wait_block = &wait->blocks[i];
        DISPATCHER_HEADER *header = wait->objects[i];

        wait_block->Object = header;
        wait_block->Thread = thread;
        wait_block->WaitKey = (USHORT)i;
        wait_block->WaitType = (UCHAR)wait->type;
        InsertTailList(&header->WaitListHead, &wait_block->WaitListEntry);
    }
    thread->WaitBlockList = wait->blocks;
    thread->WaitBlockCount = wait->count;
    if (wait->due != KI_NEVER)
        ki_timer_insert(&thread->Timer, wait->due);
    thread->Alertable = wait->alertable;
    thread->WaitMode = (UCHAR)wait->mode;
    thread->WaitIrql = ke_irql();
    thread->State = KE_THREAD_WAITING;
    ki_swap_thread();
    return thread->WaitStatus;
}

static NTSTATUS run_wait(const struct wait *wait, KWAIT_REASON reason)
{
    PKTHREAD thread = ke_current_thread();
    NTSTATUS status;

    ke.progress++;
    thread->WaitReason = (UCHAR)reason;
    for (;;) {
        if (ke_irql() < DISPATCH_LEVEL)
            ke_lower_irql(ke_irql());
        if (try_satisfy(wait, thread, &status) || interrupted(wait, thread, &status))
            return status;
        if (ke_irql() >= DISPATCH_LEVEL)
            ke_bugcheck(IRQL_NOT_LESS_OR_EQUAL, 0, ke_irql(), 0, (ULONG_PTR)_ReturnAddress());
        status = (NTSTATUS)block(wait, thread);
        if (status != STATUS_KERNEL_APC)
            return status;
    }
}

static void set_time_out(struct wait *wait, PLARGE_INTEGER timeout)
{
    wait->due = KI_NEVER;
    if (!timeout)
        return;
    wait->poll = timeout->QuadPart == 0;
    wait->due = ki_due_time(*timeout);
}

/*
 * Wait for one dispatcher object.
 * @param object     event, semaphore, mutex, timer, thread or process object
 * @param alertable  whether an alert or a user APC ends the wait
 * @param timeout    NULL = for ever; negative = relative, positive = absolute, in 100 ns; 0 = test
 * IRQL: <= APC_LEVEL; DISPATCH_LEVEL only with a time-out of zero.
 * Returns STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_ALERTED, STATUS_USER_APC, STATUS_ABANDONED.
 * Source: Windows driver documentation, KeWaitForSingleObject.
 */
NTSTATUS NTAPI KeWaitForSingleObject(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode,
                                     BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    struct wait wait = {.count = 1,
                        .objects = &object,
                        .type = WaitAny,
                        .blocks = ke_current_thread()->WaitBlock,
                        .mode = mode,
                        .alertable = alertable};

    set_time_out(&wait, timeout);
    return run_wait(&wait, reason);
}
NT_EXPORT(KeWaitForSingleObject, DISPATCH_LEVEL, "Eubbp");

/*
 * Wait for any or all of several dispatcher objects.
 * @param count   1 … 64; more than 3 need a caller-supplied array of wait blocks
 * IRQL and time-out as KeWaitForSingleObject. Returns STATUS_WAIT_0 + index for WaitAny.
 * A count above the limit is bug check 0x0C (MAXIMUM_WAIT_OBJECTS_EXCEEDED).
 * Source: Windows driver documentation, KeWaitForMultipleObjects.
 */
NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG count, PVOID objects[], WAIT_TYPE type,
                                        KWAIT_REASON reason, KPROCESSOR_MODE mode,
                                        BOOLEAN alertable, PLARGE_INTEGER timeout,
                                        PKWAIT_BLOCK blocks)
{
    struct wait wait = {.count = count,
                        .objects = objects,
                        .type = type,
                        .blocks = blocks ? blocks : ke_current_thread()->WaitBlock,
                        .mode = mode,
                        .alertable = alertable};

    if (count == 0 || count > (blocks ? MAXIMUM_WAIT_OBJECTS : THREAD_WAIT_OBJECTS))
        ke_bugcheck(MAXIMUM_WAIT_OBJECTS_EXCEEDED, 0, 0, 0, 0);
    set_time_out(&wait, timeout);
    return run_wait(&wait, reason);
}
NT_EXPORT(KeWaitForMultipleObjects, DISPATCH_LEVEL, "upuubbpp");

/*
 * Put the current thread to sleep.
 * @param interval  negative = relative, positive = absolute system time, in 100 ns
 * IRQL: <= APC_LEVEL. Returns STATUS_SUCCESS, STATUS_ALERTED or STATUS_USER_APC.
 * Source: Windows driver documentation, KeDelayExecutionThread.
 */
NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable,
                                      PLARGE_INTEGER interval)
{
    struct wait wait = {.type = WaitAny,
                        .blocks = ke_current_thread()->WaitBlock,
                        .mode = mode,
                        .alertable = alertable};
    NTSTATUS status;

    if (ke_irql() > APC_LEVEL)
        ke_bugcheck(IRQL_NOT_LESS_OR_EQUAL, 0, ke_irql(), 0, (ULONG_PTR)_ReturnAddress());
    wait.due = ki_due_time(*interval);
    if (interval->QuadPart == 0) {
        wait.due = KI_NEVER;
        if (interrupted(&wait, ke_current_thread(), &status))
            return status;
        ke_prcb()->QuantumEnd = TRUE;
        ke_reschedule();
        return STATUS_SUCCESS;
    }
    status = run_wait(&wait, DelayExecution);
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}
NT_EXPORT(KeDelayExecutionThread, APC_LEVEL, "bbp");
