/*
 * Instructions that only ring 0 may execute, emulated for kernel-mode code; in a process they
 * fault. One function per group takes the decoded instruction and returns whether it took effect;
 * if not, it raises what the processor would raise.
 *
 * What differs from a real processor:
 * - pushfq shows interrupts as enabled after cli, and popfq cannot change that.
 * - swapgs does nothing: the kernel's gs is set by the trap entry.
 * - sidt, sgdt, sldt, str and smsw fault only on processors with UMIP. On others, and where Linux
 *   emulates them, the driver sees Linux's values.
 * - rdtsc and cpuid do not fault: drivers see the host's.
 */
#include "ke/emulate.h"
#include "ke/hot_site.h"
#include "hal/hal.h"
#include "mm/mm.h"
#include "vf/access.h"

#ifndef CLOCK_WATCHDOG_TIMEOUT
#define CLOCK_WATCHDOG_TIMEOUT 0x101
#endif
#define CLOCK_TIMEOUT_TICKS 16
#define PORT_COST 1 /* 100 ns: an access over the bus */
#define CYCLES_PER_100NS 260ull
#define CR0_TASK_SWITCHED 8ull
#define TASK_SELECTOR 0x40
#define GDT_LIMIT 0x57
#define IDT_LIMIT 0xFFF
#define GENERAL_COUNTERS 4
#define FIXED_COUNTERS 0x40000000u
#define FIXED_COUNTER_COUNT 3

/* Descriptor-table registers that a driver has loaded; they are only read back. */
static struct {
    ULONG64 gdt_base, idt_base;
    USHORT gdt_limit, idt_limit, ldt, task;
} descriptor_tables = {.gdt_limit = GDT_LIMIT, .idt_limit = IDT_LIMIT, .task = TASK_SELECTOR};

/* A driver's instruction took some time. Nothing can be delivered while interrupts are off. */
static void spend(ULONG64 cost_100ns)
{
    if (ke_prcb()->InterruptsEnabled)
        ke_advance_time(cost_100ns);
    else
        ki_clock_now += cost_100ns;
}

static void write_irql(ULONG64 irql)
{
    if (irql < ke_irql() && ke_prcb()->InterruptsEnabled)
        ke_lower_irql((KIRQL)irql);
    else
        ke_pcr()->Irql = (KIRQL)irql;
}

static BOOLEAN control_register(struct machine_trap *trap,
                                const struct machine_instruction *instruction)
{
    ULONG number = instruction->control_register;
    ULONG64 *stored = &ke_prcb()->ControlRegisters[number & 15];
    ULONG64 value;

    if (instruction->kind == MACHINE_INSTRUCTION_MOV_FROM_CR) {
        value = number == 8 ? ke_irql() : *stored;
        ki_register_write(trap, &instruction->destination, value);
        return TRUE;
    }
    value = ki_register_read(trap, &instruction->source);
    if (number == 8 && value > HIGH_LEVEL)
        return FALSE;
    if (number == 8) {
        write_irql(value);
        return TRUE;
    }
    *stored = value;
    return TRUE;
}

static BOOLEAN debug_register(struct machine_trap *trap,
                              const struct machine_instruction *instruction)
{
    ULONG number = instruction->control_register & 7;
    ULONG64 *stored;

    if (number == 4 || number == 5) /* aliases while CR4.DE is clear */
        number += 2;
    stored = &ke_prcb()->DebugRegisters[number];
    if (instruction->kind == MACHINE_INSTRUCTION_MOV_FROM_DR)
        ki_register_write(trap, &instruction->destination, *stored);
    else
        *stored = ki_register_read(trap, &instruction->source);
    return TRUE;
}

/* sti: what cli held back is delivered. */
static void enable_interrupts(void)
{
    ke_prcb()->InterruptsEnabled = TRUE;
    ke_lower_irql(ke_irql());
}

/*
 * hlt, mwait: time passes until the next timer or clock interrupt. With interrupts off nothing
 * would ever wake the processor; on NT the others notice that its clock stands still.
 */
