/*
 * `ringside top`: a machine that is up, on a terminal.
 *
 *   top.c          the verb, the loop over terminal, signals and connections
 *   top_feed.c     the connections: what is asked when, and who gets the answer
 *   top_keys.c     what keys do                  top_view.c   what is drawn
 *   top_pane.c     rows of a pane: cursor, scrolling, search, what is opened
 *   top_text.c     text of drivers, made safe for a terminal
 *   top_debug.c, top_processes.c, top_objects.c, top_irps.c   what the rows of each pane are
 *
 * The panes' files know no terminal, and only top_view.c and top.c draw. A pane keeps its rows
 * when the machine stops. Nothing waits but the poll of top.c.
 */
#ifndef RINGSIDE_CLI_TOP_H
#define RINGSIDE_CLI_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include <cjson/cJSON.h>

#include "server/client.h"

#define TOP_REFRESH_MS 1000

/* ---- top_text.c ---- */

/*
 * Make UTF-8 safe to draw: control characters, what has no width of its own (marks, changes of the
 * direction) and bytes that are no UTF-8 are spelled out: \x1B, \u202E. Tabs become blanks.
 * Returns the number of characters in `cells`, at most `limit`.
 */
size_t top_text_spell(const char *text, wchar_t *cells, size_t limit);
/* The same as UTF-8 of exactly that many columns, cut or filled. `size`: at least 4 * columns + 1.
 */
void top_text_fit(const char *text, int columns, char *fitted, size_t size);
/* As asprintf, never NULL. */
__attribute__((format(printf, 1, 2))) char *top_text_format(const char *format, ...);

/* ---- top_pane.c ---- */

enum top_style { TOP_PLAIN, TOP_DIM, TOP_BOLD, TOP_ALERT, TOP_FOUND, TOP_STYLES };

struct top_row {
    char *key;         /* what the row is about; the cursor stays on it when rows change */
    char *text;        /* for a wide pane */
    char *brief;       /* for a narrow one; NULL = the same */
    const cJSON *item; /* its details; NULL = none but the text */
    enum top_style style;
    bool has_parts; /* can be opened */
};

struct top_pane {
    const char *title, *header, *brief_header; /* headers: NULL = none */
    struct top_row *rows;
    size_t count, capacity;
    size_t cursor, first; /* `first`: the topmost row in sight */
    size_t column;        /* the leftmost column in sight */
    bool follows;         /* the cursor stays on the last row */
    char *note;           /* in place of rows; NULL = none */
    char **open;          /* keys of rows that are opened */
    size_t open_count;
    char *kept_key; /* between begin and end */
};

/* Rows are made anew between begin and end. Texts are taken over and freed by the pane. */
void top_pane_begin(struct top_pane *pane);
struct top_row *top_pane_add(struct top_pane *pane, char *key, char *text, char *brief);
void top_pane_end(struct top_pane *pane);
/* Remove the first rows. */
void top_pane_drop(struct top_pane *pane, size_t count);
void top_pane_free(struct top_pane *pane);
__attribute__((format(printf, 2, 3))) void top_pane_note(struct top_pane *pane, const char *format,
                                                         ...);
/* NULL = there are no rows. */
const struct top_row *top_pane_row(const struct top_pane *pane);
void top_pane_move(struct top_pane *pane, long rows);
void top_pane_move_to(struct top_pane *pane, size_t row);
/* Choose `first` so that the cursor is in sight of that many rows. */
void top_pane_scroll(struct top_pane *pane, size_t height);
/* The next row with one of the words, in either direction and around the end; false: none. */
bool top_pane_find(struct top_pane *pane, const char *words, bool backward);
bool top_pane_is_open(const struct top_pane *pane, const char *key);
void top_pane_set_open(struct top_pane *pane, const char *key, bool open);

/* ---- top_debug.c ---- */

#define TOP_DEBUG_LINES 20000 /* are kept */

struct top_debug {
    struct top_debug_line {
        char *text, *brief;
        enum top_style style;
    } *lines;
    size_t count;
    char filter[128]; /* words; "" = all */
};

/* `brief` = NULL: the same. The texts are taken over. */
void top_debug_add(struct top_debug *debug, struct top_pane *pane, enum top_style style, char *text,
                   char *brief);
