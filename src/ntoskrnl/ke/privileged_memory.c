/*
 * Kernel accesses to memory that a process cannot have as the driver expects it:
 *
 * - The page of KUSER_SHARED_DATA at 0xFFFFF78000000000. The loader redirects the constants that
 *   it can recognise (mm/shared_immediates.c) to the read-only view at 0x7FFE0000; other accesses
 *   fault and are emulated here. Writes through either address are bug check 0xBE.
 * - Read-only memory while the driver has CR0.WP clear: the write is made through the direct map.
 *
 * Integer instructions are emulated exactly. Of any other instruction that reads the shared page
 * (SSE, string moves, bit tests) the base register is pointed at the view in user space, and the
 * instruction runs again; the register keeps that value.
 */
#include "ke/emulate.h"
#include "mm/mm.h"

#define CR0_WRITE_PROTECT 0x10000ull

static ULONG64 operand_value(const struct machine_trap *trap, const struct machine_operand *operand,
                             const void *memory)
{
    switch (operand->kind) {
    case MACHINE_OPERAND_REGISTER:
        return ki_register_read(trap, operand);
    case MACHINE_OPERAND_MEMORY:
        return ki_load(memory, operand->width);
    default: /* sign-extended beyond its own width */
        return (ULONG64)operand->immediate;
    }
}

static void set_operand(struct machine_trap *trap, const struct machine_operand *operand,
                        void *memory, ULONG64 value)
{
    if (operand->kind == MACHINE_OPERAND_REGISTER)
        ki_register_write(trap, operand, value);
    else
        ki_store(memory, operand->width, value);
}

/* rdx:rax = rax * source; for bytes ax = al * source. */
static void multiply_wide(struct machine_trap *trap, ULONG width, ULONG64 source)
{
    ULONG64 factor = ki_truncate(trap->registers[MACHINE_RAX], width);
    unsigned __int128 product = (unsigned __int128)factor * source;
    ULONG64 low = ki_truncate((ULONG64)product, width);
    ULONG64 high = ki_truncate((ULONG64)(product >> 8 * width), width);
    struct machine_operand target = {.kind = MACHINE_OPERAND_REGISTER, .width = (UCHAR)width};

    trap->rflags &= ~(KI_RFLAGS_CARRY | KI_RFLAGS_OVERFLOW);
    if (high)
        trap->rflags |= KI_RFLAGS_CARRY | KI_RFLAGS_OVERFLOW;
    if (width == 1) {
        target.width = 2;
        ki_register_write(trap, &target, (ULONG64)product);
        return;
    }
    target.register_index = MACHINE_RAX;
    ki_register_write(trap, &target, low);
    target.register_index = MACHINE_RDX;
    ki_register_write(trap, &target, high);
}

void ki_emulate_access(struct machine_trap *trap, const struct machine_instruction *instruction,
                       PVOID memory)
{
    const struct machine_operand *destination = &instruction->destination;
    const struct machine_operand *source = &instruction->source;
    ULONG64 value = operand_value(trap, source, memory);
    ULONG64 old;

    switch (instruction->operation) {
    case MACHINE_OPERATION_MOVE:
    case MACHINE_OPERATION_MOVE_ZERO_EXTEND:
        set_operand(trap, destination, memory, value);
        break;
    case MACHINE_OPERATION_MOVE_SIGN_EXTEND:
        value = (ULONG64)((LONG64)(value << (64 - 8 * source->width)) >> (64 - 8 * source->width));
        set_operand(trap, destination, memory, value);
        break;
    case MACHINE_OPERATION_EXCHANGE:
        old = operand_value(trap, destination, memory);
        set_operand(trap, destination, memory, value);
        set_operand(trap, source, memory, old);
        break;
    case MACHINE_OPERATION_MULTIPLY_WIDE:
        multiply_wide(trap, source->width, value);
        break;
    case MACHINE_OPERATION_CMP:
    case MACHINE_OPERATION_TEST:
        ki_compute(instruction->operation, instruction->width,
                   operand_value(trap, destination, memory), ki_truncate(value, instruction->width),
                   &trap->rflags);
        break;
    default:
        value = ki_compute(instruction->operation, instruction->width,
                           operand_value(trap, destination, memory),
                           ki_truncate(value, instruction->width), &trap->rflags);
        set_operand(trap, destination, memory, value);
    }
    trap->rip += instruction->length;
}

