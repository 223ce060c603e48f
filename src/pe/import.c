/*
 * Imports and delay imports, one at a time.
 *
 * The walk ends in any case: descriptors and thunks are counted against budgets, since tables that
 * share or overlap each other could otherwise describe far more imports than the image has room
 * for. The caller writes to the image between two steps, possibly over the tables: nothing is
 * remembered from one step to the next but positions, and every position is checked when it is
 * used.
 */
#include "pe_internal.h"

enum {
    IMPORT_MODULE_LIMIT = 4096,
    IMPORT_FUNCTION_LIMIT = 65536,
    DELAY_IMPORT_RVA_BASED = 1, /* attribute: the descriptor holds RVAs, as all but VC 6 made it */
    IMPORT_HINT_SIZE = 2,
    IMPORT_THUNK_SIZE = 8,
};

#define IMPORT_BY_ORDINAL (UINT64_C(1) << 63)

static void start(struct pe_import_cursor *cursor, const struct pe_view *view, bool delayed)
{
    cursor->view = view;
    cursor->delayed = delayed;
    cursor->descriptor_rva =
        view->headers.directories[delayed ? PE_DIRECTORY_DELAY_IMPORT : PE_DIRECTORY_IMPORT].rva;
    cursor->module_rva = 0;
    cursor->lookup_rva = 0;
    cursor->slot_rva = 0;
    cursor->function_budget = IMPORT_FUNCTION_LIMIT;
    cursor->module_budget = IMPORT_MODULE_LIMIT + 1; /* with the one that ends the table */
    cursor->failed = false;
    cursor->error.text[0] = 0;
}

void pe_import_start(struct pe_import_cursor *cursor, const struct pe_view *view)
{
    start(cursor, view, false);
}

void pe_delay_import_start(struct pe_import_cursor *cursor, const struct pe_view *view)
{
    start(cursor, view, true);
}

static const char *table_name(const struct pe_import_cursor *cursor)
{
    return cursor->delayed ? "delay import" : "import";
}

/* Ends the walk with the error that was just written. */
static bool fail(struct pe_import_cursor *cursor)
{
    cursor->descriptor_rva = 0;
    cursor->module_rva = 0;
    cursor->failed = true;
    return false;
}

static bool finish(struct pe_import_cursor *cursor)
{
    cursor->descriptor_rva = 0;
    return false;
}

static bool fail_outside(struct pe_import_cursor *cursor, const char *part)
{
    pe_fail(&cursor->error, "the %s %s points outside the image", table_name(cursor), part);
    return fail(cursor);
}

static bool open_import(struct pe_import_cursor *cursor)
{
    const struct pe_view *view = cursor->view;
    const struct pe_import_descriptor *descriptor =
        pe_view_at(view, cursor->descriptor_rva, sizeof(*descriptor));
    uint32_t lookup_rva;

    if (!descriptor)
        return fail_outside(cursor, "table");
    if (!descriptor->module_rva || !descriptor->address_table_rva)
        return finish(cursor);
    lookup_rva = descriptor->lookup_table_rva;
    if (!lookup_rva || lookup_rva < view->headers.size_of_headers || lookup_rva >= view->size)
        lookup_rva = descriptor->address_table_rva; /* old linkers leave it out; so does Windows */
    cursor->module_rva = descriptor->module_rva;
    cursor->slot_rva = descriptor->address_table_rva;
    cursor->lookup_rva = lookup_rva;
    cursor->descriptor_rva += sizeof(*descriptor);
    return true;
}

static bool open_delay_import(struct pe_import_cursor *cursor)
{
    const struct pe_delay_import_descriptor *descriptor =
        pe_view_at(cursor->view, cursor->descriptor_rva, sizeof(*descriptor));

    if (!descriptor)
        return fail_outside(cursor, "table");
    if (!descriptor->module_rva || !descriptor->address_table_rva)
        return finish(cursor);
    if (!(descriptor->attributes & DELAY_IMPORT_RVA_BASED)) {
        pe_fail(&cursor->error, "the delay import table is of the old form with addresses");
        return fail(cursor);
    }
    cursor->module_rva = descriptor->module_rva;
    cursor->slot_rva = descriptor->address_table_rva;
    cursor->lookup_rva = descriptor->name_table_rva;
    cursor->descriptor_rva += sizeof(*descriptor);
    return true;
}

static bool open_descriptor(struct pe_import_cursor *cursor)
{
    if (cursor->module_budget-- == 0) {
        pe_fail(&cursor->error, "the %s table names more than %u modules", table_name(cursor),
                (unsigned)IMPORT_MODULE_LIMIT);
        return fail(cursor);
    }
    return cursor->delayed ? open_delay_import(cursor) : open_import(cursor);
}

/* Fills in what the thunk says: an ordinal, or a hint and a name. */
static bool read_thunk(struct pe_import_cursor *cursor, uint64_t thunk, struct pe_import *import)
{
    const struct pe_unaligned16 *hint;

    import->name = NULL;
    import->ordinal = 0;
    import->hint = 0;
    import->delayed = cursor->delayed;
    import->slot_rva = cursor->slot_rva;
    import->module = pe_view_string(cursor->view, cursor->module_rva, PE_MODULE_NAME_LIMIT);
    if (!import->module)
        return fail_outside(cursor, "module name");
    if (!pe_view_at(cursor->view, cursor->slot_rva, IMPORT_THUNK_SIZE))
        return fail_outside(cursor, "address table");
    if (thunk & IMPORT_BY_ORDINAL) {
        import->ordinal = (uint16_t)thunk;
        return true;
    }
    hint = pe_view_at(cursor->view, thunk, sizeof(*hint));
    if (!hint)
        return fail_outside(cursor, "name");
    import->hint = hint->value;
    import->name = pe_view_string(cursor->view, thunk + IMPORT_HINT_SIZE, PE_SYMBOL_NAME_LIMIT);
    return import->name ? true : fail_outside(cursor, "name");
}

bool pe_import_next(struct pe_import_cursor *cursor, struct pe_import *import)
{
    while (cursor->descriptor_rva) {
        const struct pe_unaligned64 *thunk;

        if (!cursor->module_rva && !open_descriptor(cursor))
            return false;
        thunk = pe_view_at(cursor->view, cursor->lookup_rva, sizeof(*thunk));
        if (!thunk)
            return fail_outside(cursor, "lookup table");
        if (thunk->value == 0) {
            cursor->module_rva = 0;
            continue;
        }
        if (cursor->function_budget-- == 0) {
            pe_fail(&cursor->error, "the %s table lists more than %u functions", table_name(cursor),
                    (unsigned)IMPORT_FUNCTION_LIMIT);
            return fail(cursor);
        }
        if (!read_thunk(cursor, thunk->value, import))
            return false;
        cursor->lookup_rva += IMPORT_THUNK_SIZE;
        cursor->slot_rva += IMPORT_THUNK_SIZE;
        return true;
    }
    return false;
}
