/*
 * What the PE library makes of images that are to be accepted: the sample driver, and variations of
 * it that real drivers show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pe_sample.h"

#define NEW_BASE UINT64_C(0x600000120000)

static struct pe_sample sample;
static struct pe_view view;

static void *load_sample(void)
{
    struct pe_image image;
    struct pe_error error = {.text = ""};
    void *memory = NULL;

    if (pe_open(&image, sample.builder.file, sample.builder.size, &error)) {
        memory = calloc(1, image.headers.size_of_image);
        assert_non_null(memory);
        pe_layout(&image, memory);
        pe_view_open(&view, memory, image.headers.size_of_image, &error);
    }
    assert_string_equal(error.text, "");
    return memory;
}

static int set_up(void **state)
{
    pe_sample_build(&sample);
    *state = load_sample();
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* Replaces the loaded image by the sample as the test has changed it. */
static void reload(void **state)
{
    free(*state);
    *state = load_sample();
}

static uint64_t value_at(uint32_t rva)
{
    return ((struct pe_unaligned64 *)pe_view_at(&view, rva, 8))->value;
}

static void reads_headers(void **state)
{
    const struct pe_headers *headers = &view.headers;

    (void)state;
    assert_int_equal(headers->image_base, PE_BUILDER_BASE);
    assert_int_equal(headers->size_of_image, 0x6000);
    assert_int_equal(headers->size_of_headers, 0x400);
    assert_int_equal(headers->entry_rva, sample.entry_rva);
    assert_int_equal(headers->subsystem, PE_SUBSYSTEM_NATIVE);
    assert_int_equal(headers->dll_characteristics, PE_DLL_DYNAMIC_BASE | PE_DLL_NX_COMPATIBLE);
    assert_int_equal(headers->file_characteristics,
                     PE_FILE_EXECUTABLE | PE_FILE_LARGE_ADDRESS_AWARE);
    assert_int_equal(headers->timestamp, 0x5f000000);
    assert_int_equal(headers->stack_reserve, 0x100000);
    assert_int_equal(headers->stack_commit, 0x1000);
    assert_int_equal(headers->section_count, PE_SAMPLE_SECTION_COUNT);
}

static void lists_sections(void **state)
{
    static const struct {
        const char *name;
        uint32_t rva;
        unsigned protection;
        bool init;
    } expected[] = {
        {".text", 0x1000, PE_READ | PE_EXECUTE, false},
        {".rdata", 0x2000, PE_READ, false},
        {".data", 0x3000, PE_READ | PE_WRITE, false},
        {"INIT", 0x4000, PE_READ | PE_EXECUTE, true},
        {".reloc", 0x5000, PE_READ, true},
    };
    struct pe_section section;

    (void)state;
    for (unsigned index = 0; index < PE_SAMPLE_SECTION_COUNT; index++) {
        assert_true(pe_view_section_at(&view, index, &section));
        assert_string_equal(section.name, expected[index].name);
        assert_int_equal(section.rva, expected[index].rva);
        assert_int_equal(pe_section_protection(section.characteristics),
                         expected[index].protection);
        assert_int_equal(pe_section_is_init(&section), expected[index].init);
    }
    assert_false(pe_view_section_at(&view, PE_SAMPLE_SECTION_COUNT, &section));
    assert_int_equal(pe_section_protection(PE_SECTION_WRITE | PE_SECTION_EXECUTE),
                     PE_READ | PE_WRITE | PE_EXECUTE);
    assert_int_equal(pe_section_protection(0), 0);
}

static void hides_unprintable_section_names(void **state)
{
    struct pe_section section;

    memcpy(pe_builder_section_header(&sample.builder, PE_SAMPLE_DATA)->name, ".\xe4\x1b[2Jxyz", 8);
    reload(state);
    assert_true(pe_view_section_at(&view, PE_SAMPLE_DATA, &section));
    assert_string_equal(section.name, ".??[2Jxy");
}

