/*
 * Deadlock: every thread waits, and no timer will end a wait. The report lists who waits for what,
 * and shows the stack of one thread, so this file looks for the one whose wait the user will ask
 * about: it has a driver on its stack, it serves a request, it belongs to a program. A driver's
 * worker thread may rightly wait for ever.
 */
#include "io/io.h"
#include "kd/kd.h"
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

/* The innermost place on a waiting thread's stack that is not the kernel's; 0 = none. */
static ULONG64 driver_frame(PETHREAD thread, const CONTEXT *context)
{
    struct rtl_frame frames[FRAME_LIMIT];
    size_t count =
        rtl_walk_stack_within(context, (ULONG64)thread->Tcb.StackLimit,
                              (ULONG64)thread->Tcb.StackBase, frames, ARRAY_COUNT(frames));

    for (size_t i = 0; i < count; i++)
        if (!mm_is_kernel_code(frames[i].pc))
            return frames[i].pc;
    return 0;
}

/* How much a waiting thread's stack tells; 0 = it does not wait. */
static ULONG interest(PETHREAD thread)
{
    CONTEXT context;

    if (thread == ps_current_thread() || thread->Tcb.State != KE_THREAD_WAITING)
        return 0;
    waiting_context(thread, &context);
    return 1 + 4 * (driver_frame(thread, &context) != 0) + 2 * !IsListEmpty(&thread->IrpList) +
           !thread->SystemThread;
}

PETHREAD ki_next_thread(ULONG_PTR *id)
{
    PETHREAD thread;

    for (; *id < THREAD_ID_LIMIT; *id += THREAD_ID_STEP) {
        if (!NT_SUCCESS(PsLookupThreadByThreadId((HANDLE)*id, &thread)))
            continue;
        *id += THREAD_ID_STEP;
        return thread;
    }
    return NULL;
}

PETHREAD ki_deadlock_thread(CONTEXT *context)
{
    PETHREAD best = NULL, thread;
    ULONG_PTR id = THREAD_ID_STEP;
    ULONG most = 0;

    while ((thread = ki_next_thread(&id)) != NULL) {
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

/* ---- who waits for what ---- */

static void name_thread(PETHREAD thread, char *text, SIZE_T size)
{
    kd_format(text, size, "thread %u of %s (process %u)",
              (ULONG)(ULONG_PTR)thread->Cid.UniqueThread,
              (const char *)((PEPROCESS)thread->Tcb.Process)->ImageFileName,
              (ULONG)(ULONG_PTR)thread->Cid.UniqueProcess);
}

/* "a mutex that thread 60 of client.exe (process 44) holds" */
static void name_object(const DISPATCHER_HEADER *header, char *text, SIZE_T size)
{
    static const char *const kinds[] = {
        [EventNotificationObject] = "an event",
        [EventSynchronizationObject] = "a synchronization event",
        [SemaphoreObject] = "a semaphore",
        [TimerNotificationObject] = "a timer",
        [TimerSynchronizationObject] = "a timer",
        [ProcessObject] = "the end of a process",
    };
    const char *kind = header->Type < ARRAY_COUNT(kinds) ? kinds[header->Type] : NULL;
    PETHREAD thread = NULL;
    char name[96];

    if (header->Type == MutantObject)
        thread = (PETHREAD)((const KMUTANT *)header)->OwnerThread;
    else if (header->Type == ThreadObject)
        thread = (PETHREAD)header;
    if (!thread) {
        kd_format(text, size, "%s", kind ? kind : "an object");
        return;
    }
    name_thread(thread, name, sizeof(name));
    kd_format(text, size, header->Type == MutantObject ? "a mutex that %s holds" : "the end of %s",
              name);
}

static void describe_wait(PETHREAD thread, struct machine_wait *wait)
{
    PKTHREAD tcb = &thread->Tcb;
    char *text = wait->text, name[96], object[128];
    SIZE_T size = sizeof(wait->text);

    name_thread(thread, name, sizeof(name));
    wait->has_asked = io_asked(io_irp_of_thread(thread), &wait->asked);
    if (wait->has_asked) {
        kd_format(text, size, "%s waits for its request", name);
        return;
    }
    if (tcb->WaitBlockCount == 0) {
        kd_format(text, size, "%s waits for work", name);
        return;
    }
    name_object(tcb->WaitBlockList[0].Object, object, sizeof(object));
    if (tcb->WaitBlockCount == 1)
        kd_format(text, size, "%s waits for %s", name, object);
    else
        kd_format(text, size, "%s waits for %s of %u objects, first %s", name,
                  tcb->WaitBlockList[0].WaitType == WaitAll ? "all" : "one", tcb->WaitBlockCount,
                  object);
}

ULONG ki_deadlock_waits(struct machine_wait *waits, ULONG limit)
{
    ULONG_PTR id = THREAD_ID_STEP;
    ULONG count = 0;
    PETHREAD thread;
    CONTEXT context;

    while ((thread = ki_next_thread(&id)) != NULL) {
        if (interest(thread) > 1 && count < limit) {
            waiting_context(thread, &context);
            waits[count].pc = driver_frame(thread, &context);
            describe_wait(thread, &waits[count]);
            count++;
        }
        ObDereferenceObject(thread);
    }
    return count;
}
