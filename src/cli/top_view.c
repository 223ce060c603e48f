/*
 * Drawing. The whole screen is made anew each time; curses sends the terminal what is different.
 *
 *     default is up                                  1 line: the machine, or why it stopped
 *     processes          │ objects                   two panes side by side
 *     debug output                                   over the whole width
 *     IRPs
 *     keys, a prompt, or a notice                    1 line
 *
 * A pane has a line for its title, one for the names of its columns, and rows. On a terminal that
 * is too small for four panes, and when one is zoomed, there is only that with the focus.
 * See top.h.
 */
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "top.h"

#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define WIDE_COLUMNS 100 /* from here on a pane shows its long rows */
#define SPLIT_LINES 16   /* the least terminal with four panes */
#define SPLIT_COLUMNS 60
#define CELLS 8192 /* characters of the longest row */

struct rectangle {
    int y, x, lines, columns;
};

static int attributes[TOP_STYLES] = {
    [TOP_DIM] = A_DIM, [TOP_BOLD] = A_BOLD, [TOP_ALERT] = A_REVERSE, [TOP_FOUND] = A_UNDERLINE};

static const struct cli_pair help_lines[] = {
    {"Tab 1 2 3 4", "another pane"},
    {"z", "the pane alone, or all of them"},
    {"Up Down PgUp PgDn", "move; also k j, g and G for the ends"},
    {"Left Right", "shift long lines; close and open"},
    {"Enter", "open and close: threads, directories;"},
    {"", "else details"},
    {"d", "details of the row"},
    {"/ n N", "search; the next, the one before"},
    {"f", "filter of debug output; empty = all"},
    {"G", "debug output: follow again"},
    {"r", "reboot a machine that has stopped"},
    {"q Ctrl-C", "leave; the machine stays up"},
    {NULL, NULL},
};

void top_view_start(void)
{
    const char *no_colour = getenv("NO_COLOR");

    if ((no_colour && *no_colour) || !has_colors())
        return;
    start_color();
    use_default_colors();
    init_pair(1, COLOR_WHITE, COLOR_RED);
    init_pair(2, COLOR_YELLOW, -1);
    attributes[TOP_ALERT] = (int)(COLOR_PAIR(1) | A_BOLD);
    attributes[TOP_FOUND] = (int)(COLOR_PAIR(2) | A_BOLD);
}

/* Text from column `skip` on, over exactly `columns`. */
static void draw_text(int y, int x, int columns, const char *text, size_t skip, int attribute)
{
    wchar_t cells[CELLS];
    size_t count = top_text_spell(text, cells, CELLS), at = 0;
    int left = columns;

    for (size_t passed = 0; at < count && passed < skip; at++)
        passed += (size_t)wcwidth(cells[at]);
    attrset((attr_t)attribute);
    move(y, x);
    for (; at < count && wcwidth(cells[at]) <= left; at++) {
        addnwstr(&cells[at], 1);
        left -= wcwidth(cells[at]);
    }
    while (left-- > 0)
        addch(' ');
    attrset(A_NORMAL);
}

/* ---- panes ---- */

static void draw_title(const struct top *top, enum top_pane_id id, const struct rectangle *area)
{
    const struct top_pane *pane = &top->panes[id];
    enum top_feed_id feed = TOP_FEED_PROCESSES + (id - TOP_PROCESSES);
    bool late = id != TOP_DEBUG && top->feeds[feed].late;
    char *text =
        top_text_format(" %d %s%s%s%s%s", id + 1, pane->title,
                        id == TOP_DEBUG && top->debug.filter[0] ? "  filter: " : "",
                        id == TOP_DEBUG ? top->debug.filter : "",
                        id == TOP_DEBUG && !pane->follows ? "  (stands still; G follows)" : "",
                        late && top->state == TOP_UP ? "  (the machine does not answer)" : "");

    draw_text(area->y, area->x, area->columns, text, 0,
              id == top->focus ? A_REVERSE | A_BOLD : A_REVERSE | A_DIM);
    free(text);
}

