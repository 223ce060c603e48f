/*
 * Images that must be refused: the sample driver with one thing changed, and the clause that says
 * what is wrong. Each image is read from a heap block of its exact size, so that an address
 * sanitizer sees any access past the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pe_sample.h"

#define NEW_BASE UINT64_C(0x600000000000)

/* What a row's offset is counted from. */
enum place {
    IN_FILE,
    IN_FILE_HEADER,
    IN_OPTIONAL_HEADER,
    IN_DIRECTORIES,
    IN_SECTIONS,
    IN_EXPORTS,
    IN_IMPORTS,
    IN_DELAY_IMPORTS,
    IN_RELOCATIONS,
    END_OF_FILE, /* the file is cut to `value` bytes */
};

struct refusal {
    enum place place;
    uint32_t offset;
    uint32_t width; /* of the value written, in bytes */
    uint64_t value;
    const char *message;
};

#define FILE_FIELD(field)                                                                          \
    IN_FILE_HEADER, offsetof(struct pe_file_header, field),                                        \
        sizeof(((struct pe_file_header *)0)->field)
#define OPTIONAL_FIELD(field)                                                                      \
    IN_OPTIONAL_HEADER, offsetof(struct pe_optional_header, field),                                \
        sizeof(((struct pe_optional_header *)0)->field)
#define DIRECTORY(index) IN_DIRECTORIES, PE_DIRECTORY_##index * 8, 4
#define DIRECTORY_SIZE(index) IN_DIRECTORIES, PE_DIRECTORY_##index * 8 + 4, 4
#define SECTION_FIELD(index, field)                                                                \
    IN_SECTIONS,                                                                                   \
        PE_SAMPLE_##index * sizeof(struct pe_section_header) +                                     \
            offsetof(struct pe_section_header, field),                                             \
        4
#define EXPORT_FIELD(field) IN_EXPORTS, offsetof(struct pe_export_directory, field), 4
#define IMPORT_FIELD(field) IN_IMPORTS, offsetof(struct pe_import_descriptor, field), 4
#define DELAY_FIELD(field) IN_DELAY_IMPORTS, offsetof(struct pe_delay_import_descriptor, field), 4

