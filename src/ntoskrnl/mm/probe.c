/*
 * Pointers from user mode: what every driver checks before it touches them.
 *
 * A probe looks at the address only; that the memory is there shows when it is touched, under the
 * caller's __try. All user addresses lie below MmUserProbeAddress, everything of the kernel above.
 */
#include "mm/mm_internal.h"

PVOID MmHighestUserAddress = (PVOID)(MM_USER_PROBE - 1);
NT_EXPORT_DATA(MmHighestUserAddress);
ULONG64 MmUserProbeAddress = MM_USER_PROBE;
NT_EXPORT_DATA(MmUserProbeAddress);
PVOID MmSystemRangeStart = (PVOID)MACHINE_IMAGE_START;
NT_EXPORT_DATA(MmSystemRangeStart);

static inline void check_range(ULONG64 address, SIZE_T length, ULONG alignment)
{
    if (address & (alignment - 1))
        ExRaiseDatatypeMisalignment();
    if (address + length < address || address + length > MM_USER_PROBE)
        ExRaiseAccessViolation();
}

/*
 * Check that a buffer lies in user space and is aligned; it is not touched.
 * @param length     bytes; 0 = nothing is checked
 * @param alignment  1, 2, 4, 8 or 16
 * Raises STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, ProbeForRead.
 */
VOID NTAPI ProbeForRead(const VOID *address, SIZE_T length, ULONG alignment)
{
    if (length)
        check_range((ULONG64)address, length, alignment);
}
NT_EXPORT(ProbeForRead, APC_LEVEL, "pqu");

/*
 * Check that a buffer lies in user space, is aligned and can be written: each page is.
 * @param length     bytes; 0 = nothing is checked
 * @param alignment  1, 2, 4, 8 or 16
 * Raises STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT, STATUS_GUARD_PAGE_VIOLATION.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, ProbeForWrite.
 */
VOID NTAPI ProbeForWrite(PVOID address, SIZE_T length, ULONG alignment)
{
    ULONG64 at = (ULONG64)address;
    ULONG64 last = at + length - 1;

    if (length == 0)
        return;
    check_range(at, length, alignment);
    for (;;) {
        *(volatile UCHAR *)at = *(volatile UCHAR *)at;
        if ((at ^ last) < PAGE_SIZE)
            break;
        at = (at & ~(PAGE_SIZE - 1ull)) + PAGE_SIZE;
    }
}
NT_EXPORT(ProbeForWrite, APC_LEVEL, "pqu");
