/*
 * Which processors a thread may run on, and processor groups. There is one group; a thread's mask
 * is kept as it is set, so drivers read back what they wrote.
 */
#include "ke/ke_internal.h"

#define ACTIVE_PROCESSORS ke_active_processors()

/* Set the mask of the current thread; a mask without an active processor is the driver's fault. */
static KAFFINITY set_affinity(KAFFINITY affinity)
{
    PKTHREAD thread = ke_current_thread();
    KAFFINITY old = thread->UserAffinity ? thread->Affinity : 0;

    if (!(affinity & ACTIVE_PROCESSORS))
        ke_bugcheck(INVALID_AFFINITY_SET, affinity, ACTIVE_PROCESSORS, 0,
                    (ULONG_PTR)_ReturnAddress());
    if (!thread->UserAffinity)
        thread->UserAffinity = thread->Affinity;
    ke_thread_set_affinity(thread, affinity & ACTIVE_PROCESSORS);
    return old;
}

/* Back to `affinity`, or with 0 to the thread's own mask. */
static void revert_affinity(KAFFINITY affinity)
{
    PKTHREAD thread = ke_current_thread();

    if (affinity) {
        ke_thread_set_affinity(thread, affinity & ACTIVE_PROCESSORS);
        return;
    }
    if (thread->UserAffinity)
        ke_thread_set_affinity(thread, thread->UserAffinity);
    thread->UserAffinity = 0;
}

/*
 * Run the current thread on given processors only.
 * @param affinity  bit n = processor n
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, KeSetSystemAffinityThread.
 */
VOID NTAPI KeSetSystemAffinityThread(KAFFINITY affinity)
{
    set_affinity(affinity);
}
NT_EXPORT(KeSetSystemAffinityThread, DISPATCH_LEVEL, "q");

/* Undo KeSetSystemAffinityThread. IRQL: <= APC_LEVEL. */
VOID NTAPI KeRevertToUserAffinityThread(VOID)
{
    revert_affinity(0);
}
NT_EXPORT(KeRevertToUserAffinityThread, DISPATCH_LEVEL, "");

/* As KeSetSystemAffinityThread; returns the mask for KeRevertToUserAffinityThreadEx. */
KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY affinity)
{
    return set_affinity(affinity);
}
NT_EXPORT(KeSetSystemAffinityThreadEx, DISPATCH_LEVEL, "q");

VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY affinity)
{
    revert_affinity(affinity);
}
NT_EXPORT(KeRevertToUserAffinityThreadEx, DISPATCH_LEVEL, "q");

/*
 * As KeSetSystemAffinityThread, with a processor group. A mask without an active processor of the
 * group changes nothing. @param previous  NULL or receives what KeRevertToUserGroupAffinityThread
 * takes. IRQL: <= APC_LEVEL.
 */
VOID NTAPI KeSetSystemGroupAffinityThread(PGROUP_AFFINITY affinity, PGROUP_AFFINITY previous)
{
    KAFFINITY old = 0;

    if (affinity->Group == 0 && affinity->Mask & ACTIVE_PROCESSORS)
        old = set_affinity(affinity->Mask);
    if (previous) {
        RtlZeroMemory(previous, sizeof(*previous));
        previous->Mask = old;
    }
}
NT_EXPORT(KeSetSystemGroupAffinityThread, DISPATCH_LEVEL, "pp");

VOID NTAPI KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY previous)
{
    revert_affinity(previous->Mask);
}
NT_EXPORT(KeRevertToUserGroupAffinityThread, DISPATCH_LEVEL, "p");

/* Prefer a processor. Returns the number before. IRQL: <= DISPATCH_LEVEL. */
UCHAR NTAPI KeSetIdealProcessorThread(PKTHREAD thread, UCHAR processor)
{
    UCHAR old = thread->IdealProcessor;

    if (processor < ke.processor_count)
        thread->IdealProcessor = processor;
    return old;
}
NT_EXPORT(KeSetIdealProcessorThread, DISPATCH_LEVEL, "pu");

/*
 * Group and number of a processor index.
 * IRQL: any. Returns STATUS_SUCCESS or STATUS_INVALID_PARAMETER.
 * Source: Windows driver documentation, KeGetProcessorNumberFromIndex.
 */
NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG index, PPROCESSOR_NUMBER number)
{
    if (!(index < KE_MAXIMUM_PROCESSORS && ACTIVE_PROCESSORS >> index & 1))
        return STATUS_INVALID_PARAMETER;
    number->Group = 0;
    number->Number = (UCHAR)index;
    number->Reserved = 0;
    return STATUS_SUCCESS;
}
NT_EXPORT(KeGetProcessorNumberFromIndex, HIGH_LEVEL, "up");

/* Index of a processor; INVALID_PROCESSOR_INDEX when there is none. IRQL: any. */
ULONG NTAPI KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER number)
{
    if (number->Group != 0 || number->Number >= KE_MAXIMUM_PROCESSORS ||
        !(ACTIVE_PROCESSORS >> number->Number & 1))
        return INVALID_PROCESSOR_INDEX;
    return number->Number;
}
NT_EXPORT(KeGetProcessorIndexFromNumber, HIGH_LEVEL, "p");

/* Processor groups: one. IRQL: any. */
USHORT NTAPI KeQueryActiveGroupCount(VOID)
{
    return 1;
}
NT_EXPORT(KeQueryActiveGroupCount, HIGH_LEVEL, "");
NT_EXPORT_AS(KeQueryMaximumGroupCount, KeQueryActiveGroupCount, HIGH_LEVEL, "");

/* Mask of the active processors of a group. IRQL: any. */
KAFFINITY NTAPI KeQueryGroupAffinity(USHORT group)
{
    return group == 0 ? ACTIVE_PROCESSORS : 0;
}
NT_EXPORT(KeQueryGroupAffinity, HIGH_LEVEL, "u");

/* NUMA: one node, number 0. IRQL: any. */
USHORT NTAPI KeQueryHighestNodeNumber(VOID)
{
    return 0;
}
NT_EXPORT(KeQueryHighestNodeNumber, HIGH_LEVEL, "");
NT_EXPORT_AS(KeGetCurrentNodeNumber, KeQueryHighestNodeNumber, HIGH_LEVEL, "");

/* The processors of a NUMA node. @param affinity, count  NULL or receive mask and number */
VOID NTAPI KeQueryNodeActiveAffinity(USHORT node, PGROUP_AFFINITY affinity, PUSHORT count)
{
    if (affinity) {
        RtlZeroMemory(affinity, sizeof(*affinity));
        affinity->Mask = node == 0 ? ACTIVE_PROCESSORS : 0;
    }
    if (count)
        *count = node == 0 ? (USHORT)ke.processor_count : 0;
}
NT_EXPORT(KeQueryNodeActiveAffinity, HIGH_LEVEL, "upp");
