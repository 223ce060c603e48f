/*
 * Views of sections in user space.
 *
 *   data, physical memory  the segment's own frames: all views see the same bytes
 *   copy-on-write          a copy, made when the view is mapped
 *   image                  a relocated copy (user_image.c)
 */
#include "mm/mm_internal.h"
#include "ob/ob.h"

#define VIEW_TAG MM_POOL_TAG('M', 'm', 'V', 'w')
#define KNOWN_TYPES (MEM_TOP_DOWN | MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES | MEM_DOS_LIM)
#define COPY_ON_WRITE (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)

/* What the caller asks for, and gets. */
struct view {
    ULONG64 base;   /* 0 = anywhere */
    ULONG64 offset; /* bytes into the section */
    ULONG64 bytes;  /* 0 = to its end */
    ULONG type;
    ULONG protection;
};

NTSTATUS NTAPI NtMapViewOfSection(HANDLE handle, HANDLE process, PVOID *base, ULONG_PTR zero_bits,
                                  SIZE_T commit, PLARGE_INTEGER offset, PSIZE_T size,
                                  SECTION_INHERIT inherit, ULONG type, ULONG protection);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE process, PVOID base);
NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE process, PVOID base, ULONG flags);
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE handle, PVOID *base, PSIZE_T size,
                                    PIO_STATUS_BLOCK iosb);
NTSTATUS NTAPI MmMapViewOfSection(PVOID object, PEPROCESS process, PVOID *base, ULONG_PTR zero_bits,
                                  SIZE_T commit, PLARGE_INTEGER offset, PSIZE_T size,
                                  SECTION_INHERIT inherit, ULONG type, ULONG protection);
NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS process, PVOID base);

static NTSTATUS check_view(const struct mm_section *section, struct view *view)
{
    if (view->base >= MM_USER_PROBE)
        return STATUS_INVALID_PARAMETER_3;
    if (view->bytes > MM_USER_PROBE - view->base)
        return STATUS_INVALID_PARAMETER_3;
    if (mm_section_access(view->protection) & ~mm_section_access(section->protection) &&
        !(section->attributes & SEC_IMAGE))
        return STATUS_SECTION_PROTECTION;
    if (section->attributes & SEC_IMAGE)
        return STATUS_SUCCESS;
    if (view->base % MM_ALLOCATION_UNIT ||
        view->offset % (section->segment->physical ? PAGE_SIZE : MM_ALLOCATION_UNIT))
        return STATUS_MAPPED_ALIGNMENT;
    if (view->offset >= section->bytes)
        return STATUS_INVALID_VIEW_SIZE;
    if (view->bytes == 0)
        view->bytes = section->bytes - view->offset;
    if (view->bytes > section->bytes - view->offset)
        return STATUS_INVALID_VIEW_SIZE;
    view->bytes = (view->bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1ull);
    return STATUS_SUCCESS;
}

static NTSTATUS show_physical(struct mm_region *region, ULONG64 first, ULONG protection)
{
    ULONG64 *frames =
        ExAllocatePoolWithTag(NonPagedPool, region->pages * sizeof(*frames), VIEW_TAG);
    NTSTATUS status = STATUS_SUCCESS;

    if (!frames)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG64 i = 0; i < region->pages && NT_SUCCESS(status); i++) {
        frames[i] = mm_frame_of_physical(first + i);
        if (frames[i] == MM_NO_FRAME)
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(status))
        status = mm_region_show(region, frames, region->pages, protection);
    ExFreePoolWithTag(frames, VIEW_TAG);
    return status;
}

/* The copy is made at once: nothing here waits for the first write. */
static NTSTATUS show_copy(struct mm_region *region, const ULONG64 *frames, ULONG protection)
{
    NTSTATUS status = mm_region_commit(region, 0, (ULONG)region->pages, protection);

    if (!NT_SUCCESS(status))
        return status;
    for (ULONG64 i = 0; i < region->pages; i++)
        RtlCopyMemory(mm_direct(mm_frame_behind(region->start + i * PAGE_SIZE)),
                      mm_direct(frames[i]), PAGE_SIZE);
    return STATUS_SUCCESS;
}

