/*
 * The panes of `ringside top` without a terminal: what text becomes, where the cursor stays, and
 * rows from what programs in the machine print, also when that is not what it should be.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/top.h"

/* ---- text ---- */

static const struct {
    const char *text;
    const wchar_t *spelled;
} spellings[] = {
    {"plain", L"plain"},
    {"a\x1b[2Jb\x07\x7f", L"a\\x1B[2Jb\\x07\\x7F"},
    {"a\tb", L"a       b"},
    {"gr\xC3\xBC\xC3\x9F \xE4\xB8\x96", L"gr\u00fc\u00df \u4e16"},
    {"\xFF\xC3(", L"\\xFF\\xC3("},
    {"cut \xE4\xB8", L"cut \\xE4\\xB8"},
    {"\xC2\x9B"
     "31m",
     L"\\u009B31m"}, /* CSI as one character */
    {"\xE2\x80\xAE"
     "abc",
     L"\\u202Eabc"},            /* right to left from here */
    {"e\xCC\x81", L"e\\u0301"}, /* a mark on the letter before */
    {"", L""},
};

static void test_spell(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        wchar_t cells[256];
        size_t count = top_text_spell(spellings[i].text, cells, 255);

        cells[count] = 0;
        if (wcscmp(cells, spellings[i].spelled) != 0)
            fail_msg("row %zu: %ls", i, cells);
    }
}

static void test_spell_keeps_the_limit(void **context)
{
    wchar_t cells[65];
    char text[400];

    (void)context;
    memset(text, 1, sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (size_t limit = 0; limit <= 64; limit++) {
        cells[limit] = L'!';
        assert_true(top_text_spell(text, cells, limit) <= limit);
        assert_int_equal(cells[limit], L'!');
    }
}

static const struct {
    const char *text;
    int columns;
    const char *fitted;
} fits[] = {
    {"abc", 5, "abc  "},
    {"abcdef", 3, "abc"},
    {"\xE4\xB8\x96\xE7\x95\x8C", 3, "\xE4\xB8\x96 "}, /* two columns each */
    {"\x01", 4, "\\x01"},
    {"", 2, "  "},
};

static void test_fit(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        char fitted[64];

        top_text_fit(fits[i].text, fits[i].columns, fitted, sizeof fitted);
        assert_string_equal(fitted, fits[i].fitted);
    }
}

/* ---- rows ---- */

static void fill(struct top_pane *pane, const char *const *keys)
{
    top_pane_begin(pane);
    for (; *keys; keys++)
        top_pane_add(pane, cli_copy(*keys), top_text_format("row %s", *keys), NULL);
    top_pane_end(pane);
}

static void test_cursor_stays_on_its_row(void **context)
{
    struct top_pane pane = {.title = ""};

    (void)context;
    fill(&pane, (const char *const[]){"a", "b", "c", NULL});
    top_pane_move(&pane, 1);
    fill(&pane, (const char *const[]){"new", "a", "b", "c", NULL});
    assert_string_equal(top_pane_row(&pane)->key, "b");
    fill(&pane, (const char *const[]){"new", "a", "c", NULL}); /* gone: the place stays */
    assert_string_equal(top_pane_row(&pane)->key, "c");
    fill(&pane, (const char *const[]){"a", NULL});
    assert_string_equal(top_pane_row(&pane)->key, "a");
    fill(&pane, (const char *const[]){NULL});
    assert_null(top_pane_row(&pane));
    top_pane_move(&pane, -5);
    top_pane_move(&pane, 5);
    assert_false(top_pane_find(&pane, "row", false));
    top_pane_free(&pane);
}

static void test_moves_and_finds(void **context)
{
    struct top_pane pane = {.title = ""};

    (void)context;
    fill(&pane, (const char *const[]){"a1", "b", "a2", "c", NULL});
    top_pane_move(&pane, 100);
    assert_int_equal(pane.cursor, 3);
    top_pane_scroll(&pane, 2);
    assert_int_equal(pane.first, 2);
    top_pane_move(&pane, -100);
    top_pane_scroll(&pane, 2);
    assert_int_equal(pane.first, 0);
    assert_true(top_pane_find(&pane, "ROW A", false));
    assert_int_equal(pane.cursor, 2);
    assert_true(top_pane_find(&pane, "row a", false)); /* around the end */
    assert_int_equal(pane.cursor, 0);
    assert_true(top_pane_find(&pane, "row a", true));
    assert_int_equal(pane.cursor, 2);
    assert_false(top_pane_find(&pane, "nothing", false));
    top_pane_drop(&pane, 3);
    assert_int_equal(pane.cursor, 0);
    assert_string_equal(top_pane_row(&pane)->key, "c");
    top_pane_free(&pane);
}

