/*
 * Interleaving: threads and processors change places at points that the seed chooses, so that a run
 * shows one of the many orders in which the code could run on real hardware, and the same seed
 * shows the same one again.
 *
 * Points are the calls that drivers make into the kernel (their imports lead through a stub, see
 * mm/trace_stub.c), returns from system calls, and single instructions of driver code. For these a
 * breakpoint is written over an instruction that touches memory, a little further on than the call
 * that a driver returns from or the routine that is about to be called. Each processor has at most
 * one; it is taken out when it is hit. Nothing happens inside the kernel's own code.
 *
 * How often is chosen by the seed too: some orders need many changes, others need few.
 *
 * The same points serve to end a program in the middle of what it does (kill_at).
 */
#include "ke/hot_site.h"
#include "ke/ke_internal.h"
#include "machine/instruction.h"
#include "mm/mm.h"
#include "ps/ps.h"

#define BREAKPOINT 0xCC
#define LOOK_AHEAD 32       /* instructions */
#define PLANT_ONE_IN 4      /* points that also plant a breakpoint */
#define DELAY_LIMIT 64      /* 100 ns that may pass at a point */
#define LONG_DELAY_ONE_IN 8 /* changes at which more time passes: */
#define LONG_DELAY_LIMIT 2000

struct breakpoint {
    UCHAR *code; /* writable alias of the byte; NULL = none planted */
    ULONG64 address;
    UCHAR byte; /* what the breakpoint replaced */
};

static struct {
    ULONG64 random;
    ULONG change_one_in; /* points at which something changes */
    ULONG64 points;      /* passed while a program ran */
    struct breakpoint breakpoints[KE_MAXIMUM_PROCESSORS];
} interleave;

UCHAR ke_interleaving;

/* xorshift64*: a stream of its own, so that a driver's random numbers are not disturbed. */
static ULONG64 next_random(ULONG64 limit)
{
    interleave.random ^= interleave.random >> 12;
    interleave.random ^= interleave.random << 25;
    interleave.random ^= interleave.random >> 27;
    return (interleave.random * 0x2545F4914F6CDD1Dull >> 32) % limit;
}

void ki_interleave_initialize(void)
{
    ke_interleaving = ke_parameters.interleave || ke_parameters.kill_at;
    if (!ke_parameters.interleave)
        return;
    interleave.random = (ke_parameters.seed + 1) * 0x9E3779B97F4A7C15ull | 1;
    for (int i = 0; i < 8; i++) /* neighbouring seeds start alike */
        next_random(1);
    interleave.change_one_in = 2u << next_random(4);
}

/* ---- breakpoints ---- */

static void take_out(struct breakpoint *breakpoint)
{
    if (breakpoint->code)
        *breakpoint->code = breakpoint->byte;
    breakpoint->code = NULL;
}

void ke_interleave_forget(ULONG64 start, ULONG64 end)
{
    for (ULONG i = 0; i < KE_MAXIMUM_PROCESSORS; i++) {
        struct breakpoint *breakpoint = &interleave.breakpoints[i];

        if (breakpoint->code && breakpoint->address >= start && breakpoint->address < end)
            take_out(breakpoint);
    }
}

BOOLEAN ki_interleave_holds(ULONG64 start, ULONG64 end)
{
    for (ULONG i = 0; i < KE_MAXIMUM_PROCESSORS; i++) {
        const struct breakpoint *breakpoint = &interleave.breakpoints[i];

        if (breakpoint->code && breakpoint->address >= start && breakpoint->address < end)
            return TRUE;
    }
    return FALSE;
}

/* The target of a jump or call with a 32-bit or 8-bit displacement. */
static ULONG64 relative_target(ULONG64 address, ULONG length, BOOLEAN near_jump)
{
    LONG displacement = near_jump ? *(const LONG UNALIGNED *)(address + length - 4)
                                  : *(const signed char *)(address + length - 1);

    return address + length + (ULONG64)(LONG64)displacement;
}

/* Where execution may go on after an instruction; 0 = that cannot be told. */
static ULONG64 successor(ULONG64 address, ULONG length)
{
    const UCHAR *code = (const UCHAR *)address;
    BOOLEAN near_branch = code[0] == 0x0F && (code[1] & 0xF0) == 0x80;

    if (code[0] == 0xE9 || code[0] == 0xEB)
        return relative_target(address, length, code[0] == 0xE9);
    if (code[0] == 0xC3 || code[0] == 0xC2 || code[0] == BREAKPOINT)
        return 0;
    if ((code[0] == 0xE8 || near_branch || (code[0] & 0xF0) == 0x70) && next_random(2))
        return relative_target(address, length, code[0] == 0xE8 || near_branch);
    return address + length;
}

