/*
 * Recording stubs: while the machine records, a driver's imports lead to code that records the call
 * and jumps on to the routine (kd/trace_call.c). Without a trace there are none, and imports lead
 * straight to the kernel.
 *
 * A routine has one stub per driver, so a driver that compares addresses of the same routine finds
 * them equal. The stubs lie in executable pages of their own and go with the driver's image.
 */
#include "mm/mm_internal.h"
#include "kd/trace.h"
#include "vf/thunk.h"

#define STUB_BYTES 32
#define STUBS_PER_PAGE (PAGE_SIZE / STUB_BYTES)
#define STUB_TAG MM_POOL_TAG('M', 'm', 'T', 'r')
#define LOOKUPS 128 /* stubs that a driver may have for routines that it looks up by name */

extern const struct nt_export nt_export_first, nt_export_last; /* ends of the rows: ke/startup.c */

struct mm_trace_stubs {
    ULONG64 address; /* of the code, written through the direct map */
    ULONG64 frame;
    ULONG64 pages;
    ULONG count, limit;
    struct kd_trace_import imports[];
};

/* ntoskrnl.exe itself is never bound; hal.dll has only forwarders. */
static BOOLEAN is_driver(const struct mm_image *image)
{
    static const UNICODE_STRING hal = RTL_CONSTANT_STRING(L"hal.dll");

    return image->base != ke_parameters.kernel_base &&
           !RtlEqualUnicodeString(&image->name, &hal, TRUE);
}

/*
 * The export at `target`: under the name that the driver uses, as one routine may have several.
 * Names that start with two underscores are the compiler's own helpers, which do not keep to the
 * calling convention (__chkstk) or are called for every frame of an unwind.
 */
static const struct nt_export *find_export(const char *name, ULONG64 target)
{
    const struct nt_export *found = NULL;

    for (const struct nt_export *row = &nt_export_first + 1; row < &nt_export_last; row++) {
        if ((ULONG64)row->address != target)
            continue;
        if (!found || (name && strcmp(row->name, name) == 0))
            found = row;
    }
    return found && strncmp(found->name, "__", 2) == 0 ? NULL : found;
}

static struct mm_trace_stubs *create_stubs(struct mm_image *image)
{
    ULONG limit = mm_count_imports(&image->view) + LOOKUPS;
    SIZE_T bytes = sizeof(struct mm_trace_stubs) + limit * sizeof(struct kd_trace_import);
    struct mm_trace_stubs *stubs = ExAllocatePoolWithTag(NonPagedPool, bytes, STUB_TAG);

    if (!stubs)
        return NULL;
    RtlZeroMemory(stubs, bytes);
    stubs->limit = limit;
    stubs->pages = (limit + STUBS_PER_PAGE - 1) / STUBS_PER_PAGE;
    stubs->address = mm_reserve_system(stubs->pages);
    stubs->frame = mm_allocate_frames(stubs->pages);
    image->trace_stubs = stubs;
    if (stubs->address && stubs->frame != MM_NO_FRAME &&
        mm_map(stubs->address, stubs->frame, stubs->pages, MACHINE_READ | MACHINE_EXECUTE))
        return stubs;
    mm_trace_stubs_release(image);
    return NULL;
}

void mm_trace_stubs_release(struct mm_image *image)
{
    struct mm_trace_stubs *stubs = image->trace_stubs;

    if (!stubs)
        return;
    image->trace_stubs = NULL;
    if (stubs->address) {
        mm_unmap(stubs->address, stubs->pages);
        mm_release_system(stubs->address, stubs->pages);
    }
    if (stubs->frame != MM_NO_FRAME)
        mm_free_frames(stubs->frame, stubs->pages);
    ExFreePoolWithTag(stubs, STUB_TAG);
}

/* movabs r10, import; movabs r11, entry; jmp r11 */
static void write_stub(UCHAR *code, const struct kd_trace_import *import)
{
    static const UCHAR pattern[] = {0x49, 0xBA, 0, 0, 0, 0, 0, 0, 0,    0,    0x49, 0xBB,
                                    0,    0,    0, 0, 0, 0, 0, 0, 0x41, 0xFF, 0xE3};

    RtlCopyMemory(code, pattern, sizeof(pattern));
    *(ULONG64 UNALIGNED *)(code + 2) = (ULONG64)import;
    *(ULONG64 UNALIGNED *)(code + 12) = (ULONG64)kd_trace_import_entry;
}

ULONG64 mm_trace_stub(struct mm_image *image, const char *module, const char *name, ULONG64 target)
{
    const struct nt_export *export = is_driver(image) ? find_export(name, target) : NULL;
    struct mm_trace_stubs *stubs = image->trace_stubs;
    struct kd_trace_import *import;
    ULONG index = 0;

    if (!export)
        return target;
    if (!stubs && !(stubs = create_stubs(image)))
        return target;
    while (index < stubs->count && stubs->imports[index].export != export)
        index++;
    if (index == stubs->limit)
        return target;
    if (index == stubs->count) {
        import = &stubs->imports[stubs->count++];
        import->export = export;
        import->target = vf_thunk_target(export->name, target);
        strncpy(import->module, module, sizeof(import->module) - 1);
        write_stub((UCHAR *)mm_direct(stubs->frame) + index * STUB_BYTES, import);
    }
    return stubs->address + index * STUB_BYTES;
}

ULONG64 mm_trace_stub_of_caller(ULONG64 caller, const char *module, const char *name,
                                ULONG64 target)
{
    struct mm_image *image = mm_image_of(caller);

    return image ? mm_trace_stub(image, module, name, target) : target;
}
