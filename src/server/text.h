/*
 * Text of drivers and of the machine's process, which are not trusted, for logs and terminals.
 */
#ifndef RINGSIDE_SERVER_TEXT_H
#define RINGSIDE_SERVER_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Write the text; control characters that are not in `kept` appear as \xNN. */
void text_print(FILE *out, const char *text, size_t size, const char *kept);
/* The same in memory that the caller frees, of at most `limit` bytes of it; NULL = no memory. */
char *text_clean(const void *text, size_t size, size_t limit, const char *kept);

#endif
