/*
 * Waits for an event that nobody sets.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    KEVENT event;

    (void)irp;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL); /* fault */
    DbgPrint("Hostile: the wait ended\n");
}
