/*
 * Functions, inlined calls and source lines of a PE image, read with libdwarf.
 *
 * At opening only the address ranges of the compilation units are collected. A unit's functions,
 * inlined calls and lines are read at the first question about one of its addresses, into tables
 * sorted by rva. DWARF holds preferred addresses: rva = address - image_base; what lies outside
 * the image (functions that the linker dropped have address 0) is left out.
 *
 * The data is untrusted: `budget` bounds the entries that one walk may read, and depths are
 * limited. Names point into the debug sections and live as long as the file.
 */
#include "symbols_dwarf.h"

#include "symbols_object.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_LIMIT 48 /* nesting of namespaces, lexical blocks and inlined calls */
#define ORIGIN_LIMIT 4 /* abstract_origin, then specification, then declaration */

struct unit_range {
    uint32_t low, high; /* rva; high excluded, as everywhere here */
    size_t unit;
};

struct function {
    uint32_t low, high;
    const char *name;
};

struct inlined {
    uint32_t low, high;
    uint32_t call_line;
    uint64_t call_file; /* number in the unit's file table */
    const char *name;
};

struct row {
    uint32_t rva;
    uint32_t order;
    uint32_t line;
    bool end; /* the sequence has no code from here on */
    uint64_t file;
};

struct unit {
    Dwarf_Off offset; /* of its root entry in .debug_info */
    bool read;
    uint64_t base;       /* address from which its range lists count */
    uint64_t first_file; /* number of files[0]: 0 since DWARF 5, before that 1 */
    char **files;
    size_t file_count;
    struct function *functions;
    size_t function_count, function_capacity;
    struct inlined *inlines;
    size_t inlined_count, inlined_capacity;
    struct row *rows;
    size_t row_count, row_capacity;
};

struct host_dwarf {
    struct host_dwarf_object object;
    Dwarf_Error error;
    uint64_t budget;
    struct unit *units;
    size_t unit_count, unit_capacity;
    struct unit_range *ranges;
    size_t range_count, range_capacity;
};

/* What to do with each address range of an entry. */
struct range_visitor {
    void (*visit)(struct host_dwarf *dwarf, struct range_visitor *visitor, uint32_t low,
                  uint32_t high);
    struct unit *unit;
    size_t visited;
    const char *name;
    uint32_t call_line;
    uint64_t call_file;
};

/* True for DW_DLV_OK. An error only means "unknown" here, so its description is dropped. */
static bool ok(struct host_dwarf *dwarf, int result)
{
    if (result == DW_DLV_ERROR && dwarf->error != NULL)
        dwarf_dealloc(dwarf->object.debug, dwarf->error, DW_DLA_ERROR);
    dwarf->error = NULL;
    return result == DW_DLV_OK;
}

static void release(struct host_dwarf *dwarf, void *item, Dwarf_Unsigned type)
{
    if (item != NULL)
        dwarf_dealloc(dwarf->object.debug, item, type);
}

static bool attribute(struct host_dwarf *dwarf, Dwarf_Die die, Dwarf_Half name,
                      Dwarf_Attribute *out)
{
    return ok(dwarf, dwarf_attr(die, name, out, &dwarf->error));
}

static bool attribute_unsigned(struct host_dwarf *dwarf, Dwarf_Die die, Dwarf_Half name,
                               uint64_t *value)
{
    Dwarf_Attribute found;
    Dwarf_Unsigned number = 0;

    if (!attribute(dwarf, die, name, &found))
        return false;
    bool read = ok(dwarf, dwarf_formudata(found, &number, &dwarf->error));
    release(dwarf, found, DW_DLA_ATTR);
    *value = number;
    return read;
}

/* The name of a function, which may stand in the entry that this one is an instance of. */
static const char *function_name(struct host_dwarf *dwarf, Dwarf_Die die, unsigned depth)
{
    char *name = NULL;
    Dwarf_Attribute reference;
    Dwarf_Off offset;
    Dwarf_Die origin;
    const char *found = NULL;

    if (ok(dwarf, dwarf_diename(die, &name, &dwarf->error)))
        return name;
    if (depth >= ORIGIN_LIMIT || (!attribute(dwarf, die, DW_AT_abstract_origin, &reference) &&
                                  !attribute(dwarf, die, DW_AT_specification, &reference)))
        return NULL;
    if (ok(dwarf, dwarf_global_formref(reference, &offset, &dwarf->error)) &&
        ok(dwarf, dwarf_offdie_b(dwarf->object.debug, offset, 1, &origin, &dwarf->error))) {
        found = function_name(dwarf, origin, depth + 1);
        release(dwarf, origin, DW_DLA_DIE);
    }
    release(dwarf, reference, DW_DLA_ATTR);
    return found;
}

