/*
 * Segments: the memory that sections show. A segment lives as long as a section object, a view or
 * an image in user space refers to it; all sections of one file share one segment.
 *
 *   paging-file memory   zeroed frames
 *   data file            frames with the file's content, written back by flush and at the end
 *   image file           its raw bytes; every view is a copy (user_image.c)
 *   physical memory      no frames of its own
 */
#include "mm/mm_internal.h"
#include "kd/kd.h"

#define SEGMENT_TAG MM_POOL_TAG('M', 'm', 'C', 'a')
#define TRANSFER_LIMIT (1u << 20) /* bytes per read or write request */

static NTSTATUS allocate_segment(PCUNICODE_STRING path, struct mm_segment **created)
{
    USHORT length = path ? path->Length : 0;
    struct mm_segment *segment =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*segment) + length, SEGMENT_TAG);

    if (!segment)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(segment, sizeof(*segment));
    segment->references = 1;
    if (length) {
        segment->path.Buffer = (PWSTR)(segment + 1);
        segment->path.Length = segment->path.MaximumLength = length;
        RtlCopyMemory(segment->path.Buffer, path->Buffer, length);
    }
    *created = segment;
    return STATUS_SUCCESS;
}

static void free_frames(struct mm_segment *segment)
{
    for (ULONG64 i = 0; i < segment->pages;) {
        ULONG64 count = 1;

        while (i + count < segment->pages &&
               segment->frames[i + count] == segment->frames[i] + count)
            count++;
        mm_release_frames(segment->frames[i], count);
        i += count;
    }
    ExFreePoolWithTag(segment->frames, SEGMENT_TAG);
}

/* The file does not know this segment any more: the next section makes a new one. */
static void leave_file(struct mm_segment *segment)
{
    PSECTION_OBJECT_POINTERS pointers = segment->file->SectionObjectPointer;

    mm_segment_flush(segment, 0, segment->pages);
    if (pointers && pointers->DataSectionObject == segment)
        pointers->DataSectionObject = NULL;
    ObDereferenceObject(segment->file);
}

void mm_segment_release(struct mm_segment *segment)
{
    kassert(segment->references > 0);
    if (--segment->references > 0)
        return;
    if (segment->file)
        leave_file(segment);
    if (segment->frames)
        free_frames(segment);
    if (segment->image && segment->image_is_pool)
        ExFreePoolWithTag((PVOID)segment->image, SEGMENT_TAG);
    else if (segment->image)
        ke_machine->image_release(segment->image);
    ExFreePoolWithTag(segment, SEGMENT_TAG);
}

NTSTATUS mm_segment_create_image(PCUNICODE_STRING path, const void *image, ULONG64 size,
                                 struct mm_segment **created)
{
    struct pe_image headers;
    struct mm_segment *segment;
    NTSTATUS status;

