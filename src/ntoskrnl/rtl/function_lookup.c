/*
 * From a program counter to its image and to its row of .pdata.
 *
 * Nothing that an image says about itself is believed: every offset is checked against the image's
 * size before it is used, and a chain of unwind records may have RTL_UNWIND_CHAIN_LIMIT links at
 * most. An image with a corrupt exception directory looks like one that has none.
 */
#include "exception_internal.h"

#define RUNTIME_FUNCTION_INDIRECT 1 /* in UnwindData: the offset of another row, plus one */

/* Generated code has no image; its function table may describe any 32-bit offset. */
#define FUNCTION_TABLE_REACH 0xFFFFFFFFull

/* Offsets in a PE32+ file's headers. */
#define DOS_MAGIC 0x5A4D
#define DOS_NT_HEADERS_OFFSET 0x3C
#define NT_MAGIC 0x4550
/* Past the signature and file header, in the optional header: the directory with index 3. */
#define NT_EXCEPTION_DIRECTORY (24 + 112 + 3 * 8)

struct data_directory {
    ULONG offset;
    ULONG bytes;
};

const void *rtl_image_bytes(const struct rtl_function *function, ULONG64 offset, ULONG64 bytes)
{
    if (offset > function->image_size || bytes > function->image_size - offset)
        return NULL;
    ULONG64 address = function->image_base + offset;
    return rtl_image_is_readable(address, bytes) ? (const void *)address : NULL;
}

const struct unwind_info *rtl_unwind_info(const struct rtl_function *function,
                                          const RUNTIME_FUNCTION *entry)
{
    const struct unwind_info *info = rtl_image_bytes(function, entry->UnwindData, sizeof(*info));
    if (!info || info->version < 1 || info->version > 2)
        return NULL;
    ULONG64 bytes = sizeof(*info) + info->code_count * sizeof(union unwind_code);
    return rtl_image_bytes(function, entry->UnwindData, bytes);
}

const RUNTIME_FUNCTION *rtl_unwind_chained(const struct rtl_function *function,
                                           const struct unwind_info *info)
{
    if (!(info->flags & UNW_FLAG_CHAININFO))
        return NULL;
    ULONG slots = (info->code_count + 1u) & ~1u;
    ULONG64 offset = (ULONG64)&info->codes[slots] - function->image_base;
    return rtl_image_bytes(function, offset, sizeof(RUNTIME_FUNCTION));
}

const RUNTIME_FUNCTION *rtl_unwind_primary(const struct rtl_function *function,
                                           const RUNTIME_FUNCTION *entry)
{
    for (int links = 0; links < RTL_UNWIND_CHAIN_LIMIT; links++) {
        const struct unwind_info *info = rtl_unwind_info(function, entry);
        if (!info)
            return NULL;
        if (!(info->flags & UNW_FLAG_CHAININFO))
            return entry;
        entry = rtl_unwind_chained(function, info);
        if (!entry)
            return NULL;
    }
    return NULL;
}

/* The exception directory of the image, or an empty one. */
static struct data_directory exception_directory(const struct rtl_function *image)
{
    const struct data_directory none = {0, 0};
    const USHORT *dos = rtl_image_bytes(image, 0, DOS_NT_HEADERS_OFFSET + sizeof(ULONG));
    if (!dos || *dos != DOS_MAGIC)
        return none;
    ULONG nt_offset = *(const ULONG *)((const UCHAR *)dos + DOS_NT_HEADERS_OFFSET);
    ULONG bytes = NT_EXCEPTION_DIRECTORY + sizeof(struct data_directory);
    const UCHAR *nt = rtl_image_bytes(image, nt_offset, bytes);
    if (!nt || *(const ULONG *)nt != NT_MAGIC)
        return none;
    return *(const struct data_directory *)(nt + NT_EXCEPTION_DIRECTORY);
}

static PRUNTIME_FUNCTION search_table(PRUNTIME_FUNCTION table, ULONG count, ULONG offset)
{
    ULONG low = 0;
    ULONG high = count;

    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        if (offset < table[middle].BeginAddress)
            high = middle;
        else if (offset >= table[middle].EndAddress)
            low = middle + 1;
        else
            return &table[middle];
    }
    return NULL;
}

