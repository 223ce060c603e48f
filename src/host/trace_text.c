/*
 * The trace as text: one line per record, with time, process:thread, IRQL and event in columns.
 *
 *       12.3 us     4:16   P  irp_send       IRP_MJ_DEVICE_CONTROL  \Device\Example  0x222000 (…)
 *
 * Text is printable: line ends, control characters and bytes that are not UTF-8 are spelled out.
 */
#include <stdio.h>
#include <string.h>

#include "ringside/ringside.h"
#include "host/trace_format.h"

#define BYTES_SHOWN 32 /* of a buffer; JSON has all */

static void put_printable(struct host_trace_line *line, const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = host_trace_utf8(text + i, size - i);

        if (text[i] == '\n')
            host_trace_put(line, "\\n");
        else if (length == 0 || text[i] < 0x20 || text[i] == 0x7F)
            host_trace_put(line, "\\x%02x", text[i]);
        else
            host_trace_put(line, "%.*s", (int)length, text + i);
        i += length ? length : 1;
    }
}

static void put_control(struct host_trace_line *line, uint32_t code)
{
    const char *type = host_trace_device_type(code >> 16);

    host_trace_put(line, "0x%x (", code);
    if (type)
        host_trace_put(line, "%s", type);
    else
        host_trace_put(line, "0x%x", code >> 16);
    host_trace_put(line, ", 0x%x, %s, %s)", code >> 2 & 0xFFF, host_trace_method(code),
                   host_trace_access(code));
}

static void put_bytes(struct host_trace_line *line, struct host_trace_part part)
{
    size_t shown = part.size < BYTES_SHOWN ? part.size : BYTES_SHOWN;

    host_trace_put_hex(line, part.bytes, shown);
    if (shown < part.size)
        host_trace_put(line, "... (%zu bytes)", part.size);
}

static void put_quoted(struct host_trace_line *line, const uint8_t *text, size_t size)
{
    host_trace_put_byte(line, '"');
    put_printable(line, text, size);
    host_trace_put_byte(line, '"');
}

static const struct host_trace_form text_form = {
    .quote = "",
    .list = {"", ",", ""},
    .arguments = {"(", ", ", ")"},
    .argument = {"", " ", ""},
    .frame = {"", " ", " ", ""},
    .put_string = put_quoted,
    .put_name = put_printable,
};

static void put_named(struct host_trace_line *line, const char *name, uint64_t value)
{
    if (name && *name)
        host_trace_put(line, "%s", name);
    else
        host_trace_put(line, "0x%llx", (unsigned long long)value);
}

static void put_code(struct host_trace_line *line, uint64_t value)
{
    char place[HOST_TRACE_PLACE];

    if (host_trace_place(value, place))
        put_printable(line, (const uint8_t *)place, strlen(place));
    else
        host_trace_put(line, "0x%llx", (unsigned long long)value);
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
        host_trace_put(line, "0x%llx", (unsigned long long)value);
        break;
    case HOST_TRACE_CODE:
        put_code(line, value);
        break;
    case HOST_TRACE_STATUS:
        put_named(line, rs_status_name((rs_status)value), (uint32_t)value);
        break;
    case HOST_TRACE_MAJOR:
        put_named(line, host_trace_major(value), value);
        break;
    case HOST_TRACE_CONTROL:
        put_control(line, (uint32_t)value);
        break;
    case HOST_TRACE_TAG:
        for (int i = 0; i < 4; i++, value >>= 8)
            host_trace_put_byte(line, (value & 0xFF) >= 0x20 && (value & 0xFF) < 0x7F ? (char)value
                                                                                      : '.');
        break;
    case HOST_TRACE_GUID:
        host_trace_put_guid(line, record->payload + field->offset);
        break;
    case HOST_TRACE_CHOICE:
        put_named(line, host_trace_choice(field, value), value);
        break;
    case HOST_TRACE_TEXT:
    case HOST_TRACE_TEXT_HEAD:
    case HOST_TRACE_TEXT_TAIL:
    case HOST_TRACE_TEXT_NEXT:
        part = host_trace_text_part(record, field, used);
        put_printable(line, part.bytes, part.size);
        break;
    case HOST_TRACE_BYTES:
        put_bytes(line, host_trace_data_part(record, value, used));
        break;
    case HOST_TRACE_HEX_LIST:
        host_trace_put_list(line, record, field, &text_form);
        break;
    case HOST_TRACE_ARGUMENTS:
        host_trace_put_arguments(line, record, &text_form);
        break;
    case HOST_TRACE_STACK:
        host_trace_put_stack(line, host_trace_data_part(record, value, used), &text_form);
        break;
    }
}

/* P, A, D for the three levels that have no device's number. */
static void put_columns(struct host_trace_line *line, const struct trace_header *header,
                        const char *event)
{
    static const char *const levels[] = {"P", "A", "D"};
    char number[4], thread[32], processor[8] = "";

    snprintf(number, sizeof number, "%u", header->irql);
    if (header->processor)
        snprintf(processor, sizeof processor, "@%u", header->processor);
    snprintf(thread, sizeof thread, "%u:%u%s", header->process, header->thread, processor);
    host_trace_put(line, "%9llu.%llu us  %8s  %-2s  %-14s", (unsigned long long)(header->time / 10),
                   (unsigned long long)(header->time % 10), thread,
                   header->irql < 3 ? levels[header->irql] : number, event);
}

void host_trace_text(struct host_trace_line *line, const struct host_trace_record *record,
                     const struct host_trace_layout *layout)
{
    struct host_trace_used used = {0};

    put_columns(line, record->header, layout->name);
    for (uint32_t i = 0; i < layout->field_count; i++) {
        const struct host_trace_field *field = &layout->fields[i];
        uint64_t value = host_trace_value(record, field);

        if (field->only_json || host_trace_is_left_out(record, field, value))
            continue;
        if (field->kind != HOST_TRACE_ARGUMENTS) /* they stand directly behind the name */
            host_trace_put(line, field->bare ? "  " : "  %s=", field->name);
        put_value(line, record, field, value, &used);
    }
}