static const struct refusal refusals[] = {
    {END_OF_FILE, 0, 0, 0, "not a PE file (no MZ header)"},
    {END_OF_FILE, 0, 0, 1, "not a PE file (no MZ header)"},
    {IN_FILE, 0, 2, 0x5a4e, "not a PE file (no MZ header)"},
    {END_OF_FILE, 0, 0, 0x3f, "a file that ends inside the MZ header"},
    {IN_FILE, 0x3c, 4, 0xfffffff0,
     "not a PE file (the PE header would lie at 0xfffffff0, outside the file)"},
    {END_OF_FILE, 0, 0, 0x97, "not a PE file (the PE header would lie at 0x80, outside the file)"},
    {IN_FILE, 0x3c, 4, 0x40, "not a PE file (no PE signature)"},

    {FILE_FIELD(machine), 0x14c, "a 32-bit image (machine 0x14c); only x64 is supported"},
    {FILE_FIELD(machine), 0xaa64, "an ARM64 image (machine 0xaa64); only x64 is supported"},
    {FILE_FIELD(machine), 0x1c4, "a 32-bit ARM image (machine 0x1c4); only x64 is supported"},
    {FILE_FIELD(machine), 0x200, "an Itanium image (machine 0x200); only x64 is supported"},
    {FILE_FIELD(machine), 0x5064, "an image for machine 0x5064; only x64 is supported"},
    {FILE_FIELD(characteristics), 0x20, "not an executable image (the linker left it incomplete)"},
    {FILE_FIELD(optional_header_size), 0x60, "an optional header of 0x60 bytes; PE32+ needs 0x70"},
    {FILE_FIELD(optional_header_size), 0xffff,
     "a PE32+ header that ends inside the optional header"},
    {END_OF_FILE, 0, 0, 0x100, "a PE32+ header that ends inside the optional header"},
    {END_OF_FILE, 0, 0, 0x188 + 5 * 40 - 1, "a table of 5 sections that ends outside the file"},
    {FILE_FIELD(section_count), 0xffff, "a table of 65535 sections that ends outside the file"},

    {OPTIONAL_FIELD(magic), 0x10b, "a 32-bit (PE32) optional header in an x64 image"},
    {OPTIONAL_FIELD(magic), 0x107, "an optional header with the unknown magic 0x107"},
    {OPTIONAL_FIELD(size_of_image), 0, "SizeOfImage is 0"},
    {OPTIONAL_FIELD(size_of_image), 0x20000001,
     "SizeOfImage 0x20000001 is larger than the limit of 512 MiB"},
    {OPTIONAL_FIELD(section_alignment), 0x1800, "SectionAlignment 0x1800 is not a power of two"},
    {OPTIONAL_FIELD(section_alignment), 0, "SectionAlignment 0x0 is not a power of two"},
    {OPTIONAL_FIELD(file_alignment), 0x30, "FileAlignment 0x30 is not a power of two"},
    {OPTIONAL_FIELD(section_alignment), 0x100,
     "SectionAlignment 0x100 is smaller than FileAlignment 0x200"},
    {OPTIONAL_FIELD(image_base), 0x140001000, "ImageBase 0x140001000 is not a multiple of 64 KiB"},
    {OPTIONAL_FIELD(entry_rva), 0x6000, "the entry point 0x6000 lies outside the image"},
    {OPTIONAL_FIELD(size_of_headers), 0x6001, "SizeOfHeaders 0x6001 is larger than the image"},

    {SECTION_FIELD(DATA, raw_offset), 0x7fffff00, "section .data lies outside the file"},
    {SECTION_FIELD(DATA, raw_offset), 0xffffff00, "section .data lies outside the file"},
    {END_OF_FILE, 0, 0, 0x600, "section .rdata lies outside the file"},
    {SECTION_FIELD(TEXT, rva), 0x2000, "sections .text and .rdata overlap"},
    {SECTION_FIELD(RDATA, virtual_size), 0x1001, "sections .rdata and .data overlap"},
    {SECTION_FIELD(TEXT, rva), 0x5000, "sections .text and .rdata are not in ascending order"},
    {SECTION_FIELD(TEXT, rva), 0, "section .text overlaps the headers"},
    {SECTION_FIELD(TEXT, rva), 0x1010, "section .text at 0x1010 does not begin on a page"},
    {SECTION_FIELD(RELOC, virtual_size), 0xfffff000, "section .reloc lies outside the image"},
    {SECTION_FIELD(RELOC, rva), 0xfffff000, "section .reloc lies outside the image"},

    {DIRECTORY(IMPORT), 0x6000, "the import table points outside the image (0x6000)"},
    {DIRECTORY(EXPORT), 0xffffffff, "the export table points outside the image (0xffffffff)"},
    {DIRECTORY(RELOCATION), 0x6000, "the relocation table points outside the image (0x6000)"},
    {DIRECTORY(EXCEPTION), 0x6000, "the exception table points outside the image (0x6000)"},
    {DIRECTORY(LOAD_CONFIG), 0x6000, "the load configuration points outside the image (0x6000)"},
    {DIRECTORY(TLS), 0x6000, "the TLS directory points outside the image (0x6000)"},
    {DIRECTORY(DELAY_IMPORT), 0x6000, "the delay import table points outside the image (0x6000)"},

    {DIRECTORY(EXPORT), 0x5ff0, "the export table ends outside the image"},
    {EXPORT_FIELD(function_count), 0x40000000, "the export address table lies outside the image"},
    {EXPORT_FIELD(function_rva), 0xfffffffc, "the export address table lies outside the image"},
    {EXPORT_FIELD(name_rva), 0x5ffc, "the export name table lies outside the image"},
    {EXPORT_FIELD(name_count), 0x10001,
     "the export name table has 0x10001 entries; the limit is 0x10000"},
    {EXPORT_FIELD(ordinal_rva), 0x6000, "the export ordinal table lies outside the image"},

    {IN_RELOCATIONS, 4, 4, 0, "the relocation block at 0x5000 has the impossible size 0x0"},
    {IN_RELOCATIONS, 4, 4, 7, "the relocation block at 0x5000 has the impossible size 0x7"},
    {IN_RELOCATIONS, 4, 4, 0x800, "the relocation block at 0x5000 has the impossible size 0x800"},
    {IN_RELOCATIONS, 4, 4, 0xfffffff8,
     "the relocation block at 0x5000 has the impossible size 0xfffffff8"},
    {IN_RELOCATIONS, 0, 4, 0x6000,
     "the relocation block at 0x5000 points outside the image (0x6000)"},
    {IN_RELOCATIONS, 0, 4, 0xfffff000,
     "the relocation block at 0x5000 points outside the image (0xfffff000)"},
    {IN_RELOCATIONS, 0, 4, 0x5fff, "the relocation of 0x6"},
    {IN_RELOCATIONS, 8, 2, 0x4123, "the relocation of 0x2123 has the unknown type 4"},
    {DIRECTORY_SIZE(RELOCATION), 0x1001, "the relocation table ends outside the image"},

    {IMPORT_FIELD(module_rva), 0x6000, "the import module name points outside the image"},
    {IMPORT_FIELD(lookup_table_rva), 0x5ffc, "the import lookup table points outside the image"},
    {IMPORT_FIELD(lookup_table_rva), 0x4008, "the import name points outside the image"},
    {IMPORT_FIELD(address_table_rva), 0x5ffc, "the import address table points outside the image"},
    {DIRECTORY(IMPORT), 0x5ff0, "the import table points outside the image"},
    {DELAY_FIELD(attributes), 0, "the delay import table is of the old form with addresses"},
    {DELAY_FIELD(module_rva), 0x7000, "the delay import module name points outside the image"},
    {DELAY_FIELD(name_table_rva), 0x7000, "the delay import lookup table points outside the image"},
    {DELAY_FIELD(address_table_rva), 0x7000,
     "the delay import address table points outside the image"},
    {DIRECTORY(DELAY_IMPORT), 0x5ff0, "the delay import table points outside the image"},
};