static NTSTATUS show(struct mm_region *region, const struct mm_segment *segment, ULONG64 first,
                     ULONG protection)
{
    if (segment->physical)
        return show_physical(region, first, protection);
    if (protection & COPY_ON_WRITE)
        return show_copy(region, segment->frames + first, protection);
    return mm_region_show(region, segment->frames + first, region->pages, protection);
}

static NTSTATUS map_data(PEPROCESS process, struct mm_segment *segment, struct view *view)
{
    struct mm_space *space = mm_space_of(process);
    struct mm_region *region;
    NTSTATUS status;

    if (!space)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (view->bytes > space->end - space->start ||
        (segment->physical && view->bytes > mm.frame_count * PAGE_SIZE))
        return STATUS_NO_MEMORY;
    if (!view->base)
        view->base = mm_space_choose(space, view->bytes, (view->type & MEM_TOP_DOWN) != 0);
    if (!view->base)
        return STATUS_NO_MEMORY;
    status = mm_region_create(space, view->base, view->bytes / PAGE_SIZE, MEM_MAPPED,
                              view->protection, &region);
    if (!NT_SUCCESS(status))
        return status;
    status = show(region, segment, view->offset / PAGE_SIZE, view->protection);
    if (!NT_SUCCESS(status)) {
        mm_region_delete(region);
        return status;
    }
    segment->references++;
    region->segment = segment;
    region->first_page = view->offset / PAGE_SIZE;
    return STATUS_SUCCESS;
}

static NTSTATUS map_image(PEPROCESS process, struct mm_segment *segment, struct view *view)
{
    struct mm_region *region;
    NTSTATUS status = mm_map_image_segment(process, segment, view->base, &region);

    if (!NT_SUCCESS(status))
        return status;
    view->base = region->start;
    view->bytes = region->pages * PAGE_SIZE;
    view->offset = 0;
    ps_announce_image(process, &segment->path, view->base, view->bytes);
    return status;
}

static NTSTATUS map_view(struct mm_section *section, PEPROCESS process, struct view *view)
{
    NTSTATUS status = check_view(section, view);

    if (!NT_SUCCESS(status))
        return status;
    if (section->attributes & SEC_IMAGE)
        return map_image(process, section->segment, view);
    return map_data(process, section->segment, view);
}

