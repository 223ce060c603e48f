/*
 * The one header that every kernel source file includes first: the public DDK types, our export
 * macro and the kernel's assertions. Nothing here comes from libc or Linux.
 */
#ifndef RINGSIDE_NT_H
#define RINGSIDE_NT_H

#define _NTOSKRNL_ 1
#define _NTSYSTEM_ 1
#define _NTHAL_ 1
#define NTDDI_VERSION 0x0A000008 /* Windows 10, version 2004 (19041) */
#define _WIN32_WINNT 0x0A00
#define WINVER 0x0A00

/* We define what these headers would import. */
#define _CRTIMP
#define _SECIMP

/* wdm.h defines two inline functions that an earlier header made external: one per object file. */
#include <intrin.h>
#define InterlockedBitTestAndSet nt_unused_bit_test_and_set
#define InterlockedBitTestAndReset nt_unused_bit_test_and_reset

#include <ntifs.h>
#include <ntddk.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdbool.h>

#include "nt_types.h"
#include "nt_export.h"

/* Our own fault, never the driver's: prints the condition, seed, thread and IRQL, and stops. */
__attribute__((noreturn)) void ke_assert_failed(const char *condition, const char *file, int line);
#define kassert(condition)                                                                         \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            ke_assert_failed(#condition, __FILE__, __LINE__);                                      \
    } while (0)

/* A missing feature of a routine that exists: says its name, is counted, and stops the machine. */
__attribute__((noreturn)) void ke_not_implemented(const char *function, const char *what);
#define NOT_IMPLEMENTED(what) ke_not_implemented(__func__, what)

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
