/*
 * Tables. Cells are kept until the table is printed, as a column is as wide as its widest cell. See
 * tool.h.
 */
#include "tool.h"

#include <stdarg.h>
#include <stdlib.h>

#define GAP "  "

struct cell {
    wchar_t *text; /* NULL = the number, or nothing */
    size_t length;
    unsigned long long number;
    bool is_none;
};

struct tool_table {
    const struct tool_column *columns;
    size_t column_count;
    struct cell *cells; /* row by row */
    size_t count, room;
};

struct tool_table *tool_table_create(const struct tool_column *columns, size_t count)
{
    struct tool_table *table = tool_allocate(sizeof(*table));

    table->columns = columns;
    table->column_count = count;
    return table;
}

static void add(struct tool_table *table, struct cell cell)
{
    if (table->count == table->room) {
        table->room = table->room ? table->room * 2 : 64;
        table->cells = realloc(table->cells, table->room * sizeof(cell));
        if (!table->cells)
            exit(tool_fail(L"%ls", tool_error_text(ERROR_NOT_ENOUGH_MEMORY)));
    }
    table->cells[table->count++] = cell;
}

static void add_text(struct tool_table *table, const wchar_t *text, size_t length)
{
    struct cell cell = {.length = length};

    cell.text = tool_allocate((length + 1) * sizeof(*text));
    memcpy(cell.text, text, length * sizeof(*text));
    add(table, cell);
}

void tool_cell_text(struct tool_table *table, const wchar_t *text)
{
    add_text(table, text, wcslen(text));
}

void tool_cell_string(struct tool_table *table, const UNICODE_STRING *string)
{
    add_text(table, string->Buffer, string->Length / sizeof(wchar_t));
}

void tool_cell_format(struct tool_table *table, const wchar_t *format, ...)
{
    wchar_t text[1024];
    va_list arguments;

    va_start(arguments, format);
    _vsnwprintf(text, TOOL_COUNT(text) - 1, format, arguments);
    va_end(arguments);
    text[TOOL_COUNT(text) - 1] = 0;
    tool_cell_text(table, text);
}

void tool_cell_number(struct tool_table *table, unsigned long long number)
{
    add(table, (struct cell){.number = number});
}

void tool_cell_none(struct tool_table *table)
{
    add(table, (struct cell){.is_none = true});
}

size_t tool_table_rows(const struct tool_table *table)
{
    return table->count / table->column_count;
}

/* ---- for people ---- */

/* How a cell that is no text reads; `buffer` has room for 24. */
static const wchar_t *describe(const struct cell *cell, enum tool_kind kind, wchar_t *buffer)
{
    if (cell->is_none)
        return L"-";
    if (kind == TOOL_FLAG)
        return cell->number ? L"yes" : L"no";
    if (kind == TOOL_HEX32 || kind == TOOL_HEX64)
        _snwprintf(buffer, 24, L"0x%0*llX", kind == TOOL_HEX32 ? 8 : 16, cell->number);
    else
        _snwprintf(buffer, 24, L"%llu", cell->number);
    return buffer;
}

/* Cells of text in the form in which they are shown: parts of a list joined, nothing as "-". */
static void prepare(struct tool_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        struct cell *cell = &table->cells[i];
        enum tool_kind kind = table->columns[i % table->column_count].kind;
        wchar_t buffer[24], *joined;
        const wchar_t *shown = cell->length ? cell->text : L"-";
        size_t length = 0;

        if (!cell->text) {
            shown = describe(cell, kind, buffer);
        } else if (kind != TOOL_LIST && cell->length) {
            continue;
        }
        joined = tool_allocate((2 * wcslen(shown) + 1) * sizeof(*joined));
        for (; *shown; shown++) {
            if (*shown != L'\n')
                joined[length++] = *shown;
            else if (shown[1])
                length += (size_t)_snwprintf(joined + length, 2, L", ");
        }
        free(cell->text);
        cell->text = joined;
        cell->length = length;
    }
}

static void print_cell(const wchar_t *text, size_t length, size_t width, bool right)
{
    size_t used = tool_text_width(text, length);
    int padding = used < width ? (int)(width - used) : 0;

    if (right)
        printf("%*s", padding, "");
    tool_write_text(stdout, text, length);
    if (!right)
        printf("%*s", padding, "");
}

