/*
 * Moving the DWARF of a PE image from its preferred base to where it runs.
 *
 * PE files carry no relocations for debug sections, and gdb's JIT interface takes addresses as
 * they are. So every address is found and moved: .debug_addr and .debug_aranges are tables,
 * .debug_line and .debug_rnglists are read from end to end, and .debug_info is walked entry by
 * entry, following references to location lists (between which compilers put other data).
 * Entries of version 4 range and location lists count from the unit's base, so moving the base
 * moves them; a unit with several ranges has base 0, which becomes delta.
 *
 * Only values inside the preferred image are moved: 0 and other marks of dropped code stay. The
 * input is untrusted; a cursor that would leave its section fails and reads zeros.
 */
#include "gdb_object.h"

#include <stdlib.h>
#include <string.h>

#if __has_include(<libdwarf/dwarf.h>) /* as in symbols_object.h */
#include <libdwarf/dwarf.h>
#else
#include <dwarf.h>
#endif

const char *const host_debug_section_names[HOST_DEBUG_SECTIONS] = {
    [HOST_DEBUG_INFO] = ".debug_info",         [HOST_DEBUG_ABBREV] = ".debug_abbrev",
    [HOST_DEBUG_LINE] = ".debug_line",         [HOST_DEBUG_LINE_STR] = ".debug_line_str",
    [HOST_DEBUG_STR] = ".debug_str",           [HOST_DEBUG_STR_OFFSETS] = ".debug_str_offsets",
    [HOST_DEBUG_ADDR] = ".debug_addr",         [HOST_DEBUG_RANGES] = ".debug_ranges",
    [HOST_DEBUG_RNGLISTS] = ".debug_rnglists", [HOST_DEBUG_LOC] = ".debug_loc",
    [HOST_DEBUG_LOCLISTS] = ".debug_loclists", [HOST_DEBUG_ARANGES] = ".debug_aranges",
};

#define ADDRESS_SIZE 8
#define ABBREVIATION_LIMIT 0x10000
#define EXPRESSION_DEPTH 4

struct cursor {
    uint8_t *data;
    size_t at, end;
    bool failed;
};

/* What the walk over one unit of .debug_info needs. */
struct unit {
    struct host_debug_data *debug;
    unsigned version;
    unsigned offset_size;
    uint64_t loclists_base;
    uint64_t highest_code;
    size_t *abbreviations; /* offset of each code's entry in .debug_abbrev; 0 = none */
    uint8_t *seen;         /* one byte per byte of the location section: list already moved */
};

/* --- Cursor --- */

static struct cursor cursor_over(const struct host_debug_data *debug, unsigned section)
{
    return (struct cursor){.data = debug->sections[section].data,
                           .end = debug->sections[section].size};
}

static bool more(const struct cursor *cursor)
{
    return !cursor->failed && cursor->at < cursor->end;
}

/* Step over `size` bytes. Returns: where they are, or NULL after a failure. */
static uint8_t *take(struct cursor *cursor, uint64_t size)
{
    if (cursor->failed || size > cursor->end - cursor->at) {
        cursor->failed = true;
        return NULL;
    }
    cursor->at += size;
    return cursor->data + (cursor->at - size);
}

static uint64_t read_number(struct cursor *cursor, unsigned size)
{
    uint64_t value = 0;
    const uint8_t *bytes = take(cursor, size);

    if (bytes != NULL)
        memcpy(&value, bytes, size);
    return value;
}

/* Both LEB128 kinds have the same length; values are only used unsigned. */
static uint64_t read_leb(struct cursor *cursor)
{
    uint64_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        const uint8_t *byte = take(cursor, 1);
        if (byte == NULL)
            return 0;
        if (shift < 64)
            value |= (uint64_t)(*byte & 0x7F) << shift;
        if ((*byte & 0x80) == 0)
            return value;
    }
}

static void skip_string(struct cursor *cursor)
{
    while (read_number(cursor, 1) != 0)
        ;
}

