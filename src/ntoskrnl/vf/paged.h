/*
 * Pageable memory of drivers, which is sections of images and blocks of paged pool: while the
 * verifier is on it is taken away when a driver raises the IRQL to DISPATCH_LEVEL, as if it had
 * been paged out, so that touching it there is seen.
 *
 *   accessible ◀── a fault; vf_paged_open ──┐
 *        └── vf_paged_raised ──▶ trimmed ───┘
 *
 * It stays trimmed when the IRQL falls, and comes back piece by piece with the faults of who
 * touches it: a driver that raises the IRQL often pays for what it touches in between only.
 * Executable sections lose no more than their execute permission. The page tables always say that
 * the memory is there. The host has no faults, so what it is given pointers into is opened before.
 *
 * Touching memory whose pages an MDL has locked is right at any IRQL.
 */
#ifndef RINGSIDE_VF_PAGED_H
#define RINGSIDE_VF_PAGED_H

#include "vf/vf.h"

/* A piece of pageable memory, on pages of its own. */
struct vf_paged {
    LIST_ENTRY link; /* among those that the next vf_paged_raised trims; else by itself */
    ULONG64 address, pages;
    ULONG protection; /* MACHINE_…, while it is accessible */
    LONG locks;       /* > 0: it is left alone */
    BOOLEAN trimmed;
};

/* It is pageable from now on, and accessible; its address, pages and protection are set. */
void vf_paged_watch(struct vf_paged *memory);
/* It is so no more, and accessible. */
void vf_paged_forget(struct vf_paged *memory);

/* A pageable section comes; up to 15 bytes of `name` are kept. */
void vf_paged_add(ULONG64 address, ULONG64 pages, ULONG protection, const char *name);
/* All sections in there go, and their memory with them. */
void vf_paged_remove(ULONG64 address, ULONG64 bytes);
/* The sections at these addresses are locked into memory (+1), or are not any more (-1). */
void vf_paged_lock(ULONG64 address, ULONG64 bytes, LONG change);

/* "pageable PAGEDATA", or "a block of …", with the place that allocated it, else NULL. */
struct vf_paged_text {
    char text[96];
    const struct vf_place *allocated;
};
/* What is the memory around an address? It is left alone from now on. FALSE = not pageable. */
BOOLEAN vf_paged_exempt(ULONG64 address, struct vf_paged_text *what);

/* The driver is at DISPATCH_LEVEL or above now. Cheap when nothing was touched since last time. */
void vf_paged_raised(void);
/* Make memory accessible that the host is going to read or write. */
void vf_paged_open(const void *memory, SIZE_T bytes);
/* A trap: TRUE = it was an access of kernel mode to a trimmed page, and may be tried again. */
BOOLEAN vf_paged_trap(const struct machine_trap *trap);
extern UCHAR vf_paged_any; /* 1 = there was pageable memory: vf_paged_trap must be asked */

#endif
