/*
 * Kernel stacks: 24 KiB with an unmapped guard page below, so an overflow is a double fault and
 * not silent corruption.
 */
#include "mm/mm_internal.h"

#define STACK_PAGES (KE_KERNEL_STACK_SIZE / PAGE_SIZE)

ULONG64 mm_allocate_kernel_stack(void)
{
    ULONG64 address = mm_reserve_system(STACK_PAGES + 1);
    ULONG64 frame;

    if (!address)
        return 0;
    frame = mm_allocate_frames(STACK_PAGES);
    if (frame == MM_NO_FRAME)
        goto release;
    if (mm_map(address + PAGE_SIZE, frame, STACK_PAGES, MACHINE_READ | MACHINE_WRITE))
        return address;
    mm_free_frames(frame, STACK_PAGES);
release:
    mm_release_system(address, STACK_PAGES + 1);
    return 0;
}

void mm_free_kernel_stack(ULONG64 allocation)
{
    ULONG64 frame = mm_frame_of(allocation + PAGE_SIZE);

    mm_unmap(allocation + PAGE_SIZE, STACK_PAGES);
    mm_free_frames(frame, STACK_PAGES);
    mm_release_system(allocation, STACK_PAGES + 1);
}

VOID NTAPI IoGetStackLimits(PULONG_PTR low, PULONG_PTR high)
{
    *low = (ULONG_PTR)ke_current_thread()->StackLimit;
    *high = (ULONG_PTR)ke_current_thread()->StackBase;
}
NT_EXPORT(IoGetStackLimits, HIGH_LEVEL, "pp");

/* Bytes of kernel stack left below the caller. IRQL: <= DISPATCH_LEVEL. */
static ULONG_PTR get_remaining_stack_size(void)
{
    UCHAR here;

    return (ULONG_PTR)&here - (ULONG_PTR)ke_current_thread()->StackLimit;
}
NT_EXPORT_AS(IoGetRemainingStackSize, get_remaining_stack_size, HIGH_LEVEL, "");
