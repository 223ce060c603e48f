/*
 * One decoded x64 instruction, as the host's decoder hands it to the kernel.
 *
 * The host only describes the instruction; the kernel emulates it. What is described: the
 * privileged instructions that fault in a process, and the plain integer instructions that
 * access memory (they fault on pages that are emulated, such as KUSER_SHARED_DATA).
 *
 * Register numbers are x64 encoding numbers (rax 0, rcx 1, rdx 2, rbx 3, rsp 4, rbp 5, rsi 6,
 * rdi 7, r8 8 … r15 15), so that they index `machine_trap.registers`. Widths are in bytes.
 * Only <stdint.h> and <stdbool.h> are used: ELF host and PE kernel both compile this header.
 */
#ifndef RINGSIDE_MACHINE_INSTRUCTION_H
#define RINGSIDE_MACHINE_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

#define MACHINE_INSTRUCTION_MAXIMUM_LENGTH 15
#define MACHINE_INSTRUCTION_TEXT_SIZE 96
#define MACHINE_REGISTER_NONE 0xFF

/* Which fields of `struct machine_instruction` a kind fills, beside length and text. */
enum machine_instruction_kind {
    MACHINE_INSTRUCTION_OTHER, /* decoded, but none of the below; operands as far as known */

    /* control_register; the general register is `destination` (FROM) or `source` (TO) */
    MACHINE_INSTRUCTION_MOV_FROM_CR,
    MACHINE_INSTRUCTION_MOV_TO_CR,
    MACHINE_INSTRUCTION_MOV_FROM_DR,
    MACHINE_INSTRUCTION_MOV_TO_DR,

    MACHINE_INSTRUCTION_CLI,
    MACHINE_INSTRUCTION_STI,
    MACHINE_INSTRUCTION_CLTS,
    MACHINE_INSTRUCTION_CLAC,
    MACHINE_INSTRUCTION_STAC,
    MACHINE_INSTRUCTION_SWAPGS,
    MACHINE_INSTRUCTION_HLT,
    MACHINE_INSTRUCTION_INVD,
    MACHINE_INSTRUCTION_WBINVD, /* also wbnoinvd */

    /* width 1, 2 or 4; port_in_dx, else port. INS/OUTS also: repeat, address_width, segment */
    MACHINE_INSTRUCTION_IN,
    MACHINE_INSTRUCTION_OUT,
    MACHINE_INSTRUCTION_INS,
    MACHINE_INSTRUCTION_OUTS,

    MACHINE_INSTRUCTION_RDMSR,
    MACHINE_INSTRUCTION_WRMSR,
    MACHINE_INSTRUCTION_RDPMC,
    MACHINE_INSTRUCTION_RDTSC,
    MACHINE_INSTRUCTION_RDTSCP,
    MACHINE_INSTRUCTION_CPUID,
    MACHINE_INSTRUCTION_XSETBV,
    MACHINE_INSTRUCTION_MONITOR,
    MACHINE_INSTRUCTION_MWAIT,

    /* operand in `source` (loads) or `destination` (stores): memory, or a register where allowed */
    MACHINE_INSTRUCTION_LIDT,
    MACHINE_INSTRUCTION_LGDT,
    MACHINE_INSTRUCTION_LLDT,
    MACHINE_INSTRUCTION_LTR,
    MACHINE_INSTRUCTION_LMSW,
    MACHINE_INSTRUCTION_SIDT,
    MACHINE_INSTRUCTION_SGDT,
    MACHINE_INSTRUCTION_SLDT,
    MACHINE_INSTRUCTION_STR,
    MACHINE_INSTRUCTION_SMSW,
    MACHINE_INSTRUCTION_INVLPG, /* `source` is memory, of which only the address counts */

    MACHINE_INSTRUCTION_IRET,
    MACHINE_INSTRUCTION_SYSCALL,
    MACHINE_INSTRUCTION_SYSENTER,
    MACHINE_INSTRUCTION_SYSRET, /* also SYSEXIT */
    MACHINE_INSTRUCTION_INT,    /* vector */
    MACHINE_INSTRUCTION_INT3,   /* vector 3 */
    MACHINE_INSTRUCTION_ICEBP,  /* vector 1 */
    MACHINE_INSTRUCTION_UD,     /* ud0, ud1, ud2 */

    MACHINE_INSTRUCTION_HYPERCALL,      /* vmcall, vmmcall, vmfunc */
    MACHINE_INSTRUCTION_VIRTUALISATION, /* the other VMX and SVM instructions */

    /* operation, source, destination, memory: an integer instruction with a memory operand */
    MACHINE_INSTRUCTION_MEMORY_ACCESS,
};

