/*
 * Decoding of single x64 instructions: what faulted (for emulation by the kernel), and text for
 * listings. Stateless and safe in a signal handler: no allocation, no locks.
 */
#ifndef RINGSIDE_HOST_DECODE_H
#define RINGSIDE_HOST_DECODE_H

#include "machine/instruction.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Describe the instruction at `code`.
 * @param available readable bytes at `code`; fewer than 15 are allowed
 * Returns: false when the bytes are no valid (or no complete) x64 instruction; `out` is then
 * zeroed. An instruction that needs no emulation is MACHINE_INSTRUCTION_OTHER.
 */
bool host_decode_privileged(const uint8_t *code, size_t available, struct machine_instruction *out);

/*
 * Disassemble one instruction in Intel syntax, with absolute branch and rip-relative addresses.
 * @param address where `code` runs
 * @param text    receives a terminated string, cut to `size` bytes; "db 0xNN" for invalid bytes
 * @param length  receives the instruction's length in bytes (1 for an invalid byte)
 * Returns: false for invalid bytes or n = 0 (length is then 0).
 */
bool host_disassemble(uint64_t address, const uint8_t *code, size_t n, char *text, size_t size,
                      unsigned *length);

#endif
