/*
 * The headers, which lie in the same place in a file and in the image in memory. What is checked
 * here is what makes the rest of the library safe: the section table lies inside the given bytes
 * and inside the image, and SizeOfImage is sane. Directories start inside the image; how far they
 * reach is checked by what reads them, because Windows ignores most of the sizes.
 */
#include "pe_internal.h"

static bool is_power_of_two(uint32_t value)
{
    return value && !(value & (value - 1));
}

static bool check_machine(uint16_t machine, struct pe_error *error)
{
    switch (machine) {
    case PE_MACHINE_X64:
        return true;
    case PE_MACHINE_I386:
        pe_fail(error, "a 32-bit image (machine 0x14c); only x64 is supported");
        break;
    case PE_MACHINE_ARM64:
        pe_fail(error, "an ARM64 image (machine 0xaa64); only x64 is supported");
        break;
    case PE_MACHINE_ARM:
        pe_fail(error, "a 32-bit ARM image (machine 0x1c4); only x64 is supported");
        break;
    case PE_MACHINE_ITANIUM:
        pe_fail(error, "an Itanium image (machine 0x200); only x64 is supported");
        break;
    default:
        pe_fail(error, "an image for machine 0x%x; only x64 is supported", machine);
        break;
    }
    if (error)
        error->other_machine = true;
    return false;
}

/* Finds the file header and checks that the image is for this machine. */
static const struct pe_file_header *read_file_header(struct pe_headers *headers,
                                                     const uint8_t *bytes, uint64_t size,
                                                     struct pe_error *error)
{
    const struct pe_dos_header *dos = (const void *)bytes;
    const struct pe_file_header *file;

    if (size < 2 || bytes[0] != 'M' || bytes[1] != 'Z') {
        pe_fail(error, "not a PE file (no MZ header)");
        return NULL;
    }
    if (size < sizeof(*dos)) {
        pe_fail(error, "a file that ends inside the MZ header");
        return NULL;
    }
    if (!pe_range_inside(dos->nt_header_offset, sizeof(*file), size)) {
        pe_fail(error, "not a PE file (the PE header would lie at 0x%x, outside the file)",
                dos->nt_header_offset);
        return NULL;
    }
    headers->nt_header_offset = dos->nt_header_offset;
    file = (const void *)(bytes + headers->nt_header_offset);
    if (file->signature != PE_NT_SIGNATURE) {
        pe_fail(error, "not a PE file (no PE signature)");
        return NULL;
    }
    return check_machine(file->machine, error) ? file : NULL;
}

static bool check_optional_header(const struct pe_optional_header *optional, struct pe_error *error)
{
    if (optional->size_of_image == 0)
        return pe_fail(error, "SizeOfImage is 0");
    if (optional->size_of_image > PE_IMAGE_SIZE_LIMIT)
        return pe_fail(error, "SizeOfImage 0x%x is larger than the limit of 512 MiB",
                       optional->size_of_image);
    if (!is_power_of_two(optional->section_alignment))
        return pe_fail(error, "SectionAlignment 0x%x is not a power of two",
                       optional->section_alignment);
    if (!is_power_of_two(optional->file_alignment))
        return pe_fail(error, "FileAlignment 0x%x is not a power of two", optional->file_alignment);
    if (optional->section_alignment < optional->file_alignment)
        return pe_fail(error, "SectionAlignment 0x%x is smaller than FileAlignment 0x%x",
                       optional->section_alignment, optional->file_alignment);
    if (optional->image_base % PE_BASE_ALIGNMENT)
        return pe_fail(error, "ImageBase 0x%llx is not a multiple of 64 KiB",
                       (unsigned long long)optional->image_base);
    if (optional->entry_rva >= optional->size_of_image)
        return pe_fail(error, "the entry point 0x%x lies outside the image", optional->entry_rva);
    if (optional->size_of_headers > optional->size_of_image)
        return pe_fail(error, "SizeOfHeaders 0x%x is larger than the image",
                       optional->size_of_headers);
    return true;
}

static void copy_optional_header(struct pe_headers *headers,
                                 const struct pe_optional_header *optional)
{
    headers->image_base = optional->image_base;
    headers->size_of_image = (uint32_t)pe_round_up(optional->size_of_image, PE_PAGE_SIZE);
    headers->size_of_headers = optional->size_of_headers;
    headers->entry_rva = optional->entry_rva;
    headers->section_alignment = optional->section_alignment;
    headers->file_alignment = optional->file_alignment;
    headers->checksum = optional->checksum;
    headers->subsystem = optional->subsystem;
    headers->dll_characteristics = optional->dll_characteristics;
    headers->major_os_version = optional->major_os_version;
    headers->minor_os_version = optional->minor_os_version;
    headers->major_subsystem_version = optional->major_subsystem_version;
    headers->minor_subsystem_version = optional->minor_subsystem_version;
    headers->stack_reserve = optional->stack_reserve;
    headers->stack_commit = optional->stack_commit;
    headers->heap_reserve = optional->heap_reserve;
    headers->heap_commit = optional->heap_commit;
}

