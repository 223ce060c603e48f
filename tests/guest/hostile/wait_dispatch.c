/*
 * Waits at DISPATCH_LEVEL.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    KEVENT event;
    KIRQL irql;

    (void)irp;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL); /* fault */
    KeLowerIrql(irql);
}
