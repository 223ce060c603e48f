/*
 * The simulated processors: their control regions, the control registers that drivers may read,
 * and whose turn it is.
 *
 * One processor runs at a time. The others are frozen, each with its registers on the stack of its
 * current thread, at a point where it gave way: idle, spinning on a lock, or at a point that
 * interleave.c chose. All of these are calls into the kernel or interrupts of driver code, so the
 * kernel's own code never finds its data half changed.
 */
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "ps/ps.h"
#include "vf/user.h"

#define PROCESSOR_TAG MM_POOL_TAG('K', 'e', 'P', 'r')

static struct ke_pcr boot_processor __attribute__((aligned(64)));
static UCHAR fault_stack[0x4000] __attribute__((aligned(64)));

struct ke_state ke;
struct ke_pcr *ki_current_pcr = &boot_processor;
ULONG64 ki_control_stack;
ULONG64 ki_host_stack;
volatile UCHAR ki_pending;
volatile UCHAR ki_exit_work;
struct machine_processor ki_processor;
ULONG64 ki_system_calls;

#define CR0_PROTECTED_MODE_PAGING 0x80050033ull /* PE MP ET NE WP AM PG */
#define CR4_WINDOWS 0x001506F8ull               /* as a Windows 10 x64 guest has it */

#define SERVE_NAP (60ull * 10000000) /* 100 ns */

static void write_gs_base(PVOID base)
{
    __asm__ volatile("wrgsbase %0" : : "r"(base) : "memory");
}

static void initialize(struct ke_pcr *pcr, ULONG number)
{
    struct ke_prcb *prcb = &pcr->Prcb;

    pcr->Self = pcr;
    pcr->CurrentPrcb = prcb;
    pcr->Used_Self = pcr;
    pcr->Irql = HIGH_LEVEL;
    pcr->MajorVersion = 1;
    pcr->MinorVersion = 1;
    pcr->StallScaleFactor = 2600;
    prcb->LegacyNumber = (UCHAR)number;
    prcb->Number = number;
    prcb->MxCsr = 0x1F80;
    prcb->InterruptsEnabled = TRUE;
    prcb->ControlRegisters[0] = CR0_PROTECTED_MODE_PAGING;
    prcb->ControlRegisters[3] = 0x1AB000;
    prcb->ControlRegisters[4] = CR4_WINDOWS;
    prcb->DebugRegisters[6] = 0xFFFF0FF0;
    prcb->DebugRegisters[7] = 0x400;
    InitializeListHead(&prcb->DpcListHead);
    for (ULONG i = 0; i < KE_PRIORITIES; i++)
        InitializeListHead(&prcb->ReadyListHead[i]);
    ke.processors[number] = prcb;
}

/* First step of the boot: after it gs-relative accesses work and IRQL is HIGH_LEVEL. */
void ke_processor_initialize(void);
void ke_processor_initialize(void)
{
    initialize(&boot_processor, 0);
    ke.processor_count = 1;
    InitializeListHead(&ke.timer_list);
    InitializeListHead(&ke.dead_threads);
    write_gs_base(&boot_processor);
    ki_processor.kernel_gs = (ULONG64)&boot_processor;
    ki_processor.fault_stack = (ULONG64)(fault_stack + sizeof(fault_stack));
}

/* Nothing can run: let time pass until a timer changes that. */
static void pass_time(void)
{
    ULONG64 next = ki_next_timer();

    if (next == KI_NEVER && !ki_is_serving())
        ke_report_deadlock();
    if (next == KI_NEVER)
        next = ki_clock_now + SERVE_NAP; /* the host ends it when somebody comes */
    ki_clock_jump(next);
    ki_expire_timers();
}

/* The idle thread of a processor. */
static VOID NTAPI idle(PVOID context)
{
    struct ke_prcb *prcb = context;

    ke_raise_irql(DISPATCH_LEVEL);
    for (;;) {
        if (prcb->DpcInterruptRequested)
            ki_drain_dpcs();
        ki_swap_thread(); /* comes back when there is nothing to run */
        if (!prcb->DpcInterruptRequested && !ki_yield_processor())
            pass_time();
    }
}

static void create_idle_thread(struct ke_prcb *prcb)
{
    PKTHREAD thread = ps_create_idle_thread(idle, prcb);

    thread->NextProcessor = (UCHAR)prcb->Number;
    thread->Affinity = 1ull << prcb->Number;
    *ke_priority_of(thread) = 0;
    thread->State = KE_THREAD_RUNNING;
    prcb->IdleThread = thread;
}

/* Start the other processors, each in its idle thread. */
void ki_processors_start(void)
{
    create_idle_thread(ke.processors[0]);
    for (ULONG number = 1; number < ke_parameters.processors; number++) {
        struct ke_pcr *pcr = ExAllocatePoolWithTag(NonPagedPool, sizeof(*pcr), PROCESSOR_TAG);

        if (!pcr)
            kassert(!"memory for a processor");
        RtlZeroMemory(pcr, sizeof(*pcr));
        initialize(pcr, number);
        create_idle_thread(&pcr->Prcb);
        pcr->Prcb.CurrentThread = pcr->Prcb.IdleThread;
        pcr->Prcb.SwitchFrame = pcr->Prcb.IdleThread->KernelStack;
    }
    ke.processor_count = ke_parameters.processors;
    KeNumberProcessors = (CCHAR)ke.processor_count;
}

