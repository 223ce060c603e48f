/*
 * Critical sections, with the layout and the counting of Windows: LockCount is -1 when free and
 * grows by one with each entry and each waiter; the event in LockSemaphore is made when a thread
 * first has to wait.
 *
 * There is no spinning: on a simulated processor the owner cannot run while another thread spins.
 */
#include "ntdll_internal.h"

/*
 * Initialises a critical section.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS.
 * Source: Win32 documentation, InitializeCriticalSection.
 */
NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION section)
{
    return RtlInitializeCriticalSectionAndSpinCount(section, 0);
}
NT_EXPORT(RtlInitializeCriticalSection, 0, "p");

/*
 * Initialises a critical section; the spin count is kept and otherwise ignored.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS.
 */
NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION section,
                                                        ULONG spin_count)
{
    section->DebugInfo = (PVOID)(ULONG_PTR)-1;
    section->LockCount = -1;
    section->RecursionCount = 0;
    section->OwningThread = NULL;
    section->LockSemaphore = NULL;
    section->SpinCount = spin_count & 0x00FFFFFF;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlInitializeCriticalSectionAndSpinCount, 0, "pu");

/*
 * Initialises a critical section.
 * @param flags  RTL_CRITICAL_SECTION_FLAG_…: all concern debugging or memory, and are ignored
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS.
 */
NTSTATUS NTAPI RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION section, ULONG spin_count,
                                              ULONG flags);
NTSTATUS NTAPI RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION section, ULONG spin_count,
                                              ULONG flags)
{
    (void)flags;
    return RtlInitializeCriticalSectionAndSpinCount(section, spin_count);
}
NT_EXPORT(RtlInitializeCriticalSectionEx, 0, "puu");

/* The event that waiters wait on; two threads may make it at once, one of them wins. */
static HANDLE event_of(PRTL_CRITICAL_SECTION section)
{
    HANDLE event;

    if (section->LockSemaphore != NULL)
        return section->LockSemaphore;
    if (!NT_SUCCESS(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 1, FALSE)))
        ntdll_fail(STATUS_NO_MEMORY, "ringside: no event for a critical section\n");
    HANDLE other = InterlockedCompareExchangePointer(&section->LockSemaphore, event, NULL);

    if (other == NULL)
        return event;
    NtClose(event);
    return other;
}

static void take(PRTL_CRITICAL_SECTION section)
{
    section->OwningThread = user_thread_id();
    section->RecursionCount = 1;
}

/*
 * Enters a critical section, waiting until it is free; its owner may enter again.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS.
 */
NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION section)
{
    if (InterlockedIncrement(&section->LockCount) == 0) {
        take(section);
        return STATUS_SUCCESS;
    }
    if (section->OwningThread == user_thread_id()) {
        section->RecursionCount++;
        return STATUS_SUCCESS;
    }
    NtWaitForSingleObject(event_of(section), FALSE, NULL);
    take(section);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlEnterCriticalSection, 0, "p");

/*
 * Enters a critical section if that is possible at once.
 * IRQL: PASSIVE_LEVEL. Returns: whether it was entered.
 */
BOOLEAN NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION section)
{
    if (InterlockedCompareExchange(&section->LockCount, 0, -1) == -1) {
        take(section);
        return TRUE;
    }
    if (section->OwningThread != user_thread_id())
        return FALSE;
    InterlockedIncrement(&section->LockCount);
    section->RecursionCount++;
    return TRUE;
}
NT_EXPORT(RtlTryEnterCriticalSection, 0, "p");

/*
 * Leaves a critical section; the last leave lets one waiter in.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS.
 */
NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION section)
{
    if (--section->RecursionCount > 0) {
        InterlockedDecrement(&section->LockCount);
        return STATUS_SUCCESS;
    }
    section->OwningThread = NULL;
    if (InterlockedDecrement(&section->LockCount) >= 0)
        NtSetEvent(event_of(section), NULL);
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlLeaveCriticalSection, 0, "p");

/* Gives back what a critical section holds. IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS. */
NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION section)
{
    if (section->LockSemaphore != NULL)
        NtClose(section->LockSemaphore);
    memset(section, 0, sizeof(*section));
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlDeleteCriticalSection, 0, "p");

/* Sets the spin count. IRQL: PASSIVE_LEVEL. Returns: the previous one. */
ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION section, ULONG spin_count);
ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION section, ULONG spin_count)
{
    ULONG previous = (ULONG)section->SpinCount;

    section->SpinCount = spin_count & 0x00FFFFFF;
    return previous;
}
NT_EXPORT(RtlSetCriticalSectionSpinCount, 0, "pu");

/* Takes the lock that guards the PEB: environment, current directory, list of heaps. */
void NTAPI RtlAcquirePebLock(void)
{
    RtlEnterCriticalSection(&ntdll.peb_lock);
}
NT_EXPORT(RtlAcquirePebLock, 0, "");

/* Releases the PEB lock. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlReleasePebLock(void)
{
    RtlLeaveCriticalSection(&ntdll.peb_lock);
}
NT_EXPORT(RtlReleasePebLock, 0, "");