static uint8_t *table_start(struct pe_builder *builder, unsigned directory)
{
    return pe_builder_at(builder, pe_builder_directory(builder, directory)->rva);
}

static uint8_t *place_start(struct pe_builder *builder, enum place place)
{
    switch (place) {
    case IN_FILE_HEADER:
        return (uint8_t *)pe_builder_file_header(builder);
    case IN_OPTIONAL_HEADER:
        return (uint8_t *)pe_builder_optional(builder);
    case IN_DIRECTORIES:
        return (uint8_t *)pe_builder_directory(builder, 0);
    case IN_SECTIONS:
        return (uint8_t *)pe_builder_section_header(builder, 0);
    case IN_EXPORTS:
        return table_start(builder, PE_DIRECTORY_EXPORT);
    case IN_IMPORTS:
        return table_start(builder, PE_DIRECTORY_IMPORT);
    case IN_DELAY_IMPORTS:
        return table_start(builder, PE_DIRECTORY_DELAY_IMPORT);
    case IN_RELOCATIONS:
        return table_start(builder, PE_DIRECTORY_RELOCATION);
    default:
        return builder->file;
    }
}

static bool walk_imports(const struct pe_view *view, struct pe_error *error)
{
    struct pe_import_cursor cursor;
    struct pe_import import;

    pe_import_start(&cursor, view);
    while (pe_import_next(&cursor, &import))
        continue;
    if (!cursor.failed) {
        pe_delay_import_start(&cursor, view);
        while (pe_import_next(&cursor, &import))
            continue;
    }
    *error = cursor.error;
    return !cursor.failed;
}

