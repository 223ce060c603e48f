/*
 * Which exports a rule is about. See export_kind.h.
 */
#include "include/nt_export.h"
#include "vf/export_kind.h"

extern const struct nt_export nt_export_first; /* the rows begin: ke/startup.c */

static BOOLEAN fits(const char *pattern, const char *name)
{
    SIZE_T length = strlen(pattern);

    if (pattern[length - 1] == '*')
        return strncmp(pattern, name, length - 1) == 0;
    return strcmp(pattern, name) == 0;
}

ULONG vf_export_kind(struct vf_export_kinds *kinds, const struct nt_export *export)
{
    ULONG64 index = (ULONG64)(export - &nt_export_first);
    const struct vf_export_name *row = kinds->names;

    if (index < VF_EXPORT_LIMIT && kinds->known[index])
        return kinds->known[index];
    while (!fits(row->name, export->name))
        row++;
    if (index < VF_EXPORT_LIMIT)
        kinds->known[index] = row->kind;
    return row->kind;
}
