/*
 * Reading PE files without trusting them.
 *
 * The order of checks follows the file: DOS header, NT headers, section table, COFF tables.
 * Sections that point outside the file keep their addresses and lose their data, because real
 * drivers with such sections load on Windows as long as nobody reads them.
 */
#include "pe_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NT_HEADER_POINTER = 0x3C,
    NT_FILE_HEADER_END = 24, /* signature and IMAGE_FILE_HEADER */
    OPTIONAL_MAGIC_PE32_PLUS = 0x20B,
    OPTIONAL_DIRECTORIES = 112, /* offset of the data directories in IMAGE_OPTIONAL_HEADER64 */
    MACHINE_AMD64 = 0x8664,
    SECTION_HEADER_SIZE = 40,
    SYMBOL_SIZE = 18,
    SYMBOL_CLASS_EXTERNAL = 2,
    SYMBOL_CLASS_STATIC = 3,
    SYMBOL_TYPE_FUNCTION = 0x20,
    EXPORT_DIRECTORY_SIZE = 40,
};

static bool inside(size_t size, uint64_t offset, uint64_t length)
{
    return offset <= size && length <= size - offset;
}

static void parse_coff_tables(struct host_pe_view *view, const uint8_t *file_header)
{
    uint64_t symbols = host_load32(file_header + 8);
    uint64_t count = host_load32(file_header + 12);
    uint64_t strings = symbols + count * SYMBOL_SIZE;

    if (symbols == 0 || !inside(view->size, symbols, count * SYMBOL_SIZE))
        return;
    view->symbols = view->file + symbols;
    view->symbol_count = (uint32_t)count;
    if (!inside(view->size, strings, 4))
        return;
    uint32_t length = host_load32(view->file + strings);
    /* The last byte must end a string, so that no name can run out of the table. */
    if (length > 4 && inside(view->size, strings, length) &&
        view->file[strings + length - 1] == '\0') {
        view->strings = (const char *)view->file + strings;
        view->strings_size = length;
    }
}

static const char *table_string(const struct host_pe_view *view, unsigned long offset)
{
    return offset >= 4 && offset < view->strings_size ? view->strings + offset : NULL;
}

static void parse_section(struct host_pe_view *view, const uint8_t *header)
{
    struct host_pe_section *section = &view->sections[view->section_count++];
    uint32_t raw_size = host_load32(header + 16);
    uint32_t raw_offset = host_load32(header + 20);

    memcpy(section->short_name, header, 8);
    if (section->short_name[0] == '/')
        section->name = table_string(view, strtoul(section->short_name + 1, NULL, 10));
    section->virtual_size = host_load32(header + 8);
    section->rva = host_load32(header + 12);
    section->characteristics = host_load32(header + 36);
    if (section->virtual_size == 0)
        section->virtual_size = raw_size;
    section->size = raw_size < section->virtual_size ? raw_size : section->virtual_size;
    if (section->size != 0 && inside(view->size, raw_offset, section->size))
        section->data = view->file + raw_offset;
    else
        section->size = 0;
}

bool host_pe_parse(const void *file, size_t size, struct host_pe_view *view)
{
    memset(view, 0, sizeof(*view));
    view->file = file;
    view->size = size;
    if (size < 64 || memcmp(file, "MZ", 2) != 0)
        return false;
    uint32_t nt = host_load32(view->file + NT_HEADER_POINTER);
    if (!inside(size, nt, NT_FILE_HEADER_END + OPTIONAL_DIRECTORIES))
        return false;

    const uint8_t *header = view->file + nt;
    const uint8_t *optional = header + NT_FILE_HEADER_END;
    unsigned count = host_load16(header + 6);
    unsigned optional_size = host_load16(header + 20);
    if (memcmp(header, "PE\0\0", 4) != 0 || host_load16(header + 4) != MACHINE_AMD64 ||
        host_load16(optional) != OPTIONAL_MAGIC_PE32_PLUS || optional_size < OPTIONAL_DIRECTORIES ||
        count > HOST_PE_SECTIONS ||
        !inside(size, nt, NT_FILE_HEADER_END + optional_size + count * SECTION_HEADER_SIZE))
        return false;

    view->image_base = host_load64(optional + 24);
    view->image_size = host_load32(optional + 56);
    unsigned directories = host_load32(optional + 108);
    for (unsigned i = 0; i < directories && i < HOST_PE_DIRECTORIES &&
                         OPTIONAL_DIRECTORIES + 8 * i + 8 <= optional_size;
         i++) {
        view->directories[i].rva = host_load32(optional + OPTIONAL_DIRECTORIES + 8 * i);
        view->directories[i].size = host_load32(optional + OPTIONAL_DIRECTORIES + 8 * i + 4);
    }
    parse_coff_tables(view, header + 4);
    for (unsigned i = 0; i < count; i++)
        parse_section(view, optional + optional_size + i * SECTION_HEADER_SIZE);
    return true;
}

