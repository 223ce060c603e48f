/*
 * Fuzz target for the PE library: loads the input as a loader would, writing to the image while it
 * walks the tables, and then asks every question of what is left. Strings are read to their end and
 * pointers to their full extent, so that a sanitizer judges every promise that pe.h makes.
 *
 * Returns 0 for an input that was opened, -1 for one that was refused (libFuzzer then leaves it out
 * of its corpus).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pe/pe.h"

#define NEW_BASE UINT64_C(0x600000000000)

enum {
    MEMORY_LIMIT = 16 << 20, /* larger images are opened but not laid out: it takes too long */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that is read goes in here, so that no read can be optimized away. */
static volatile uint64_t sink;

static void use_string(const char *string)
{
    if (string)
        sink += strlen(string);
}

static void use_bytes(const void *bytes, size_t length)
{
    for (size_t index = 0; index < length; index++)
        sink += ((const uint8_t *)bytes)[index];
}

static void check(bool condition)
{
    if (!condition)
        abort();
}

static void use_sections(const struct pe_image *image)
{
    struct pe_section section;
    unsigned count = 0;

    while (pe_section_at(image, count, &section)) {
        check((uint64_t)section.rva + section.virtual_size <= image->headers.size_of_image);
        check((uint64_t)section.rva + section.file_size <= image->headers.size_of_image);
        use_bytes(image->data + section.file_offset, section.file_size);
        use_string(section.name);
        sink += pe_section_protection(section.characteristics) + pe_section_is_init(&section);
        count++;
    }
    check(count == image->headers.section_count);
}

static void use_imports(struct pe_view *view, struct pe_import_cursor *cursor)
{
    struct pe_import import;

    while (pe_import_next(cursor, &import)) {
        use_string(import.module);
        use_string(import.name);
        memset(view->bytes + import.slot_rva, 0x60, 8);
    }
    use_string(cursor->error.text);
}

static void use_export(const struct pe_view *view, const struct pe_export *found)
{
    check(found->rva < view->size);
    use_string(found->forwarder);
    use_string(found->name);
}

static void use_exports(const struct pe_view *view)
{
    struct pe_export found;

    for (uint32_t index = 0; index <= view->exports.name_count && index < 64; index++) {
        if (pe_export_at(view, index, &found)) {
            use_export(view, &found);
            if (pe_export_find(view, found.name, &found))
                use_export(view, &found);
        }
        if (pe_export_find_ordinal(view, view->exports.ordinal_base + index, &found))
            use_export(view, &found);
    }
    if (pe_export_find(view, "Beta", &found))
        use_export(view, &found);
}

static void use_directories(const struct pe_view *view)
{
    uint32_t count;
    const struct pe_runtime_function *functions = pe_functions(view, &count);
    struct pe_load_config config;
    struct pe_codeview codeview;
    struct pe_tls tls;

    use_bytes(functions, count * sizeof(*functions));
    for (uint32_t rva = 0; rva < view->size; rva += 0x400)
        use_bytes(pe_function_at(view, rva), pe_function_at(view, rva) ? sizeof(*functions) : 0);
    if (pe_load_config(view, view->headers.image_base, &config)) {
        use_bytes(view->bytes + config.security_cookie, 8);
        use_bytes(view->bytes + config.guard_check_pointer, 8);
        use_bytes(view->bytes + config.guard_dispatch_pointer, 8);
    }
    if (pe_tls(view, view->headers.image_base, &tls)) {
        use_bytes(view->bytes + tls.template_rva, tls.template_size);
        use_bytes(view->bytes + tls.index_rva, 4);
        for (uint32_t index = 0; pe_tls_callback_at(view, &tls, index); index++)
            sink += index;
    }
    if (pe_codeview(view, &codeview))
        use_string(codeview.pdb_name);
}

static void use_view(struct pe_view *view)
{
    struct pe_error error;
    struct pe_section section;
    struct pe_import_cursor cursor;

    if (!pe_relocate(view, NEW_BASE, &error))
        use_string(error.text);
    pe_import_start(&cursor, view);
    use_imports(view, &cursor);
    pe_delay_import_start(&cursor, view);
    use_imports(view, &cursor);
    use_exports(view);
    use_directories(view);
    for (unsigned index = 0; pe_view_section_at(view, index, &section); index++)
        use_bytes(view->bytes + section.rva, section.virtual_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pe_image image;
    struct pe_view view;
    struct pe_error error = {.text = ""};
    void *memory;

    sink += pe_checksum(data, size);
    if (!pe_open(&image, data, size, &error)) {
        check(error.text[0] && strlen(error.text) < sizeof(error.text));
        return -1;
    }
    use_sections(&image);
    if (image.headers.size_of_image > MEMORY_LIMIT)
        return 0;
    memory = calloc(1, image.headers.size_of_image);
    check(memory != NULL);
    pe_layout(&image, memory);
    if (pe_view_open(&view, memory, image.headers.size_of_image, &error))
        use_view(&view);
    free(memory);
    return 0;
}
