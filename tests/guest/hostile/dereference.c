/*
 * Drops a reference that it does not have.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    PVOID thread = KeGetCurrentThread();

    (void)irp;
    for (int i = 0; i < 100000; i++)
        ObDereferenceObject(thread); /* fault */
}