/* What a MEMORY_ACCESS computes. "Flags" = as the same instruction on registers sets them. */
enum machine_operation {
    MACHINE_OPERATION_NONE,
    MACHINE_OPERATION_MOVE,             /* destination = source, no flags */
    MACHINE_OPERATION_MOVE_ZERO_EXTEND, /* destination wider than source */
    MACHINE_OPERATION_MOVE_SIGN_EXTEND,
    MACHINE_OPERATION_ADD, /* destination op= source, flags; ADD … XOR */
    MACHINE_OPERATION_ADC,
    MACHINE_OPERATION_SUB,
    MACHINE_OPERATION_SBB,
    MACHINE_OPERATION_AND,
    MACHINE_OPERATION_OR,
    MACHINE_OPERATION_XOR,
    MACHINE_OPERATION_CMP,           /* SUB that only sets flags */
    MACHINE_OPERATION_TEST,          /* AND that only sets flags */
    MACHINE_OPERATION_EXCHANGE,      /* both operands are written, no flags */
    MACHINE_OPERATION_MULTIPLY,      /* destination *= source (signed, two operands), flags */
    MACHINE_OPERATION_MULTIPLY_WIDE, /* rdx:rax = rax * source (unsigned), in source.width */
};

enum machine_operand_kind {
    MACHINE_OPERAND_NONE,
    MACHINE_OPERAND_REGISTER,
    MACHINE_OPERAND_IMMEDIATE,
    MACHINE_OPERAND_MEMORY,
};

struct machine_operand {
    uint8_t kind;           /* enum machine_operand_kind */
    uint8_t width;          /* bytes */
    uint8_t register_index; /* REGISTER */
    bool high_byte;         /* REGISTER: bits 8..15 (ah, ch, dh, bh) of registers 0..3 */
    int64_t immediate;      /* IMMEDIATE: sign-extended as the processor does */
};

enum machine_segment { MACHINE_SEGMENT_FLAT, MACHINE_SEGMENT_FS, MACHINE_SEGMENT_GS };

/* The one explicit memory operand; valid when `base` … `segment` describe an address. */
struct machine_memory_operand {
    bool present;
    bool rip_relative;     /* displacement counts from the next instruction */
    uint8_t base;          /* register, or MACHINE_REGISTER_NONE */
    uint8_t index;         /* register, or MACHINE_REGISTER_NONE */
    uint8_t scale;         /* 1, 2, 4, 8 */
    uint8_t segment;       /* enum machine_segment */
    uint8_t address_width; /* 8, or 4 with an address-size prefix */
    uint8_t width;         /* bytes accessed; 10 for lidt/lgdt/sidt/sgdt */
    bool read, written;
    int64_t displacement;
};

struct machine_instruction {
    uint16_t kind;            /* enum machine_instruction_kind */
    uint8_t length;           /* bytes, 1..15 */
    uint8_t width;            /* bytes that the operation moves or computes with */
    uint8_t operation;        /* enum machine_operation, for MEMORY_ACCESS */
    uint8_t control_register; /* number of the CRn or DRn */
    uint8_t port;             /* IN, OUT: immediate port */
    uint8_t vector;           /* INT, INT3, ICEBP */
    bool port_in_dx;
    bool repeat; /* rep prefix on INS, OUTS */
    bool locked; /* lock prefix */
    struct machine_operand destination;
    struct machine_operand source;
    struct machine_memory_operand memory;
    char text[MACHINE_INSTRUCTION_TEXT_SIZE]; /* Intel syntax, addresses relative */
};

/*
 * The linear address of the memory operand.
 * @param registers the sixteen general registers in encoding order
 * @param rip       address of the instruction itself
 * @param fs_base, gs_base  segment bases of the interrupted code
 */
static inline uint64_t machine_instruction_address(const struct machine_instruction *instruction,
                                                   const uint64_t registers[16], uint64_t rip,
                                                   uint64_t fs_base, uint64_t gs_base)
{
    const struct machine_memory_operand *memory = &instruction->memory;
    uint64_t address = (uint64_t)memory->displacement;

    if (memory->rip_relative)
        address += rip + instruction->length;
    if (memory->base != MACHINE_REGISTER_NONE)
        address += registers[memory->base];
    if (memory->index != MACHINE_REGISTER_NONE)
        address += registers[memory->index] * memory->scale;
    if (memory->address_width == 4)
        address = (uint32_t)address;
    if (memory->segment == MACHINE_SEGMENT_FS)
        address += fs_base;
    if (memory->segment == MACHINE_SEGMENT_GS)
        address += gs_base;
    return address;
}

#endif
