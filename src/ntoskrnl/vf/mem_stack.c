/*
 * How much of the 24-KiB kernel stack a driver's routine uses. Fresh stacks are zero, and the last
 * bytes of a stack are made zero again whenever they were used: so what is not zero there after a
 * routine was written while it ran.
 */
#include "vf/memory.h"

#define RESERVE 2048 /* bytes that should remain */
#define MARGIN 512   /* of the stack of the check itself */

VF_RULE(deep) = {
    .id = "RS-MEM-013",
    .title = "kernel stack nearly used up",
    .severity = VF_WARNING,
    .bug_check = "0x7F UNEXPECTED_KERNEL_MODE_TRAP",
    .advice = "allocate large buffers from the pool instead of the stack, and replace recursion by "
              "a loop",
    .rationale = "A kernel stack has 24 KiB for all drivers of a device stack and the interrupts "
                 "that come on top. One byte more is a double fault.",
    .reference = "Windows driver documentation, Using the Kernel Stack",
};

/* The reserve of the current stack; NULL when this routine itself already runs in it. */
static ULONG64 *reserve(void)
{
    ULONG64 limit = (ULONG64)ke_current_thread()->StackLimit;
    ULONG64 here = (ULONG64)_AddressOfReturnAddress();

    return deep.enabled && here > limit + RESERVE + MARGIN &&
                   here < (ULONG64)ke_current_thread()->StackBase
               ? (ULONG64 *)limit
               : NULL;
}

#define WORDS (RESERVE / sizeof(ULONG64))
#define LINE 8 /* words that are looked at together: this runs twice for each call of a driver */

static BOOLEAN is_zero_line(const ULONG64 *words)
{
    ULONG64 bits = 0;

    for (ULONG i = 0; i < LINE; i++)
        bits |= words[i];
    return bits == 0;
}

/* Bytes at the end of the stack that were never written. */
static ULONG untouched(const ULONG64 *words)
{
    ULONG index = 0;

    while (index < WORDS && is_zero_line(words + index))
        index += LINE;
    while (index < WORDS && words[index] == 0)
        index++;
    return index * sizeof(*words);
}

void vf_memory_stack_enter(void)
{
    ULONG64 *words = reserve();

    if (words && untouched(words) < RESERVE)
        RtlZeroMemory(words, RESERVE);
}

void vf_memory_stack_leave(const void *routine)
{
    ULONG64 *words = reserve();
    struct vf_place place;
    ULONG left;

    if (!words || (left = untouched(words)) == RESERVE)
        return;
    vf_place_of_routine(&place, routine);
    vf_report_at(&deep, &place, NULL, NULL,
                 "%u of the %u bytes of its kernel stack remained at the deepest point", left,
                 KE_KERNEL_STACK_SIZE);
    RtlZeroMemory(words, RESERVE);
}
