/*
 * The driver kit's wdm.h: the mingw-w64 header behind this one in the search order, with its gaps
 * closed so that source written for the Windows Driver Kit compiles unchanged.
 *
 * Two things have to be hidden while that header is read:
 * - it defines the IRQL routines inline as CR8 accesses, which are privileged. Its versions get
 *   other names, and drivers import the routines from ntoskrnl.exe;
 * - it defines InterlockedBitTestAndSet/Reset a second time, after intrin.h, which C++ refuses.
 *
 * Declarations that are missing altogether are in the ringside_*.h headers, by subject.
 */
#ifndef RINGSIDE_DDK_WDM_H
#define RINGSIDE_DDK_WDM_H

#include <intrin.h>
#include <driverspecs.h>

#define InterlockedBitTestAndSet ringside_unused_bit_test_and_set
#define InterlockedBitTestAndReset ringside_unused_bit_test_and_reset
#define KeGetCurrentIrql ringside_unused_get_current_irql
#define KeLowerIrql ringside_unused_lower_irql
#define KfRaiseIrql ringside_unused_raise_irql
#define KeRaiseIrqlToDpcLevel ringside_unused_raise_irql_to_dpc_level
#define KeRaiseIrqlToSynchLevel ringside_unused_raise_irql_to_synch_level

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wmacro-redefined"
#include_next <wdm.h>
#pragma clang diagnostic pop

#undef InterlockedBitTestAndSet
#undef InterlockedBitTestAndReset
#undef KeGetCurrentIrql
#undef KeLowerIrql
#undef KfRaiseIrql
#undef KeRaiseIrqlToDpcLevel
#undef KeRaiseIrqlToSynchLevel

#include <ringside_irql.h>
#include <ringside_pool.h>
#include <ringside_locks.h>
#include <ringside_time.h>
#include <ringside_io.h>
#include <ringside_interrupt.h>
#include <ringside_memory.h>

#endif
