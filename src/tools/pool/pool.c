/*
 * pool: what drivers and the system have of pool memory, by tag. A tag has one row for each of the
 * two pools that it has ever used, as in poolmon. Counts of blocks have 32 bits in the system and
 * wrap around; their difference is right all the same.
 */
#include "tools/common/tool.h"

#include <stdlib.h>

#define POOL_TAGS 22      /* SystemPoolTagInformation */
#define PROTECTED 0x80    /* in the last character of a tag: PROTECTED_POOL */
#define TAG_CHARACTERS 4u /* shorter ones are padded with blanks */

static const char help[] =
    "pool: use of pool memory, by tag\n"
    "\n"
    "usage: pool [--tag TAG] [--sort bytes|allocs|diff|tag] [--json]\n"
    "\n"
    "A row for each tag and pool: TYPE is Pag or Nonp, ALLOCS and FREES count from boot on,\n"
    "DIFF is how many blocks are in use, BYTES what these take, and PER ALLOC the average. A tag\n"
    "whose DIFF grows while its driver does the same again and again leaks. The last line is the\n"
    "sum, and \"-\" as a tag stands for blocks without one.\n"
    "\n"
    "Options\n"
    "  --tag TAG      only this one; ? is any character, and * at the end any rest\n"
    "  --sort ORDER   bytes (the most first; so without the option), allocs, diff or tag\n"
    "  --json         an array of objects, without the sum\n"
    "  --help         this text\n"
    "\n"
    "Exit codes: 0 something was listed, 1 no such tag is in use, 2 wrong command line\n"
    "\n"
    "Examples\n"
    "  pool --tag 'Exm?'\n"
    "  pool --sort diff\n"
    "  pool --json | jq '[.[] | select(.type == \"Nonp\") | .bytes] | add'\n";

static struct {
    const wchar_t *tag, *sort;
    bool json;
} options = {.sort = L"bytes"};

static const struct tool_option option_table[] = {
    {L"--tag", NULL, &options.tag},
    {L"--sort", NULL, &options.sort},
    {L"--json", &options.json, NULL},
};

static const struct tool_program program = {
    .name = L"pool",
    .help = help,
    .options = option_table,
    .option_count = TOOL_COUNT(option_table),
};

static const struct tool_column columns[] = {
    {"tag", L"TAG", TOOL_TEXT},
    {"type", L"TYPE", TOOL_TEXT},
    {"allocs", L"ALLOCS", TOOL_NUMBER},
    {"frees", L"FREES", TOOL_NUMBER},
    {"diff", L"DIFF", TOOL_NUMBER},
    {"bytes", L"BYTES", TOOL_NUMBER},
    {"bytes_per_alloc", L"PER ALLOC", TOOL_NUMBER},
};

/* ---- the system's list ---- */

struct pool_tag {
    unsigned char tag[TAG_CHARACTERS];
    ULONG paged_allocations, paged_frees;
    SIZE_T paged_bytes;
    ULONG non_paged_allocations, non_paged_frees;
    SIZE_T non_paged_bytes;
};

struct pool_tags {
    ULONG count;
    struct pool_tag tags[];
};

_Static_assert(offsetof(struct pool_tag, paged_bytes) == 0x10, "SYSTEM_POOLTAG");
_Static_assert(sizeof(struct pool_tag) == 0x28, "SYSTEM_POOLTAG");
_Static_assert(offsetof(struct pool_tags, tags) == 8, "SYSTEM_POOLTAG_INFORMATION");

/* ---- rows ---- */

struct row {
    wchar_t tag[TAG_CHARACTERS + 1];
    const wchar_t *type; /* NULL = the sum */
    unsigned long long allocations, frees, blocks, bytes;
};

/* Without the blanks or zeroes that fill it up. */
static void read_tag(const struct pool_tag *record, wchar_t *tag)
{
    size_t length = TAG_CHARACTERS;

    for (size_t i = 0; i < TAG_CHARACTERS; i++)
        tag[i] = record->tag[i];
    tag[TAG_CHARACTERS - 1] &= ~PROTECTED;
    while (length && (tag[length - 1] == 0 || tag[length - 1] == L' '))
        length--;
    tag[length] = 0;
}

static bool is_wanted(const wchar_t *tag)
{
    const wchar_t *pattern = options.tag;

    if (!pattern)
        return true;
    for (; *pattern && *pattern != L'*'; pattern++) {
        wchar_t character = *tag ? *tag++ : L' ';

        if (*pattern != L'?' && *pattern != character)
            return false;
    }
    return *pattern == L'*' || *tag == 0;
}

static void add_row(struct row *rows, size_t *count, struct row row)
{
    row.blocks = (ULONG)(row.allocations - row.frees);
    if (row.allocations || row.frees)
        rows[(*count)++] = row;
}

