/*
 * Reading PE32+ images: the file as it lies on disk, and the image as it lies in memory.
 *
 * The same source is compiled for the Linux host, for ntoskrnl.exe and for ntdll.dll, so it uses
 * nothing but the compiler: no libc, no Windows headers, no allocation, no globals. It never keeps
 * a reference to what it was given beyond the structures that the caller owns.
 *
 * Two objects, in the order in which a loader uses them:
 *
 *   struct pe_image   a FILE. pe_open() checks headers, sections and directories;
 *        |            pe_layout() copies it into a zeroed buffer of headers.size_of_image bytes.
 *        v
 *   struct pe_view    an image in MEMORY. pe_view_open(), then pe_relocate(), the import cursor,
 *                     exports, load configuration, TLS, .pdata, debug information.
 *
 * Every file is taken to be hostile. The invariants that follow from it:
 *   - every offset, count and string that is read from an image is checked before use, at each use:
 *     a driver may rewrite its own headers and tables after they were opened;
 *   - a pointer that is returned lies inside the image with the length that its type, or its
 *     terminating NUL, says, until the caller or the driver next writes to the image;
 *   - the time taken is linear in the size of the image; no table can make a function loop.
 *
 * What the memory image is called: an RVA is an offset from its start, a VA is an RVA plus the base
 * that the image runs at. The bytes may be seen through another mapping than the one they run at,
 * so nothing here takes `bytes` for the base.
 *
 *   error.c       error texts              view.c        opening an image in memory, safe access
 *   headers.c     the headers of both      relocation.c  moving it to another base
 *   image.c       sections, layout         import.c      imports and delay imports
 *   checksum.c    the file's checksum      export.c      exports and forwarders
 *                                          directory.c   load configuration, TLS, .pdata, CodeView
 *
 * Source: Microsoft, "PE Format".
 */
#ifndef RINGSIDE_PE_H
#define RINGSIDE_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PE_IMAGE_SIZE_LIMIT = 512 << 20, /* the largest SizeOfImage that is accepted, in bytes */
    PE_PAGE_SIZE = 0x1000,
    PE_DIRECTORY_LIMIT = 16,
    PE_SYMBOL_NAME_LIMIT = 4096, /* the longest symbol or forwarder, in bytes with its NUL */
    PE_MODULE_NAME_LIMIT = 260,  /* the longest module name, in bytes with its NUL */
};

/* Why an image was refused: one clause without the file's name, to be printed after it. */
struct pe_error {
    char text[128];
    bool other_machine; /* it is an image, but for another processor */
};

/* Indices of struct pe_headers.directories. */
enum pe_directory_index {
    PE_DIRECTORY_EXPORT = 0,
    PE_DIRECTORY_IMPORT = 1,
    PE_DIRECTORY_RESOURCE = 2,
    PE_DIRECTORY_EXCEPTION = 3,
    PE_DIRECTORY_CERTIFICATE = 4, /* its "rva" is an offset in the file */
    PE_DIRECTORY_RELOCATION = 5,
    PE_DIRECTORY_DEBUG = 6,
    PE_DIRECTORY_TLS = 9,
    PE_DIRECTORY_LOAD_CONFIG = 10,
    PE_DIRECTORY_IMPORT_ADDRESS = 12,
    PE_DIRECTORY_DELAY_IMPORT = 13,
};

struct pe_directory {
    uint32_t rva; /* 0: absent */
    uint32_t size;
};

/* Bits of struct pe_headers.file_characteristics. */
enum {
    PE_FILE_RELOCATIONS_STRIPPED = 0x0001,
    PE_FILE_EXECUTABLE = 0x0002,
    PE_FILE_LARGE_ADDRESS_AWARE = 0x0020,
    PE_FILE_DLL = 0x2000,
};

/* Bits of struct pe_headers.dll_characteristics. */
enum {
    PE_DLL_HIGH_ENTROPY_VA = 0x0020,
    PE_DLL_DYNAMIC_BASE = 0x0040,
    PE_DLL_FORCE_INTEGRITY = 0x0080,
    PE_DLL_NX_COMPATIBLE = 0x0100,
    PE_DLL_WDM_DRIVER = 0x2000,
    PE_DLL_GUARD_CF = 0x4000,
};

