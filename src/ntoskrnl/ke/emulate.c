/*
 * Emulation of single instructions: operands and integer arithmetic. See emulate.h.
 */
#include "ke/emulate.h"
#include "ke/hot_site.h"
#include "mm/mm.h"

#define ARITHMETIC_FLAGS                                                                           \
    (KI_RFLAGS_CARRY | KI_RFLAGS_PARITY | KI_RFLAGS_ADJUST | KI_RFLAGS_ZERO | KI_RFLAGS_SIGN |     \
     KI_RFLAGS_OVERFLOW)

#define DECODED 64 /* a power of two */

/*
 * The latest instructions by the low bits of their addresses. What an instruction is depends on its
 * bytes alone, so an entry is never wrong, whoever wrote it.
 */
static struct decoded {
    UCHAR code[MACHINE_INSTRUCTION_MAXIMUM_LENGTH];
    struct machine_instruction instruction; /* length 0: there is none */
} decoded[DECODED];

static BOOLEAN decode_whole(const UCHAR *code, struct machine_instruction *instruction)
{
    struct decoded *entry = &decoded[(ULONG64)code % DECODED];

    if (!entry->instruction.length || memcmp(entry->code, code, sizeof(entry->code)) != 0) {
        if (!ke_machine->decode(code, sizeof(entry->code), &entry->instruction)) {
            entry->instruction.length = 0;
            return FALSE;
        }
        RtlCopyMemory(entry->code, code, sizeof(entry->code));
    }
    *instruction = entry->instruction;
    return TRUE;
}

BOOLEAN ki_decode(const struct machine_trap *trap, struct machine_instruction *instruction)
{
    ULONG64 available = PAGE_SIZE - trap->rip % PAGE_SIZE;
    const UCHAR *original;

    if (!mm_is_address_valid(trap->rip))
        return FALSE;
    original = ki_hot_site_original(trap->rip);
    if (original)
        return decode_whole(original, instruction);
    if (available >= MACHINE_INSTRUCTION_MAXIMUM_LENGTH ||
        mm_is_address_valid(trap->rip + available))
        return decode_whole((const UCHAR *)trap->rip, instruction);
    return ke_machine->decode((const void *)trap->rip, available, instruction) != 0;
}