/* Returns how many rows there are. */
static size_t gather(const struct pool_tags *list, struct row *rows)
{
    size_t count = 0;

    for (ULONG i = 0; i < list->count; i++) {
        const struct pool_tag *record = &list->tags[i];
        struct row non_paged = {.type = L"Nonp",
                                .allocations = record->non_paged_allocations,
                                .frees = record->non_paged_frees,
                                .bytes = record->non_paged_bytes};
        struct row paged = {.type = L"Pag",
                            .allocations = record->paged_allocations,
                            .frees = record->paged_frees,
                            .bytes = record->paged_bytes};

        read_tag(record, non_paged.tag);
        wcscpy(paged.tag, non_paged.tag);
        if (!is_wanted(paged.tag))
            continue;
        add_row(rows, &count, non_paged);
        add_row(rows, &count, paged);
    }
    return count;
}

static struct row sum(const struct row *rows, size_t count)
{
    struct row total = {.type = NULL};

    for (size_t i = 0; i < count; i++) {
        total.allocations += rows[i].allocations;
        total.frees += rows[i].frees;
        total.blocks += rows[i].blocks;
        total.bytes += rows[i].bytes;
    }
    return total;
}

/* ---- orders ---- */

static int compare_tags(const void *first, const void *second)
{
    const struct row *left = first, *right = second;
    int order = wcscmp(left->tag, right->tag);

    return order ? order : wcscmp(left->type, right->type);
}

/* The largest first; what is equal, by tag. */
static int compare_numbers(const struct row *left, unsigned long long left_number,
                           const struct row *right, unsigned long long right_number)
{
    if (left_number != right_number)
        return left_number > right_number ? -1 : 1;
    return compare_tags(left, right);
}

static int compare_bytes(const void *first, const void *second)
{
    const struct row *left = first, *right = second;

    return compare_numbers(left, left->bytes, right, right->bytes);
}

static int compare_allocations(const void *first, const void *second)
{
    const struct row *left = first, *right = second;

    return compare_numbers(left, left->allocations, right, right->allocations);
}

static int compare_blocks(const void *first, const void *second)
{
    const struct row *left = first, *right = second;

    return compare_numbers(left, left->blocks, right, right->blocks);
}

static const struct order {
    const wchar_t *name;
    int (*compare)(const void *first, const void *second);
} orders[] = {
    {L"bytes", compare_bytes},
    {L"allocs", compare_allocations},
    {L"diff", compare_blocks},
    {L"tag", compare_tags},
};

static const struct order *find_order(const wchar_t *name)
{
    for (size_t i = 0; i < TOOL_COUNT(orders); i++)
        if (wcscmp(orders[i].name, name) == 0)
            return &orders[i];
    return NULL;
}

/* ---- output ---- */

static void put_row(struct tool_table *table, const struct row *row)
{
    if (!row->type)
        tool_cell_text(table, L"TOTAL");
    else if (row->tag[0])
        tool_cell_text(table, row->tag);
    else
        tool_cell_none(table);
    if (row->type)
        tool_cell_text(table, row->type);
    else
        tool_cell_none(table);
    tool_cell_number(table, row->allocations);
    tool_cell_number(table, row->frees);
    tool_cell_number(table, row->blocks);
    tool_cell_number(table, row->bytes);
    if (row->blocks)
        tool_cell_number(table, row->bytes / row->blocks);
    else
        tool_cell_none(table);
}

static int list(const struct pool_tags *tags, const struct order *order)
{
    struct tool_table *table = tool_table_create(columns, TOOL_COUNT(columns));
    struct row *rows = tool_allocate(2 * (size_t)tags->count * sizeof(*rows));
    size_t count = gather(tags, rows);
    struct row total = sum(rows, count);

    if (count == 0) {
        free(rows);
        return tool_fail(L"no pool memory was allocated with the tag %ls", options.tag);
    }
    qsort(rows, count, sizeof(*rows), order->compare);
    for (size_t i = 0; i < count; i++)
        put_row(table, &rows[i]);
    if (!options.json)
        put_row(table, &total);
    free(rows);
    tool_table_print(table, options.json);
    return TOOL_OK;
}

static int refuse(const wchar_t *word, const wchar_t *what)
{
    tool_fail(L"%ls is no %ls; see pool --help", word, what);
    return TOOL_USAGE;
}

int wmain(int count, wchar_t **arguments)
{
    const struct order *order;
    struct pool_tags *tags;
    int result = TOOL_FAILED;

    tool_options(&program, &count, arguments);
    order = find_order(options.sort);
    if (!order)
        return refuse(options.sort, L"order");
    if (options.tag && wcscspn(options.tag, L"*") > TAG_CHARACTERS)
        return refuse(options.tag, L"tag");
    tags = tool_query_system(POOL_TAGS);
    if (tags)
        result = list(tags, order);
    free(tags);
    return result;
}