/* Values of struct pe_headers.subsystem. */
enum {
    PE_SUBSYSTEM_NATIVE = 1,
    PE_SUBSYSTEM_WINDOWS_GUI = 2,
    PE_SUBSYSTEM_WINDOWS_CONSOLE = 3,
};

/* The headers, copied and checked. Read them directly; only this library writes them. */
struct pe_headers {
    uint64_t image_base;        /* preferred; in a view, the base that it is relocated for */
    uint32_t size_of_image;     /* rounded up to PE_PAGE_SIZE */
    uint32_t size_of_headers;   /* as written in the file */
    uint32_t entry_rva;         /* 0: no entry point */
    uint32_t section_alignment; /* a power of two, at times less than a page */
    uint32_t file_alignment;    /* a power of two */
    uint32_t timestamp;
    uint32_t checksum; /* as written; compare with pe_checksum() */
    uint16_t section_count;
    uint16_t subsystem;            /* PE_SUBSYSTEM_... */
    uint16_t dll_characteristics;  /* PE_DLL_... */
    uint16_t file_characteristics; /* PE_FILE_... */
    uint16_t major_os_version;
    uint16_t minor_os_version;
    uint16_t major_subsystem_version;
    uint16_t minor_subsystem_version;
    uint64_t stack_reserve;
    uint64_t stack_commit;
    uint64_t heap_reserve;
    uint64_t heap_commit;
    struct pe_directory directories[PE_DIRECTORY_LIMIT]; /* zero when absent */
    uint32_t nt_header_offset;     /* of the PE signature, in the file and in memory */
    uint32_t section_table_offset; /* of the first section header, in the file and in memory */
};

/* ---- the file ---- */

struct pe_image {
    const uint8_t *data; /* the caller's; must stay, unchanged, as long as the image is used */
    size_t size;
    struct pe_headers headers;
};

/*
 * Checks the headers, sections and directories of a file and fills *image.
 *
 * Accepted, because Windows accepts it and real drivers have it: any power-of-two alignment,
 * sections both writable and executable, gaps between sections, VirtualSize 0 (SizeOfRawData
 * counts), raw data longer than the section, raw size without raw data, data after the last
 * section, a SizeOfHeaders that is too small. Refused: whatever is not an x64 PE32+ image, or has a
 * part outside the file or outside the image, or sections that overlap.
 *
 * The insides of the tables are checked by what reads them, from pe_view_open() on.
 *
 * @param file   the raw content of the file
 * @param size   its length in bytes
 * @param error  receives the reason on failure; may be NULL
 * Returns: true, or false with *error filled and *image undefined.
 */
bool pe_open(struct pe_image *image, const void *file, size_t size, struct pe_error *error);

/* A section, as the loader places it: sizes are those that take effect, not those written. */
struct pe_section {
    char name[9]; /* NUL-terminated; bytes that are not printable ASCII are shown as '?' */
    uint32_t rva;
    uint32_t virtual_size; /* bytes it occupies in memory, not rounded; rva + it is in the image */
    uint32_t file_offset;  /* of its data in the file */
    uint32_t file_size;    /* bytes to copy from the file; the rest is zero; 0: none */
    uint32_t characteristics; /* PE_SECTION_..., for pe_section_protection() */
};

/* Bits of struct pe_section.characteristics. */
enum {
    PE_SECTION_CODE = 0x00000020,
    PE_SECTION_INITIALIZED_DATA = 0x00000040,
    PE_SECTION_UNINITIALIZED_DATA = 0x00000080,
    PE_SECTION_DISCARDABLE = 0x02000000,
    PE_SECTION_NOT_PAGED = 0x08000000,
    PE_SECTION_SHARED = 0x10000000,
};
#define PE_SECTION_EXECUTE UINT32_C(0x20000000)
#define PE_SECTION_READ UINT32_C(0x40000000)
#define PE_SECTION_WRITE UINT32_C(0x80000000)

/* Fills *section with the index-th section, in ascending order of rva. False past the last one. */
bool pe_section_at(const struct pe_image *image, unsigned index, struct pe_section *section);

enum pe_protection {
    PE_READ = 1,
    PE_WRITE = 2,
    PE_EXECUTE = 4,
};

