/* The sample driver. Nothing in it is ever run. */
#include "pe_sample.h"

#include <string.h>

static const struct pe_builder_module modules[] = {
    {"ntoskrnl.exe", {"IoCreateDevice", "IofCompleteRequest", "#12"}},
    {"HAL.dll", {"KeStallExecutionProcessor"}},
};

static const struct pe_builder_module delayed_modules[] = {
    {"late.sys", {"LateRoutine", "#7"}},
};

static void put_address(struct pe_builder *builder, uint32_t rva, uint32_t target)
{
    ((struct pe_unaligned64 *)pe_builder_at(builder, rva))->value = PE_BUILDER_BASE + target;
}

static void add_data(struct pe_sample *sample)
{
    struct pe_builder *builder = &sample->builder;

    pe_builder_section(builder, ".data", PE_BUILDER_DATA);
    sample->pointer_rva = pe_builder_reserve(builder, 8);
    sample->cookie_rva = pe_builder_reserve(builder, 8);
    sample->guard_check_rva = pe_builder_reserve(builder, 8);
    sample->guard_dispatch_rva = pe_builder_reserve(builder, 8);
    sample->tls_index_rva = pe_builder_reserve(builder, 4);
    sample->tls_callbacks_rva = pe_builder_reserve(builder, 16);
    put_address(builder, sample->pointer_rva, sample->entry_rva);
    put_address(builder, sample->tls_callbacks_rva, sample->entry_rva);
}

static void add_exports(struct pe_sample *sample)
{
    const struct pe_builder_export exports[] = {
        {"Alpha", sample->entry_rva, NULL},        {"Beta", sample->entry_rva + 0x10, NULL},
        {NULL, sample->entry_rva + 0x20, NULL},    {"Gamma", 0, "ntoskrnl.DbgPrint"},
        {"alpha", sample->entry_rva + 0x30, NULL},
    };

    pe_builder_export(&sample->builder, PE_SAMPLE_ORDINAL_BASE, exports,
                      sizeof(exports) / sizeof(exports[0]));
}

static void add_functions(struct pe_sample *sample)
{
    struct pe_builder *builder = &sample->builder;
    uint32_t size = PE_SAMPLE_FUNCTION_COUNT * sizeof(struct pe_runtime_function);
    uint32_t table = pe_builder_reserve(builder, size);
    struct pe_runtime_function *functions = pe_builder_at(builder, table);

    for (unsigned index = 0; index < PE_SAMPLE_FUNCTION_COUNT; index++) {
        uint32_t begin = sample->entry_rva + index * 2 * PE_SAMPLE_FUNCTION_SIZE;

        functions[index] =
            (struct pe_runtime_function){begin, begin + PE_SAMPLE_FUNCTION_SIZE, table};
    }
    *pe_builder_directory(builder, PE_DIRECTORY_EXCEPTION) =
        (struct pe_directory_entry){table, size};
}

static void add_codeview(struct pe_sample *sample)
{
    static const char pdb_name[] = "C:\\build\\sample.pdb";
    struct pe_builder *builder = &sample->builder;
    uint32_t table = pe_builder_reserve(builder, 2 * sizeof(struct pe_debug_entry));
    struct pe_debug_entry *entries = pe_builder_at(builder, table);
    uint32_t size = sizeof(struct pe_codeview_record) + sizeof(pdb_name);
    uint32_t rva = pe_builder_reserve(builder, size);
    struct pe_codeview_record *record = pe_builder_at(builder, rva);

    entries[0] = (struct pe_debug_entry){.type = 16, .size = 0x24, .rva = rva};
    entries[1] = (struct pe_debug_entry){.type = 2, .size = size, .rva = rva};
    record->signature = 0x53445352;
    for (unsigned index = 0; index < sizeof(record->guid); index++)
        record->guid[index] = (uint8_t)(index + 1);
    record->age = 3;
    memcpy(record->pdb_name, pdb_name, sizeof(pdb_name));
    *pe_builder_directory(builder, PE_DIRECTORY_DEBUG) =
        (struct pe_directory_entry){table, 2 * sizeof(*entries)};
}

