/*
 * DWARF of one PE image; private to symbols.c. See symbols_dwarf.c.
 */
#ifndef RINGSIDE_HOST_SYMBOLS_DWARF_H
#define RINGSIDE_HOST_SYMBOLS_DWARF_H

#include "pe_view.h"
#include "symbols.h"

struct host_dwarf;

/* Returns: NULL when the image has no DWARF that can be read. `view` must outlive it. */
struct host_dwarf *host_dwarf_open(const struct host_pe_view *view);
void host_dwarf_close(struct host_dwarf *dwarf);

/* Fill what DWARF knows of `rva`. Returns: true when function or line was found. */
bool host_dwarf_lookup(struct host_dwarf *dwarf, uint32_t rva, struct host_source_line *out);

bool host_dwarf_find(struct host_dwarf *dwarf, const char *name, uint32_t *rva);

/*
 * Make room for one more element of `size` bytes and return it, zeroed. The host cannot go on
 * without memory for its own tables, so this does not fail.
 */
void *host_append(void **array, size_t *count, size_t *capacity, size_t size);

#endif
