/*
 * The records of a run, each handed to the user as one line in the form that was asked for.
 *
 * The records come from the machine's memory, where a driver may have written over them: sizes are
 * checked, and the rest of a block that does not add up is left out.
 */
#include "host/trace.h"

#include <stdio.h>

#include "host/host.h"
#include "host/symbols.h"
#include "host/trace_format.h"
#include "text/text.h"

static struct host_trace_line line;

bool host_trace_place(uint64_t address, char text[HOST_TRACE_PLACE])
{
    const struct machine_image *image = host_image_at(address);

    if (image)
        snprintf(text, HOST_TRACE_PLACE, "%s+0x%llx", image->name,
                 (unsigned long long)(address - image->base));
    return image != NULL;
}

/* Of drivers only: what the kernel's own lines are helps nobody, and looking them up takes long. */
bool host_trace_source(uint64_t address, char text[HOST_TRACE_PLACE])
{
    const struct machine_image *image = host_image_at(address);
    struct host_source_line source;
    const char *name;
    int length;

    if (!image || image->user_mode || image->base == host.parameters.kernel_base ||
        !host_source_of(address, &source))
        return false;
    name = source.inlined_count ? source.inlined[0].function : source.function;
    length = snprintf(text, HOST_TRACE_PLACE, "%s", name ? name : "?");
    if (source.file && length < HOST_TRACE_PLACE)
        snprintf(text + length, HOST_TRACE_PLACE - (size_t)length, " (%s:%u)",
                 text_file_name(source.file), source.line);
    return true;
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
