/*
 * What a routine can ask about the place where it runs: inside a DPC, attached to another process;
 * and what old drivers tell the processor about its caches.
 */
#include "ke/ke_internal.h"

/* Not in the headers in use. */
LOGICAL NTAPI KeIsExecutingDpc(VOID);
BOOLEAN NTAPI KeIsAttachedProcess(VOID);
BOOLEAN NTAPI KeSetKernelStackSwapEnable(BOOLEAN enable);
VOID NTAPI KeFlushEntireTb(BOOLEAN invalid, BOOLEAN all_processors);

#define DPC_TIME_LIMIT 1280             /* ticks: 20 s, for one DPC */
#define DPC_WATCHDOG_LIMIT 7680         /* ticks: 120 s, for a series of them */
#define STACK_NEVER_SWAPPED 0x80000000u /* KTHREAD.MiscFlags */

/*
 * The time-outs of DPCs and what is left of them.
 * @param information  limits and remaining times in clock ticks
 * IRQL: any. Returns STATUS_SUCCESS; STATUS_UNSUCCESSFUL below DISPATCH_LEVEL.
 * Differs from NT: the time that a DPC has used is not counted, so all of it is left; a DPC that
 * does not end is found by the time of the host (--timeout).
 * Source: Windows driver documentation, KeQueryDpcWatchdogInformation.
 */
NTSTATUS NTAPI KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION information)
{
    if (ke_irql() < DISPATCH_LEVEL)
        return STATUS_UNSUCCESSFUL;
    information->DpcTimeLimit = information->DpcTimeCount = DPC_TIME_LIMIT;
    information->DpcWatchdogLimit = information->DpcWatchdogCount = DPC_WATCHDOG_LIMIT;
    information->Reserved = 0;
    return STATUS_SUCCESS;
}
NT_EXPORT(KeQueryDpcWatchdogInformation, HIGH_LEVEL, "p");

/* Does this processor run a DPC, or code that has interrupted one? IRQL: any. */
LOGICAL NTAPI KeIsExecutingDpc(VOID)
{
    return ke_prcb()->DpcRoutineActive;
}
NT_EXPORT(KeIsExecutingDpc, HIGH_LEVEL, "");

/* Is the current thread attached to a process that is not its own? IRQL: <= DISPATCH_LEVEL. */
BOOLEAN NTAPI KeIsAttachedProcess(VOID)
{
    return ke_current_thread()->ApcStateIndex != OriginalApcEnvironment;
}
NT_EXPORT(KeIsAttachedProcess, DISPATCH_LEVEL, "");

/*
 * May the kernel stack of the current thread be paged out while it waits in user mode? Stacks never
 * are here; the setting is only kept. IRQL: <= DISPATCH_LEVEL. Returns the setting before.
 */
BOOLEAN NTAPI KeSetKernelStackSwapEnable(BOOLEAN enable)
{
    PKTHREAD thread = ke_current_thread();
    BOOLEAN old = !(thread->MiscFlags & STACK_NEVER_SWAPPED);

    thread->MiscFlags =
        enable ? thread->MiscFlags & ~STACK_NEVER_SWAPPED : thread->MiscFlags | STACK_NEVER_SWAPPED;
    return old;
}
NT_EXPORT(KeSetKernelStackSwapEnable, DISPATCH_LEVEL, "b");

/* Drop all translations: the host keeps them coherent. IRQL: any. */
VOID NTAPI KeFlushEntireTb(BOOLEAN invalid, BOOLEAN all_processors)
{
    (void)invalid, (void)all_processors;
}
NT_EXPORT(KeFlushEntireTb, HIGH_LEVEL, "bb");

/* Write back and drop the caches of a range: memory is coherent. IRQL: any. */
VOID NTAPI KeInvalidateRangeAllCaches(PVOID base, ULONG length)
{
    (void)base, (void)length;
}
NT_EXPORT(KeInvalidateRangeAllCaches, HIGH_LEVEL, "pu");
