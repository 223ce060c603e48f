/*
 * ntdll.dll only: function tables of generated code, which is in no image.
 *
 * A program describes its code either by an array of rows, or by a callback that makes a row on
 * demand. The tables are few, so they are kept in a fixed array without a lock: a slot goes
 *
 *     FREE --claim_slot--> CLAIMED --publish--> READY --RtlDeleteFunctionTable--> FREE
 *
 * and only READY slots are looked at.
 */
#include "exception_internal.h"

#define TABLE_LIMIT 128
#define CALLBACK_IDENTIFIER_BITS 3 /* a callback's identifier has both low bits set */

enum slot_state { SLOT_FREE, SLOT_CLAIMED, SLOT_READY };

struct table_slot {
    int state;
    ULONG64 identifier; /* address of the array, or the callback's identifier */
    ULONG64 base;
    ULONG64 low; /* addresses that the table is responsible for, [low, high) */
    ULONG64 high;
    PRUNTIME_FUNCTION rows; /* NULL: `callback` makes them */
    ULONG row_count;
    PGET_RUNTIME_FUNCTION_CALLBACK callback;
    PVOID callback_context;
};

static struct function_table_state {
    struct table_slot slots[TABLE_LIMIT];
} state;

static struct table_slot *claim_slot(void)
{
    for (int i = 0; i < TABLE_LIMIT; i++) {
        int expected = SLOT_FREE;
        if (__atomic_compare_exchange_n(&state.slots[i].state, &expected, SLOT_CLAIMED, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return &state.slots[i];
    }
    return NULL;
}

static void publish(struct table_slot *slot)
{
    __atomic_store_n(&slot->state, SLOT_READY, __ATOMIC_RELEASE);
}

PRUNTIME_FUNCTION rtl_function_table_lookup(ULONG64 pc, ULONG64 *base)
{
    *base = 0;
    for (int i = 0; i < TABLE_LIMIT; i++) {
        const struct table_slot *slot = &state.slots[i];
        if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != SLOT_READY || pc < slot->low ||
            pc >= slot->high)
            continue;
        if (slot->callback) {
            *base = slot->base;
            return slot->callback(pc, slot->callback_context);
        }
        for (ULONG row = 0; row < slot->row_count; row++) {
            ULONG64 offset = pc - slot->base;
            if (offset >= slot->rows[row].BeginAddress && offset < slot->rows[row].EndAddress) {
                *base = slot->base;
                return &slot->rows[row];
            }
        }
    }
    return NULL;
}

/*
 * Describe generated code by an array of rows.
 *
 * @param FunctionTable  the rows, in any order; they stay in use until deleted
 * @param EntryCount     number of rows
 * @param BaseAddress    what the rows' offsets count from
 * Returns: TRUE; FALSE if 128 tables exist already, or there is no row.
 * Source: Windows API documentation, RtlAddFunctionTable.
 */
BOOLEAN __cdecl RtlAddFunctionTable(PRUNTIME_FUNCTION FunctionTable, ULONG EntryCount,
                                    ULONG64 BaseAddress)
{
    struct table_slot *slot = EntryCount ? claim_slot() : NULL;
    if (!slot)
        return FALSE;
    ULONG low = MAXULONG;
    ULONG high = 0;
    for (ULONG i = 0; i < EntryCount; i++) {
        low = min(low, FunctionTable[i].BeginAddress);
        high = max(high, FunctionTable[i].EndAddress);
    }
    slot->identifier = (ULONG64)FunctionTable;
    slot->base = BaseAddress;
    slot->low = BaseAddress + low;
    slot->high = BaseAddress + high;
    slot->rows = FunctionTable;
    slot->row_count = EntryCount;
    slot->callback = NULL;
    publish(slot);
    return TRUE;
}
NT_EXPORT(RtlAddFunctionTable, IRQL_ANY, "puq");

/*
 * Describe generated code by a callback that makes the row of an address.
 *
 * @param TableIdentifier          names the table; both low bits must be set
 * @param BaseAddress              what the rows' offsets count from
 * @param Length                   bytes of the region, from the base on
 * @param Callback                 returns the row of an address, or NULL
 * @param Context                  second argument of the callback
 * @param OutOfProcessCallbackDll  for a debugger; not used
 * Returns: TRUE; FALSE if the identifier is not valid, or 128 tables exist already.
 * Source: Windows API documentation, RtlInstallFunctionTableCallback.
 */
BOOLEAN __cdecl RtlInstallFunctionTableCallback(ULONG64 TableIdentifier, ULONG64 BaseAddress,
                                                ULONG Length,
                                                PGET_RUNTIME_FUNCTION_CALLBACK Callback,
                                                PVOID Context, PCWSTR OutOfProcessCallbackDll)
{
    UNREFERENCED_PARAMETER(OutOfProcessCallbackDll);
    bool is_valid =
        (TableIdentifier & CALLBACK_IDENTIFIER_BITS) == CALLBACK_IDENTIFIER_BITS && Callback;
    struct table_slot *slot = is_valid ? claim_slot() : NULL;
    if (!slot)
        return FALSE;
    slot->identifier = TableIdentifier;
    slot->base = BaseAddress;
    slot->low = BaseAddress;
    slot->high = BaseAddress + Length;
    slot->rows = NULL;
    slot->row_count = 0;
    slot->callback = Callback;
    slot->callback_context = Context;
    publish(slot);
    return TRUE;
}
NT_EXPORT(RtlInstallFunctionTableCallback, IRQL_ANY, "qquppw");

/*
 * Forget a table.
 *
 * @param FunctionTable  the array, or the callback's identifier
 * Returns: FALSE if there is no such table.
 * Source: Windows API documentation, RtlDeleteFunctionTable.
 */
BOOLEAN __cdecl RtlDeleteFunctionTable(PRUNTIME_FUNCTION FunctionTable)
{
    for (int i = 0; i < TABLE_LIMIT; i++) {
        struct table_slot *slot = &state.slots[i];
        if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == SLOT_READY &&
            slot->identifier == (ULONG64)FunctionTable) {
            __atomic_store_n(&slot->state, SLOT_FREE, __ATOMIC_RELEASE);
            return TRUE;
        }
    }
    return FALSE;
}
NT_EXPORT(RtlDeleteFunctionTable, IRQL_ANY, "p");
