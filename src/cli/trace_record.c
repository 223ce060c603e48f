/*
 * A line of a JSON trace made a record again, by the table that it was written by, so that the text
 * of it is made by the recorder's own code.
 *
 * What JSON does not keep stays lost: bytes that were not UTF-8 are U+FFFD. Names of code come from
 * the line, as there are no images here.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/trace_format.h"
#include "ringside/ringside.h"
#include "trace_view.h"

#define TEXT_ROOM (64 << 10) /* U+FFFD is three times as long as what it stands for */
#define DATA_ROOM (64 << 10)
#define NAMES 32

/* A code address of the line, and what the line says about it. */
struct code_name {
    uint64_t address;
    const char *place, *source;
};

static struct {
    struct trace_header header;
    uint8_t payload[256] __attribute__((aligned(8)));
    char text[TEXT_ROOM];
    uint8_t data[DATA_ROOM];
    struct code_name names[NAMES];
    size_t name_count;
} made;

/* ---- names of code ---- */

static void keep_name(uint64_t address, const cJSON *place, const cJSON *source)
{
    struct code_name *name = &made.names[made.name_count];

    if (made.name_count == NAMES)
        return;
    made.name_count++;
    name->address = address;
    name->place = cJSON_GetStringValue(place);
    name->source = cJSON_GetStringValue(source);
}

static bool copy_name(const char *name, char text[HOST_TRACE_PLACE])
{
    if (name)
        snprintf(text, HOST_TRACE_PLACE, "%s", name);
    return name != NULL;
}

bool host_trace_place(uint64_t address, char text[HOST_TRACE_PLACE])
{
    for (size_t i = 0; i < made.name_count; i++)
        if (made.names[i].address == address)
            return copy_name(made.names[i].place, text);
    return false;
}

/* Of a stack the byte before the return address is asked for. */
bool host_trace_source(uint64_t address, char text[HOST_TRACE_PLACE])
{
    for (size_t i = 0; i < made.name_count; i++)
        if (made.names[i].address == address + 1)
            return copy_name(made.names[i].source, text);
    return false;
}

/* ---- parts ---- */

/* Each returns how many bytes it added. */
static uint64_t add_text(const char *text)
{
    size_t room = sizeof made.text - made.header.text_size, size = strnlen(text, room);

    memcpy(made.text + made.header.text_size, text, size);
    made.header.text_size += (uint32_t)size;
    return size;
}

static uint64_t add_data(const void *bytes, size_t size)
{
    size_t room = sizeof made.data - made.header.data_size;

    if (size > room)
        size = room;
    memcpy(made.data + made.header.data_size, bytes, size);
    made.header.data_size += (uint32_t)size;
    return size;
}

static int digit(char character)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, character);

    return character && at ? (int)(at - digits) : -1;
}

static uint64_t add_hex(const char *text)
{
    uint64_t size = 0;

    for (; digit(text[0]) >= 0 && digit(text[1]) >= 0; text += 2) {
        uint8_t byte = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));

        size += add_data(&byte, 1);
    }
    return size;
}

static uint64_t address_of(const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);

    return text ? strtoull(text, NULL, 0) : 0;
}

static uint64_t add_stack(const cJSON *stack)
{
    uint64_t size = 0, address;
    const cJSON *frame;

    cJSON_ArrayForEach(frame, stack)
    {
        address = address_of(cJSON_GetObjectItemCaseSensitive(frame, "address"));
        keep_name(address, cJSON_GetObjectItemCaseSensitive(frame, "at"),
                  cJSON_GetObjectItemCaseSensitive(frame, "source"));
        size += add_data(&address, sizeof address);
    }
    return size;
}

static void add_arguments(const cJSON *arguments)
{
    struct trace_export *call = (struct trace_export *)made.payload;
    const cJSON *argument;

    cJSON_ArrayForEach(argument, arguments)
    {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(argument, "text"));
        uint32_t number = call->argument_count;

        if (number == TRACE_ARGUMENTS)
            return;
        call->arguments[number] = address_of(cJSON_GetObjectItemCaseSensitive(argument, "value"));
        call->text_size[number] = TRACE_NO_TEXT;
        if (text)
            call->text_size[number] = (uint16_t)add_data(text, strnlen(text, TRACE_TEXT_LIMIT));
        call->argument_count++;
    }
}

static void add_list(const struct host_trace_field *field, const cJSON *list)
{
    for (int i = 0; i < field->count; i++) {
        uint64_t value = address_of(cJSON_GetArrayItem(list, i));

        memcpy(made.payload + field->offset + 8 * i, &value, sizeof value);
    }
}