static void lays_out_sections(void **state)
{
    (void)state;
    assert_int_equal(view.bytes[sample.entry_rva], 0xcc);
    assert_int_equal(view.bytes[0], 'M');
    assert_int_equal(value_at(sample.pointer_rva), PE_BUILDER_BASE + sample.entry_rva);
    assert_int_equal(view.bytes[0x3fff], 0);
    assert_null(pe_view_at(&view, 0x5fff, 2));
    assert_non_null(pe_view_at(&view, 0x6000, 0));
    assert_null(pe_view_at(&view, UINT64_MAX, 2));
}

/* VirtualSize 0 stands for the raw size; a raw size beyond the section is cut at its last page. */
static void accepts_odd_section_sizes(void **state)
{
    struct pe_section_header *data = pe_builder_section_header(&sample.builder, PE_SAMPLE_DATA);
    struct pe_section_header *reloc = pe_builder_section_header(&sample.builder, PE_SAMPLE_RELOC);
    struct pe_image image;
    struct pe_section section;

    data->virtual_size = 0;
    reloc->raw_size = 0x7fffffff;
    reload(state);
    assert_int_equal(value_at(sample.pointer_rva), PE_BUILDER_BASE + sample.entry_rva);
    assert_true(pe_open(&image, sample.builder.file, sample.builder.size, NULL));
    assert_true(pe_section_at(&image, PE_SAMPLE_DATA, &section));
    assert_int_equal(section.virtual_size, data->raw_size);
    assert_true(pe_section_at(&image, PE_SAMPLE_RELOC, &section));
    assert_int_equal(section.file_size, sample.builder.size - reloc->raw_offset);
}

/* A raw size without raw data is how some linkers write a section of zeros. */
static void accepts_a_section_without_data(void **state)
{
    pe_builder_section_header(&sample.builder, PE_SAMPLE_DATA)->raw_offset = 0;
    reload(state);
    assert_int_equal(value_at(sample.pointer_rva), 0);
}

/* A section of no size is nowhere, and overlaps nothing. */
static void accepts_an_empty_section(void **state)
{
    struct pe_section_header *data = pe_builder_section_header(&sample.builder, PE_SAMPLE_DATA);

    data->virtual_size = 0;
    data->raw_size = 0;
    data->rva = 0;
    reload(state);
    assert_int_equal(value_at(sample.pointer_rva), 0);
    assert_int_equal(view.bytes[0], 'M');
}

/* The position of raw data counts from the start of its 512-byte sector. */
static void rounds_raw_offsets_down(void **state)
{
    pe_builder_section_header(&sample.builder, PE_SAMPLE_DATA)->raw_offset += 0x10;
    reload(state);
    assert_int_equal(value_at(sample.pointer_rva), PE_BUILDER_BASE + sample.entry_rva);
}

/* SizeOfHeaders may be anything: what counts is that the section table is there. */
static void accepts_small_header_sizes(void **state)
{
    struct pe_section section;

    pe_builder_optional(&sample.builder)->size_of_headers = 0;
    reload(state);
    assert_true(pe_view_section_at(&view, PE_SAMPLE_RELOC, &section));
    assert_string_equal(section.name, ".reloc");
    pe_builder_optional(&sample.builder)->size_of_headers = 0x3000;
    reload(state);
    assert_int_equal(view.bytes[sample.entry_rva], 0xcc);
}

