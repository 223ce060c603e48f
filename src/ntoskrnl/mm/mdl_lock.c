/*
 * Locking the pages of an MDL: from addresses to frames that stay.
 *
 * Nothing is ever paged out here. A lock therefore means two things only: a frame that its owner
 * frees lives on until the last unlock, and every lock must be undone, which is checked.
 */
#include "mm/mm_internal.h"
#include "vf/memory.h"

static ULONG64 page_count(const MDL *mdl)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount);
}

static PFN_NUMBER *pfn_array(PMDL mdl)
{
    return (PFN_NUMBER *)(mdl + 1);
}

BOOLEAN mm_is_locked(ULONG64 address)
{
    ULONG64 frame = mm_frame_of(address);

    return frame < mm.frame_count && mm.frames[frame].locks > 0;
}

void mm_release_frames(ULONG64 frame, ULONG64 count)
{
    ULONG64 from = frame, end = frame + count;

    for (; frame < end; frame++) {
        if (mm.frames[frame].locks == 0)
            continue;
        if (frame > from)
            mm_free_frames(from, frame - from);
        mm.frames[frame].used = MM_FRAME_ORPHAN;
        from = frame + 1;
    }
    if (end > from)
        mm_free_frames(from, end - from);
}

static void unlock_frame(PMDL mdl, ULONG64 frame)
{
    struct mm_frame *entry = &mm.frames[frame];

    if (frame >= mm.frame_count || entry->locks == 0)
        ke_bugcheck(PFN_LIST_CORRUPT, 0x7, frame, 1, (ULONG_PTR)mdl);
    if (--entry->locks == 0 && entry->used == MM_FRAME_ORPHAN)
        mm_free_frames(frame, 1);
}

void mm_unlock_frames(PMDL mdl, const ULONG64 *frames, ULONG64 count)
{
    struct mm_space *space = mdl->Process ? mdl->Process->AddressSpace : NULL;

    for (ULONG64 i = 0; i < count; i++)
        unlock_frame(mdl, frames[i]);
    if (space)
        space->locked_pages -= count;
}

/* Pool and the direct map: the frames follow from the address. */
static void lock_direct(PFN_NUMBER *frames, ULONG64 address, ULONG64 pages)
{
    ULONG64 first = (address - MACHINE_DIRECT_MAP) / PAGE_SIZE;

    for (ULONG64 i = 0; i < pages; i++) {
        mm.frames[first + i].locks++;
        frames[i] = first + i;
    }
}

/* Lock until the first page that does not allow the access; returns how many were locked. */
static ULONG64 lock_mapped(PFN_NUMBER *frames, ULONG64 address, ULONG64 pages, ULONG64 required)
{
    ULONG64 done = 0;

    while (done < pages) {
        ULONG64 left;
        const ULONG64 *entry = mm_page_entries(address + done * PAGE_SIZE, &left);

        if (!entry)
            return done;
        for (; left > 0 && done < pages; left--, done++, entry++) {
            if ((*entry & required) != required)
                return done;
            frames[done] = MM_PTE_FRAME(*entry);
            mm.frames[frames[done]].locks++;
        }
    }
    return done;
}

/* The same, where touching a guard page clears it, once, and raises. */
static NTSTATUS why_not(ULONG64 address)
{
    if (address < MACHINE_USER_END && !mm_is_address_valid(address))
        return mm_user_fault(address);
    return STATUS_ACCESS_VIOLATION;
}

static NTSTATUS lock_pages(PMDL mdl, PEPROCESS process, LOCK_OPERATION operation)
{
    ULONG64 address = (ULONG64)mdl->StartVa;
    ULONG64 pages = page_count(mdl);
    ULONG64 required = MM_PTE_PRESENT | (operation != IoReadAccess ? MM_PTE_WRITE : 0);
    ULONG64 done;

    mdl->Process = NULL;
    if (mm_is_direct(address) && mm_is_direct(address + (pages - 1) * PAGE_SIZE)) {
        lock_direct(pfn_array(mdl), address, pages);
        return STATUS_SUCCESS;
    }
    done = lock_mapped(pfn_array(mdl), address, pages, required);
    if (done < pages) {
        mm_unlock_frames(mdl, pfn_array(mdl), done);
        return why_not(address + done * PAGE_SIZE);
    }
    if (address < MACHINE_USER_END) {
        struct mm_space *space = mm_space_of(process);

        if (space) {
            space->process = mdl->Process = process;
            space->locked_pages += pages;
        }
    }
    return STATUS_SUCCESS;
}

static NTSTATUS probe_and_lock(PMDL mdl, PEPROCESS process, KPROCESSOR_MODE mode,
                               LOCK_OPERATION operation)
{
    ULONG64 start = (ULONG64)MmGetMdlVirtualAddress(mdl);
    ULONG64 end = start + mdl->ByteCount;
    NTSTATUS status;

    VF(memory_mdl_lock(mdl));
    if (mdl->ByteCount == 0 || end < start || (mode == UserMode && end > MM_USER_PROBE))
        return STATUS_ACCESS_VIOLATION;
    status = lock_pages(mdl, process, operation);
    if (!NT_SUCCESS(status))
        return status;
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
    if (operation != IoReadAccess)
        mdl->MdlFlags |= MDL_WRITE_OPERATION;
    return STATUS_SUCCESS;
}

/*
 * Check that the buffer of an MDL may be accessed, lock its pages and fill in their frames.
 * @param mode       UserMode = the buffer must lie in user space
 * @param operation  what the device does: IoReadAccess reads the buffer, the others write it
 * Raises STATUS_ACCESS_VIOLATION or STATUS_GUARD_PAGE_VIOLATION; nothing is locked then.
 * IRQL: <= DISPATCH_LEVEL; <= APC_LEVEL for pageable memory and user buffers.
 * Source: Windows driver documentation, MmProbeAndLockPages.
 */
VOID NTAPI MmProbeAndLockPages(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation)
{
    NTSTATUS status = probe_and_lock(mdl, ps_current_process(), mode, operation);

    if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
}
NT_EXPORT(MmProbeAndLockPages, DISPATCH_LEVEL, "puu");

/*
 * As MmProbeAndLockPages, for a buffer in another process.
 * Source: Windows driver documentation, MmProbeAndLockProcessPages.
 */
VOID NTAPI MmProbeAndLockProcessPages(PMDL mdl, PEPROCESS process, KPROCESSOR_MODE mode,
                                      LOCK_OPERATION operation)
{
    NTSTATUS status = probe_and_lock(mdl, process, mode, operation);

    if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
}
NT_EXPORT(MmProbeAndLockProcessPages, APC_LEVEL, "ppuu");

/*
 * Unlock what MmProbeAndLockPages locked; a system mapping of the MDL is undone first.
 * IRQL: <= DISPATCH_LEVEL. An MDL that is not locked is bug check PFN_LIST_CORRUPT (0x4E).
 * Source: Windows driver documentation, MmUnlockPages.
 */
VOID NTAPI MmUnlockPages(PMDL mdl)
{
    if (!(mdl->MdlFlags & MDL_PAGES_LOCKED)) {
        if (vf_on && vf_memory_mdl_not_locked())
            return;
        ke_bugcheck(PFN_LIST_CORRUPT, 0x7, 0, 0, (ULONG_PTR)mdl);
    }
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    mm_unlock_frames(mdl, pfn_array(mdl), page_count(mdl));
    mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    mdl->Process = NULL;
}
NT_EXPORT(MmUnlockPages, DISPATCH_LEVEL, "p");