static void draw_row(const struct top *top, enum top_pane_id id, size_t row, int y,
                     const struct rectangle *area)
{
    const struct top_pane *pane = &top->panes[id];
    const struct top_row *at = &pane->rows[row];
    bool wide = area->columns >= WIDE_COLUMNS || !at->brief;
    int attribute = attributes[at->style];

    if (row == pane->cursor && id == top->focus)
        attribute = A_REVERSE;
    draw_text(y, area->x, area->columns, wide ? at->text : at->brief, pane->column, attribute);
}

static void draw_pane(struct top *top, enum top_pane_id id, const struct rectangle *area)
{
    struct top_pane *pane = &top->panes[id];
    int y = area->y + 1, end = area->y + area->lines;
    const char *header = area->columns >= WIDE_COLUMNS ? pane->header : pane->brief_header;

    draw_title(top, id, area);
    if (header && y < end)
        draw_text(y++, area->x, area->columns, header, pane->column, A_BOLD);
    if (id == top->focus)
        top->page = end - y;
    top_pane_scroll(pane, end > y ? (size_t)(end - y) : 0);
    if (pane->note && y < end)
        draw_text(y++, area->x, area->columns, pane->note, 0, A_DIM);
    for (size_t row = pane->first; row < pane->count && y < end; row++)
        draw_row(top, id, row, y++, area);
}

static void draw_panes(struct top *top)
{
    int lines = LINES - 2, upper = lines * 2 / 5, lower = lines / 4, half = COLS / 2;

    if (top->zoomed || LINES < SPLIT_LINES || COLS < SPLIT_COLUMNS) {
        draw_pane(top, top->focus, &(struct rectangle){1, 0, lines, COLS});
        return;
    }
    draw_pane(top, TOP_PROCESSES, &(struct rectangle){1, 0, upper, half});
    mvvline(1, half, ACS_VLINE, upper);
    draw_pane(top, TOP_OBJECTS, &(struct rectangle){1, half + 1, upper, COLS - half - 1});
    draw_pane(top, TOP_DEBUG, &(struct rectangle){1 + upper, 0, lines - upper - lower, COLS});
    draw_pane(top, TOP_IRPS, &(struct rectangle){1 + lines - lower, 0, lower, COLS});
}

/* ---- the first line and the last ---- */

static void draw_head(const struct top *top)
{
    static const char *const words[] = {[TOP_UP] = "is up", [TOP_STARTING] = "is starting"};
    char *text;

    if (top->state == TOP_STOPPED)
        text = top_text_format(" %s stopped, r reboots: %s", top->folder.name,
                               top->why + strspn(top->why, "* "));
    else if (top->state == TOP_ENDED)
        text = top_text_format(" the server of %s has ended; q leaves", top->folder.name);
    else
        text = top_text_format(" %s %s", top->folder.name, words[top->state]);
    draw_text(0, 0, COLS, text, 0, top->state >= TOP_STOPPED ? attributes[TOP_ALERT] : (int)A_BOLD);
    free(text);
}

static void draw_foot(const struct top *top)
{
    const struct top_prompt *prompt = &top->prompt;
    int y = LINES - 1;
    char *text;

    if (!prompt->kind) {
        draw_text(
            y, 0, COLS,
            top->notice[0]
                ? top->notice
                : " ? help  1-4 panes  z alone  Enter open  d details  / search  f filter  q quit",
            0, top->notice[0] ? (int)A_BOLD : (int)A_DIM);
        curs_set(0);
        return;
    }
    text = top_text_format("%s%s", prompt->kind == '/' ? "search: " : "filter: ", prompt->text);
    draw_text(y, 0, COLS, text, 0, A_BOLD);
    curs_set(1);
    free(text);
}

/* Where the cursor of the terminal stands while a line is being typed. */
static void place_cursor(const struct top *top)
{
    wchar_t cells[CELLS];
    size_t count = top_text_spell(top->prompt.text, cells, CELLS);
    int x = (int)strlen("search: ");

    for (size_t i = 0; i < count; i++)
        x += wcwidth(cells[i]);
    move(LINES - 1, x < COLS ? x : COLS - 1);
}