/* The tables that hold virtual addresses. Returns the RVAs of those addresses, in ascending order.
 */
static unsigned add_address_tables(struct pe_sample *sample, uint32_t *relocations)
{
    struct pe_builder *builder = &sample->builder;
    uint32_t config = pe_builder_reserve(builder, sizeof(struct pe_load_config_directory));
    uint32_t tls = pe_builder_reserve(builder, sizeof(struct pe_tls_directory));
    unsigned count = 0;

    sample->tls_template_rva = pe_builder_string(builder, "template");
    ((struct pe_load_config_directory *)pe_builder_at(builder, config))->size =
        sizeof(struct pe_load_config_directory);
    ((struct pe_load_config_directory *)pe_builder_at(builder, config))->guard_flags = 0x100;
    ((struct pe_tls_directory *)pe_builder_at(builder, tls))->zero_fill_size =
        PE_SAMPLE_TLS_ZERO_FILL;
    *pe_builder_directory(builder, PE_DIRECTORY_LOAD_CONFIG) =
        (struct pe_directory_entry){config, sizeof(struct pe_load_config_directory)};
    *pe_builder_directory(builder, PE_DIRECTORY_TLS) =
        (struct pe_directory_entry){tls, sizeof(struct pe_tls_directory)};

    relocations[count++] = config + offsetof(struct pe_load_config_directory, security_cookie);
    relocations[count++] = config + offsetof(struct pe_load_config_directory, guard_check_pointer);
    relocations[count++] =
        config + offsetof(struct pe_load_config_directory, guard_dispatch_pointer);
    relocations[count++] = tls + offsetof(struct pe_tls_directory, template_start);
    relocations[count++] = tls + offsetof(struct pe_tls_directory, template_end);
    relocations[count++] = tls + offsetof(struct pe_tls_directory, index);
    relocations[count++] = tls + offsetof(struct pe_tls_directory, callbacks);
    return count;
}

static void add_relocations(struct pe_sample *sample, uint32_t *relocations, unsigned count)
{
    struct pe_builder *builder = &sample->builder;
    const uint32_t targets[] = {
        sample->cookie_rva,        sample->guard_check_rva,      sample->guard_dispatch_rva,
        sample->tls_template_rva,  sample->tls_template_rva + 9, sample->tls_index_rva,
        sample->tls_callbacks_rva,
    };

    for (unsigned index = 0; index < sizeof(targets) / sizeof(targets[0]); index++)
        put_address(builder, relocations[index], targets[index]);
    relocations[count++] = sample->pointer_rva;
    relocations[count++] = sample->tls_callbacks_rva;
    pe_builder_section(builder, ".reloc", PE_BUILDER_CONST | PE_SECTION_DISCARDABLE);
    pe_builder_relocation(builder, relocations, count);
}

void pe_sample_build(struct pe_sample *sample)
{
    struct pe_builder *builder = &sample->builder;
    uint32_t relocations[16];
    unsigned count;

    pe_builder_begin(builder);
    pe_builder_section(builder, ".text", PE_BUILDER_CODE);
    sample->entry_rva =
        pe_builder_reserve(builder, 2 * PE_SAMPLE_FUNCTION_COUNT * PE_SAMPLE_FUNCTION_SIZE);
    memset(pe_builder_at(builder, sample->entry_rva), 0xcc, PE_SAMPLE_FUNCTION_SIZE);
    pe_builder_optional(builder)->entry_rva = sample->entry_rva;

    pe_builder_section(builder, ".rdata", PE_BUILDER_CONST);
    add_exports(sample);
    add_functions(sample);
    add_codeview(sample);
    count = add_address_tables(sample, relocations);
    add_data(sample);

    pe_builder_section(builder, "INIT", PE_BUILDER_CODE | PE_SECTION_DISCARDABLE);
    pe_builder_import(builder, modules, sizeof(modules) / sizeof(modules[0]));
    pe_builder_delay_import(builder, delayed_modules,
                            sizeof(delayed_modules) / sizeof(delayed_modules[0]));
    add_relocations(sample, relocations, count);
    pe_builder_end(builder);
}
