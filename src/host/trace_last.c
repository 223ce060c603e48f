/*
 * The last events before a stop, for the report.
 *
 * Records are kept as they come, because decoding each one would cost more than making it. They are
 * decoded when the machine stops, and when an image goes away, as places in it have a name only
 * until then.
 */
#include <string.h>

#include "host/host.h"
#include "host/trace.h"
#include "host/trace_format.h"

#define EVENTS 64
#define RECORD_KEPT 2048 /* bytes; of a longer one the end of its data is lost */
#define TEXT_KEPT 180    /* bytes of a line */

struct event {
    bool decoded;
    char text[TEXT_KEPT + sizeof "..."];
    uint8_t record[RECORD_KEPT] __attribute__((aligned(8)));
};

static struct {
    struct event events[EVENTS];
    uint64_t count;    /* since boot; event n is events[n % EVENTS] */
    uint16_t previous; /* type of the record before, kept or not */
} last;

/*
 * The pool of the kernel's own would crowd out the rest: only what a call did at once counts. That
 * a request unwinds says little when its completion is there; of a stop the report says more.
 */
static bool is_worth(uint16_t type, uint16_t previous)
{
    switch (type) {
    case TRACE_POOL_ALLOCATE:
    case TRACE_POOL_FREE:
        return previous == TRACE_EXPORT;
    case TRACE_IRP_RETURN:
    case TRACE_IRP_UP_RETURN:
    case TRACE_IRP_END:
    case TRACE_STOP:
        return false;
    default:
        return true;
    }
}

void host_trace_keep(const struct host_trace_record *record)
{
    struct event *event = &last.events[last.count % EVENTS];
    struct trace_header *header = (struct trace_header *)event->record;
    size_t fixed = (size_t)(record->data - (const uint8_t *)record->header);
    size_t data = record->header->data_size;
    bool worth = is_worth(record->header->type, last.previous);

    last.previous = record->header->type;
    if (!worth || fixed > RECORD_KEPT)
        return;
    if (data > RECORD_KEPT - fixed)
        data = RECORD_KEPT - fixed;
    memcpy(event->record, record->header, fixed + data);
    header->data_size = (uint32_t)data;
    event->decoded = false;
    last.count++;
}

static void decode(struct event *event)
{
    static struct host_trace_line line;
    struct trace_header *header = (struct trace_header *)event->record;
    const struct host_trace_layout *layout = host_trace_layout_of(header->type);
    struct host_trace_record record = {.header = header, .payload = event->record + sizeof *header};
    size_t kept;

    record.text = (const char *)record.payload + header->payload_size;
    record.data = (const uint8_t *)record.text + header->text_size;
    line.length = 0;
    host_trace_text(&line, &record, layout);
    kept = line.length < TEXT_KEPT ? line.length : TEXT_KEPT;
    snprintf(event->text, sizeof event->text, "%.*s%s", (int)kept, line.text,
             kept < line.length ? "..." : "");
    event->decoded = true;
}

void host_trace_decode_last(void)
{
    for (uint64_t i = 0; i < EVENTS && i < last.count; i++)
        if (!last.events[i].decoded)
            decode(&last.events[i]);
}

void host_trace_print_last(FILE *out)
{
    host_trace_decode_last();
    if (last.count)
        fprintf(out, "\nlast events\n");
    for (uint64_t i = last.count > EVENTS ? last.count - EVENTS : 0; i < last.count; i++)
        fprintf(out, "  %s\n", last.events[i % EVENTS].text);
}

void host_trace_forget_last(void)
{
    last.count = last.previous = 0;
}
