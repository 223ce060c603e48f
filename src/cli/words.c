/* See words.h. */
#define _GNU_SOURCE
#include "words.h"

#include <ctype.h>
#include <string.h>

/* Does `text` begin with the pattern, up to `end`? '*' stands for anything. */
static bool begins_with(const char *text, size_t size, const char *pattern, const char *end)
{
    while (pattern < end) {
        if (*pattern == '*') {
            for (size_t skip = 0; skip <= size; skip++)
                if (begins_with(text + skip, size - skip, pattern + 1, end))
                    return true;
            return false;
        }
        if (size == 0 || tolower((unsigned char)*text) != tolower((unsigned char)*pattern))
            return false;
        text++;
        size--;
        pattern++;
    }
    return true;
}

bool words_match(const char *words, const char *text, size_t size)
{
    while (*words) {
        const char *end = strchrnul(words, ';');

        for (size_t at = 0; end > words && at <= size; at++)
            if (begins_with(text + at, size - at, words, end))
                return true;
        words = *end ? end + 1 : end;
    }
    return false;
}
