/*
 * The on-disk structures of PE32+, and what the files of this folder share.
 *
 * The structures are packed and may alias anything: tables of a hostile image need not be aligned.
 * Field names are ours; the comment above each gives its name in "PE Format".
 */
#ifndef RINGSIDE_PE_INTERNAL_H
#define RINGSIDE_PE_INTERNAL_H

#include "pe.h"

#define PE_ON_DISK __attribute__((packed, may_alias))

enum {
    PE_DOS_MAGIC = 0x5a4d,     /* "MZ" */
    PE_NT_SIGNATURE = 0x4550,  /* "PE\0\0" */
    PE_OPTIONAL_MAGIC = 0x20b, /* PE32+ */
    PE_OPTIONAL_MAGIC_32 = 0x10b,
    PE_MACHINE_I386 = 0x14c,
    PE_MACHINE_ARM = 0x1c4,
    PE_MACHINE_ITANIUM = 0x200,
    PE_MACHINE_X64 = 0x8664,
    PE_MACHINE_ARM64 = 0xaa64,
    PE_BASE_ALIGNMENT = 0x10000, /* of ImageBase */
    PE_SECTOR_SIZE = 0x200,      /* what the position of raw data is rounded down to */
};

struct pe_unaligned16 {
    uint16_t value;
} PE_ON_DISK;

struct pe_unaligned32 {
    uint32_t value;
} PE_ON_DISK;

struct pe_unaligned64 {
    uint64_t value;
} PE_ON_DISK;

/* MS-DOS header */
struct pe_dos_header {
    uint16_t magic;
    uint8_t unused[58];
    uint32_t nt_header_offset;
} PE_ON_DISK;

/* Signature and COFF file header */
struct pe_file_header {
    uint32_t signature;
    uint16_t machine;
    uint16_t section_count;
    uint32_t timestamp;
    uint32_t symbol_table_offset;
    uint32_t symbol_count;
    uint16_t optional_header_size;
    uint16_t characteristics;
} PE_ON_DISK;

/* Optional header, up to the data directories */
struct pe_optional_header {
    uint16_t magic;
    uint8_t major_linker_version;
    uint8_t minor_linker_version;
    uint32_t size_of_code;
    uint32_t size_of_initialized_data;
    uint32_t size_of_uninitialized_data;
    uint32_t entry_rva;
    uint32_t code_rva;
    uint64_t image_base;
    uint32_t section_alignment;
    uint32_t file_alignment;
    uint16_t major_os_version;
    uint16_t minor_os_version;
    uint16_t major_image_version;
    uint16_t minor_image_version;
    uint16_t major_subsystem_version;
    uint16_t minor_subsystem_version;
    uint32_t win32_version;
    uint32_t size_of_image;
    uint32_t size_of_headers;
    uint32_t checksum;
    uint16_t subsystem;
    uint16_t dll_characteristics;
    uint64_t stack_reserve;
    uint64_t stack_commit;
    uint64_t heap_reserve;
    uint64_t heap_commit;
    uint32_t loader_flags;
    uint32_t directory_count;
} PE_ON_DISK;

/* Data directory */
struct pe_directory_entry {
    uint32_t rva;
    uint32_t size;
} PE_ON_DISK;

/* Section header */
struct pe_section_header {
    uint8_t name[8];
    uint32_t virtual_size;
    uint32_t rva;
    uint32_t raw_size;
    uint32_t raw_offset;
    uint32_t relocation_offset;
    uint32_t line_number_offset;
    uint16_t relocation_count;
    uint16_t line_number_count;
    uint32_t characteristics;
} PE_ON_DISK;

/* Export directory table */
struct pe_export_directory {
    uint32_t flags;
    uint32_t timestamp;
    uint16_t major_version;
    uint16_t minor_version;
    uint32_t module_name_rva;
    uint32_t ordinal_base;
    uint32_t function_count;
    uint32_t name_count;
    uint32_t function_rva;
    uint32_t name_rva;
    uint32_t ordinal_rva;
} PE_ON_DISK;

/* Import directory table entry */
struct pe_import_descriptor {
    uint32_t lookup_table_rva; /* OriginalFirstThunk */
    uint32_t timestamp;
    uint32_t forwarder_chain;
    uint32_t module_rva;
    uint32_t address_table_rva; /* FirstThunk */
} PE_ON_DISK;