/* A driver whose sections lie closer than a page, at the same place in the file and in memory. */
static void accepts_low_alignment(void **state)
{
    struct pe_builder *builder = &sample.builder;

    free(*state);
    pe_builder_begin(builder);
    pe_builder_section(builder, ".text", PE_BUILDER_CODE | PE_SECTION_WRITE);
    memset(pe_builder_at(builder, pe_builder_reserve(builder, 0x40)), 0x90, 0x40);
    pe_builder_section(builder, ".data", PE_BUILDER_DATA);
    memset(pe_builder_at(builder, pe_builder_reserve(builder, 0x20)), 0x55, 0x20);
    pe_builder_end(builder);
    pe_builder_optional(builder)->section_alignment = 0x20;
    pe_builder_optional(builder)->file_alignment = 0x20;
    pe_builder_optional(builder)->size_of_image = 0x820;
    for (unsigned index = 0; index < 2; index++) {
        struct pe_section_header *section = pe_builder_section_header(builder, index);

        section->rva = section->raw_offset;
    }
    *state = load_sample();
    assert_int_equal(view.size, 0x1000);
    assert_int_equal(view.bytes[0x400], 0x90);
    assert_int_equal(view.bytes[0x43f], 0x90);
    assert_int_equal(view.bytes[0x440], 0);
    assert_int_equal(view.bytes[0x600], 0x55);
}

static void relocates(void **state)
{
    uint64_t base = NEW_BASE;

    (void)state;
    assert_true(pe_can_relocate(&view));
    assert_true(pe_relocate(&view, base, NULL));
    assert_int_equal(value_at(sample.pointer_rva), base + sample.entry_rva);
    assert_int_equal(view.headers.image_base, base);
    assert_true(pe_view_open(&view, view.bytes, view.size, NULL));
    assert_int_equal(view.headers.image_base, base);
    assert_true(pe_relocate(&view, PE_BUILDER_BASE, NULL));
    assert_int_equal(value_at(sample.pointer_rva), PE_BUILDER_BASE + sample.entry_rva);
}

/* The narrow types add their part of the distance, modulo their width. */
static void relocates_every_type(void **state)
{
    uint16_t entries[] = {0x1000, 0x2008, 0x3010, 0xa018, 0};
    struct pe_relocation_block *block =
        pe_view_at(&view, view.headers.directories[PE_DIRECTORY_RELOCATION].rva, 20);

    (void)state;
    *block = (struct pe_relocation_block){sample.pointer_rva, sizeof(*block) + sizeof(entries)};
    memcpy(block + 1, entries, sizeof(entries));
    view.headers.directories[PE_DIRECTORY_RELOCATION].size = block->size;
    memset(view.bytes + sample.pointer_rva, 0xff, 32);
    assert_true(pe_relocate(&view, PE_BUILDER_BASE + 0x123450000, NULL));
    assert_int_equal(value_at(sample.pointer_rva), UINT64_C(0xffffffffffff2344));
    assert_int_equal(value_at(sample.pointer_rva + 8), UINT64_C(0xffffffffffffffff));
    assert_int_equal(value_at(sample.pointer_rva + 16), UINT64_C(0xffffffff2344ffff));
    assert_int_equal(value_at(sample.pointer_rva + 24), UINT64_C(0x12344ffff));
}

/* Some linkers fill the table up with zeros, which would be a block without an end. */
static void accepts_padded_relocations(void **state)
{
    struct pe_directory_entry *directory =
        pe_builder_directory(&sample.builder, PE_DIRECTORY_RELOCATION);

    directory->size += 16;
    reload(state);
    assert_true(pe_relocate(&view, NEW_BASE, NULL));
    assert_int_equal(value_at(sample.pointer_rva), NEW_BASE + sample.entry_rva);
}

static void stays_where_it_is(void **state)
{
    (void)state;
    view.headers.directories[PE_DIRECTORY_RELOCATION].size = 1;
    assert_true(pe_relocate(&view, PE_BUILDER_BASE, NULL));
    assert_int_equal(value_at(sample.pointer_rva), PE_BUILDER_BASE + sample.entry_rva);
}

/* Code that refers to nothing by address has no relocations, and needs none. */
static void moves_an_image_without_relocations(void **state)
{
    pe_builder_directory(&sample.builder, PE_DIRECTORY_RELOCATION)->rva = 0;
    reload(state);
    assert_true(pe_can_relocate(&view));
    assert_true(pe_relocate(&view, NEW_BASE, NULL));
    assert_int_equal(view.headers.image_base, NEW_BASE);
}

