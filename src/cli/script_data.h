/*
 * Data in scripts: hex:00ff, "text", wide:"text", file:PATH, zero:N; and complaints with a place.
 */
#ifndef RINGSIDE_CLI_SCRIPT_DATA_H
#define RINGSIDE_CLI_SCRIPT_DATA_H

#include "script.h"

struct script_place {
    const char *where; /* file name, or --do */
    const char *text;  /* the start of the text */
    const char *at;    /* what is read next */
    const char *word;  /* the start of the last word: where complaints point at */
};

/* Prints "where:line:column: …". Returns false, for `return script_complain(…)`. */
__attribute__((format(printf, 2, 3))) bool script_complain(const struct script_place *place,
                                                           const char *format, ...);
/* The quote that ends the one at `quote`, on the same line; NULL = none. */
const char *script_quote_end(const char *quote);
/* Does it begin as data does? */
bool script_is_data(const char *text);
bool script_take_data(const struct script_place *place, const char *text,
                      struct script_bytes *bytes);
/* The whole file and a NUL that is not counted. False: errno says why. */
bool script_read_file(const char *path, struct script_bytes *bytes);

#endif
