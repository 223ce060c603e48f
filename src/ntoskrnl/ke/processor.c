/*
 * The simulated processor: its control region, the control registers that drivers may read, and
 * the block that tells the host where the kernel stack lies.
 */
#include "ke/ke_internal.h"

static struct ke_pcr boot_processor __attribute__((aligned(64)));
static UCHAR fault_stack[0x4000] __attribute__((aligned(64)));

struct ke_state ke;
struct ke_pcr *ki_boot_pcr = &boot_processor;
ULONG64 ki_control_stack;
ULONG64 ki_host_stack;
volatile UCHAR ki_pending;
volatile UCHAR ki_exit_work;
struct machine_processor ki_processor;
ULONG64 ki_system_calls;

#define CR0_PROTECTED_MODE_PAGING 0x80050033ull /* PE MP ET NE WP AM PG */
#define CR4_WINDOWS 0x001506F8ull               /* as a Windows 10 x64 guest has it */

static void write_gs_base(PVOID base)
{
    __asm__ volatile("wrgsbase %0" : : "r"(base) : "memory");
}

/* First step of the boot: after it gs-relative accesses work and IRQL is HIGH_LEVEL. */
void ke_processor_initialize(void);
void ke_processor_initialize(void)
{
    struct ke_pcr *pcr = &boot_processor;
    struct ke_prcb *prcb = &pcr->Prcb;

    pcr->Self = pcr;
    pcr->CurrentPrcb = prcb;
    pcr->Used_Self = pcr;
    pcr->Irql = HIGH_LEVEL;
    pcr->MajorVersion = 1;
    pcr->MinorVersion = 1;
    pcr->StallScaleFactor = 2600;
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
    InitializeListHead(&ke.timer_list);
    InitializeListHead(&ke.dead_threads);
    write_gs_base(pcr);

    ki_processor.kernel_gs = (ULONG64)pcr;
    ki_processor.fault_stack = (ULONG64)(fault_stack + sizeof(fault_stack));
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
}

ULONG NTAPI KeQueryActiveProcessorCount(PKAFFINITY active)
{
    if (active)
        *active = 1;
    return 1;
}
NT_EXPORT(KeQueryActiveProcessorCount, DISPATCH_LEVEL, "p");

KAFFINITY NTAPI KeQueryActiveProcessors(VOID)
{
    return 1;
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
    return group == 0 || group == ALL_PROCESSOR_GROUPS ? 1 : 0;
}
NT_EXPORT(KeQueryActiveProcessorCountEx, DISPATCH_LEVEL, "u");

ULONG NTAPI KeQueryMaximumProcessorCount(VOID)
{
    return 1;
}
NT_EXPORT(KeQueryMaximumProcessorCount, DISPATCH_LEVEL, "");

ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT group)
{
    return KeQueryActiveProcessorCountEx(group);
}
NT_EXPORT(KeQueryMaximumProcessorCountEx, DISPATCH_LEVEL, "u");

volatile CCHAR KeNumberProcessors = 1;
NT_EXPORT_DATA(KeNumberProcessors);