/* --- Address ranges --- */

/* Report a range of preferred addresses, if it lies in the image. */
static void report_range(struct host_dwarf *dwarf, struct range_visitor *visitor, uint64_t low,
                         uint64_t high)
{
    const struct host_pe_view *view = dwarf->object.view;

    low -= view->image_base;
    high -= view->image_base;
    /* rva 0 is the header: relocations against dropped code may end there. */
    if (low == 0 || low >= high || high > view->image_size)
        return;
    visitor->visited++;
    visitor->visit(dwarf, visitor, (uint32_t)low, (uint32_t)high);
}

static void visit_rnglist(struct host_dwarf *dwarf, Dwarf_Attribute list, Dwarf_Half form,
                          Dwarf_Unsigned where, struct range_visitor *visitor)
{
    Dwarf_Rnglists_Head head;
    Dwarf_Unsigned count = 0, offset = 0;

    if (!ok(dwarf,
            dwarf_rnglists_get_rle_head(list, form, where, &head, &count, &offset, &dwarf->error)))
        return;
    for (Dwarf_Unsigned i = 0; i < count; i++) {
        unsigned length = 0, code = 0;
        Dwarf_Unsigned raw1, raw2, low = 0, high = 0;
        Dwarf_Bool unavailable = 0;
        if (!ok(dwarf, dwarf_get_rnglists_entry_fields_a(head, i, &length, &code, &raw1, &raw2,
                                                         &unavailable, &low, &high, &dwarf->error)))
            break;
        if (!unavailable && code != DW_RLE_end_of_list && code != DW_RLE_base_address &&
            code != DW_RLE_base_addressx)
            report_range(dwarf, visitor, low, high);
    }
    dwarf_dealloc_rnglists_head(head);
}

/* Range lists up to DWARF 4: pairs that count from a base, with entries that select a new one. */
static void visit_range_pairs(struct host_dwarf *dwarf, Dwarf_Die die, Dwarf_Off offset,
                              struct range_visitor *visitor)
{
    Dwarf_Ranges *pairs;
    Dwarf_Signed count = 0;
    Dwarf_Off real_offset = 0;
    Dwarf_Unsigned bytes = 0;
    uint64_t base = visitor->unit->base;

    if (!ok(dwarf, dwarf_get_ranges_b(dwarf->object.debug, offset, die, &real_offset, &pairs,
                                      &count, &bytes, &dwarf->error)))
        return;
    for (Dwarf_Signed i = 0; i < count && pairs[i].dwr_type != DW_RANGES_END; i++) {
        if (pairs[i].dwr_type == DW_RANGES_ADDRESS_SELECTION)
            base = pairs[i].dwr_addr2;
        else
            report_range(dwarf, visitor, base + pairs[i].dwr_addr1, base + pairs[i].dwr_addr2);
    }
    host_dwarf_free_ranges(dwarf->object.debug, pairs, count);
}

static void visit_range_list(struct host_dwarf *dwarf, Dwarf_Die die, Dwarf_Attribute list,
                             struct range_visitor *visitor)
{
    Dwarf_Half version = 0, offset_size = 0, form = 0;
    Dwarf_Unsigned where = 0;
    Dwarf_Off offset = 0;

    if (dwarf_get_version_of_die(die, &version, &offset_size) != DW_DLV_OK ||
        !ok(dwarf, dwarf_whatform(list, &form, &dwarf->error)))
        return;
    if (form == DW_FORM_rnglistx) {
        if (!ok(dwarf, dwarf_formudata(list, &where, &dwarf->error)))
            return;
    } else {
        if (!ok(dwarf, dwarf_global_formref(list, &offset, &dwarf->error)))
            return;
        where = offset;
    }
    if (version >= 5)
        visit_rnglist(dwarf, list, form, where, visitor);
    else
        visit_range_pairs(dwarf, die, offset, visitor);
}

