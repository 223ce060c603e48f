/*
 * A place in code, by module, function and source line. See findings.h.
 */
#include <stdlib.h>

#include "host/findings.h"
#include "host/host.h"

size_t host_resolve(uint64_t address, struct rs_frame frames[HOST_PLACE_FRAMES])
{
    const struct machine_image *image = host_image_at(address);
    struct host_source_line line = {0};
    const char *file, *module = image ? image->name : NULL;
    uint64_t offset = image ? address - image->base : address;
    uint32_t number;
    size_t count = 0;

    if (!host_source_of(address, &line))
        line = (struct host_source_line){0};
    file = line.file;
    number = line.line;
    for (; count < line.inlined_count; count++) {
        frames[count] =
            (struct rs_frame){module, offset, line.inlined[count].function, file, number, true};
        file = line.inlined[count].call_file;
        number = line.inlined[count].call_line;
    }
    frames[count++] = (struct rs_frame){module, offset, line.function, file, number, false};
    return count;
}

void host_frame_own(struct rs_frame *frame)
{
    frame->module = host_finding_copy(frame->module);
    frame->function = host_finding_copy(frame->function);
    frame->file = host_finding_copy(frame->file);
}

void host_frame_disown(const struct rs_frame *frame)
{
    free((void *)frame->module);
    free((void *)frame->function);
    free((void *)frame->file);
}