static void skip_lebs(struct cursor *cursor, unsigned count)
{
    while (count-- > 0)
        read_leb(cursor);
}

static void move_address(const struct host_debug_data *debug, struct cursor *cursor)
{
    uint8_t *bytes = take(cursor, ADDRESS_SIZE);

    if (bytes == NULL)
        return;
    uint64_t value = host_load64(bytes);
    if (value - debug->image_base <= debug->image_size) {
        value += debug->delta;
        memcpy(bytes, &value, sizeof(value));
    }
}

/* The length field at the start of a table. Returns: a cursor over what it covers. */
static struct cursor take_table(struct cursor *cursor, unsigned *offset_size)
{
    uint64_t length = read_number(cursor, 4);

    *offset_size = 4;
    if (length == UINT32_MAX) {
        length = read_number(cursor, 8);
        *offset_size = 8;
    }
    struct cursor table = {.data = cursor->data, .at = cursor->at};
    table.failed = take(cursor, length) == NULL;
    table.end = cursor->at;
    return table;
}

/* --- Expressions --- */

enum operand_shape { FIXED_4 = 4, FIXED_8 = 8, LEB = 0x10, LEB_LEB, OFFSET, UNKNOWN };

/* Operands of an operation: a byte count below LEB, or a shape. */
static unsigned operation_operands(unsigned operation)
{
    if ((operation >= DW_OP_lit0 && operation <= DW_OP_reg31) ||
        (operation >= DW_OP_breg0 && operation <= DW_OP_breg31))
        return operation < DW_OP_breg0 ? 0 : LEB;
    switch (operation) {
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_pick:
    case DW_OP_deref_size:
    case DW_OP_xderef_size:
        return 1;
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_bra:
    case DW_OP_skip:
    case DW_OP_call2:
        return 2;
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_call4:
        return FIXED_4;
    case DW_OP_const8u:
    case DW_OP_const8s:
        return FIXED_8;
    case DW_OP_constu:
    case DW_OP_consts:
    case DW_OP_plus_uconst:
    case DW_OP_regx:
    case DW_OP_fbreg:
    case DW_OP_piece:
    case DW_OP_addrx:
    case DW_OP_constx:
    case DW_OP_convert:
    case DW_OP_reinterpret:
        return LEB;
    case DW_OP_bregx:
    case DW_OP_bit_piece:
    case DW_OP_regval_type:
        return LEB_LEB;
    case DW_OP_call_ref:
        return OFFSET;
    case DW_OP_deref:
    case DW_OP_xderef:
    case DW_OP_push_object_address:
    case DW_OP_form_tls_address:
    case DW_OP_call_frame_cfa:
    case DW_OP_stack_value:
    case DW_OP_nop:
        return 0;
    default: /* stack operations and arithmetic */
        return operation >= DW_OP_dup && operation <= DW_OP_ne ? 0 : UNKNOWN;
    }
}

static void move_expression(const struct unit *unit, struct cursor expression, unsigned depth)
{
    while (more(&expression)) {
        unsigned operation = (unsigned)read_number(&expression, 1);

        if (operation == DW_OP_addr) {
            move_address(unit->debug, &expression);
        } else if (operation == DW_OP_implicit_value) {
            take(&expression, read_leb(&expression));
        } else if (operation == DW_OP_implicit_pointer) {
            read_number(&expression, unit->offset_size);
            read_leb(&expression);
        } else if (operation == DW_OP_entry_value || operation == DW_OP_GNU_entry_value) {
            uint64_t length = read_leb(&expression);
            struct cursor nested = expression;
            take(&expression, length);
            nested.end = expression.at;
            nested.failed = expression.failed;
            if (depth < EXPRESSION_DEPTH)
                move_expression(unit, nested, depth + 1);
        } else {
            unsigned operands = operation_operands(operation);
            if (operands < LEB)
                take(&expression, operands);
            else if (operands == LEB || operands == LEB_LEB)
                skip_lebs(&expression, operands == LEB ? 1 : 2);
            else if (operands == OFFSET)
                read_number(&expression, unit->offset_size);
            else
                return; /* an unknown operation hides where the next one starts */
        }
    }
}

