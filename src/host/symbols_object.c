/*
 * libdwarf's object callbacks over a PE file's sections. libdwarf reads the bytes in place.
 * Section number 0 is the empty section that libdwarf's ELF heritage expects.
 */
#include "symbols_object.h"

#include <string.h>

#ifdef DW_LIBDWARF_VERSION
#define SECTION_NUMBER Dwarf_Unsigned
#define BYTE_ORDER_TYPE Dwarf_Small
#define LITTLE_ENDIAN_ORDER DW_END_little
#define SECTION_INFO Dwarf_Obj_Access_Section_a
#define SECTION_FIELD(name) as_##name
#define METHOD(name) om_##name
#define ACCESS_FIELD(name) ai_##name
#else
#define SECTION_NUMBER Dwarf_Half
#define BYTE_ORDER_TYPE Dwarf_Endianness
#define LITTLE_ENDIAN_ORDER DW_OBJECT_LSB
#define SECTION_INFO Dwarf_Obj_Access_Section
#define SECTION_FIELD(name) name
#define METHOD(name) name
#define ACCESS_FIELD(name) name
#endif

static const struct host_pe_view *view_of(void *object)
{
    return ((struct host_dwarf_object *)object)->view;
}

static const struct host_pe_section *section_of(void *object, uint64_t number)
{
    const struct host_pe_view *view = view_of(object);

    return number >= 1 && number <= view->section_count ? &view->sections[number - 1] : NULL;
}

/*
 * libdwarf is shown only the sections that the questions here need: fewer readers of untrusted
 * bytes, and no time spent on the others.
 */
static bool wanted(const struct host_pe_section *section)
{
    static const char *const names[] = {
        ".debug_info",        ".debug_abbrev", ".debug_line",   ".debug_line_str", ".debug_str",
        ".debug_str_offsets", ".debug_addr",   ".debug_ranges", ".debug_rnglists",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(host_pe_section_name(section), names[i]) == 0)
            return true;
    return false;
}

/*
 * The tables of .debug_rnglists must follow each other to the end of the section. libdwarf of
 * 2021 frees a table twice when it rejects one, so a damaged section must not reach it.
 */
static bool rnglists_intact(const struct host_pe_section *section)
{
    const uint32_t header = 12; /* length, version, address and selector size, offset count */
    uint32_t at = 0;

    while (section->size - at >= header) {
        const uint8_t *table = section->data + at;
        uint32_t length = host_load32(table);
        if (length < header - 4 || length > section->size - at - 4 || host_load16(table + 4) != 5 ||
            table[6] != 8 || table[7] != 0 || host_load32(table + 8) > (length - (header - 4)) / 4)
            return false;
        at += 4 + length;
    }
    return at == section->size;
}

static int section_info(void *object, SECTION_NUMBER number, SECTION_INFO *out, int *error)
{
    const struct host_pe_section *section = section_of(object, number);

    (void)error;
    memset(out, 0, sizeof(*out));
    out->SECTION_FIELD(name) = "";
    if (section == NULL || !wanted(section))
        return DW_DLV_OK;
    if (strcmp(host_pe_section_name(section), ".debug_rnglists") == 0 && !rnglists_intact(section))
        return DW_DLV_OK;
    out->SECTION_FIELD(name) = host_pe_section_name(section);
    out->SECTION_FIELD(size) = section->size;
    return DW_DLV_OK;
}

static int load_section(void *object, SECTION_NUMBER number, Dwarf_Small **data, int *error)
{
    const struct host_pe_section *section = section_of(object, number);

    (void)error;
    if (section == NULL || section->data == NULL)
        return DW_DLV_NO_ENTRY;
    /* Only read: PE debug sections have no relocations to apply. */
    *data = (Dwarf_Small *)(uintptr_t)section->data;
    return DW_DLV_OK;
}

static BYTE_ORDER_TYPE byte_order(void *object)
{
    (void)object;
    return LITTLE_ENDIAN_ORDER;
}

static Dwarf_Small length_size(void *object)
{
    (void)object;
    return 4;
}

static Dwarf_Small pointer_size(void *object)
{
    (void)object;
    return 8;
}

static Dwarf_Unsigned section_count(void *object)
{
    return view_of(object)->section_count + 1;
}

#ifdef DW_LIBDWARF_VERSION
static Dwarf_Unsigned file_size(void *object)
{
    return view_of(object)->size;
}
#endif

static bool has_debug_info(const struct host_pe_view *view)
{
    for (unsigned i = 0; i < view->section_count; i++)
        if (strcmp(host_pe_section_name(&view->sections[i]), ".debug_info") == 0)
            return view->sections[i].size != 0;
    return false;
}

bool host_dwarf_object_open(struct host_dwarf_object *object, const struct host_pe_view *view)
{
    Dwarf_Error error = NULL;

    memset(object, 0, sizeof(*object));
    object->view = view;
    if (!has_debug_info(view))
        return false;
    object->methods.METHOD(get_section_info) = section_info;
    object->methods.METHOD(get_byte_order) = byte_order;
    object->methods.METHOD(get_length_size) = length_size;
    object->methods.METHOD(get_pointer_size) = pointer_size;
    object->methods.METHOD(get_section_count) = section_count;
    object->methods.METHOD(load_section) = load_section;
#ifdef DW_LIBDWARF_VERSION
    object->methods.om_get_filesize = file_size;
#endif
    object->access.ACCESS_FIELD(object) = object;
    object->access.ACCESS_FIELD(methods) = &object->methods;
    int result = dwarf_object_init_b(&object->access, NULL, NULL, DW_GROUPNUMBER_ANY,
                                     &object->debug, &error);
    if (result == DW_DLV_OK)
        return true;
    if (result == DW_DLV_ERROR)
        dwarf_dealloc(object->debug, error, DW_DLA_ERROR);
    object->debug = NULL;
    return false;
}

void host_dwarf_object_close(struct host_dwarf_object *object)
{
    if (object->debug == NULL)
        return;
#ifdef DW_LIBDWARF_VERSION
    dwarf_object_finish(object->debug);
#else
    Dwarf_Error error = NULL;
    dwarf_object_finish(object->debug, &error);
#endif
    object->debug = NULL;
}