static void check_import(struct pe_import_cursor *cursor, const char *module, const char *name,
                         uint16_t number)
{
    struct pe_import import;

    assert_true(pe_import_next(cursor, &import));
    assert_string_equal(import.module, module);
    assert_int_equal(import.delayed, cursor->delayed);
    if (name) {
        assert_string_equal(import.name, name);
        assert_int_equal(import.hint, number);
    } else {
        assert_null(import.name);
        assert_int_equal(import.ordinal, number);
    }
    memset(pe_view_at(&view, import.slot_rva, 8), 0xee, 8);
}

static void check_imports(void)
{
    struct pe_import_cursor cursor;
    struct pe_import import;

    pe_import_start(&cursor, &view);
    check_import(&cursor, "ntoskrnl.exe", "IoCreateDevice", 0);
    check_import(&cursor, "ntoskrnl.exe", "IofCompleteRequest", 1);
    check_import(&cursor, "ntoskrnl.exe", NULL, 12);
    check_import(&cursor, "HAL.dll", "KeStallExecutionProcessor", 0);
    assert_false(pe_import_next(&cursor, &import));
    assert_false(pe_import_next(&cursor, &import));
    assert_false(cursor.failed);
}

static void walks_imports(void **state)
{
    struct pe_import_cursor cursor;
    struct pe_import import;

    (void)state;
    check_imports();
    pe_delay_import_start(&cursor, &view);
    check_import(&cursor, "late.sys", "LateRoutine", 0);
    check_import(&cursor, "late.sys", NULL, 7);
    assert_false(pe_import_next(&cursor, &import));
    assert_false(cursor.failed);
}

/* The address table serves as lookup table when the linker wrote none, and is overwritten. */
static void walks_imports_without_lookup_table(void **state)
{
    uint32_t table = pe_builder_directory(&sample.builder, PE_DIRECTORY_IMPORT)->rva;
    struct pe_import_descriptor *descriptors = pe_builder_at(&sample.builder, table);

    descriptors[0].lookup_table_rva = 0;
    descriptors[1].lookup_table_rva = 0xffffffff;
    reload(state);
    check_imports();
}

static void walks_no_imports(void **state)
{
    struct pe_import_cursor cursor;
    struct pe_import import;

    pe_builder_directory(&sample.builder, PE_DIRECTORY_IMPORT)->rva = 0;
    reload(state);
    pe_import_start(&cursor, &view);
    assert_false(pe_import_next(&cursor, &import));
    assert_false(cursor.failed);
}

/* A slot that overwrites the module's name ends the walk at the next step. */
static void survives_imports_that_overwrite_themselves(void **state)
{
    struct pe_import_cursor cursor;
    struct pe_import import;
    uint32_t table = pe_builder_directory(&sample.builder, PE_DIRECTORY_IMPORT)->rva;
    struct pe_import_descriptor *descriptor = pe_builder_at(&sample.builder, table);

    descriptor->module_rva = (uint32_t)view.size - 4;
    descriptor->address_table_rva = (uint32_t)view.size - 8;
    reload(state);
    memcpy(view.bytes + view.size - 4, "abc", 4);
    pe_import_start(&cursor, &view);
    assert_true(pe_import_next(&cursor, &import));
    assert_string_equal(import.module, "abc");
    memset(pe_view_at(&view, import.slot_rva, 8), 0xee, 8);
    assert_false(pe_import_next(&cursor, &import));
    assert_string_equal(cursor.error.text, "the import module name points outside the image");
}