/* An expression of `length` bytes at the cursor, which steps over it. */
static void move_counted(const struct unit *unit, struct cursor *cursor, uint64_t length)
{
    struct cursor expression = *cursor;

    take(cursor, length);
    expression.end = cursor->at;
    expression.failed = cursor->failed;
    move_expression(unit, expression, 0);
}

/* --- Location lists --- */

static void move_loclist(const struct unit *unit, struct cursor list)
{
    while (more(&list)) {
        unsigned kind = (unsigned)read_number(&list, 1);
        bool has_expression = true;

        switch (kind) {
        case DW_LLE_base_addressx:
            read_leb(&list);
            has_expression = false;
            break;
        case DW_LLE_base_address:
            move_address(unit->debug, &list);
            has_expression = false;
            break;
        case DW_LLE_startx_endx:
        case DW_LLE_startx_length:
        case DW_LLE_offset_pair:
            skip_lebs(&list, 2);
            break;
        case DW_LLE_default_location:
            break;
        case DW_LLE_start_end:
            move_address(unit->debug, &list);
            move_address(unit->debug, &list);
            break;
        case DW_LLE_start_length:
            move_address(unit->debug, &list);
            read_leb(&list);
            break;
        default:
            return; /* the end of the list, or an unknown kind */
        }
        if (has_expression)
            move_counted(unit, &list, read_leb(&list));
    }
}

/* Version 4: pairs that count from the unit's base, with a 16-bit expression length. */
static void move_location_pairs(const struct unit *unit, struct cursor list)
{
    while (more(&list)) {
        uint64_t start = read_number(&list, ADDRESS_SIZE);
        if (start == UINT64_MAX) {
            move_address(unit->debug, &list);
            continue;
        }
        uint64_t end = read_number(&list, ADDRESS_SIZE);
        if (start == 0 && end == 0)
            return;
        move_counted(unit, &list, read_number(&list, 2));
    }
}

static void move_location_list(const struct unit *unit, uint64_t offset)
{
    bool version5 = unit->version >= 5;
    struct cursor list = cursor_over(unit->debug, version5 ? HOST_DEBUG_LOCLISTS : HOST_DEBUG_LOC);

    if (offset >= list.end || unit->seen == NULL || unit->seen[offset])
        return;
    unit->seen[offset] = 1;
    list.at = offset;
    if (version5)
        move_loclist(unit, list);
    else
        move_location_pairs(unit, list);
}

/* loclistx: an index into the offsets at loclists_base, which count from there. */
static void move_indexed_list(const struct unit *unit, uint64_t index)
{
    struct cursor offsets = cursor_over(unit->debug, HOST_DEBUG_LOCLISTS);

    if (take(&offsets, unit->loclists_base) == NULL || index > offsets.end / unit->offset_size)
        return;
    take(&offsets, index * unit->offset_size);
    uint64_t offset = read_number(&offsets, unit->offset_size);
    if (!offsets.failed)
        move_location_list(unit, unit->loclists_base + offset);
}

/* --- Entries of .debug_info --- */

static bool is_location(unsigned name)
{
    switch (name) {
    case DW_AT_location:
    case DW_AT_string_length:
    case DW_AT_return_addr:
    case DW_AT_data_member_location:
    case DW_AT_frame_base:
    case DW_AT_static_link:
    case DW_AT_use_location:
    case DW_AT_vtable_elem_location:
        return true;
    default:
        return false;
    }
}