static void wait_for_interrupt(const struct machine_trap *trap)
{
    if (!ke_prcb()->InterruptsEnabled)
        ke_bugcheck_trap(trap, CLOCK_WATCHDOG_TIMEOUT, CLOCK_TIMEOUT_TICKS, 0, (ULONG_PTR)ke_prcb(),
                         ke_prcb()->Number);
    ki_clock_jump(ki_clock_due);
    ke_advance_time(0);
}

static USHORT port_of(const struct machine_trap *trap,
                      const struct machine_instruction *instruction)
{
    return instruction->port_in_dx ? (USHORT)trap->registers[MACHINE_RDX] : instruction->port;
}

static void port_access(struct machine_trap *trap, const struct machine_instruction *instruction)
{
    struct machine_operand accumulator = {.kind = MACHINE_OPERAND_REGISTER,
                                          .width = instruction->width,
                                          .register_index = MACHINE_RAX};
    USHORT port = port_of(trap, instruction);

    VF(access_port(trap, port));
    if (instruction->kind == MACHINE_INSTRUCTION_IN)
        ki_register_write(trap, &accumulator, hal_port_read(port, instruction->width));
    else
        hal_port_write(port, instruction->width, (ULONG)ki_register_read(trap, &accumulator));
    spend(PORT_COST);
}

/*
 * ins, outs and their rep forms. The registers advance with each element, so that a page fault in
 * the middle leaves them as the processor would.
 */
static BOOLEAN port_string(struct machine_trap *trap, const struct machine_instruction *instruction)
{
    BOOLEAN input = instruction->kind == MACHINE_INSTRUCTION_INS;
    ULONG64 *pointer = &trap->registers[instruction->memory.base];
    ULONG64 *count = &trap->registers[MACHINE_RCX];
    ULONG width = instruction->width;
    LONG64 step = trap->rflags & KI_RFLAGS_DIRECTION ? -(LONG64)width : (LONG64)width;
    BOOLEAN narrow = instruction->memory.address_width == 4;

    VF(access_port(trap, port_of(trap, instruction)));
    while (!instruction->repeat || (narrow ? (ULONG)*count : *count) != 0) {
        ULONG64 address = ki_operand_address(trap, instruction);

        if (!ki_check_memory(trap, address, width, input))
            return FALSE;
        if (input)
            ki_store((void *)address, width, hal_port_read(port_of(trap, instruction), width));
        else
            hal_port_write(port_of(trap, instruction), width,
                           (ULONG)ki_load((const void *)address, width));
        spend(PORT_COST);
        *pointer = narrow ? (ULONG)(*pointer + step) : *pointer + step;
        if (!instruction->repeat)
            break;
        *count = narrow ? (ULONG)(*count - 1) : *count - 1;
    }
    return TRUE;
}

static void set_edx_eax(struct machine_trap *trap, ULONG64 value)
{
    trap->registers[MACHINE_RAX] = (ULONG)value;
    trap->registers[MACHINE_RDX] = value >> 32;
}

static ULONG64 edx_eax(const struct machine_trap *trap)
{
    return trap->registers[MACHINE_RDX] << 32 | (ULONG)trap->registers[MACHINE_RAX];
}

static BOOLEAN model_register(struct machine_trap *trap,
                              const struct machine_instruction *instruction)
{
    ULONG index = (ULONG)trap->registers[MACHINE_RCX];
    ULONG64 value;

    VF(access_msr(trap, index, instruction->kind == MACHINE_INSTRUCTION_WRMSR, edx_eax(trap)));
    if (instruction->kind == MACHINE_INSTRUCTION_WRMSR)
        return hal_msr_write(index, edx_eax(trap));
    if (!hal_msr_read(index, &value))
        return FALSE;
    set_edx_eax(trap, value);
    return TRUE;
}

