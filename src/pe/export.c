/*
 * Exports. The bounds of the three arrays are checked once and kept in the view; their content is
 * checked at each use. Names may have any order: linkers sort them, but nothing forces a driver to.
 */
#include "pe_internal.h"

enum {
    EXPORT_NAME_LIMIT = 0x10000, /* the ordinal table holds 16-bit indices */
};

static uint32_t array32_at(const struct pe_view *view, uint32_t array_rva, uint32_t index)
{
    return ((const struct pe_unaligned32 *)(view->bytes + array_rva))[index].value;
}

static uint16_t array16_at(const struct pe_view *view, uint32_t array_rva, uint32_t index)
{
    return ((const struct pe_unaligned16 *)(view->bytes + array_rva))[index].value;
}

/* NULL for a name that points outside the image. */
static const char *name_at(const struct pe_view *view, uint32_t index)
{
    return pe_view_string(view, array32_at(view, view->exports.name_rva, index),
                          PE_SYMBOL_NAME_LIMIT);
}

/* A name and how many bytes of it may be read: none of one that begins outside the image. */
static uint64_t name_room(const struct pe_view *view, uint32_t index, const char **name)
{
    uint32_t rva = array32_at(view, view->exports.name_rva, index);
    uint64_t room = rva == 0 || rva >= view->size ? 0 : view->size - rva;

    *name = room ? (const char *)view->bytes + rva : NULL;
    return room < PE_SYMBOL_NAME_LIMIT ? room : PE_SYMBOL_NAME_LIMIT;
}

/*
 * Reads up to the first difference and no further: a look-up compares with many names, of which
 * only the one that it finds need be whole. One that does not end within `room` equals nothing.
 */
static int compare(const char *left, const char *right, uint64_t room)
{
    for (uint64_t i = 0; i < room; i++)
        if (left[i] != right[i] || left[i] == 0)
            return (unsigned char)left[i] - (unsigned char)right[i];
    return -1;
}

static bool names_ascend(const struct pe_view *view)
{
    const char *name, *next;
    uint64_t room, next_room;

    for (uint32_t index = 0; index < view->exports.name_count; index++) {
        next_room = name_room(view, index, &next);
        if (next_room == 0)
            return false;
        if (index > 0 && compare(name, next, room < next_room ? room : next_room) >= 0)
            return false;
        name = next;
        room = next_room;
    }
    return true;
}

bool pe_export_open(struct pe_view *view, struct pe_error *error)
{
    struct pe_export_table *exports = &view->exports;
    uint32_t rva = view->headers.directories[PE_DIRECTORY_EXPORT].rva;
    const struct pe_export_directory *directory;

    *exports = (struct pe_export_table){.sorted = true};
    if (rva == 0)
        return true;
    directory = pe_view_at(view, rva, sizeof(*directory));
    if (!directory)
        return pe_fail(error, "the export table ends outside the image");
    if (!pe_range_inside(directory->function_rva,
                         (uint64_t)directory->function_count * sizeof(uint32_t), view->size))
        return pe_fail(error, "the export address table lies outside the image");
    if (directory->name_count > EXPORT_NAME_LIMIT)
        return pe_fail(error, "the export name table has 0x%x entries; the limit is 0x%x",
                       directory->name_count, (unsigned)EXPORT_NAME_LIMIT);
    if (!pe_range_inside(directory->name_rva, directory->name_count * sizeof(uint32_t), view->size))
        return pe_fail(error, "the export name table lies outside the image");
    if (!pe_range_inside(directory->ordinal_rva, directory->name_count * sizeof(uint16_t),
                         view->size))
        return pe_fail(error, "the export ordinal table lies outside the image");
    exports->function_rva = directory->function_rva;
    exports->function_count = directory->function_count;
    exports->name_rva = directory->name_rva;
    exports->name_count = directory->name_count;
    exports->ordinal_rva = directory->ordinal_rva;
    exports->ordinal_base = directory->ordinal_base;
    exports->sorted = names_ascend(view);
    return true;
}

/* Fills *found for the index-th function. An RVA inside the export directory is a forwarder. */
static bool describe(const struct pe_view *view, uint32_t index, const char *name,
                     struct pe_export *found)
{
    struct pe_directory directory = view->headers.directories[PE_DIRECTORY_EXPORT];
    uint32_t rva;

    if (index >= view->exports.function_count)
        return false;
    rva = array32_at(view, view->exports.function_rva, index);
    if (rva == 0 || rva >= view->size)
        return false;
    found->name = name;
    found->ordinal = view->exports.ordinal_base + index;
    found->rva = rva;
    found->forwarder = NULL;
    if (rva < directory.rva || rva - directory.rva >= directory.size)
        return true;
    found->rva = 0;
    found->forwarder = pe_view_string(view, rva, PE_SYMBOL_NAME_LIMIT);
    return found->forwarder != NULL;
}

bool pe_export_at(const struct pe_view *view, uint32_t index, struct pe_export *found)
{
    const char *name = index < view->exports.name_count ? name_at(view, index) : NULL;

    return name && describe(view, array16_at(view, view->exports.ordinal_rva, index), name, found);
}

static bool find_sorted(const struct pe_view *view, const char *name, struct pe_export *found)
{
    uint32_t low = 0, high = view->exports.name_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *candidate;
        uint64_t room = name_room(view, middle, &candidate);
        int order = compare(name, candidate, room);

        if (order == 0)
            return pe_export_at(view, middle, found);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool find_unsorted(const struct pe_view *view, const char *name, struct pe_export *found)
{
    for (uint32_t index = 0; index < view->exports.name_count; index++) {
        const char *candidate;
        uint64_t room = name_room(view, index, &candidate);

        if (compare(name, candidate, room) == 0)
            return pe_export_at(view, index, found);
    }
    return false;
}

bool pe_export_find(const struct pe_view *view, const char *name, struct pe_export *found)
{
    return view->exports.sorted ? find_sorted(view, name, found) : find_unsorted(view, name, found);
}

bool pe_export_find_ordinal(const struct pe_view *view, uint32_t ordinal, struct pe_export *found)
{
    return ordinal >= view->exports.ordinal_base &&
           describe(view, ordinal - view->exports.ordinal_base, NULL, found);
}