/* ---- debug output ---- */

static void print_lines(struct top_debug *debug, struct top_pane *pane, int from, int count)
{
    for (int i = from; i < from + count; i++)
        top_debug_add(debug, pane, TOP_PLAIN,
                      top_text_format("%s line %d", i % 2 ? "odd" : "even", i), NULL);
}

static void test_debug_follows_and_stands_still(void **context)
{
    struct top_debug debug = {0};
    struct top_pane pane = {.follows = true};

    (void)context;
    print_lines(&debug, &pane, 0, 10);
    assert_string_equal(top_pane_row(&pane)->text, "odd line 9");
    pane.follows = false;
    top_pane_move(&pane, -4);
    print_lines(&debug, &pane, 10, 10);
    assert_string_equal(top_pane_row(&pane)->text, "odd line 5");
    top_debug_filter(&debug, &pane, "EVEN*1;odd line 3");
    assert_int_equal(pane.count, 6); /* 10 12 14 16 18 and 3 */
    print_lines(&debug, &pane, 30, 4);
    assert_int_equal(pane.count, 8); /* "even line 30" has no 1; "odd line 31" and 33 begin so */
    top_debug_filter(&debug, &pane, "");
    assert_int_equal(pane.count, 24);
    top_debug_free(&debug);
    top_pane_free(&pane);
}

static void test_debug_forgets_the_oldest(void **context)
{
    struct top_debug debug = {0};
    struct top_pane pane = {.follows = false};

    (void)context;
    top_debug_filter(&debug, &pane, "odd");
    pane.follows = false;
    print_lines(&debug, &pane, 0, TOP_DEBUG_LINES);
    top_pane_move_to(&pane, pane.count - 1);
    print_lines(&debug, &pane, TOP_DEBUG_LINES, 1);
    assert_int_equal(debug.count, TOP_DEBUG_LINES - TOP_DEBUG_LINES / 10 + 1);
    assert_int_equal(pane.count, debug.count / 2);
    assert_string_equal(pane.rows[0].text, "odd line 2001");
    assert_string_equal(top_pane_row(&pane)->text, "odd line 19999");
    top_debug_free(&debug);
    top_pane_free(&pane);
}

/* ---- what programs print ---- */

static const char *const no_lists[] = {"", "{", "{}", "[1]", "[{}, null]", "7", NULL};

static void test_processes(void **context)
{
    struct top_processes processes = {0};
    struct top_pane pane = {.title = ""};

    (void)context;
    for (const char *const *text = no_lists; *text; text++)
        assert_false(top_processes_take(&processes, *text, false));
    top_processes_show(&processes, &pane);
    assert_int_equal(pane.count, 0);
    assert_true(top_processes_take(
        &processes, "[{\"pid\": 4, \"name\": \"System\"}, {\"pid\": 8, \"name\": null}, {}]",
        false));
    assert_true(top_processes_take(
        &processes, "[{\"pid\": 4, \"tid\": 12, \"state\": \"ready\"}, {\"pid\": 8}]", true));
    top_processes_show(&processes, &pane);
    assert_int_equal(pane.count, 3);
    top_pane_set_open(&pane, "4", true);
    top_processes_show(&processes, &pane);
    assert_int_equal(pane.count, 4);
    assert_string_equal(pane.rows[1].key, "4.12");
    assert_non_null(strstr(pane.rows[1].text, "ready"));
    assert_false(top_processes_take(&processes, "nonsense", false));
    top_processes_show(&processes, &pane);
    assert_int_equal(pane.count, 4); /* what was there stays */
    top_pane_free(&pane);
    top_processes_free(&processes);
}