/* Loads a file as far as it goes. Returns whether all of it was accepted. */
static bool load(const uint8_t *file, size_t size, struct pe_error *error)
{
    struct pe_image image;
    struct pe_view view;
    void *memory;
    bool accepted;

    if (!pe_open(&image, file, size, error))
        return false;
    memory = calloc(1, image.headers.size_of_image);
    assert_non_null(memory);
    pe_layout(&image, memory);
    accepted = pe_view_open(&view, memory, image.headers.size_of_image, error) &&
               pe_relocate(&view, NEW_BASE, error) && walk_imports(&view, error);
    free(memory);
    return accepted;
}

static bool load_copy(const struct pe_builder *builder, size_t size, struct pe_error *error)
{
    uint8_t *file = malloc(size ? size : 1);
    bool accepted;

    assert_non_null(file);
    memcpy(file, builder->file, size);
    accepted = load(file, size, error);
    free(file);
    return accepted;
}

static void refuses_each_bad_image(void **state)
{
    static struct pe_sample sample;
    unsigned failures = 0;

    (void)state;
    for (unsigned index = 0; index < sizeof(refusals) / sizeof(refusals[0]); index++) {
        const struct refusal *row = &refusals[index];
        struct pe_error error = {.text = ""};
        size_t size;

        pe_sample_build(&sample);
        size = row->place == END_OF_FILE ? row->value : sample.builder.size;
        memcpy(place_start(&sample.builder, row->place) + row->offset, &row->value, row->width);
        if (!load_copy(&sample.builder, size, &error) &&
            strncmp(error.text, row->message, strlen(row->message)) == 0)
            continue;
        print_error("row %u: expected \"%s\", got \"%s\"\n", index, row->message, error.text);
        failures++;
    }
    assert_int_equal(failures, 0);
}

/* No prefix of a good file is read past its end, whatever is decided about it. */
static void survives_every_truncation(void **state)
{
    static struct pe_sample sample;
    struct pe_error error;

    (void)state;
    pe_sample_build(&sample);
    for (size_t size = 0; size < sample.builder.size; size++)
        load_copy(&sample.builder, size, &error);
    assert_true(load_copy(&sample.builder, sample.builder.size, &error));
}

static void refuses_to_move_a_fixed_image(void **state)
{
    static struct pe_sample sample;
    struct pe_error error;

    (void)state;
    pe_sample_build(&sample);
    pe_builder_file_header(&sample.builder)->characteristics |= PE_FILE_RELOCATIONS_STRIPPED;
    pe_builder_directory(&sample.builder, PE_DIRECTORY_RELOCATION)->rva = 0;
    assert_false(load_copy(&sample.builder, sample.builder.size, &error));
    assert_string_equal(error.text,
                        "has no relocations and its preferred base 0x140000000 is taken");
}

/* The section table has to be in memory too, where pe_view_section_at() reads it. */
static void refuses_headers_beyond_the_image(void **state)
{
    static struct pe_sample sample;
    struct pe_error error;

    (void)state;
    pe_sample_build(&sample);
    pe_builder_file_header(&sample.builder)->optional_header_size = 0xee0;
    pe_builder_optional(&sample.builder)->size_of_image = PE_PAGE_SIZE;
    pe_builder_optional(&sample.builder)->entry_rva = 0;
    memset(pe_builder_directory(&sample.builder, 0), 0, 16 * sizeof(struct pe_directory_entry));
    assert_false(load_copy(&sample.builder, sizeof(sample.builder.file), &error));
    assert_string_equal(error.text, "headers that are larger than the image");
}

/* The sample in memory, with a last section of 1 MiB of zeros for tables that are too large. */
static void *open_roomy_view(struct pe_view *view, uint32_t *room_rva)
{
    static struct pe_sample sample;
    struct pe_section_header *section;
    struct pe_image image;
    void *memory;

    pe_sample_build(&sample);
    section = pe_builder_section_header(&sample.builder, PE_SAMPLE_RELOC);
    section->virtual_size = 0x100000;
    pe_builder_optional(&sample.builder)->size_of_image = section->rva + section->virtual_size;
    assert_true(pe_open(&image, sample.builder.file, sample.builder.size, NULL));
    memory = calloc(1, image.headers.size_of_image);
    assert_non_null(memory);
    pe_layout(&image, memory);
    assert_true(pe_view_open(view, memory, image.headers.size_of_image, NULL));
    *room_rva = section->rva + PE_PAGE_SIZE;
    return memory;
}

