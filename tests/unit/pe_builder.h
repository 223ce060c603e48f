/*
 * Builds small PE32+ images in memory, for tests of whatever reads them.
 *
 *     struct pe_builder *builder = malloc(sizeof(*builder));
 *     pe_builder_begin(builder);
 *     pe_builder_section(builder, ".text", PE_BUILDER_CODE);
 *     uint32_t entry = pe_builder_reserve(builder, 16);
 *     memcpy(pe_builder_at(builder, entry), code, 16);
 *     pe_builder_optional(builder)->entry_rva = entry;
 *     pe_builder_section(builder, ".idata", PE_BUILDER_DATA);
 *     pe_builder_import(builder, modules, module_count);
 *     pe_builder_end(builder);       builder->file, builder->size: the file
 *
 * The result is a native x64 driver at base 0x140000000 with page-aligned sections; every header
 * field can be changed before or after pe_builder_end(), through the structures of pe_internal.h.
 * A builder that runs out of room aborts: sizes are the test's own.
 */
#ifndef RINGSIDE_PE_BUILDER_H
#define RINGSIDE_PE_BUILDER_H

#include "pe/pe_internal.h"

enum {
    PE_BUILDER_CAPACITY = 0x8000, /* of the file, in bytes */
    PE_BUILDER_HEADER_SIZE = 0x400,
    PE_BUILDER_NT_OFFSET = 0x80,
    PE_BUILDER_FILE_ALIGNMENT = 0x200,
};

#define PE_BUILDER_BASE UINT64_C(0x140000000)
#define PE_BUILDER_CODE (PE_SECTION_CODE | PE_SECTION_READ | PE_SECTION_EXECUTE)
#define PE_BUILDER_CONST (PE_SECTION_INITIALIZED_DATA | PE_SECTION_READ)
#define PE_BUILDER_DATA (PE_SECTION_INITIALIZED_DATA | PE_SECTION_READ | PE_SECTION_WRITE)

struct pe_builder {
    uint8_t file[PE_BUILDER_CAPACITY];
    uint32_t size; /* of the file so far */
};

/* One imported module. A name "#12" stands for ordinal 12. The list ends with NULL. */
struct pe_builder_module {
    const char *name;
    const char *functions[8];
};

/* One export: a function or a forwarder. Without a name it is exported by ordinal only. */
struct pe_builder_export {
    const char *name;
    uint32_t rva;
    const char *forwarder; /* NULL: rva counts */
};

/* Starts an image that has headers and no section. */
void pe_builder_begin(struct pe_builder *builder);

/* Starts the next section; the last one is complete. Returns its RVA. */
uint32_t pe_builder_section(struct pe_builder *builder, const char *name, uint32_t characteristics);

/* Adds `length` zero bytes, aligned to 8, to the last section. Returns their RVA. */
uint32_t pe_builder_reserve(struct pe_builder *builder, uint32_t length);

/* Adds a string to the last section. Returns its RVA. */
uint32_t pe_builder_string(struct pe_builder *builder, const char *string);

/* Where the byte at an RVA is in the file being built. */
void *pe_builder_at(struct pe_builder *builder, uint32_t rva);

/* The headers, to be changed at will. */
struct pe_file_header *pe_builder_file_header(struct pe_builder *builder);
struct pe_optional_header *pe_builder_optional(struct pe_builder *builder);
struct pe_directory_entry *pe_builder_directory(struct pe_builder *builder, unsigned index);
struct pe_section_header *pe_builder_section_header(struct pe_builder *builder, unsigned index);

/*
 * These add a table to the last section and enter it in the data directories.
 * Exports are numbered from ordinal_base on; named ones must come sorted for a sorted table.
 * Relocations are of the type DIR64, and must ascend.
 */
void pe_builder_import(struct pe_builder *builder, const struct pe_builder_module *modules,
                       unsigned count);
void pe_builder_delay_import(struct pe_builder *builder, const struct pe_builder_module *modules,
                             unsigned count);
void pe_builder_export(struct pe_builder *builder, uint32_t ordinal_base,
                       const struct pe_builder_export *exports, unsigned count);
void pe_builder_relocation(struct pe_builder *builder, const uint32_t *rvas, unsigned count);

/* Completes the last section, SizeOfImage and the checksum. */
void pe_builder_end(struct pe_builder *builder);

#endif
