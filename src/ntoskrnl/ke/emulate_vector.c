/*
 * Moves of a whole XMM register from or to memory, by which compilers copy structures. The decoder
 * describes integer instructions only, so these are read here:
 *
 *   [66 | F3] [REX] 0F opcode ModRM …    opcode: 10 28 6F loads, 11 29 7F stores
 *
 * Linux hands the state of the registers over in the layout of FXSAVE, marked as in use.
 */
#include "ke/emulate.h"

#define REX 0x40
#define REX_R 4
#define XMM_BYTES 16

struct vector_move {
    UCHAR xmm;
    BOOLEAN load;
};

/* 0F 10, 0F 28 and 0F 6F, and the stores beside them; F3 0F 10 and F3 0F 28 are others. */
static BOOLEAN read_opcode(UCHAR prefix, UCHAR opcode, struct vector_move *move)
{
    move->load = opcode == 0x10 || opcode == 0x28 || opcode == 0x6F;
    if (opcode == 0x6F || opcode == 0x7F)
        return prefix != 0; /* without a prefix it is MMX */
    return prefix != 0xF3 && (move->load || opcode == 0x11 || opcode == 0x29);
}

static BOOLEAN read_move(const UCHAR *code, struct vector_move *move)
{
    UCHAR prefix = *code == 0x66 || *code == 0xF3 ? *code++ : 0;
    UCHAR rex = (*code & 0xF0) == REX ? *code++ : 0;

    if (*code++ != 0x0F || !read_opcode(prefix, *code++, move))
        return FALSE;
    move->xmm = (UCHAR)((*code >> 3 & 7) + (rex & REX_R ? 8 : 0));
    return TRUE;
}

BOOLEAN ki_emulate_vector_move(struct machine_trap *trap,
                               const struct machine_instruction *instruction, PVOID memory)
{
    XMM_SAVE_AREA32 *state = (XMM_SAVE_AREA32 *)trap->fp_state;
    struct vector_move move;

    if (instruction->memory.width != XMM_BYTES || !read_move((const UCHAR *)trap->rip, &move))
        return FALSE;
    if (move.load)
        RtlCopyMemory(&state->XmmRegisters[move.xmm], memory, XMM_BYTES);
    else
        RtlCopyMemory(memory, &state->XmmRegisters[move.xmm], XMM_BYTES);
    trap->rip += instruction->length;
    return TRUE;
}
