/*
 * Questions about an ERESOURCE, and its use together with critical regions.
 */
#include "ex/ex_internal.h"
#include "ex/resource.h"

/* Does the current thread have exclusive access? IRQL: <= DISPATCH_LEVEL. */
BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE resource)
{
    return resource->Flag & ResourceOwnedExclusive &&
           resource->OwnerEntry.OwnerThread == (ERESOURCE_THREAD)ke_current_thread();
}
NT_EXPORT(ExIsResourceAcquiredExclusiveLite, DISPATCH_LEVEL, "p");

/* How often the current thread has it, shared or exclusive. IRQL: <= DISPATCH_LEVEL. */
ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE resource)
{
    POWNER_ENTRY entry = ex_resource_owner(resource, (ERESOURCE_THREAD)ke_current_thread());

    return entry ? entry->OwnerCount : 0;
}
NT_EXPORT(ExIsResourceAcquiredSharedLite, DISPATCH_LEVEL, "p");

/* Threads that wait for exclusive access. IRQL: <= DISPATCH_LEVEL. */
ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE resource)
{
    return resource->NumberOfExclusiveWaiters;
}
NT_EXPORT(ExGetExclusiveWaiterCount, DISPATCH_LEVEL, "p");

/* Threads that wait for shared access. IRQL: <= DISPATCH_LEVEL. */
ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE resource)
{
    return resource->NumberOfSharedWaiters;
}
NT_EXPORT(ExGetSharedWaiterCount, DISPATCH_LEVEL, "p");

/* Owners of a resource are never boosted here. IRQL: <= DISPATCH_LEVEL. */
VOID NTAPI ExDisableResourceBoostLite(PERESOURCE resource)
{
    (void)resource;
}
NT_EXPORT(ExDisableResourceBoostLite, DISPATCH_LEVEL, "p");

/*
 * Enter a critical region and acquire, waiting.
 * IRQL: <= APC_LEVEL. Returns the thread's Win32Thread, NULL for a thread without windows.
 * Source: Windows driver documentation, ExEnterCriticalRegionAndAcquireResourceExclusive.
 */
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE resource)
{
    ke_current_thread()->KernelApcDisable--;
    ExAcquireResourceExclusiveLite(resource, TRUE);
    return ke_current_thread()->Win32Thread[0];
}
NT_EXPORT(ExEnterCriticalRegionAndAcquireResourceExclusive, APC_LEVEL, "p");

/* The same for shared access. */
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE resource)
{
    ke_current_thread()->KernelApcDisable--;
    ExAcquireResourceSharedLite(resource, TRUE);
    return ke_current_thread()->Win32Thread[0];
}
NT_EXPORT(ExEnterCriticalRegionAndAcquireResourceShared, APC_LEVEL, "p");

/* The same behind threads that wait for exclusive access. */
PVOID NTAPI ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE resource)
{
    ke_current_thread()->KernelApcDisable--;
    ExAcquireSharedWaitForExclusive(resource, TRUE);
    return ke_current_thread()->Win32Thread[0];
}
NT_EXPORT(ExEnterCriticalRegionAndAcquireSharedWaitForExclusive, APC_LEVEL, "p");

/* Release and leave the critical region. IRQL: <= APC_LEVEL. */
VOID ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE resource)
{
    ExReleaseResourceLite(resource);
    ex_leave_critical_region();
}
NT_EXPORT(ExReleaseResourceAndLeaveCriticalRegion, APC_LEVEL, "p");