/* Memory that another thread may reach too: not the stack, and not an address computation. */
static BOOLEAN touches_shared_memory(const struct machine_instruction *instruction)
{
    const struct machine_memory_operand *memory = &instruction->memory;

    return memory->present && (memory->read || memory->written) && memory->base != MACHINE_RSP &&
           memory->segment == MACHINE_SEGMENT_FLAT;
}

/* Follow the code and choose one of the instructions that touch memory; 0 = there is none. */
static ULONG64 choose_instruction(ULONG64 address)
{
    struct machine_instruction instruction;
    ULONG64 chosen = 0;
    ULONG seen = 0;

    for (ULONG i = 0; i < LOOK_AHEAD && address && mm_writable_code(address); i++) {
        ULONG64 room = PAGE_SIZE - (address & (PAGE_SIZE - 1));
        ULONG rewritten = ki_hot_site_length(address);

        if (rewritten) { /* it touches no memory */
            address += rewritten;
            continue;
        }
        if (!ke_machine->decode((const void *)address, room, &instruction))
            break;
        if (touches_shared_memory(&instruction) && next_random(++seen) == 0)
            chosen = address;
        address = successor(address, instruction.length);
    }
    return chosen;
}

static void plant(ULONG64 address)
{
    struct breakpoint *breakpoint = &interleave.breakpoints[ke_prcb()->Number];
    ULONG64 chosen;

    take_out(breakpoint);
    chosen = choose_instruction(address);
    if (!chosen || *(const UCHAR *)chosen == BREAKPOINT)
        return;
    breakpoint->address = chosen;
    breakpoint->byte = *(const UCHAR *)chosen;
    breakpoint->code = mm_writable_code(chosen);
    *breakpoint->code = BREAKPOINT;
}

/* ---- changes ---- */

static void let_time_pass(void)
{
    ULONG64 limit = next_random(LONG_DELAY_ONE_IN) ? DELAY_LIMIT : LONG_DELAY_LIMIT;

    if (ke_parameters.clock == MACHINE_CLOCK_VIRTUAL)
        ke_advance_time(next_random(limit));
}

/* Another processor goes on, and where the IRQL allows it another thread. */
static void change(void)
{
    KIRQL irql = ke_irql();

    if (ke_parameters.processors > 1 && next_random(4))
        ki_yield_to((ULONG)next_random(ke_parameters.processors));
    if (irql >= DISPATCH_LEVEL || !ke_prcb()->InterruptsEnabled)
        return;
    let_time_pass();
    if (next_random(2))
        ke_prcb()->QuantumEnd = TRUE;
    ki_deliver_pending(irql);
}

/* Programs end at a point that was asked for, or at the first after it that allows it. */
static void count_point(void)
{
    if (interleave.points >= ke_parameters.kill_at || !ps_is_program_running())
        return;
    if (interleave.points + 1 < ke_parameters.kill_at || ke_irql() <= DISPATCH_LEVEL)
        interleave.points++;
    if (interleave.points == ke_parameters.kill_at)
        ps_kill_programs(STATUS_CONTROL_C_EXIT);
}

void ke_interleave(ULONG64 return_address)
{
    count_point();
    if (!ke_parameters.interleave)
        return;
    if (return_address && next_random(PLANT_ONE_IN) == 0)
        plant(return_address);
    if (next_random(interleave.change_one_in) == 0)
        change();
}

void ke_interleave_plant(ULONG64 routine)
{
    if (ke_parameters.interleave && next_random(PLANT_ONE_IN) == 0)
        plant(routine);
}

BOOLEAN ki_interleave_breakpoint(struct machine_trap *trap)
{
    for (ULONG i = 0; i < KE_MAXIMUM_PROCESSORS; i++) {
        struct breakpoint *breakpoint = &interleave.breakpoints[i];

        if (!breakpoint->code || breakpoint->address != trap->rip)
            continue;
        take_out(breakpoint);
        change();
        return TRUE;
    }
    return FALSE;
}
