/* The checksum of an image file, which Windows checks for drivers and boot-time modules. */
#include "pe_internal.h"

static uint32_t fold(uint32_t sum)
{
    return (sum & 0xffff) + (sum >> 16);
}

uint32_t pe_checksum(const void *file, size_t size)
{
    const uint8_t *bytes = file;
    struct pe_headers headers;
    size_t field;
    uint32_t sum = 0;

    if (!pe_headers_read(&headers, bytes, size, NULL))
        return 0;
    field = headers.nt_header_offset + sizeof(struct pe_file_header) +
            offsetof(struct pe_optional_header, checksum);
    for (size_t offset = 0; offset < size; offset += 2) {
        uint32_t low = bytes[offset];
        uint32_t high = offset + 1 < size ? bytes[offset + 1] : 0;

        if (offset >= field && offset < field + sizeof(uint32_t))
            continue;
        sum = fold(sum + (low | high << 8));
    }
    return fold(sum) + (uint32_t)size;
}