/* Visit the ranges of an entry. Returns: how many lie in the image. */
static size_t visit_ranges(struct host_dwarf *dwarf, Dwarf_Die die, struct range_visitor *visitor)
{
    Dwarf_Attribute list;
    Dwarf_Addr low = 0, high = 0;
    Dwarf_Half form;
    enum Dwarf_Form_Class class = DW_FORM_CLASS_UNKNOWN;

    visitor->visited = 0;
    if (attribute(dwarf, die, DW_AT_ranges, &list)) {
        visit_range_list(dwarf, die, list, visitor);
        release(dwarf, list, DW_DLA_ATTR);
    } else if (ok(dwarf, dwarf_lowpc(die, &low, &dwarf->error)) &&
               ok(dwarf, dwarf_highpc_b(die, &high, &form, &class, &dwarf->error))) {
        report_range(dwarf, visitor, low, class == DW_FORM_CLASS_CONSTANT ? low + high : high);
    }
    return visitor->visited;
}

/* --- One unit: functions and inlined calls --- */

static void add_function(struct host_dwarf *dwarf, struct range_visitor *visitor, uint32_t low,
                         uint32_t high)
{
    struct unit *unit = visitor->unit;
    struct function *function = host_append((void **)&unit->functions, &unit->function_count,
                                            &unit->function_capacity, sizeof(*function));

    (void)dwarf;
    *function = (struct function){low, high, visitor->name};
}

static void add_inlined(struct host_dwarf *dwarf, struct range_visitor *visitor, uint32_t low,
                        uint32_t high)
{
    struct unit *unit = visitor->unit;
    struct inlined *inlined = host_append((void **)&unit->inlines, &unit->inlined_count,
                                          &unit->inlined_capacity, sizeof(*inlined));

    (void)dwarf;
    *inlined = (struct inlined){low, high, visitor->call_line, visitor->call_file, visitor->name};
}

/* Record the entry. Returns: true when its children may hold code. */
static bool read_entry(struct host_dwarf *dwarf, struct unit *unit, Dwarf_Die die)
{
    struct range_visitor visitor = {.unit = unit};
    Dwarf_Half tag = 0;
    uint64_t line = 0;

    if (!ok(dwarf, dwarf_tag(die, &tag, &dwarf->error)))
        return false;
    switch (tag) {
    case DW_TAG_subprogram:
        visitor.visit = add_function;
        visitor.name = function_name(dwarf, die, 0);
        return visit_ranges(dwarf, die, &visitor) != 0;
    case DW_TAG_inlined_subroutine:
        visitor.visit = add_inlined;
        visitor.name = function_name(dwarf, die, 0);
        attribute_unsigned(dwarf, die, DW_AT_call_line, &line);
        attribute_unsigned(dwarf, die, DW_AT_call_file, &visitor.call_file);
        visitor.call_line = (uint32_t)line;
        return visit_ranges(dwarf, die, &visitor) != 0;
    case DW_TAG_lexical_block:
    case DW_TAG_namespace:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
        return true;
    default:
        return false;
    }
}

static void read_children(struct host_dwarf *dwarf, struct unit *unit, Dwarf_Die parent,
                          unsigned depth)
{
    Dwarf_Die die, next;

    if (depth >= DEPTH_LIMIT || !ok(dwarf, dwarf_child(parent, &die, &dwarf->error)))
        return;
    for (; dwarf->budget > 0; die = next) {
        dwarf->budget--;
        if (read_entry(dwarf, unit, die))
            read_children(dwarf, unit, die, depth + 1);
        bool more = ok(dwarf, dwarf_siblingof_b(dwarf->object.debug, die, 1, &next, &dwarf->error));
        release(dwarf, die, DW_DLA_DIE);
        if (!more)
            return;
    }
    release(dwarf, die, DW_DLA_DIE);
}

/* --- One unit: lines --- */

static void read_files(struct host_dwarf *dwarf, struct unit *unit, Dwarf_Die die)
{
    char **files;
    Dwarf_Signed count = 0;

    if (!ok(dwarf, dwarf_srcfiles(die, &files, &count, &dwarf->error)))
        return;
    unit->files = calloc((size_t)count + 1, sizeof(*unit->files));
    for (Dwarf_Signed i = 0; i < count; i++) {
        if (unit->files != NULL)
            unit->files[unit->file_count++] = strdup(files[i]);
        release(dwarf, files[i], DW_DLA_STRING);
    }
    release(dwarf, files, DW_DLA_LIST);
}

