/*
 * Traps: what the host's signals mean. A trap is emulated (privileged instructions, the shared
 * data page), becomes an exception in the code that caused it, or ends the machine.
 *
 *   host trap.c → ki_trap_entry → ki_trap ─┬─ ki_emulate → ki_resume   (often: hot_site.c)
 *                                          ├─ ke_raise_exception → a handler, or ki_resume
 *                                          └─ ke_bugcheck
 */
#include "ke/emulate.h"
#include "kd/trace.h"
#include "ke/hot_site.h"
#include "ke/ke_internal.h"
#include "machine/instruction.h"
#include "mm/mm.h"
#include "ps/ps.h"
#include "vf/access.h"
#include "vf/irp.h"
#include "vf/memory.h"
#include "vf/owned.h"
#include "vf/paged.h"
#include "vf/user.h"

#define INT_OPCODE 0xCD
#define INT_BREAKPOINT 0x03
#define INT_FAST_FAIL 0x29
#define INT_ASSERT 0x2C
#define INT_DEBUG_SERVICE 0x2D

static void raise_in_trap(struct machine_trap *trap, NTSTATUS code, ULONG count, ULONG64 first,
                          ULONG64 second)
{
    EXCEPTION_RECORD record = {.ExceptionCode = code,
                               .ExceptionAddress = (PVOID)trap->rip,
                               .NumberParameters = count,
                               .ExceptionInformation = {first, second}};

    ki_dispatch_exception(trap, &record, TRUE);
}

/* 0 = read, 1 = write, 8 = execute: the access type of EXCEPTION_ACCESS_VIOLATION. */
static ULONG64 access_type(const struct machine_trap *trap)
{
    if (trap->error & MACHINE_FAULT_EXECUTE)
        return 8;
    return trap->error & MACHINE_FAULT_WRITE ? 1 : 0;
}

/* Faults that no handler may see: on NT they are bug checks at once. */
static void check_fatal_fault(const struct machine_trap *trap)
{
    ULONG64 address = trap->address;
    KIRQL irql = ke_irql();
    ULONG code = vf_on ? vf_memory_fault(trap) : 0;

    VF(irp_fault(trap));
    if (code)
        ke_bugcheck_trap(trap, code, address, access_type(trap), trap->rip, 0);
    if (irql >= DISPATCH_LEVEL)
        ke_bugcheck_trap(trap,
                         mm_is_kernel_code(trap->rip) ? IRQL_NOT_LESS_OR_EQUAL
                                                      : DRIVER_IRQL_NOT_LESS_OR_EQUAL,
                         address, irql, access_type(trap), trap->rip);
    if (address < MACHINE_USER_END)
        return;
    if (access_type(trap) == 8 && mm_is_address_valid(address))
        ke_bugcheck_trap(trap, ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, address,
                         mm_page_entry(address), (ULONG_PTR)trap, 0);
    if (access_type(trap) == 1 && mm_is_address_valid(address))
        ke_bugcheck_trap(trap, ATTEMPTED_WRITE_TO_READONLY_MEMORY, address, mm_page_entry(address),
                         (ULONG_PTR)trap, 0);
    ke_bugcheck_trap(trap, PAGE_FAULT_IN_NONPAGED_AREA, address, access_type(trap), trap->rip, 0);
}

/* Under the verifier it is known which driver was there. */
static void check_unloaded(const struct machine_trap *trap)
{
    if (vf_on && vf_load_executed(trap))
        ke_bugcheck_trap(trap, DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS, trap->address,
                         access_type(trap), trap->rip, 0);
}

static void page_fault(struct machine_trap *trap)
{
    if (!trap->user && trap->rip >= (ULONG64)ki_copy_arguments_start &&
        trap->rip < (ULONG64)ki_copy_arguments_end) {
        trap->rip = (ULONG64)ki_system_call_fault;
        return;
    }
    if (ki_emulate_shared_data(trap))
        return;
    if (!trap->user && access_type(trap) == 8)
        check_unloaded(trap);
    if (!trap->user) {
        VF(access_fault(trap));
        check_fatal_fault(trap);
    }
    raise_in_trap(trap, mm_user_fault(trap->address), 2, access_type(trap), trap->address);
}

