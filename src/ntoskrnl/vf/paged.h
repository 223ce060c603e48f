/*
 * Pageable memory of drivers: while the verifier is on it is taken away when a driver raises the
 * IRQL to DISPATCH_LEVEL, as if it had been paged out, so that touching it there is seen.
 *
 *   accessible ◀── a fault below DISPATCH_LEVEL, vf_paged_lowered, a finding ──┐
 *        └── vf_paged_raised ──▶ trimmed ─────────────────────────────────────┘
 *
 * Executable ranges lose only their execute permission and get it back by the next fault; others
 * become inaccessible and accessible again when the IRQL falls, because the host, too, may be given
 * pointers into them then. The page tables always say that the memory is there.
 */
#ifndef RINGSIDE_VF_PAGED_H
#define RINGSIDE_VF_PAGED_H

#include "vf/vf.h"

/* A pageable range comes, whole pages; up to 15 bytes of `name` are kept. `protection`: MACHINE_….
 */
void vf_paged_add(ULONG64 address, ULONG64 pages, ULONG protection, const char *name);
/* All ranges in there go; what their protection was before does not matter any more. */
void vf_paged_remove(ULONG64 address, ULONG64 bytes);
/* The ranges at these addresses are locked into memory (+1), or are not any more (-1). */
void vf_paged_lock(ULONG64 address, ULONG64 bytes, LONG change);

/*
 * The name of the pageable range around an address, which is left alone from now on; NULL = it is
 * in none.
 */
const char *vf_paged_exempt(ULONG64 address);

/* The driver is at DISPATCH_LEVEL or above now; it is below again. Cheap when nothing changes. */
void vf_paged_raised(void);
void vf_paged_lowered(void);
/* Did vf_paged_raised come last? */
BOOLEAN vf_paged_is_raised(void);
/* A fault in kernel mode: TRUE = it was a trimmed page, and the access may be tried again. */
BOOLEAN vf_paged_fault(const struct machine_trap *trap);

#endif
