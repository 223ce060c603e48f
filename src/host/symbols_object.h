/*
 * The sections of a PE file as a libdwarf object, and all that differs between libdwarf's
 * releases: 2021 (no version macro) and 0.x or later (DW_LIBDWARF_VERSION; renamed types).
 */
#ifndef RINGSIDE_HOST_SYMBOLS_OBJECT_H
#define RINGSIDE_HOST_SYMBOLS_OBJECT_H

#include "pe_view.h"

/*
 * Older packages install into a folder of their own; newer ones are found by pkg-config. The
 * folder comes first, because elfutils may own <dwarf.h>.
 */
#if __has_include(<libdwarf/libdwarf.h>)
#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>
#else
#include <dwarf.h>
#include <libdwarf.h>
#endif

struct host_dwarf_object {
    const struct host_pe_view *view;
    Dwarf_Debug debug;
#ifdef DW_LIBDWARF_VERSION
    Dwarf_Obj_Access_Methods_a methods;
    Dwarf_Obj_Access_Interface_a access;
#else
    Dwarf_Obj_Access_Methods methods;
    Dwarf_Obj_Access_Interface access;
#endif
};

/* Open `view`'s DWARF; both must stay in place until the close. Returns: false without DWARF. */
bool host_dwarf_object_open(struct host_dwarf_object *object, const struct host_pe_view *view);
void host_dwarf_object_close(struct host_dwarf_object *object);

static inline void host_dwarf_free_ranges(Dwarf_Debug debug, Dwarf_Ranges *ranges,
                                          Dwarf_Signed count)
{
#ifdef DW_LIBDWARF_VERSION
    dwarf_dealloc_ranges(debug, ranges, count);
#else
    dwarf_ranges_dealloc(debug, ranges, count);
#endif
}

#endif