/* Bytes of a form of fixed size, or -1. */
static int fixed_size(const struct unit *unit, unsigned form)
{
    switch (form) {
    case DW_FORM_flag_present:
    case DW_FORM_implicit_const:
        return 0;
    case DW_FORM_data1:
    case DW_FORM_flag:
    case DW_FORM_ref1:
    case DW_FORM_strx1:
    case DW_FORM_addrx1:
        return 1;
    case DW_FORM_data2:
    case DW_FORM_ref2:
    case DW_FORM_strx2:
    case DW_FORM_addrx2:
        return 2;
    case DW_FORM_strx3:
    case DW_FORM_addrx3:
        return 3;
    case DW_FORM_data4:
    case DW_FORM_ref4:
    case DW_FORM_ref_sup4:
    case DW_FORM_strx4:
    case DW_FORM_addrx4:
        return 4;
    case DW_FORM_data8:
    case DW_FORM_ref8:
    case DW_FORM_ref_sig8:
    case DW_FORM_ref_sup8:
        return 8;
    case DW_FORM_data16:
        return 16;
    case DW_FORM_strp:
    case DW_FORM_line_strp:
    case DW_FORM_strp_sup:
    case DW_FORM_ref_addr:
    case DW_FORM_GNU_ref_alt:
    case DW_FORM_GNU_strp_alt:
        return (int)unit->offset_size;
    default:
        return -1;
    }
}

static void move_variable_form(struct unit *unit, struct cursor *entry, unsigned name,
                               unsigned form)
{
    uint64_t value;

    switch (form) {
    case DW_FORM_sec_offset:
        value = read_number(entry, unit->offset_size);
        if (name == DW_AT_loclists_base)
            unit->loclists_base = value;
        else if (is_location(name) && !entry->failed)
            move_location_list(unit, value);
        break;
    case DW_FORM_loclistx:
        value = read_leb(entry);
        if (!entry->failed)
            move_indexed_list(unit, value);
        break;
    case DW_FORM_exprloc:
        move_counted(unit, entry, read_leb(entry));
        break;
    case DW_FORM_block:
        take(entry, read_leb(entry));
        break;
    case DW_FORM_block1:
        take(entry, read_number(entry, 1));
        break;
    case DW_FORM_block2:
        take(entry, read_number(entry, 2));
        break;
    case DW_FORM_block4:
        take(entry, read_number(entry, 4));
        break;
    case DW_FORM_string:
        skip_string(entry);
        break;
    case DW_FORM_sdata:
    case DW_FORM_udata:
    case DW_FORM_ref_udata:
    case DW_FORM_strx:
    case DW_FORM_addrx:
    case DW_FORM_rnglistx:
    case DW_FORM_GNU_addr_index:
    case DW_FORM_GNU_str_index:
        read_leb(entry);
        break;
    default:
        entry->failed = true; /* unknown: the rest of the unit cannot be read */
        break;
    }
}

static void move_attribute(struct unit *unit, struct cursor *entry, unsigned tag, unsigned name,
                           unsigned form)
{
    int size = fixed_size(unit, form);

    if (size >= 0) {
        take(entry, (unsigned)size);
    } else if (form == DW_FORM_addr) {
        size_t at = entry->at;
        move_address(unit->debug, entry);
        if (tag == DW_TAG_compile_unit && name == DW_AT_low_pc && !entry->failed &&
            host_load64(entry->data + at) == 0)
            memcpy(entry->data + at, &unit->debug->delta, ADDRESS_SIZE);
    } else if (form == DW_FORM_indirect) {
        form = (unsigned)read_leb(entry);
        if (form != DW_FORM_indirect && form != DW_FORM_implicit_const)
            move_attribute(unit, entry, tag, name, form);
        else
            entry->failed = true;
    } else {
        move_variable_form(unit, entry, name, form);
    }
}

