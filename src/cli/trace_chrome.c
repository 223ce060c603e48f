/*
 * A trace as trace-event JSON ("Trace Event Format"), which ui.perfetto.dev and chrome://tracing
 * show.
 *
 * The format wants microseconds, and no slice without length is visible. Simulated time stands
 * still while a driver computes, so events of one moment are put one nanosecond apart, in order:
 * times only grow, and differ from the simulated ones by less than what the next step of time is
 * away, unless more than a hundred events share a moment.
 */
#include <string.h>

#include "host/trace_format.h"
#include "trace_view.h"

static struct {
    uint64_t now_ns;
    bool has_events;
    struct host_trace_line line;
} chrome;

static void put_text(const char *text)
{
    host_trace_put_json_string(&chrome.line, (const uint8_t *)text, strlen(text));
}

void trace_chrome_put(FILE *out, const struct trace_mark *mark, const cJSON *arguments)
{
    char *printed = arguments ? cJSON_PrintUnformatted(arguments) : NULL;
    struct host_trace_line *line = &chrome.line;

    line->length = 0;
    host_trace_put(line, "%s{\"ph\":\"%c\",\"pid\":%u,\"tid\":%u", chrome.has_events ? ",\n" : "\n",
                   mark->phase, mark->process, mark->thread);
    if (mark->phase != 'M')
        host_trace_put(line, ",\"ts\":%llu.%03llu", (unsigned long long)(chrome.now_ns / 1000),
                       (unsigned long long)(chrome.now_ns % 1000));
    if (mark->category)
        host_trace_put(line, ",\"cat\":\"%s\"", mark->category);
    if (mark->name) {
        host_trace_put(line, ",\"name\":");
        put_text(mark->name);
    }
    host_trace_put(line, "%s", mark->rest);
    fwrite(line->text, 1, line->length, out);
    if (printed)
        fprintf(out, ",\"args\":%s", printed);
    putc('}', out);
    cJSON_free(printed);
    chrome.has_events = true;
}

static void begin(FILE *out, const char *title)
{
    chrome.line.length = 0;
    put_text(title);
    fprintf(out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"file\":%.*s},\"traceEvents\":[",
            (int)chrome.line.length, chrome.line.text);
}

static void write_event(FILE *out, const struct trace_event *event, bool shown)
{
    uint64_t time_ns = event->time_100ns * 100;

    chrome.now_ns = time_ns > chrome.now_ns ? time_ns : chrome.now_ns + 1;
    trace_tracks_event(out, event, shown);
}

static void end(FILE *out)
{
    chrome.now_ns++;
    trace_tracks_end(out);
    fputs("\n]}\n", out);
}

const struct trace_writer trace_writer_chrome = {
    .name = "chrome", .begin = begin, .event = write_event, .end = end};