static void read_row(struct host_dwarf *dwarf, struct unit *unit, Dwarf_Line line)
{
    Dwarf_Addr address = 0;
    Dwarf_Unsigned number = 0, file = 0;
    Dwarf_Bool end = 0;

    if (!ok(dwarf, dwarf_lineaddr(line, &address, &dwarf->error)) ||
        !ok(dwarf, dwarf_lineno(line, &number, &dwarf->error)) ||
        !ok(dwarf, dwarf_line_srcfileno(line, &file, &dwarf->error)) ||
        !ok(dwarf, dwarf_lineendsequence(line, &end, &dwarf->error)))
        return;
    address -= dwarf->object.view->image_base;
    if (address == 0 || address > dwarf->object.view->image_size)
        return;
    struct row *row =
        host_append((void **)&unit->rows, &unit->row_count, &unit->row_capacity, sizeof(*row));
    *row = (struct row){(uint32_t)address, (uint32_t)unit->row_count, (uint32_t)number, end, file};
}

static void read_rows(struct host_dwarf *dwarf, struct unit *unit, Dwarf_Die die)
{
    Dwarf_Unsigned version = 0;
    Dwarf_Small tables = 0;
    Dwarf_Line_Context context;
    Dwarf_Line *lines;
    Dwarf_Signed count = 0, base = 0, file_count = 0, end = 0;

    if (!ok(dwarf, dwarf_srclines_b(die, &version, &tables, &context, &dwarf->error)))
        return;
    if (ok(dwarf, dwarf_srclines_files_indexes(context, &base, &file_count, &end, &dwarf->error)))
        unit->first_file = (uint64_t)base;
    if (ok(dwarf, dwarf_srclines_from_linecontext(context, &lines, &count, &dwarf->error)))
        for (Dwarf_Signed i = 0; i < count; i++)
            read_row(dwarf, unit, lines[i]);
    dwarf_srclines_dealloc_b(context);
}

/* At one address, the end of a sequence comes before the rows of the next one. */
static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    if (a->end != b->end)
        return a->end ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static int compare_functions(const void *left, const void *right)
{
    const struct function *a = left, *b = right;

    return a->low < b->low ? -1 : a->low > b->low;
}

static void read_unit(struct host_dwarf *dwarf, struct unit *unit)
{
    Dwarf_Die die;

    if (unit->read)
        return;
    unit->read = true;
    if (!ok(dwarf, dwarf_offdie_b(dwarf->object.debug, unit->offset, 1, &die, &dwarf->error)))
        return;
    dwarf->budget = dwarf->object.view->size; /* an entry takes a byte at least */
    read_children(dwarf, unit, die, 0);
    read_files(dwarf, unit, die);
    read_rows(dwarf, unit, die);
    release(dwarf, die, DW_DLA_DIE);
    if (unit->function_count > 0)
        qsort(unit->functions, unit->function_count, sizeof(*unit->functions), compare_functions);
    if (unit->row_count > 0)
        qsort(unit->rows, unit->row_count, sizeof(*unit->rows), compare_rows);
}

/* --- Opening --- */

static void add_unit_range(struct host_dwarf *dwarf, struct range_visitor *visitor, uint32_t low,
                           uint32_t high)
{
    struct unit_range *range = host_append((void **)&dwarf->ranges, &dwarf->range_count,
                                           &dwarf->range_capacity, sizeof(*range));

    *range = (struct unit_range){low, high, (size_t)(visitor->unit - dwarf->units)};
}

static void add_unit(struct host_dwarf *dwarf, Dwarf_Die die)
{
    struct unit *unit = host_append((void **)&dwarf->units, &dwarf->unit_count,
                                    &dwarf->unit_capacity, sizeof(*unit));
    struct range_visitor visitor = {.visit = add_unit_range, .unit = unit};
    Dwarf_Addr base = 0;

    if (!ok(dwarf, dwarf_dieoffset(die, &unit->offset, &dwarf->error)))
        return;
    if (ok(dwarf, dwarf_lowpc(die, &base, &dwarf->error)))
        unit->base = base;
    if (visit_ranges(dwarf, die, &visitor) != 0)
        return;
    /* The root entry does not say: ask the functions. */
    read_unit(dwarf, unit);
    for (size_t i = 0; i < unit->function_count; i++)
        add_unit_range(dwarf, &visitor, unit->functions[i].low, unit->functions[i].high);
}

