/*
 * Names and lines of PE images. Usage: symbols_test IMAGE…
 * Each image is symbols_fixture.c, built with another DWARF version or compiler.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/pe_view.h"
#include "host/symbols.h"

struct image {
    uint8_t *bytes;
    size_t size;
};

static struct image images[8];
static size_t image_count;

static bool read_image(const char *path)
{
    struct image *image = &images[image_count];
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return false;
    image->bytes = malloc(1 << 20);
    image->size = fread(image->bytes, 1, 1 << 20, file);
    fclose(file);
    image_count++;
    return image->size > 0;
}

static bool ends_with(const char *text, const char *end)
{
    return text != NULL && strlen(text) >= strlen(end) &&
           strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static void functions_and_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < image_count; i++) {
        struct host_symbols *symbols = host_symbols_open(images[i].bytes, images[i].size);
        struct host_source_line line;
        uint32_t rva;

        assert_true(host_symbols_find(symbols, "Outer", &rva));
        assert_true(host_symbols_lookup(symbols, rva, &line));
        assert_string_equal(line.function, "Outer");
        assert_int_equal(line.offset, 0);
        assert_true(ends_with(line.file, "symbols_fixture.c"));
        assert_in_range(line.line, 400, 403);

        assert_true(host_symbols_lookup(symbols, rva + 1, &line));
        assert_string_equal(line.function, "Outer");
        assert_int_equal(line.offset, 1);

        assert_true(host_symbols_find(symbols, "inner", &rva)); /* static */
        assert_true(host_symbols_lookup(symbols, rva, &line));
        assert_string_equal(line.function, "inner");
        assert_false(host_symbols_find(symbols, "absent", &rva));
        host_symbols_close(symbols);
    }
}

/* Some instruction of inner() belongs to innermost(), inlined into scale(), inlined at 305. */
static void inlined_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < image_count; i++) {
        struct host_symbols *symbols = host_symbols_open(images[i].bytes, images[i].size);
        struct host_source_line line;
        uint32_t start;
        unsigned found = 0;

        assert_true(host_symbols_find(symbols, "inner", &start));
        for (uint32_t rva = start; host_symbols_lookup(symbols, rva, &line); rva++) {
            if (strcmp(line.function, "inner") != 0)
                break;
            if (line.inlined_count != 2 || line.line != 102)
                continue;
            assert_string_equal(line.inlined[0].function, "innermost");
            assert_int_equal(line.inlined[0].call_line, 202);
            assert_true(ends_with(line.inlined[0].call_file, "symbols_fixture.c"));
            assert_string_equal(line.inlined[1].function, "scale");
            assert_int_equal(line.inlined[1].call_line, 305);
            found++;
        }
        assert_true(found > 0);
        host_symbols_close(symbols);
    }
}

static void outside_of_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < image_count; i++) {
        struct host_symbols *symbols = host_symbols_open(images[i].bytes, images[i].size);
        struct host_source_line line;

        assert_false(host_symbols_lookup(symbols, 0, &line));
        assert_false(host_symbols_lookup(symbols, UINT32_MAX, &line));
        assert_null(line.function);
        assert_int_equal(line.line, 0);
        host_symbols_close(symbols);
    }
}

/* Without debug sections, export names still answer; without those, nothing does. */
static void falls_back_to_exports(void **state)
{
    (void)state;
    for (size_t i = 0; i < image_count; i++) {
        struct host_pe_view view;
        struct host_source_line line;
        uint32_t rva;
        uint8_t *copy = malloc(images[i].size);

        memcpy(copy, images[i].bytes, images[i].size);
        assert_true(host_pe_parse(copy, images[i].size, &view));
        uint32_t nt = host_load32(copy + 0x3C);
        memset(copy + nt + 12, 0, 8); /* the COFF symbol table, and so all long section names */
        struct host_symbols *symbols = host_symbols_open(copy, images[i].size);
        assert_true(host_symbols_find(symbols, "Outer", &rva));
        assert_false(host_symbols_find(symbols, "inner", &rva));
        assert_true(host_symbols_find(symbols, "DriverEntry", &rva));
        assert_true(host_symbols_lookup(symbols, rva + 2, &line));
        assert_string_equal(line.function, "DriverEntry");
        assert_int_equal(line.offset, 2);
        assert_null(line.file);
        host_symbols_close(symbols);

        symbols = host_symbols_open(copy, 100);
        assert_false(host_symbols_find(symbols, "Outer", &rva));
        assert_false(host_symbols_lookup(symbols, 0x1000, &line));
        host_symbols_close(symbols);
        free(copy);
    }
}

static void ask_everything(const uint8_t *bytes, size_t size)
{
    struct host_symbols *symbols = host_symbols_open(bytes, size);
    struct host_source_line line;
    uint32_t rva;

    host_symbols_find(symbols, "absent", &rva);
    for (rva = 0x1000; rva < 0x1200; rva += 16)
        host_symbols_lookup(symbols, rva, &line);
    host_symbols_close(symbols);
}

/* Cut files and damaged headers. The sanitizers of a test build are the judge. */
static void damaged_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < image_count; i++) {
        for (size_t size = 0; size < images[i].size; size += 1 + images[i].size / 300) {
            uint8_t *copy = malloc(size + 1); /* exact, so that an overrun is seen */
            memcpy(copy, images[i].bytes, size);
            ask_everything(copy, size);
            free(copy);
        }
        uint8_t *copy = malloc(images[i].size);
        for (size_t at = 0; at < 0x400; at++) {
            memcpy(copy, images[i].bytes, images[i].size);
            copy[at] ^= 0xFF;
            ask_everything(copy, images[i].size);
        }
        free(copy);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_and_lines), cmocka_unit_test(inlined_calls),
        cmocka_unit_test(outside_of_code),     cmocka_unit_test(falls_back_to_exports),
        cmocka_unit_test(damaged_files),
    };

    for (int i = 1; i < argc && image_count < 8; i++)
        if (!read_image(argv[i]))
            return 1;
    if (image_count == 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