static ULONG64 page_offset(ULONG64 address, ULONG64 page)
{
    return address - page < PAGE_SIZE ? address - page : PAGE_SIZE;
}

/* Point the registers that hold addresses in the NT page at the view in user space. */
static BOOLEAN redirect_registers(struct machine_trap *trap)
{
    BOOLEAN redirected = FALSE;

    for (ULONG i = 0; i < ARRAY_COUNT(trap->registers); i++) {
        ULONG64 offset = page_offset(trap->registers[i], MACHINE_SHARED_DATA_NT);

        if (offset == PAGE_SIZE)
            continue;
        trap->registers[i] = MACHINE_SHARED_DATA_USER + offset;
        redirected = TRUE;
    }
    return redirected;
}

static BOOLEAN emulate_shared_read(struct machine_trap *trap)
{
    struct machine_instruction instruction;
    ULONG64 offset;

    if (!ki_decode(trap, &instruction))
        return FALSE;
    if (instruction.kind != MACHINE_INSTRUCTION_MEMORY_ACCESS)
        return redirect_registers(trap);
    offset = page_offset(ki_operand_address(trap, &instruction), MACHINE_SHARED_DATA_NT);
    if (offset + instruction.memory.width > PAGE_SIZE)
        return FALSE;
    ki_emulate_access(trap, &instruction, (UCHAR *)mm_shared_page() + offset);
    return TRUE;
}

/* CR0.WP is clear: what may be read may be written, as the processor does it in ring 0. */
static BOOLEAN emulate_unprotected_write(struct machine_trap *trap)
{
    struct machine_instruction instruction;
    ULONG64 address, frame;

    if (!(trap->error & MACHINE_FAULT_WRITE) || trap->address < MACHINE_USER_END ||
        !mm_is_address_valid(trap->address) || !ki_decode(trap, &instruction) ||
        instruction.kind != MACHINE_INSTRUCTION_MEMORY_ACCESS)
        return FALSE;
    address = ki_operand_address(trap, &instruction);
    frame = mm_frame_of(address);
    if (frame == MM_NO_FRAME || address % PAGE_SIZE + instruction.memory.width > PAGE_SIZE)
        return FALSE;
    ki_emulate_access(trap, &instruction, (UCHAR *)mm_direct(frame) + address % PAGE_SIZE);
    return TRUE;
}

/* On NT the page has one address, so that is the one to report. */
static DECLSPEC_NORETURN void refuse_shared_write(const struct machine_trap *trap, ULONG64 offset)
{
    ke_bugcheck_trap(trap, ATTEMPTED_WRITE_TO_READONLY_MEMORY, MACHINE_SHARED_DATA_NT + offset,
                     mm_page_entry(MACHINE_SHARED_DATA_USER), (ULONG_PTR)trap, 0);
}

BOOLEAN ki_emulate_shared_data(struct machine_trap *trap)
{
    ULONG64 nt_offset = page_offset(trap->address, MACHINE_SHARED_DATA_NT);
    ULONG64 user_offset = page_offset(trap->address, MACHINE_SHARED_DATA_USER);

    if (trap->user || trap->error & MACHINE_FAULT_EXECUTE)
        return FALSE;
    if (trap->error & MACHINE_FAULT_WRITE && (nt_offset < PAGE_SIZE || user_offset < PAGE_SIZE))
        refuse_shared_write(trap, nt_offset < PAGE_SIZE ? nt_offset : user_offset);
    if (nt_offset < PAGE_SIZE)
        return emulate_shared_read(trap);
    return !(ke_prcb()->ControlRegisters[0] & CR0_WRITE_PROTECT) && emulate_unprotected_write(trap);
}
