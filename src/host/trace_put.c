/*
 * Building one line of the trace: what its two forms, JSON and text, have in common.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/trace_format.h"

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
                                            const struct host_trace_field *field,
                                            struct host_trace_used *used)
{
    const uint8_t *text = (const uint8_t *)record->text;
    size_t size = record->header->text_size, head = 0;

    if (field->kind == HOST_TRACE_TEXT_NEXT) {
        text += used->text;
        size -= used->text;
    }
    if (field->kind != HOST_TRACE_TEXT)
        head = host_trace_value(record, field);
    if (head > size)
        head = size;
    if (field->kind == HOST_TRACE_TEXT_NEXT)
        used->text += head;
    if (field->kind == HOST_TRACE_TEXT_HEAD || field->kind == HOST_TRACE_TEXT_NEXT)
        return (struct host_trace_part){text, head};
    return (struct host_trace_part){text + head, size - head};
}

struct host_trace_part host_trace_data_part(const struct host_trace_record *record, size_t size,
                                            struct host_trace_used *used)
{
    size_t left = record->header->data_size - used->data;
    struct host_trace_part part = {record->data + used->data, size < left ? size : left};

    used->data += part.size;
    return part;
}

void host_trace_put_json_string(struct host_trace_line *line, const uint8_t *text, size_t size)
{
    host_trace_put_byte(line, '"');
    for (size_t i = 0; i < size;) {
        size_t length = host_trace_utf8(text + i, size - i);

        if (length == 0)
            host_trace_put(line, "\\ufffd");
        else if (text[i] == '"' || text[i] == '\\')
            host_trace_put(line, "\\%c", text[i]);
        else if (text[i] < 0x20 || text[i] == 0x7F)
            host_trace_put(line, "\\u%04x", text[i]);
        else
            host_trace_put(line, "%.*s", (int)length, text + i);
        i += length ? length : 1;
    }
    host_trace_put_byte(line, '"');
}

/* ---- lists: the same in both forms, but for the punctuation ---- */

static void put_address(struct host_trace_line *line, uint64_t address,
                        const struct host_trace_form *form)
{
    host_trace_put(line, "%s0x%llx%s", form->quote, (unsigned long long)address, form->quote);
}

void host_trace_put_list(struct host_trace_line *line, const struct host_trace_record *record,
                         const struct host_trace_field *field, const struct host_trace_form *form)
{
    struct host_trace_field element = *field;

    element.size = 8;
    host_trace_put(line, "%s", form->list[0]);
    for (uint32_t i = 0; i < field->count; i++, element.offset += 8) {
        host_trace_put(line, "%s", i ? form->list[1] : "");
        put_address(line, host_trace_value(record, &element), form);
    }
    host_trace_put(line, "%s", form->list[2]);
}

void host_trace_put_arguments(struct host_trace_line *line, const struct host_trace_record *record,
                              const struct host_trace_form *form)
{
    const struct trace_export *call = (const struct trace_export *)record->payload;
    struct host_trace_used used = {0};

    host_trace_put(line, "%s", form->arguments[0]);
    for (uint32_t i = 0; i < call->argument_count && i < TRACE_ARGUMENTS; i++) {
        host_trace_put(line, "%s%s", i ? form->arguments[1] : "", form->argument[0]);
        put_address(line, call->arguments[i], form);
        if (call->text_size[i] != TRACE_NO_TEXT) {
            struct host_trace_part part = host_trace_data_part(record, call->text_size[i], &used);

            host_trace_put(line, "%s", form->argument[1]);
            form->put_string(line, part.bytes, part.size);
        }
        host_trace_put(line, "%s", form->argument[2]);
    }
    host_trace_put(line, "%s", form->arguments[2]);
}

static void put_name(struct host_trace_line *line, const char *lead, const char *name,
                     const struct host_trace_form *form)
{
    host_trace_put(line, "%s", lead);
    form->put_name(line, (const uint8_t *)name, strlen(name));
}

void host_trace_put_stack(struct host_trace_line *line, struct host_trace_part stack,
                          const struct host_trace_form *form)
{
    char name[HOST_TRACE_PLACE];
    uint64_t address;

    host_trace_put(line, "%s", form->list[0]);
    for (size_t at = 0; at + sizeof address <= stack.size; at += sizeof address) {
        memcpy(&address, stack.bytes + at, sizeof address);
        host_trace_put(line, "%s%s", at ? form->list[1] : "", form->frame[0]);
        put_address(line, address, form);
        if (host_trace_place(address, name))
            put_name(line, form->frame[1], name, form);
        /* A return address may lie behind the function's last call: look at the call itself. */
        if (host_trace_source(address - 1, name))
            put_name(line, form->frame[2], name, form);
        host_trace_put(line, "%s", form->frame[3]);
    }
    host_trace_put(line, "%s", form->list[2]);
}
