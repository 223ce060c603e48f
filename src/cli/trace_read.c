/*
 * A trace in JSON Lines form, event by event.
 *
 * The file may be anything: what is taken for an event is one line of valid UTF-8 without control
 * characters that is a JSON object with the fields that every event has. So a line may be copied to
 * other JSON as it stands.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/trace_format.h"
#include "trace_view.h"

const char *trace_field_text(const struct trace_event *event, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event->object, name));

    return text ? text : "";
}

/* cJSON keeps a number as a double: one above 2^53 is read again from the line. */
static uint64_t exact_number(const struct trace_event *event, const char *name, double value)
{
    char pattern[64];
    const char *at;

    if (value < 0)
        return 0;
    if (value < 9007199254740992.0)
        return (uint64_t)value;
    snprintf(pattern, sizeof pattern, ",\"%s\":", name);
    at = strstr(event->line, pattern);
    return at ? strtoull(at + strlen(pattern), NULL, 10) : UINT64_MAX;
}

uint64_t trace_field_number(const struct trace_event *event, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event->object, name);

    if (cJSON_IsString(item))
        return strtoull(item->valuestring, NULL, 0);
    return cJSON_IsNumber(item) ? exact_number(event, name, item->valuedouble) : 0;
}

bool trace_is(const struct trace_event *event, const char *kind)
{
    return strcmp(event->kind, kind) == 0;
}

static bool is_plain_text(const char *line, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t character = host_trace_utf8((const uint8_t *)line + i, length - i);

        if (character == 0 || (unsigned char)line[i] < 0x20)
            return false;
        i += character;
    }
    return true;
}

/* Make an event of the line; false when it is none. */
static bool parse(struct trace_reader *reader, size_t length, struct trace_event *event)
{
    const char *end;

    cJSON_Delete(reader->object);
    reader->object = NULL;
    if (!is_plain_text(reader->line, length))
        return false;
    reader->object = cJSON_ParseWithLengthOpts(reader->line, length + 1, &end, true);
    *event = (struct trace_event){.line = reader->line, .length = length, .object = reader->object};
    event->kind = trace_field_text(event, "event");
    event->sequence = trace_field_number(event, "sequence");
    event->time_100ns = trace_field_number(event, "time_100ns");
    event->process = (uint32_t)trace_field_number(event, "process");
    event->thread = (uint32_t)trace_field_number(event, "thread");
    return cJSON_IsObject(reader->object) && *event->kind && event->sequence;
}

/* The text form starts with a time: "     27.0 us". */
static bool looks_like_text_form(const char *line)
{
    size_t blanks = strspn(line, " "), number = strspn(line + blanks, "0123456789.");

    return number && strncmp(line + blanks + number, " us ", 4) == 0;
}

static enum trace_read refuse(const struct trace_reader *reader)
{
    if (reader->number > 1)
        cli_complain("%s:%llu: no event of a trace", reader->name,
                     (unsigned long long)reader->number);
    else if (looks_like_text_form(reader->line))
        cli_complain("%s: a trace in text form; record one whose name ends in .jsonl",
                     reader->name);
    else
        cli_complain("%s: no trace in JSON Lines form", reader->name);
    return TRACE_READ_REFUSED;
}

static enum trace_read at_end(const struct trace_reader *reader)
{
    if (ferror(reader->file)) {
        cli_complain("%s: %s", reader->name, strerror(errno));
        return TRACE_READ_REFUSED;
    }
    if (reader->number)
        return TRACE_READ_END;
    cli_complain("%s: empty, no trace", reader->name);
    return TRACE_READ_REFUSED;
}

enum trace_read trace_read_next(struct trace_reader *reader, struct trace_event *event)
{
    static const char start[] = "{\"sequence\":";
    ssize_t length = getline(&reader->line, &reader->room, reader->file);
    bool is_whole;

    if (length <= 0)
        return at_end(reader);
    reader->number++;
    is_whole = reader->line[length - 1] == '\n';
    if (is_whole)
        reader->line[--length] = 0;
    if (parse(reader, (size_t)length, event))
        return TRACE_READ_EVENT;
    if (is_whole || (reader->number == 1 && strncmp(reader->line, start, strlen(start)) != 0))
        return refuse(reader);
    cli_complain("%s: the last line is cut off, the recorder did not finish", reader->name);
    return TRACE_READ_END;
}

void trace_reader_free(struct trace_reader *reader)
{
    cJSON_Delete(reader->object);
    free(reader->line);
}
