/*
 * The image in memory: opening it, and access that cannot leave it.
 *
 * Opening copies the headers and the bounds of the export arrays, so that what a driver does to its
 * own headers later can make a look-up fail but not go astray.
 */
#include "pe_internal.h"

bool pe_view_open(struct pe_view *view, void *bytes, uint64_t size, struct pe_error *error)
{
    if (!pe_headers_read(&view->headers, bytes, size, error))
        return false;
    if (view->headers.size_of_image > size)
        return pe_fail(error, "SizeOfImage 0x%x is larger than the memory of the image",
                       view->headers.size_of_image);
    view->bytes = bytes;
    view->size = view->headers.size_of_image;
    return pe_export_open(view, error);
}

void *pe_view_at(const struct pe_view *view, uint64_t rva, uint64_t length)
{
    return pe_range_inside(rva, length, view->size) ? view->bytes + rva : NULL;
}

const char *pe_view_string(const struct pe_view *view, uint64_t rva, uint32_t limit)
{
    uint64_t available;

    if (rva == 0 || rva >= view->size)
        return NULL;
    available = view->size - rva;
    if (available > limit)
        available = limit;
    for (uint64_t length = 0; length < available; length++) {
        if (view->bytes[rva + length] == 0)
            return (const char *)view->bytes + rva;
    }
    return NULL;
}

bool pe_view_section_at(const struct pe_view *view, unsigned index, struct pe_section *section)
{
    if (index >= view->headers.section_count)
        return false;
    pe_section_describe(pe_section_header_at(&view->headers, view->bytes, index), section);
    return pe_range_inside(section->rva, section->virtual_size, view->size);
}
