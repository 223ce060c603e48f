/*
 * What the files of the rules about texts share.
 *
 *   string_call.c      which calls have texts; counted strings; texts without an end
 *   string_format.c    formats and their arguments
 */
#ifndef RINGSIDE_VF_STRING_INTERNAL_H
#define RINGSIDE_VF_STRING_INTERNAL_H

#include "vf/user.h"

/* Bytes that can be read from an address on, up to `size`, without a fault. */
ULONG vf_string_peek(ULONG64 address, void *bytes, ULONG size);

/* The buffer of the system, or the mapping of the MDL, of the request that the driver serves. */
BOOLEAN vf_string_request_buffer(ULONG64 *start, ULONG64 *end);

/* Rules RS-STR-003 and 005, of a text that `export` is given. */
void vf_string_check_end(const struct nt_export *export, ULONG64 text, BOOLEAN wide);

/* Rules RS-STR-001, 003, 004 and 005, of a routine that takes a format. */
void vf_string_check_format(const struct nt_export *export, const ULONG64 *arguments);

#endif
