/* See text.h. */
#define _GNU_SOURCE
#include "server/text.h"

#include <stdbool.h>
#include <string.h>

/* Of ASCII, and U+0080 to U+009F, which some terminals obey: C2 80 to C2 9F. */
static bool is_control(const unsigned char *at, size_t left, const char *kept)
{
    if (*at < 0x20 || *at == 0x7F)
        return *at == 0 || !strchr(kept, *at);
    return *at == 0xC2 && left > 1 && at[1] >= 0x80 && at[1] < 0xA0;
}

void text_print(FILE *out, const char *text, size_t size, const char *kept)
{
    const unsigned char *bytes = (const unsigned char *)text;

    for (size_t i = 0; i < size; i++)
        if (is_control(bytes + i, size - i, kept))
            fprintf(out, "\\x%02X", bytes[i]);
        else
            fputc(bytes[i], out);
}

char *text_clean(const void *text, size_t size, size_t limit, const char *kept)
{
    char *clean = NULL;
    size_t length;
    FILE *out = open_memstream(&clean, &length);

    if (!out)
        return NULL;
    text_print(out, text, size < limit ? size : limit, kept);
    if (size > limit)
        fputs(" ...", out);
    return fclose(out) == 0 ? clean : NULL;
}