/* Delay-load directory table entry */
struct pe_delay_import_descriptor {
    uint32_t attributes;
    uint32_t module_rva;
    uint32_t handle_rva;
    uint32_t address_table_rva;
    uint32_t name_table_rva;
    uint32_t bound_address_table_rva;
    uint32_t unload_table_rva;
    uint32_t timestamp;
} PE_ON_DISK;

/* Base relocation block */
struct pe_relocation_block {
    uint32_t page_rva;
    uint32_t size; /* with this header */
} PE_ON_DISK;

/* Load configuration (IMAGE_LOAD_CONFIG_DIRECTORY64), up to the last field that is read */
struct pe_load_config_directory {
    uint32_t size; /* of what the linker wrote; later versions are longer */
    uint8_t unused_4[84];
    uint64_t security_cookie;
    uint8_t unused_96[16];
    uint64_t guard_check_pointer;
    uint64_t guard_dispatch_pointer;
    uint8_t unused_128[16];
    uint32_t guard_flags;
    uint8_t unused_148[132];
    uint64_t guard_xfg_check_pointer;
    uint64_t guard_xfg_dispatch_pointer;
    uint64_t guard_xfg_table_dispatch_pointer;
} PE_ON_DISK;

/* TLS directory */
struct pe_tls_directory {
    uint64_t template_start;
    uint64_t template_end;
    uint64_t index;
    uint64_t callbacks;
    uint32_t zero_fill_size;
    uint32_t characteristics;
} PE_ON_DISK;

/* Debug directory entry */
struct pe_debug_entry {
    uint32_t characteristics;
    uint32_t timestamp;
    uint16_t major_version;
    uint16_t minor_version;
    uint32_t type;
    uint32_t size;
    uint32_t rva;
    uint32_t file_offset;
} PE_ON_DISK;

/* CodeView record of a PDB 7.0 file */
struct pe_codeview_record {
    uint32_t signature;
    uint8_t guid[16];
    uint32_t age;
    char pdb_name[];
} PE_ON_DISK;

_Static_assert(sizeof(struct pe_dos_header) == 64, "PE Format");
_Static_assert(sizeof(struct pe_file_header) == 24, "PE Format");
_Static_assert(sizeof(struct pe_optional_header) == 112, "PE Format");
_Static_assert(sizeof(struct pe_section_header) == 40, "PE Format");
_Static_assert(sizeof(struct pe_export_directory) == 40, "PE Format");
_Static_assert(sizeof(struct pe_import_descriptor) == 20, "PE Format");
_Static_assert(sizeof(struct pe_delay_import_descriptor) == 32, "PE Format");
_Static_assert(offsetof(struct pe_load_config_directory, security_cookie) == 88, "PE Format");
_Static_assert(offsetof(struct pe_load_config_directory, guard_check_pointer) == 112, "PE Format");
_Static_assert(offsetof(struct pe_load_config_directory, guard_flags) == 144, "PE Format");
_Static_assert(offsetof(struct pe_load_config_directory, guard_xfg_check_pointer) == 280,
               "winnt.h");
_Static_assert(sizeof(struct pe_tls_directory) == 40, "PE Format");
_Static_assert(sizeof(struct pe_debug_entry) == 28, "PE Format");
_Static_assert(sizeof(struct pe_codeview_record) == 24, "PE Format");

/*
 * Fills error->text, cut to its size, if error is not NULL. Knows %s, %u, %x (with 0x written by
 * the caller) and %llx. Returns false, so that a caller can `return pe_fail(...)`.
 */
bool pe_fail(struct pe_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads and checks the headers of a file, or of an image in memory; all but the sections. */
bool pe_headers_read(struct pe_headers *headers, const uint8_t *bytes, uint64_t size,
                     struct pe_error *error);

/* The offset of the first byte after the section table. */
uint64_t pe_section_table_end(const struct pe_headers *headers);

/* The index-th section header; index < headers->section_count, and the table lies in bytes. */
const struct pe_section_header *pe_section_header_at(const struct pe_headers *headers,
                                                     const uint8_t *bytes, unsigned index);

/* Copies what does not depend on the file's size: name, rva, virtual size and characteristics. */
void pe_section_describe(const struct pe_section_header *header, struct pe_section *section);

/* Reads the export directory into view->exports. */
bool pe_export_open(struct pe_view *view, struct pe_error *error);

static inline bool pe_range_inside(uint64_t start, uint64_t length, uint64_t size)
{
    return start <= size && length <= size - start;
}

static inline uint64_t pe_round_up(uint64_t value, uint64_t power_of_two)
{
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}

static inline uint32_t pe_minimum(uint32_t left, uint32_t right)
{
    return left < right ? left : right;
}

#endif
