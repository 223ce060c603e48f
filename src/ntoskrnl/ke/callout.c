/*
 * Calls under special conditions: with more stack; and what surrounds the use of
 * floating-point registers and caches.
 */
#include "ke/ke_internal.h"
#include "mm/mm.h"

NTSTATUS NTAPI KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT routine, PVOID parameter,
                                               SIZE_T size, BOOLEAN wait, PVOID context);
BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE mode);

#define STACK_RESERVE 0x400       /* of the new stack, for the switch itself */
#define MAXIMUM_EXPANSION 0x11800 /* MAXIMUM_EXPANSION_SIZE: 64 KiB + 6 KiB */

struct callout {
    PEXPAND_STACK_CALLOUT routine;
    PVOID parameter;
};

static void run_callout(void *argument)
{
    const struct callout *callout = argument;

    callout->routine(callout->parameter);
}

static SIZE_T remaining_stack(void)
{
    return (SIZE_T)((UCHAR *)_AddressOfReturnAddress() - (UCHAR *)ke_current_thread()->StackLimit);
}

/* Run on a stack of its own; the thread's stack limits follow. */
static NTSTATUS run_on_new_stack(struct callout *callout)
{
    PKTHREAD thread = ke_current_thread();
    PVOID base = thread->StackBase, limit = (PVOID)thread->StackLimit;
    PVOID initial = thread->InitialStack;
    ULONG64 allocation = mm_allocate_kernel_stack();

    if (!allocation)
        return STATUS_NO_MEMORY;
    thread->StackLimit = (PVOID)(allocation + PAGE_SIZE);
    thread->StackBase = (PVOID)(allocation + PAGE_SIZE + KE_KERNEL_STACK_SIZE);
    thread->InitialStack = (UCHAR *)thread->StackBase - STACK_RESERVE;
    ki_publish_thread(thread);
    ki_run_on_stack(thread->InitialStack, run_callout, callout);
    thread->StackLimit = limit;
    thread->StackBase = base;
    thread->InitialStack = initial;
    ki_publish_thread(thread);
    mm_free_kernel_stack(allocation);
    return STATUS_SUCCESS;
}

/*
 * Call a routine with at least `size` bytes of stack.
 * @param wait     TRUE = memory for a new stack may be waited for
 * @param context  reserved, NULL
 * IRQL: <= DISPATCH_LEVEL (APC_LEVEL with `wait`).
 * Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER_3 above MAXIMUM_EXPANSION_SIZE;
 * STATUS_NO_MEMORY. Differs from NT: a new stack has 24 KiB, so more is STATUS_NO_MEMORY.
 * Source: Windows driver documentation, KeExpandKernelStackAndCalloutEx.
 */
NTSTATUS NTAPI KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT routine, PVOID parameter,
                                               SIZE_T size, BOOLEAN wait, PVOID context)
{
    struct callout callout = {routine, parameter};

    (void)wait, (void)context;
    if (size > MAXIMUM_EXPANSION)
        return STATUS_INVALID_PARAMETER_3;
    if (remaining_stack() >= size + STACK_RESERVE) {
        run_callout(&callout);
        return STATUS_SUCCESS;
    }
    if (size > KE_KERNEL_STACK_SIZE - STACK_RESERVE)
        return STATUS_NO_MEMORY;
    return run_on_new_stack(&callout);
}
NT_EXPORT(KeExpandKernelStackAndCalloutEx, DISPATCH_LEVEL, "ppqbp");

/* KeExpandKernelStackAndCalloutEx, waiting for memory. IRQL: <= APC_LEVEL. */
NTSTATUS NTAPI KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT routine, PVOID parameter,
                                             SIZE_T size)
{
    return KeExpandKernelStackAndCalloutEx(routine, parameter, size, TRUE, NULL);
}
NT_EXPORT(KeExpandKernelStackAndCallout, APC_LEVEL, "ppq");

/*
 * Save floating-point state. On x64 a thread switch keeps it and nothing interrupts kernel code
 * with other floating-point code, so there is nothing to do.
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_SUCCESS.
 * Source: Windows driver documentation, KeSaveFloatingPointState.
 */
static NTSTATUS save_floating_point(PVOID save)
{
    (void)save;
    return STATUS_SUCCESS;
}
NT_EXPORT_AS(KeSaveFloatingPointState, save_floating_point, DISPATCH_LEVEL, "p");
NT_EXPORT_AS(KeRestoreFloatingPointState, save_floating_point, DISPATCH_LEVEL, "p");

/* The same for the extended registers. @param mask  XSTATE_MASK_… IRQL: <= DISPATCH_LEVEL. */
NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64 mask, PXSTATE_SAVE save)
{
    (void)mask, (void)save;
    return STATUS_SUCCESS;
}
NT_EXPORT(KeSaveExtendedProcessorState, DISPATCH_LEVEL, "qp");

VOID NTAPI KeRestoreExtendedProcessorState(PXSTATE_SAVE save)
{
    (void)save;
}
NT_EXPORT(KeRestoreExtendedProcessorState, DISPATCH_LEVEL, "p");

/* Write back and drop all caches: memory is coherent. Returns TRUE. IRQL: any. */
BOOLEAN NTAPI KeInvalidateAllCaches(VOID)
{
    return TRUE;
}
NT_EXPORT(KeInvalidateAllCaches, HIGH_LEVEL, "");

/* Make memory and caches agree for a DMA transfer: on x64 they do. IRQL: <= DISPATCH_LEVEL. */
static void flush_io_buffers(PMDL mdl, BOOLEAN read, BOOLEAN dma)
{
    (void)mdl, (void)read, (void)dma;
}
NT_EXPORT_AS(KeFlushIoBuffers, flush_io_buffers, DISPATCH_LEVEL, "pbb");

/* Bytes between data that different processors write. IRQL: any. */
ULONG NTAPI KeGetRecommendedSharedDataAlignment(VOID)
{
    return 64;
}
NT_EXPORT(KeGetRecommendedSharedDataAlignment, HIGH_LEVEL, "");

/*
 * Was the current thread alerted? The alert is consumed; a pending user APC is delivered on the
 * return to user mode.
 * IRQL: <= DISPATCH_LEVEL.
 */
BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE mode)
{
    PKTHREAD thread = ke_current_thread();
    BOOLEAN alerted = thread->Alerted[(int)mode];

    thread->Alerted[(int)mode] = FALSE;
    if (!alerted && mode == UserMode && !IsListEmpty(&thread->ApcState.ApcListHead[UserMode])) {
        thread->ApcState.UserApcPending = TRUE;
        ki_exit_work = 1;
    }
    return alerted;
}
NT_EXPORT(KeTestAlertThread, DISPATCH_LEVEL, "b");
