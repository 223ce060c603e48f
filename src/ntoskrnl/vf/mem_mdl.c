/*
 * Memory descriptor lists: each lock must be undone once, before the MDL goes.
 */
#include "vf/memory_internal.h"

VF_RULE(misused) = {
    .id = "RS-MEM-012",
    .title = "MDL locked, unlocked or freed out of order",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "for pageable and user buffers: IoAllocateMdl, MmProbeAndLockPages, use, "
              "MmUnlockPages, IoFreeMdl, each once; for non-paged pool MmBuildMdlForNonPagedPool",
    .rationale = "Pages that stay locked are lost, and pages that are not locked can be given to "
                 "somebody else while a device still writes to them.",
    .reference = "Windows driver documentation, Using MDLs",
};

void vf_memory_mdl_lock(PMDL mdl)
{
    if (mdl->MdlFlags & MDL_PAGES_LOCKED)
        vf_report(&misused, "the pages of an MDL of %u bytes are locked again", mdl->ByteCount);
    else if (mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL)
        vf_report(&misused, "an MDL of %u bytes, which is built for non-paged pool, is locked",
                  mdl->ByteCount);
}

BOOLEAN vf_memory_mdl_not_locked(void)
{
    vf_report(&misused, "MmUnlockPages was called for an MDL that is not locked");
    return misused.enabled;
}

void vf_memory_mdl_free(PMDL mdl)
{
    if (mdl->MdlFlags & MDL_PAGES_LOCKED)
        vf_report(&misused, "an MDL of %u bytes is freed while its pages are locked",
                  mdl->ByteCount);
}

void vf_memory_mdl_build(PMDL mdl)
{
    ULONG64 address = (ULONG64)MmGetMdlVirtualAddress(mdl);
    const struct vf_special_block *block = vf_special_block_of(address);

    if (address < MACHINE_USER_END)
        vf_report(&misused, "MmBuildMdlForNonPagedPool was called for a user buffer");
    else if (block && !block->is_freed && block->type & PagedPool)
        vf_report_at(&misused, NULL, "allocated by", &block->allocated,
                     "MmBuildMdlForNonPagedPool was called for paged pool with the tag '%s'",
                     vf_tag_text(block->tag).text);
}