/* A view takes no one's word for what is in memory, nor for how much of it there is. */
static void refuses_memory_that_is_no_image(void **state)
{
    uint8_t bytes[0x100] = {0};
    struct pe_error error;
    struct pe_view view;
    uint32_t room_rva;
    void *memory = open_roomy_view(&view, &room_rva);

    (void)state;
    assert_false(pe_view_open(&view, memory, 0x2000, &error));
    assert_string_equal(error.text, "SizeOfImage 0x105000 is larger than the memory of the image");
    assert_false(pe_view_open(&view, bytes, sizeof(bytes), &error));
    assert_string_equal(error.text, "not a PE file (no MZ header)");
    free(memory);
}

/* Descriptors that share one thunk table name more imports than there is room for. */
static void bounds_the_number_of_modules(void **state)
{
    struct pe_view view;
    struct pe_error error;
    uint32_t room_rva;
    void *memory = open_roomy_view(&view, &room_rva);
    struct pe_directory *directory = &view.headers.directories[PE_DIRECTORY_IMPORT];
    struct pe_import_descriptor *descriptors =
        pe_view_at(&view, room_rva, 4097 * sizeof(*descriptors));

    (void)state;
    for (unsigned index = 0; index < 4097; index++)
        descriptors[index] = *(struct pe_import_descriptor *)(view.bytes + directory->rva);
    directory->rva = room_rva;
    assert_false(walk_imports(&view, &error));
    assert_string_equal(error.text, "the import table names more than 4096 modules");
    descriptors[4096].module_rva = 0;
    assert_true(walk_imports(&view, &error));
    free(memory);
}

static void bounds_the_number_of_functions(void **state)
{
    struct pe_view view;
    struct pe_error error;
    uint32_t room_rva;
    void *memory = open_roomy_view(&view, &room_rva);
    struct pe_import_descriptor *descriptors =
        pe_view_at(&view, view.headers.directories[PE_DIRECTORY_IMPORT].rva, sizeof(*descriptors));
    struct pe_unaligned64 *thunks = pe_view_at(&view, room_rva, 65537 * sizeof(*thunks));

    (void)state;
    for (unsigned index = 0; index < 65537; index++)
        thunks[index].value = UINT64_C(1) << 63 | 5;
    descriptors[0].lookup_table_rva = room_rva;
    descriptors[0].address_table_rva = room_rva;
    assert_false(walk_imports(&view, &error));
    assert_string_equal(error.text, "the import table lists more than 65536 functions");
    descriptors[1].module_rva = 0;
    thunks[65536].value = 0;
    assert_true(walk_imports(&view, &error));
    free(memory);
}

/* An over-long message is cut, never written past the end. */
static void cuts_long_messages(void **state)
{
    struct pe_error error;
    char name[300];

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    assert_false(pe_fail(&error, "%s %s", name, name));
    assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
    assert_false(pe_fail(NULL, "%u", 1));
    pe_fail(&error, "%u 0x%x 0x%llx %s.", 4294967295u, 0xbeef, 0xfedcba9876543210ull, "end");
    assert_string_equal(error.text, "4294967295 0xbeef 0xfedcba9876543210 end.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_each_bad_image),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(refuses_to_move_a_fixed_image),
        cmocka_unit_test(refuses_headers_beyond_the_image),
        cmocka_unit_test(refuses_memory_that_is_no_image),
        cmocka_unit_test(bounds_the_number_of_modules),
        cmocka_unit_test(bounds_the_number_of_functions),
        cmocka_unit_test(cuts_long_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
