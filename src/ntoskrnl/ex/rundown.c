/*
 * Rundown protection: users of an object come and go until somebody wants to take it down; then no
 * new ones are let in, and the last one out tells him.
 *
 *   Count = 2 n               n users
 *   Ptr   = rundown_wait | 1  taking down, users left
 *   Count = 1                 run down
 */
#include "ex/ex_internal.h"

struct rundown_wait {
    ULONG_PTR users;
    KEVENT done;
};

/* The cache-aware form has a count per processor; we have one processor. */
struct _EX_RUNDOWN_REF_CACHE_AWARE {
    EX_RUNDOWN_REF reference;
};

/* Initialise: no users, not run down. IRQL: any. */
VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF reference)
{
    reference->Count = 0;
}
NT_EXPORT(ExInitializeRundownProtection, HIGH_LEVEL, "p");

/* Let users in again after a rundown. IRQL: any. */
VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF reference)
{
    reference->Count = 0;
}
NT_EXPORT(ExReInitializeRundownProtection, HIGH_LEVEL, "p");

/*
 * Become a user, `count` times.
 * IRQL: <= DISPATCH_LEVEL. Returns FALSE when the object is being taken down.
 * Source: Windows driver documentation, ExAcquireRundownProtectionEx.
 */
BOOLEAN ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF reference, ULONG count)
{
    if (reference->Count & EX_RUNDOWN_ACTIVE)
        return FALSE;
    reference->Count += (ULONG_PTR)count * EX_RUNDOWN_COUNT_INC;
    return TRUE;
}
NT_EXPORT(ExAcquireRundownProtectionEx, DISPATCH_LEVEL, "pu");

BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF reference)
{
    return ExAcquireRundownProtectionEx(reference, 1);
}
NT_EXPORT(ExAcquireRundownProtection, DISPATCH_LEVEL, "p");

/* Stop being a user, `count` times. IRQL: <= DISPATCH_LEVEL. */
VOID ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF reference, ULONG count)
{
    struct rundown_wait *wait;

    if (!(reference->Count & EX_RUNDOWN_ACTIVE)) {
        reference->Count -= (ULONG_PTR)count * EX_RUNDOWN_COUNT_INC;
        return;
    }
    wait = (struct rundown_wait *)(reference->Count & ~(ULONG_PTR)EX_RUNDOWN_ACTIVE);
    wait->users -= count;
    if (wait->users == 0)
        KeSetEvent(&wait->done, IO_NO_INCREMENT, FALSE);
}
NT_EXPORT(ExReleaseRundownProtectionEx, DISPATCH_LEVEL, "pu");

VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF reference)
{
    ExReleaseRundownProtectionEx(reference, 1);
}
NT_EXPORT(ExReleaseRundownProtection, DISPATCH_LEVEL, "p");

/*
 * Let nobody in any more and wait until all users are out.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, ExWaitForRundownProtectionRelease.
 */
VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF reference)
{
    struct rundown_wait wait;

    if (reference->Count & EX_RUNDOWN_ACTIVE)
        return;
    wait.users = reference->Count >> EX_RUNDOWN_COUNT_SHIFT;
    if (wait.users) {
        KeInitializeEvent(&wait.done, SynchronizationEvent, FALSE);
        reference->Count = (ULONG_PTR)&wait | EX_RUNDOWN_ACTIVE;
        KeWaitForSingleObject(&wait.done, Executive, KernelMode, FALSE, NULL);
    }
    reference->Count = EX_RUNDOWN_ACTIVE;
}
NT_EXPORT(ExWaitForRundownProtectionRelease, APC_LEVEL, "p");

/* Say that the rundown is over. IRQL: <= DISPATCH_LEVEL. */
VOID ExRundownCompleted(PEX_RUNDOWN_REF reference)
{
    reference->Count = EX_RUNDOWN_ACTIVE;
}
NT_EXPORT(ExRundownCompleted, DISPATCH_LEVEL, "p");

/* ── Cache-aware: the same with a structure whose size only the system knows ── */

PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE pool, ULONG tag)
{
    PEX_RUNDOWN_REF_CACHE_AWARE reference = ExAllocatePoolWithTag(pool, sizeof(*reference), tag);

    if (reference)
        reference->reference.Count = 0;
    return reference;
}
NT_EXPORT(ExAllocateCacheAwareRundownProtection, DISPATCH_LEVEL, "uu");

VOID NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE reference)
{
    ExFreePool(reference);
}
NT_EXPORT(ExFreeCacheAwareRundownProtection, DISPATCH_LEVEL, "p");

SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID)
{
    return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE);
}
NT_EXPORT(ExSizeOfRundownProtectionCacheAware, DISPATCH_LEVEL, "");

/* In memory of the caller, `size` bytes. */
VOID NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE reference,
                                                   SIZE_T size)
{
    (void)size;
    reference->reference.Count = 0;
}
NT_EXPORT(ExInitializeRundownProtectionCacheAware, DISPATCH_LEVEL, "pq");

VOID ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE reference)
{
    ExReInitializeRundownProtection(&reference->reference);
}
NT_EXPORT(ExReInitializeRundownProtectionCacheAware, DISPATCH_LEVEL, "p");

BOOLEAN ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE reference)
{
    return ExAcquireRundownProtectionEx(&reference->reference, 1);
}
NT_EXPORT(ExAcquireRundownProtectionCacheAware, DISPATCH_LEVEL, "p");

BOOLEAN ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE reference, ULONG count)
{
    return ExAcquireRundownProtectionEx(&reference->reference, count);
}
NT_EXPORT(ExAcquireRundownProtectionCacheAwareEx, DISPATCH_LEVEL, "pu");

VOID ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE reference)
{
    ExReleaseRundownProtectionEx(&reference->reference, 1);
}
NT_EXPORT(ExReleaseRundownProtectionCacheAware, DISPATCH_LEVEL, "p");

VOID ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE reference, ULONG count)
{
    ExReleaseRundownProtectionEx(&reference->reference, count);
}
NT_EXPORT(ExReleaseRundownProtectionCacheAwareEx, DISPATCH_LEVEL, "pu");

VOID ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE reference)
{
    ExWaitForRundownProtectionRelease(&reference->reference);
}
NT_EXPORT(ExWaitForRundownProtectionReleaseCacheAware, APC_LEVEL, "p");

VOID ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE reference)
{
    ExRundownCompleted(&reference->reference);
}
NT_EXPORT(ExRundownCompletedCacheAware, DISPATCH_LEVEL, "p");
