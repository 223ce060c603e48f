/*
 * `ringside trace view`: what its parts share.
 *
 *   trace_view.c    the command line; a file in, a file out
 *   trace_read.c    lines to events                trace_filter.c  which events are shown
 *   trace_text.c    the form of --trace FILE.txt   trace_record.c  a line as the record that it was
 *   trace_chrome.c  trace-event JSON               trace_tracks.c  its slices, and names of threads
 *   trace_live.c    start and stop
 *   trace_html.c    one page; its parts are the files of the folder trace_view
 *
 * A trace is read once, from its start to its end, one event at a time. A writer sees every event,
 * also those that are not to be shown, because names and stacks follow from them.
 */
#ifndef RINGSIDE_CLI_TRACE_VIEW_H
#define RINGSIDE_CLI_TRACE_VIEW_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "cli.h"

/* One event; valid until the next one is read. */
struct trace_event {
    const char *line; /* as it stands in the file, without its end */
    size_t length;
    const cJSON *object;
    const char *kind; /* "irp_send" */
    uint64_t sequence, time_100ns;
    uint32_t process, thread;
};

/* The value of a field: "" or 0 when the event has none. Addresses are read from their strings. */
const char *trace_field_text(const struct trace_event *event, const char *name);
uint64_t trace_field_number(const struct trace_event *event, const char *name);
/* Is the event of this kind? */
bool trace_is(const struct trace_event *event, const char *kind);

/* ---- trace_read.c ---- */

struct trace_reader {
    FILE *file;
    const char *name; /* for messages */
    char *line;
    size_t room;
    uint64_t number; /* of the line */
    cJSON *object;
};

enum trace_read { TRACE_READ_END, TRACE_READ_EVENT, TRACE_READ_REFUSED };

/* The next event. A last line that was cut off is said, and is the end; so is what is no event. */
enum trace_read trace_read_next(struct trace_reader *reader, struct trace_event *event);
void trace_reader_free(struct trace_reader *reader);

/* ---- trace_filter.c ---- */

/* A few addresses. */
struct trace_set {
    uint64_t *items;
    size_t count, room;
};

struct trace_filter {
    /* what is asked for */
    char *driver;      /* file or service name without .sys; NULL = all */
    const char *kinds; /* "irp,debug_print"; NULL = all */
    uint64_t irp;      /* an address, or its number among irp_send; 0 = all */
    bool irp_is_number;
    uint64_t from, to; /* 100 ns, both included */

    /* what is known so far */
    struct trace_set devices, irps; /* of the driver; requests that it has seen */
    uint64_t sends;                 /* irp_send so far */
    uint64_t followed;              /* address of the request of that number while it lives */
    uint64_t printing_sequence;     /* of the driver's last call of DbgPrint or a relative */
    uint32_t printing_thread;
};

/* Take in an event; true when it is to be shown. */
bool trace_filter_next(struct trace_filter *filter, const struct trace_event *event);
/* Do all parts of `kinds` name at least one kind of event? Else *wrong is the first that does not.
 */
bool trace_kinds_known(const char *kinds, char wrong[64]);
void trace_filter_free(struct trace_filter *filter);

/* ---- writers ---- */

struct trace_writer {
    const char *name; /* "html" */
    void (*begin)(FILE *out, const char *title);
    void (*event)(FILE *out, const struct trace_event *event, bool shown);
    void (*end)(FILE *out);
};

extern const struct trace_writer trace_writer_text, trace_writer_jsonl, trace_writer_chrome,
    trace_writer_html;

/* trace_record.c: the record that the line was made of; false when this version knows no such kind.
 * Valid until the next call. */
struct host_trace_record;
struct host_trace_layout;
bool trace_record_of(const struct trace_event *event, struct host_trace_record *record,
                     const struct host_trace_layout **layout);

/* ---- trace_tracks.c: slices of threads and requests, as trace-event JSON ---- */

/* Take in an event. `shown` false: keep the books, write nothing. */
void trace_tracks_event(FILE *out, const struct trace_event *event, bool shown);
/* Close what is open, and name processes and threads. */
void trace_tracks_end(FILE *out);

/* trace_chrome.c: one trace-event object. `rest` is further members, or "". */
struct trace_mark {
    char phase;       /* B E b n e i M */
    const char *name; /* NULL = none is needed */
    const char *category;
    uint32_t process, thread;
    const char *rest; /* ",\"id\":…" */
};
void trace_chrome_put(FILE *out, const struct trace_mark *mark, const cJSON *arguments);

/* ---- trace.c, trace_view.c ---- */

enum trace_option_id {
    TRACE_FORMAT = 1,
    TRACE_OUTPUT,
    TRACE_DRIVER,
    TRACE_IRP,
    TRACE_KIND,
    TRACE_FROM,
    TRACE_TO,
};
int trace_view(int argc, char **argv);

/* trace_live.c: traces of machines that are up */
int trace_start(int argc, char **argv);
int trace_stop(int argc, char **argv);
/* Where a machine's trace is, in a buffer that the next call overwrites; NULL: it was said why. */
const char *trace_of_machine(const char *name);

#endif