/* The row for the image's `pc`; NULL for a leaf function. */
static PRUNTIME_FUNCTION search_image(const struct rtl_function *image, ULONG64 pc)
{
    struct data_directory directory = exception_directory(image);
    PRUNTIME_FUNCTION table =
        (PRUNTIME_FUNCTION)rtl_image_bytes(image, directory.offset, directory.bytes);
    if (!table)
        return NULL;
    ULONG offset = (ULONG)(pc - image->image_base);
    PRUNTIME_FUNCTION entry = search_table(table, directory.bytes / sizeof(*table), offset);
    if (entry && (entry->UnwindData & RUNTIME_FUNCTION_INDIRECT))
        entry = (PRUNTIME_FUNCTION)rtl_image_bytes(
            image, entry->UnwindData - RUNTIME_FUNCTION_INDIRECT, sizeof(*entry));
    return entry;
}

static PRUNTIME_FUNCTION search_history(const UNWIND_HISTORY_TABLE *history,
                                        const struct rtl_function *image)
{
    ULONG count = history->Count;
    if (history->Search == UNWIND_HISTORY_TABLE_NONE || count > UNWIND_HISTORY_TABLE_SIZE)
        return NULL;
    for (ULONG i = 0; i < count; i++) {
        const UNWIND_HISTORY_TABLE_ENTRY *known = &history->Entry[i];
        ULONG64 offset = image->pc - image->image_base;
        if (known->ImageBase == image->image_base && offset >= known->FunctionEntry->BeginAddress &&
            offset < known->FunctionEntry->EndAddress)
            return known->FunctionEntry;
    }
    return NULL;
}

static void remember(UNWIND_HISTORY_TABLE *history, const struct rtl_function *function)
{
    if (!function->entry || history->Search != UNWIND_HISTORY_TABLE_NONE ||
        history->Count >= UNWIND_HISTORY_TABLE_SIZE)
        return;
    UNWIND_HISTORY_TABLE_ENTRY *entry = &history->Entry[history->Count++];
    entry->ImageBase = function->image_base;
    entry->FunctionEntry = function->entry;
}

void rtl_function_find(ULONG64 pc, PUNWIND_HISTORY_TABLE history, struct rtl_function *function)
{
    *function = (struct rtl_function){.pc = pc};
    if (!rtl_image_of_pc(pc, &function->image_base, &function->image_size)) {
        function->entry = rtl_function_table_lookup(pc, &function->image_base);
        function->image_size = function->entry ? FUNCTION_TABLE_REACH : 0;
        return;
    }
    if (history)
        function->entry = search_history(history, function);
    if (function->entry)
        return;
    function->entry = search_image(function, pc);
    if (history)
        remember(history, function);
}

/*
 * Find the function table row that covers an address.
 *
 * @param ControlPc     the address
 * @param ImageBase     receives the base that the row's offsets count from; 0 if there is none
 * @param HistoryTable  rows found in an earlier walk, or NULL. While its Search member is
 *                      UNWIND_HISTORY_TABLE_NONE, found rows are added; otherwise it is searched.
 * IRQL: any.
 * Returns: the row; NULL for a leaf function (one that has none) or an address in no image.
 * Source: Windows API documentation, RtlLookupFunctionEntry.
 */
PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase,
                                               PUNWIND_HISTORY_TABLE HistoryTable)
{
    struct rtl_function function;

    rtl_function_find(ControlPc, HistoryTable, &function);
    *ImageBase = function.image_base;
    return function.entry;
}
NT_EXPORT(RtlLookupFunctionEntry, IRQL_ANY, "qpp");

/*
 * Find the image that contains an address.
 *
 * @param PcValue      the address
 * @param BaseOfImage  receives the image's base, or NULL
 * IRQL: any.
 * Returns: the image's base, or NULL if the address is in no image.
 * Source: Windows API documentation, RtlPcToFileHeader.
 */
PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage)
{
    ULONG64 base = 0;
    ULONG64 bytes = 0;

    if (!rtl_image_of_pc((ULONG64)PcValue, &base, &bytes))
        base = 0;
    *BaseOfImage = (PVOID)base;
    return (PVOID)base;
}
NT_EXPORT(RtlPcToFileHeader, IRQL_ANY, "pp");
