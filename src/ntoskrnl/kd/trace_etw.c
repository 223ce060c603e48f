/*
 * Events that drivers write, in the trace.
 *
 * A descriptor of the data has a type in its reserved field. Two types are not payload: the
 * provider's traits, and the metadata of a TraceLogging event, which begins with the event's name:
 * 16 bits of size, tag bytes up to the first whose high bit is clear, and the name, terminated.
 */
#include "kd/trace_internal.h"

enum descriptor_type { DATA, EVENT_METADATA, PROVIDER_METADATA, TIMESTAMP_OVERRIDE };

static enum descriptor_type type_of(const EVENT_DATA_DESCRIPTOR *data)
{
    return (enum descriptor_type)(data->Reserved & 0xFF);
}

static void add_event_name(const EVENT_DATA_DESCRIPTOR *metadata)
{
    UCHAR bytes[256];
    ULONG size = kd_trace_peek(metadata->Ptr, bytes, min(metadata->Size, (ULONG)sizeof(bytes)));
    ULONG start = sizeof(USHORT), end;

    while (start < size && bytes[start] & 0x80)
        start++;
    for (end = ++start; end < size && bytes[end]; end++)
        ;
    if (start < end)
        kd_trace_text((const char *)bytes + start, end - start);
}

static void add_text(const struct kd_trace_etw *event)
{
    UNICODE_STRING string;

    if (event->string) {
        RtlInitUnicodeString(&string, event->string);
        kd_trace_text_of(&string);
    }
    for (ULONG i = 0; i < event->count; i++)
        if (type_of(&event->data[i]) == EVENT_METADATA)
            add_event_name(&event->data[i]);
}

static void add_data(struct trace_etw *record, const struct kd_trace_etw *event)
{
    for (ULONG i = 0; i < event->count; i++) {
        const EVENT_DATA_DESCRIPTOR *data = &event->data[i];

        if (type_of(data) != DATA)
            continue;
        record->length += data->Size;
        record->data_size +=
            kd_trace_memory(data->Ptr, min(data->Size, TRACE_BUFFER_LIMIT - record->data_size));
    }
}

void kd_trace_etw(const struct kd_trace_etw *event)
{
    struct trace_etw *record = kd_trace_begin(TRACE_ETW, sizeof(*record));
    PCEVENT_DESCRIPTOR descriptor = event->descriptor;

    RtlCopyMemory(record->provider, event->provider, sizeof(record->provider));
    if (event->activity)
        RtlCopyMemory(record->activity, event->activity, sizeof(record->activity));
    if (event->related)
        RtlCopyMemory(record->related, event->related, sizeof(record->related));
    record->keyword = descriptor->Keyword;
    record->id = descriptor->Id;
    record->task = descriptor->Task;
    record->version = descriptor->Version;
    record->channel = descriptor->Channel;
    record->level = descriptor->Level;
    record->opcode = descriptor->Opcode;
    record->name_size = kd_trace_text(event->name, strlen(event->name));
    add_text(event);
    add_data(record, event);
    kd_trace_end();
}
