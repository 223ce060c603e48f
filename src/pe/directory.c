/* The smaller directories: load configuration, thread-local storage, .pdata, CodeView record. */
#include "pe_internal.h"

enum {
    DEBUG_TYPE_CODEVIEW = 2,
    CODEVIEW_SIGNATURE = 0x53445352, /* "RSDS" */
};

/* The RVA of `length` bytes at a virtual address; 0 if it is null or not inside the image. */
static uint32_t rva_of(const struct pe_view *view, uint64_t base, uint64_t address, uint64_t length)
{
    if (address == 0 || !pe_range_inside(address - base, length, view->size))
        return 0;
    return (uint32_t)(address - base);
}

/* Where the load configuration is, and how much of it the linker wrote. */
struct config_extent {
    const uint8_t *bytes;
    uint32_t length;
};

/* The RVA of the 8-byte variable whose address the field at `offset` holds; 0: no such field. */
static uint32_t config_rva(const struct pe_view *view, uint64_t base, struct config_extent extent,
                           size_t offset)
{
    const struct pe_unaligned64 *address;

    if (!pe_range_inside(offset, sizeof(*address), extent.length))
        return 0;
    address = (const void *)(extent.bytes + offset);
    return rva_of(view, base, address->value, sizeof(uint64_t));
}

#define CONFIG_FIELD(field) offsetof(struct pe_load_config_directory, field)

bool pe_load_config(const struct pe_view *view, uint64_t base, struct pe_load_config *config)
{
    uint32_t rva = view->headers.directories[PE_DIRECTORY_LOAD_CONFIG].rva;
    const struct pe_unaligned32 *size = rva ? pe_view_at(view, rva, sizeof(*size)) : NULL;
    struct config_extent extent;

    if (!size)
        return false;
    extent.length = pe_minimum(size->value, sizeof(struct pe_load_config_directory));
    extent.bytes = pe_view_at(view, rva, extent.length);
    if (!extent.bytes)
        return false;
    config->security_cookie = config_rva(view, base, extent, CONFIG_FIELD(security_cookie));
    config->guard_check_pointer = config_rva(view, base, extent, CONFIG_FIELD(guard_check_pointer));
    config->guard_dispatch_pointer =
        config_rva(view, base, extent, CONFIG_FIELD(guard_dispatch_pointer));
    config->guard_xfg_check_pointer =
        config_rva(view, base, extent, CONFIG_FIELD(guard_xfg_check_pointer));
    config->guard_xfg_dispatch_pointer =
        config_rva(view, base, extent, CONFIG_FIELD(guard_xfg_dispatch_pointer));
    config->guard_xfg_table_dispatch_pointer =
        config_rva(view, base, extent, CONFIG_FIELD(guard_xfg_table_dispatch_pointer));
    config->guard_flags = 0;
    if (pe_range_inside(CONFIG_FIELD(guard_flags), sizeof(uint32_t), extent.length))
        config->guard_flags =
            ((const struct pe_unaligned32 *)(extent.bytes + CONFIG_FIELD(guard_flags)))->value;
    return true;
}

bool pe_tls(const struct pe_view *view, uint64_t base, struct pe_tls *tls)
{
    uint32_t rva = view->headers.directories[PE_DIRECTORY_TLS].rva;
    const struct pe_tls_directory *directory =
        rva ? pe_view_at(view, rva, sizeof(*directory)) : NULL;
    uint64_t template_size;

    if (!directory)
        return false;
    template_size = directory->template_end - directory->template_start;
    tls->template_rva = rva_of(view, base, directory->template_start, template_size);
    tls->template_size = tls->template_rva ? (uint32_t)template_size : 0;
    tls->zero_fill_size = directory->zero_fill_size;
    tls->index_rva = rva_of(view, base, directory->index, sizeof(uint32_t));
    tls->callbacks_rva = rva_of(view, base, directory->callbacks, sizeof(uint64_t));
    return true;
}

uint64_t pe_tls_callback_at(const struct pe_view *view, const struct pe_tls *tls, uint32_t index)
{
    uint64_t rva = tls->callbacks_rva + (uint64_t)index * sizeof(uint64_t);
    const struct pe_unaligned64 *callback =
        tls->callbacks_rva ? pe_view_at(view, rva, sizeof(*callback)) : NULL;

    return callback ? callback->value : 0;
}

const struct pe_runtime_function *pe_functions(const struct pe_view *view, uint32_t *count)
{
    struct pe_directory directory = view->headers.directories[PE_DIRECTORY_EXCEPTION];
    const struct pe_runtime_function *functions =
        directory.rva ? pe_view_at(view, directory.rva, directory.size) : NULL;

    *count = functions ? directory.size / (uint32_t)sizeof(*functions) : 0;
    return *count ? functions : NULL;
}

const struct pe_runtime_function *pe_function_at(const struct pe_view *view, uint32_t rva)
{
    uint32_t low = 0, high;
    const struct pe_runtime_function *functions = pe_functions(view, &high);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (rva < functions[middle].begin_rva)
            high = middle;
        else if (rva >= functions[middle].end_rva)
            low = middle + 1;
        else
            return &functions[middle];
    }
    return NULL;
}

/* The record of a debug directory entry, if it is of the form that names a PDB 7.0 file. */
static bool read_codeview(const struct pe_view *view, const struct pe_debug_entry *entry,
                          struct pe_codeview *codeview)
{
    const struct pe_codeview_record *record;

    if (entry->type != DEBUG_TYPE_CODEVIEW || entry->rva == 0 || entry->size <= sizeof(*record))
        return false;
    record = pe_view_at(view, entry->rva, entry->size);
    if (!record || record->signature != CODEVIEW_SIGNATURE)
        return false;
    for (unsigned index = 0; index < sizeof(codeview->guid); index++)
        codeview->guid[index] = record->guid[index];
    codeview->age = record->age;
    codeview->pdb_name = pe_view_string(view, (uint64_t)entry->rva + sizeof(*record),
                                        entry->size - (uint32_t)sizeof(*record));
    return codeview->pdb_name != NULL;
}

bool pe_codeview(const struct pe_view *view, struct pe_codeview *codeview)
{
    struct pe_directory directory = view->headers.directories[PE_DIRECTORY_DEBUG];
    const struct pe_debug_entry *entries =
        directory.rva ? pe_view_at(view, directory.rva, directory.size) : NULL;
    uint32_t count = entries ? directory.size / (uint32_t)sizeof(*entries) : 0;

    for (uint32_t index = 0; index < count; index++) {
        if (read_codeview(view, &entries[index], codeview))
            return true;
    }
    return false;
}