/* Note where each abbreviation of the table at `offset` starts (at its tag). */
static void read_abbreviations(struct unit *unit, uint64_t offset)
{
    struct cursor table = cursor_over(unit->debug, HOST_DEBUG_ABBREV);

    memset(unit->abbreviations, 0, (unit->highest_code + 1) * sizeof(*unit->abbreviations));
    unit->highest_code = 0;
    take(&table, offset);
    while (more(&table)) {
        uint64_t code = read_leb(&table);
        if (code == 0)
            return;
        if (code < ABBREVIATION_LIMIT) {
            unit->abbreviations[code] = table.at;
            unit->highest_code = code > unit->highest_code ? code : unit->highest_code;
        }
        read_leb(&table);       /* tag */
        read_number(&table, 1); /* has children */
        for (uint64_t name = 1, form = 1; more(&table) && (name != 0 || form != 0);) {
            name = read_leb(&table);
            form = read_leb(&table);
            if (form == DW_FORM_implicit_const)
                read_leb(&table);
        }
    }
}

static void move_entries(struct unit *unit, struct cursor *entries)
{
    while (more(entries)) {
        uint64_t code = read_leb(entries);
        if (code == 0)
            continue;
        if (code >= ABBREVIATION_LIMIT || unit->abbreviations[code] == 0)
            return;
        struct cursor abbreviation = cursor_over(unit->debug, HOST_DEBUG_ABBREV);
        abbreviation.at = unit->abbreviations[code];
        unsigned tag = (unsigned)read_leb(&abbreviation);
        read_number(&abbreviation, 1);
        for (;;) {
            unsigned name = (unsigned)read_leb(&abbreviation);
            unsigned form = (unsigned)read_leb(&abbreviation);
            if (form == DW_FORM_implicit_const)
                read_leb(&abbreviation);
            if (abbreviation.failed || (name == 0 && form == 0))
                break;
            move_attribute(unit, entries, tag, name, form);
        }
    }
}

static void move_info(struct host_debug_data *debug)
{
    struct cursor info = cursor_over(debug, HOST_DEBUG_INFO);
    size_t locations = debug->sections[HOST_DEBUG_LOC].size;
    size_t lists = debug->sections[HOST_DEBUG_LOCLISTS].size;
    struct unit unit = {.debug = debug};
    uint8_t *seen4 = calloc(locations + 1, 1), *seen5 = calloc(lists + 1, 1);
    uint64_t table = UINT64_MAX;

    unit.abbreviations = calloc(ABBREVIATION_LIMIT, sizeof(*unit.abbreviations));
    while (more(&info) && unit.abbreviations != NULL) {
        struct cursor entries = take_table(&info, &unit.offset_size);
        uint64_t offset;

        unit.version = (unsigned)read_number(&entries, 2);
        unit.seen = unit.version >= 5 ? seen5 : seen4;
        /* Lists of version 5 units start behind the table's header, when no base is given. */
        unit.loclists_base = unit.offset_size == 8 ? 20 : 12;
        if (unit.version >= 5) {
            unsigned type = (unsigned)read_number(&entries, 1);
            read_number(&entries, 1);
            offset = read_number(&entries, unit.offset_size);
            if (type == DW_UT_skeleton || type == DW_UT_split_compile)
                take(&entries, 8);
            if (type == DW_UT_type || type == DW_UT_split_type)
                take(&entries, 8 + unit.offset_size);
        } else {
            offset = read_number(&entries, unit.offset_size);
            read_number(&entries, 1);
        }
        if (unit.version < 4 || unit.version > 5)
            continue;
        if (offset != table)
            read_abbreviations(&unit, offset);
        table = offset;
        move_entries(&unit, &entries);
    }
    free(unit.abbreviations);
    free(seen4);
    free(seen5);
}

/* --- Tables --- */

static void move_line_program(const struct host_debug_data *debug, struct cursor *program,
                              const uint8_t *lengths, unsigned opcode_base)
{
    while (more(program)) {
        unsigned opcode = (unsigned)read_number(program, 1);

        if (opcode == 0) {
            uint64_t length = read_leb(program);
            struct cursor operands = *program;
            take(program, length);
            if (read_number(&operands, 1) == DW_LNE_set_address && length == 1 + ADDRESS_SIZE &&
                !program->failed)
                move_address(debug, &operands);
        } else if (opcode == DW_LNS_fixed_advance_pc) {
            take(program, 2);
        } else if (opcode < opcode_base) {
            skip_lebs(program, lengths[opcode - 1]);
        }
    }
}

