/*
 * Sets of processors across processor groups: KAFFINITY_EX, an array of masks. Undocumented; some
 * drivers make one to call other undocumented routines.
 */
#include "ke/ke.h"

#define GROUPS 20 /* as Windows 10 19041 lays it out */
#define GROUP_BITS 64

typedef struct _KAFFINITY_EX {
    USHORT Count; /* masks in use */
    USHORT Size;  /* masks that there is room for */
    ULONG Reserved;
    ULONG64 Bitmap[GROUPS];
} KAFFINITY_EX, *PKAFFINITY_EX;

VOID NTAPI KeInitializeAffinityEx(PKAFFINITY_EX affinity);
VOID NTAPI KeAddProcessorAffinityEx(PKAFFINITY_EX affinity, ULONG index);
VOID NTAPI KeRemoveProcessorAffinityEx(PKAFFINITY_EX affinity, ULONG index);
BOOLEAN NTAPI KeCheckProcessorAffinityEx(PKAFFINITY_EX affinity, ULONG index);
BOOLEAN NTAPI KeIsEmptyAffinityEx(PKAFFINITY_EX affinity);
ULONG NTAPI KeCountSetBitsAffinityEx(PKAFFINITY_EX affinity);

/* The empty set. IRQL: any. */
VOID NTAPI KeInitializeAffinityEx(PKAFFINITY_EX affinity)
{
    RtlZeroMemory(affinity, sizeof(*affinity));
    affinity->Count = 1;
    affinity->Size = GROUPS;
}
NT_EXPORT(KeInitializeAffinityEx, HIGH_LEVEL, "p");

/* Add a processor. @param index  as KeGetProcessorIndexFromNumber gives it. IRQL: any. */
VOID NTAPI KeAddProcessorAffinityEx(PKAFFINITY_EX affinity, ULONG index)
{
    ULONG group = index / GROUP_BITS;

    if (group >= affinity->Size || group >= GROUPS)
        return;
    if (affinity->Count <= group)
        affinity->Count = (USHORT)(group + 1);
    affinity->Bitmap[group] |= 1ull << index % GROUP_BITS;
}
NT_EXPORT(KeAddProcessorAffinityEx, HIGH_LEVEL, "pu");

/* Take a processor out. IRQL: any. */
VOID NTAPI KeRemoveProcessorAffinityEx(PKAFFINITY_EX affinity, ULONG index)
{
    if (index / GROUP_BITS < affinity->Count)
        affinity->Bitmap[index / GROUP_BITS] &= ~(1ull << index % GROUP_BITS);
}
NT_EXPORT(KeRemoveProcessorAffinityEx, HIGH_LEVEL, "pu");

/* Is a processor in the set? IRQL: any. */
BOOLEAN NTAPI KeCheckProcessorAffinityEx(PKAFFINITY_EX affinity, ULONG index)
{
    return index / GROUP_BITS < affinity->Count &&
           affinity->Bitmap[index / GROUP_BITS] >> index % GROUP_BITS & 1;
}
NT_EXPORT(KeCheckProcessorAffinityEx, HIGH_LEVEL, "pu");

/* How many processors are in the set? IRQL: any. */
ULONG NTAPI KeCountSetBitsAffinityEx(PKAFFINITY_EX affinity)
{
    ULONG count = 0;

    for (ULONG group = 0; group < affinity->Count; group++)
        count += (ULONG)__builtin_popcountll(affinity->Bitmap[group]);
    return count;
}
NT_EXPORT(KeCountSetBitsAffinityEx, HIGH_LEVEL, "p");

/* IRQL: any. */
BOOLEAN NTAPI KeIsEmptyAffinityEx(PKAFFINITY_EX affinity)
{
    return KeCountSetBitsAffinityEx(affinity) == 0;
}
NT_EXPORT(KeIsEmptyAffinityEx, HIGH_LEVEL, "p");