static NTSTATUS capture_view(PVOID *base, PLARGE_INTEGER offset, PSIZE_T size, struct view *view)
{
    __try {
        if (ke_previous_mode() == UserMode) {
            ProbeForWrite(base, sizeof(*base), sizeof(*base));
            ProbeForWrite(size, sizeof(*size), sizeof(*size));
            if (offset)
                ProbeForWrite(offset, sizeof(*offset), sizeof(ULONG));
        }
        view->base = (ULONG64)*base;
        view->bytes = *size;
        view->offset = offset ? (ULONG64)offset->QuadPart : 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void return_view(PVOID *base, PLARGE_INTEGER offset, PSIZE_T size, const struct view *view)
{
    __try {
        *base = (PVOID)view->base;
        *size = view->bytes;
        if (offset)
            offset->QuadPart = (LONGLONG)view->offset;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return;
    }
}

static NTSTATUS check_arguments(ULONG_PTR zero_bits, ULONG inherit, ULONG type, ULONG protection)
{
    if (zero_bits > 21 && zero_bits < 32)
        return STATUS_INVALID_PARAMETER_4;
    if (inherit != ViewShare && inherit != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (type & ~(ULONG)KNOWN_TYPES)
        return STATUS_INVALID_PARAMETER_9;
    return mm_is_page_protection(protection) ? STATUS_SUCCESS : STATUS_INVALID_PAGE_PROTECTION;
}

/*
 * Map a view of a section into a process.
 * @param base       in: where (a multiple of 64 KiB), 0 = anywhere; out: where
 * @param zero_bits  only checked
 * @param commit     not looked at: views are committed
 * @param offset     bytes into the section, a multiple of 64 KiB; NULL = 0
 * @param size       in: bytes, 0 = to the end; out: rounded up to pages
 * @param inherit    ViewShare or ViewUnmap
 * IRQL: PASSIVE_LEVEL. Returns STATUS_IMAGE_NOT_AT_BASE (a success) for an image that had to be
 * moved, STATUS_CONFLICTING_ADDRESSES, STATUS_MAPPED_ALIGNMENT, STATUS_INVALID_VIEW_SIZE,
 * STATUS_SECTION_PROTECTION, STATUS_INVALID_PAGE_PROTECTION, STATUS_INVALID_PARAMETER_3 … 9.
 * Differs from NT: a moved image is relocated already, and its header says so; views are not
 * inherited by new processes; \Device\PhysicalMemory beyond RAM shows simulated memory.
 * Source: Windows driver documentation, ZwMapViewOfSection.
 */
NTSTATUS NTAPI NtMapViewOfSection(HANDLE handle, HANDLE process, PVOID *base, ULONG_PTR zero_bits,
                                  SIZE_T commit, PLARGE_INTEGER offset, PSIZE_T size,
                                  SECTION_INHERIT inherit, ULONG type, ULONG protection)
{
    struct view view = {.type = type, .protection = protection};
    struct mm_section *section;
    struct mm_target target;
    NTSTATUS status = check_arguments(zero_bits, inherit, type, protection);

    (void)commit;
    if (NT_SUCCESS(status))
        status = capture_view(base, offset, size, &view);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, mm_section_access(protection), mm_section_type,
                                       ke_previous_mode(), (PVOID *)&section, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = mm_target_open(process, PROCESS_VM_OPERATION, &target);
    if (NT_SUCCESS(status)) {
        status = map_view(section, target.process, &view);
        mm_target_close(&target);
    }
    ObDereferenceObject(section);
    if (NT_SUCCESS(status))
        return_view(base, offset, size, &view);
    return status;
}
NT_SERVICE(MapViewOfSection, 10, PASSIVE_LEVEL, "hhpqqppuuu");

/* The same for a pointer to a section. Source: MmMapViewOfSection, undocumented but exported. */
NTSTATUS NTAPI MmMapViewOfSection(PVOID object, PEPROCESS process, PVOID *base, ULONG_PTR zero_bits,
                                  SIZE_T commit, PLARGE_INTEGER offset, PSIZE_T size,
                                  SECTION_INHERIT inherit, ULONG type, ULONG protection)
{
    struct view view = {.base = (ULONG64)*base,
                        .offset = offset ? (ULONG64)offset->QuadPart : 0,
                        .bytes = *size,
                        .type = type,
                        .protection = protection};
    NTSTATUS status = check_arguments(zero_bits, inherit, type, protection);

    (void)commit;
    if (NT_SUCCESS(status))
        status = map_view(object, process, &view);
    if (!NT_SUCCESS(status))
        return status;
    *base = (PVOID)view.base;
    *size = view.bytes;
    return status;
}
NT_EXPORT(MmMapViewOfSection, PASSIVE_LEVEL, "pppqqppuuu");

/* Write back what a view may have changed; waiting is done before anything is taken apart. */
static void flush_view(struct mm_segment *segment, ULONG64 first, ULONG64 pages)
{
    segment->references++;
    mm_segment_flush(segment, first, first + pages);
    mm_segment_release(segment);
}

static struct mm_region *view_at(struct mm_space *space, ULONG64 address)
{
    struct mm_region *region = space ? mm_region_of(space, address) : NULL;

    return region && (region->type == MEM_MAPPED || region->type == MEM_IMAGE) ? region : NULL;
}

/* Source: MmUnmapViewOfSection, undocumented but exported. */
NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS process, PVOID base)
{
    struct mm_space *space = process->AddressSpace;
    struct mm_region *region = view_at(space, (ULONG64)base);

    if (!region)
        return STATUS_NOT_MAPPED_VIEW;
    if (region->secured)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (region->segment && region->flags & MM_REGION_BORROWED) {
        flush_view(region->segment, region->first_page, region->pages);
        region = view_at(space, (ULONG64)base);
        if (!region)
            return STATUS_NOT_MAPPED_VIEW;
    }
    mm_region_delete(region);
    return STATUS_SUCCESS;
}
NT_EXPORT(MmUnmapViewOfSection, PASSIVE_LEVEL, "pp");

/*
 * Unmap the view that an address lies in.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_NOT_MAPPED_VIEW.
 * Source: Windows driver documentation, ZwUnmapViewOfSection.
 */
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE process, PVOID base)
{
    struct mm_target target;
    NTSTATUS status;

    if ((ULONG64)base >= MM_USER_PROBE)
        return STATUS_NOT_MAPPED_VIEW;
    status = mm_target_open(process, PROCESS_VM_OPERATION, &target);
    if (!NT_SUCCESS(status))
        return status;
    status = MmUnmapViewOfSection(target.process, base);
    mm_target_close(&target);
    return status;
}
NT_SERVICE(UnmapViewOfSection, 2, PASSIVE_LEVEL, "hp");

/* @param flags  MEM_UNMAP_WITH_TRANSIENT_BOOST (1) has no effect; others are not supported. */
NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE process, PVOID base, ULONG flags)
{
    if (flags & ~1u)
        NOT_IMPLEMENTED("MEM_PRESERVE_PLACEHOLDER");
    return NtUnmapViewOfSection(process, base);
}
NT_SERVICE(UnmapViewOfSectionEx, 3, PASSIVE_LEVEL, "hpu");