static void check_exports(void)
{
    struct pe_export found;

    assert_true(pe_export_find(&view, "Alpha", &found));
    assert_int_equal(found.rva, sample.entry_rva);
    assert_int_equal(found.ordinal, PE_SAMPLE_ORDINAL_BASE);
    assert_string_equal(found.name, "Alpha");
    assert_null(found.forwarder);
    assert_true(pe_export_find(&view, "alpha", &found));
    assert_int_equal(found.rva, sample.entry_rva + 0x30);
    assert_int_equal(found.ordinal, PE_SAMPLE_ORDINAL_BASE + 4);
    assert_true(pe_export_find(&view, "Gamma", &found));
    assert_int_equal(found.rva, 0);
    assert_string_equal(found.forwarder, "ntoskrnl.DbgPrint");
    assert_false(pe_export_find(&view, "Alph", &found));
    assert_false(pe_export_find(&view, "Alphas", &found));
    assert_false(pe_export_find(&view, "", &found));
    assert_false(pe_export_find(&view, "zeta", &found));
}

static void finds_exports(void **state)
{
    struct pe_export found;

    (void)state;
    assert_true(view.exports.sorted);
    check_exports();
    assert_true(pe_export_find_ordinal(&view, PE_SAMPLE_ORDINAL_BASE + 2, &found));
    assert_int_equal(found.rva, sample.entry_rva + 0x20);
    assert_null(found.name);
    assert_false(pe_export_find_ordinal(&view, PE_SAMPLE_ORDINAL_BASE - 1, &found));
    assert_false(pe_export_find_ordinal(&view, PE_SAMPLE_ORDINAL_BASE + 5, &found));
    assert_false(pe_export_find_ordinal(&view, UINT32_MAX, &found));
    assert_int_equal(view.exports.name_count, 4);
    assert_true(pe_export_at(&view, 1, &found));
    assert_string_equal(found.name, "Beta");
    assert_int_equal(found.ordinal, PE_SAMPLE_ORDINAL_BASE + 1);
    assert_false(pe_export_at(&view, 4, &found));
}

static void finds_unsorted_exports(void **state)
{
    struct pe_builder *builder = &sample.builder;
    struct pe_export_directory *directory =
        pe_builder_at(builder, pe_builder_directory(builder, PE_DIRECTORY_EXPORT)->rva);
    struct pe_unaligned32 *names = pe_builder_at(builder, directory->name_rva);
    struct pe_unaligned16 *ordinals = pe_builder_at(builder, directory->ordinal_rva);
    struct pe_unaligned32 name = names[0];
    struct pe_unaligned16 ordinal = ordinals[0];

    names[0] = names[3];
    ordinals[0] = ordinals[3];
    names[3] = name;
    ordinals[3] = ordinal;
    reload(state);
    assert_false(view.exports.sorted);
    check_exports();
}

/* A name or function outside the image is as good as absent; the rest stays usable. */
static void skips_broken_exports(void **state)
{
    struct pe_builder *builder = &sample.builder;
    struct pe_export_directory *directory =
        pe_builder_at(builder, pe_builder_directory(builder, PE_DIRECTORY_EXPORT)->rva);
    struct pe_export found;

    ((struct pe_unaligned32 *)pe_builder_at(builder, directory->name_rva))[1].value = 0xfffffff0;
    ((struct pe_unaligned32 *)pe_builder_at(builder, directory->function_rva))[2].value = 0x6000;
    reload(state);
    assert_false(view.exports.sorted); /* a search by halves could stop at it */
    assert_false(pe_export_at(&view, 1, &found));
    assert_false(pe_export_find_ordinal(&view, PE_SAMPLE_ORDINAL_BASE + 2, &found));
    assert_true(pe_export_find_ordinal(&view, PE_SAMPLE_ORDINAL_BASE + 1, &found));
    check_exports();
}

static void reads_load_config(void **state)
{
    uint64_t base = NEW_BASE;
    struct pe_load_config config;

    (void)state;
    assert_true(pe_relocate(&view, base, NULL));
    assert_true(pe_load_config(&view, base, &config));
    assert_int_equal(config.security_cookie, sample.cookie_rva);
    assert_int_equal(config.guard_check_pointer, sample.guard_check_rva);
    assert_int_equal(config.guard_dispatch_pointer, sample.guard_dispatch_rva);
    assert_int_equal(config.guard_xfg_check_pointer, 0);
    assert_int_equal(config.guard_flags, 0x100);
    assert_true(pe_load_config(&view, base + view.size, &config));
    assert_int_equal(config.security_cookie, 0);
}

