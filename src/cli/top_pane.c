/*
 * The rows of a pane. Rows are made anew whenever their data changes; the cursor then goes back to
 * the row with the key that it was on, or else stays at its place. See top.h.
 */
#define _GNU_SOURCE
#include "top.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "words.h"

static void free_rows(struct top_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(rows[i].key);
        free(rows[i].text);
        free(rows[i].brief);
    }
}

void top_pane_begin(struct top_pane *pane)
{
    const struct top_row *row = top_pane_row(pane);

    free(pane->kept_key);
    pane->kept_key = row && row->key ? cli_copy(row->key) : NULL;
    free_rows(pane->rows, pane->count);
    pane->count = 0;
    free(pane->note);
    pane->note = NULL;
}

struct top_row *top_pane_add(struct top_pane *pane, char *key, char *text, char *brief)
{
    struct top_row *row;

    if (pane->count == pane->capacity) {
        size_t capacity = pane->capacity ? pane->capacity * 2 : 64;
        struct top_row *rows = cli_allocate(capacity * sizeof *rows);

        if (pane->count)
            memcpy(rows, pane->rows, pane->count * sizeof *rows);
        free(pane->rows);
        pane->rows = rows;
        pane->capacity = capacity;
    }
    row = &pane->rows[pane->count++];
    *row = (struct top_row){.key = key, .text = text, .brief = brief};
    return row;
}

void top_pane_end(struct top_pane *pane)
{
    for (size_t i = 0; pane->kept_key && i < pane->count; i++)
        if (pane->rows[i].key && strcmp(pane->rows[i].key, pane->kept_key) == 0)
            pane->cursor = i;
    free(pane->kept_key);
    pane->kept_key = NULL;
    if (pane->follows || pane->cursor >= pane->count)
        pane->cursor = pane->count ? pane->count - 1 : 0;
}

void top_pane_drop(struct top_pane *pane, size_t count)
{
    free_rows(pane->rows, count);
    pane->count -= count;
    memmove(pane->rows, pane->rows + count, pane->count * sizeof *pane->rows);
    pane->cursor -= pane->cursor < count ? pane->cursor : count;
    pane->first -= pane->first < count ? pane->first : count;
}

void top_pane_free(struct top_pane *pane)
{
    free_rows(pane->rows, pane->count);
    free(pane->rows);
    for (size_t i = 0; i < pane->open_count; i++)
        free(pane->open[i]);
    free(pane->open);
    free(pane->note);
}

void top_pane_note(struct top_pane *pane, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    free(pane->note);
    pane->note = text;
}

const struct top_row *top_pane_row(const struct top_pane *pane)
{
    return pane->cursor < pane->count ? &pane->rows[pane->cursor] : NULL;
}

void top_pane_move_to(struct top_pane *pane, size_t row)
{
    if (pane->count)
        pane->cursor = row < pane->count ? row : pane->count - 1;
}

void top_pane_move(struct top_pane *pane, long rows)
{
    if (rows < 0 && (size_t)-rows > pane->cursor)
        top_pane_move_to(pane, 0);
    else
        top_pane_move_to(pane, pane->cursor + (size_t)rows);
}

void top_pane_scroll(struct top_pane *pane, size_t height)
{
    if (height == 0)
        return;
    if (pane->cursor < pane->first)
        pane->first = pane->cursor;
    if (pane->cursor >= pane->first + height)
        pane->first = pane->cursor - height + 1;
    if (pane->first + height > pane->count)
        pane->first = pane->count > height ? pane->count - height : 0;
}

bool top_pane_find(struct top_pane *pane, const char *words, bool backward)
{
    for (size_t step = 1; step <= pane->count; step++) {
        size_t at = (backward ? pane->cursor + pane->count - step : pane->cursor + step);
        const char *text;

        at %= pane->count;
        text = pane->rows[at].text;
        if (words_match(words, text, strlen(text))) {
            pane->cursor = at;
            return true;
        }
    }
    return false;
}

static size_t open_index(const struct top_pane *pane, const char *key)
{
    size_t i = 0;

    while (i < pane->open_count && strcmp(pane->open[i], key) != 0)
        i++;
    return i;
}

bool top_pane_is_open(const struct top_pane *pane, const char *key)
{
    return open_index(pane, key) < pane->open_count;
}

void top_pane_set_open(struct top_pane *pane, const char *key, bool open)
{
    size_t at = open_index(pane, key);
    char **keys;

    if (open == (at < pane->open_count))
        return;
    if (!open) {
        free(pane->open[at]);
        pane->open[at] = pane->open[--pane->open_count];
        return;
    }
    keys = cli_allocate((pane->open_count + 1) * sizeof *keys);
    if (pane->open_count)
        memcpy(keys, pane->open, pane->open_count * sizeof *keys);
    free(pane->open);
    pane->open = keys;
    pane->open[pane->open_count++] = cli_copy(key);
}