static BOOLEAN performance_counter(struct machine_trap *trap)
{
    ULONG index = (ULONG)trap->registers[MACHINE_RCX];

    if (index >= GENERAL_COUNTERS && index - FIXED_COUNTERS >= FIXED_COUNTER_COUNT)
        return FALSE;
    set_edx_eax(trap, (ki_clock_now * CYCLES_PER_100NS) & 0xFFFFFFFFFFFFull);
    return TRUE;
}

/* xsetbv: only the value that Linux has set already. */
static BOOLEAN extended_control(const struct machine_trap *trap)
{
    ULONG low, high;

    if ((ULONG)trap->registers[MACHINE_RCX] != 0)
        return FALSE;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return edx_eax(trap) == ((ULONG64)high << 32 | low);
}

/* lidt, lgdt, sidt, sgdt: a limit of two bytes, then a base of eight. */
static BOOLEAN table_register(struct machine_trap *trap,
                              const struct machine_instruction *instruction)
{
    BOOLEAN store = instruction->kind == MACHINE_INSTRUCTION_SIDT ||
                    instruction->kind == MACHINE_INSTRUCTION_SGDT;
    BOOLEAN interrupt = instruction->kind == MACHINE_INSTRUCTION_SIDT ||
                        instruction->kind == MACHINE_INSTRUCTION_LIDT;
    USHORT *limit = interrupt ? &descriptor_tables.idt_limit : &descriptor_tables.gdt_limit;
    ULONG64 *base = interrupt ? &descriptor_tables.idt_base : &descriptor_tables.gdt_base;
    UCHAR *memory = (UCHAR *)ki_operand_address(trap, instruction);

    if (!ki_check_memory(trap, (ULONG64)memory, sizeof(*limit) + sizeof(*base), store))
        return FALSE;
    if (store) {
        ki_store(memory, sizeof(*limit), *limit);
        ki_store(memory + sizeof(*limit), sizeof(*base), *base);
    } else {
        *limit = (USHORT)ki_load(memory, sizeof(*limit));
        *base = ki_load(memory + sizeof(*limit), sizeof(*base));
    }
    return TRUE;
}

/* Store a selector or the machine status word: two bytes in memory, all of a register. */
static BOOLEAN store_word(struct machine_trap *trap, const struct machine_instruction *instruction,
                          ULONG64 value)
{
    ULONG64 address;

    if (instruction->destination.kind == MACHINE_OPERAND_REGISTER) {
        ki_register_write(trap, &instruction->destination, value);
        return TRUE;
    }
    address = ki_operand_address(trap, instruction);
    if (!ki_check_memory(trap, address, sizeof(USHORT), TRUE))
        return FALSE;
    ki_store((void *)address, sizeof(USHORT), value);
    return TRUE;
}

static BOOLEAN load_word(struct machine_trap *trap, const struct machine_instruction *instruction,
                         USHORT *value)
{
    ULONG64 address;

    if (instruction->source.kind == MACHINE_OPERAND_REGISTER) {
        *value = (USHORT)ki_register_read(trap, &instruction->source);
        return TRUE;
    }
    address = ki_operand_address(trap, instruction);
    if (!ki_check_memory(trap, address, sizeof(USHORT), FALSE))
        return FALSE;
    *value = (USHORT)ki_load((const void *)address, sizeof(USHORT));
    return TRUE;
}

/* lmsw changes the low four bits of CR0; it cannot clear PE. */
static BOOLEAN load_machine_status(struct machine_trap *trap,
                                   const struct machine_instruction *instruction)
{
    ULONG64 *cr0 = &ke_prcb()->ControlRegisters[0];
    USHORT value;

    if (!load_word(trap, instruction, &value))
        return FALSE;
    *cr0 = (*cr0 & ~0xEull) | (value & 0xF);
    return TRUE;
}

