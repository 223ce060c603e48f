/* Text of drivers on a terminal. See top.h. */
#define _GNU_SOURCE
#include "top.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define TAB_COLUMNS 8
#define SPELLED 12 /* characters of the longest spelling, "\u0010FFFF" */

/* How a character is spelled that cannot be drawn as it is. */
static size_t spell(wchar_t character, bool is_byte, wchar_t *cells)
{
    char text[SPELLED + 1];
    int length = snprintf(text, sizeof text, is_byte || character < 0x80 ? "\\x%02X" : "\\u%04X",
                          (unsigned)character);

    for (int i = 0; i < length; i++)
        cells[i] = (wchar_t)text[i];
    return (size_t)length;
}

size_t top_text_spell(const char *text, wchar_t *cells, size_t limit)
{
    mbstate_t state = {0};
    const char *end = text + strlen(text);
    size_t count = 0;

    while (text < end && count + SPELLED <= limit) {
        wchar_t character;
        size_t length = mbrtowc(&character, text, (size_t)(end - text), &state);

        if (length == 0 || length > (size_t)(end - text)) {
            state = (mbstate_t){0};
            length = 1;
            count += spell((unsigned char)*text, true, cells + count);
        } else if (character == '\t') {
            size_t blanks = TAB_COLUMNS - count % TAB_COLUMNS;

            wmemset(cells + count, ' ', blanks);
            count += blanks;
        } else if (wcwidth(character) <= 0) {
            count += spell(character, false, cells + count);
        } else {
            cells[count++] = character;
        }
        text += length;
    }
    return count;
}

void top_text_fit(const char *text, int columns, char *fitted, size_t size)
{
    wchar_t cells[256];
    size_t count = top_text_spell(text, cells, sizeof cells / sizeof *cells), at = 0;
    mbstate_t state = {0};

    for (size_t i = 0; i < count && columns >= wcwidth(cells[i]); i++) {
        char bytes[MB_LEN_MAX];
        size_t length = wcrtomb(bytes, cells[i], &state);

        if (length > sizeof bytes || at + length + (size_t)columns >= size)
            break;
        memcpy(fitted + at, bytes, length);
        at += length;
        columns -= wcwidth(cells[i]);
    }
    for (; columns > 0 && at + 1 < size; columns--)
        fitted[at++] = ' ';
    fitted[at] = 0;
}

char *top_text_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = cli_copy("");
    va_end(arguments);
    return text;
}
