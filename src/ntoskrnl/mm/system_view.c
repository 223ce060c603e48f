/*
 * Views of sections in system space: the same frames at a kernel address, in every process.
 */
#include "mm/mm_internal.h"

#define VIEW_TAG MM_POOL_TAG('M', 'm', 'S', 'v')

static NTSTATUS show(const struct mm_section *section, struct mm_system_view *view)
{
    ULONG protection = mm_machine_protection(section->protection) & ~(ULONG)MACHINE_EXECUTE;

    if (!section->segment->frames) /* images and physical memory have no frames of their own */
        return STATUS_INVALID_PARAMETER;
    view->address = mm_map_system(section->segment->frames, view->pages, protection);
    return view->address ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/*
 * Map a section into system space.
 * @param object  the section
 * @param base    receives the address
 * @param size    in: bytes, 0 = all; out: rounded up to pages
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INVALID_VIEW_SIZE, STATUS_NO_MEMORY,
 * STATUS_INVALID_PARAMETER for an image section.
 * Source: Windows driver documentation, MmMapViewInSystemSpace.
 */
NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID object, PVOID *base, PSIZE_T size)
{
    struct mm_section *section = object;
    ULONG64 bytes = *size ? *size : section->bytes;
    struct mm_system_view *view;
    NTSTATUS status;

    if (bytes > section->bytes)
        return STATUS_INVALID_VIEW_SIZE;
    view = ExAllocatePoolWithTag(NonPagedPool, sizeof(*view), VIEW_TAG);
    if (!view)
        return STATUS_INSUFFICIENT_RESOURCES;
    view->pages = BYTES_TO_PAGES(bytes);
    status = show(section, view);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(view, VIEW_TAG);
        return status;
    }
    section->segment->references++;
    view->segment = section->segment;
    view->next = mm.system_views;
    mm.system_views = view;
    *base = (PVOID)view->address;
    *size = view->pages * PAGE_SIZE;
    return STATUS_SUCCESS;
}
NT_EXPORT(MmMapViewInSystemSpace, PASSIVE_LEVEL, "ppp");

/*
 * Undo MmMapViewInSystemSpace. IRQL: PASSIVE_LEVEL. Returns STATUS_NOT_MAPPED_VIEW.
 * Source: Windows driver documentation, MmUnmapViewInSystemSpace.
 */
NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID base)
{
    struct mm_system_view **link = &mm.system_views;
    struct mm_system_view *view;

    while (*link && (*link)->address != (ULONG64)base)
        link = &(*link)->next;
    view = *link;
    if (!view)
        return STATUS_NOT_MAPPED_VIEW;
    *link = view->next;
    mm_unmap_system(view->address, view->pages);
    mm_segment_release(view->segment);
    ExFreePoolWithTag(view, VIEW_TAG);
    return STATUS_SUCCESS;
}
NT_EXPORT(MmUnmapViewInSystemSpace, PASSIVE_LEVEL, "p");