/* `int n`: n, or -1 when the code at rip is something else. */
static int software_interrupt(const struct machine_trap *trap)
{
    const UCHAR *code = (const UCHAR *)trap->rip;

    if (trap->vector != MACHINE_VECTOR_GENERAL_PROTECTION || !mm_is_address_valid(trap->rip) ||
        !mm_is_address_valid(trap->rip + 1))
        return -1;
    return code[0] == INT_OPCODE ? code[1] : -1;
}

static BOOLEAN handle_software_interrupt(struct machine_trap *trap)
{
    int number = software_interrupt(trap);

    switch (number) {
    case INT_BREAKPOINT:
        raise_in_trap(trap, STATUS_BREAKPOINT, 1, 0, 0);
        return TRUE;
    case INT_FAST_FAIL:
        if (!trap->user)
            ke_bugcheck_trap(trap, KERNEL_SECURITY_CHECK_FAILURE, trap->registers[MACHINE_RCX],
                             (ULONG_PTR)trap, 0, 0);
        ps_terminate_current_process(STATUS_STACK_BUFFER_OVERRUN);
    case INT_ASSERT:
        raise_in_trap(trap, STATUS_ASSERTION_FAILURE, 0, 0, 0);
        return TRUE;
    case INT_DEBUG_SERVICE:
        trap->rip += 3; /* the instruction is followed by an int3 that the handler skips */
        return TRUE;
    default:
        return FALSE;
    }
}

/* The processor says #GP without an address for non-canonical ones; NT reports address -1. */
static void general_protection(struct machine_trap *trap)
{
    if (handle_software_interrupt(trap) || ki_emulate(trap))
        return;
    if (trap->vector == MACHINE_VECTOR_PAGE_FAULT) { /* an operand of what was emulated */
        page_fault(trap);
        return;
    }
    if (trap->user && ki_is_privileged(trap)) {
        raise_in_trap(trap, STATUS_PRIVILEGED_INSTRUCTION, 0, 0, 0);
        return;
    }
    if (!trap->user)
        VF(access_general_fault(trap));
    if (!trap->user && ke_irql() >= DISPATCH_LEVEL)
        ke_bugcheck_trap(trap, DRIVER_IRQL_NOT_LESS_OR_EQUAL, ~0ull, ke_irql(), 0, trap->rip);
    raise_in_trap(trap, STATUS_ACCESS_VIOLATION, 2, 0, ~0ull);
}

static void invalid_opcode(struct machine_trap *trap)
{
    if (!ki_emulate(trap))
        raise_in_trap(trap, STATUS_ILLEGAL_INSTRUCTION, 0, 0, 0);
}

static void raw_system_call(struct machine_trap *trap)
{
    if (!trap->user) {
        raise_in_trap(trap, STATUS_ILLEGAL_INSTRUCTION, 0, 0, 0);
        return;
    }
    ki_raw_system_call(trap);
}

/*
 * A slice of processor time has passed. Kernel code that makes no progress for several slices
 * spins; user code is made to share the processor.
 */
static void watchdog(struct machine_trap *trap)
{
    if (!mm_is_kernel_code(trap->rip) && ki_is_serving() && ke_irql() <= DISPATCH_LEVEL &&
        ke_machine->attention())
        ki_attention();
    if (trap->user) {
        ke_prcb()->QuantumEnd = TRUE;
        ki_pending = 1;
        ke_advance_time(KI_TICK_100NS);
        ki_yield_processor();
        return;
    }
    if (!mm_is_kernel_code(trap->rip))
        ki_yield_processor(); /* it may spin until another one does something */
    if (ke.progress + ki_clock_now != ke.watchdog_progress) {
        ke.watchdog_progress = ke.progress + ki_clock_now;
        ke.watchdog_slices = 0;
        return;
    }
    if (++ke.watchdog_slices < ke_parameters.watchdog_ticks)
        return;
    if (ke_irql() >= DISPATCH_LEVEL)
        ke_bugcheck_trap(trap, DPC_WATCHDOG_VIOLATION, 1, ke_parameters.watchdog_ticks, 0, 0);
    ke_bugcheck_trap(trap, THREAD_STUCK_IN_DEVICE_DRIVER, (ULONG_PTR)ke_current_thread(), 0, 0, 0);
}

