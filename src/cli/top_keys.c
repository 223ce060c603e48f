/* What keys do. See top.h. */
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "top.h"

#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define ESCAPE 27
#define DELETE 127
#define COLUMN_STEP 8

static struct top_pane *focused(struct top *top)
{
    return &top->panes[top->focus];
}

/* ---- a line that is being typed ---- */

static void start_prompt(struct top *top, char kind)
{
    const char *text = kind == 'f' ? top->debug.filter : "";

    top->prompt.kind = kind;
    top->prompt.length = (size_t)snprintf(top->prompt.text, sizeof top->prompt.text, "%s", text);
}

static void search(struct top *top, bool backward)
{
    struct top_pane *pane = focused(top);

    if (!top->search[0])
        return;
    if (!top_pane_find(pane, top->search, backward))
        snprintf(top->notice, sizeof top->notice, "not found: %s", top->search);
    else if (top->focus == TOP_DEBUG)
        pane->follows = false;
}

static void finish_prompt(struct top *top)
{
    char kind = top->prompt.kind;

    top->prompt.kind = 0;
    if (kind == 'f') {
        top_debug_filter(&top->debug, &top->panes[TOP_DEBUG], top->prompt.text);
    } else {
        if (top->prompt.length)
            memcpy(top->search, top->prompt.text, sizeof top->search);
        search(top, false);
    }
}

static void erase_character(struct top_prompt *prompt)
{
    while (prompt->length && (prompt->text[prompt->length - 1] & 0xC0) == 0x80)
        prompt->length--;
    if (prompt->length)
        prompt->length--;
    prompt->text[prompt->length] = 0;
}

static void prompt_key(struct top *top, wint_t key, bool code)
{
    struct top_prompt *prompt = &top->prompt;
    char bytes[MB_LEN_MAX];
    int length;

    if ((!code && (key == '\n' || key == '\r')) || (code && key == KEY_ENTER))
        finish_prompt(top);
    else if (!code && key == ESCAPE)
        prompt->kind = 0;
    else if ((code && key == KEY_BACKSPACE) || (!code && (key == DELETE || key == '\b')))
        erase_character(prompt);
    else if (!code && key >= ' ') {
        length = wctomb(bytes, (wchar_t)key);
        if (length <= 0 || prompt->length + (size_t)length >= sizeof prompt->text)
            return;
        memcpy(prompt->text + prompt->length, bytes, (size_t)length);
        prompt->length += (size_t)length;
        prompt->text[prompt->length] = 0;
    }
}

/* ---- opening ---- */

static void open_row(struct top *top, bool open)
{
    const struct top_row *row = top_pane_row(focused(top));

    top_pane_set_open(focused(top), row->key, open);
    top_feed_refresh(top, top->focus);
}

static void enter(struct top *top)
{
    const struct top_row *row = top_pane_row(focused(top));

    if (row && row->has_parts)
        open_row(top, !top_pane_is_open(focused(top), row->key));
    else
        top->details = row != NULL;
}

/* Right opens, left closes; where there is nothing to open they shift long lines. */
static void sideways(struct top *top, bool right)
{
    struct top_pane *pane = focused(top);
    const struct top_row *row = top_pane_row(pane);

    if (row && row->has_parts && top_pane_is_open(pane, row->key) != right && pane->column == 0)
        open_row(top, right);
    else if (right)
        pane->column += COLUMN_STEP;
    else
        pane->column -= pane->column < COLUMN_STEP ? pane->column : COLUMN_STEP;
}

/* ---- all the others ---- */

static void move_cursor(struct top *top, long rows)
{
    struct top_pane *pane = focused(top);

    top_pane_move(pane, rows);
    if (top->focus == TOP_DEBUG)
        pane->follows = pane->cursor + 1 >= pane->count;
}

static bool moving_key(struct top *top, wint_t key)
{
    long page = top->page > 1 ? top->page - 1 : 1, all = (long)focused(top)->count;

    switch (key) {
    case KEY_UP:
        move_cursor(top, -1);
        return true;
    case KEY_DOWN:
        move_cursor(top, 1);
        return true;
    case KEY_PPAGE:
        move_cursor(top, -page);
        return true;
    case KEY_NPAGE:
        move_cursor(top, page);
        return true;
    case KEY_HOME:
        move_cursor(top, -all);
        return true;
    case KEY_END:
        move_cursor(top, all);
        return true;
    case KEY_LEFT:
    case KEY_RIGHT:
        sideways(top, key == KEY_RIGHT);
        return true;
    }
    return false;
}

static void code_key(struct top *top, wint_t key)
{
    if (moving_key(top, key))
        return;
    if (key == KEY_ENTER)
        enter(top);
    else if (key == KEY_BTAB)
        top->focus = (top->focus + TOP_PANES - 1) % TOP_PANES;
}

static void reboot(struct top *top)
{
    if (top->state == TOP_STOPPED)
        top_feed_reboot(top);
    else
        snprintf(top->notice, sizeof top->notice, "r reboots a machine that has stopped");
}

static void letter(struct top *top, wint_t key)
{
    static const struct {
        char key;
        wint_t code;
    } same[] = {{'k', KEY_UP}, {'j', KEY_DOWN}, {'g', KEY_HOME}, {'G', KEY_END}};

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (key == (wint_t)same[i].key)
            moving_key(top, same[i].code);
    if (key >= '1' && key < '1' + TOP_PANES)
        top->focus = key - '1';
    switch (key) {
    case '\t':
        top->focus = (top->focus + 1) % TOP_PANES;
        break;
    case '\n':
    case '\r':
        enter(top);
        break;
    case 'd':
        top->details = top_pane_row(focused(top)) != NULL;
        break;
    case 'z':
        top->zoomed = !top->zoomed;
        break;
    case '?':
        top->help = true;
        break;
    case 'f':
        top->focus = TOP_DEBUG;
        start_prompt(top, 'f');
        break;
    case '/':
        start_prompt(top, '/');
        break;
    case 'n':
    case 'N':
        search(top, key == 'N');
        break;
    case 'r':
        reboot(top);
        break;
    case 'q':
        top->quit = true;
        break;
    }
}

void top_key(struct top *top, wint_t key, bool code)
{
    bool moves = code && (key == KEY_UP || key == KEY_DOWN);

    top->notice[0] = 0;
    if (code && key == KEY_RESIZE)
        return;
    if (top->prompt.kind) {
        prompt_key(top, key, code);
    } else if (top->help || (top->details && !moves)) {
        top->help = top->details = false;
    } else if (code) {
        code_key(top, key);
    } else {
        letter(top, key);
    }
}