static void move_lines(const struct host_debug_data *debug)
{
    struct cursor lines = cursor_over(debug, HOST_DEBUG_LINE);

    while (more(&lines)) {
        unsigned offset_size;
        struct cursor table = take_table(&lines, &offset_size);
        unsigned version = (unsigned)read_number(&table, 2);

        if (version < 2 || version > 5)
            continue;
        if (version >= 5)
            take(&table, 2); /* address and selector size */
        uint64_t header_length = read_number(&table, offset_size);
        struct cursor program = table;
        take(&program, header_length);
        take(&table, version >= 4 ? 5 : 4); /* up to line_range */
        unsigned opcode_base = (unsigned)read_number(&table, 1);
        const uint8_t *lengths = take(&table, opcode_base > 0 ? opcode_base - 1 : 0);
        if (lengths != NULL && opcode_base > 0)
            move_line_program(debug, &program, lengths, opcode_base);
    }
}

static void move_rnglists(const struct host_debug_data *debug)
{
    struct cursor section = cursor_over(debug, HOST_DEBUG_RNGLISTS);

    while (more(&section)) {
        unsigned offset_size;
        struct cursor table = take_table(&section, &offset_size);
        take(&table, 4); /* version, address and selector size */
        take(&table, read_number(&table, 4) * offset_size);
        while (more(&table)) {
            unsigned kind = (unsigned)read_number(&table, 1);
            if (kind == DW_RLE_base_address || kind == DW_RLE_start_end ||
                kind == DW_RLE_start_length)
                move_address(debug, &table);
            if (kind == DW_RLE_start_end)
                move_address(debug, &table);
            if (kind == DW_RLE_base_addressx || kind == DW_RLE_start_length)
                read_leb(&table);
            if (kind == DW_RLE_startx_endx || kind == DW_RLE_startx_length ||
                kind == DW_RLE_offset_pair)
                skip_lebs(&table, 2);
        }
    }
}

/* Version 4 range lists: only the entries that select a base hold an address to move. */
static void move_range_pairs(const struct host_debug_data *debug)
{
    struct cursor section = cursor_over(debug, HOST_DEBUG_RANGES);

    while (more(&section)) {
        if (read_number(&section, ADDRESS_SIZE) == UINT64_MAX)
            move_address(debug, &section);
        else
            take(&section, ADDRESS_SIZE);
    }
}

static void move_address_tables(const struct host_debug_data *debug)
{
    struct cursor section = cursor_over(debug, HOST_DEBUG_ADDR);

    while (more(&section)) {
        unsigned offset_size;
        struct cursor table = take_table(&section, &offset_size);
        take(&table, 4); /* version, address and selector size */
        while (more(&table))
            move_address(debug, &table);
    }
}

static void move_aranges(const struct host_debug_data *debug)
{
    struct cursor section = cursor_over(debug, HOST_DEBUG_ARANGES);

    while (more(&section)) {
        unsigned offset_size;
        size_t start = section.at;
        struct cursor table = take_table(&section, &offset_size);
        take(&table, 2 + offset_size + 2); /* version, unit, address and selector size */
        /* Tuples are aligned to their size, counted from the start of the table. */
        take(&table, (start - table.at) % (2 * ADDRESS_SIZE));
        while (more(&table)) {
            move_address(debug, &table);
            take(&table, ADDRESS_SIZE);
        }
    }
}

void host_dwarf_relocate(struct host_debug_data *debug)
{
    if (debug->delta == 0)
        return;
    move_info(debug);
    move_lines(debug);
    move_address_tables(debug);
    move_rnglists(debug);
    move_range_pairs(debug);
    move_aranges(debug);
}
