/*
 * The text of an INF file as sections, lines and fields:
 *
 *   [section]                       ; a comment, to the end of the line
 *   key = field, "a field; with ""quotes""", \
 *         which goes on in this line
 *
 * Blanks around a field go; those in quotes stay. %strings% are replaced when a field is read
 * (inf_field.c), so that their section may come last. See inf.h.
 */
#include "inf.h"

struct parser {
    struct setup_inf *inf;
    const WCHAR *at;
    WCHAR *free;  /* the rest of inf->texts */
    UINT line;    /* of `at` */
    LONG section; /* -1 before the first one */
    DWORD error;
};

void inf_free(struct setup_inf *inf)
{
    setup_free(inf->texts);
    setup_free(inf->sections);
    setup_free(inf->lines);
    setup_free(inf->fields);
    setup_free(inf);
}

/* Makes room for one more element; powers of two are the sizes at which an array is full. */
static bool grow(struct parser *parser, void *array, UINT count, SIZE_T size)
{
    void **place = array, *larger;

    if (count & (count - 1) || (count != 0 && count < 16))
        return true;
    larger = setup_allocate((count == 0 ? 16 : 2 * (SIZE_T)count) * size);
    if (larger == NULL) {
        parser->error = ERROR_NOT_ENOUGH_MEMORY;
        return false;
    }
    if (count != 0)
        memcpy(larger, *place, count * size);
    setup_free(*place);
    *place = larger;
    return true;
}

static bool is_blank(WCHAR character)
{
    return character == L' ' || character == L'\t' || character == 0x1A; /* end of a DOS file */
}

static bool is_end_of_line(WCHAR character)
{
    return character == L'\r' || character == L'\n' || character == 0;
}

static void skip_blanks(struct parser *parser)
{
    while (is_blank(*parser->at))
        parser->at++;
}

/* Blanks and a comment; true at the end of the line. */
static bool skip_to_end(struct parser *parser)
{
    skip_blanks(parser);
    if (*parser->at == L';')
        while (!is_end_of_line(*parser->at))
            parser->at++;
    return is_end_of_line(*parser->at);
}

static void next_line(struct parser *parser)
{
    if (parser->at[0] == L'\r' && parser->at[1] == L'\n')
        parser->at++;
    if (*parser->at != 0) {
        parser->at++;
        parser->line++;
    }
}

static bool fail(struct parser *parser, DWORD error)
{
    parser->error = error;
    return false;
}

/* ---- fields ---- */

/* A backslash that is the last of its line: goes on in the next one. */
static bool skip_continuation(struct parser *parser)
{
    const WCHAR *at = parser->at;

    parser->at++;
    if (!skip_to_end(parser)) {
        parser->at = at;
        return false;
    }
    next_line(parser);
    skip_blanks(parser);
    return true;
}

/* What is between quotes; two quotes are one. */
static bool read_quoted(struct parser *parser, WCHAR **to)
{
    for (parser->at++;; parser->at++) {
        if (is_end_of_line(*parser->at))
            return fail(parser, ERROR_GENERAL_SYNTAX);
        if (*parser->at == L'"') {
            if (parser->at[1] != L'"')
                break;
            parser->at++;
        }
        *(*to)++ = *parser->at;
    }
    parser->at++;
    return true;
}

/* One field, up to its comma, its equal sign when it may be a key, a comment or the line's end. */
static bool read_field(struct parser *parser, bool may_be_key)
{
    struct setup_inf *inf = parser->inf;
    WCHAR *text = parser->free, *to = text, *end = text; /* blanks after `end` do not count */

    skip_blanks(parser);
    while (!is_end_of_line(*parser->at) && *parser->at != L',' && *parser->at != L';' &&
           !(may_be_key && *parser->at == L'=')) {
        if (*parser->at == L'"') {
            if (!read_quoted(parser, &to))
                return false;
            end = to;
        } else if (*parser->at != L'\\' || !skip_continuation(parser)) {
            *to++ = *parser->at++;
            end = is_blank(to[-1]) ? end : to;
        }
    }
    *end = 0;
    parser->free = end + 1;
    if (end - text >= MAX_INF_STRING_LENGTH)
        return fail(parser, ERROR_GENERAL_SYNTAX);
    if (!grow(parser, &inf->fields, inf->field_count, sizeof(*inf->fields)))
        return false;
    inf->fields[inf->field_count++] = text;
    return true;
}

static bool read_line(struct parser *parser)
{
    struct setup_inf *inf = parser->inf;
    struct inf_line line = {.number = parser->line, .first = inf->field_count};
    bool may_be_key = true;

    if (parser->section < 0)
        return fail(parser, ERROR_EXPECTED_SECTION_NAME);
    line.section = (UINT)parser->section;
    for (;;) {
        if (!read_field(parser, may_be_key))
            return false;
        if (*parser->at == L'=') {
            if (inf->fields[line.first][0] == 0)
                return fail(parser, ERROR_GENERAL_SYNTAX);
            line.has_key = true;
        }
        may_be_key = false;
        if (*parser->at != L'=' && *parser->at != L',')
            break;
        parser->at++;
    }
    line.count = inf->field_count - line.first - line.has_key;
    if (!grow(parser, &inf->lines, inf->line_count, sizeof(*inf->lines)))
        return false;
    inf->lines[inf->line_count++] = line;
    return true;
}

/* ---- sections ---- */

static bool add_section(struct parser *parser, const WCHAR *name, SIZE_T length)
{
    struct setup_inf *inf = parser->inf;

    parser->section = inf_section_index(inf, name, length);
    if (parser->section >= 0)
        return true;
    if (!grow(parser, &inf->sections, inf->section_count, sizeof(*inf->sections)))
        return false;
    memcpy(parser->free, name, length * sizeof(WCHAR));
    parser->free[length] = 0;
    parser->section = (LONG)inf->section_count;
    inf->sections[inf->section_count++] = parser->free;
    parser->free += length + 1;
    return true;
}

static bool read_section(struct parser *parser)
{
    const WCHAR *name, *end;

    parser->at++;
    skip_blanks(parser);
    name = parser->at;
    while (!is_end_of_line(*parser->at) && *parser->at != L']')
        parser->at++;
    end = parser->at;
    while (end > name && is_blank(end[-1]))
        end--;
    if (*parser->at != L']' || end == name)
        return fail(parser, ERROR_BAD_SECTION_NAME_LINE);
    if (end - name > MAX_INF_SECTION_NAME_LENGTH)
        return fail(parser, ERROR_SECTION_NAME_TOO_LONG);
    parser->at++;
    if (!skip_to_end(parser))
        return fail(parser, ERROR_BAD_SECTION_NAME_LINE);
    return add_section(parser, name, (SIZE_T)(end - name));
}

DWORD inf_parse(struct setup_inf *inf, const WCHAR *text, UINT *line)
{
    /* A field is never longer than its text, and the zero stands for what ends it. */
    SIZE_T room = (wcslen(text) + 2) * sizeof(WCHAR);
    struct parser parser = {.inf = inf, .at = text, .line = 1, .section = -1};
    bool good = true;

    inf->texts = parser.free = setup_allocate(room);
    if (inf->texts == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    while (good) {
        if (!skip_to_end(&parser)) {
            *line = parser.line;
            good = *parser.at == L'[' ? read_section(&parser) : read_line(&parser);
        } else if (*parser.at == 0) {
            *line = 0;
            return ERROR_SUCCESS;
        } else {
            next_line(&parser);
        }
    }
    return parser.error;
}