/* ---- boxes over the panes ---- */

/* An empty box in the middle; `area` becomes its inside. */
static void draw_box(struct rectangle *area, int lines, int columns, const char *title)
{
    lines = lines + 2 < LINES - 2 ? lines + 2 : LINES - 2;
    columns = columns + 2 < COLS ? columns + 2 : COLS;
    *area = (struct rectangle){.y = (LINES - lines) / 2 + 1,
                               .x = (COLS - columns) / 2 + 1,
                               .lines = lines - 2,
                               .columns = columns - 2};
    if (area->lines < 1 || area->columns < 1)
        return;
    for (int y = area->y - 1; y <= area->y + area->lines; y++) {
        draw_text(y, area->x - 1, columns, "", 0, A_NORMAL);
        mvaddch(y, area->x - 1, ACS_VLINE);
        mvaddch(y, area->x + area->columns, ACS_VLINE);
    }
    mvhline(area->y - 1, area->x, ACS_HLINE, area->columns);
    mvhline(area->y + area->lines, area->x, ACS_HLINE, area->columns);
    mvaddch(area->y - 1, area->x - 1, ACS_ULCORNER);
    mvaddch(area->y - 1, area->x + area->columns, ACS_URCORNER);
    mvaddch(area->y + area->lines, area->x - 1, ACS_LLCORNER);
    mvaddch(area->y + area->lines, area->x + area->columns, ACS_LRCORNER);
    draw_text(area->y - 1, area->x + 1, (int)strlen(title), title, 0, A_BOLD);
}

static void draw_help(void)
{
    struct rectangle area;
    int lines = (int)(sizeof help_lines / sizeof *help_lines) - 1;

    draw_box(&area, lines, 60, " keys ");
    for (int i = 0; i < lines && i < area.lines; i++) {
        char *text = top_text_format(" %-18s %s", help_lines[i].left, help_lines[i].right);

        draw_text(area.y + i, area.x, area.columns, text, 0, A_NORMAL);
        free(text);
    }
}

/* A long text over several lines. Returns the number of lines. */
static int draw_wrapped(const struct rectangle *area, int line, const char *text)
{
    wchar_t cells[CELLS];
    size_t count = top_text_spell(text, cells, CELLS), at = 0;
    int lines = 0;

    do {
        int left = area->columns;

        move(area->y + line + lines, area->x);
        for (; at < count && wcwidth(cells[at]) <= left && line + lines < area->lines; at++) {
            left -= wcwidth(cells[at]);
            addnwstr(&cells[at], 1);
        }
        lines++;
    } while (at < count && line + lines < area->lines);
    return lines;
}

static void draw_details(const struct top *top)
{
    const struct top_row *row = top_pane_row(&top->panes[top->focus]);
    struct rectangle area;
    const cJSON *member;
    int line = 0;

    if (!row)
        return;
    draw_box(&area, row->item ? cJSON_GetArraySize(row->item) + 2 : 6, COLS - 8, " details ");
    if (!row->item) {
        draw_wrapped(&area, 0, row->text);
        return;
    }
    cJSON_ArrayForEach(member, row->item)
    {
        char *value = cJSON_IsString(member) ? NULL : cJSON_PrintUnformatted(member), *text;

        if (line >= area.lines)
            break;
        text = top_text_format(" %-18s %s", member->string,
                               cJSON_IsNull(member) ? "-"
                               : value              ? value
                                                    : member->valuestring);
        line += draw_wrapped(&area, line, text);
        cJSON_free(value);
        free(text);
    }
}

void top_view_draw(struct top *top)
{
    erase();
    draw_head(top);
    if (LINES > 2)
        draw_panes(top);
    if (top->details)
        draw_details(top);
    if (top->help)
        draw_help();
    draw_foot(top);
    if (top->prompt.kind)
        place_cursor(top);
    refresh();
}
