/*
 * I/O priority hints: what a request is worth to its sender. They travel in the IRP's flags; no
 * device here orders its work by them.
 */
#include "io/io_internal.h"

/* The hint plus one in Irp->Flags, 0 = not set, as NT keeps it. */
#define HINT_SHIFT 17
#define HINT_MASK (7u << HINT_SHIFT)
#define PAGE_PRIORITY_NORMAL 5 /* MEMORY_PRIORITY_NORMAL */

NTSTATUS NTAPI IoRetrievePriorityInfo(PIRP irp, PFILE_OBJECT file, PETHREAD thread,
                                      PIO_PRIORITY_INFO information);

/*
 * The priority hint of an IRP; IoPriorityNormal when none was set.
 * IRQL: any. Source: Windows driver documentation, IoGetIoPriorityHint.
 */
IO_PRIORITY_HINT NTAPI IoGetIoPriorityHint(PIRP irp)
{
    ULONG hint = (irp->Flags & HINT_MASK) >> HINT_SHIFT;

    return hint ? (IO_PRIORITY_HINT)(hint - 1) : IoPriorityNormal;
}
NT_EXPORT(IoGetIoPriorityHint, HIGH_LEVEL, "I");

/*
 * Set the priority hint of an IRP.
 * @param hint  less than MaxIoPriorityTypes
 * IRQL: any. Returns STATUS_INVALID_PARAMETER for another value.
 * Source: Windows driver documentation, IoSetIoPriorityHint, IO_PRIORITY_HINT.
 */
NTSTATUS NTAPI IoSetIoPriorityHint(PIRP irp, IO_PRIORITY_HINT hint)
{
    if ((ULONG)hint >= MaxIoPriorityTypes)
        return STATUS_INVALID_PARAMETER;
    irp->Flags = (irp->Flags & ~HINT_MASK) | ((ULONG)hint + 1) << HINT_SHIFT;
    return STATUS_SUCCESS;
}
NT_EXPORT(IoSetIoPriorityHint, HIGH_LEVEL, "Iu");

/*
 * The priorities of a request and its thread.
 * @param irp          NULL = the hint is IoPriorityNormal
 * @param file         not used: files have no hint of their own here
 * @param thread       NULL = the current one
 * @param information  with Size set; receives thread, page and I/O priority
 * IRQL: any. Returns STATUS_INVALID_PARAMETER for another Size.
 * Source: Windows driver documentation, IoRetrievePriorityInfo.
 */
NTSTATUS NTAPI IoRetrievePriorityInfo(PIRP irp, PFILE_OBJECT file, PETHREAD thread,
                                      PIO_PRIORITY_INFO information)
{
    PKTHREAD of = thread ? &thread->Tcb : ke_current_thread();

    (void)file;
    if (information->Size != sizeof(*information))
        return STATUS_INVALID_PARAMETER;
    information->ThreadPriority = (ULONG)*ke_priority_of(of);
    information->PagePriority = PAGE_PRIORITY_NORMAL;
    information->IoPriority = irp ? IoGetIoPriorityHint(irp) : IoPriorityNormal;
    return STATUS_SUCCESS;
}
NT_EXPORT(IoRetrievePriorityInfo, HIGH_LEVEL, "IFpp");
