/*
 * Patterns that people give to pick lines: texts with `;` between them, of which `*` stands for
 * anything. Large and small ASCII letters are the same.
 */
#ifndef RINGSIDE_CLI_WORDS_H
#define RINGSIDE_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Is one of the words in the text? */
bool words_match(const char *words, const char *text, size_t size);

#endif
