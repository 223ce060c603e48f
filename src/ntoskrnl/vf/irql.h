/*
 * Rules of IRQL: what their files share.
 */
#ifndef RINGSIDE_VF_IRQL_H
#define RINGSIDE_VF_IRQL_H

#include "vf/vf.h"

/* The highest IRQL at which a call with these arguments may be made. IRQL: any. */
KIRQL vf_irql_limit(const struct nt_export *export, const ULONG64 *arguments);

/* A routine is called that expects DISPATCH_LEVEL or above. */
void vf_irql_check_dispatch(const char *routine);

#endif
