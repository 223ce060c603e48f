/* Output as UTF-8, whatever a name contains. See tool.h. */
#include "tool.h"

#include <stdarg.h>
#include <stdlib.h>

/* Reads one code point; a lone surrogate is returned as it is. */
static unsigned long decode(const wchar_t *text, size_t length, size_t *at)
{
    unsigned long first = text[(*at)++];

    if (first < 0xD800 || first > 0xDBFF || *at == length)
        return first;
    if (text[*at] < 0xDC00 || text[*at] > 0xDFFF)
        return first;
    return 0x10000 + ((first - 0xD800) << 10) + (text[(*at)++] - 0xDC00u);
}

static void put(FILE *stream, unsigned long code)
{
    if (code < 0x80) {
        fputc((int)code, stream);
    } else if (code < 0x800) {
        fprintf(stream, "%c%c", (int)(0xC0 | code >> 6), (int)(0x80 | (code & 0x3F)));
    } else if (code < 0x10000) {
        fprintf(stream, "%c%c%c", (int)(0xE0 | code >> 12), (int)(0x80 | (code >> 6 & 0x3F)),
                (int)(0x80 | (code & 0x3F)));
    } else {
        fprintf(stream, "%c%c%c%c", (int)(0xF0 | code >> 18), (int)(0x80 | (code >> 12 & 0x3F)),
                (int)(0x80 | (code >> 6 & 0x3F)), (int)(0x80 | (code & 0x3F)));
    }
}

static bool is_control(unsigned long code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

/* What a terminal cannot show, or shows elsewhere: surrogates, line ends, marks of direction. */
static bool is_invisible(unsigned long code)
{
    return (code >= 0xD800 && code <= 0xDFFF) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           code == 0xFEFF;
}

void tool_write_text(FILE *stream, const wchar_t *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        unsigned long code = decode(text, length, &at);

        if (is_control(code))
            fprintf(stream, "\\x%02lX", code);
        else if (is_invisible(code))
            fprintf(stream, "\\u%04lX", code);
        else
            put(stream, code);
    }
}

void tool_print(const wchar_t *format, ...)
{
    va_list arguments;
    wchar_t *text;
    size_t room;

    va_start(arguments, format);
    room = (size_t)_vscwprintf(format, arguments) + 1;
    va_end(arguments);
    text = tool_allocate(room * sizeof(*text));
    va_start(arguments, format);
    _vsnwprintf(text, room, format, arguments);
    va_end(arguments);
    for (const wchar_t *line = text; *line;) {
        size_t length = wcscspn(line, L"\n");

        tool_write_text(stdout, line, length);
        line += length;
        if (*line == L'\n') {
            fputc('\n', stdout);
            line++;
        }
    }
    free(text);
}

size_t tool_text_width(const wchar_t *text, size_t length)
{
    size_t width = 0;

    for (size_t at = 0; at < length;) {
        unsigned long code = decode(text, length, &at);

        width += is_control(code) ? 4 : is_invisible(code) ? 6 : 1;
    }
    return width;
}

void tool_write_json(FILE *stream, const wchar_t *text, size_t length)
{
    fputc('"', stream);
    for (size_t at = 0; at < length;) {
        unsigned long code = decode(text, length, &at);

        if (code == '"' || code == '\\')
            fprintf(stream, "\\%c", (int)code);
        else if (is_control(code) || is_invisible(code))
            fprintf(stream, "\\u%04lx", code);
        else
            put(stream, code);
    }
    fputc('"', stream);
}