static NTSTATUS flush_range(struct mm_space *space, struct mm_range *range)
{
    struct mm_region *region;
    ULONG64 page, pages;

    mm_range_round(range, PAGE_SIZE);
    region = view_at(space, range->base);
    if (!region || region->type != MEM_MAPPED)
        return STATUS_NOT_MAPPED_VIEW;
    page = (range->base - region->start) / PAGE_SIZE;
    pages = range->size ? range->size / PAGE_SIZE : region->pages - page;
    if (pages > region->pages - page)
        return STATUS_INVALID_PARAMETER_3;
    range->size = pages * PAGE_SIZE;
    if (region->flags & MM_REGION_BORROWED)
        flush_view(region->segment, region->first_page + page, pages);
    return STATUS_SUCCESS;
}

static void return_iosb(PIO_STATUS_BLOCK iosb, NTSTATUS status)
{
    __try {
        iosb->Status = status;
        iosb->Information = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return;
    }
}

/*
 * Write the changed pages of a view of a data file back to it.
 * @param size  bytes; 0 = to the end of the view
 * IRQL: PASSIVE_LEVEL. Returns STATUS_NOT_MAPPED_VIEW, STATUS_INVALID_PARAMETER_3.
 * Source: Windows driver documentation, ZwFlushVirtualMemory.
 */
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE handle, PVOID *base, PSIZE_T size, PIO_STATUS_BLOCK iosb)
{
    struct mm_target target;
    struct mm_range range;
    NTSTATUS status = mm_range_capture(base, size, &range);

    if (NT_SUCCESS(status))
        status = mm_target_open(handle, PROCESS_VM_OPERATION, &target);
    if (!NT_SUCCESS(status))
        return status;
    status = flush_range(target.space, &range);
    mm_target_close(&target);
    if (ke_previous_mode() == UserMode && (ULONG64)iosb >= MM_USER_PROBE)
        return STATUS_ACCESS_VIOLATION;
    return_iosb(iosb, status);
    return NT_SUCCESS(status) ? mm_range_return(base, size, &range) : status;
}
NT_SERVICE(FlushVirtualMemory, 4, PASSIVE_LEVEL, "hppp");