/* The access that section characteristics grant, as a set of PE_READ, PE_WRITE, PE_EXECUTE. */
unsigned pe_section_protection(uint32_t characteristics);

/*
 * Whether a driver's section goes away once DriverEntry has returned, because it is marked
 * discardable: INIT, but also .reloc and debug sections.
 */
bool pe_section_is_init(const struct pe_section *section);

/*
 * Copies headers and sections to where they belong in memory.
 * @param destination  headers.size_of_image bytes, all zero
 */
void pe_layout(const struct pe_image *image, void *destination);

/* The image checksum of a file, as the linker or signtool stores it; 0 if it is not a PE file. */
uint32_t pe_checksum(const void *file, size_t size);

/* ---- the image in memory ---- */

/* The export directory, checked once; the arrays lie inside the image. */
struct pe_export_table {
    uint32_t function_rva; /* uint32_t[function_count]: RVAs, by ordinal - ordinal_base */
    uint32_t function_count;
    uint32_t name_rva;    /* uint32_t[name_count]: RVAs of names */
    uint32_t ordinal_rva; /* uint16_t[name_count]: index of the function of each name */
    uint32_t name_count;
    uint32_t ordinal_base;
    bool sorted; /* the names ascend, so they can be searched by halving */
};

struct pe_view {
    uint8_t *bytes; /* where the image can be read and written; not necessarily where it runs */
    uint64_t size;  /* == headers.size_of_image */
    struct pe_headers headers;
    struct pe_export_table exports;
};

/*
 * Opens an image in memory: after pe_layout(), or one that is loaded already.
 * @param bytes  the start of the image
 * @param size   the bytes that can be accessed there, at least its SizeOfImage
 * Returns: true, or false with *error (may be NULL) filled and *view undefined.
 */
bool pe_view_open(struct pe_view *view, void *bytes, uint64_t size, struct pe_error *error);

/* Where `length` bytes at `rva` are, or NULL if they are not all inside the image. */
void *pe_view_at(const struct pe_view *view, uint64_t rva, uint64_t length);

/* The string at `rva`, or NULL unless its NUL comes within `limit` bytes and inside the image. */
const char *pe_view_string(const struct pe_view *view, uint64_t rva, uint32_t limit);

/*
 * As pe_section_at(), for an image in memory; file_offset and file_size are as written. False also
 * for a section header that was made to point outside the image after it was loaded.
 */
bool pe_view_section_at(const struct pe_view *view, unsigned index, struct pe_section *section);

/* Whether pe_relocate() can move the image away from headers.image_base. */
bool pe_can_relocate(const struct pe_view *view);

/*
 * Adjusts the image to run at new_base, and records it in its headers as the Windows loader does.
 * An image without a relocation directory whose header does not say "relocations stripped" has
 * nothing that depends on its base, and can be moved.
 * @param new_base  a multiple of 64 KiB
 * Returns: true, or false with *error (may be NULL) filled; the image is then unusable.
 */
bool pe_relocate(struct pe_view *view, uint64_t new_base, struct pe_error *error);

/* ---- imports ---- */

struct pe_import {
    const char *module; /* as written, e.g. "ntoskrnl.exe" */
    const char *name;   /* NULL: imported by ordinal */
    uint16_t ordinal;   /* when name is NULL */
    uint16_t hint;      /* when name is not NULL: a likely index in the exporter's name table */
    uint32_t slot_rva;  /* of the 8-byte import address table entry to fill */
    bool delayed;       /* a delay import: bound at the first call, if at all */
};

/* Where a walk over the imports stands. Private, apart from `failed` and `error`. */
struct pe_import_cursor {
    const struct pe_view *view;
    uint32_t descriptor_rva;  /* 0: there are no imports */
    uint32_t module_rva;      /* of the current descriptor; 0: the next one is to be read */
    uint32_t lookup_rva;      /* of the next thunk to read */
    uint32_t slot_rva;        /* of the slot that belongs to it */
    uint32_t module_budget;   /* descriptors that may still be read: what bounds the walk */
    uint32_t function_budget; /* thunks that may still be read */
    bool delayed;
    bool failed;
    struct pe_error error;
};

