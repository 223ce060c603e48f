/*
 * What the parameters of a bug check mean. The rows stand in bugcheck_parameters.inc.
 */
#include "ke/ke_internal.h"

struct meaning_row {
    ULONG code;
    ULONG64 first; /* value of the first parameter, or ANY */
    const char *meanings[4];
};

#define ANY (~0ull)
#define PARAMETERS(code, ...) {code, ANY, {__VA_ARGS__}},
#define CASE(code, first, ...) {code, first, {__VA_ARGS__}},

static const struct meaning_row rows[] = {
#include "ke/bugcheck_parameters.inc"
};

static const struct meaning_row *find(ULONG code, ULONG64 first)
{
    for (ULONG i = 0; i < ARRAY_COUNT(rows); i++)
        if (rows[i].code == code && rows[i].first == first)
            return &rows[i];
    return NULL;
}

BOOLEAN ki_bugcheck_meanings(ULONG code, const ULONG64 parameters[4], const char *meanings[4])
{
    const struct meaning_row *row = find(code, parameters[0]);

    if (!row)
        row = find(code, ANY);
    for (ULONG i = 0; row && i < ARRAY_COUNT(row->meanings); i++)
        meanings[i] = row->meanings[i];
    return row != NULL;
}
