/*
 * Which exports a rule is about: names are compared once for each export, then it is a look-up.
 */
#ifndef RINGSIDE_VF_EXPORT_KIND_H
#define RINGSIDE_VF_EXPORT_KIND_H

#include "vf/vf.h"

#define VF_EXPORT_LIMIT 4096 /* exports; those behind are compared at each call */
#define VF_EXPORT_KINDS 1    /* kinds are numbered from here up to 255 */

/* A name, or a beginning with '*' at its end. The first that fits counts; the last is "*". */
struct vf_export_name {
    const char *name;
    UCHAR kind;
};

struct vf_export_kinds {
    const struct vf_export_name *names;
    UCHAR known[VF_EXPORT_LIMIT];
};

ULONG vf_export_kind(struct vf_export_kinds *kinds, const struct nt_export *export);

#endif