static void read_units(struct host_dwarf *dwarf)
{
    Dwarf_Unsigned header_length = 0, type_offset = 0, next = 0;
    Dwarf_Off abbreviations = 0;
    Dwarf_Half version, address_size, length_size, extension_size, unit_type;
    Dwarf_Sig8 signature;
    Dwarf_Die die;

    for (uint64_t units = dwarf->object.view->size; units > 0; units--) {
        if (!ok(dwarf,
                dwarf_next_cu_header_d(dwarf->object.debug, 1, &header_length, &version,
                                       &abbreviations, &address_size, &length_size, &extension_size,
                                       &signature, &type_offset, &next, &unit_type, &dwarf->error)))
            return;
        if (!ok(dwarf, dwarf_siblingof_b(dwarf->object.debug, NULL, 1, &die, &dwarf->error)))
            continue;
        add_unit(dwarf, die);
        release(dwarf, die, DW_DLA_DIE);
    }
}

struct host_dwarf *host_dwarf_open(const struct host_pe_view *view)
{
    struct host_dwarf *dwarf = calloc(1, sizeof(*dwarf));

    if (dwarf == NULL || !host_dwarf_object_open(&dwarf->object, view)) {
        free(dwarf);
        return NULL;
    }
    read_units(dwarf);
    return dwarf;
}

void host_dwarf_close(struct host_dwarf *dwarf)
{
    if (dwarf == NULL)
        return;
    for (size_t i = 0; i < dwarf->unit_count; i++) {
        struct unit *unit = &dwarf->units[i];
        for (size_t file = 0; file < unit->file_count; file++)
            free(unit->files[file]);
        free(unit->files);
        free(unit->functions);
        free(unit->inlines);
        free(unit->rows);
    }
    free(dwarf->units);
    free(dwarf->ranges);
    host_dwarf_object_close(&dwarf->object);
    free(dwarf);
}

/* --- Questions --- */

static const char *file_name(const struct unit *unit, uint64_t number)
{
    uint64_t index = number - unit->first_file; /* wraps for 0 before DWARF 5: "unknown" */

    return index < unit->file_count ? unit->files[index] : NULL;
}

static void find_line(const struct unit *unit, uint32_t rva, struct host_source_line *out)
{
    size_t low = 0, high = unit->row_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (unit->rows[middle].rva <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    /* Line 0 is code that the compiler made up: show the line before it in the sequence. */
    while (low > 0 && !unit->rows[low - 1].end && unit->rows[low - 1].line == 0)
        low--;
    if (low == 0 || unit->rows[low - 1].end)
        return;
    out->line = unit->rows[low - 1].line;
    out->file = file_name(unit, unit->rows[low - 1].file);
}

static const struct function *find_function(const struct unit *unit, uint32_t rva)
{
    const struct function *found = NULL;

    for (size_t i = 0; i < unit->function_count && unit->functions[i].low <= rva; i++)
        if (rva < unit->functions[i].high && unit->functions[i].name != NULL)
            found = &unit->functions[i];
    return found;
}

/* Inlined calls are recorded outer first, so walking backwards gives innermost first. */
static void find_inlined(const struct unit *unit, uint32_t rva, struct host_source_line *out)
{
    for (size_t i = unit->inlined_count; i > 0 && out->inlined_count < HOST_INLINED_FRAMES; i--) {
        const struct inlined *inlined = &unit->inlines[i - 1];
        if (rva < inlined->low || rva >= inlined->high)
            continue;
        out->inlined[out->inlined_count++] = (struct host_inlined_frame){
            inlined->name, file_name(unit, inlined->call_file), inlined->call_line};
    }
}

bool host_dwarf_lookup(struct host_dwarf *dwarf, uint32_t rva, struct host_source_line *out)
{
    for (size_t i = 0; i < dwarf->range_count; i++) {
        if (rva < dwarf->ranges[i].low || rva >= dwarf->ranges[i].high)
            continue;
        struct unit *unit = &dwarf->units[dwarf->ranges[i].unit];
        read_unit(dwarf, unit);
        const struct function *function = find_function(unit, rva);
        if (function != NULL) {
            out->function = function->name;
            out->offset = rva - function->low;
        }
        find_line(unit, rva, out);
        find_inlined(unit, rva, out);
        if (out->function != NULL || out->line != 0)
            return true;
    }
    return false;
}

bool host_dwarf_find(struct host_dwarf *dwarf, const char *name, uint32_t *rva)
{
    for (size_t i = 0; i < dwarf->unit_count; i++) {
        struct unit *unit = &dwarf->units[i];
        read_unit(dwarf, unit);
        for (size_t j = 0; j < unit->function_count; j++) {
            if (unit->functions[j].name != NULL && strcmp(unit->functions[j].name, name) == 0) {
                *rva = unit->functions[j].low;
                return true;
            }
        }
    }
    return false;
}