/* Older linkers write fewer fields; the others must not be read from what follows. */
static void reads_short_load_config(void **state)
{
    uint32_t rva = pe_builder_directory(&sample.builder, PE_DIRECTORY_LOAD_CONFIG)->rva;
    struct pe_load_config config;

    ((struct pe_unaligned32 *)pe_builder_at(&sample.builder, rva))->value = 112;
    reload(state);
    assert_true(pe_load_config(&view, PE_BUILDER_BASE, &config));
    assert_int_equal(config.security_cookie, sample.cookie_rva);
    assert_int_equal(config.guard_check_pointer, 0);
    assert_int_equal(config.guard_flags, 0);
}

static void reads_tls(void **state)
{
    uint64_t base = NEW_BASE;
    struct pe_tls tls;

    (void)state;
    assert_true(pe_relocate(&view, base, NULL));
    assert_true(pe_tls(&view, base, &tls));
    assert_int_equal(tls.template_rva, sample.tls_template_rva);
    assert_int_equal(tls.template_size, 9);
    assert_int_equal(tls.zero_fill_size, PE_SAMPLE_TLS_ZERO_FILL);
    assert_int_equal(tls.index_rva, sample.tls_index_rva);
    assert_int_equal(pe_tls_callback_at(&view, &tls, 0), base + sample.entry_rva);
    assert_int_equal(pe_tls_callback_at(&view, &tls, 1), 0);
    assert_int_equal(pe_tls_callback_at(&view, &tls, UINT32_MAX), 0);
}

static void finds_functions(void **state)
{
    uint32_t count;
    const struct pe_runtime_function *functions = pe_functions(&view, &count);

    (void)state;
    assert_int_equal(count, PE_SAMPLE_FUNCTION_COUNT);
    for (uint32_t index = 0; index < count; index++) {
        uint32_t begin = sample.entry_rva + index * 2 * PE_SAMPLE_FUNCTION_SIZE;
        uint32_t end = begin + PE_SAMPLE_FUNCTION_SIZE;

        assert_ptr_equal(pe_function_at(&view, begin), functions + index);
        assert_ptr_equal(pe_function_at(&view, end - 1), functions + index);
        assert_null(pe_function_at(&view, begin - 1));
        assert_null(pe_function_at(&view, end));
    }
    assert_null(pe_function_at(&view, 0));
    assert_null(pe_function_at(&view, UINT32_MAX));
}

static void reads_codeview(void **state)
{
    struct pe_codeview codeview;

    (void)state;
    assert_true(pe_codeview(&view, &codeview));
    assert_string_equal(codeview.pdb_name, "C:\\build\\sample.pdb");
    assert_int_equal(codeview.age, 3);
    assert_int_equal(codeview.guid[15], 16);
}

/* Tables that Windows does not need are left aside when they reach out of the image. */
static void ignores_tables_that_end_outside(void **state)
{
    struct pe_load_config config;
    struct pe_codeview codeview;
    struct pe_tls tls;
    uint32_t count;

    view.headers.directories[PE_DIRECTORY_LOAD_CONFIG].rva = (uint32_t)view.size - 8;
    view.headers.directories[PE_DIRECTORY_TLS].rva = (uint32_t)view.size - 8;
    view.headers.directories[PE_DIRECTORY_EXCEPTION].size = UINT32_MAX;
    *(struct pe_unaligned32 *)pe_view_at(&view, view.size - 8, 4) = (struct pe_unaligned32){200};
    assert_false(pe_load_config(&view, PE_BUILDER_BASE, &config));
    assert_false(pe_tls(&view, PE_BUILDER_BASE, &tls));
    assert_null(pe_functions(&view, &count));
    assert_int_equal(count, 0);

    pe_builder_directory(&sample.builder, PE_DIRECTORY_DEBUG)->rva = 0x7000;
    reload(state);
    assert_false(pe_codeview(&view, &codeview));
}

