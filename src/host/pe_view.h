/*
 * A bounds-checked view of a PE32+ file as bytes on disk, for symbols and debuggers.
 *
 * The kernel's loader has its own parser; this one exists because debug sections are read from
 * the raw file, of which the loaded image lacks parts. The file is untrusted: every pointer
 * that is handed out lies inside it together with the size asked for. Nothing is allocated; the
 * view and its strings live as long as the file bytes, which the caller keeps.
 */
#ifndef RINGSIDE_HOST_PE_VIEW_H
#define RINGSIDE_HOST_PE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_PE_SECTIONS 96 /* what Windows accepts */
#define HOST_PE_DISCARDABLE 0x02000000u
#define HOST_PE_EXECUTE 0x20000000u

enum host_pe_directory { HOST_PE_EXPORT = 0, HOST_PE_EXCEPTION = 3, HOST_PE_DIRECTORIES = 16 };

struct host_pe_section {
    char short_name[9];
    const char *name; /* short_name's place in the string table, or NULL when it is short */
    uint32_t rva;
    uint32_t virtual_size;    /* bytes in memory */
    uint32_t characteristics; /* IMAGE_SCN_… */
    const uint8_t *data;      /* bytes in the file, NULL when there are none */
    uint32_t size;            /* of data; at most virtual_size */
};

struct host_pe_view {
    const uint8_t *file;
    size_t size;
    uint64_t image_base;
    uint32_t image_size;
    struct {
        uint32_t rva, size;
    } directories[HOST_PE_DIRECTORIES];
    const uint8_t *symbols; /* COFF symbol table: symbol_count records of 18 bytes */
    uint32_t symbol_count;
    const char *strings; /* COFF string table, including its length field */
    uint32_t strings_size;
    unsigned section_count;
    struct host_pe_section sections[HOST_PE_SECTIONS];
};

/* A name in the image. Returns false to end the walk. */
typedef bool host_pe_visit_name(void *context, uint32_t rva, const char *name);

/* Fill `view`. Returns: false when the bytes are no x64 PE image. */
bool host_pe_parse(const void *file, size_t size, struct host_pe_view *view);

const char *host_pe_section_name(const struct host_pe_section *section);

/* The section that contains `rva`, or NULL. */
const struct host_pe_section *host_pe_section_at(const struct host_pe_view *view, uint32_t rva);

/* `size` file bytes that load at `rva`, or NULL when they are not all in one section's data. */
const uint8_t *host_pe_bytes(const struct host_pe_view *view, uint32_t rva, uint32_t size);

/* A terminated string that loads at `rva`, or NULL. */
const char *host_pe_string(const struct host_pe_view *view, uint32_t rva);

/*
 * Visit the names of the COFF symbol table, then the export table. Short COFF names are copied
 * to a buffer that is only valid during the visit.
 */
void host_pe_names(const struct host_pe_view *view, host_pe_visit_name *visit, void *context);

/* Unaligned little-endian loads. */
static inline uint16_t host_load16(const void *from)
{
    uint16_t value;
    __builtin_memcpy(&value, from, sizeof(value));
    return value;
}

static inline uint32_t host_load32(const void *from)
{
    uint32_t value;
    __builtin_memcpy(&value, from, sizeof(value));
    return value;
}

static inline uint64_t host_load64(const void *from)
{
    uint64_t value;
    __builtin_memcpy(&value, from, sizeof(value));
    return value;
}

#endif