static BOOLEAN system_table(struct machine_trap *trap,
                            const struct machine_instruction *instruction)
{
    switch (instruction->kind) {
    case MACHINE_INSTRUCTION_LLDT:
        return load_word(trap, instruction, &descriptor_tables.ldt);
    case MACHINE_INSTRUCTION_LTR:
        return load_word(trap, instruction, &descriptor_tables.task);
    case MACHINE_INSTRUCTION_LMSW:
        return load_machine_status(trap, instruction);
    case MACHINE_INSTRUCTION_SLDT:
        return store_word(trap, instruction, descriptor_tables.ldt);
    case MACHINE_INSTRUCTION_STR:
        return store_word(trap, instruction, descriptor_tables.task);
    case MACHINE_INSTRUCTION_SMSW:
        return store_word(trap, instruction, ke_prcb()->ControlRegisters[0]);
    default:
        return table_register(trap, instruction);
    }
}

/* Everything that changes only the simulated processor. */
static BOOLEAN emulate(struct machine_trap *trap, const struct machine_instruction *instruction)
{
    switch (instruction->kind) {
    case MACHINE_INSTRUCTION_MOV_FROM_CR:
    case MACHINE_INSTRUCTION_MOV_TO_CR:
        return control_register(trap, instruction);
    case MACHINE_INSTRUCTION_MOV_FROM_DR:
    case MACHINE_INSTRUCTION_MOV_TO_DR:
        return debug_register(trap, instruction);
    case MACHINE_INSTRUCTION_CLI:
        ke_prcb()->InterruptsEnabled = FALSE;
        return TRUE;
    case MACHINE_INSTRUCTION_STI:
        enable_interrupts();
        return TRUE;
    case MACHINE_INSTRUCTION_CLTS:
        ke_prcb()->ControlRegisters[0] &= ~CR0_TASK_SWITCHED;
        return TRUE;
    case MACHINE_INSTRUCTION_HLT:
    case MACHINE_INSTRUCTION_MWAIT:
        wait_for_interrupt(trap);
        return TRUE;
    case MACHINE_INSTRUCTION_IN:
    case MACHINE_INSTRUCTION_OUT:
        port_access(trap, instruction);
        return TRUE;
    case MACHINE_INSTRUCTION_INS:
    case MACHINE_INSTRUCTION_OUTS:
        return port_string(trap, instruction);
    case MACHINE_INSTRUCTION_RDMSR:
    case MACHINE_INSTRUCTION_WRMSR:
        return model_register(trap, instruction);
    case MACHINE_INSTRUCTION_RDPMC:
        return performance_counter(trap);
    case MACHINE_INSTRUCTION_XSETBV:
        return extended_control(trap);
    case MACHINE_INSTRUCTION_CLAC:
    case MACHINE_INSTRUCTION_STAC:
    case MACHINE_INSTRUCTION_SWAPGS:
    case MACHINE_INSTRUCTION_INVD:
    case MACHINE_INSTRUCTION_WBINVD:
    case MACHINE_INSTRUCTION_INVLPG:
    case MACHINE_INSTRUCTION_MONITOR:
        return TRUE;
    case MACHINE_INSTRUCTION_LIDT ... MACHINE_INSTRUCTION_SMSW:
        return system_table(trap, instruction);
    default:
        return FALSE;
    }
}

BOOLEAN ki_emulate(struct machine_trap *trap)
{
    struct machine_instruction instruction;
    ULONG64 address = trap->rip;

    if (trap->user || !ki_decode(trap, &instruction))
        return FALSE;
    if (!emulate(trap, &instruction))
        return FALSE;
    trap->rip = address + instruction.length;
    ki_hot_site_count(address, &instruction);
    return TRUE;
}

BOOLEAN ki_is_privileged(const struct machine_trap *trap)
{
    struct machine_instruction instruction;

    if (!ki_decode(trap, &instruction))
        return FALSE;
    switch (instruction.kind) {
    case MACHINE_INSTRUCTION_MOV_FROM_CR ... MACHINE_INSTRUCTION_WRMSR:
    case MACHINE_INSTRUCTION_XSETBV:
    case MACHINE_INSTRUCTION_LIDT ... MACHINE_INSTRUCTION_LMSW:
    case MACHINE_INSTRUCTION_INVLPG:
    case MACHINE_INSTRUCTION_SYSRET:
        return TRUE;
    default:
        return FALSE;
    }
}
