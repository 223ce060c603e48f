/*
 * Names of PE images: DWARF first, then one sorted table of COFF symbols and exports.
 *
 * States: unread -> read (`read`, at the first question). The table holds copies of the names,
 * because short COFF names are not terminated in the file.
 */
#include "symbols.h"

#include "pe_view.h"
#include "symbols_dwarf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name {
    uint32_t rva;
    uint32_t order; /* COFF symbols come before exports of the same address */
    char *text;
};

struct host_symbols {
    const void *file;
    size_t size;
    bool read;
    bool valid; /* it is a PE image */
    struct host_pe_view view;
    struct host_dwarf *dwarf;
    struct name *names; /* sorted by rva */
    size_t name_count, name_capacity;
};

static void *check(void *memory)
{
    if (memory == NULL) {
        fputs("ringside: out of memory for symbols\n", stderr);
        abort();
    }
    return memory;
}

void *host_append(void **array, size_t *count, size_t *capacity, size_t size)
{
    if (*count == *capacity) {
        *capacity = *capacity != 0 ? *capacity * 2 : 64;
        *array = check(reallocarray(*array, *capacity, size));
    }
    return memset((char *)*array + (*count)++ * size, 0, size);
}

struct host_symbols *host_symbols_open(const void *file, size_t size)
{
    struct host_symbols *symbols = check(calloc(1, sizeof(*symbols)));

    symbols->file = file;
    symbols->size = size;
    return symbols;
}

void host_symbols_close(struct host_symbols *symbols)
{
    if (symbols == NULL)
        return;
    host_dwarf_close(symbols->dwarf);
    for (size_t i = 0; i < symbols->name_count; i++)
        free(symbols->names[i].text);
    free(symbols->names);
    free(symbols);
}

static bool add_name(void *context, uint32_t rva, const char *text)
{
    struct host_symbols *symbols = context;
    struct name *name = host_append((void **)&symbols->names, &symbols->name_count,
                                    &symbols->name_capacity, sizeof(*name));

    name->rva = rva;
    name->order = (uint32_t)symbols->name_count;
    name->text = check(strdup(text));
    return true;
}

static int compare_names(const void *left, const void *right)
{
    const struct name *a = left, *b = right;

    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void read_file(struct host_symbols *symbols)
{
    if (symbols->read)
        return;
    symbols->read = true;
    symbols->valid = host_pe_parse(symbols->file, symbols->size, &symbols->view);
    if (!symbols->valid)
        return;
    symbols->dwarf = host_dwarf_open(&symbols->view);
    host_pe_names(&symbols->view, add_name, symbols);
    if (symbols->name_count > 0)
        qsort(symbols->names, symbols->name_count, sizeof(*symbols->names), compare_names);
}

/* The last name at or below `rva` in the same section; of several at one address the first. */
static const struct name *nearest_name(const struct host_symbols *symbols, uint32_t rva)
{
    size_t low = 0, high = symbols->name_count;
    const struct host_pe_section *section = host_pe_section_at(&symbols->view, rva);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->names[middle].rva <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || section == NULL || symbols->names[low - 1].rva < section->rva)
        return NULL;
    low--;
    while (low > 0 && symbols->names[low - 1].rva == symbols->names[low].rva)
        low--;
    return &symbols->names[low];
}

bool host_symbols_lookup(struct host_symbols *symbols, uint32_t rva, struct host_source_line *out)
{
    memset(out, 0, sizeof(*out));
    read_file(symbols);
    if (!symbols->valid)
        return false;
    if (symbols->dwarf != NULL)
        host_dwarf_lookup(symbols->dwarf, rva, out);
    if (out->function == NULL) {
        const struct name *name = nearest_name(symbols, rva);
        if (name != NULL) {
            out->function = name->text;
            out->offset = rva - name->rva;
        }
    }
    return out->function != NULL;
}

bool host_symbols_find(struct host_symbols *symbols, const char *name, uint32_t *rva)
{
    read_file(symbols);
    /* The table first: it is already there, while DWARF would have to read every unit. */
    for (size_t i = 0; i < symbols->name_count; i++) {
        if (strcmp(symbols->names[i].text, name) == 0) {
            *rva = symbols->names[i].rva;
            return true;
        }
    }
    return symbols->dwarf != NULL && host_dwarf_find(symbols->dwarf, name, rva);
}
