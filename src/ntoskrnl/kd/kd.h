/*
 * kd: what the kernel says to people: debug output, and the names it prints.
 */
#ifndef RINGSIDE_KD_H
#define RINGSIDE_KD_H

#include "nt.h"

/* Convert for printing: UTF-8, NUL-terminated, cut to `size` bytes; bad surrogates become '?'. */
void kd_to_utf8(PCUNICODE_STRING from, char *to, SIZE_T size);

/* Format into `text`: at most `size` bytes, always terminated. Returns the length. */
int kd_format(char *text, SIZE_T size, const char *format, ...);
int kd_format_list(char *text, SIZE_T size, const char *format, va_list arguments);

/* An image file was refused: one line that names the file and the reason. */
void kd_print_loader_error(PCUNICODE_STRING path, const char *why);

/* A driver called an import that Ringside lacks: name it and its caller, and stop. */
DECLSPEC_NORETURN void kd_stop_missing_import(const char *module, const char *name, ULONG64 caller);

#endif
