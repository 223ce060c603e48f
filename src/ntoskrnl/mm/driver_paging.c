/*
 * Pageable parts of drivers. Nothing is ever paged out here, so locking a section has no effect;
 * what the routines check and return is as on NT.
 */
#include "mm/mm_internal.h"

static struct mm_image *image_at(PVOID address)
{
    struct mm_image *image = mm_image_of((ULONG64)address);

    if (!image) /* on NT the look-up of the section fails in the same way */
        ke_bugcheck(PAGE_FAULT_IN_NONPAGED_AREA, (ULONG_PTR)address, 0, 0, 0);
    return image;
}

BOOLEAN mm_pageable_section(ULONG64 address, char *name, SIZE_T size)
{
    const struct mm_image *image = mm_image_of(address);
    struct pe_section section;

    for (unsigned i = 0; image && pe_view_section_at(&image->view, i, &section); i++)
        if (address - image->base - section.rva < section.virtual_size &&
            strncmp(section.name, "PAGE", 4) == 0) {
            strncpy(name, section.name, size - 1);
            name[size - 1] = 0;
            return TRUE;
        }
    return FALSE;
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
    struct pe_section section;

    for (unsigned i = 0; pe_view_section_at(&image->view, i, &section); i++)
        if ((ULONG64)address - image->base - section.rva < section.virtual_size)
            return (PVOID)(image->base + section.rva);
    return (PVOID)image->base;
}
NT_EXPORT(MmLockPagableDataSection, APC_LEVEL, "p");

/* @param handle  of MmLockPagableDataSection. IRQL: <= APC_LEVEL. */
VOID NTAPI MmLockPagableSectionByHandle(PVOID handle)
{
    image_at(handle);
}
NT_EXPORT(MmLockPagableSectionByHandle, APC_LEVEL, "p");

/* Source: Windows driver documentation, MmUnlockPagableImageSection. */
VOID NTAPI MmUnlockPagableImageSection(PVOID handle)
{
    image_at(handle);
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
    image_at(address);
}
NT_EXPORT(MmResetDriverPaging, APC_LEVEL, "p");
