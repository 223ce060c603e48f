/*
 * Pageable parts of drivers. Nothing is ever paged out here, so locking a section only keeps the
 * verifier from taking it away (vf/paged.h); what the routines check and return is as on NT.
 */
#include "mm/mm_internal.h"
#include "vf/paged.h"

static struct mm_image *image_at(PVOID address)
{
    struct mm_image *image = mm_image_of((ULONG64)address);

    if (!image) /* on NT the look-up of the section fails in the same way */
        ke_bugcheck(PAGE_FAULT_IN_NONPAGED_AREA, (ULONG_PTR)address, 0, 0, 0);
    return image;
}

void mm_watch_pageable(const struct mm_image *image)
{
    struct pe_section section;

    if (!vf_on || image->view.headers.section_alignment < PAGE_SIZE)
        return;
    for (unsigned i = 0; pe_view_section_at(&image->view, i, &section); i++)
        if (section.virtual_size && strncmp(section.name, "PAGE", 4) == 0)
            vf_paged_add(
                image->base + section.rva, (section.virtual_size + PAGE_SIZE - 1ull) / PAGE_SIZE,
                mm_image_protection(pe_section_protection(section.characteristics)), section.name);
}

/*
 * Lock the section of a driver's image that holds an address.
 * IRQL: <= APC_LEVEL. Returns a handle for MmUnlockPagableImageSection: the section's address.
 * Differs from NT: the section was resident before. Source: Windows driver documentation,
 * MmLockPagableDataSection.
 */
PVOID NTAPI MmLockPagableDataSection(PVOID address)
{
    const struct mm_image *image = image_at(address);
    ULONG64 handle = image->base;
    struct pe_section section;

    for (unsigned i = 0; pe_view_section_at(&image->view, i, &section); i++)
        if ((ULONG64)address - image->base - section.rva < section.virtual_size)
            handle = image->base + section.rva;
    VF(paged_lock(handle, 1, 1));
    return (PVOID)handle;
}
NT_EXPORT(MmLockPagableDataSection, APC_LEVEL, "p");

/* @param handle  of MmLockPagableDataSection. IRQL: <= APC_LEVEL. */
VOID NTAPI MmLockPagableSectionByHandle(PVOID handle)
{
    image_at(handle);
    VF(paged_lock((ULONG64)handle, 1, 1));
}
NT_EXPORT(MmLockPagableSectionByHandle, APC_LEVEL, "p");

/* Source: Windows driver documentation, MmUnlockPagableImageSection. */
VOID NTAPI MmUnlockPagableImageSection(PVOID handle)
{
    image_at(handle);
    VF(paged_lock((ULONG64)handle, 1, -1));
}
NT_EXPORT(MmUnlockPagableImageSection, APC_LEVEL, "p");

/*
 * Make all of a driver pageable. IRQL: <= APC_LEVEL. Returns the base of the driver's image.
 * Source: Windows driver documentation, MmPageEntireDriver.
 */
PVOID NTAPI MmPageEntireDriver(PVOID address)
{
    return (PVOID)image_at(address)->base;
}
NT_EXPORT(MmPageEntireDriver, APC_LEVEL, "p");

/* Undo MmPageEntireDriver. Source: Windows driver documentation, MmResetDriverPaging. */
VOID NTAPI MmResetDriverPaging(PVOID address)
{
    const struct mm_image *image = image_at(address);

    VF(paged_lock(image->base, image->size, 1));
}
NT_EXPORT(MmResetDriverPaging, APC_LEVEL, "p");
