/*
 * A machine that stays up: the control thread waits here while the others run, until the host says
 * that it has something to do. The host can say so when it sleeps for an idle machine, and at each
 * watchdog trap of one that computes.
 */
#include "ke/ke_internal.h"

static struct {
    KEVENT attention;
    BOOLEAN serving;
} serve;

BOOLEAN ki_is_serving(void)
{
    return serve.serving;
}

/* IRQL: <= DISPATCH_LEVEL. */
void ki_attention(void)
{
    if (serve.serving)
        KeSetEvent(&serve.attention, EVENT_INCREMENT, FALSE);
}

NTSTATUS ke_serve(void)
{
    NTSTATUS status;

    KeInitializeEvent(&serve.attention, SynchronizationEvent, FALSE);
    serve.serving = TRUE;
    if (ke_machine->attention())
        ki_attention();
    status = KeWaitForSingleObject(&serve.attention, UserRequest, KernelMode, FALSE, NULL);
    serve.serving = FALSE;
    return status;
}