/* @param row  NULL = the headers */
static void print_row(const struct tool_table *table, const struct cell *row, const size_t *widths)
{
    size_t last = table->column_count;

    while (last > 0 && !table->columns[last - 1].header)
        last--;
    for (size_t i = 0, shown = 0; i < last; i++) {
        const struct tool_column *column = &table->columns[i];
        bool right = column->kind == TOOL_NUMBER;
        size_t width = i + 1 == last && !right ? 0 : widths[i];

        if (!column->header)
            continue;
        if (shown++)
            fputs(GAP, stdout);
        if (row)
            print_cell(row[i].text, row[i].length, width, right);
        else
            print_cell(column->header, wcslen(column->header), width, right);
    }
    fputc('\n', stdout);
}

static void print_text(struct tool_table *table)
{
    size_t *widths = tool_allocate(table->column_count * sizeof(*widths));

    prepare(table);
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].header)
            widths[i] = wcslen(table->columns[i].header);
    for (size_t i = 0; i < table->count; i++) {
        size_t width = tool_text_width(table->cells[i].text, table->cells[i].length);

        if (widths[i % table->column_count] < width)
            widths[i % table->column_count] = width;
    }
    print_row(table, NULL, widths);
    for (size_t i = 0; i + table->column_count <= table->count; i += table->column_count)
        print_row(table, &table->cells[i], widths);
    free(widths);
}

/* ---- for programs ---- */

static void print_json_list(const struct cell *cell)
{
    size_t start = 0;

    fputc('[', stdout);
    for (size_t i = 0; i < cell->length; i++) {
        if (cell->text[i] != L'\n')
            continue;
        fputs(start ? ", " : "", stdout);
        tool_write_json(stdout, cell->text + start, i - start);
        start = i + 1;
    }
    fputc(']', stdout);
}

static void print_json_cell(const struct cell *cell, enum tool_kind kind)
{
    wchar_t buffer[24];

    if (cell->is_none)
        fputs("null", stdout);
    else if (kind == TOOL_LIST)
        print_json_list(cell);
    else if (cell->text)
        tool_write_json(stdout, cell->text, cell->length);
    else if (kind == TOOL_NUMBER)
        printf("%llu", cell->number);
    else if (kind == TOOL_FLAG)
        fputs(cell->number ? "true" : "false", stdout);
    else
        printf("\"%ls\"", describe(cell, kind, buffer));
}

static void print_json(const struct tool_table *table)
{
    const char *separator = "";

    fputc('[', stdout);
    for (size_t i = 0; i < table->count; i++) {
        const struct tool_column *column = &table->columns[i % table->column_count];

        if (i % table->column_count == 0) {
            printf("%s\n  {", i ? "}," : "");
            separator = "";
        }
        if (!column->key)
            continue;
        printf("%s\"%s\": ", separator, column->key);
        separator = ", ";
        print_json_cell(&table->cells[i], column->kind);
    }
    fputs(table->count ? "}\n]\n" : "]\n", stdout);
}

static void destroy(struct tool_table *table)
{
    fflush(stdout);
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i].text);
    free(table->cells);
    free(table);
}

void tool_table_print(struct tool_table *table, bool json)
{
    if (json)
        print_json(table);
    else
        print_text(table);
    destroy(table);
}

static void print_lines(struct tool_table *table)
{
    size_t width = 0;

    prepare(table);
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].header && wcslen(table->columns[i].header) > width)
            width = wcslen(table->columns[i].header);
    for (size_t i = 0; i < table->count; i++) {
        const wchar_t *header = table->columns[i % table->column_count].header;

        if (!header)
            continue;
        print_cell(header, wcslen(header), width, false);
        fputs(GAP, stdout);
        tool_write_text(stdout, table->cells[i].text, table->cells[i].length);
        fputc('\n', stdout);
    }
}

void tool_table_print_lines(struct tool_table *table, bool json)
{
    if (json)
        print_json(table);
    else
        print_lines(table);
    destroy(table);
}
