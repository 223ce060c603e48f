/*
 * Parts of the ELF object that describes a loaded PE image to a debugger; private to gdb.c.
 */
#ifndef RINGSIDE_HOST_GDB_OBJECT_H
#define RINGSIDE_HOST_GDB_OBJECT_H

#include "pe_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing array of bytes. After a failed allocation it stays empty and `failed` is set. */
struct host_bytes {
    uint8_t *data;
    size_t size, capacity;
    bool failed;
};

void host_bytes_add(struct host_bytes *bytes, const void *from, size_t size);

enum host_debug_section {
    HOST_DEBUG_INFO,
    HOST_DEBUG_ABBREV,
    HOST_DEBUG_LINE,
    HOST_DEBUG_LINE_STR,
    HOST_DEBUG_STR,
    HOST_DEBUG_STR_OFFSETS,
    HOST_DEBUG_ADDR,
    HOST_DEBUG_RANGES,
    HOST_DEBUG_RNGLISTS,
    HOST_DEBUG_LOC,
    HOST_DEBUG_LOCLISTS,
    HOST_DEBUG_ARANGES,
    HOST_DEBUG_SECTIONS,
};

extern const char *const host_debug_section_names[HOST_DEBUG_SECTIONS];

/* Writable copies of the debug sections of one image. Absent ones have size 0. */
struct host_debug_data {
    struct {
        uint8_t *data;
        size_t size;
    } sections[HOST_DEBUG_SECTIONS];
    uint64_t image_base; /* preferred */
    uint64_t image_size;
    uint64_t delta; /* run base - preferred base */
};

/*
 * Move all code and data addresses in the DWARF (versions 4 and 5) by `delta`. Damaged parts are
 * left as they are from the point of the damage.
 */
void host_dwarf_relocate(struct host_debug_data *debug);

/*
 * Append a .debug_frame section for the image at `base`, made from its .pdata: one entry per
 * function, and default entries for leaf functions, which have no .pdata on x64 Windows.
 */
void host_frames_from_pdata(const struct host_pe_view *view, uint64_t base, struct host_bytes *out);

#endif
