/*
 * Pool blocks that a driver leaves behind when its image goes. Nobody knows their addresses any
 * more; what they hold often points into the image that is gone.
 */
#include "vf/memory_internal.h"

VF_RULE(leaked) = {
    .id = "RS-MEM-008",
    .title = "pool memory not freed when the driver is unloaded",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "free it in DriverUnload at the latest, and on every path on which DriverEntry fails",
    .rationale = "Kernel memory that is not freed is lost until Windows is started again.",
    .reference = "Windows driver documentation, Pool Tracking",
};

static BOOLEAN is_same(const struct vf_special_block *a, const struct vf_special_block *b)
{
    return a->tag == b->tag && a->allocated.count == b->allocated.count &&
           RtlEqualMemory(a->allocated.frames, b->allocated.frames,
                          a->allocated.count * sizeof(a->allocated.frames[0]));
}

/* All blocks of one tag that were allocated by the same calls are one finding. */
static void report_group(struct vf_special_block *first, ULONG64 start, ULONG64 size,
                         const char *when)
{
    ULONG64 bytes = 0;
    ULONG count = 0;

    for (struct vf_special_block *block = first; block; block = vf_special_next(block)) {
        if (block->caller - start >= size || !is_same(block, first))
            continue;
        block->caller = 0;
        bytes += block->bytes;
        count++;
    }
    vf_report_at(&leaked, &first->allocated, NULL, NULL,
                 "%u block%s (%llu bytes) with the tag '%s', allocated here, remained when %s",
                 count, count == 1 ? "" : "s", bytes, vf_tag_text(first->tag).text, when);
}

void vf_memory_driver_gone(PDRIVER_OBJECT driver)
{
    ULONG64 start = (ULONG64)driver->DriverStart, size = driver->DriverSize;
    const char *when =
        driver->Flags & DRVO_UNLOAD_INVOKED ? "the driver was unloaded" : "DriverEntry failed";
    struct vf_special_block *block;

    for (block = vf_special_next(NULL); block; block = vf_special_next(block))
        if (block->caller - start < size)
            report_group(block, start, size, when);
}
