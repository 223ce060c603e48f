/*
 * Memory descriptor lists: making, cutting and freeing them.
 *
 * An MDL describes a range of addresses; the frame numbers behind it follow the header.
 *
 *   IoAllocateMdl ─▶ described ─┬─ MmProbeAndLockPages (mdl_lock.c) ─▶ PAGES_LOCKED
 *                               ├─ MmBuildMdlForNonPagedPool ─▶ SOURCE_IS_NONPAGED_POOL
 *                               └─ IoBuildPartialMdl ─▶ PARTIAL
 *   each of them ── MmMapLockedPages… (mdl_map.c) ─▶ MAPPED_TO_SYSTEM_VA
 *
 * The pool's own free lists are the lookaside list: an MDL is one of their small blocks.
 */
#include "mm/mm_internal.h"
#include "vf/memory.h"
#include "vf/owned.h"

/* Flags that a partial MDL takes over from its source. */
#define INHERITED_FLAGS (MDL_WRITE_OPERATION | MDL_IO_PAGE_READ | MDL_IO_SPACE)

static ULONG64 pages_of(ULONG64 address, ULONG64 length)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, length);
}

static PFN_NUMBER *pfn_array(PMDL mdl)
{
    return (PFN_NUMBER *)(mdl + 1);
}

/*
 * Bytes that an MDL for a buffer needs, frame numbers included.
 * IRQL: any. Source: Windows driver documentation, MmSizeOfMdl.
 */
SIZE_T NTAPI MmSizeOfMdl(PVOID base, SIZE_T length)
{
    return sizeof(MDL) + pages_of((ULONG64)base, length) * sizeof(PFN_NUMBER);
}
NT_EXPORT(MmSizeOfMdl, HIGH_LEVEL, "pq");

/* The documented meaning of the MmInitializeMdl macro. */
static void describe(PMDL mdl, PVOID base, SIZE_T length)
{
    mdl->Next = NULL;
    mdl->Size = (CSHORT)MmSizeOfMdl(base, length);
    mdl->MdlFlags = 0;
    mdl->Process = NULL;
    mdl->MappedSystemVa = NULL;
    mdl->StartVa = PAGE_ALIGN(base);
    mdl->ByteOffset = BYTE_OFFSET(base);
    mdl->ByteCount = (ULONG)length;
}

/* Put an MDL where an IRP looks for it: at the end of its chain, or as the only one. */
static void attach_to_irp(PIRP irp, PMDL mdl, BOOLEAN secondary)
{
    PMDL last = irp->MdlAddress;

    if (!secondary || !last) {
        irp->MdlAddress = mdl;
        return;
    }
    while (last->Next)
        last = last->Next;
    last->Next = mdl;
}

/*
 * Allocate an MDL that describes a buffer; its frame numbers are not known yet.
 * @param length        bytes, below 2 GiB
 * @param secondary     TRUE = append it to the IRP's chain
 * @param charge_quota  not looked at: there are no quotas
 * @param irp           NULL, or the IRP that gets it
 * IRQL: <= DISPATCH_LEVEL. Returns NULL when there is no memory or the length is too large.
 * Source: Windows driver documentation, IoAllocateMdl.
 */
PMDL NTAPI IoAllocateMdl(PVOID address, ULONG length, BOOLEAN secondary, BOOLEAN charge_quota,
                         PIRP irp)
{
    PMDL mdl;

    (void)charge_quota;
    if (length > MAXLONG)
        return NULL;
    mdl = ExAllocatePoolWithTag(NonPagedPool, MmSizeOfMdl(address, length), MM_TAG_MDL);
    if (!mdl)
        return NULL;
    describe(mdl, address, length);
    if (irp)
        attach_to_irp(irp, mdl, secondary);
    VF(load_allocated((ULONG64)mdl, __builtin_return_address(0)));
    return mdl;
}
NT_EXPORT(IoAllocateMdl, DISPATCH_LEVEL, "pubbI");

/*
 * Free an MDL. A mapping of a partial MDL goes with it; locked pages stay locked.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoFreeMdl.
 */
VOID NTAPI IoFreeMdl(PMDL mdl)
{
    VF(memory_mdl_free(mdl));
    VF(load_given_back(VF_ALLOCATION, (ULONG64)mdl));
    if (mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED)
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    ExFreePoolWithTag(mdl, MM_TAG_MDL);
}
NT_EXPORT(IoFreeMdl, DISPATCH_LEVEL, "p");

/*
 * Describe a buffer in an MDL that the caller brings, or in a new one.
 * Source: Windows driver documentation, MmCreateMdl (obsolete).
 */
PMDL NTAPI MmCreateMdl(PMDL mdl, PVOID base, SIZE_T length)
{
    if (!mdl)
        return length > MAXLONG ? NULL : IoAllocateMdl(base, (ULONG)length, FALSE, FALSE, NULL);
    describe(mdl, base, length);
    return mdl;
}
NT_EXPORT(MmCreateMdl, DISPATCH_LEVEL, "ppq");

/*
 * Fill in the frames of a buffer in non-paged memory. The MDL needs neither locking nor mapping.
 * IRQL: <= DISPATCH_LEVEL. An address that is not mapped is bug check 0x50, as on NT.
 * Source: Windows driver documentation, MmBuildMdlForNonPagedPool.
 */
