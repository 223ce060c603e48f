/*
 * The records of a run, each handed to the user as one line in the form that was asked for.
 *
 * The records come from the machine's memory, where a driver may have written over them: sizes are
 * checked, and the rest of a block that does not add up is left out.
 */
#include "host/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/host.h"
#include "host/trace_format.h"

static struct host_trace_line line;

void host_trace_put(struct host_trace_line *to, const char *format, ...)
{
    size_t room = sizeof to->text - to->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(to->text + to->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        to->length += (size_t)length < room ? (size_t)length : room - 1;
}

void host_trace_put_byte(struct host_trace_line *to, char byte)
{
    if (to->length + 1 < sizeof to->text)
        to->text[to->length++] = byte;
}

void host_trace_put_hex(struct host_trace_line *to, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        host_trace_put_byte(to, digits[bytes[i] >> 4]);
        host_trace_put_byte(to, digits[bytes[i] & 15]);
    }
}

void host_trace_put_guid(struct host_trace_line *to, const uint8_t *bytes)
{
    uint32_t first;
    uint16_t second, third;

    memcpy(&first, bytes, sizeof first);
    memcpy(&second, bytes + 4, sizeof second);
    memcpy(&third, bytes + 6, sizeof third);
    host_trace_put(to, "{%08X-%04X-%04X-%02X%02X-", first, second, third, bytes[8], bytes[9]);
    for (int i = 10; i < 16; i++)
        host_trace_put(to, "%02X", bytes[i]);
    host_trace_put_byte(to, '}');
}

bool host_trace_put_place(struct host_trace_line *to, uint64_t address)
{
    const struct machine_image *image = host_image_at(address);

    if (image)
        host_trace_put(to, "%s+0x%llx", image->name, (unsigned long long)(address - image->base));
    return image != NULL;
}

size_t host_trace_utf8(const uint8_t *text, size_t size)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = text[0];
    size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    uint32_t code = length == 1 ? first : first & (0xFFu >> (length + 1));

    if (length > size || (first >= 0x80 && first < 0xC2) || first > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3F);
    }
    return code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0
                                                                                        : length;
}

struct host_trace_part host_trace_text_part(const struct host_trace_record *record,
                                            const struct host_trace_field *field)
{
    const uint8_t *text = (const uint8_t *)record->text;
    size_t size = record->header->text_size, head = 0;

    if (field->kind != HOST_TRACE_TEXT)
        head = host_trace_value(record, field);
    if (head > size)
        head = size;
    if (field->kind == HOST_TRACE_TEXT_HEAD)
        return (struct host_trace_part){text, head};
    return (struct host_trace_part){text + head, size - head};
}

struct host_trace_part host_trace_data_part(const struct host_trace_record *record, size_t size,
                                            size_t *at)
{
    size_t left = record->header->data_size - *at;
    struct host_trace_part part = {record->data + *at, size < left ? size : left};

    *at += part.size;
    return part;
}

/* The record at the start of `size` bytes; 0 when there is no good one, else its length. */
static size_t open_record(const uint8_t *bytes, size_t size, struct host_trace_record *record)
{
    const struct trace_header *header = (const struct trace_header *)bytes;
    uint64_t needed;

    if (size < sizeof *header)
        return 0;
    needed =
        sizeof *header + (uint64_t)header->payload_size + header->text_size + header->data_size;
    if (header->size > size || header->size < needed || header->size % 8)
        return 0;
    record->header = header;
    record->payload = bytes + sizeof *header;
    record->text = (const char *)record->payload + header->payload_size;
    record->data = (const uint8_t *)record->text + header->text_size;
    return header->size;
}

static void show(const struct host_trace_record *record)
{
    const struct host_trace_layout *layout = host_trace_layout_of(record->header->type);

    if (!layout || layout->payload_size != record->header->payload_size)
        return;
    host_trace_keep(record);
    if (!host.options.trace)
        return;
    line.length = 0;
    if (host.options.trace_format == RS_TRACE_JSON_LINES)
        host_trace_json(&line, record, layout);
    else
        host_trace_text(&line, record, layout);
    host_trace_put_byte(&line, '\n');
    host.options.trace(host.options.trace_context, line.text, line.length);
}

void host_trace_write(const void *records, uint64_t size)
{
    const uint8_t *at = records;
    struct host_trace_record record;
    size_t length;

    while ((length = open_record(at, size, &record)) > 0) {
        show(&record);
        at += length;
        size -= length;
    }
}
