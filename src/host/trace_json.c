/*
 * The trace as JSON Lines: one object per record, its fields in the order of the table.
 *
 * Addresses and flags are strings ("0x610000003000"), because JSON numbers lose bits above 2^53.
 * Text is always valid UTF-8: a byte that is not becomes U+FFFD.
 */
#include <string.h>

#include "host/host.h"
#include "host/trace_format.h"

static void put_status(struct host_trace_line *line, const char *name, uint64_t value)
{
    const char *status = rs_status_name((rs_status)value);

    host_trace_put(line, "\"0x%08x\"", (unsigned)value);
    if (*status)
        host_trace_put(line, ",\"%s_name\":\"%s\"", name, status);
}

static void put_control(struct host_trace_line *line, uint32_t code)
{
    const char *type = host_trace_device_type(code >> 16);

    host_trace_put(line, "{\"code\":\"0x%08x\",\"device_type\":%u,", code, code >> 16);
    if (type)
        host_trace_put(line, "\"device_type_name\":\"%s\",", type);
    host_trace_put(line, "\"function\":%u,\"method\":\"%s\",\"access\":\"%s\"}", code >> 2 & 0xFFF,
                   host_trace_method(code), host_trace_access(code));
}

static void put_tag(struct host_trace_line *line, uint64_t value)
{
    uint8_t tag[4];

    for (int i = 0; i < 4; i++) {
        tag[i] = (uint8_t)(value >> 8 * i);
        if (tag[i] < 0x20 || tag[i] > 0x7E)
            tag[i] = '.';
    }
    host_trace_put_json_string(line, tag, sizeof tag);
}

static const struct host_trace_form json_form = {
    .quote = "\"",
    .list = {"[", ",", "]"},
    .arguments = {"[", ",", "]"},
    .argument = {"{\"value\":", ",\"text\":", "}"},
    .frame = {"{\"address\":", ",\"at\":", ",\"source\":", "}"},
    .put_string = host_trace_put_json_string,
    .put_name = host_trace_put_json_string,
};

/* A value that has a name when we know one, and is a number otherwise. */
static void put_named(struct host_trace_line *line, const char *name, uint64_t value)
{
    if (name)
        host_trace_put(line, "\"%s\"", name);
    else
        host_trace_put(line, "%llu", (unsigned long long)value);
}

static void put_code(struct host_trace_line *line, const char *name, uint64_t value)
{
    char text[HOST_TRACE_PLACE];

    host_trace_put(line, "\"0x%llx\"", (unsigned long long)value);
    if (host_trace_place(value, text)) {
        host_trace_put(line, ",\"%s_at\":", name);
        host_trace_put_json_string(line, (const uint8_t *)text, strlen(text));
    }
    if (host_trace_source(value, text)) {
        host_trace_put(line, ",\"%s_source\":", name);
        host_trace_put_json_string(line, (const uint8_t *)text, strlen(text));
    }
}

static void put_value(struct host_trace_line *line, const struct host_trace_record *record,
                      const struct host_trace_field *field, uint64_t value,
                      struct host_trace_used *used)
{
    struct host_trace_part part;

    switch ((enum host_trace_kind)field->kind) {
    case HOST_TRACE_DECIMAL:
        host_trace_put(line, "%llu", (unsigned long long)value);
        break;
    case HOST_TRACE_HEX:
        host_trace_put(line, "\"0x%llx\"", (unsigned long long)value);
        break;
    case HOST_TRACE_CODE:
        put_code(line, field->name, value);
        break;
    case HOST_TRACE_STATUS:
        put_status(line, field->name, value);
        break;
    case HOST_TRACE_MAJOR:
        put_named(line, host_trace_major(value), value);
        break;
    case HOST_TRACE_CONTROL:
        put_control(line, (uint32_t)value);
        break;
    case HOST_TRACE_TAG:
        put_tag(line, value);
        break;
    case HOST_TRACE_GUID:
        host_trace_put_byte(line, '"');
        host_trace_put_guid(line, record->payload + field->offset);
        host_trace_put_byte(line, '"');
        break;
    case HOST_TRACE_CHOICE:
        put_named(line, host_trace_choice(field, value), value);
        break;
    case HOST_TRACE_TEXT:
    case HOST_TRACE_TEXT_HEAD:
    case HOST_TRACE_TEXT_TAIL:
    case HOST_TRACE_TEXT_NEXT:
        part = host_trace_text_part(record, field, used);
        host_trace_put_json_string(line, part.bytes, part.size);
        break;
    case HOST_TRACE_BYTES:
        part = host_trace_data_part(record, value, used);
        host_trace_put_byte(line, '"');
        host_trace_put_hex(line, part.bytes, part.size);
        host_trace_put_byte(line, '"');
        break;
    case HOST_TRACE_HEX_LIST:
        host_trace_put_list(line, record, field, &json_form);
        break;
    case HOST_TRACE_ARGUMENTS:
        host_trace_put_arguments(line, record, &json_form);
        break;
    case HOST_TRACE_STACK:
        host_trace_put_stack(line, host_trace_data_part(record, value, used), &json_form);
        break;
    }
}

void host_trace_json(struct host_trace_line *line, const struct host_trace_record *record,
                     const struct host_trace_layout *layout)
{
    const struct trace_header *header = record->header;
    struct host_trace_used used = {0};

    host_trace_put(line,
                   "{\"sequence\":%llu,\"time_100ns\":%llu,\"process\":%u,\"thread\":%u,"
                   "\"processor\":%u,\"irql\":%u,\"event\":\"%s\"",
                   (unsigned long long)header->sequence, (unsigned long long)header->time,
                   header->process, header->thread, header->processor, header->irql, layout->name);
    for (uint32_t i = 0; i < layout->field_count; i++) {
        const struct host_trace_field *field = &layout->fields[i];
        uint64_t value = host_trace_value(record, field);

        if (host_trace_is_left_out(record, field, value))
            continue;
        host_trace_put(line, ",\"%s\":", field->name);
        put_value(line, record, field, value, &used);
    }
    host_trace_put_byte(line, '}');
}