static void test_objects(void **context)
{
    static const char root[] = "[{\"path\": \"\\\\Device\", \"name\": \"Device\", \"type\": "
                               "\"Directory\"}, {\"path\": \"\\\\Link\", \"name\": \"Link\", "
                               "\"type\": \"SymbolicLink\", \"target\": \"\\\\Device\"}]";
    static const char device[] = "[{\"path\": \"\\\\Device\\\\Null\", \"name\": \"Null\", "
                                 "\"type\": \"Device\"}]";
    struct top_objects objects = {0};
    struct top_pane pane = {.title = ""};

    (void)context;
    assert_string_equal(top_objects_next(&objects, &pane), "\\");
    assert_null(top_objects_next(&objects, &pane));
    for (const char *const *text = no_lists; *text; text++)
        assert_false(top_objects_take(&objects, "\\", *text));
    assert_true(top_objects_take(&objects, "\\", root));
    top_objects_show(&objects, &pane);
    assert_int_equal(pane.count, 2);
    assert_true(pane.rows[0].has_parts && !pane.rows[1].has_parts);
    assert_non_null(strstr(pane.rows[1].brief, "\\Device"));
    top_pane_set_open(&pane, "\\Device", true);
    assert_string_equal(top_objects_next(&objects, &pane), "\\");
    assert_string_equal(top_objects_next(&objects, &pane), "\\Device");
    assert_true(top_objects_take(&objects, "\\Device", device));
    top_objects_show(&objects, &pane);
    assert_int_equal(pane.count, 3);
    assert_string_equal(pane.rows[1].key, "\\Device\\Null");
    top_pane_set_open(&pane, "\\Device", false);
    assert_null(top_objects_next(&objects, &pane));
    assert_int_equal(objects.count, 1); /* what is closed is forgotten */
    assert_true(top_objects_take(&objects, "\\", NULL));
    top_objects_show(&objects, &pane);
    assert_int_equal(pane.count, 0);
    top_pane_free(&pane);
    top_objects_free(&objects);
}

/* Directories that claim to hold each other must not be followed for ever. */
static void test_objects_in_a_circle(void **context)
{
    struct top_objects objects = {0};
    struct top_pane pane = {.title = ""};

    (void)context;
    top_pane_set_open(&pane, "\\A", true);
    top_pane_set_open(&pane, "\\B", true);
    assert_true(top_objects_take(&objects, "\\", "[{\"path\": \"\\\\A\"}]"));
    assert_true(top_objects_take(&objects, "\\A", "[{\"path\": \"\\\\B\"}]"));
    assert_true(top_objects_take(&objects, "\\B", "[{\"path\": \"\\\\A\"}]"));
    top_objects_show(&objects, &pane);
    assert_in_range(pane.count, 1, 64);
    top_pane_free(&pane);
    top_objects_free(&objects);
}

static void test_irps(void **context)
{
    struct top_irps irps = {0};
    struct top_pane pane = {.title = ""};

    (void)context;
    for (const char *const *text = no_lists; *text; text++)
        assert_false(top_irps_take(&irps, *text));
    assert_true(top_irps_take(
        &irps,
        "[{\"irp\": \"0x10\", \"state\": \"sent\", \"thread\": 8, \"process\": 4, "
        "\"process_name\": \"a.exe\", \"locations\": [{\"location\": 2}, {\"location\": 1, "
        "\"current\": true, \"major\": \"IRP_MJ_READ\", \"device_object\": \"0x20\", "
        "\"driver\": \"\\\\Driver\\\\keep\"}]}, {\"irp\": \"0x30\", \"state\": \"complete\"}, "
        "{\"irp\": \"0x40\", \"state\": \"sent\"}]"));
    top_irps_show(&irps, &pane);
    assert_int_equal(pane.count, 2); /* the complete one is not in flight */
    assert_non_null(strstr(pane.rows[0].brief, "+ READ "));
    assert_non_null(strstr(pane.rows[0].brief, "4 a.exe"));
    assert_non_null(strstr(pane.rows[0].brief, "\\Driver\\keep"));
    assert_non_null(strstr(pane.rows[1].brief, "a driver"));
    top_pane_set_open(&pane, "0x10", true);
    top_irps_show(&irps, &pane);
    assert_int_equal(pane.count, 4);
    assert_non_null(strstr(pane.rows[1].text, "not reached"));
    assert_non_null(strstr(pane.rows[2].text, ">  1"));
    assert_true(top_irps_take(&irps, "[]"));
    top_irps_show(&irps, &pane);
    assert_string_equal(pane.note, "none");
    top_pane_free(&pane);
    top_irps_free(&irps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spell),
        cmocka_unit_test(test_spell_keeps_the_limit),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_cursor_stays_on_its_row),
        cmocka_unit_test(test_moves_and_finds),
        cmocka_unit_test(test_debug_follows_and_stands_still),
        cmocka_unit_test(test_debug_forgets_the_oldest),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_objects_in_a_circle),
        cmocka_unit_test(test_irps),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
