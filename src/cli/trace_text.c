/*
 * The plainest views of a trace: the text that --trace writes, and the lines as they are.
 */
#include "host/trace_format.h"
#include "trace_view.h"

static void begin_nothing(FILE *out, const char *title)
{
    (void)out, (void)title;
}

static void end_nothing(FILE *out)
{
    (void)out;
}

static void copy_line(FILE *out, const struct trace_event *event, bool shown)
{
    if (!shown)
        return;
    fwrite(event->line, 1, event->length, out);
    putc('\n', out);
}

const struct trace_writer trace_writer_jsonl = {
    .name = "jsonl", .begin = begin_nothing, .event = copy_line, .end = end_nothing};

/* A kind that a later version records stays as it is. */
static void write_text(FILE *out, const struct trace_event *event, bool shown)
{
    static struct host_trace_line line;
    const struct host_trace_layout *layout;
    struct host_trace_record record;

    if (!shown)
        return;
    if (!trace_record_of(event, &record, &layout)) {
        copy_line(out, event, shown);
        return;
    }
    line.length = 0;
    host_trace_text(&line, &record, layout);
    host_trace_put_byte(&line, '\n');
    fwrite(line.text, 1, line.length, out);
}

const struct trace_writer trace_writer_text = {
    .name = "text", .begin = begin_nothing, .event = write_text, .end = end_nothing};