/* The directories that a loader depends on. Others may hold anything; Windows does not look. */
static const char *directory_name(unsigned index)
{
    switch (index) {
    case PE_DIRECTORY_EXPORT:
        return "export table";
    case PE_DIRECTORY_IMPORT:
        return "import table";
    case PE_DIRECTORY_EXCEPTION:
        return "exception table";
    case PE_DIRECTORY_RELOCATION:
        return "relocation table";
    case PE_DIRECTORY_TLS:
        return "TLS directory";
    case PE_DIRECTORY_LOAD_CONFIG:
        return "load configuration";
    case PE_DIRECTORY_DELAY_IMPORT:
        return "delay import table";
    default:
        return NULL;
    }
}

/* `space` is what the optional header leaves for directories, in bytes; it lies inside the file. */
static bool read_directories(struct pe_headers *headers, const struct pe_optional_header *optional,
                             uint32_t space, struct pe_error *error)
{
    const struct pe_directory_entry *entries = (const void *)(optional + 1);
    uint32_t count = pe_minimum(optional->directory_count, PE_DIRECTORY_LIMIT);

    count = pe_minimum(count, space / sizeof(*entries));
    for (unsigned index = 0; index < PE_DIRECTORY_LIMIT; index++)
        headers->directories[index] = (struct pe_directory){0, 0};
    for (unsigned index = 0; index < count; index++) {
        struct pe_directory directory = {entries[index].rva, entries[index].size};
        const char *name = directory_name(index);

        if (directory.rva == 0)
            continue;
        if (name && directory.rva >= headers->size_of_image)
            return pe_fail(error, "the %s points outside the image (0x%x)", name, directory.rva);
        if (index == PE_DIRECTORY_CERTIFICATE || directory.rva < headers->size_of_image)
            headers->directories[index] = directory;
    }
    return true;
}

uint64_t pe_section_table_end(const struct pe_headers *headers)
{
    return (uint64_t)headers->section_table_offset +
           headers->section_count * sizeof(struct pe_section_header);
}

static bool check_section_table(const struct pe_headers *headers, uint64_t size,
                                struct pe_error *error)
{
    if (pe_section_table_end(headers) > size)
        return pe_fail(error, "a table of %u sections that ends outside the file",
                       headers->section_count);
    if (pe_section_table_end(headers) > headers->size_of_image)
        return pe_fail(error, "headers that are larger than the image");
    return true;
}

bool pe_headers_read(struct pe_headers *headers, const uint8_t *bytes, uint64_t size,
                     struct pe_error *error)
{
    const struct pe_file_header *file = read_file_header(headers, bytes, size, error);
    const struct pe_optional_header *optional;
    uint64_t offset;

    if (!file)
        return false;
    if (!(file->characteristics & PE_FILE_EXECUTABLE))
        return pe_fail(error, "not an executable image (the linker left it incomplete)");
    offset = (uint64_t)headers->nt_header_offset + sizeof(*file);
    if (!pe_range_inside(offset, sizeof(*optional), size) ||
        !pe_range_inside(offset, file->optional_header_size, size))
        return pe_fail(error, "a PE32+ header that ends inside the optional header");
    optional = (const void *)(bytes + offset);
    if (optional->magic == PE_OPTIONAL_MAGIC_32)
        return pe_fail(error, "a 32-bit (PE32) optional header in an x64 image");
    if (optional->magic != PE_OPTIONAL_MAGIC)
        return pe_fail(error, "an optional header with the unknown magic 0x%x", optional->magic);
    if (file->optional_header_size < sizeof(*optional))
        return pe_fail(error, "an optional header of 0x%x bytes; PE32+ needs 0x%x",
                       file->optional_header_size, (unsigned)sizeof(*optional));
    if (!check_optional_header(optional, error))
        return false;
    copy_optional_header(headers, optional);
    headers->timestamp = file->timestamp;
    headers->file_characteristics = file->characteristics;
    headers->section_count = file->section_count;
    if (!read_directories(headers, optional,
                          file->optional_header_size - (uint32_t)sizeof(*optional), error))
        return false;
    headers->section_table_offset = (uint32_t)offset + file->optional_header_size;
    return check_section_table(headers, size, error);
}
