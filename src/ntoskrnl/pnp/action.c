/*
 * One thing at a time. A thread that works on nodes owns pnp.free; it is always a system thread,
 * because drivers expect to be called in one.
 *
 * What a driver asks for while it is called, or at raised IRQL, becomes an action: it is done by
 * the thread that owns pnp.free before it gives it up, or soon by a thread of pnp's own: a driver
 * may keep it for long, and the number of worker threads stays as it is.
 */
#include "pnp/pnp_internal.h"

#define THREAD_PRIORITY 12 /* as a thread of DelayedWorkQueue */

struct action {
    LIST_ENTRY link;
    pnp_action *routine;
    PVOID object; /* referenced */
};

static struct action *next_action(void)
{
    struct action *action = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&pnp.action_lock, &irql);
    if (!IsListEmpty(&pnp.actions))
        action = CONTAINING_RECORD(RemoveHeadList(&pnp.actions), struct action, link);
    KeReleaseSpinLock(&pnp.action_lock, irql);
    return action;
}

static void do_actions(void)
{
    struct action *action;

    while ((action = next_action()) != NULL) {
        action->routine(action->object);
        ObDereferenceObject(action->object);
        ExFreePoolWithTag(action, PNP_TAG);
    }
}

static void acquire(void)
{
    KeWaitForSingleObject(&pnp.free, Executive, KernelMode, FALSE, NULL);
    pnp.owner = KeGetCurrentThread();
    do_actions();
}

static void release(void)
{
    do_actions();
    pnp.owner = NULL;
    KeSetEvent(&pnp.free, IO_NO_INCREMENT, FALSE);
}

struct call {
    NTSTATUS (*function)(PVOID);
    PVOID context;
};

static NTSTATUS run(PVOID context)
{
    struct call *call = context;
    NTSTATUS status;

    acquire();
    status = call->function(call->context);
    release();
    return status;
}

NTSTATUS pnp_run(NTSTATUS (*function)(PVOID), PVOID context)
{
    struct call call = {.function = function, .context = context};

    if (pnp.owner == KeGetCurrentThread())
        return function(context);
    return io_run_on_system_thread(run, &call);
}

/* The thread for what nobody waits for. */
static VOID NTAPI serve(PVOID context)
{
    (void)context;
    KeSetPriorityThread(KeGetCurrentThread(), THREAD_PRIORITY);
    for (;;) {
        KeWaitForSingleObject(&pnp.wake, Executive, KernelMode, FALSE, NULL);
        acquire();
        release();
    }
}

NTSTATUS pnp_queue(pnp_action *routine, PVOID object)
{
    struct action *action = ExAllocatePoolWithTag(NonPagedPool, sizeof(*action), PNP_TAG);
    KIRQL irql;

    if (!action)
        return STATUS_INSUFFICIENT_RESOURCES;
    action->routine = routine;
    action->object = object;
    ObReferenceObject(object);
    KeAcquireSpinLock(&pnp.action_lock, &irql);
    InsertTailList(&pnp.actions, &action->link);
    KeReleaseSpinLock(&pnp.action_lock, irql);
    KeSetEvent(&pnp.wake, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

void pnp_actions_initialize(void)
{
    PETHREAD thread;

    KeInitializeEvent(&pnp.free, SynchronizationEvent, TRUE);
    KeInitializeEvent(&pnp.wake, SynchronizationEvent, FALSE);
    InitializeListHead(&pnp.actions);
    KeInitializeSpinLock(&pnp.action_lock);
    if (!NT_SUCCESS(ps_create_thread(PsInitialSystemProcess, serve, NULL, &thread)))
        kassert(!"the thread of the PnP manager");
    ke_thread_ready(&thread->Tcb);
}