    if (size < sizeof(USHORT) || memcmp(image, "MZ", 2) != 0)
        return STATUS_INVALID_IMAGE_NOT_MZ;
    if (!pe_open(&headers, image, size, NULL))
        return STATUS_INVALID_IMAGE_FORMAT;
    status = allocate_segment(path, &segment);
    if (!NT_SUCCESS(status))
        return status;
    segment->image = image;
    segment->image_size = size;
    segment->bytes = headers.headers.size_of_image;
    segment->pages = (segment->bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    *created = segment;
    return STATUS_SUCCESS;
}

/* Frames for the pages from `from` on: one run when memory allows, else piece by piece. */
static BOOLEAN fill_frames(ULONG64 *frames, ULONG64 from, ULONG64 pages)
{
    ULONG64 piece = pages - from, page = from;

    while (page < pages) {
        ULONG64 frame;

        piece = min(piece, pages - page);
        frame = mm_allocate_frames(piece);
        if (frame == MM_NO_FRAME && piece == 1)
            break;
        if (frame == MM_NO_FRAME) {
            piece = (piece + 1) / 2;
            continue;
        }
        for (ULONG64 i = 0; i < piece; i++)
            frames[page++] = frame + i;
    }
    if (page == pages)
        return TRUE;
    while (page > from)
        mm_free_frames(frames[--page], 1);
    return FALSE;
}

NTSTATUS mm_segment_extend(struct mm_segment *segment, ULONG64 bytes)
{
    ULONG64 pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    ULONG64 *frames;

    if (pages > mm.frame_count)
        return STATUS_COMMITMENT_LIMIT;
    frames = ExAllocatePoolWithTag(NonPagedPool, pages * sizeof(*frames), SEGMENT_TAG);
    if (!frames)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (segment->frames)
        RtlCopyMemory(frames, segment->frames, segment->pages * sizeof(*frames));
    if (!fill_frames(frames, segment->pages, pages)) {
        ExFreePoolWithTag(frames, SEGMENT_TAG);
        return STATUS_COMMITMENT_LIMIT;
    }
    if (segment->frames)
        ExFreePoolWithTag(segment->frames, SEGMENT_TAG);
    segment->frames = frames;
    segment->pages = pages;
    segment->bytes = bytes;
    return STATUS_SUCCESS;
}

NTSTATUS mm_segment_create(ULONG64 bytes, PCUNICODE_STRING path, struct mm_segment **created)
{
    NTSTATUS status = allocate_segment(path, created);

    if (!NT_SUCCESS(status))
        return status;
    status = mm_segment_extend(*created, bytes);
    if (!NT_SUCCESS(status))
        mm_segment_release(*created);
    return status;
}

NTSTATUS mm_segment_create_physical(struct mm_segment **created)
{
    NTSTATUS status = allocate_segment(NULL, created);

    if (!NT_SUCCESS(status))
        return status;
    (*created)->physical = TRUE;
    (*created)->bytes = 1ull << 48;
    (*created)->pages = (*created)->bytes / PAGE_SIZE;
    return status;
}

/* One transfer between the file and memory, with a handle of the kernel's own. */
static NTSTATUS transfer(PFILE_OBJECT file, PVOID buffer, ULONG length, ULONG64 offset,
                         BOOLEAN write)
{
    LARGE_INTEGER position = {.QuadPart = (LONGLONG)offset};
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status =
        ObOpenObjectByPointer(file, OBJ_KERNEL_HANDLE, NULL, 0, NULL, KernelMode, &handle);

    if (!NT_SUCCESS(status))
        return status;
    status = write ? ZwWriteFile(handle, NULL, NULL, NULL, &iosb, buffer, length, &position, NULL)
                   : ZwReadFile(handle, NULL, NULL, NULL, &iosb, buffer, length, &position, NULL);
    if (status == STATUS_PENDING) {
        ZwWaitForSingleObject(handle, FALSE, NULL);
        status = iosb.Status;
    }
    ZwClose(handle);
    return status;
}

/* Read or write `bytes` of the file at `offset` from or to memory that is one piece. */
static NTSTATUS transfer_all(PFILE_OBJECT file, PUCHAR buffer, ULONG64 bytes, ULONG64 offset,
                             BOOLEAN write)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG64 done = 0; NT_SUCCESS(status) && done < bytes; done += TRANSFER_LIMIT)
        status = transfer(file, buffer + done, (ULONG)min(bytes - done, TRANSFER_LIMIT),
                          offset + done, write);
    return status == STATUS_END_OF_FILE ? STATUS_SUCCESS : status;
}

/* The same for pages of a segment, run by run. */
static NTSTATUS transfer_pages(struct mm_segment *segment, ULONG64 first, ULONG64 end,
                               ULONG64 file_bytes, BOOLEAN write)
{
    NTSTATUS status = STATUS_SUCCESS;

    while (NT_SUCCESS(status) && first < end && first * PAGE_SIZE < file_bytes) {
        ULONG64 offset = first * PAGE_SIZE;
        ULONG64 count = 1;

        while (first + count < end &&
               segment->frames[first + count] == segment->frames[first] + count)
            count++;
        status = transfer_all(segment->file, mm_direct(segment->frames[first]),
                              min(count * PAGE_SIZE, file_bytes - offset), offset, write);
        first += count;
    }
    return status;
}