static void deliver(struct machine_trap *trap)
{
    switch (trap->vector) {
    case MACHINE_VECTOR_PAGE_FAULT:
        page_fault(trap);
        break;
    case MACHINE_VECTOR_GENERAL_PROTECTION:
    case MACHINE_VECTOR_STACK_FAULT:
        general_protection(trap);
        break;
    case MACHINE_VECTOR_INVALID_OPCODE:
        invalid_opcode(trap);
        break;
    case MACHINE_VECTOR_DIVIDE:
        raise_in_trap(trap, STATUS_INTEGER_DIVIDE_BY_ZERO, 0, 0, 0);
        break;
    case MACHINE_VECTOR_DEBUG:
        raise_in_trap(trap, STATUS_SINGLE_STEP, 0, 0, 0);
        break;
    case MACHINE_VECTOR_BREAKPOINT:
        trap->rip--; /* NT's CONTEXT points at the int3 itself */
        if (!trap->user && ki_interleave_breakpoint(trap))
            break;
        raise_in_trap(trap, STATUS_BREAKPOINT, 1, 0, 0);
        break;
    case MACHINE_VECTOR_OVERFLOW:
        raise_in_trap(trap, STATUS_INTEGER_OVERFLOW, 0, 0, 0);
        break;
    case MACHINE_VECTOR_ALIGNMENT:
        raise_in_trap(trap, STATUS_DATATYPE_MISALIGNMENT, 0, 0, 0);
        break;
    case MACHINE_VECTOR_X87:
    case MACHINE_VECTOR_SIMD:
        raise_in_trap(trap, STATUS_FLOAT_MULTIPLE_TRAPS, 0, 0, 0);
        break;
    case MACHINE_VECTOR_SYSTEM_CALL:
        raw_system_call(trap);
        break;
    case MACHINE_VECTOR_WATCHDOG:
        watchdog(trap);
        break;
    default:
        ke_bugcheck_trap(trap, TRAP_CAUSE_UNKNOWN, trap->vector, 0, 0, 0);
    }
}

/* `interrupted` is the rip at which a walk of this trap's stack goes on. */
void ki_trap(struct machine_trap *trap, ULONG64 *interrupted)
{
    struct ki_hot_interruption interruption;

    if (ki_hot_site_trap(trap, &interruption))
        return;
    *interrupted = trap->rip;
    if (trap->stack_overflow)
        ke_bugcheck_trap(trap, UNEXPECTED_KERNEL_MODE_TRAP, 8, trap->registers[MACHINE_RSP], 0,
                         trap->rip);
    if (vf_paged_any && vf_paged_trap(trap)) /* first: also in an instruction that vf/user steps */
        return;
    if (vf_on && vf_user_trap(trap))
        return;
    deliver(trap);
    ki_hot_site_resume(trap, &interruption);
    if (trap->user)
        ki_return_to_user(trap);
}

/* System threads fail with 0x7E, other threads, in a system service, with 0x3B, DPCs with 0x1E. */
void rtl_unhandled_exception(EXCEPTION_RECORD *record, CONTEXT *context)
{
    ULONG code = (ULONG)record->ExceptionCode;

    if (ke_prcb()->DpcRoutineActive)
        ke_bugcheck_context(context, KMODE_EXCEPTION_NOT_HANDLED, code,
                            (ULONG_PTR)record->ExceptionAddress, record->ExceptionInformation[0],
                            record->ExceptionInformation[1]);
    if (ps_current_thread()->SystemThread)
        ke_bugcheck_context(context, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, code,
                            (ULONG_PTR)record->ExceptionAddress, (ULONG_PTR)record,
                            (ULONG_PTR)context);
    ke_bugcheck_context(context, SYSTEM_SERVICE_EXCEPTION, code,
                        (ULONG_PTR)record->ExceptionAddress, (ULONG_PTR)context, 0);
}

static void dispatch_kernel(struct machine_trap *trap, EXCEPTION_RECORD *record)
{
    CONTEXT context;

    ki_trap_to_context(trap, &context);
    ke.progress++;
    if (!rtl_dispatch_exception(record, &context))
        rtl_unhandled_exception(record, &context);
    ki_context_to_trap(&context, trap);
}

void ki_dispatch_exception(struct machine_trap *trap, EXCEPTION_RECORD *record,
                           BOOLEAN first_chance)
{
    if (!trap->user) {
        dispatch_kernel(trap, record);
        return;
    }
    KD_TRACE(exception(record, TRUE));
    ps_dispatch_user_exception(trap, record, first_chance);
}

void rtl_stack_limits(ULONG64 *low, ULONG64 *high)
{
    *low = ki_processor.stack_low;
    *high = ki_processor.stack_high;
}
