/*
 * Deadlock: every thread waits, and no timer will end a wait. The report shows one thread, so this
 * file looks for the one whose wait the user will ask about: it has a driver on its stack, it
 * serves a request, it belongs to a program. A driver's worker thread may rightly wait for ever.
 */
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "ps/ps.h"

#define THREAD_ID_LIMIT 0x10000
#define THREAD_ID_STEP 4
#define FRAME_LIMIT 16

/* A thread that waits left its registers on its stack, where ki_switch_stack will find them. */
static void waiting_context(PETHREAD thread, CONTEXT *context)
{
    RtlZeroMemory(context, sizeof(*context));
    context->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    context->Rip = (ULONG64)ki_switch_stack_resume;
    context->Rsp = (ULONG64)ki_saved_stack(&thread->Tcb);
}

static BOOLEAN is_in_driver(PETHREAD thread, const CONTEXT *context)
{
    struct rtl_frame frames[FRAME_LIMIT];
    size_t count =
        rtl_walk_stack_within(context, (ULONG64)thread->Tcb.StackLimit,
                              (ULONG64)thread->Tcb.StackBase, frames, ARRAY_COUNT(frames));

    for (size_t i = 0; i < count; i++)
        if (!mm_is_kernel_code(frames[i].pc))
            return TRUE;
    return FALSE;
}

/* How much a waiting thread's stack tells; 0 = it does not wait. */
static ULONG interest(PETHREAD thread)
{
    CONTEXT context;

    if (thread == ps_current_thread() || thread->Tcb.State != KE_THREAD_WAITING)
        return 0;
    waiting_context(thread, &context);
    return 1 + 4 * is_in_driver(thread, &context) + 2 * !IsListEmpty(&thread->IrpList) +
           !thread->SystemThread;
}

PETHREAD ki_deadlock_thread(CONTEXT *context)
{
    PETHREAD best = NULL;
    ULONG most = 0;

    for (ULONG_PTR id = THREAD_ID_STEP; id < THREAD_ID_LIMIT; id += THREAD_ID_STEP) {
        PETHREAD thread;

        if (!NT_SUCCESS(PsLookupThreadByThreadId((HANDLE)id, &thread)))
            continue;
        if (interest(thread) > most) {
            most = interest(thread);
            best = thread;
        }
        ObDereferenceObject(thread);
    }
    if (best) {
        waiting_context(best, context);
        return best;
    }
    RtlCaptureContext(context);
    return ps_current_thread();
}
