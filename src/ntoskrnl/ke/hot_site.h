/* Hot sites: privileged instructions that are executed often (hot_site.c). For ke alone. */
#ifndef RINGSIDE_KE_HOT_SITE_H
#define RINGSIDE_KE_HOT_SITE_H

#include "ke/ke_internal.h"

struct machine_instruction;

#define KI_HOT_JUMP_BYTES 5 /* E9 and a displacement of four bytes */

/* An instruction at `address` has trapped and was emulated. */
void ki_hot_site_count(ULONG64 address, const struct machine_instruction *instruction);

/* A stub in which a slice of the watchdog ended. */
struct ki_hot_interruption {
    ULONG64 resume;     /* where the stub goes on; 0 = no stub was interrupted */
    ULONG64 scratch[4]; /* the processor's StubScratch */
};

/*
 * A trap comes in. One that happens in a stub is moved to the stub's site; when it has been dealt
 * with, ki_hot_site_resume goes on in the stub.
 * Returns TRUE when there is nothing to deal with.
 */
BOOLEAN ki_hot_site_trap(struct machine_trap *trap, struct ki_hot_interruption *interruption);
void ki_hot_site_resume(struct machine_trap *trap, const struct ki_hot_interruption *interruption);

/* The instruction that stood at `address` (15 bytes can be read), NULL = it stands there still. */
const UCHAR *ki_hot_site_original(ULONG64 address);
ULONG ki_hot_site_length(ULONG64 address); /* of that instruction; 0 = not rewritten */

/*
 * hot_site_reach.c: where a jump can be made to lead that may only change the first `length` bytes
 * at `address`.
 */
#define KI_HOT_LANDINGS 4       /* at most */
#define KI_HOT_LANDING_BYTES 14 /* jmp *0(%rip) and the address */

struct ki_hot_reach {
    ULONG64 first, last; /* addresses with the code as it is now */
    ULONG landings;      /* 1 … KI_HOT_LANDINGS, 0 = cannot be told */
    /* The first is 0; the others are where breakpoints in the bytes that stay move the jump to. */
    LONG64 offsets[KI_HOT_LANDINGS];
};

void ki_hot_reach_find(ULONG64 address, ULONG length, struct ki_hot_reach *reach);
/* A free landing place in `reach`, 0 = none. `is_taken` tells of bytes that are in use. */
ULONG64 ki_hot_reach_choose(const struct ki_hot_reach *reach, BOOLEAN (*is_taken)(ULONG64 address));

/* hot_site_code.c: write a stub that takes an instruction's place and goes on at `next`. */
#define KI_HOT_STUB_BYTES 320 /* at most */

/*
 * Where a stub goes on that was interrupted at `offset`: what it had found out about pending work
 * may be wrong by now, so it leaves the decision to the instruction itself.
 * @param kind  of the instruction, enum machine_instruction_kind
 */
ULONG ki_hot_code_resume(ULONG kind, ULONG offset);
BOOLEAN ki_hot_code_exists(const struct machine_instruction *instruction);
void ki_hot_code_write(UCHAR *code, const struct machine_instruction *instruction,
                       const UCHAR *original, ULONG64 next);

#endif
