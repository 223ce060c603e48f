/*
 * The pane of debug output. All lines are kept, up to a number; the pane's rows are those that the
 * filter lets through. The oldest tenth goes at once, so that a line costs little. See top.h.
 */
#define _GNU_SOURCE
#include "top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "server/debug_line.h"
#include "words.h"

#define DROPPED (TOP_DEBUG_LINES / 10)
#define BRIEF_TIME 12 /* of "07:02:11.345678", thousandths are enough */

static bool is_shown(const struct top_debug *debug, const struct top_debug_line *line)
{
    return !debug->filter[0] || words_match(debug->filter, line->text, strlen(line->text));
}

static void show(struct top_pane *pane, const struct top_debug_line *line)
{
    top_pane_add(pane, NULL, cli_copy(line->text), line->brief ? cli_copy(line->brief) : NULL)
        ->style = line->style;
}

static void drop_oldest(struct top_debug *debug, struct top_pane *pane)
{
    size_t shown = 0;

    for (size_t i = 0; i < DROPPED; i++) {
        shown += is_shown(debug, &debug->lines[i]);
        free(debug->lines[i].text);
        free(debug->lines[i].brief);
    }
    debug->count -= DROPPED;
    memmove(debug->lines, debug->lines + DROPPED, debug->count * sizeof *debug->lines);
    top_pane_drop(pane, shown);
}

void top_debug_add(struct top_debug *debug, struct top_pane *pane, enum top_style style, char *text,
                   char *brief)
{
    struct top_debug_line *line;

    if (!debug->lines)
        debug->lines = cli_allocate(TOP_DEBUG_LINES * sizeof *debug->lines);
    if (debug->count == TOP_DEBUG_LINES)
        drop_oldest(debug, pane);
    line = &debug->lines[debug->count++];
    *line = (struct top_debug_line){.text = text, .brief = brief, .style = style};
    if (!is_shown(debug, line))
        return;
    show(pane, line);
    if (pane->follows)
        pane->cursor = pane->count - 1;
}

void top_debug_message(struct top_debug *debug, struct top_pane *pane,
                       const struct message *message)
{
    struct debug_line line;
    char stamp[32], *text = NULL;
    size_t size = 0;
    FILE *out;

    if (!debug_line_read(&line, message) || !(out = open_memstream(&text, &size)))
        return;
    debug_line_print(&line, out, "");
    fclose(out);
    if (size && text[size - 1] == '\n')
        text[size - 1] = 0;
    debug_line_time(&line, stamp, sizeof stamp);
    top_debug_add(debug, pane, TOP_PLAIN, text,
                  top_text_format("%.*s %.*s", BRIEF_TIME, stamp, (int)line.size, line.text));
}

void top_debug_filter(struct top_debug *debug, struct top_pane *pane, const char *words)
{
    snprintf(debug->filter, sizeof debug->filter, "%s", words);
    pane->follows = true;
    top_pane_begin(pane);
    for (size_t i = 0; i < debug->count; i++)
        if (is_shown(debug, &debug->lines[i]))
            show(pane, &debug->lines[i]);
    top_pane_end(pane);
}

void top_debug_free(struct top_debug *debug)
{
    for (size_t i = 0; i < debug->count; i++) {
        free(debug->lines[i].text);
        free(debug->lines[i].brief);
    }
    free(debug->lines);
}