/*
 * A walk over all imports, or over all delay imports. The caller may fill each slot as it gets it,
 * and must do so through view->bytes:
 *
 *     pe_import_start(&cursor, view);
 *     while (pe_import_next(&cursor, &import))
 *         ... resolve import.module, import.name; write the slot at import.slot_rva ...
 *     if (cursor.failed)
 *         ... cursor.error ...
 *
 * The strings are valid until the next call or the first write to the image.
 */
void pe_import_start(struct pe_import_cursor *cursor, const struct pe_view *view);
void pe_delay_import_start(struct pe_import_cursor *cursor, const struct pe_view *view);
bool pe_import_next(struct pe_import_cursor *cursor, struct pe_import *import);

/* ---- exports ---- */

struct pe_export {
    uint32_t rva;          /* of the function or variable; 0 for a forwarder */
    const char *forwarder; /* "MODULE.Name" or "MODULE.#ordinal" when another module has it */
    const char *name;      /* NULL when found by ordinal */
    uint32_t ordinal;      /* with the ordinal base added, as importers write it */
};

/* Finds an export by its exact name. */
bool pe_export_find(const struct pe_view *view, const char *name, struct pe_export *found);

/* Finds an export by its ordinal. */
bool pe_export_find_ordinal(const struct pe_view *view, uint32_t ordinal, struct pe_export *found);

/*
 * The index-th named export, 0 <= index < exports.name_count, in the order of the name table.
 * False for a bad index or an entry that points outside the image: skip it. Exports without a name
 * are found with pe_export_find_ordinal(), from exports.ordinal_base on.
 */
bool pe_export_at(const struct pe_view *view, uint32_t index, struct pe_export *found);

/* ---- other directories ---- */

/* RVAs of the variables that a loader must set; each is 0, or lies inside the image. */
struct pe_load_config {
    uint32_t security_cookie;        /* uint64_t: the /GS cookie */
    uint32_t guard_check_pointer;    /* void *: the Control Flow Guard check routine */
    uint32_t guard_dispatch_pointer; /* void *: the Control Flow Guard dispatch routine */
    uint32_t guard_xfg_check_pointer;
    uint32_t guard_xfg_dispatch_pointer;
    uint32_t guard_xfg_table_dispatch_pointer;
    uint32_t guard_flags; /* IMAGE_GUARD_... */
};

/*
 * Reads the load configuration.
 * @param base  what the virtual addresses in it are relative to: after pe_relocate(), the new base
 * Returns: false if there is none.
 */
bool pe_load_config(const struct pe_view *view, uint64_t base, struct pe_load_config *config);

struct pe_tls {
    uint32_t template_rva; /* the initial content of the thread's block */
    uint32_t template_size;
    uint32_t zero_fill_size; /* further bytes, zero, after it; not checked */
    uint32_t index_rva;      /* uint32_t: receives the slot number; 0: none */
    uint32_t callbacks_rva;  /* VAs of the callbacks, up to a zero; 0: none */
};

/* Reads the thread-local storage directory; @param base as in pe_load_config(). False if absent. */
bool pe_tls(const struct pe_view *view, uint64_t base, struct pe_tls *tls);

/* The VA of the index-th TLS callback, or 0 at the end of the list. */
uint64_t pe_tls_callback_at(const struct pe_view *view, const struct pe_tls *tls, uint32_t index);

/* An entry of .pdata, in place. */
struct pe_runtime_function {
    uint32_t begin_rva;
    uint32_t end_rva;
    uint32_t unwind_rva; /* of the unwind information; bit 0 set: of another entry, plus 1 */
} __attribute__((packed, may_alias));

/* The .pdata entry of the function that contains `rva`; NULL if none does, as in leaf functions. */
const struct pe_runtime_function *pe_function_at(const struct pe_view *view, uint32_t rva);

/* All of .pdata, as an array of *count entries; NULL if there is none. */
const struct pe_runtime_function *pe_functions(const struct pe_view *view, uint32_t *count);

/* Which PDB file belongs to an image. */
struct pe_codeview {
    uint8_t guid[16]; /* as stored: three little-endian fields, then eight bytes */
    uint32_t age;
    const char *pdb_name; /* as the linker wrote it: a full path, a name, or empty */
};

/* Reads the CodeView record of the debug directory. False if there is none. */
bool pe_codeview(const struct pe_view *view, struct pe_codeview *codeview);

#endif
