/*
 * Drops one reference more than it has, of an event with an open handle.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    HANDLE handle;
    PVOID event;

    (void)irp;
    ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    ObReferenceObjectByHandle(handle, EVENT_ALL_ACCESS, *ExEventObjectType, KernelMode, &event,
                              NULL);
    ObDereferenceObject(event);
    ObDereferenceObject(event); /* fault */
    ZwClose(handle);
}
