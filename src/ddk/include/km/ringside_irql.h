/*
 * The IRQL routines as imports, and fail-fast. Included by wdm.h.
 *
 * Source: Windows driver documentation, KeGetCurrentIrql, KeRaiseIrql, KeLowerIrql,
 * KeRaiseIrqlToDpcLevel, RtlFailFast.
 */
#ifndef RINGSIDE_DDK_IRQL_H
#define RINGSIDE_DDK_IRQL_H

#ifdef __cplusplus
extern "C" {
#endif

NTKERNELAPI KIRQL NTAPI KeGetCurrentIrql(VOID);
NTKERNELAPI VOID NTAPI KeLowerIrql(KIRQL NewIrql);
NTKERNELAPI KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql);
NTKERNELAPI KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID);

#ifndef KeRaiseIrql
#define KeRaiseIrql(NewIrql, OldIrql) (*(OldIrql) = KfRaiseIrql(NewIrql))
#endif

/* Not an export of x64 kernels. */
FORCEINLINE KIRQL KeRaiseIrqlToSynchLevel(VOID)
{
    return KfRaiseIrql(12); /* SYNCH_LEVEL */
}

#ifndef FAST_FAIL_INVALID_ARG
#define FAST_FAIL_LEGACY_GS_VIOLATION 0
#define FAST_FAIL_STACK_COOKIE_CHECK_FAILURE 2
#define FAST_FAIL_CORRUPT_LIST_ENTRY 3
#define FAST_FAIL_INCORRECT_STACK 4
#define FAST_FAIL_INVALID_ARG 5
#define FAST_FAIL_GS_COOKIE_INIT 6
#define FAST_FAIL_FATAL_APP_EXIT 7
#define FAST_FAIL_INVALID_REFERENCE_COUNT 14
#endif

DECLSPEC_NORETURN FORCEINLINE VOID RtlFailFast(ULONG Code)
{
    __fastfail(Code);
}

#ifdef __cplusplus
}
#endif

#endif