/* "{5D2A1B70-0001-4C6E-9011-223344556677}" as it lies in memory. */
static void add_guid(const struct host_trace_field *field, const char *text)
{
    static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    size_t byte = 0;

    while (byte < sizeof order && *text) {
        char pair[3] = {0};

        if (!strchr("{-}", *text)) {
            pair[0] = *text++;
            pair[1] = *text;
            made.payload[field->offset + order[byte++]] = (uint8_t)strtoul(pair, NULL, 16);
        }
        text += *text != 0;
    }
}

/* ---- values ---- */

static uint64_t major_of(const struct trace_event *event, const struct host_trace_field *field)
{
    const char *text = trace_field_text(event, field->name);

    for (uint64_t major = 0; *text && host_trace_major(major); major++)
        if (strcmp(host_trace_major(major), text) == 0)
            return major;
    return trace_field_number(event, field->name);
}

static uint64_t choice_of(const struct trace_event *event, const struct host_trace_field *field)
{
    const char *text = trace_field_text(event, field->name);

    for (uint64_t i = 0; *text && field->names[i]; i++)
        if (strcmp(field->names[i], text) == 0)
            return i;
    return trace_field_number(event, field->name);
}

static uint64_t tag_of(const char *text)
{
    uint64_t tag = 0;

    for (int i = 0; i < 4 && text[i]; i++)
        tag |= (uint64_t)(uint8_t)text[i] << 8 * i;
    return tag;
}

static uint64_t code_of(const struct trace_event *event, const char *name)
{
    uint64_t address = trace_field_number(event, name);
    char at[64];

    snprintf(at, sizeof at, "%s_at", name);
    keep_name(address, cJSON_GetObjectItemCaseSensitive(event->object, at), NULL);
    return address;
}

/* Add the parts of a field; its value is what lies in the payload. */
static uint64_t value_of(const struct trace_event *event, const struct host_trace_field *field)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event->object, field->name);
    const char *text = trace_field_text(event, field->name);

    switch ((enum host_trace_kind)field->kind) {
    case HOST_TRACE_DECIMAL:
    case HOST_TRACE_HEX:
    case HOST_TRACE_STATUS:
        break;
    case HOST_TRACE_CODE:
        return code_of(event, field->name);
    case HOST_TRACE_MAJOR:
        return major_of(event, field);
    case HOST_TRACE_CONTROL:
        return address_of(cJSON_GetObjectItemCaseSensitive(item, "code"));
    case HOST_TRACE_TAG:
        return tag_of(text);
    case HOST_TRACE_CHOICE:
        return choice_of(event, field);
    case HOST_TRACE_TEXT:
    case HOST_TRACE_TEXT_HEAD:
    case HOST_TRACE_TEXT_NEXT:
        return add_text(text);
    case HOST_TRACE_TEXT_TAIL:
        add_text(text);
        break;
    case HOST_TRACE_BYTES:
        return add_hex(text);
    case HOST_TRACE_STACK:
        return add_stack(item);
    case HOST_TRACE_GUID:
    case HOST_TRACE_HEX_LIST:
    case HOST_TRACE_ARGUMENTS:
        break;
    }
    return trace_field_number(event, field->name);
}

static void put_field(const struct trace_event *event, const struct host_trace_field *field)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event->object, field->name);
    uint64_t value;

    if (field->kind == HOST_TRACE_GUID) {
        add_guid(field, trace_field_text(event, field->name));
    } else if (field->kind == HOST_TRACE_HEX_LIST) {
        add_list(field, item);
    } else if (field->kind == HOST_TRACE_ARGUMENTS) {
        add_arguments(item);
    } else {
        value = value_of(event, field);
        if (field->kind != HOST_TRACE_TEXT && field->kind != HOST_TRACE_TEXT_TAIL)
            memcpy(made.payload + field->offset, &value, field->size);
    }
}

bool trace_record_of(const struct trace_event *event, struct host_trace_record *record,
                     const struct host_trace_layout **layout)
{
    uint16_t type;

    *layout = host_trace_layout_named(event->kind, &type);
    if (!*layout || (*layout)->payload_size > sizeof made.payload)
        return false;
    made.header =
        (struct trace_header){.sequence = event->sequence,
                              .time = event->time_100ns,
                              .process = event->process,
                              .thread = event->thread,
                              .type = type,
                              .irql = (uint8_t)trace_field_number(event, "irql"),
                              .processor = (uint8_t)trace_field_number(event, "processor"),
                              .payload_size = (*layout)->payload_size};
    memset(made.payload, 0, sizeof made.payload);
    made.name_count = 0;
    for (uint32_t i = 0; i < (*layout)->field_count; i++)
        put_field(event, &(*layout)->fields[i]);
    *record = (struct host_trace_record){
        .header = &made.header, .payload = made.payload, .text = made.text, .data = made.data};
    return true;
}
