/*
 * Executable images in user space.
 *
 * Every mapping is a copy of its own: laid out in new frames, relocated there, and then mapped
 * section by section with the protections that the headers ask for. Writable sections are
 * PAGE_WRITECOPY on NT until they are written; here they are PAGE_READWRITE from the start.
 */
#include "mm/mm_internal.h"
#include "kd/kd.h"
#include "kd/trace.h"

/* The image in frames that follow each other, so that it can be worked on as one piece. */
struct layout {
    struct pe_view view;
    ULONG64 frame;
    ULONG64 pages;
};

static NTSTATUS lay_out(const struct pe_image *image, struct layout *layout)
{
    struct pe_error error;

    layout->pages = (image->headers.size_of_image + PAGE_SIZE - 1ull) / PAGE_SIZE;
    layout->frame = mm_allocate_frames(layout->pages);
    if (layout->frame == MM_NO_FRAME)
        return STATUS_COMMITMENT_LIMIT;
    pe_layout(image, mm_direct(layout->frame));
    if (pe_view_open(&layout->view, mm_direct(layout->frame), layout->pages * PAGE_SIZE, &error))
        return STATUS_SUCCESS;
    mm_free_frames(layout->frame, layout->pages);
    return STATUS_INVALID_IMAGE_FORMAT;
}

/* Where the image goes: as wanted, else where it was linked for, else anywhere. */
static NTSTATUS reserve(struct mm_space *space, const struct layout *layout, ULONG64 wanted,
                        struct mm_region **region)
{
    ULONG64 start = wanted ? wanted : layout->view.headers.image_base;
    NTSTATUS status = STATUS_CONFLICTING_ADDRESSES;

    if (start % MM_ALLOCATION_UNIT == 0)
        status = mm_region_create(space, start, layout->pages, MEM_IMAGE, PAGE_EXECUTE_WRITECOPY,
                                  region);
    if (NT_SUCCESS(status) || wanted)
        return status;
    if (!pe_can_relocate(&layout->view))
        return STATUS_CONFLICTING_ADDRESSES;
    start = mm_space_choose(space, layout->pages * PAGE_SIZE, FALSE);
    if (!start)
        return STATUS_NO_MEMORY;
    return mm_region_create(space, start, layout->pages, MEM_IMAGE, PAGE_EXECUTE_WRITECOPY, region);
}

static NTSTATUS protect_section(struct mm_region *region, const struct pe_section *section)
{
    ULONG access = mm_image_protection(pe_section_protection(section->characteristics));
    ULONG first = section->rva / PAGE_SIZE;
    ULONG64 end = ((ULONG64)section->rva + section->virtual_size + PAGE_SIZE - 1) / PAGE_SIZE;

    if (section->virtual_size == 0)
        return STATUS_SUCCESS;
    return mm_region_protect(region, first, (ULONG)end - first, mm_page_protection(access));
}

/* Sections that share pages cannot be told apart: such an image is writable as a whole. */
static NTSTATUS protect_sections(struct mm_region *region, const struct pe_view *view)
{
    struct pe_section section;
    NTSTATUS status;

    if (view->headers.section_alignment < PAGE_SIZE)
        return mm_region_protect(region, 0, (ULONG)region->pages, PAGE_EXECUTE_READWRITE);
    status = mm_region_protect(region, 0, (ULONG)region->pages, PAGE_READONLY);
    for (unsigned i = 0; NT_SUCCESS(status) && pe_view_section_at(view, i, &section); i++)
        status = protect_section(region, &section);
    return status;
}

static NTSTATUS place(struct mm_space *space, struct layout *layout, ULONG64 wanted,
                      struct mm_region **region)
{
    struct pe_error error;
    NTSTATUS status = reserve(space, layout, wanted, region);

    if (!NT_SUCCESS(status))
        return status;
    if (pe_relocate(&layout->view, (*region)->start, &error))
        status = mm_region_adopt(*region, layout->frame, PAGE_READONLY);
    else
        status = STATUS_CONFLICTING_ADDRESSES;
    if (!NT_SUCCESS(status))
        mm_region_delete(*region);
    return status;
}

static const char *base_name(const char *path)
{
    const char *name = path;

    for (; *path; path++)
        if (*path == '\\' || *path == '/')
            name = path + 1;
    return name;
}

static void tell(PEPROCESS process, const struct mm_region *region,
                 const struct pe_headers *headers, void (*visit)(const struct machine_image *info))
{
    const struct mm_segment *segment = region->segment;
    struct machine_image info = {.base = region->start,
                                 .size = region->pages * PAGE_SIZE,
                                 .file = segment->image,
                                 .file_size = segment->image_size,
                                 .timestamp = headers->timestamp,
                                 .checksum = headers->checksum,
                                 .user_mode = 1,
                                 .process = (ULONG)(ULONG_PTR)process->UniqueProcessId};
    char path[520];

    kd_to_utf8(&segment->path, path, sizeof(path));
    info.path = path;
    info.name = base_name(path);
    visit(&info);
}

static void announce(PEPROCESS process, struct mm_region *region, const struct pe_headers *headers)
{
    tell(process, region, headers, mm_announce_image);
    region->flags |= MM_REGION_ANNOUNCED;
}

void mm_visit_user_images(PEPROCESS process, void (*visit)(const struct machine_image *info))
{
    struct mm_space *space = mm_space_of(process);
    struct pe_image image;

    if (!space)
        return;
    for (LIST_ENTRY *link = space->regions.Flink; link != &space->regions; link = link->Flink) {
        const struct mm_region *region = CONTAINING_RECORD(link, struct mm_region, link);

        if (region->flags & MM_REGION_ANNOUNCED &&
            pe_open(&image, region->segment->image, region->segment->image_size, NULL))
            tell(process, region, &image.headers, visit);
    }
}

NTSTATUS mm_map_image_segment(PEPROCESS process, struct mm_segment *segment, ULONG64 wanted,
                              struct mm_region **mapped)
{
    struct mm_space *space = mm_space_of(process);
    struct pe_image image;
    struct layout layout;
    struct mm_region *region;
    NTSTATUS status;

    if (!space)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!pe_open(&image, segment->image, segment->image_size, NULL))
        return STATUS_INVALID_IMAGE_FORMAT;
    status = lay_out(&image, &layout);
    if (!NT_SUCCESS(status))
        return status;
    status = place(space, &layout, wanted, &region);
    if (!NT_SUCCESS(status)) {
        mm_free_frames(layout.frame, layout.pages);
        return status;
    }
    status = protect_sections(region, &layout.view);
    if (!NT_SUCCESS(status)) {
        mm_region_delete(region);
        return status;
    }
    segment->references++;
    region->segment = segment;
    announce(process, region, &image.headers);
    *mapped = region;
    return region->start == image.headers.image_base ? STATUS_SUCCESS : STATUS_IMAGE_NOT_AT_BASE;
}

NTSTATUS mm_map_user_image(PEPROCESS process, PCUNICODE_STRING path, const void *file,
                           ULONG64 file_size, ULONG64 *base, ULONG64 *size)
{
    struct mm_segment *segment;
    struct mm_region *region;
    NTSTATUS status = mm_segment_create_image(path, file, file_size, &segment);

    if (!NT_SUCCESS(status))
        return status;
    status = mm_map_image_segment(process, segment, *base, &region);
    if (NT_SUCCESS(status)) {
        *base = region->start;
        *size = region->pages * PAGE_SIZE;
    } else {
        segment->image = NULL; /* still the caller's */
    }
    mm_segment_release(segment);
    return status;
}