void top_debug_message(struct top_debug *debug, struct top_pane *pane,
                       const struct message *message);
void top_debug_filter(struct top_debug *debug, struct top_pane *pane, const char *words);
void top_debug_free(struct top_debug *debug);

/* ---- top_processes.c ---- */

struct top_processes {
    cJSON *processes, *threads; /* arrays, as ps --json prints them */
};

/* False: the text is no array of objects. */
bool top_processes_take(struct top_processes *processes, const char *json, bool threads);
void top_processes_show(const struct top_processes *processes, struct top_pane *pane);
void top_processes_free(struct top_processes *processes);

/* ---- top_objects.c ---- */

struct top_objects {
    struct top_directory {
        char *path;
        cJSON *entries; /* as winobj --json --long prints them */
    } *directories;
    size_t count;
    size_t turn; /* the open directory that is read next: 0 = the root, then as in pane.open */
};

/* The directory to read next; NULL: all have been read once more. */
const char *top_objects_next(struct top_objects *objects, const struct top_pane *pane);
/* `json` = NULL: there is no such directory any more. */
bool top_objects_take(struct top_objects *objects, const char *path, const char *json);
void top_objects_show(const struct top_objects *objects, struct top_pane *pane);
void top_objects_free(struct top_objects *objects);

/* ---- top_irps.c ---- */

struct top_irps {
    cJSON *requests;
};

bool top_irps_take(struct top_irps *irps, const char *json);
void top_irps_show(const struct top_irps *irps, struct top_pane *pane);
void top_irps_free(struct top_irps *irps);

/* ---- the whole ---- */

enum top_pane_id { TOP_DEBUG, TOP_PROCESSES, TOP_OBJECTS, TOP_IRPS, TOP_PANES };
enum top_feed_id {
    TOP_FEED_FOLLOW,
    TOP_FEED_CONTROL,
    TOP_FEED_PROCESSES,
    TOP_FEED_OBJECTS,
    TOP_FEED_IRPS,
    TOP_FEEDS
};

/* A connection, which asks one thing at a time. */
struct top_feed {
    struct channel channel;
    bool busy;
    long long due; /* ms, when to ask again; while busy: when it was asked */
    char *output;  /* what the program has printed up to now */
    size_t size;
    char *what;      /* TOP_FEED_OBJECTS: the directory */
    bool again;      /* TOP_FEED_CONTROL: ask for the state once more */
    bool in_threads; /* TOP_FEED_PROCESSES: asks for the threads */
    bool late;       /* the machine takes long to answer */
};

enum top_state { TOP_UP, TOP_STARTING, TOP_STOPPED, TOP_ENDED };

/* A line that is being typed. */
struct top_prompt {
    char kind; /* '/' or 'f'; 0 = none */
    char text[128];
    size_t length;
};

struct top {
    const char *machine; /* as given; NULL = the default one */
    struct folder folder;
    struct top_pane panes[TOP_PANES];
    struct top_debug debug;
    struct top_processes processes;
    struct top_objects objects;
    struct top_irps irps;
    struct top_feed feeds[TOP_FEEDS];
    enum top_state state;
    char why[512];    /* the first line of the report, when it has stopped */
    char notice[256]; /* about the last key; "" = none */
    char search[128];
    struct top_prompt prompt;
    enum top_pane_id focus;
    bool zoomed, help, details;
    int page; /* rows of the pane with the focus, as drawn last */
    bool quit;
};

/* top_feed.c */
bool top_feed_open(struct top *top, const char *machine, char *why, size_t why_size);
void top_feed_close(struct top *top);
/* Take what has arrived, ask what is due. Returns the ms until something is due, 0 = call again. */
int top_feed_serve(struct top *top);
void top_feed_reboot(struct top *top);
/* Show what depends on what is opened, and read it soon. */
void top_feed_refresh(struct top *top, enum top_pane_id pane);
bool top_is_visible(const struct top *top, enum top_pane_id pane);

/* top_keys.c */
/* A key of the terminal: a character, or with `code` a number of curses (KEY_UP ...). */
void top_key(struct top *top, wint_t key, bool code);

/* top_view.c */
void top_view_start(void);
void top_view_draw(struct top *top);

#endif