/* Only an entry of the right type, with the right signature and a terminated name, counts. */
static void ignores_other_debug_records(void **state)
{
    struct pe_debug_entry *entries =
        pe_view_at(&view, view.headers.directories[PE_DIRECTORY_DEBUG].rva, 2 * sizeof(*entries));
    struct pe_codeview codeview;

    (void)state;
    entries[1].size -= 1;
    assert_false(pe_codeview(&view, &codeview));
    entries[1].size += 1;
    assert_true(pe_codeview(&view, &codeview));
    view.bytes[entries[1].rva] = 'X';
    assert_false(pe_codeview(&view, &codeview));
}

static void reports_absent_tables(void **state)
{
    struct pe_load_config config;
    struct pe_codeview codeview;
    struct pe_export found;
    struct pe_tls tls;
    uint32_t count;

    memset(pe_builder_directory(&sample.builder, 0), 0,
           PE_DIRECTORY_LIMIT * sizeof(struct pe_directory_entry));
    reload(state);
    assert_false(pe_load_config(&view, PE_BUILDER_BASE, &config));
    assert_false(pe_tls(&view, PE_BUILDER_BASE, &tls));
    assert_false(pe_codeview(&view, &codeview));
    assert_false(pe_export_find(&view, "Alpha", &found));
    assert_false(pe_export_find_ordinal(&view, 0, &found));
    assert_null(pe_functions(&view, &count));
    assert_null(pe_function_at(&view, sample.entry_rva));
}

/* 16-bit words, with the carry added back and without the checksum itself, plus the length. */
static void computes_the_checksum(void **state)
{
    struct pe_builder *builder = &sample.builder;
    uint32_t checksum = pe_checksum(builder->file, builder->size);

    (void)state;
    assert_int_equal(checksum, pe_builder_optional(builder)->checksum);
    builder->file[builder->size - 2] += 1;
    assert_int_equal(pe_checksum(builder->file, builder->size), checksum + 1);
    builder->file[builder->size] = 1;
    assert_int_equal(pe_checksum(builder->file, builder->size + 1), checksum + 3);
    assert_int_equal(pe_checksum(builder->file, 10), 0);
}

#define WITH_SAMPLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(reads_headers),
        WITH_SAMPLE(lists_sections),
        WITH_SAMPLE(hides_unprintable_section_names),
        WITH_SAMPLE(lays_out_sections),
        WITH_SAMPLE(accepts_odd_section_sizes),
        WITH_SAMPLE(accepts_a_section_without_data),
        WITH_SAMPLE(accepts_an_empty_section),
        WITH_SAMPLE(rounds_raw_offsets_down),
        WITH_SAMPLE(accepts_small_header_sizes),
        WITH_SAMPLE(accepts_low_alignment),
        WITH_SAMPLE(relocates),
        WITH_SAMPLE(relocates_every_type),
        WITH_SAMPLE(accepts_padded_relocations),
        WITH_SAMPLE(stays_where_it_is),
        WITH_SAMPLE(moves_an_image_without_relocations),
        WITH_SAMPLE(walks_imports),
        WITH_SAMPLE(walks_imports_without_lookup_table),
        WITH_SAMPLE(walks_no_imports),
        WITH_SAMPLE(survives_imports_that_overwrite_themselves),
        WITH_SAMPLE(finds_exports),
        WITH_SAMPLE(finds_unsorted_exports),
        WITH_SAMPLE(skips_broken_exports),
        WITH_SAMPLE(reads_load_config),
        WITH_SAMPLE(reads_short_load_config),
        WITH_SAMPLE(reads_tls),
        WITH_SAMPLE(finds_functions),
        WITH_SAMPLE(reads_codeview),
        WITH_SAMPLE(ignores_tables_that_end_outside),
        WITH_SAMPLE(ignores_other_debug_records),
        WITH_SAMPLE(reports_absent_tables),
        WITH_SAMPLE(computes_the_checksum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
