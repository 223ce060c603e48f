/*
 * Emulation of single instructions: reading and writing what a decoded instruction names.
 *
 * The trap frame is the processor's state. A function that touches guest memory first makes sure
 * that it is there; when it is not, the trap turns into the page fault that the instruction itself
 * would have had, and nothing has changed yet.
 */
#ifndef RINGSIDE_KE_EMULATE_H
#define RINGSIDE_KE_EMULATE_H

#include "ke/ke_internal.h"
#include "machine/instruction.h"

#define KI_RFLAGS_CARRY 0x0001ull
#define KI_RFLAGS_PARITY 0x0004ull
#define KI_RFLAGS_ADJUST 0x0010ull
#define KI_RFLAGS_ZERO 0x0040ull
#define KI_RFLAGS_SIGN 0x0080ull
#define KI_RFLAGS_DIRECTION 0x0400ull
#define KI_RFLAGS_OVERFLOW 0x0800ull

/* Decode the instruction at rip. FALSE when its bytes are not readable or no instruction. */
BOOLEAN ki_decode(const struct machine_trap *trap, struct machine_instruction *instruction);

/* privileged.c: TRUE when the instruction at rip raises STATUS_PRIVILEGED_INSTRUCTION in user mode.
 */
BOOLEAN ki_is_privileged(const struct machine_trap *trap);

/* Linear address of the memory operand. */
ULONG64 ki_operand_address(const struct machine_trap *trap,
                           const struct machine_instruction *instruction);

/*
 * Check that `size` bytes (1..4096) of guest memory can be read, or written.
 * FALSE: the trap has become a page fault at the first byte that cannot.
 */
BOOLEAN ki_check_memory(struct machine_trap *trap, ULONG64 address, ULONG size, BOOLEAN write);

/* Little-endian values of 1, 2, 4 or 8 bytes. */
ULONG64 ki_load(const void *bytes, ULONG width);
void ki_store(void *bytes, ULONG width, ULONG64 value);
ULONG64 ki_truncate(ULONG64 value, ULONG width);

/* A register operand. Writing 4 bytes clears the upper half; 1 and 2 bytes keep the others. */
ULONG64 ki_register_read(const struct machine_trap *trap, const struct machine_operand *operand);
void ki_register_write(struct machine_trap *trap, const struct machine_operand *operand,
                       ULONG64 value);

/*
 * The integer operation of a MEMORY_ACCESS.
 * @param flags  rflags before; receives those after
 * Returns: the result, truncated to `width`; for CMP and TEST the destination as it was.
 */
ULONG64 ki_compute(enum machine_operation operation, ULONG width, ULONG64 destination,
                   ULONG64 source, ULONG64 *flags);

/* Perform a MEMORY_ACCESS whose memory operand is at `memory`, and go on behind it. */
void ki_emulate_access(struct machine_trap *trap, const struct machine_instruction *instruction,
                       PVOID memory);
/* The same for a move of 16 bytes from or to an XMM register; FALSE for other instructions. */
BOOLEAN ki_emulate_vector_move(struct machine_trap *trap,
                               const struct machine_instruction *instruction, PVOID memory);

#endif
