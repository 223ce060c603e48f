/*
 * The image builder. The file grows at its end only; the state is the headers themselves: the last
 * section header says where the next byte belongs.
 */
#include "pe_builder.h"

#include <stdlib.h>
#include <string.h>

#define IMPORT_BY_ORDINAL (UINT64_C(1) << 63)

static void require(bool condition)
{
    if (!condition)
        abort();
}

struct pe_file_header *pe_builder_file_header(struct pe_builder *builder)
{
    return (void *)(builder->file + PE_BUILDER_NT_OFFSET);
}

struct pe_optional_header *pe_builder_optional(struct pe_builder *builder)
{
    return (void *)(pe_builder_file_header(builder) + 1);
}

struct pe_directory_entry *pe_builder_directory(struct pe_builder *builder, unsigned index)
{
    return (struct pe_directory_entry *)(pe_builder_optional(builder) + 1) + index;
}

struct pe_section_header *pe_builder_section_header(struct pe_builder *builder, unsigned index)
{
    return (struct pe_section_header *)pe_builder_directory(builder, PE_DIRECTORY_LIMIT) + index;
}

void pe_builder_begin(struct pe_builder *builder)
{
    struct pe_dos_header *dos = (void *)builder->file;
    struct pe_file_header *file = pe_builder_file_header(builder);
    struct pe_optional_header *optional = pe_builder_optional(builder);

    memset(builder, 0, sizeof(*builder));
    dos->magic = PE_DOS_MAGIC;
    dos->nt_header_offset = PE_BUILDER_NT_OFFSET;
    file->signature = PE_NT_SIGNATURE;
    file->machine = PE_MACHINE_X64;
    file->timestamp = 0x5f000000;
    file->optional_header_size =
        sizeof(*optional) + PE_DIRECTORY_LIMIT * sizeof(struct pe_directory_entry);
    file->characteristics = PE_FILE_EXECUTABLE | PE_FILE_LARGE_ADDRESS_AWARE;
    optional->magic = PE_OPTIONAL_MAGIC;
    optional->image_base = PE_BUILDER_BASE;
    optional->section_alignment = PE_PAGE_SIZE;
    optional->file_alignment = PE_BUILDER_FILE_ALIGNMENT;
    optional->major_os_version = 10;
    optional->major_subsystem_version = 10;
    optional->size_of_headers = PE_BUILDER_HEADER_SIZE;
    optional->size_of_image = PE_PAGE_SIZE;
    optional->subsystem = PE_SUBSYSTEM_NATIVE;
    optional->dll_characteristics = PE_DLL_DYNAMIC_BASE | PE_DLL_NX_COMPATIBLE;
    optional->stack_reserve = 0x100000;
    optional->stack_commit = 0x1000;
    optional->directory_count = PE_DIRECTORY_LIMIT;
    builder->size = PE_BUILDER_HEADER_SIZE;
}

static struct pe_section_header *last_section(struct pe_builder *builder)
{
    unsigned count = pe_builder_file_header(builder)->section_count;

    require(count > 0);
    return pe_builder_section_header(builder, count - 1);
}

/* Pads the file to where the next section may start, and counts the last one into the image. */
static void close_section(struct pe_builder *builder)
{
    struct pe_section_header *section;

    if (pe_builder_file_header(builder)->section_count == 0)
        return;
    section = last_section(builder);
    builder->size = (uint32_t)pe_round_up(builder->size, PE_BUILDER_FILE_ALIGNMENT);
    require(builder->size <= sizeof(builder->file));
    section->raw_size = builder->size - section->raw_offset;
    pe_builder_optional(builder)->size_of_image =
        section->rva + (uint32_t)pe_round_up(section->virtual_size, PE_PAGE_SIZE);
}

uint32_t pe_builder_section(struct pe_builder *builder, const char *name, uint32_t characteristics)
{
    struct pe_section_header *section;
    struct pe_file_header *file = pe_builder_file_header(builder);

    close_section(builder);
    section = pe_builder_section_header(builder, file->section_count++);
    require((uint8_t *)(section + 1) <= builder->file + PE_BUILDER_HEADER_SIZE);
    memcpy(section->name, name, strnlen(name, sizeof(section->name)));
    section->rva = pe_builder_optional(builder)->size_of_image;
    section->raw_offset = builder->size;
    section->characteristics = characteristics;
    return section->rva;
}

uint32_t pe_builder_reserve(struct pe_builder *builder, uint32_t length)
{
    struct pe_section_header *section = last_section(builder);
    uint32_t offset = (uint32_t)pe_round_up(section->virtual_size, 8);

    section->virtual_size = offset + length;
    builder->size = section->raw_offset + section->virtual_size;
    require(builder->size <= sizeof(builder->file));
    return section->rva + offset;
}

uint32_t pe_builder_string(struct pe_builder *builder, const char *string)
{
    uint32_t rva = pe_builder_reserve(builder, (uint32_t)strlen(string) + 1);

    strcpy(pe_builder_at(builder, rva), string);
    return rva;
}

void *pe_builder_at(struct pe_builder *builder, uint32_t rva)
{
    unsigned index = pe_builder_file_header(builder)->section_count;
    struct pe_section_header *section;

    do {
        require(index > 0);
        section = pe_builder_section_header(builder, --index);
    } while (rva < section->rva);
    require(rva - section->rva < section->virtual_size);
    return builder->file + section->raw_offset + (rva - section->rva);
}

static void set_directory(struct pe_builder *builder, unsigned index, uint32_t rva, uint32_t size)
{
    *pe_builder_directory(builder, index) = (struct pe_directory_entry){rva, size};
}

static unsigned function_count(const struct pe_builder_module *module)
{
    unsigned count = 0;

    while (module->functions[count])
        count++;
    return count;
}