NTSTATUS mm_segment_flush(struct mm_segment *segment, ULONG64 first, ULONG64 end)
{
    if (!segment->file || !segment->writable)
        return STATUS_SUCCESS;
    return transfer_pages(segment, first, min(end, segment->pages), segment->bytes, TRUE);
}

BOOLEAN mm_section_copy(const SECTION_OBJECT_POINTERS *pointers, ULONG64 offset, PVOID buffer,
                        ULONG64 length, BOOLEAN write)
{
    const struct mm_segment *segment = pointers->DataSectionObject;
    ULONG64 end = segment ? min(offset + length, segment->bytes) : 0;
    UCHAR *at = buffer;

    __try {
        while (offset < end) {
            ULONG64 within = offset & (PAGE_SIZE - 1);
            ULONG64 piece = min(PAGE_SIZE - within, end - offset);
            UCHAR *page = (UCHAR *)mm_direct(segment->frames[offset / PAGE_SIZE]) + within;

            if (page != at) /* what a flush writes lies there already */
                RtlCopyMemory(write ? page : at, write ? at : page, piece);
            offset += piece;
            at += piece;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

/*
 * The segment of a data file: the one that it has already, or a new one with its content.
 * @param bytes  at least as long as the file; what lies beyond its end is zero
 */
NTSTATUS mm_segment_of_file(PFILE_OBJECT file, ULONG64 bytes, ULONG64 file_bytes,
                            struct mm_segment **found)
{
    PSECTION_OBJECT_POINTERS pointers = file->SectionObjectPointer;
    NTSTATUS status;

    if (pointers && pointers->DataSectionObject) {
        struct mm_segment *segment = pointers->DataSectionObject;

        status = bytes > segment->bytes ? mm_segment_extend(segment, bytes) : STATUS_SUCCESS;
        if (NT_SUCCESS(status))
            segment->references++;
        *found = segment;
        return status;
    }
    status = mm_segment_create(bytes, &file->FileName, found);
    if (!NT_SUCCESS(status))
        return status;
    ObReferenceObject(file);
    (*found)->file = file;
    status = transfer_pages(*found, 0, (*found)->pages, file_bytes, FALSE);
    if (!NT_SUCCESS(status)) {
        mm_segment_release(*found);
        return status;
    }
    if (pointers)
        pointers->DataSectionObject = *found;
    return STATUS_SUCCESS;
}

/* An image that the host does not know: read it whole from the file. */
static NTSTATUS read_image(PFILE_OBJECT file, ULONG64 file_bytes, struct mm_segment **created)
{
    PVOID image;
    NTSTATUS status;

    if (file_bytes == 0 || file_bytes > PE_IMAGE_SIZE_LIMIT)
        return STATUS_INVALID_FILE_FOR_SECTION;
    image = ExAllocatePoolWithTag(PagedPool, file_bytes, SEGMENT_TAG);
    if (!image)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = transfer_all(file, image, file_bytes, 0, FALSE);
    if (NT_SUCCESS(status))
        status = mm_segment_create_image(&file->FileName, image, file_bytes, created);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(image, SEGMENT_TAG);
        return status;
    }
    (*created)->image_is_pool = TRUE;
    return STATUS_SUCCESS;
}

/* The host has the image files of the machine; their raw bytes are best taken from there. */
NTSTATUS mm_segment_of_image(PFILE_OBJECT file, ULONG64 file_bytes, struct mm_segment **created)
{
    char path[520];
    const void *image;
    ULONG64 size;
    NTSTATUS status;

    kd_to_utf8(&file->FileName, path, sizeof(path));
    if (!ke_machine->image_open(path, &image, &size))
        return read_image(file, file_bytes, created);
    status = mm_segment_create_image(&file->FileName, image, size, created);
    if (!NT_SUCCESS(status))
        ke_machine->image_release(image);
    return status;
}