VOID NTAPI MmBuildMdlForNonPagedPool(PMDLX mdl)
{
    ULONG64 start = (ULONG64)mdl->StartVa;
    ULONG64 pages = pages_of(mdl->ByteOffset, mdl->ByteCount);

    VF(memory_mdl_build(mdl));
    mdl->Process = NULL;
    for (ULONG64 i = 0; i < pages; i++) {
        ULONG64 frame = mm_frame_of(start + i * PAGE_SIZE);

        if (frame == MM_NO_FRAME)
            ke_bugcheck(PAGE_FAULT_IN_NONPAGED_AREA, start + i * PAGE_SIZE, 0, 0, 2);
        pfn_array(mdl)[i] = frame;
    }
    mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
    mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}
NT_EXPORT(MmBuildMdlForNonPagedPool, DISPATCH_LEVEL, "p");

/* A partial MDL sees its source's mapping, which it must not unmap. */
static void inherit_mapping(PMDL source, PMDL target, ULONG64 offset)
{
    target->MdlFlags |= MDL_PARTIAL | (source->MdlFlags & INHERITED_FLAGS);
    if (source->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL)
        target->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    if (source->MdlFlags &
        (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARENT_MAPPED_SYSTEM_VA)) {
        target->MappedSystemVa = (PUCHAR)source->MappedSystemVa + offset;
        if (!(source->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL))
            target->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA | MDL_MAPPED_TO_SYSTEM_VA;
    }
}

/*
 * Make an MDL for a part of what another one describes.
 * @param target   allocated with room for the part
 * @param address  start of the part, in the terms of the source's MmGetMdlVirtualAddress
 * @param length   bytes; 0 = up to the end of the source
 * IRQL: <= DISPATCH_LEVEL. A part outside the source, or a target that is too small, is bug check
 * TARGET_MDL_TOO_SMALL (0x40).
 * Source: Windows driver documentation, IoBuildPartialMdl.
 */
VOID NTAPI IoBuildPartialMdl(PMDL source, PMDL target, PVOID address, ULONG length)
{
    ULONG64 offset = (ULONG64)address - (ULONG64)MmGetMdlVirtualAddress(source);
    ULONG64 first = ((ULONG64)PAGE_ALIGN(address) - (ULONG64)source->StartVa) / PAGE_SIZE;
    ULONG64 pages;

    if (length == 0)
        length = source->ByteCount - (ULONG)offset;
    pages = pages_of((ULONG64)address, length);
    if (offset + length > source->ByteCount ||
        (USHORT)target->Size < sizeof(MDL) + pages * sizeof(PFN_NUMBER))
        ke_bugcheck(TARGET_MDL_TOO_SMALL, (ULONG_PTR)source, (ULONG_PTR)target, offset, length);
    target->Process = source->Process;
    target->StartVa = PAGE_ALIGN(address);
    target->ByteOffset = BYTE_OFFSET(address);
    target->ByteCount = length;
    target->MdlFlags &= MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED;
    inherit_mapping(source, target, offset);
    RtlCopyMemory(pfn_array(target), pfn_array(source) + first, pages * sizeof(PFN_NUMBER));
}
NT_EXPORT(IoBuildPartialMdl, DISPATCH_LEVEL, "pppu");

/* Whole pages before the new start are no longer part of the MDL: their locks end here. */
static void drop_pages(PMDL mdl, ULONG64 dropped, ULONG64 pages)
{
    PFN_NUMBER *frames = pfn_array(mdl);

    if (mdl->MdlFlags & MDL_PAGES_LOCKED)
        mm_unlock_frames(mdl, frames, dropped);
    RtlMoveMemory(frames, frames + dropped, (pages - dropped) * sizeof(*frames));
    mdl->StartVa = (PUCHAR)mdl->StartVa + dropped * PAGE_SIZE;
    mdl->Size = (CSHORT)(mdl->Size - dropped * sizeof(*frames));
}

/*
 * Move the start of an MDL forward: what lies before it has been transferred.
 * @param bytes  less than the MDL describes
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_INVALID_PARAMETER_2 when the MDL is not that long, and
 * STATUS_INVALID_PARAMETER_1 for one that is mapped other than through its source.
 * Source: Windows driver documentation, MmAdvanceMdl.
 */
NTSTATUS NTAPI MmAdvanceMdl(PMDL mdl, ULONG bytes)
{
    ULONG64 pages = pages_of(mdl->ByteOffset, mdl->ByteCount);
    ULONG64 position = (ULONG64)mdl->ByteOffset + bytes;

    if (bytes >= mdl->ByteCount)
        return STATUS_INVALID_PARAMETER_2;
    if (!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL)))
        return STATUS_INVALID_PARAMETER_1;
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA && !mm_is_direct((ULONG64)mdl->MappedSystemVa))
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    drop_pages(mdl, position / PAGE_SIZE, pages);
    mdl->ByteOffset = (ULONG)(position % PAGE_SIZE);
    mdl->ByteCount -= bytes;
    if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
        mdl->MappedSystemVa = (PUCHAR)mdl->MappedSystemVa + bytes;
    return STATUS_SUCCESS;
}
NT_EXPORT(MmAdvanceMdl, DISPATCH_LEVEL, "pu");