/* A table of thunks, to be looked up and to be overwritten alike. Returns its RVA. */
static uint32_t add_thunks(struct pe_builder *builder, const struct pe_builder_module *module)
{
    unsigned count = function_count(module);
    uint32_t table = pe_builder_reserve(builder, (count + 1) * sizeof(uint64_t));

    for (unsigned index = 0; index < count; index++) {
        const char *name = module->functions[index];
        struct pe_unaligned64 *thunk;
        uint64_t value;

        if (name[0] == '#') {
            value = IMPORT_BY_ORDINAL | strtoul(name + 1, NULL, 10);
        } else {
            value = pe_builder_reserve(builder, sizeof(uint16_t) + (uint32_t)strlen(name) + 1);
            *(uint16_t *)pe_builder_at(builder, (uint32_t)value) = (uint16_t)index;
            strcpy((char *)pe_builder_at(builder, (uint32_t)value) + sizeof(uint16_t), name);
        }
        thunk = (struct pe_unaligned64 *)pe_builder_at(builder, table) + index;
        thunk->value = value;
    }
    return table;
}

void pe_builder_import(struct pe_builder *builder, const struct pe_builder_module *modules,
                       unsigned count)
{
    uint32_t size = (count + 1) * sizeof(struct pe_import_descriptor);
    uint32_t table = pe_builder_reserve(builder, size);

    for (unsigned index = 0; index < count; index++) {
        struct pe_import_descriptor descriptor = {
            .lookup_table_rva = add_thunks(builder, &modules[index]),
            .module_rva = pe_builder_string(builder, modules[index].name),
            .address_table_rva = add_thunks(builder, &modules[index]),
        };

        ((struct pe_import_descriptor *)pe_builder_at(builder, table))[index] = descriptor;
    }
    set_directory(builder, PE_DIRECTORY_IMPORT, table, size);
}

void pe_builder_delay_import(struct pe_builder *builder, const struct pe_builder_module *modules,
                             unsigned count)
{
    uint32_t size = (count + 1) * sizeof(struct pe_delay_import_descriptor);
    uint32_t table = pe_builder_reserve(builder, size);

    for (unsigned index = 0; index < count; index++) {
        struct pe_delay_import_descriptor descriptor = {
            .attributes = 1,
            .module_rva = pe_builder_string(builder, modules[index].name),
            .handle_rva = pe_builder_reserve(builder, sizeof(uint64_t)),
            .address_table_rva = add_thunks(builder, &modules[index]),
            .name_table_rva = add_thunks(builder, &modules[index]),
        };

        ((struct pe_delay_import_descriptor *)pe_builder_at(builder, table))[index] = descriptor;
    }
    set_directory(builder, PE_DIRECTORY_DELAY_IMPORT, table, size);
}

void pe_builder_export(struct pe_builder *builder, uint32_t ordinal_base,
                       const struct pe_builder_export *exports, unsigned count)
{
    uint32_t table = pe_builder_reserve(builder, sizeof(struct pe_export_directory));
    struct pe_export_directory directory = {
        .module_name_rva = pe_builder_string(builder, "sample.sys"),
        .ordinal_base = ordinal_base,
        .function_count = count,
        .function_rva = pe_builder_reserve(builder, count * sizeof(uint32_t)),
        .name_rva = pe_builder_reserve(builder, count * sizeof(uint32_t)),
        .ordinal_rva = pe_builder_reserve(builder, count * sizeof(uint16_t)),
    };
    struct pe_unaligned32 *functions = pe_builder_at(builder, directory.function_rva);
    struct pe_unaligned32 *names = pe_builder_at(builder, directory.name_rva);
    struct pe_unaligned16 *ordinals = pe_builder_at(builder, directory.ordinal_rva);

    for (unsigned index = 0; index < count; index++) {
        functions[index].value = exports[index].forwarder
                                     ? pe_builder_string(builder, exports[index].forwarder)
                                     : exports[index].rva;
        if (!exports[index].name)
            continue;
        names[directory.name_count].value = pe_builder_string(builder, exports[index].name);
        ordinals[directory.name_count++].value = (uint16_t)index;
    }
    *(struct pe_export_directory *)pe_builder_at(builder, table) = directory;
    set_directory(builder, PE_DIRECTORY_EXPORT, table, pe_builder_reserve(builder, 0) - table);
}

void pe_builder_relocation(struct pe_builder *builder, const uint32_t *rvas, unsigned count)
{
    uint32_t table = pe_builder_reserve(builder, 0);
    uint32_t end = table;

    for (unsigned index = 0; index < count;) {
        uint32_t page = rvas[index] & ~(uint32_t)(PE_PAGE_SIZE - 1);
        unsigned entries = 0;
        struct pe_relocation_block *block;

        while (index + entries < count && rvas[index + entries] - page < PE_PAGE_SIZE)
            entries++;
        end = pe_builder_reserve(builder, sizeof(*block) + (entries + 3) / 4 * 8);
        block = pe_builder_at(builder, end);
        *block = (struct pe_relocation_block){
            page, (uint32_t)pe_round_up(sizeof(*block) + entries * sizeof(uint16_t), 8)};
        for (unsigned entry = 0; entry < entries; entry++)
            ((struct pe_unaligned16 *)(block + 1))[entry].value =
                (uint16_t)(10 << 12 | (rvas[index + entry] - page));
        end += block->size;
        index += entries;
    }
    set_directory(builder, PE_DIRECTORY_RELOCATION, table, end - table);
}

void pe_builder_end(struct pe_builder *builder)
{
    close_section(builder);
    pe_builder_optional(builder)->checksum = pe_checksum(builder->file, builder->size);
}
