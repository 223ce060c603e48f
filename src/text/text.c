/*
 * Places in code, and bytes. See text.h.
 */
#include "text/text.h"

#include <string.h>

#define BYTES_IN_LINE 16

const char *text_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void put_source(FILE *out, const struct rs_frame *frame)
{
    if (frame->function)
        fprintf(out, "  %s", frame->function);
    if (frame->file)
        fprintf(out, "  (%s:%u)", text_file_name(frame->file), frame->line);
    fputc('\n', out);
}

void text_put_frame(FILE *out, const struct rs_frame *frame)
{
    fprintf(out, frame->module ? "%s+0x%llx" : "%s0x%llx", frame->module ? frame->module : "",
            (unsigned long long)frame->offset);
    put_source(out, frame);
}

size_t text_put_place(FILE *out, const struct rs_frame *frames, size_t count)
{
    size_t inlined = 0;

    text_put_frame(out, &frames[0]);
    while (inlined + 1 < count && frames[inlined].inlined) {
        fprintf(out, "        inlined into");
        put_source(out, &frames[++inlined]);
    }
    return inlined;
}

void text_of_frame(const struct rs_frame *frame, char *text, size_t size)
{
    int length;

    if (frame->function)
        length = snprintf(text, size, "%s%s%s", frame->module ? frame->module : "",
                          frame->module ? "!" : "", frame->function);
    else
        length = snprintf(text, size, frame->module ? "%s+0x%llx" : "%s0x%llx",
                          frame->module ? frame->module : "", (unsigned long long)frame->offset);
    if (frame->file && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, " (%s:%u)", text_file_name(frame->file),
                 frame->line);
}

void text_put_bytes(FILE *out, const char *lead, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += BYTES_IN_LINE) {
        size_t count = size - at < BYTES_IN_LINE ? size - at : BYTES_IN_LINE;

        fprintf(out, "%s%04zx ", lead, at);
        for (size_t i = 0; i < BYTES_IN_LINE; i++)
            if (i < count)
                fprintf(out, " %02x", bytes[at + i]);
            else
                fprintf(out, "   ");
        fprintf(out, "  ");
        for (size_t i = 0; i < count; i++)
            fputc(bytes[at + i] >= 0x20 && bytes[at + i] < 0x7F ? bytes[at + i] : '.', out);
        fputc('\n', out);
    }
}
