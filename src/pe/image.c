/*
 * The file: its sections, and how they are laid out in memory.
 *
 * pe_open() establishes, for every section: rva + virtual_size <= size_of_image; file_offset +
 * file_size <= size of the file; rva + file_size <= size_of_image; sections ascend and do not
 * overlap, neither each other nor the headers. pe_layout() relies on it and checks nothing again,
 * which is why the file's bytes must not change in between.
 */
#include "pe_internal.h"

const struct pe_section_header *pe_section_header_at(const struct pe_headers *headers,
                                                     const uint8_t *bytes, unsigned index)
{
    return (const struct pe_section_header *)(bytes + headers->section_table_offset) + index;
}

/* Names are printed in reports, so nothing that a terminal would obey may get through. */
static void copy_name(char name[9], const uint8_t bytes[8])
{
    unsigned length = 0;

    for (; length < 8 && bytes[length]; length++)
        name[length] = bytes[length] >= 0x20 && bytes[length] < 0x7f ? (char)bytes[length] : '?';
    name[length] = 0;
}

void pe_section_describe(const struct pe_section_header *header, struct pe_section *section)
{
    copy_name(section->name, header->name);
    section->rva = header->rva;
    section->virtual_size = header->virtual_size ? header->virtual_size : header->raw_size;
    section->file_offset = header->raw_offset;
    section->file_size = header->raw_offset ? header->raw_size : 0;
    section->characteristics = header->characteristics;
}

/*
 * Windows maps whole pages of the file, from a sector boundary on: raw data beyond the virtual size
 * is visible up to the end of the page, and a position inside a sector counts as its start. Images
 * with sections closer than a page are mapped as they lie.
 */
static void place_raw_data(const struct pe_headers *headers, struct pe_section *section)
{
    uint32_t visible = section->virtual_size;

    if (headers->section_alignment >= PE_PAGE_SIZE) {
        uint64_t end = pe_round_up((uint64_t)section->rva + visible, PE_PAGE_SIZE);

        section->file_offset &= ~(uint32_t)(PE_SECTOR_SIZE - 1);
        visible = pe_range_inside(section->rva, visible, headers->size_of_image)
                      ? (uint32_t)(end - section->rva)
                      : visible;
    }
    section->file_size = pe_minimum(section->file_size, visible);
}

/* What must be in the file is the part within the virtual size; the page's rest is a bonus. */
static bool fit_raw_data(struct pe_section *section, uint64_t file_size)
{
    uint32_t needed = pe_minimum(section->file_size, section->virtual_size);

    if (!pe_range_inside(section->file_offset, needed, file_size))
        return needed == 0;
    section->file_size = (uint32_t)(file_size - section->file_offset < section->file_size
                                        ? file_size - section->file_offset
                                        : section->file_size);
    return true;
}

static bool read_section(const struct pe_image *image, unsigned index, struct pe_section *section)
{
    pe_section_describe(pe_section_header_at(&image->headers, image->data, index), section);
    place_raw_data(&image->headers, section);
    if (section->file_size == 0)
        return true;
    return fit_raw_data(section, image->size);
}

static bool check_order(const struct pe_section *previous, const struct pe_section *section,
                        struct pe_error *error)
{
    uint64_t previous_end = (uint64_t)previous->rva + previous->virtual_size;

    if (section->rva >= previous_end)
        return true;
    if ((uint64_t)section->rva + section->virtual_size <= previous->rva)
        return pe_fail(error, "sections %s and %s are not in ascending order", previous->name,
                       section->name);
    return pe_fail(error, "sections %s and %s overlap", previous->name, section->name);
}

static bool check_sections(const struct pe_image *image, struct pe_error *error)
{
    const struct pe_headers *headers = &image->headers;
    struct pe_section previous = {.virtual_size = 0};

    for (unsigned index = 0; index < headers->section_count; index++) {
        struct pe_section section;
        bool in_file = read_section(image, index, &section);

        if (headers->section_alignment >= PE_PAGE_SIZE && section.rva % PE_PAGE_SIZE)
            return pe_fail(error, "section %s at 0x%x does not begin on a page", section.name,
                           section.rva);
        if (!pe_range_inside(section.rva, section.virtual_size, headers->size_of_image))
            return pe_fail(error, "section %s lies outside the image", section.name);
        if (!in_file)
            return pe_fail(error, "section %s lies outside the file", section.name);
        if (section.virtual_size && section.rva < pe_section_table_end(headers))
            return pe_fail(error, "section %s overlaps the headers", section.name);
        if (section.virtual_size == 0)
            continue;
        if (previous.virtual_size && !check_order(&previous, &section, error))
            return false;
        previous = section;
    }
    return true;
}

bool pe_open(struct pe_image *image, const void *file, size_t size, struct pe_error *error)
{
    image->data = file;
    image->size = size;
    return pe_headers_read(&image->headers, image->data, size, error) &&
           check_sections(image, error);
}

bool pe_section_at(const struct pe_image *image, unsigned index, struct pe_section *section)
{
    return index < image->headers.section_count && read_section(image, index, section);
}

unsigned pe_section_protection(uint32_t characteristics)
{
    unsigned protection = 0;

    if (characteristics & PE_SECTION_READ)
        protection |= PE_READ;
    if (characteristics & PE_SECTION_WRITE)
        protection |= PE_READ | PE_WRITE;
    if (characteristics & PE_SECTION_EXECUTE)
        protection |= PE_READ | PE_EXECUTE;
    return protection;
}

bool pe_section_is_init(const struct pe_section *section)
{
    return section->characteristics & PE_SECTION_DISCARDABLE;
}

/*
 * The headers end where SizeOfHeaders says, but at least after the section table, and at most where
 * the first section begins.
 */
static uint64_t header_length(const struct pe_image *image)
{
    const struct pe_headers *headers = &image->headers;
    uint64_t length = pe_section_table_end(headers);
    struct pe_section section;

    if (length < headers->size_of_headers)
        length = headers->size_of_headers;
    for (unsigned index = 0; pe_section_at(image, index, &section); index++) {
        if (section.virtual_size && section.rva < length)
            length = section.rva;
    }
    return length < image->size ? length : image->size;
}

void pe_layout(const struct pe_image *image, void *destination)
{
    uint8_t *bytes = destination;
    struct pe_section section;

    __builtin_memcpy(bytes, image->data, header_length(image));
    for (unsigned index = 0; pe_section_at(image, index, &section); index++)
        __builtin_memcpy(bytes + section.rva, image->data + section.file_offset, section.file_size);
}
