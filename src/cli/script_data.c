/*
 * Data in scripts. See script_data.h.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "script_data.h"

#define DATA_LIMIT (16u << 20)

bool script_complain(const struct script_place *place, const char *format, ...)
{
    unsigned line = 1, column = 1;
    va_list arguments;
    char text[512];

    for (const char *at = place->text; at < place->word; at++) {
        column = *at == '\n' ? 1 : column + 1;
        line += *at == '\n';
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cli_complain("%s:%u:%u: %s", place->where, line, column, text);
    return false;
}

const char *script_quote_end(const char *quote)
{
    for (const char *at = quote + 1; *at && *at != '\n'; at++) {
        if (*at == '"')
            return at;
        if (*at == '\\' && at[1] && at[1] != '\n')
            at++;
    }
    return NULL;
}

static int hex_digit(char character)
{
    if (isdigit((unsigned char)character))
        return character - '0';
    character = (char)tolower((unsigned char)character);
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

static bool take_hex(const struct script_place *place, const char *text, struct script_bytes *bytes)
{
    size_t length = strlen(text);

    bytes->data = cli_allocate(length / 2);
    for (size_t i = 0; i < length; i++) {
        int digit = hex_digit(text[i]);

        if (digit < 0)
            return script_complain(place, "hex:%s has a %c in it", text, text[i]);
        bytes->data[i / 2] |= (uint8_t)(i % 2 ? digit : digit << 4);
        if (i % 2)
            bytes->size++;
    }
    return length % 2 == 0 || script_complain(place, "hex:%s has half a byte at its end", text);
}

/* One character or escape of a quoted text; *at moves on. -1 = a bad escape. */
static int take_character(const char **at)
{
    static const char escapes[] = "n\nr\rt\t\"\"\\\\";
    int high, low;

    if (**at != '\\')
        return (uint8_t)*(*at)++;
    (*at)++;
    if (**at == '0') {
        (*at)++;
        return 0;
    }
    if (**at == 'x') {
        high = hex_digit((*at)[1]);
        low = high < 0 ? -1 : hex_digit((*at)[2]);
        *at += 3;
        return low < 0 ? -1 : high << 4 | low;
    }
    for (const char *escape = escapes; *escape; escape += 2)
        if (*escape == **at) {
            (*at)++;
            return escape[1];
        }
    return -1;
}

static bool take_text(const struct script_place *place, const char *text,
                      struct script_bytes *bytes)
{
    const char *end = *text == '"' ? script_quote_end(text) : NULL;

    if (!end || end[1])
        return script_complain(place, "%s is not a text in quotes", text);
    bytes->data = cli_allocate((size_t)(end - text));
    for (const char *at = text + 1; at < end;) {
        int character = take_character(&at);

        if (character < 0)
            return script_complain(place, "%s: quotes know \\n \\r \\t \\0 \\\" \\\\ and \\xHH",
                                   text);
        bytes->data[bytes->size++] = (uint8_t)character;
    }
    return true;
}

/* The code point at `at`, and how many bytes it has; 0 bytes = not UTF-8. */
static size_t decode_utf8(const uint8_t *at, size_t left, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = *at < 0x80 ? 1 : *at < 0xC2 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;

    if (size == 0 || size > left || *at > 0xF4)
        return 0;
    *point = size == 1 ? *at : *at & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        *point = *point << 6 | (at[i] & 0x3F);
    }
    if (*point < least[size] || *point > 0x10FFFF || (*point >= 0xD800 && *point < 0xE000))
        return 0;
    return size;
}

static void put_unit(struct script_bytes *bytes, uint32_t unit)
{
    bytes->data[bytes->size++] = (uint8_t)unit;
    bytes->data[bytes->size++] = (uint8_t)(unit >> 8);
}

static bool take_wide(const struct script_place *place, const char *text,
                      struct script_bytes *bytes)
{
    struct script_bytes narrow = {0};
    uint32_t point;
    bool good = take_text(place, text, &narrow);

    bytes->data = cli_allocate(narrow.size * 2);
    for (size_t i = 0, size; good && i < narrow.size; i += size) {
        size = decode_utf8(narrow.data + i, narrow.size - i, &point);
        if (size == 0) {
            good = script_complain(place, "%s is not UTF-8", text);
        } else if (point < 0x10000) {
            put_unit(bytes, point);
        } else {
            put_unit(bytes, 0xD800 + ((point - 0x10000) >> 10));
            put_unit(bytes, 0xDC00 + ((point - 0x10000) & 0x3FF));
        }
    }
    free(narrow.data);
    return good;
}

bool script_read_file(const char *path, struct script_bytes *bytes)
{
    FILE *file = fopen(path, "re");
    size_t room = 4096, done;

    *bytes = (struct script_bytes){0};
    if (!file)
        return false;
    bytes->data = cli_allocate(room + 1);
    while ((done = fread(bytes->data + bytes->size, 1, room - bytes->size, file)) > 0) {
        bytes->size += done;
        if (bytes->size == room && room < DATA_LIMIT) {
            uint8_t *more = cli_allocate(2 * room + 1);

            memcpy(more, bytes->data, bytes->size);
            free(bytes->data);
            bytes->data = more;
            room *= 2;
        }
    }
    if (bytes->size == room)
        errno = EFBIG;
    done = bytes->size < room && !ferror(file);
    fclose(file);
    if (!done) {
        free(bytes->data);
        *bytes = (struct script_bytes){0};
    }
    return done;
}

static bool take_zeroes(const struct script_place *place, const char *text,
                        struct script_bytes *bytes)
{
    uint64_t size;

    if (!cli_option_number_text(text, DATA_LIMIT, &size))
        return script_complain(place, "zero:%s: not a number up to %u", text, DATA_LIMIT);
    bytes->data = cli_allocate(size);
    bytes->size = (size_t)size;
    return true;
}

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool script_is_data(const char *text)
{
    return *text == '"' || starts(text, "hex:") || starts(text, "text:") || starts(text, "wide:") ||
           starts(text, "file:") || starts(text, "zero:");
}

bool script_take_data(const struct script_place *place, const char *text,
                      struct script_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct script_bytes){0};
    if (*text == '"')
        return take_text(place, text, bytes);
    if (starts(text, "hex:"))
        return take_hex(place, text + 4, bytes);
    if (starts(text, "text:"))
        return take_text(place, text + 5, bytes);
    if (starts(text, "wide:"))
        return take_wide(place, text + 5, bytes);
    if (starts(text, "zero:"))
        return take_zeroes(place, text + 5, bytes);
    if (starts(text, "file:"))
        return script_read_file(text + 5, bytes) ||
               script_complain(place, "%s: %s", text + 5, strerror(errno));
    return script_complain(place,
                           "%s is not data: hex:00ff, \"text\", wide:\"text\", file:PATH, "
                           "zero:N",
                           text);
}