/* Tell the host and the system-call gate which kernel stack is in use now. */
void ki_publish_thread(PKTHREAD thread)
{
    struct ke_prcb *prcb = ke_prcb();

    prcb->CurrentThread = thread;
    prcb->RspBase = (ULONG64)thread->InitialStack;
    ki_processor.stack_low = (ULONG64)thread->StackLimit;
    ki_processor.stack_high = (ULONG64)thread->StackBase;
    ki_processor.trap_stack = (ULONG64)thread->InitialStack;
    VF(user_thread_runs(thread));
}

void ki_processor_resumed(void)
{
    struct ke_prcb *prcb = ke_prcb();
    PKIPI_BROADCAST_WORKER routine = prcb->IpiRoutine;
    KIRQL irql = ke_irql();

    ki_pending = 1;
    ki_exit_work = 1;
    if (!routine || prcb->IpiActive)
        return;
    prcb->IpiActive = TRUE;
    ke_raise_irql(IPI_LEVEL);
    routine(prcb->IpiContext);
    prcb->IpiActive = FALSE;
    prcb->IpiRoutine = NULL;
    ke_pcr()->Irql = irql;
}

/* Freeze this processor and continue another where it gave way. */
static void switch_processor(struct ke_prcb *to)
{
    struct ke_prcb *from = ke_prcb();
    struct ke_pcr *pcr = CONTAINING_RECORD(to, struct ke_pcr, Prcb);

    ki_processor.switching = 1;
    ki_current_pcr = pcr;
    ki_processor.kernel_gs = (ULONG64)pcr;
    write_gs_base(pcr);
    ki_publish_thread(to->CurrentThread);
    ki_processor.switching = 0; /* the stack pointer is not yet between the published limits */
    ki_switch_stack(&from->SwitchFrame, to->SwitchFrame);
    ki_processor_resumed();
}

static BOOLEAN has_work(const struct ke_prcb *prcb)
{
    return prcb->CurrentThread != prcb->IdleThread || prcb->ReadySummary != 0 ||
           prcb->DpcInterruptRequested || prcb->IpiRoutine;
}

BOOLEAN ki_yield_to(ULONG first)
{
    for (ULONG i = 0; i < ke.processor_count; i++) {
        struct ke_prcb *prcb = ke.processors[(first + i) % ke.processor_count];

        if (prcb != ke_prcb() && has_work(prcb)) {
            switch_processor(prcb);
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN ki_yield_processor(void)
{
    return ki_yield_to(ke_prcb()->Number + 1);
}

/*
 * Call a routine on all processors at once, at IPI_LEVEL.
 * IRQL: < IPI_LEVEL. Returns what the routine returned on this processor.
 * Differs from NT: a routine that waits for the other processors inside is interrupted for them
 * only after a slice of processor time.
 * Source: Windows driver documentation, KeIpiGenericCall.
 */
ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER routine, ULONG_PTR context)
{
    KIRQL old = ke_raise_irql(IPI_LEVEL);
    ULONG_PTR result;

    for (ULONG i = 0; i < ke.processor_count; i++) {
        if (ke.processors[i] == ke_prcb())
            continue;
        ke.processors[i]->IpiContext = context;
        ke.processors[i]->IpiRoutine = routine;
    }
    result = routine(context);
    for (ULONG i = 0; i < ke.processor_count; i++)
        while (ke.processors[i]->IpiRoutine)
            ki_yield_to(i);
    ke_lower_irql(old);
    return result;
}
NT_EXPORT(KeIpiGenericCall, HIGH_LEVEL, "pq");

void ke_spin(void)
{
    if (!ki_yield_processor())
        _mm_pause();
}

KAFFINITY ke_active_processors(void)
{
    return ke_parameters.processors == 64 ? ~0ull : (1ull << ke_parameters.processors) - 1;
}

/* How many processors there are. @param active  NULL or receives their mask. IRQL: any. */
ULONG NTAPI KeQueryActiveProcessorCount(PKAFFINITY active)
{
    if (active)
        *active = ke_active_processors();
    return ke.processor_count;
}
NT_EXPORT(KeQueryActiveProcessorCount, DISPATCH_LEVEL, "p");

KAFFINITY NTAPI KeQueryActiveProcessors(VOID)
{
    return ke_active_processors();
}
NT_EXPORT(KeQueryActiveProcessors, DISPATCH_LEVEL, "");

static ULONG query_processor_number(void)
{
    return ke_prcb()->Number;
}
NT_EXPORT_AS(KeGetCurrentProcessorNumber, query_processor_number, HIGH_LEVEL, "");

ULONG NTAPI KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER number)
{
    if (number) {
        number->Group = 0;
        number->Number = (UCHAR)ke_prcb()->Number;
        number->Reserved = 0;
    }
    return ke_prcb()->Number;
}
NT_EXPORT(KeGetCurrentProcessorNumberEx, HIGH_LEVEL, "p");

ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT group)
{
    return group == 0 || group == ALL_PROCESSOR_GROUPS ? ke.processor_count : 0;
}
NT_EXPORT(KeQueryActiveProcessorCountEx, DISPATCH_LEVEL, "u");
NT_EXPORT_AS(KeQueryMaximumProcessorCountEx, KeQueryActiveProcessorCountEx, HIGH_LEVEL, "u");

ULONG NTAPI KeQueryMaximumProcessorCount(VOID)
{
    return ke.processor_count;
}
NT_EXPORT(KeQueryMaximumProcessorCount, HIGH_LEVEL, "");

volatile CCHAR KeNumberProcessors = 1;
NT_EXPORT_DATA(KeNumberProcessors);
