/*
 * Thread contexts: a kernel stack that looks as if ki_switch_stack had left it, and the first
 * and last steps of a thread.
 */
#include "ke/ke_internal.h"
#include "mm/mm.h"

#define SWITCH_FRAME_BYTES                                                                         \
    (0xA8 + 8 * 8) /* what ki_switch_stack saves, below the return address                         \
                    */
#define SWITCH_MXCSR 0xA0
#define SWITCH_FPU_CONTROL 0xA4
#define DEFAULT_MXCSR 0x1F80
/*
 * The x87 control word as fninit sets it, and as Linux starts the control thread's program. To load
 * one that differs from the last thread's costs a thread switch 50 ns. Drivers have no claim to a
 * certain one: those that use the x87 unit set it up. User mode starts with Windows' own
 * (ps/user.c).
 */
#define DEFAULT_FPU_CONTROL 0x37F
/* Room above the first frame: the Zw stub copies up to 14 argument slots from its caller's frame.
 */
#define STACK_HEADROOM 0x100

static void prepare_stack(PKTHREAD thread)
{
    ULONG64 top = (ULONG64)thread->StackBase - STACK_HEADROOM;
    UCHAR *frame;

    thread->InitialStack = (PVOID)top;
    /* Two empty slots end a stack walk and align the frame, then the address to return to. */
    frame = (UCHAR *)(top - 24 - SWITCH_FRAME_BYTES);
    RtlZeroMemory(frame, SWITCH_FRAME_BYTES);
    *(ULONG *)(frame + SWITCH_MXCSR) = DEFAULT_MXCSR;
    *(USHORT *)(frame + SWITCH_FPU_CONTROL) = DEFAULT_FPU_CONTROL;
    *(ULONG64 *)(frame + SWITCH_FRAME_BYTES) = (ULONG64)ki_thread_start;
    thread->KernelStack = frame;
}

void ke_thread_initialize(PKTHREAD thread, PKPROCESS process, PKSTART_ROUTINE start, PVOID context,
                          ULONG64 stack_allocation)
{
    thread->Header.Type = ThreadObject;
    thread->Header.Size = sizeof(struct _KTHREAD) / sizeof(LONG);
    InitializeListHead(&thread->Header.WaitListHead);
    InitializeListHead(&thread->MutantListHead);
    for (int mode = 0; mode < MaximumMode; mode++) {
        InitializeListHead(&thread->ApcState.ApcListHead[mode]);
        InitializeListHead(&thread->SavedApcState.ApcListHead[mode]);
    }
    KeInitializeTimer(&thread->Timer);
    thread->Timer.Dpc = KI_WAIT_TIMER;
    thread->ApcState.Process = process;
    thread->Process = process;
    thread->ApcQueueable = TRUE;
    thread->BasePriority = (CHAR)process->BasePriority;
    *ke_priority_of(thread) = (CHAR)process->BasePriority;
    thread->Quantum = thread->QuantumReset = KI_QUANTUM;
    thread->Affinity = ke_active_processors();
    thread->NextProcessor = (UCHAR)ke_prcb()->Number;
    thread->PreviousMode = KernelMode;
    thread->StartRoutine = (PVOID)start;
    thread->StartContext = context;
    thread->State = KE_THREAD_INITIALIZED;
    thread->KernelStackAllocation = stack_allocation;
    thread->StackLimit = (PVOID)(stack_allocation + PAGE_SIZE);
    thread->StackBase = (PVOID)(stack_allocation + PAGE_SIZE + KE_KERNEL_STACK_SIZE);
    prepare_stack(thread);
    InsertTailList(&process->ThreadListHead, &thread->ThreadListEntry);
}

/* First C code of a thread, at DISPATCH_LEVEL on its own stack. */
void ki_thread_startup(void)
{
    PKTHREAD thread = ke_current_thread();

    ki_finish_switch();
    ki_processor_resumed();
    ke_pcr()->Irql = PASSIVE_LEVEL;
    ki_deliver_pending(PASSIVE_LEVEL);
    ((PKSTART_ROUTINE)thread->StartRoutine)(thread->StartContext);
    ps_thread_routine_returned();
}

/* The last step: signal the thread object and never run again. The caller's reference passes to
 * the reaper, which frees the kernel stack. */
void ke_thread_terminate(void)
{
    PKTHREAD thread = ke_current_thread();

    ke_raise_irql(DISPATCH_LEVEL);
    while (!IsListEmpty(&thread->MutantListHead))
        ki_abandon_mutant(
            CONTAINING_RECORD(thread->MutantListHead.Flink, KMUTANT, MutantListEntry));
    thread->State = KE_THREAD_TERMINATED;
    RemoveEntryList(&thread->ThreadListEntry);
    thread->Header.SignalState = 1;
    ke_wait_test(&thread->Header, 0);
    InsertTailList(&ke.dead_threads, &thread->QueueListEntry);
    ki_swap_thread();
    kassert(!"a terminated thread runs");
    __builtin_unreachable();
}

/* The thread that runs now. IRQL: any. */
PKTHREAD NTAPI ke_export_current_thread(VOID);
PKTHREAD NTAPI ke_export_current_thread(VOID)
{
    return ke_current_thread();
}
NT_EXPORT_AS(KeGetCurrentThread, ke_export_current_thread, HIGH_LEVEL, "");
NT_EXPORT_AS(PsGetCurrentThread, ke_export_current_thread, HIGH_LEVEL, "");

KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID)
{
    return ke_previous_mode();
}
NT_EXPORT(ExGetPreviousMode, DISPATCH_LEVEL, "");