const char *host_pe_section_name(const struct host_pe_section *section)
{
    return section->name != NULL ? section->name : section->short_name;
}

const struct host_pe_section *host_pe_section_at(const struct host_pe_view *view, uint32_t rva)
{
    for (unsigned i = 0; i < view->section_count; i++)
        if (rva >= view->sections[i].rva &&
            rva - view->sections[i].rva < view->sections[i].virtual_size)
            return &view->sections[i];
    return NULL;
}

const uint8_t *host_pe_bytes(const struct host_pe_view *view, uint32_t rva, uint32_t size)
{
    const struct host_pe_section *section = host_pe_section_at(view, rva);

    if (section == NULL || !inside(section->size, rva - section->rva, size))
        return NULL;
    return section->data + (rva - section->rva);
}

const char *host_pe_string(const struct host_pe_view *view, uint32_t rva)
{
    const struct host_pe_section *section = host_pe_section_at(view, rva);

    if (section == NULL || rva - section->rva >= section->size)
        return NULL;
    const char *text = (const char *)section->data + (rva - section->rva);
    return memchr(text, '\0', section->size - (rva - section->rva)) != NULL ? text : NULL;
}

/* A symbol that names code or data, not a section, a file or a debug record. */
static bool coff_symbol(const struct host_pe_view *view, const uint8_t *record, uint32_t *rva)
{
    unsigned section = host_load16(record + 12);
    unsigned class = record[16];

    if (section == 0 || section > view->section_count)
        return false;
    if (class != SYMBOL_CLASS_EXTERNAL &&
        !(class == SYMBOL_CLASS_STATIC && host_load16(record + 14) == SYMBOL_TYPE_FUNCTION))
        return false;
    *rva = view->sections[section - 1].rva + host_load32(record + 8);
    return *rva < view->image_size;
}

static bool coff_names(const struct host_pe_view *view, host_pe_visit_name *visit, void *context)
{
    for (uint32_t i = 0; i < view->symbol_count;
         i += 1u + view->symbols[(size_t)i * SYMBOL_SIZE + 17]) {
        const uint8_t *record = view->symbols + (size_t)i * SYMBOL_SIZE;
        char short_name[9] = {0};
        const char *name = short_name;
        uint32_t rva;

        if (!coff_symbol(view, record, &rva))
            continue;
        if (host_load32(record) == 0)
            name = table_string(view, host_load32(record + 4));
        else
            memcpy(short_name, record, 8);
        if (name != NULL && name[0] != '\0' && !visit(context, rva, name))
            return false;
    }
    return true;
}

static void export_names(const struct host_pe_view *view, host_pe_visit_name *visit, void *context)
{
    const uint8_t *directory =
        host_pe_bytes(view, view->directories[HOST_PE_EXPORT].rva, EXPORT_DIRECTORY_SIZE);

    if (directory == NULL || view->directories[HOST_PE_EXPORT].size == 0)
        return;
    uint32_t functions = host_load32(directory + 20), names = host_load32(directory + 24);
    /* Counts beyond 16 bits cannot be addressed by an ordinal. */
    if (functions > 0x10000 || names > 0x10000)
        return;
    const uint8_t *addresses = host_pe_bytes(view, host_load32(directory + 28), functions * 4);
    const uint8_t *name_rvas = host_pe_bytes(view, host_load32(directory + 32), names * 4);
    const uint8_t *ordinals = host_pe_bytes(view, host_load32(directory + 36), names * 2);
    if (addresses == NULL || name_rvas == NULL || ordinals == NULL)
        return;
    for (uint32_t i = 0; i < names; i++) {
        const char *name = host_pe_string(view, host_load32(name_rvas + 4 * i));
        uint32_t ordinal = host_load16(ordinals + 2 * i);
        if (name == NULL || ordinal >= functions)
            continue;
        uint32_t rva = host_load32(addresses + 4 * ordinal);
        /* An address inside the export directory is a forwarder's string. */
        if (rva - view->directories[HOST_PE_EXPORT].rva >= view->directories[HOST_PE_EXPORT].size &&
            rva < view->image_size && !visit(context, rva, name))
            return;
    }
}

void host_pe_names(const struct host_pe_view *view, host_pe_visit_name *visit, void *context)
{
    if (coff_names(view, visit, context))
        export_names(view, visit, context);
}
