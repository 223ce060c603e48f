/*
 * What the memory services have in common: whose memory, and which part of it.
 */
#include "mm/mm_internal.h"

NTSTATUS mm_target_open(HANDLE handle, ACCESS_MASK access, struct mm_target *target)
{
    NTSTATUS status = ObReferenceObjectByHandle(handle, access, ps_process_type, ke_previous_mode(),
                                                (PVOID *)&target->process, NULL);

    if (!NT_SUCCESS(status))
        return status;
    if (target->process->Exiting && target->process != ps_current_process())
        status = STATUS_PROCESS_IS_TERMINATING;
    else if (!(target->space = mm_space_of(target->process)))
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status))
        ObDereferenceObject(target->process);
    return status;
}

void mm_target_close(struct mm_target *target)
{
    ObDereferenceObject(target->process);
}

NTSTATUS mm_range_capture(PVOID *base, PSIZE_T size, struct mm_range *range)
{
    __try {
        if (ke_previous_mode() == UserMode) {
            ProbeForWrite(base, sizeof(*base), sizeof(*base));
            ProbeForWrite(size, sizeof(*size), sizeof(*size));
        }
        range->base = (ULONG64)*base;
        range->size = *size;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* The pointers were probed; that they are gone since is the caller's own doing. */
NTSTATUS mm_range_return(PVOID *base, PSIZE_T size, const struct mm_range *range)
{
    __try {
        *base = (PVOID)range->base;
        *size = range->size;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_SUCCESS;
    }
    return STATUS_SUCCESS;
}

void mm_range_round(struct mm_range *range, ULONG64 unit)
{
    ULONG64 end = (range->base + range->size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1ull);

    range->base &= ~(unit - 1);
    range->size = end - range->base;
}
