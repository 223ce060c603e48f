/*
 * Back traces: who called whom, without running any handler.
 *
 * A walk serves the bug-check report, so it trusts nothing: it reads stack words inside the given
 * range only, and ends at the first frame that is not credible. Only the first frame, and an
 * interrupted instruction, may be outside all images: that is what a call of a bad pointer is.
 */
#include "exception_internal.h"

#define WALK_FRAMES_AT_ONCE 64
#define WALK_USER_STACK 1 /* RtlWalkFrameChain flags: bit 0, and from bit 8 on a count */
#define WALK_SKIP_SHIFT 8

size_t rtl_walk_stack_within(const CONTEXT *start, ULONG64 low, ULONG64 high,
                             struct rtl_frame *frames, size_t count)
{
    CONTEXT context = *start;
    const struct rtl_stack stack = {low, high};
    struct rtl_function function;
    struct rtl_unwound unwound = {.trap_frame = true};
    const struct rtl_unwind_step step = {&function, &stack, &context, NULL};
    size_t stored = 0;

    while (stored < count) {
        rtl_function_find(context.Rip, NULL, &function);
        if (!function.image_size && !unwound.trap_frame)
            break;
        frames[stored++] = (struct rtl_frame){context.Rip, context.Rsp, function.image_base};
        if (!rtl_walk_step(UNW_FLAG_NHANDLER, &step, &unwound) || !context.Rip)
            break;
    }
    return stored;
}

size_t rtl_walk_stack(const CONTEXT *start, struct rtl_frame *frames, size_t count)
{
    ULONG64 low;
    ULONG64 high;

    rtl_stack_limits(&low, &high);
    return rtl_walk_stack_within(start, low, high, frames, count);
}

/* Store the program counters from frame `skip` of `start` on; returns how many. */
static ULONG walk_program_counters(const CONTEXT *start, ULONG skip, PVOID *callers, ULONG count)
{
    struct rtl_frame frames[WALK_FRAMES_AT_ONCE];
    if (skip >= WALK_FRAMES_AT_ONCE)
        return 0;
    size_t wanted = (size_t)skip + count;
    if (wanted > WALK_FRAMES_AT_ONCE)
        wanted = WALK_FRAMES_AT_ONCE;
    size_t found = rtl_walk_stack(start, frames, wanted);

    ULONG stored = 0;
    for (size_t i = skip; i < found; i++)
        callers[stored++] = (PVOID)frames[i].pc;
    return stored;
}

/*
 * Store the return addresses on the current stack, from the caller's own address on.
 *
 * @param FramesToSkip     frames left out at the start
 * @param FramesToCapture  elements that `BackTrace` has
 * @param BackTrace        receives the addresses
 * @param BackTraceHash    receives the sum of the addresses, or NULL
 * IRQL: <= DISPATCH_LEVEL.
 * Returns: the number of addresses stored; skipped and stored frames together are 64 at most.
 * Source: Windows driver documentation, RtlCaptureStackBackTrace.
 */
USHORT NTAPI RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace,
                                      PULONG BackTraceHash)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    rtl_context_to_caller(&context);
    ULONG stored = walk_program_counters(&context, FramesToSkip, BackTrace, FramesToCapture);
    if (BackTraceHash) {
        ULONG hash = 0;
        for (ULONG i = 0; i < stored; i++)
            hash += (ULONG)(ULONG_PTR)BackTrace[i];
        *BackTraceHash = hash;
    }
    return (USHORT)stored;
}
NT_EXPORT(RtlCaptureStackBackTrace, HIGH_LEVEL, "uupp");

/*
 * Store the return addresses on the current stack, from the caller's own address on.
 *
 * @param Callers  receives the addresses
 * @param Count    elements that `Callers` has
 * @param Flags    bit 0: the user stack of the thread; bits 8 and up: frames left out at the start
 * IRQL: <= DISPATCH_LEVEL.
 * Returns: the number of addresses stored, as for RtlCaptureStackBackTrace.
 * Differs from NT: a walk of the user stack finds no frame.
 * Source: Windows driver documentation, RtlWalkFrameChain.
 */
ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    CONTEXT context;

    if (Flags & WALK_USER_STACK)
        return 0;
    RtlCaptureContext(&context);
    rtl_context_to_caller(&context);
    return walk_program_counters(&context, Flags >> WALK_SKIP_SHIFT, Callers, Count);
}
NT_EXPORT(RtlWalkFrameChain, HIGH_LEVEL, "puu");