static ULONG64 fs_base(void)
{
    ULONG64 base;

    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

ULONG64 ki_operand_address(const struct machine_trap *trap,
                           const struct machine_instruction *instruction)
{
    return machine_instruction_address(instruction, trap->registers, trap->rip, fs_base(),
                                       (ULONG64)ke_pcr());
}

static BOOLEAN check_byte(struct machine_trap *trap, ULONG64 address, BOOLEAN write)
{
    ULONG64 entry = mm_page_entry(address);

    if (entry && (!write || entry & MM_PTE_WRITE))
        return TRUE;
    trap->vector = MACHINE_VECTOR_PAGE_FAULT;
    trap->address = address;
    trap->error = (write ? MACHINE_FAULT_WRITE : 0) | (entry ? MACHINE_FAULT_PRESENT : 0);
    return FALSE;
}

BOOLEAN ki_check_memory(struct machine_trap *trap, ULONG64 address, ULONG size, BOOLEAN write)
{
    ULONG64 next_page = (address | (PAGE_SIZE - 1)) + 1;

    if (!check_byte(trap, address, write))
        return FALSE;
    return address + size <= next_page || check_byte(trap, next_page, write);
}

ULONG64 ki_truncate(ULONG64 value, ULONG width)
{
    return width >= 8 ? value : value & ((1ull << 8 * width) - 1);
}

ULONG64 ki_load(const void *bytes, ULONG width)
{
    ULONG64 value = 0;

    RtlCopyMemory(&value, bytes, width);
    return value;
}

void ki_store(void *bytes, ULONG width, ULONG64 value)
{
    RtlCopyMemory(bytes, &value, width);
}

ULONG64 ki_register_read(const struct machine_trap *trap, const struct machine_operand *operand)
{
    ULONG64 value = trap->registers[operand->register_index];

    return ki_truncate(operand->high_byte ? value >> 8 : value, operand->width);
}

void ki_register_write(struct machine_trap *trap, const struct machine_operand *operand,
                       ULONG64 value)
{
    ULONG64 *target = &trap->registers[operand->register_index];

    if (operand->width == 4)
        *target = (ULONG)value;
    else if (operand->high_byte)
        *target = (*target & ~0xFF00ull) | (value & 0xFF) << 8;
    else
        ki_store(target, operand->width, value);
}

static ULONG64 flag_if(BOOLEAN condition, ULONG64 flag)
{
    return condition ? flag : 0;
}

/* Flags that depend on the result alone. */
static ULONG64 result_flags(ULONG64 result, ULONG width)
{
    return flag_if(result == 0, KI_RFLAGS_ZERO) |
           flag_if(result >> (8 * width - 1) & 1, KI_RFLAGS_SIGN) |
           flag_if(!__builtin_parity((UCHAR)result), KI_RFLAGS_PARITY);
}

static ULONG64 add(ULONG width, ULONG64 a, ULONG64 b, ULONG64 carry, ULONG64 *flags)
{
    ULONG64 result = ki_truncate(a + b + carry, width);
    ULONG64 carries = (a & b) | ((a | b) & ~result); /* carry out of each bit */
    ULONG64 overflow = (a ^ result) & (b ^ result);

    *flags |= result_flags(result, width) |
              flag_if(carries >> (8 * width - 1) & 1, KI_RFLAGS_CARRY) |
              flag_if(carries >> 3 & 1, KI_RFLAGS_ADJUST) |
              flag_if(overflow >> (8 * width - 1) & 1, KI_RFLAGS_OVERFLOW);
    return result;
}

static ULONG64 subtract(ULONG width, ULONG64 a, ULONG64 b, ULONG64 borrow, ULONG64 *flags)
{
    ULONG64 result = ki_truncate(a - b - borrow, width);
    ULONG64 borrows = (~a & b) | (~(a ^ b) & result); /* borrow into each bit */
    ULONG64 overflow = (a ^ b) & (a ^ result);

    *flags |= result_flags(result, width) |
              flag_if(borrows >> (8 * width - 1) & 1, KI_RFLAGS_CARRY) |
              flag_if(borrows >> 3 & 1, KI_RFLAGS_ADJUST) |
              flag_if(overflow >> (8 * width - 1) & 1, KI_RFLAGS_OVERFLOW);
    return result;
}

static LONG64 sign_extend(ULONG64 value, ULONG width)
{
    ULONG shift = 64 - 8 * width;

    return (LONG64)(value << shift) >> shift;
}

/* Signed product; carry and overflow say that it does not fit. */
static ULONG64 multiply(ULONG width, ULONG64 a, ULONG64 b, ULONG64 *flags)
{
    __int128 product = (__int128)sign_extend(a, width) * sign_extend(b, width);
    ULONG64 result = ki_truncate((ULONG64)product, width);

    if (product != sign_extend(result, width))
        *flags |= KI_RFLAGS_CARRY | KI_RFLAGS_OVERFLOW;
    *flags |= result_flags(result, width);
    return result;
}

static ULONG64 logic(ULONG width, ULONG64 result, ULONG64 *flags)
{
    *flags |= result_flags(result, width);
    return result;
}

ULONG64 ki_compute(enum machine_operation operation, ULONG width, ULONG64 destination,
                   ULONG64 source, ULONG64 *flags)
{
    ULONG64 carry = *flags & KI_RFLAGS_CARRY ? 1 : 0;

    *flags &= ~ARITHMETIC_FLAGS;
    switch (operation) {
    case MACHINE_OPERATION_ADD:
        return add(width, destination, source, 0, flags);
    case MACHINE_OPERATION_ADC:
        return add(width, destination, source, carry, flags);
    case MACHINE_OPERATION_SUB:
        return subtract(width, destination, source, 0, flags);
    case MACHINE_OPERATION_SBB:
        return subtract(width, destination, source, carry, flags);
    case MACHINE_OPERATION_CMP:
        subtract(width, destination, source, 0, flags);
        return destination;
    case MACHINE_OPERATION_AND:
        return logic(width, destination & source, flags);
    case MACHINE_OPERATION_TEST:
        logic(width, destination & source, flags);
        return destination;
    case MACHINE_OPERATION_OR:
        return logic(width, destination | source, flags);
    case MACHINE_OPERATION_XOR:
        return logic(width, destination ^ source, flags);
    case MACHINE_OPERATION_MULTIPLY:
        return multiply(width, destination, source, flags);
    default:
        kassert(!"an operation with flags");
        return 0;
    }
}
