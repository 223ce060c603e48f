/*
 * Names and source lines of PE images, from their DWARF, COFF symbols and exports.
 *
 *   symbols.c        the interface; the table of COFF and export names
 *   symbols_dwarf.c  functions, inlined calls and lines, through libdwarf
 *   pe_view.c        the untrusted file
 *
 * Opening is free: the file is read at the first question, and each compilation unit at the
 * first question about its code. Addresses are relative to the image (rva), so an image's place
 * in memory does not matter. Not for signal handlers: it allocates.
 */
#ifndef RINGSIDE_HOST_SYMBOLS_H
#define RINGSIDE_HOST_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_INLINED_FRAMES 8

/* One inlined call: `function` was inlined at call_file:call_line. */
struct host_inlined_frame {
    const char *function;
    const char *call_file; /* NULL when unknown */
    uint32_t call_line;
};

/* Strings live until host_symbols_close. */
struct host_source_line {
    const char *function; /* the out-of-line function or nearest symbol; NULL when unknown */
    uint32_t offset;      /* bytes from its start */
    const char *file;     /* as the compiler recorded it; NULL when unknown */
    uint32_t line;        /* of the address itself: inside inlined[0], when there is one */
    uint32_t inlined_count;
    struct host_inlined_frame inlined[HOST_INLINED_FRAMES]; /* innermost first */
};

struct host_symbols;

/*
 * @param file raw bytes of the PE file; the caller keeps them until host_symbols_close
 * Returns: never NULL. Bytes that are no PE image just answer no question.
 */
struct host_symbols *host_symbols_open(const void *file, size_t size);
void host_symbols_close(struct host_symbols *symbols);

/* Returns: true when at least the function is known. `out` is zeroed otherwise. */
bool host_symbols_lookup(struct host_symbols *symbols, uint32_t rva, struct host_source_line *out);

/* The address of a function, symbol or export by its exact name. */
bool host_symbols_find(struct host_symbols *symbols, const char *name, uint32_t *rva);

#endif
